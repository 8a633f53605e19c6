#include "policy/program/program.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/program/rep.h"
#include "policy/program/verifier.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PolicySet Parse(const std::string& text) {
  const Source source("test", text);
  PolicySet set;
  Diagnostics diagnostics;
  EXPECT_TRUE(ParsePolicies(source, ParseOptions(), &set, &diagnostics))
      << FormatDiagnostics(diagnostics, {&source});
  return set;
}

std::unique_ptr<const Program> Compile(const PolicySet& set,
                                       CompileOptions options = {}) {
  Diagnostics diagnostics;
  auto program = Program::Compile(set, options, &diagnostics);
  EXPECT_NE(program, nullptr)
      << (diagnostics.empty() ? "" : diagnostics[0].message);
  return program;
}

std::unique_ptr<const Program> CompileText(const std::string& text) {
  return Compile(Parse(text));
}

constexpr const char* kThree[] = {
    "@id(\"c\") permit(principal, action, resource) when { context.x > 1 };",
    "forbid(principal is User, action == Action::\"a\", resource);",
    "permit(principal == User::\"u\", action, resource) "
    "unless { [1, 2].contains(context.y) };"};

TEST(ProgramTest, OrderOfPoliciesDoesNotChangeTheBytes) {
  const auto first =
      CompileText(std::string(kThree[0]) + kThree[1] + kThree[2]);
  const auto second =
      CompileText(std::string(kThree[2]) + kThree[0] + kThree[1]);
  EXPECT_EQ(first->digest(), second->digest());
  EXPECT_EQ(first->Dump(), second->Dump());
  EXPECT_EQ(first->digest().size(), 64u);
}

TEST(ProgramTest, WhatAPolicySaysChangesTheDigest) {
  const auto base = CompileText(kThree[0]);
  for (const char* text :
       {"@id(\"c\") forbid(principal, action, resource) when "
        "{ context.x > 1 };",
        "@id(\"c\") permit(principal, action, resource) when "
        "{ context.x > 2 };",
        "@id(\"d\") permit(principal, action, resource) when "
        "{ context.x > 1 };",
        "@id(\"c\") permit(principal, action, resource) when "
        "{ context.z > 1 };"}) {
    EXPECT_NE(CompileText(text)->digest(), base->digest()) << text;
  }
}

TEST(ProgramTest, ConstantsAreFolded) {
  const auto program = CompileText(
      "permit(principal, action, resource) when "
      "{ context.t < datetime(\"1970-01-02\").offset(duration(\"1d\")) && "
      "1 + 2 * 3 == 7 };");
  EXPECT_THAT(program->Dump(), HasSubstr("172800000ms"));
  EXPECT_THAT(program->Dump(), Not(HasSubstr("multiply")));
  EXPECT_EQ(program->CostBound(), 3u);
}

TEST(ProgramTest, ALiteralThatDoesNotParseIsAnErrorWhereItStands) {
  const auto program = CompileText(
      "permit(principal, action, resource) when "
      "{ context.a || ip(\"x\").isIpv4() };");
  EXPECT_THAT(program->Dump(), HasSubstr("error 5"));
}

TEST(ProgramTest, AConditionOfTwoPoliciesIsCompiledOnce) {
  const std::string consent =
      " unless { context has c && context.c.from <= context.now && "
      "context.now < context.c.until };";
  const auto program = CompileText(
      "forbid(principal, action, resource) when { context.a }" + consent +
      "forbid(principal, action, resource) when { context.b }" + consent);
  EXPECT_THAT(program->Dump(), HasSubstr("condition c0"));
  EXPECT_THAT(program->Dump(), Not(HasSubstr("condition c1")));
  const auto alone =
      CompileText("forbid(principal, action, resource)" + consent);
  EXPECT_THAT(alone->Dump(), Not(HasSubstr("condition c0")));
}

TEST(ProgramTest, LinksAreCompiledWithTheirSlotsFilled) {
  PolicySet set = Parse(
      "@id(\"t\") permit(principal == ?principal, action, resource in "
      "?resource);");
  ASSERT_EQ(set.templates.size(), 1u);
  TemplateLink link;
  link.id = "link";
  link.template_id = set.templates[0].id;
  link.principal = std::make_unique<EntityUid>(EntityUid{"User", "u"});
  link.resource = std::make_unique<EntityUid>(EntityUid{"Album", "a"});
  set.links.push_back(std::move(link));
  const auto program = Compile(set);
  ASSERT_EQ(program->policies().size(), 1u);
  EXPECT_EQ(program->policies()[0].id, "link");
  EXPECT_THAT(program->Dump(), HasSubstr("principal == User::\"u\""));
  EXPECT_THAT(program->Dump(), HasSubstr("resource in Album::\"a\""));
}

TEST(ProgramTest, RefusesALinkThatDoesNotFitItsTemplate) {
  PolicySet set = Parse("permit(principal == ?principal, action, resource);");
  TemplateLink link;
  link.id = "l";
  link.template_id = "nope";
  set.links.push_back(std::move(link));
  TemplateLink unfilled;
  unfilled.id = "m";
  unfilled.template_id = set.templates[0].id;
  set.links.push_back(std::move(unfilled));
  // A value for a slot that the template lacks would narrow nothing.
  TemplateLink overfull;
  overfull.id = "n";
  overfull.template_id = set.templates[0].id;
  overfull.principal = std::make_unique<EntityUid>(EntityUid{"User", "u"});
  overfull.resource = std::make_unique<EntityUid>(EntityUid{"Album", "a"});
  set.links.push_back(std::move(overfull));
  Diagnostics diagnostics;
  EXPECT_EQ(Program::Compile(set, CompileOptions(), &diagnostics), nullptr);
  ASSERT_EQ(diagnostics.size(), 3u);
  EXPECT_EQ(diagnostics[0].code, "compile/unknown-template");
  EXPECT_EQ(diagnostics[1].code, "compile/slots");
  EXPECT_EQ(diagnostics[2].code, "compile/slots");
}

TEST(ProgramTest, LimitsAreDiagnosed) {
  CompileOptions options;
  options.max_policies = 2;
  Diagnostics diagnostics;
  EXPECT_EQ(
      Program::Compile(Parse(std::string(kThree[0]) + kThree[1] + kThree[2]),
                       options, &diagnostics),
      nullptr);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].code, "compile/too-many-policies");

  options = CompileOptions();
  options.max_instructions_per_policy = 2;
  diagnostics.clear();
  EXPECT_EQ(Program::Compile(Parse(kThree[0]), options, &diagnostics), nullptr);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].code, "compile/too-large");
}

TEST(ProgramTest, KnowsEnumeratedEntitiesAndActionsOfTheSchema) {
  const Source source("s",
                      "entity Color enum [\"red\", \"blue\"]; entity User; "
                      "action all; action view in [all] appliesTo "
                      "{ principal: User, resource: Color };");
  Diagnostics diagnostics;
  const auto schema = Schema::ParseText(source, &diagnostics);
  ASSERT_NE(schema, nullptr) << FormatDiagnostics(diagnostics, {&source});
  CompileOptions options;
  options.schema = schema.get();
  const auto program =
      Compile(Parse("permit(principal, action in Action::\"all\", resource);"),
              options);
  EXPECT_NE(program->FindEntity("Color", "red"), nullptr);
  EXPECT_NE(program->FindEntity("Action", "view"), nullptr);
  EXPECT_EQ(program->FindEntity("Color", "green"), nullptr);
  EXPECT_NE(program->FindType("User"), 0u);
  EXPECT_THAT(program->Dump(),
              HasSubstr("group Action::\"view\" in Action::\"all\""));
}

// A program of one policy whose code is replaced.
class VerifierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    rep_.registers = 2;
    rep_.constants.push_back(Value::Bool(true));
    rep_.action_sets.emplace_back();
    rep_.policies.emplace_back();
    rep_.scopes.emplace_back();
    rep_.blocks.emplace_back();
  }
  absl::Status Verify(std::vector<Inst> code) {
    rep_.code = std::move(code);
    rep_.blocks[0].end = static_cast<uint32_t>(rep_.code.size());
    return VerifyProgram(rep_);
  }
  static Inst Make(Op op, uint32_t a = 0, uint32_t b = 0, uint8_t flags = 0,
                   uint32_t target = 0, uint16_t dst = 0) {
    Inst inst;
    inst.op = op;
    inst.a = a;
    inst.b = b;
    inst.flags = flags;
    inst.target = target;
    inst.dst = dst;
    return inst;
  }
  static constexpr uint32_t kTrue = MakeOperand(OperandKind::kConstant, 0);
  static constexpr uint32_t kR0 = MakeOperand(OperandKind::kRegister, 0);
  Program::Rep rep_;
};

TEST_F(VerifierTest, AcceptsSoundCode) {
  EXPECT_TRUE(
      Verify({Make(Op::kMove, kTrue), Make(Op::kTest, kR0, 0, kBranch, 3),
              Make(Op::kSatisfied), Make(Op::kUnsatisfied)})
          .ok());
}

TEST_F(VerifierTest, RefusesUnsoundCode) {
  const Inst end = Make(Op::kSatisfied);
  const Inst none = Make(static_cast<Op>(200));
  const std::vector<std::vector<Inst>> bad = {
      {},
      {none, end},
      {Make(Op::kTest, kR0, 0, kBranch, 1), end},  // unwritten
      {Make(Op::kMove, kTrue, 0, 0, 0, 1), end},   // skips r0
      {Make(Op::kMove, MakeOperand(OperandKind::kConstant, 1)), end},
      {Make(Op::kMove, MakeOperand(OperandKind::kSlot, 0)), end},
      {Make(Op::kMove, MakeOperand(OperandKind::kVar, 3)), end},
      {Make(Op::kMove, kTrue)},                      // no end
      {Make(Op::kJump, 0, 0, 0, 0), end},            // backwards
      {Make(Op::kJump, 0, 0, 0, 2), end},            // out of the block
      {Make(Op::kLike, kTrue, 0, kBranch, 1), end},  // no pattern
      {Make(Op::kIs, kTrue, 1, kBranch, 1), end},    // no type
      {Make(Op::kIs, kTrue, 0, kBranch, 1), end},
      {Make(Op::kHasAttr, kTrue, 0, kBranch, 1), end},  // no name
      {Make(Op::kHasSlot, 0, 0, kBranch, 1), end},
      {Make(Op::kRequireSlot), end},
      {Make(Op::kError, 99)},
      {Make(Op::kCondition, 0, 0, kBranch, 1), end},  // no condition
      {Make(Op::kSlotIs, 0, 1, kBranch, 1), end},
      {Make(Op::kTestSlot, 0, 0, kBranch, 1), end},
      {Make(Op::kMakeSet, 0, 1), end},
      {Make(Op::kMakeRecord, 0, 0), end},
      // Never reached, but printed.
      {Make(Op::kJump, 0, 0, 0, 2), none, end},
      {Make(Op::kJump, 0, 0, 0, 2), Make(Op::kHasAttr, kTrue, 9), end},
      // Written on one path only.
      {Make(Op::kTest, kTrue, 0, kBranch, 2), Make(Op::kMove, kTrue),
       Make(Op::kTest, kR0, 0, kBranch, 3), end},
  };
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_FALSE(Verify(bad[i]).ok()) << "case " << i;
  }
}

TEST_F(VerifierTest, RefusesMoreRegistersThanCanBeNamed) {
  rep_.registers = 0x10000;
  EXPECT_TRUE(Verify({Make(Op::kSatisfied)}).ok());
  rep_.registers = 0x10001;
  EXPECT_FALSE(Verify({Make(Op::kSatisfied)}).ok());
}

}  // namespace
}  // namespace tarazy
