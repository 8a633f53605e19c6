// The instructions that a policy is compiled to.
//
// An instruction is sixteen bytes. It reads up to two operands and writes one
// register or, when its answer is a boolean that only steers, jumps. An operand
// is a register, a constant, a fact slot or one of the request's variables, so
// that `context.age < 18` is one instruction. Jumps go forwards only: a block
// ends after at most as many steps as it has instructions.
//
// A condition that stands in several policies is a block of its own, which a
// decision runs at most once (kCondition). Such blocks do not refer to others.
//
// Registers are used like a stack: an instruction writes a register that was
// written before, or the one after those. The verifier relies on it.

#ifndef TARAZY_POLICY_PROGRAM_INSTRUCTION_H_
#define TARAZY_POLICY_PROGRAM_INSTRUCTION_H_

#include <cstdint>

#include "policy/eval/extension.h"

namespace tarazy {

enum class Op : uint8_t {
  kSatisfied,    // ends the block: the policy applies
  kUnsatisfied,  // ends the block: it does not
  kError,        // ends the block with error number `a` (an EvalErrorCode)
  kJump,         // to `target`
  kRequireSlot,  // goes on if the fact of slot `a` is present, or errs

  // Those that give a value.
  kMove,     // a
  kGetAttr,  // a . name number `b`
  kGetTag,
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kMakeSet,     // of `b` registers from register `a`
  kMakeRecord,  // of shape number `b`, values from register `a`

  // Questions: the answer is a boolean.
  kCondition,  // the answer of shared condition number `a`
  kTest,       // a, which is to be a boolean
  kTestSlot,   // slot `a`, which is to be a boolean
  kSlotIs,     // whether slot `a` is entity number `b`
  kHasSlot,    // whether the fact of slot `a` is present
  kEqual,
  kLess,
  kLessEqual,
  kIn,
  kIs,  // a is an entity of type number `b`
  kContains,
  kContainsAll,
  kContainsAny,
  kIsEmpty,
  kLike,     // a like pattern number `b`
  kHasAttr,  // a has name number `b`
  kHasTag,

  // One for each Function, in its order.
  kFirstFunction,
  kCallIp = kFirstFunction,
  kCallDecimal,
  kCallDatetime,
  kCallDuration,
  kCallIsIpv4,
  kCallIsIpv6,
  kCallIsLoopback,
  kCallIsMulticast,
  kCallIsInRange,
  kCallLessThan,
  kCallLessThanOrEqual,
  kCallGreaterThan,
  kCallGreaterThanOrEqual,
  kCallOffset,
  kCallDurationSince,
  kCallToDate,
  kCallToTime,
  kCallToMilliseconds,
  kCallToSeconds,
  kCallToMinutes,
  kCallToHours,
  kCallToDays,
};
constexpr int kOpCount = static_cast<int>(Op::kFirstFunction) + kFunctionCount;
static_assert(static_cast<int>(Op::kCallToDays) == kOpCount - 1,
              "one operation for each function");

constexpr Op FunctionOp(Function function) {
  return static_cast<Op>(static_cast<int>(Op::kFirstFunction) +
                         static_cast<int>(function));
}

// Whether the answer of an instruction is a boolean.
constexpr bool IsQuestion(Op op) {
  return (op >= Op::kCondition && op <= Op::kHasTag) ||
         (op >= Op::kCallIsIpv4 && op <= Op::kCallGreaterThanOrEqual);
}

// Flags of questions.
constexpr uint8_t kBranch = 1;  // jump to `target` if the answer is kWhen
constexpr uint8_t kWhen = 2;
constexpr uint8_t kInvert = 4;  // the answer is the opposite

struct Inst {
  Op op = Op::kError;
  uint8_t flags = 0;
  uint16_t dst = 0;  // register, when not a branch
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t target = 0;  // from the start of the block
};
static_assert(sizeof(Inst) == 16, "instructions have a fixed size");

enum class OperandKind : uint8_t { kRegister, kConstant, kSlot, kVar };

constexpr uint32_t kOperandIndexMask = (1u << 30) - 1;

constexpr uint32_t MakeOperand(OperandKind kind, uint32_t index) {
  return static_cast<uint32_t>(kind) << 30 | index;
}
constexpr OperandKind KindOf(uint32_t operand) {
  return static_cast<OperandKind>(operand >> 30);
}
constexpr uint32_t IndexOf(uint32_t operand) {
  return operand & kOperandIndexMask;
}

// What the fields of an instruction mean.
enum class Field : uint8_t {
  kNone,
  kOperand,
  kSlot,
  kType,
  kPattern,
  kName,
  kShape,
  kFirstRegister,
  kCount,
  kErrorCode,
  kCondition,
  kEntity,
};
enum class Result : uint8_t { kEnds, kNothing, kJumps, kBool, kValue };

struct OpInfo {
  const char* name;
  Field a;
  Field b;
  Result result;
};
// `op` is in range.
const OpInfo& Info(Op op);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_INSTRUCTION_H_
