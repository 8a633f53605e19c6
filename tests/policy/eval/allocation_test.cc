// A decision allocates no heap memory once an Evaluation's buffers have grown.

#include <cstdlib>
#include <new>

#include "gtest/gtest.h"
#include "policy/cedar/parser.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"

namespace {

thread_local uint64_t allocations = 0;

void* Count(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return Count(size); }
void* operator new[](std::size_t size) { return Count(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace tarazy {
namespace {

TEST(AllocationTest, ADecisionAllocatesNothing) {
  const Source source("policies", R"(
    permit(principal in Group::"g", action, resource is Photo)
      when { context.tags.containsAny(["a", "b", context.name]) &&
             {n: context.n + 1}.n < 5 && context.name like "*x*y*" };
    forbid(principal, action in [Action::"view"], resource)
      when { ip(context.ip).isInRange(ip("10.0.0.0/8")) }
      unless { principal.age > 17 && principal has boss.age };
    permit(principal, action, resource) when { context.absent };
  )");
  PolicySet set;
  Diagnostics diagnostics;
  ASSERT_TRUE(ParsePolicies(source, ParseOptions(), &set, &diagnostics));
  const auto program = Program::Compile(set, CompileOptions(), &diagnostics);
  ASSERT_NE(program, nullptr);
  const Source entities("entities", R"([
    {"uid": {"type": "User", "id": "u"}, "attrs": {"age": 40},
     "parents": [{"type": "Group", "id": "g"}]}])");
  const auto store =
      ReadEntities(entities, *program, EntitiesJsonOptions(), &diagnostics);
  ASSERT_NE(store, nullptr);
  Request request(program.get(), store.get());
  const Source asked("request", R"({
    "principal": "User::\"u\"", "action": "Action::\"view\"",
    "resource": "Photo::\"p\"",
    "context": {"tags": ["b", "c"], "name": "axby", "n": 1,
                "ip": "10.1.2.3"}})");
  ASSERT_TRUE(
      ReadRequest(asked, EntitiesJsonOptions(), &request, &diagnostics));
  Evaluation evaluation;
  GeneralFacts facts(&request);
  const auto decide = [&] {
    Evaluate(*program, ScopeOf(request), &facts, &evaluation);
  };
  for (int i = 0; i < 3; ++i) decide();
  ASSERT_EQ(evaluation.permits().size(), 1u);
  ASSERT_EQ(evaluation.forbids().size(), 1u);
  ASSERT_EQ(evaluation.errors().size(), 1u);
  const uint64_t before = allocations;
  for (int i = 0; i < 100; ++i) decide();
  EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace tarazy
