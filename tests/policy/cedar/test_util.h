// Helpers of the tests of the Cedar front end.

#ifndef TARAZY_TESTS_POLICY_CEDAR_TEST_UTIL_H_
#define TARAZY_TESTS_POLICY_CEDAR_TEST_UTIL_H_

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/text.h"

namespace tarazy {

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline std::string TestData(const std::string& name) {
  return absl::StrCat(TARAZY_SOURCE_DIR, "/tests/policy/cedar/testdata/", name);
}

// The folder of conformance data, or where it would be.
inline std::string SharedData(const std::string& name) {
  const char* shared = std::getenv("TARAZY_SHARED");
  return absl::StrCat(
      shared != nullptr ? shared : TARAZY_SOURCE_DIR "/../shared", "/", name);
}

// What `command` prints.
inline std::string Output(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[1 << 16];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    out.append(buffer, n);
  }
  pclose(pipe);
  return out;
}

inline std::string OperatorText(ExprKind kind) {
  switch (kind) {
    case ExprKind::kNot:
      return "!";
    case ExprKind::kNegate:
      return "neg";
    case ExprKind::kAnd:
      return "&&";
    case ExprKind::kOr:
      return "||";
    case ExprKind::kEqual:
      return "==";
    case ExprKind::kNotEqual:
      return "!=";
    case ExprKind::kLess:
      return "<";
    case ExprKind::kLessEqual:
      return "<=";
    case ExprKind::kGreater:
      return ">";
    case ExprKind::kGreaterEqual:
      return ">=";
    case ExprKind::kIn:
      return "in";
    case ExprKind::kAdd:
      return "+";
    case ExprKind::kSubtract:
      return "-";
    case ExprKind::kMultiply:
      return "*";
    case ExprKind::kContains:
      return "contains";
    case ExprKind::kContainsAll:
      return "containsAll";
    case ExprKind::kContainsAny:
      return "containsAny";
    case ExprKind::kIsEmpty:
      return "isEmpty";
    case ExprKind::kGetTag:
      return "getTag";
    case ExprKind::kHasTag:
      return "hasTag";
    case ExprKind::kIf:
      return "if";
    case ExprKind::kSet:
      return "set";
    default:
      return "?";
  }
}

inline std::string NameText(const std::string& name) {
  return IsIdentifier(name) ? name
                            : absl::StrCat("\"", EscapeString(name), "\"");
}

// `node` in Lisp notation.
inline std::string TreeText(const ExprPool& pool, ExprId node) {
  static constexpr const char* kVars[] = {"principal", "action", "resource",
                                          "context"};
  const Expr& e = pool[node];
  const auto arg = [&](size_t i) { return TreeText(pool, e.args[i]); };
  switch (e.kind) {
    case ExprKind::kBool:
      return e.number != 0 ? "true" : "false";
    case ExprKind::kLong:
      return absl::StrCat(e.number);
    case ExprKind::kString:
      return absl::StrCat("\"", EscapeString(e.text), "\"");
    case ExprKind::kEntity:
      return ToString(EntityUid{e.text, e.text2});
    case ExprKind::kVar:
      return kVars[e.number];
    case ExprKind::kSlot:
      return absl::StrCat("?", kVars[e.number]);
    case ExprKind::kGetAttr:
      return absl::StrCat("(. ", arg(0), " ", NameText(e.text), ")");
    case ExprKind::kHas:
      return absl::StrCat(
          "(has ", arg(0), " ",
          absl::StrJoin(e.path, " ",
                        [](std::string* out, const std::string& name) {
                          out->append(NameText(name));
                        }),
          ")");
    case ExprKind::kLike:
      return absl::StrCat("(like ", arg(0), " \"", EscapePattern(e.pattern),
                          "\")");
    case ExprKind::kIs:
      return absl::StrCat("(is ", arg(0), " ", e.text, ")");
    case ExprKind::kIsIn:
      return absl::StrCat("(is-in ", arg(0), " ", e.text, " ", arg(1), ")");
    default:
      break;
  }
  std::string out = "(";
  if (e.kind == ExprKind::kRecord) {
    out += "record";
  } else if (e.kind == ExprKind::kCall) {
    out += "call " + e.text;
  } else {
    out += OperatorText(e.kind);
  }
  for (size_t i = 0; i < e.args.size(); ++i) {
    if (e.kind == ExprKind::kRecord) out += " " + NameText(e.path[i]);
    out += " " + arg(i);
  }
  return out + ")";
}

}  // namespace tarazy

#endif  // TARAZY_TESTS_POLICY_CEDAR_TEST_UTIL_H_
