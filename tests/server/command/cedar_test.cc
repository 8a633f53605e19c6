#include "server/command/cedar/cedar.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;

class CedarCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(::testing::TempDir()) /
        ("cedar-" +
         std::string(
             ::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  int Run(std::vector<std::string> words) {
    words.insert(words.begin(), "cedar");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(&word[0]);
    argv.push_back(nullptr);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = RunCedar(static_cast<int>(words.size()), argv.data());
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return code;
  }
  std::vector<std::string> Question(const char* command,
                                    const std::string& user) {
    return {command,
            "--policies",
            File("p.cedar",
                 "permit(principal in Group::\"g\", action, resource)\n"
                 "when { context.n < 3 };\n"
                 "forbid(principal == User::\"mallory\", action, resource);\n"),
            "--entities",
            File("e.json",
                 R"([{"uid": {"type": "User", "id": "alice"}, "attrs": {},
                      "parents": [{"type": "Group", "id": "g"}]}])"),
            "--request",
            File("r.json", "{\"principal\": \"User::\\\"" + user +
                               "\\\"\", \"action\": \"Action::\\\"view\\\"\", "
                               "\"resource\": \"Photo::\\\"p\\\"\", "
                               "\"context\": {\"n\": 1}}")};
  }

  std::filesystem::path folder_;
  std::string out_;
  std::string err_;
};

TEST_F(CedarCommandTest, AuthorizeSaysItByExitCodeAndJson) {
  EXPECT_EQ(Run(Question("authorize", "alice")), 0);
  EXPECT_THAT(out_, HasSubstr("\"decision\": \"allow\""));
  EXPECT_THAT(out_, HasSubstr("\"policy0\""));
  EXPECT_EQ(Run(Question("authorize", "mallory")), 2);
  EXPECT_THAT(out_, HasSubstr("\"decision\": \"deny\""));
  EXPECT_THAT(out_, HasSubstr("\"policy1\""));
}

TEST_F(CedarCommandTest, UnusableInputIsOneAndNamesItsPlace) {
  auto words = Question("authorize", "alice");
  words[2] = File("bad.cedar", "permit(principal, action);");
  EXPECT_EQ(Run(words), 1);
  EXPECT_THAT(err_, HasSubstr("bad.cedar:1:"));
  words[2] = (folder_ / "absent.cedar").string();
  EXPECT_EQ(Run(words), 1);
  EXPECT_THAT(err_, HasSubstr("can't read"));
  EXPECT_EQ(Run({"authorize"}), 1);
}

TEST_F(CedarCommandTest, ExplainNamesTheConditionAndWhatWasRead) {
  EXPECT_EQ(Run(Question("explain", "alice")), 0);
  EXPECT_THAT(out_, HasSubstr("permit `policy0`: satisfied"));
  EXPECT_THAT(out_, HasSubstr("context.n = 1"));
  EXPECT_THAT(out_, HasSubstr("forbid `policy1`: the scope does not match"));
}

TEST_F(CedarCommandTest, EvaluatePrintsTheValue) {
  EXPECT_EQ(Run({"evaluate", "[2, 1, 2].contains(1 + 1)"}), 0);
  EXPECT_EQ(out_, "true\n");
  EXPECT_EQ(Run({"evaluate", "{a: [2, 1, 2]}"}), 0);
  EXPECT_EQ(out_, "{\"a\": [1, 2]}\n");
  EXPECT_EQ(Run({"evaluate", "1 + \"a\""}), 2);
  EXPECT_THAT(err_, HasSubstr("type error"));
  EXPECT_EQ(Run({"evaluate", "1 +"}), 1);
}

TEST_F(CedarCommandTest, ConformanceEndsWithItsCount) {
  File("p.cedar", "permit(principal, action, resource);");
  File("s.cedarschema",
       "entity U; action a appliesTo { principal: U, resource: U };");
  File("entities.json", "[]");
  const std::string test = R"({"policies": "p.cedar", "schema":
    "s.cedarschema", "entities": "entities.json", "shouldValidate": true,
    "requests": [{"description": "r", "principal": {"type": "U", "id": "u"},
    "action": {"type": "Action", "id": "a"}, "resource": {"type": "U",
    "id": "u"}, "context": {}, "decision": "DECISION", "reason": ["policy0"],
    "errors": []}]})";
  const auto with = [&](const char* decision) {
    std::string text = test;
    return text.replace(text.find("DECISION"), 8, decision);
  };
  File("t.json", with("allow"));
  EXPECT_EQ(Run({"conformance", folder_.string()}), 0);
  EXPECT_EQ(out_, "2 passed, 0 failed\n");
  File("t.json", with("deny"));
  EXPECT_EQ(Run({"conformance", folder_.string()}), 2);
  EXPECT_THAT(out_, HasSubstr("decision is allow, expected deny"));
  EXPECT_THAT(out_, HasSubstr("1 passed, 1 failed\n"));
}

TEST_F(CedarCommandTest, TranslatesThereAndBack) {
  const std::string text =
      "permit (\n  principal,\n  action == Action::\"a\",\n  resource\n)\n"
      "when { 1 < context.n };\n";
  ASSERT_EQ(Run({"translate", "--direction", "cedar-to-json", "--policies",
                 File("p.cedar", text)}),
            0);
  ASSERT_EQ(Run({"translate", "--direction", "json-to-cedar", "--policies",
                 File("p.json", out_)}),
            0);
  EXPECT_EQ(out_, text);
}

TEST_F(CedarCommandTest, LinkFillsAllSlots) {
  const std::string file =
      File("t.cedar", "permit(principal == ?principal, action, resource);");
  EXPECT_EQ(
      Run({"link", "--policies", file, "--template-id", "policy0", "--new-id",
           "l", "--arguments", "{\"?principal\": \"User::\\\"a\\\"\"}"}),
      0);
  EXPECT_THAT(out_, HasSubstr("\"id\": \"a\""));
  EXPECT_EQ(Run({"link", "--policies", file, "--template-id", "policy0",
                 "--new-id", "l", "--arguments", "{}"}),
            1);
}

TEST_F(CedarCommandTest, LinkAddsToTheFileThatOtherCommandsRead) {
  const std::string file =
      File("t.cedar",
           "@id(\"grant\") permit(principal == ?principal, action, resource);");
  const std::string links = (folder_ / "links.json").string();
  for (const char* user : {"a\\\"b", "c"}) {
    EXPECT_EQ(Run({"link", "-p", file, "-k", links, "--template-id", "grant",
                   "-n", std::string("l-") + user[0], "-a",
                   std::string("{\"?principal\": \"User::\\\"") +
                       (user[0] == 'c' ? "c" : "a\\\\\\\"b") + "\\\"\"}"}),
              0)
        << err_;
  }
  const auto authorize = [&](const std::string& user) {
    return Run({"authorize", "-p", file, "-k", links, "-l", user, "-a",
                "Action::\"x\"", "-r", "R::\"r\""});
  };
  EXPECT_EQ(authorize("User::\"c\""), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("\"l-c\""));
  EXPECT_EQ(authorize("User::\"a\\\"b\""), 0) << err_;
  EXPECT_EQ(authorize("User::\"d\""), 2) << err_;
  // A link's id is taken once; what is refused changes nothing.
  EXPECT_EQ(Run({"link", "-p", file, "-k", links, "--template-id", "grant",
                 "-n", "l-c", "-a", "{\"?principal\": \"User::\\\"e\\\"\"}"}),
            1);
  EXPECT_EQ(authorize("User::\"e\""), 2);
  // Reading links that are not there is an error for all but `link`.
  EXPECT_EQ(Run({"authorize", "-p", file, "-k", links + ".absent", "-l",
                 "U::\"u\"", "-a", "Action::\"x\"", "-r", "R::\"r\""}),
            1);
}

TEST_F(CedarCommandTest, PoliciesAreNamedByTheirIdAnnotation) {
  auto words = Question("authorize", "alice");
  words[2] =
      File("named.cedar", "@id(\"open\") permit(principal, action, resource);");
  EXPECT_EQ(Run(words), 0);
  EXPECT_THAT(out_, HasSubstr("\"open\""));
  words[2] = File("twice.cedar",
                  "@id(\"a\") permit(principal, action, resource);\n"
                  "@id(\"a\") forbid(principal, action, resource);");
  EXPECT_EQ(Run(words), 1);
  EXPECT_THAT(err_, HasSubstr("two policies have the id `a`"));
}

TEST_F(CedarCommandTest, OnePolicyInJsonIsRead) {
  auto words = Question("authorize", "alice");
  words[2] = File("one.json",
                  R"({"effect": "permit", "principal": {"op": "All"},
                      "action": {"op": "All"}, "resource": {"op": "All"},
                      "conditions": []})");
  words.insert(words.end(), {"--policy-format", "json"});
  EXPECT_EQ(Run(words), 0);
  EXPECT_THAT(out_, HasSubstr("\"JSON policy\""));
}

TEST_F(CedarCommandTest, ValidateSaysItByTheOfficialExitCodes) {
  const std::string schema =
      File("s.cedarschema",
           "entity U = {n: Long};\n"
           "action a appliesTo { principal: U, resource: U };");
  const auto validate = [&](const std::string& condition) {
    return Run({"validate", "-s", schema, "-p",
                File("v.cedar", "permit(principal, action, resource) when { " +
                                    condition + " };")});
  };
  EXPECT_EQ(validate("principal.n < 3"), 0);
  EXPECT_EQ(validate("principal.m < 3"), 3);
  EXPECT_EQ(validate("principal.n <"), 1);
  EXPECT_EQ(validate("false"), 0) << "a warning";
  EXPECT_EQ(Run({"validate", "-s", schema, "-p", (folder_ / "v.cedar").string(),
                 "--deny-warnings"}),
            3);
}

}  // namespace
}  // namespace tarazy
