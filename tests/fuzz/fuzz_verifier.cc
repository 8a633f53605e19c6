// Programs that the compiler did not make: instructions, blocks, limits, steps
// of leaves and tables of switches of a compiled program are overwritten. What
// the verifier lets pass is run, and must neither read nor write where it may
// not, nor run on for ever.
//
// The input is a list of changes of kChangeBytes each: what, where (two
// bytes), which field, and its new value (four bytes), little-endian.

#include <cstring>
#include <memory>

#include "policy/cedar/parser.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"
#include "policy/program/rep.h"
#include "policy/program/verifier.h"
#include "tests/fuzz/check.h"

using namespace tarazy;  // NOLINT: a program of one file

namespace {

constexpr size_t kChangeBytes = 8;

// Every operation, conditions that are shared, jumps over each other.
constexpr char kPolicies[] = R"(
permit(principal in Group::"g", action, resource) when {
  context.n + 1 < context.m * 2 && context.s like "a*b" &&
  [1, context.n].contains(context.m) && context has r.q };
forbid(principal, action == Action::"view", resource) when {
  if context.b then {x: context.n, y: "s"}.x == -context.m
  else principal.hasTag("t") && principal.getTag("t") == context.s };
permit(principal is User, action, resource) when {
  context.set.containsAll([1]) || context.set.containsAny([2]) ||
  context.set.isEmpty() || principal in [resource, Group::"g"] }
unless { context.ip.isInRange(ip("10.0.0.0/8")) || context.ip.isLoopback() };
permit(principal, action, resource) when {
  context.d.lessThan(decimal("1.5")) && principal.age <= 3 &&
  datetime("2024-01-01").offset(duration("1d")).toDate() < context.t };
permit(principal == User::"u", action, resource) when {
  context.b && context.n < 3 && context.s == "ab" };
permit(principal == User::"v", action, resource) when {
  context.b && context.n < 3 && context.s == "ab" };
permit(principal is User, action, resource) when { context.s == "ab" };
permit(principal is User, action, resource) when { context.s == "b" };
permit(principal is User, action, resource) when {
  context.s == "a longer one" && context.b };
forbid(principal is User, action, resource) when { context.s == "" };
)";

constexpr char kEntities[] = R"([{"uid": {"type": "User", "id": "u"},
  "attrs": {"age": 3}, "tags": {"t": "ab"},
  "parents": [{"type": "Group", "id": "g"}]}])";

constexpr char kRequest[] = R"({"principal": "User::\"u\"",
  "action": "Action::\"view\"", "resource": "Doc::\"d\"",
  "context": {"n": 1, "m": 2, "s": "ab", "b": true, "set": [1, 2],
    "r": {"q": 1}, "ip": {"__extn": {"fn": "ip", "arg": "10.0.0.1"}},
    "d": {"__extn": {"fn": "decimal", "arg": "1.0"}},
    "t": {"__extn": {"fn": "datetime", "arg": "2025-01-01"}}}})";

std::unique_ptr<const Program> Compiled() {
  static const PolicySet* const set = [] {
    auto* parsed = new PolicySet;
    Diagnostics diagnostics;
    FUZZ_CHECK(
        ParsePolicies(Source("policies", kPolicies), {}, parsed, &diagnostics));
    return parsed;
  }();
  Diagnostics diagnostics;
  auto program = Program::Compile(*set, {}, &diagnostics);
  FUZZ_CHECK(program != nullptr);
  return program;
}

void ChangeInstruction(uint8_t field, uint32_t value, Inst* inst) {
  switch (field % 6) {
    case 0:
      inst->op = static_cast<Op>(value);
      break;
    case 1:
      inst->flags = static_cast<uint8_t>(value);
      break;
    case 2:
      inst->dst = static_cast<uint16_t>(value);
      break;
    case 3:
      inst->a = value;
      break;
    case 4:
      inst->b = value;
      break;
    default:
      inst->target = value;
      break;
  }
}

void ChangeBlock(uint8_t field, uint32_t value, CodeBlock* block) {
  (field % 2 == 0 ? block->begin : block->end) = value;
}

void ChangeStep(uint8_t field, uint32_t value, Step* step) {
  switch (field % 8) {
    case 6:
      step->policy = value;
      break;
    case 7:
      step->next = value;
      break;
    default:
      ChangeInstruction(field, value, &step->test);
      break;
  }
}

void Change(const uint8_t* bytes, Program::Rep* rep) {
  uint16_t where = 0;
  uint32_t value = 0;
  std::memcpy(&where, bytes + 1, sizeof(where));
  std::memcpy(&value, bytes + 4, sizeof(value));
  const uint8_t field = bytes[3];
  switch (bytes[0] % 7) {
    case 0:
      ChangeInstruction(field, value, &rep->code[where % rep->code.size()]);
      break;
    case 1:
      rep->code[where % rep->code.size()] = rep->code[value % rep->code.size()];
      break;
    case 2:
      ChangeBlock(field, value, &rep->blocks[where % rep->blocks.size()]);
      break;
    case 3:
      if (rep->conditions.empty()) break;
      ChangeBlock(field, value,
                  &rep->conditions[where % rep->conditions.size()]);
      break;
    case 4:
      rep->registers = value;
      break;
    case 5: {
      // The program is our own, as below.
      auto& steps = const_cast<std::vector<Step>&>(rep->guards.steps());
      ChangeStep(field, value, &steps[where % steps.size()]);
      break;
    }
    default: {
      auto& cells = const_cast<std::vector<uint32_t>&>(rep->guards.cells());
      if (!cells.empty()) cells[where % cells.size()] = value;
      break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto program = Compiled();
  // The program is this function's own, made a moment ago.
  auto& rep = const_cast<Program::Rep&>(program->rep());
  for (size_t at = 0; at + kChangeBytes <= size; at += kChangeBytes) {
    Change(data + at, &rep);
  }
  if (!VerifyProgram(rep).ok() ||
      !rep.guards
           .Verify(rep.code, rep.blocks, rep.constants,
                   rep.index.LeafPolicies())
           .ok()) {
    return 0;
  }
  Diagnostics diagnostics;
  const auto store =
      ReadEntities(Source("entities", kEntities), *program, {}, &diagnostics);
  FUZZ_CHECK(store != nullptr);
  Request request(program.get(), store.get());
  FUZZ_CHECK(
      ReadRequest(Source("request", kRequest), {}, &request, &diagnostics));
  Evaluation scratch;
  Authorize(request, &scratch);
  FUZZ_CHECK(!program->Dump().empty());
  return 0;
}
