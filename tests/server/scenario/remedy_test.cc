// What an explained denial says would have to be true: done as it says, the
// permit comes.

#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/scenario/local_target.h"
#include "server/scenario/run.h"
#include "server/service/facts.h"

namespace tarazy {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string PackFolder(const std::string& name) {
  return std::string(TARAZY_SOURCE_DIR) + "/policy/law/" + name;
}

// Gives a field of the request the value that a policy would write. False:
// this test does not know how.
bool Fulfil(const v1::Requirement& requirement, v1::DecideRequest* request) {
  if (requirement.field().empty()) return false;
  Message* message = request;
  const std::vector<std::string> names =
      absl::StrSplit(requirement.field(), '.');
  for (size_t i = 0;; ++i) {
    const FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName(names[i]);
    if (field == nullptr || field->is_repeated()) return false;
    const auto* reflection = message->GetReflection();
    const bool last = i + 1 == names.size();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (last && requirement.needed() != "present") return false;
      message = reflection->MutableMessage(message, field);
      if (last) return true;
      continue;
    }
    if (!last) return false;
    if (requirement.needed() == "absent") {
      reflection->ClearField(message, field);
      return true;
    }
    const std::string& needed = requirement.needed();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      if (needed != "true" && needed != "false") return false;
      reflection->SetBool(message, field, needed == "true");
      return true;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const bool quoted = absl::StartsWith(needed, "\"");
      const char* any =
          absl::EndsWith(field->name(), "bin") ? "050140000011" : "a";
      reflection->SetString(
          message, field,
          quoted ? needed.substr(1, needed.size() - 2) : std::string(any));
      return true;
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM) return false;
    for (int n = 0; n < field->enum_type()->value_count(); ++n) {
      const EnumValueDescriptor* value = field->enum_type()->value(n);
      if (!absl::EndsWith(needed, "::\"" + EnumValueId(*value) + "\""))
        continue;
      reflection->SetEnum(message, field, value);
      return true;
    }
    return false;
  }
}

std::string Told(const v1::DecideResponse& response) {
  std::string told;
  for (const auto& r : response.requirements()) {
    absl::StrAppend(&told, r.path(), " ", r.needed(), ", not ", r.given(), "; ",
                    r.policy(), "\n");
  }
  for (const auto& r : response.reasons()) {
    absl::StrAppend(&told, r.code(), " ", r.policy(), "\n");
  }
  return told;
}

class RemedyTest : public testing::TestWithParam<const char*> {};

TEST_P(RemedyTest, DoneAsItSaysThePermitComes) {
  const auto scenarios = ReadPackScenarios(PackFolder(GetParam()));
  ASSERT_TRUE(scenarios.ok()) << scenarios.status();
  auto pack = LoadPack(PackFolder(GetParam()));
  ASSERT_TRUE(pack.ok()) << pack.status();
  const auto target = LocalTarget::Make(*pack);
  ASSERT_TRUE(target.ok()) << target.status();
  int denials = 0, explained = 0, done = 0;
  for (const Scenario& scenario : *scenarios) {
    if (!Prepare(scenario, target->get()).empty()) continue;
    v1::DecideRequest request = scenario.request;
    request.set_explain(true);
    const auto denial = (*target)->Decide(request);
    ASSERT_TRUE(denial.ok()) << denial.status();
    if (denial->effect() == v1::PERMIT) {
      EXPECT_EQ(denial->requirements_size(), 0) << scenario.id;
      continue;
    }
    ++denials;
    if (denial->requirements().empty()) continue;
    ++explained;
    bool all = true;
    for (const v1::Requirement& requirement : denial->requirements()) {
      EXPECT_FALSE(requirement.clause().empty()) << scenario.id;
      EXPECT_FALSE(requirement.text().empty()) << scenario.id;
      EXPECT_NE(requirement.needed(), requirement.given()) << scenario.id;
      all = Fulfil(requirement, &request) && all;
    }
    if (!all) continue;
    ++done;
    const auto answer = (*target)->Decide(request);
    ASSERT_TRUE(answer.ok()) << scenario.id << ": " << answer.status();
    EXPECT_EQ(answer->effect(), v1::PERMIT)
        << scenario.id << ": " << Told(*denial) << "still denied:\n"
        << Told(*answer);
  }
  std::cout << GetParam() << ": " << denials << " denials, " << explained
            << " explained, " << done << " done as they say" << std::endl;
  EXPECT_GE(explained * 10, denials * 8);
  EXPECT_GE(done, 100);
}

INSTANTIATE_TEST_SUITE_P(Packs, RemedyTest,
                         testing::Values("seed-bill", "kz-2026-01-18",
                                         "kz-2026-07-12"));

v1::DecideResponse Explain(const std::string& id, v1::Language language) {
  const auto scenarios = ReadPackScenarios(PackFolder("seed-bill"));
  auto pack = LoadPack(PackFolder("seed-bill"));
  if (!scenarios.ok() || !pack.ok()) return {};
  const auto target = LocalTarget::Make(*pack);
  for (const Scenario& scenario : *scenarios) {
    if (scenario.id != id) continue;
    Prepare(scenario, target->get());
    v1::DecideRequest request = scenario.request;
    request.set_explain(true);
    request.set_language(language);
    return *(*target)->Decide(request);
  }
  ADD_FAILURE() << "no scenario " << id;
  return {};
}

std::vector<std::string> Paths(const v1::DecideResponse& response) {
  std::vector<std::string> paths;
  for (const auto& r : response.requirements()) paths.push_back(r.path());
  return paths;
}

TEST(ExplainedDenialTest, SaysTheFactTheFieldAndTheClause) {
  const v1::DecideResponse clip = Explain("32", v1::LANGUAGE_EN);
  ASSERT_GE(clip.requirements_size(), 1);
  const v1::Requirement& notice = clip.requirements(0);
  EXPECT_EQ(notice.path(), "context.act.userNotice");
  EXPECT_EQ(notice.field(), "operation.media_distribution.user_notice");
  EXPECT_EQ(notice.needed(), "true");
  EXPECT_EQ(notice.given(), "false");
  EXPECT_EQ(notice.norm(), "media-2024/14/7");
  EXPECT_EQ(notice.clause(), "context.act.userNotice");
  EXPECT_THAT(notice.text(),
              HasSubstr("the fact `context.act.userNotice` would have to be"));
  EXPECT_THAT(Explain("32", v1::LANGUAGE_RU).requirements(0).text(),
              HasSubstr("должен быть"));
  EXPECT_THAT(Explain("32", v1::LANGUAGE_KK).requirements(0).text(),
              HasSubstr("болуы керек"));
}

// One second late: the term alone would have to be another.
TEST(ExplainedDenialTest, NamesNothingThatIsNotNeeded) {
  EXPECT_THAT(Paths(Explain("03", v1::LANGUAGE_EN)),
              UnorderedElementsAre("context.consent.validUntil"));
}

}  // namespace
}  // namespace tarazy
