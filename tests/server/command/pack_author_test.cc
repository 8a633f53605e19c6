// The commands of `tarazy pack` for authors, through the built binary.

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/policy/pack/small_pack.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class PackAuthor : public testing::Test {
 protected:
  static Ran Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {kTarazy, "pack"});
    return RunProgram(arguments);
  }
  std::string At(const std::string& name) const { return root_ + "/" + name; }
  Ran New(const std::string& folder, const std::string& name = "my-law",
          const std::string& date = "2027-03-01") const {
    return Run({"new", At(folder), "--name", name, "--valid-from", date});
  }

  const std::string root_ = MakeTempFolder("pack_author");
};

TEST_F(PackAuthor, NewMakesAPackThatPasses) {
  const Ran made = New("deep/my-law");
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr(At("deep/my-law/norms.yaml\n")));
  const Ran check = Run({"check", At("deep/my-law")});
  EXPECT_EQ(check.code, 0) << check.err;
  EXPECT_EQ(check.err, "");
  EXPECT_THAT(check.out, HasSubstr("pack my-law, edition my-law"));
  const Ran test = Run({"test", At("deep/my-law"), "--mutate"});
  EXPECT_EQ(test.code, 0) << test.out << test.err;
  EXPECT_THAT(test.out, HasSubstr("0 live"));
  EXPECT_THAT(test.out, EndsWith("3 passed, 0 failed\n"));
  const Ran coverage = Run({"coverage", At("deep/my-law")});
  EXPECT_EQ(coverage.code, 0) << coverage.out;
  EXPECT_THAT(coverage.out, EndsWith("1 norms covered, 0 gaps\n"));
  EXPECT_EQ(Run({"build", At("deep/my-law"), "-o", At("b")}).code, 0);

  // Names that YAML would read as something else.
  for (const std::string name : {"1", "null", "1e3", "on"}) {
    EXPECT_EQ(New("pack-" + name, name).code, 0);
    const Ran named = Run({"test", At("pack-" + name)});
    EXPECT_EQ(named.code, 0) << named.out << named.err;
  }
}

TEST_F(PackAuthor, NewLeavesWhatIsThereAlone) {
  std::filesystem::create_directories(At("empty"));
  EXPECT_EQ(New("empty").code, 0);
  const std::string before = ReadFile(At("empty/pack.yaml"));
  const Ran again = New("empty", "other");
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("is not empty; name a folder that is"));
  EXPECT_EQ(ReadFile(At("empty/pack.yaml")), before);

  WriteFile(At("file"), "kept");
  EXPECT_THAT(New("file").err, HasSubstr("is a file; name a folder"));
  EXPECT_EQ(New("file/inside").code, 1);
  EXPECT_EQ(ReadFile(At("file")), "kept");
  EXPECT_EQ(
      Run({"new", "/proc/no/such", "--name", "a", "--valid-from", "2027-01-01"})
          .code,
      1);
}

TEST_F(PackAuthor, NewRefusesNamesAndDates) {
  for (const std::string name :
       {"", "a b", "a\"b", "-a", ".a", "a/b", "Құқық", "a\nb"}) {
    const Ran refused = New("p", name);
    EXPECT_EQ(refused.code, 1) << name;
    EXPECT_THAT(refused.err, HasSubstr("can't be the name of a pack")) << name;
  }
  EXPECT_EQ(New("p", std::string(65, 'a')).code, 1);
  for (const std::string date : {"", "2027-02-29", "1.3.2027", "1969-12-31"}) {
    const Ran refused = New("p", "a", date);
    EXPECT_EQ(refused.code, 1) << date;
    EXPECT_THAT(refused.err, HasSubstr("is not a date")) << date;
  }
  EXPECT_FALSE(std::filesystem::exists(At("p")));
  EXPECT_EQ(Run({"new", At("p"), "--name", "a"}).code, 1);
}

}  // namespace
}  // namespace tarazy
