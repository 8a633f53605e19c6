// `tarazy pack` through the built binary: exit codes, what is printed, and that
// what is said to be JSON is.

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/policy/pack/small_pack.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

const char kSeedBill[] = TARAZY_SOURCE_DIR "/policy/law/seed-bill";

class PackCommand : public testing::Test {
 protected:
  static Ran Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {kTarazy, "pack"});
    return RunProgram(arguments);
  }
  std::string At(const std::string& name) const { return root_ + "/" + name; }
  // The packs of the law, to stand a pack beside them.
  void CopyLaw() const {
    std::filesystem::copy(TARAZY_SOURCE_DIR "/policy/law", root_,
                          std::filesystem::copy_options::recursive);
  }

  // A small pack whose scenarios folder holds `scenarios`.
  std::string SmallPackAt(const std::string& name,
                          const std::string& extra = "version: 1\n") {
    PackFilesByName files = SmallPack();
    files["pack.yaml"] += extra;
    files["scenarios/s.yaml"] = "scenarios: []\n";
    WritePack(At(name), files);
    return At(name);
  }

  const std::string root_ = MakeTempFolder("pack_command");
};

TEST_F(PackCommand, CheckSaysWhatThePackHolds) {
  const Ran good = Run({"check", kSeedBill});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("pack seed-bill, edition seed-bill"));

  const std::string bad = SmallPackAt("bad", "verison: 1\n");
  const Ran refused = Run({"check", bad});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("unknown key `verison`"));
  EXPECT_EQ(Run({"check", At("absent")}).code, 1);
  EXPECT_EQ(Run({"check"}).code, 1);
  EXPECT_EQ(Run({"chekc", kSeedBill}).code, 1);
}

TEST_F(PackCommand, BuildSignVerifyInspect) {
  const std::string bundle = At("b");
  EXPECT_EQ(Run({"build", kSeedBill, "-o", bundle}).code, 0);
  EXPECT_EQ(Run({"build", kSeedBill, "-o", At("again")}).code, 0);
  EXPECT_EQ(ReadFile(bundle), ReadFile(At("again")));

  for (const std::string name : {"alice", "bob"}) {
    const Ran made = Run({"key", "new", name, "-o", At(name)});
    EXPECT_EQ(made.code, 0) << made.err;
    EXPECT_EQ(made.out, ReadFile(At(name + ".pub")));
    struct stat info;
    ASSERT_EQ(stat(At(name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
  }
  // A key is never written over.
  EXPECT_EQ(Run({"key", "new", "alice", "-o", At("alice")}).code, 1);

  const std::vector<std::string> verify = {
      "verify",
      bundle,
      "--key",
      At("alice.pub"),
      "--key",
      ReadFile(At("bob.pub")).substr(0, ReadFile(At("bob.pub")).size() - 1),
      "--threshold",
      "2"};
  const Ran unsigned_one = Run(verify);
  EXPECT_EQ(unsigned_one.code, 2);
  EXPECT_THAT(unsigned_one.err, HasSubstr("the bundle is not signed"));
  EXPECT_EQ(Run({"sign", bundle, "--key", At("alice")}).code, 0);
  const Ran again = Run({"sign", bundle, "--key", At("alice")});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("the key `alice` has signed this bundle"));
  const Ran half = Run(verify);
  EXPECT_EQ(half.code, 2);
  EXPECT_THAT(half.err, HasSubstr("signed by 1 of the 2 configured keys"));
  EXPECT_EQ(Run({"sign", bundle, "--key", At("bob"), "-o", At("both")}).code,
            0);
  EXPECT_EQ(Run(verify).code, 2) << "-o must leave the bundle as it was";
  std::vector<std::string> both = verify;
  both[1] = At("both");
  const Ran good = Run(both);
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("version 1, signed by alice, bob"));
  std::vector<std::string> twice = both;
  twice[5] = twice[3];
  EXPECT_EQ(Run(twice).code, 1);
  EXPECT_THAT(Run(twice).err, HasSubstr("the same key"));

  const Ran shown = Run({"inspect", At("both"), "--json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  const auto json = nlohmann::json::parse(shown.out);
  EXPECT_EQ(json["id"], "seed-bill");
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["digest"].get<std::string>().size(), 64u);
  EXPECT_EQ(json["signatures"].size(), 2u);
  EXPECT_EQ(json["signatures"][1]["name"], "bob");
  const Ran table = Run({"inspect", At("both")});
  EXPECT_THAT(table.out, HasSubstr(json["digest"].get<std::string>()));
  EXPECT_THAT(table.out, HasSubstr("seed-bill/decision/consent.cedar"));

  std::string damaged = ReadFile(At("both"));
  damaged[1000] ^= 1;
  WriteFile(At("damaged"), damaged);
  EXPECT_EQ(Run({"inspect", At("damaged")}).code, 1);
  EXPECT_THAT(Run({"inspect", At("damaged")}).err, HasSubstr("is damaged"));
}

TEST_F(PackCommand, BuildSaysWhyNot) {
  const Ran refused = Run({"build", SmallPackAt("p", ""), "-o", At("b")});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("states no `version`"));
  EXPECT_EQ(Run({"build", SmallPackAt("q"), "-o", At("no/such/folder")}).code,
            1);
}

TEST_F(PackCommand, TestReportsEachScenario) {
  const Ran good = Run({"test", kSeedBill, "--junit", At("junit.xml")});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, testing::MatchesRegex("(.|\n)*\n[0-9]+ passed, 0 "
                                              "failed\n"));
  const std::string junit = ReadFile(At("junit.xml"));
  EXPECT_THAT(junit, HasSubstr("<testsuite name=\"seed-bill\" tests=\""));
  EXPECT_THAT(junit, HasSubstr("failures=\"0\""));
  EXPECT_THAT(junit, EndsWith("</testsuite>\n"));
}

TEST_F(PackCommand, TestFailsWithTheScenario) {
  PackFilesByName files = {{"pack.yaml", R"(id: top
edition: top-1
title: {kk: Үстіңгі, ru: Верхний, en: Top}
base: seed-bill
valid_from: 2026-01-18
objection_term: {days: 3, counted_in: calendar_days}
)"},
                           {"scenarios/inherited.yaml", R"(changes:
  - id: "33"
    title: A & B <C>
    expect: {effect: DENY}
)"}};
  CopyLaw();
  WritePack(At("top"), files);
  const Ran failed = Run({"test", At("top"), "--junit", At("junit.xml")});
  EXPECT_EQ(failed.code, 2) << failed.err;
  EXPECT_THAT(failed.out, HasSubstr("FAIL  33  A & B <C>\n        effect: "
                                    "expected DENY; got PERMIT\n"));
  EXPECT_THAT(failed.out, EndsWith(" passed, 1 failed\n"));
  EXPECT_THAT(ReadFile(At("junit.xml")),
              HasSubstr("<failure message=\"effect: expected DENY; got "
                        "PERMIT\"/>"));
}

TEST_F(PackCommand, CoverageAndDiff) {
  const Ran coverage = Run({"coverage", kSeedBill});
  EXPECT_EQ(coverage.code, 0) << coverage.err;
  EXPECT_THAT(coverage.out, EndsWith(" norms covered, 0 gaps\n"));
  const std::string enacted = TARAZY_SOURCE_DIR "/policy/law/kz-2026-01-18";
  const Ran diff = Run({"diff", kSeedBill, enacted});
  EXPECT_EQ(diff.code, 0) << diff.err;
  EXPECT_THAT(diff.out, HasSubstr("scenarios are answered otherwise"));
  // A bundle answers as its folder does.
  ASSERT_EQ(Run({"build", enacted, "-o", At("b")}).code, 0);
  EXPECT_EQ(Run({"diff", kSeedBill, At("b")}).out, diff.out);
}

// Each law's mutants are caught or explained. Whole where that takes seconds; a
// sample, always the same, in builds without optimisation.
#ifdef NDEBUG
constexpr char kSample[] = "0";
#else
constexpr char kSample[] = "60";
#endif

class PackMutants : public PackCommand,
                    public testing::WithParamInterface<const char*> {};

TEST_P(PackMutants, AreCaughtOrExplained) {
  const Ran ran =
      Run({"test", absl::StrCat(TARAZY_SOURCE_DIR "/policy/law/", GetParam()),
           "--mutate", "--sample", kSample, "--seed", "20261123", "--caught",
           *kSample == '0' ? "95" : "90"});
  EXPECT_EQ(ran.code, 0) << ran.out.substr(ran.out.size() - 2000) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(" 0 of the list without a reason"));
}

INSTANTIATE_TEST_SUITE_P(Law, PackMutants,
                         testing::Values("seed-bill", "kz-2026-01-18",
                                         "kz-2026-07-12"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           for (char& c : name) {
                             if (c == '-') c = '_';
                           }
                           return name;
                         });

TEST_F(PackCommand, AMutantThatNothingCatchesIsAFailure) {
  CopyLaw();
  WritePack(At("top"), {
                           {"pack.yaml", R"(id: top
edition: top-1
title: {kk: Үстіңгі, ru: Верхний, en: Top}
base: seed-bill
valid_from: 2026-01-18
objection_term: {days: 3, counted_in: calendar_days}
)"},
                           {"scenarios/inherited.yaml", "without: [\"*\"]\n"},
                       });
  const std::vector<std::string> sample = {
      "test", At("top"), "--mutate", "--sample", "5", "--seed", "3"};
  const Ran ran = Run(sample);
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.out, HasSubstr("warning[pack/mutant-lives]: no scenario "
                                 "notices that policy `"));
  EXPECT_THAT(ran.out, HasSubstr("0 of 5 mutants caught, 0 %; 5 live, "));
  EXPECT_EQ(Run(sample).out, ran.out);
}

// What the guide for authors of policies tells to type.
TEST_F(PackCommand, TheGuideRuns) {
  const std::string guide = ReadFile(TARAZY_SOURCE_DIR "/policy/law/README.md");
  std::string commands;
  for (size_t at = 0; (at = guide.find("```sh\n", at)) != std::string::npos;) {
    const size_t end = guide.find("```\n", at + 6);
    ASSERT_NE(end, std::string::npos);
    commands += guide.substr(at + 6, end - at - 6);
    at = end + 4;
  }
  EXPECT_THAT(commands, HasSubstr("tarazy pack new"));
  EXPECT_THAT(commands, HasSubstr("tarazy pack verify"));
  CopyLaw();
  const std::string binary = kTarazy;
  WriteFile(At("guide.sh"), absl::StrCat("set -e\ncd '", root_, "'\nPATH='",
                                         binary.substr(0, binary.rfind('/')),
                                         "':$PATH\n", commands));
  const Ran ran = RunProgram({"sh", At("guide.sh")});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out,
              HasSubstr("good: seed-bill, version 1, signed by alice"));
}

}  // namespace
}  // namespace tarazy
