// Expressions in Cedar's JSON form, for policy_json.h.
//
// Thread-safety: belongs to one thread.
// Source: Cedar policy language 4.5, JSON policy format.

#ifndef TARAZY_POLICY_CEDAR_EXPR_JSON_H_
#define TARAZY_POLICY_CEDAR_EXPR_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/json.h"
#include "policy/cedar/json_fields.h"
#include "policy/cedar/json_writer.h"

namespace tarazy {

// The key of an operator with operands only: "&&"; "" for other kinds.
absl::string_view OperatorJsonKey(ExprKind kind);

class ExprJsonWriter {
 public:
  // Both outlive the writer.
  ExprJsonWriter(const ExprPool& pool, JsonWriter* out)
      : pool_(pool), out_(*out), costs_(Costs(pool)) {}

  void Write(ExprId id);

 private:
  static std::vector<uint64_t> Costs(const ExprPool& pool);
  static bool IsSpelledOut(const Expr& e, const std::vector<uint64_t>& costs);
  void WritePathTest(const Expr& e);
  void WriteText(absl::string_view key, absl::string_view text);
  void WriteArg(absl::string_view key, ExprId arg);
  void WriteKeyed(absl::string_view key,
                  const std::vector<absl::string_view>& names, const Expr& e);
  void WriteLiteral(const Expr& e);
  void WriteGetAttr(const Expr& e);
  void WritePath(const Expr& e, size_t count);
  void WriteHas(const Expr& e, size_t count);
  void WriteLike(const Expr& e);
  void WriteIs(const Expr& e);
  void WriteList(absl::string_view key, const Expr& e);
  void WriteRecord(const Expr& e);

  const ExprPool& pool_;
  JsonWriter& out_;
  const std::vector<uint64_t> costs_;
};

class ExprJsonReader {
 public:
  // Appends nodes to `pool`, which is empty at first and gets no others.
  ExprJsonReader(JsonErrors* errors, uint32_t max_depth, ExprPool* pool)
      : errors_(*errors), max_depth_(max_depth), pool_(*pool) {}

  // The root of `json`, or false with the reasons reported.
  bool Read(const JsonValue& json, ExprId* root);

 private:
  bool ReadKind(const JsonMember& member, Expr* e);
  bool ReadOperands(const JsonValue& body,
                    const std::vector<absl::string_view>& keys,
                    const std::vector<absl::string_view>& others, Expr* e);
  bool ReadVar(const JsonValue& body, Expr* e);
  bool ReadSlot(const JsonValue& body, Expr* e);
  bool ReadAttribute(const JsonValue& body, Expr* e);
  bool ReadHas(const JsonValue& body, Expr* e);
  bool ReadLike(const JsonValue& body, Expr* e);
  bool ReadPatternElement(const JsonValue& json, Expr* e);
  bool ReadIs(const JsonValue& body, Expr* e);
  bool ReadSet(const JsonValue& body, Expr* e);
  bool ReadRecord(const JsonValue& body, Expr* e);
  bool ReadCall(const JsonMember& member, Expr* e);
  bool ReadValue(const JsonValue& json, ExprId* root);
  bool ReadValueObject(const JsonValue& json, Expr* e);
  bool ReadEntityEscape(const JsonValue& json, Expr* e);
  bool ReadCallEscape(const JsonValue& json, Expr* e);
  bool Add(Expr expr, const Span& span, ExprId* id);

  JsonErrors& errors_;
  const uint32_t max_depth_;
  ExprPool& pool_;
  std::vector<uint32_t> heights_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_EXPR_JSON_H_
