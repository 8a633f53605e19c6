#include "policy/eval/evaluator.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/cedar/parser.h"
#include "policy/eval/aggregate.h"

namespace tarazy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::unique_ptr<const Program> CompileText(const std::string& text) {
  const Source source("test", text);
  PolicySet set;
  Diagnostics diagnostics;
  if (!ParsePolicies(source, ParseOptions(), &set, &diagnostics)) {
    ADD_FAILURE() << FormatDiagnostics(diagnostics, {&source});
    return nullptr;
  }
  auto program = Program::Compile(set, CompileOptions(), &diagnostics);
  EXPECT_NE(program, nullptr) << FormatDiagnostics(diagnostics, {&source});
  return program;
}

// Facts by path; counts readings.
class MapFacts : public FactReader {
 public:
  MapFacts(const Program* program, std::map<std::string, Value> values)
      : program_(program), values_(std::move(values)) {}

  Value Read(uint32_t slot) override {
    const std::string path = program_->facts()[slot].ToString();
    ++reads[path];
    const auto found = values_.find(path);
    return found == values_.end() ? Value::Missing() : found->second;
  }

  std::map<std::string, int> reads;

 private:
  const Program* program_;
  std::map<std::string, Value> values_;
};

class NativeTest : public ::testing::Test {
 protected:
  void Load(const std::string& text) {
    program_ = CompileText(text);
    ASSERT_NE(program_, nullptr);
  }
  EntityName Name(const std::string& type, const std::string& id) {
    const EntityName* known = program_->FindEntity(type, id);
    if (known != nullptr) return *known;
    texts_.push_back(std::make_unique<std::string>(type));
    texts_.push_back(std::make_unique<std::string>(id));
    EntityName name;
    name.type = *texts_[texts_.size() - 2];
    name.id = *texts_.back();
    name.known_type = program_->FindType(type);
    return name;
  }
  void Ask(const std::string& user, std::map<std::string, Value> facts) {
    facts_ = std::make_unique<MapFacts>(program_.get(), std::move(facts));
    AskOf(user, facts_.get());
  }
  void AskOf(const std::string& user, FactReader* facts) {
    principal_ = Name("User", user);
    action_ = Name("Action", "view");
    resource_ = Name("Photo", "p");
    ScopeRequest request;
    request.principal = &principal_;
    request.action = &action_;
    request.resource = &resource_;
    Evaluate(*program_, request, facts, &evaluation_);
  }
  std::vector<std::string> Ids(absl::Span<const uint32_t> policies) {
    std::vector<std::string> ids;
    for (uint32_t p : policies) ids.push_back(program_->policies()[p].id);
    return ids;
  }
  std::vector<std::string> ErrorIds() {
    std::vector<std::string> ids;
    for (const PolicyError& e : evaluation_.errors()) {
      ids.push_back(program_->policies()[e.policy].id);
    }
    return ids;
  }

  std::unique_ptr<const Program> program_;
  std::vector<std::unique_ptr<std::string>> texts_;
  std::unique_ptr<MapFacts> facts_;
  EntityName principal_, action_, resource_;
  Evaluation evaluation_;
};

TEST_F(NativeTest, AllSatisfiedPoliciesAreListed) {
  Load(R"(permit(principal, action, resource);
          permit(principal == User::"a", action, resource is Photo);
          forbid(principal, action == Action::"view", resource)
            when { context.n > 3 };
          permit(principal == User::"b", action, resource);)");
  Ask("a", {{"context.n", Value::Long(4)}});
  EXPECT_THAT(Ids(evaluation_.permits()),
              UnorderedElementsAre("policy0", "policy1"));
  EXPECT_THAT(Ids(evaluation_.forbids()), ElementsAre("policy2"));
  EXPECT_FALSE(evaluation_.CedarAllows());
  Ask("b", {{"context.n", Value::Long(3)}});
  EXPECT_THAT(Ids(evaluation_.permits()),
              UnorderedElementsAre("policy0", "policy3"));
  EXPECT_TRUE(evaluation_.FailClosedAllows());
}

TEST_F(NativeTest, AMissingFactIsAnErrorThatNamesItsSlot) {
  Load(R"(permit(principal, action, resource) when { context.a.b == 1 };)");
  Ask("a", {});
  EXPECT_THAT(evaluation_.permits(), IsEmpty());
  ASSERT_EQ(evaluation_.errors().size(), 1u);
  const PolicyError& error = evaluation_.errors()[0];
  EXPECT_EQ(error.code, EvalErrorCode::kMissingAttribute);
  EXPECT_EQ(program_->facts()[error.slot].ToString(), "context.a.b");
}

TEST_F(NativeTest, AnErrorInOnePolicyLeavesTheOthers) {
  Load(R"(permit(principal, action, resource);
          permit(principal, action, resource) when { context.missing };
          forbid(principal, action, resource) when { 1 + "a" == 2 };)");
  Ask("a", {});
  EXPECT_THAT(Ids(evaluation_.permits()), ElementsAre("policy0"));
  EXPECT_THAT(ErrorIds(), UnorderedElementsAre("policy1", "policy2"));
  EXPECT_TRUE(evaluation_.CedarAllows());
  EXPECT_FALSE(evaluation_.FailClosedAllows());
}

TEST_F(NativeTest, AFactIsReadAtMostOnce) {
  Load(R"(permit(principal, action, resource) when { context.n == 1 };
          permit(principal, action, resource) when { context.n == 2 };
          permit(principal, action, resource)
            when { false && context.unread };)");
  Ask("a", {{"context.n", Value::Long(1)}});
  EXPECT_EQ(facts_->reads["context.n"], 1);
  EXPECT_EQ(facts_->reads.count("context.unread"), 0u);
  ASSERT_EQ(evaluation_.readings().size(), 1u);
  EXPECT_EQ(evaluation_.readings()[0].value.as_number(), 1);
}

TEST_F(NativeTest, WhatATableOfFactsDoesNotHoldIsMissing) {
  Load(R"(permit(principal, action, resource) when { context.a == 1 };
          forbid(principal, action, resource) when { context.b == 1 };)");
  ASSERT_EQ(program_->facts().size(), 2u);
  const Value one = Value::Long(1);
  for (const std::vector<Value>& values :
       {std::vector<Value>{},
        {one},
        {one, Value::Unread()},
        {Value::Unread(), one},
        {Value::Unread(), Value::Unread()}}) {
    FactTable table(values);
    AskOf("a", &table);
    const bool held =
        std::any_of(values.begin(), values.end(),
                    [](const Value& value) { return !value.missing(); });
    EXPECT_EQ(evaluation_.errors().size(), held ? 1u : 2u);
    EXPECT_FALSE(evaluation_.FailClosedAllows());
  }
}

TEST_F(NativeTest, HasAsksForPresenceOnly) {
  Load(R"(permit(principal, action, resource)
            when { context has consent && context.consent has until };)");
  for (const FactPath& fact : program_->facts()) {
    EXPECT_TRUE(fact.presence_only) << fact.ToString();
  }
  Ask("a", {});
  EXPECT_THAT(evaluation_.errors(), IsEmpty());
  Ask("a", {{"context.consent", Value::Bool(true)},
            {"context.consent.until", Value::Bool(true)}});
  EXPECT_TRUE(evaluation_.CedarAllows());
}

TEST_F(NativeTest, HasOnAMissingRecordIsAnErrorAsInTheLanguage) {
  Load(R"(permit(principal, action, resource)
            when { context.consent has until };)");
  Ask("a", {});
  ASSERT_EQ(evaluation_.errors().size(), 1u);
}

TEST_F(NativeTest, EntitiesUnknownToTheProgramCompareByText) {
  Load(R"(permit(principal, action, resource)
            when { context.owner == principal };)");
  const EntityName same = Name("User", "zoe");
  const EntityName other = Name("User", "zed");
  const EntityName other_type = Name("Robot", "zoe");
  Ask("zoe", {{"context.owner", Value::Entity(&same)}});
  EXPECT_TRUE(evaluation_.CedarAllows());
  Ask("zoe", {{"context.owner", Value::Entity(&other)}});
  EXPECT_FALSE(evaluation_.CedarAllows());
  Ask("zoe", {{"context.owner", Value::Entity(&other_type)}});
  EXPECT_FALSE(evaluation_.CedarAllows());
}

}  // namespace
}  // namespace tarazy
