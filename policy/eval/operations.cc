#include "policy/eval/operations.h"

#include "policy/eval/aggregate.h"
#include "policy/eval/extension.h"

namespace tarazy {
namespace {

bool Fail(EvalErrorCode code, EvalErrorCode* error) {
  *error = code;
  return false;
}

bool Arithmetic(Op op, const Value& a, const Value& b, Value* result,
                EvalErrorCode* error) {
  if (a.tag() != ValueTag::kLong || b.tag() != ValueTag::kLong) {
    return Fail(EvalErrorCode::kTypeError, error);
  }
  const int64_t x = a.as_number();
  const int64_t y = b.as_number();
  int64_t out = 0;
  bool overflow = false;
  if (op == Op::kAdd) {
    overflow = __builtin_add_overflow(x, y, &out);
  } else if (op == Op::kSubtract) {
    overflow = __builtin_sub_overflow(x, y, &out);
  } else {
    overflow = __builtin_mul_overflow(x, y, &out);
  }
  if (overflow) return Fail(EvalErrorCode::kOverflow, error);
  *result = Value::Long(out);
  return true;
}

bool OnSets(Op op, const Value& a, const Value& b, Value* result,
            EvalErrorCode* error) {
  const bool b_is_set = op == Op::kContainsAll || op == Op::kContainsAny;
  if (a.tag() != ValueTag::kSet || (b_is_set && b.tag() != ValueTag::kSet)) {
    return Fail(EvalErrorCode::kTypeError, error);
  }
  bool answer = false;
  if (op == Op::kIsEmpty) {
    answer = a.as_set().size == 0;
  } else if (op == Op::kContains) {
    answer = Contains(a.as_set(), b);
  } else if (op == Op::kContainsAll) {
    answer = ContainsAll(a.as_set(), b.as_set());
  } else {
    answer = ContainsAny(a.as_set(), b.as_set());
  }
  *result = Value::Bool(answer);
  return true;
}

}  // namespace

bool IsPureOperation(Op op) {
  switch (op) {
    case Op::kTest:
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kContains:
    case Op::kContainsAll:
    case Op::kContainsAny:
    case Op::kIsEmpty:
    case Op::kNegate:
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
      return true;
    default:
      return op >= Op::kFirstFunction;
  }
}

bool ApplyOperation(Op op, const Value& a, const Value& b, Arena* arena,
                    Value* result, EvalErrorCode* error) {
  switch (op) {
    case Op::kTest:
      if (a.tag() != ValueTag::kBool) {
        return Fail(EvalErrorCode::kTypeError, error);
      }
      *result = a;
      return true;
    case Op::kEqual:
      *result = Value::Bool(EqualValues(a, b));
      return true;
    case Op::kLess:
    case Op::kLessEqual: {
      if (a.tag() != b.tag() || !IsOrdered(a.tag())) {
        return Fail(EvalErrorCode::kTypeError, error);
      }
      *result = Value::Bool(op == Op::kLess ? a.as_number() < b.as_number()
                                            : a.as_number() <= b.as_number());
      return true;
    }
    case Op::kContains:
    case Op::kContainsAll:
    case Op::kContainsAny:
    case Op::kIsEmpty:
      return OnSets(op, a, b, result, error);
    case Op::kNegate: {
      int64_t out = 0;
      if (a.tag() != ValueTag::kLong) {
        return Fail(EvalErrorCode::kTypeError, error);
      }
      if (__builtin_sub_overflow(int64_t{0}, a.as_number(), &out)) {
        return Fail(EvalErrorCode::kOverflow, error);
      }
      *result = Value::Long(out);
      return true;
    }
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
      return Arithmetic(op, a, b, result, error);
    default:
      break;
  }
  const auto function = static_cast<Function>(
      static_cast<int>(op) - static_cast<int>(Op::kFirstFunction));
  switch (Apply(function, a, b, arena, result)) {
    case ApplyResult::kOk:
      return true;
    case ApplyResult::kTypeError:
      return Fail(EvalErrorCode::kTypeError, error);
    case ApplyResult::kRefused:
      break;
  }
  return Fail(EvalErrorCode::kExtension, error);
}

}  // namespace tarazy
