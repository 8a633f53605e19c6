#include "policy/program/guards.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "policy/cedar/parser.h"
#include "policy/eval/aggregate.h"
#include "policy/eval/evaluator.h"
#include "policy/program/rep.h"

namespace tarazy {
namespace {

std::unique_ptr<const Program> CompileText(const std::string& text) {
  const Source source("test", text);
  PolicySet set;
  Diagnostics diagnostics;
  EXPECT_TRUE(ParsePolicies(source, ParseOptions(), &set, &diagnostics))
      << FormatDiagnostics(diagnostics, {&source});
  auto program = Program::Compile(set, CompileOptions(), &diagnostics);
  EXPECT_NE(program, nullptr) << FormatDiagnostics(diagnostics, {&source});
  return program;
}

using Facts = std::map<std::string, Value>;

class MapFacts : public FactReader {
 public:
  MapFacts(const Program* program, const Facts* values)
      : program_(program), values_(*values) {}
  Value Read(uint32_t slot) override {
    const auto found = values_.find(program_->facts()[slot].ToString());
    return found == values_.end() ? Value::Missing() : found->second;
  }

 private:
  const Program* program_;
  const Facts& values_;
};

// What each policy came to, by its @id: "permit", "forbid" or the error and
// the fact that it names.
std::map<std::string, std::string> OutcomesOf(const Program& program,
                                              FactReader* facts) {
  const EntityName nobody;
  ScopeRequest request;
  request.principal = request.action = request.resource = &nobody;
  Evaluation evaluation;
  Evaluate(program, request, facts, &evaluation);
  const auto id = [&](uint32_t policy) {
    return program.policies()[policy].annotations[0].value;
  };
  std::map<std::string, std::string> outcomes;
  for (uint32_t policy : evaluation.permits()) outcomes[id(policy)] = "permit";
  for (uint32_t policy : evaluation.forbids()) outcomes[id(policy)] = "forbid";
  for (const PolicyError& error : evaluation.errors()) {
    outcomes[id(error.policy)] =
        absl::StrCat(Describe(error.code), " ",
                     error.slot == PolicyError::kNoSlot
                         ? ""
                         : program.facts()[error.slot].ToString());
  }
  return outcomes;
}

std::map<std::string, std::string> Outcomes(const Program& program,
                                            const Facts& facts) {
  MapFacts reader(&program, &facts);
  return OutcomesOf(program, &reader);
}

// The same of facts that stand ready.
std::map<std::string, std::string> OutcomesReady(const Program& program,
                                                 const Facts& facts) {
  MapFacts reader(&program, &facts);
  std::vector<Value> values;
  for (uint32_t slot = 0; slot < program.facts().size(); ++slot) {
    values.push_back(reader.Read(slot));
  }
  FactTable table(std::move(values));
  return OutcomesOf(program, &table);
}

size_t CountGuards(const Program& program) {
  size_t guards = 0;
  for (const Step& step : program.rep().guards.steps()) {
    guards += !step.runs_policy() && step.kind() != StepKind::kSwitch ? 1 : 0;
  }
  return guards;
}

size_t CountSwitches(const Program& program) {
  size_t switches = 0;
  for (const Step& step : program.rep().guards.steps()) {
    switches += !step.runs_policy() && step.kind() == StepKind::kSwitch ? 1 : 0;
  }
  return switches;
}

TEST(GuardsTest, PoliciesThatBeginAlikeAskOnce) {
  const auto program = CompileText(
      "permit(principal, action, resource)"
      " when { context.a && context.b && context.c };"
      "forbid(principal, action, resource)"
      " when { context.a && context.b && context.d };"
      "permit(principal, action, resource) when { context.a };");
  EXPECT_EQ(CountGuards(*program), 4u);  // a, b, c and d
}

TEST(GuardsTest, PoliciesOfDifferentScopeDoNotShare) {
  const auto program = CompileText(
      "permit(principal, action, resource) when { context.a };"
      "permit(principal, action == Action::\"x\", resource)"
      " when { context.a };");
  EXPECT_EQ(CountGuards(*program), 2u);
}

TEST(GuardsTest, DumpShowsTheStepsUnderTheirGuards) {
  const auto program = CompileText(
      "@id(\"2\") permit(principal, action, resource)"
      " when { context.a && context.b };"
      "@id(\"1\") permit(principal, action, resource) when { context.a };");
  EXPECT_NE(program->Dump().find("leaf 0\n"
                                 "  test-slot s0 ! 2\n"
                                 "    policy 0 from 1\n"
                                 "    test-slot s1 ! 3\n"
                                 "      policy 1 from 2\n"),
            std::string::npos)
      << program->Dump();
}

TEST(GuardsTest, AnErrorOfASharedTestIsTheErrorOfEachPolicy) {
  const auto program = CompileText(
      "@id(\"p\") permit(principal, action, resource)"
      " when { context.a && context.b };"
      "@id(\"q\") forbid(principal, action, resource)"
      " when { context.a && context.c };"
      "@id(\"r\") permit(principal, action, resource) when { !context.a };");
  const std::map<std::string, std::string> expected = {
      {"p", "missing attribute context.a"},
      {"q", "missing attribute context.a"},
      {"r", "missing attribute context.a"}};
  EXPECT_EQ(Outcomes(*program, {}), expected);
}

// Sets of policies made from few conditions, so that they begin alike, against
// each policy compiled and run alone.
TEST(GuardsTest, SharingChangesNoOutcome) {
  const std::vector<std::string> conditions = {
      "context.a",
      "context.b",
      "!context.c",
      "context has a",
      "!(context has b)",
      "context.n < 3",
      "context.n == 2",
      "context.s.contains(1)",
      "(context.a || context.b)",
      "(if context.a then context.b else context.c)",
      "context.t == \"\"",
      "context.t == \"a\"",
      "context.t == \"norm/1\"",
      "context.t == \"norm/2\"",
      "context.t == \"long norm/1/2\"",
      "context.t == \"long norm/2/2\"",
      "context.t == \"long norm/2/3\"",
      "context.t == context.u",
      "context.t != \"a\""};
  const std::vector<const char*> strings = {"",
                                            "a",
                                            "b",
                                            "norm/1",
                                            "norm/2",
                                            "long norm/1/2",
                                            "long norm/2/2",
                                            "long norm/3/2"};
  std::mt19937 random(20261123);
  const auto below = [&](size_t n) { return random() % n; };
  size_t with_errors = 0, satisfied = 0, switches = 0;
  for (int round = 0; round < 150; ++round) {
    std::vector<std::string> texts;
    for (int i = 0; i < 16; ++i) {
      std::string text =
          absl::StrCat("@id(\"", i, "\") ", below(2) == 0 ? "permit" : "forbid",
                       "(principal, action, resource)");
      for (size_t clauses = below(3); clauses > 0; --clauses) {
        std::vector<std::string> parts;
        for (size_t n = 1 + below(3); n > 0; --n) {
          // Half of them are for switches, which are the last.
          const size_t from = below(2) * 10;
          parts.push_back(conditions[from + below(conditions.size() - from)]);
        }
        absl::StrAppend(&text, below(3) == 0 ? " unless" : " when", " { ",
                        absl::StrJoin(parts, " && "), " }");
      }
      texts.push_back(absl::StrCat(text, ";"));
    }
    const auto program = CompileText(absl::StrJoin(texts, "\n"));
    switches += CountSwitches(*program);
    for (int ask = 0; ask < 8; ++ask) {
      const Value one = Value::Long(1);
      SetValue set;
      set.items = &one;
      set.size = static_cast<uint32_t>(below(2));
      Facts facts;
      for (const char* name : {"context.a", "context.b", "context.c"}) {
        const size_t pick = below(5);
        if (pick == 0) continue;  // missing
        facts[name] = pick == 1 ? Value::Long(7) : Value::Bool(pick < 4);
      }
      if (below(4) != 0) facts["context.n"] = Value::Long(below(4));
      if (below(4) != 0) facts["context.s"] = Value::Set(&set);
      for (const char* name : {"context.t", "context.u"}) {
        const size_t pick = below(10);
        if (pick == 0) continue;  // missing
        facts[name] = pick == 1 ? Value::Long(1)
                                : Value::String(strings[below(strings.size())]);
      }
      std::map<std::string, std::string> expected;
      for (const std::string& text : texts) {
        for (const auto& outcome : Outcomes(*CompileText(text), facts)) {
          expected.insert(outcome);
        }
      }
      ASSERT_EQ(Outcomes(*program, facts), expected)
          << absl::StrJoin(texts, "\n") << program->Dump();
      ASSERT_EQ(OutcomesReady(*program, facts), expected);
      for (const auto& outcome : expected) {
        const bool erred =
            outcome.second != "permit" && outcome.second != "forbid";
        ++(erred ? with_errors : satisfied);
      }
    }
  }
  EXPECT_GT(with_errors, 1000u);
  EXPECT_GT(satisfied, 1000u);
  EXPECT_GT(switches, 20u);
}

std::string Norms(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, "@id(\"", i,
                    "\") permit(principal, action, resource) when "
                    "{ context.t == \"norm/",
                    i, "\" && context.a };");
  }
  return text;
}

TEST(GuardsTest, ASwitchFindsTheOnePolicyOfMany) {
  const auto program = CompileText(Norms(300));
  EXPECT_EQ(CountSwitches(*program), 1u);
  for (int i = 0; i < 300; ++i) {
    const std::string norm = absl::StrCat("norm/", i);
    const Facts facts = {{"context.t", Value::String(norm)},
                         {"context.a", Value::Bool(true)}};
    const std::map<std::string, std::string> expected = {
        {absl::StrCat(i), "permit"}};
    EXPECT_EQ(Outcomes(*program, facts), expected);
  }
  EXPECT_TRUE(
      Outcomes(*program, {{"context.t", Value::String("norm/300")}}).empty());
  EXPECT_TRUE(Outcomes(*program, {{"context.t", Value::Long(1)}}).empty());
}

TEST(GuardsTest, AMissingFactIsAnErrorOfEachPolicyBehindASwitch) {
  const auto program = CompileText(Norms(5));
  EXPECT_EQ(CountSwitches(*program), 1u);
  const auto outcomes = Outcomes(*program, {});
  EXPECT_EQ(outcomes.size(), 5u);
  for (const auto& outcome : outcomes) {
    EXPECT_EQ(outcome.second, "missing attribute context.t");
  }
}

TEST(GuardsTest, FewStringsGetNoSwitch) {
  EXPECT_EQ(CountSwitches(*CompileText(Norms(3))), 0u);
}

// Their ends are what a table looks at: searches would be long.
TEST(GuardsTest, StringsThatDifferInTheMiddleAloneGetNoSwitch) {
  std::string text;
  for (int i = 100; i < 300; ++i) {
    absl::StrAppend(&text,
                    "permit(principal, action, resource) when { context.t == "
                    "\"beginning ",
                    i, " end of it\" };");
  }
  EXPECT_EQ(CountSwitches(*CompileText(text)), 0u);
}

TEST(GuardsTest, DumpShowsASwitch) {
  const std::string dump = CompileText(Norms(4))->Dump();
  EXPECT_NE(dump.find("leaf 0\n"
                      "  switch s0 over 12 steps\n"
                      "  equal s0, \"norm/0\" ! 3\n"
                      "    test-slot s1 ! 3\n"),
            std::string::npos)
      << dump;
}

// The guards of two policies of one leaf, checked against other code than
// they were built from.
class GuardsVerifyTest : public ::testing::Test {
 protected:
  static Inst Test(uint32_t slot, uint32_t target) {
    Inst inst;
    inst.op = Op::kTestSlot;
    inst.flags = kBranch;
    inst.a = slot;
    inst.target = target;
    return inst;
  }
  static Inst End(Op op) {
    Inst inst;
    inst.op = op;
    return inst;
  }
  void SetUp() override {
    for (uint32_t last : {1u, 2u}) {
      code_.push_back(Test(0, 3));
      code_.push_back(Test(last, 3));
      code_.push_back(End(Op::kSatisfied));
      code_.push_back(End(Op::kUnsatisfied));
    }
    guards_.Build(code_, blocks_, constants_, leaves_);
  }
  bool Sound() const {
    return guards_.Verify(code_, blocks_, constants_, leaves_).ok();
  }

  std::vector<Inst> code_;
  std::vector<Value> constants_;
  std::vector<CodeBlock> blocks_ = {{0, 4}, {4, 8}};
  std::vector<uint32_t> policies_ = {0, 1};
  std::vector<absl::Span<const uint32_t>> leaves_ = {policies_};
  Guards guards_;
};

TEST_F(GuardsVerifyTest, AcceptsWhatWasBuilt) { EXPECT_TRUE(Sound()); }

TEST_F(GuardsVerifyTest, RefusesATestThatAPolicyDoesNotBeginWith) {
  code_[4].a = 5;
  EXPECT_FALSE(Sound());
}

TEST_F(GuardsVerifyTest, RefusesATestThatDoesNotDecide) {
  code_[7] = End(Op::kSatisfied);  // where the second policy's tests lead
  EXPECT_FALSE(Sound());
}

TEST_F(GuardsVerifyTest, RefusesACopyThatIsNotWhereAPolicyGoesOn) {
  code_[2] = End(Op::kError);
  EXPECT_FALSE(Sound());
}

TEST_F(GuardsVerifyTest, RefusesAPolicyLeftOut) {
  policies_ = {0, 1, 1};
  leaves_ = {policies_};
  EXPECT_FALSE(Sound());
}

TEST_F(GuardsVerifyTest, RefusesAnotherPolicyInItsPlace) {
  std::swap(blocks_[0], blocks_[1]);
  EXPECT_FALSE(Sound());
}

// A compiled program's switch, overwritten.
class SwitchVerifyTest : public ::testing::Test {
 protected:
  SwitchVerifyTest()
      : program_(CompileText(Norms(6))),
        guards_(program_->rep().guards),
        // The copies are this test's own.
        steps_(const_cast<std::vector<Step>&>(guards_.steps())),
        cells_(const_cast<std::vector<uint32_t>&>(guards_.cells())) {}
  bool Sound() const {
    const Program::Rep& rep = program_->rep();
    return guards_
        .Verify(rep.code, rep.blocks, rep.constants, rep.index.LeafPolicies())
        .ok();
  }
  uint32_t* UsedCell() {
    return &*std::find_if(cells_.begin(), cells_.end(), [](uint32_t cell) {
      return cell != Guards::kNoGuard;
    });
  }

  const std::unique_ptr<const Program> program_;
  Guards guards_;
  std::vector<Step>& steps_;
  std::vector<uint32_t>& cells_;
};

TEST_F(SwitchVerifyTest, AcceptsWhatWasBuilt) {
  EXPECT_EQ(steps_[0].kind(), StepKind::kSwitch);
  EXPECT_TRUE(Sound());
}

TEST_F(SwitchVerifyTest, RefusesAGuardLeftOut) {
  *UsedCell() = Guards::kNoGuard;
  EXPECT_FALSE(Sound());
}

TEST_F(SwitchVerifyTest, RefusesAWrongGuard) {
  *UsedCell() += 1;
  EXPECT_FALSE(Sound());
  *UsedCell() = 0xffffffffu;
  EXPECT_FALSE(Sound());
}

TEST_F(SwitchVerifyTest, RefusesATableWithoutAnEmptyCell) {
  const uint32_t guard = *UsedCell();
  for (uint32_t& cell : cells_) {
    if (cell == Guards::kNoGuard) cell = guard;
  }
  EXPECT_FALSE(Sound());
}

TEST_F(SwitchVerifyTest, RefusesATableThatIsNotThere) {
  steps_[0].test.b += 1;
  EXPECT_FALSE(Sound());
  steps_[0].test.b -= 1;
  steps_[0].test.target += 1;
  EXPECT_FALSE(Sound());
}

TEST_F(SwitchVerifyTest, RefusesAnotherFact) {
  steps_[0].test.a += 1;
  EXPECT_FALSE(Sound());
}

TEST_F(SwitchVerifyTest, RefusesAnotherEnd) {
  const uint32_t end = steps_[0].next;
  for (uint32_t next : {0u, 1u, end - 1, end - 3, end + 1, 0xffffffffu}) {
    steps_[0].next = next;
    EXPECT_FALSE(Sound()) << next;
  }
}

TEST_F(SwitchVerifyTest, RefusesAGuardOfTheWrongKind) {
  for (uint32_t kind = 0; kind <= kStepKindCount; ++kind) {
    const Step good = steps_[2];
    if (Step::Of(GuardKind(good.test)) == Step::kNoPolicy + kind) continue;
    steps_[2].policy = Step::kNoPolicy + kind;
    EXPECT_FALSE(Sound()) << kind;
    steps_[2] = good;
  }
  EXPECT_TRUE(Sound());
}

}  // namespace
}  // namespace tarazy
