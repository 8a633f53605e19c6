#include "policy/program/instruction.h"

#include <array>

namespace tarazy {
namespace {

constexpr OpInfo kBuiltIn[] = {
    {"satisfied", Field::kNone, Field::kNone, Result::kEnds},
    {"unsatisfied", Field::kNone, Field::kNone, Result::kEnds},
    {"error", Field::kErrorCode, Field::kNone, Result::kEnds},
    {"jump", Field::kNone, Field::kNone, Result::kJumps},
    {"require-slot", Field::kSlot, Field::kNone, Result::kNothing},
    {"move", Field::kOperand, Field::kNone, Result::kValue},
    {"get-attr", Field::kOperand, Field::kName, Result::kValue},
    {"get-tag", Field::kOperand, Field::kOperand, Result::kValue},
    {"negate", Field::kOperand, Field::kNone, Result::kValue},
    {"add", Field::kOperand, Field::kOperand, Result::kValue},
    {"subtract", Field::kOperand, Field::kOperand, Result::kValue},
    {"multiply", Field::kOperand, Field::kOperand, Result::kValue},
    {"make-set", Field::kFirstRegister, Field::kCount, Result::kValue},
    {"make-record", Field::kFirstRegister, Field::kShape, Result::kValue},
    {"condition", Field::kCondition, Field::kNone, Result::kBool},
    {"test", Field::kOperand, Field::kNone, Result::kBool},
    {"test-slot", Field::kSlot, Field::kNone, Result::kBool},
    {"slot-is", Field::kSlot, Field::kEntity, Result::kBool},
    {"has-slot", Field::kSlot, Field::kNone, Result::kBool},
    {"equal", Field::kOperand, Field::kOperand, Result::kBool},
    {"less", Field::kOperand, Field::kOperand, Result::kBool},
    {"less-equal", Field::kOperand, Field::kOperand, Result::kBool},
    {"in", Field::kOperand, Field::kOperand, Result::kBool},
    {"is", Field::kOperand, Field::kType, Result::kBool},
    {"contains", Field::kOperand, Field::kOperand, Result::kBool},
    {"contains-all", Field::kOperand, Field::kOperand, Result::kBool},
    {"contains-any", Field::kOperand, Field::kOperand, Result::kBool},
    {"is-empty", Field::kOperand, Field::kNone, Result::kBool},
    {"like", Field::kOperand, Field::kPattern, Result::kBool},
    {"has-attr", Field::kOperand, Field::kName, Result::kBool},
    {"has-tag", Field::kOperand, Field::kOperand, Result::kBool},
};
static_assert(sizeof(kBuiltIn) / sizeof(kBuiltIn[0]) ==
                  static_cast<size_t>(Op::kFirstFunction),
              "one row per operation");

std::array<OpInfo, kOpCount> MakeTable() {
  std::array<OpInfo, kOpCount> table{};
  for (int i = 0; i < kOpCount; ++i) {
    const int f = i - static_cast<int>(Op::kFirstFunction);
    if (f < 0) {
      table[i] = kBuiltIn[i];
      continue;
    }
    const Function function = static_cast<Function>(f);
    const FunctionInfo& info = Info(function);
    table[i] = {
        info.name.data(), Field::kOperand,
        info.arguments == 2 ? Field::kOperand : Field::kNone,
        IsQuestion(static_cast<Op>(i)) ? Result::kBool : Result::kValue};
  }
  return table;
}

}  // namespace

const OpInfo& Info(Op op) {
  static const std::array<OpInfo, kOpCount>* table =
      new std::array<OpInfo, kOpCount>(MakeTable());
  return (*table)[static_cast<int>(op)];
}

}  // namespace tarazy
