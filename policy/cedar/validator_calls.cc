// Extension functions in the type checker: signatures, and the literals that
// build extension values.

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/text.h"
#include "policy/cedar/validator_checker.h"
#include "policy/eval/extension.h"

namespace tarazy {

namespace {

struct Signature {
  TypePtr arguments;  // all of a function's arguments but those of `second`
  TypePtr second;     // null: as the first
  TypePtr result;
};

Signature SignatureOf(Function function) {
  const TypePtr string = Type::Of(TypeKind::kString);
  const TypePtr boolean = Type::Of(TypeKind::kBool);
  const TypePtr ip = Type::Extension("ipaddr");
  const TypePtr decimal = Type::Extension("decimal");
  const TypePtr datetime = Type::Extension("datetime");
  const TypePtr duration = Type::Extension("duration");
  switch (function) {
    case Function::kIp:
      return {string, nullptr, ip};
    case Function::kDecimal:
      return {string, nullptr, decimal};
    case Function::kDatetime:
      return {string, nullptr, datetime};
    case Function::kDuration:
      return {string, nullptr, duration};
    case Function::kIsIpv4:
    case Function::kIsIpv6:
    case Function::kIsLoopback:
    case Function::kIsMulticast:
    case Function::kIsInRange:
      return {ip, nullptr, boolean};
    case Function::kLessThan:
    case Function::kLessThanOrEqual:
    case Function::kGreaterThan:
    case Function::kGreaterThanOrEqual:
      return {decimal, nullptr, boolean};
    case Function::kOffset:
      return {datetime, duration, datetime};
    case Function::kDurationSince:
      return {datetime, nullptr, duration};
    case Function::kToDate:
      return {datetime, nullptr, datetime};
    case Function::kToTime:
      return {datetime, nullptr, duration};
    case Function::kToMilliseconds:
    case Function::kToSeconds:
    case Function::kToMinutes:
    case Function::kToHours:
    case Function::kToDays:
      return {duration, nullptr, Type::Of(TypeKind::kLong)};
  }
  return {};
}

bool IsConstructor(Function function) {
  return function == Function::kIp || function == Function::kDecimal ||
         function == Function::kDatetime || function == Function::kDuration;
}

bool Parses(Function constructor, absl::string_view text) {
  switch (constructor) {
    case Function::kIp:
      return ParseIp(text).has_value();
    case Function::kDecimal:
      return ParseDecimal(text).has_value();
    case Function::kDatetime:
      return ParseDatetime(text).has_value();
    default:
      return ParseDuration(text).has_value();
  }
}

const char* FormatHelp(Function constructor) {
  switch (constructor) {
    case Function::kIp:
      return "write an IPv4 or IPv6 address, with or without a prefix: "
             "`192.168.0.0/16`";
    case Function::kDecimal:
      return "write digits on both sides of the point, at most four after "
             "it: `12.34`";
    case Function::kDatetime:
      return "write `2026-01-18`, `2026-01-18T08:30:00Z` or "
             "`2026-01-18T08:30:00+0500`";
    default:
      return "write days, hours, minutes, seconds, milliseconds in this "
             "order: `1d2h3m4s5ms`";
  }
}

bool IsLiteral(const Expr& e) {
  return e.kind == ExprKind::kBool || e.kind == ExprKind::kLong ||
         e.kind == ExprKind::kString || e.kind == ExprKind::kEntity;
}

}  // namespace

TypeChecker::Answer TypeChecker::CheckCall(ExprId id,
                                           const Capabilities& prior) {
  const Expr& e = At(id);
  const absl::optional<Function> function = FindFunction(e.text);
  if (!function.has_value()) {
    findings_.Error("unknown-function", e.span,
                    absl::StrCat("there is no function `", e.text, "`"));
    for (ExprId argument : e.args) Check(argument, prior);
    return Failure(nullptr);
  }
  const size_t errors_before = findings_.errors();
  const size_t expected = Info(*function).arguments;
  if (e.args.size() != expected) {
    // A receiver is no argument to whoever wrote the call.
    const size_t receiver = e.method ? 1 : 0;
    findings_.Error(
        "arguments", e.span,
        absl::StrCat("`", e.text, "` takes ", expected - receiver,
                     expected - receiver == 1 ? " argument" : " arguments",
                     ", found ", e.args.size() - receiver));
  }
  if (IsConstructor(*function)) {
    bool literal = true;
    for (ExprId argument : e.args) literal = literal && IsLiteral(At(argument));
    if (strict() && !literal) {
      findings_.Error("extension-literal", e.span,
                      absl::StrCat("`", e.text, "` takes a string literal"),
                      "give such a value as an attribute of its own type");
    }
    if (e.args.size() == 1 && At(e.args[0]).kind == ExprKind::kString &&
        !Parses(*function, At(e.args[0]).text)) {
      findings_.Error("extension-value", At(e.args[0]).span,
                      absl::StrCat("`\"", EscapeString(At(e.args[0]).text),
                                   "\"` is not a valid ", e.text),
                      FormatHelp(*function));
    }
  }
  const Signature signature = SignatureOf(*function);
  if (findings_.errors() != errors_before) {
    for (ExprId argument : e.args) Check(argument, prior);
    return Failure(signature.result);
  }
  bool ok = true;
  for (size_t i = 0; i < e.args.size(); ++i) {
    const bool second = i == 1 && signature.second != nullptr;
    const TypePtr wanted[] = {second ? signature.second : signature.arguments};
    const Answer argument = Expect(e.args[i], prior, wanted);
    ok = ok && argument.ok;
  }
  return Also(ok, Success(signature.result));
}

}  // namespace tarazy
