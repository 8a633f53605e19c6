// What `tarazy pack check` says of packs that are broken in one place each, to
// the letter.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

class PackCheck : public testing::Test {
 protected:
  static Ran Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {kTarazy, "pack"});
    return RunProgram(arguments);
  }
  std::string At(const std::string& name) const { return root_ + "/" + name; }

  void New(const std::string& name, const std::string& valid_from) const {
    const Ran made =
        Run({"new", At(name), "--name", name, "--valid-from", valid_from});
    ASSERT_EQ(made.code, 0) << made.err;
  }

  // Puts `to` in place of `from`, which the file holds; an empty `from` stands
  // for the end of the file.
  void Edit(const std::string& file, const std::string& from,
            const std::string& to) const {
    std::string text = ReadFile(At(file));
    const size_t at = from.empty() ? text.size() : text.find(from);
    ASSERT_NE(at, std::string::npos) << file << " has no " << from;
    text.replace(at, from.size(), to);
    WriteFile(At(file), text);
  }

  // What was printed, without the folder that the test runs in.
  std::string Told(const Ran& ran) const {
    return absl::StrReplaceAll(absl::StrCat(ran.err, ran.out),
                               {{root_ + "/", ""}});
  }

  const std::string root_ = MakeTempFolder("pack_check");
};

struct Broken {
  const char* name;
  const char* file;
  const char* from;
  const char* to;
  int code;
  const char* told;
};

class BrokenPack : public PackCheck,
                   public testing::WithParamInterface<Broken> {};

TEST_P(BrokenPack, IsToldAndRefused) {
  const Broken& broken = GetParam();
  New("p", "2027-03-01");
  Edit("p/schema.cedarschema", "  specific: Bool,",
       "  specific: Bool,\n  declaredAt: datetime,");
  Edit(broken.file, broken.from, broken.to);
  const Ran ran = Run({"check", At("p")});
  EXPECT_EQ(ran.code, broken.code);
  // What the pack holds follows what is wrong with it.
  const std::string told = Told(ran);
  EXPECT_EQ(told.substr(0, told.find("pack p, edition p\n")), broken.told);
}

const Broken kBroken[] = {
    {"UnknownNorm", "p/decision/first.cedar", "@norm(\"law/1/1\")",
     "@norm(\"law/1/2\")", 1,
     R"(p/decision/first.cedar:8:1: error[pack/unknown-norm]: norm `law/1/2` of policy `collection.specific-purpose` is not in norms.yaml
  @norm("law/1/2")
  ^^^^^^^^^^^^^^^^
  help: did you mean `law/1/1`?
tarazy: the pack in `p` can't be used: 1 error
)"},
    {"MissingTranslation", "p/norms.yaml",
     "      ru: Персональные данные собираются только для заранее "
     "определённой конкретной цели.\n",
     "", 1,
     R"(p/norms.yaml:20:7: error[pack/missing-key]: `summary` of norm `law/1/1` has no key `ru`
        kk: Дербес деректер алдын ала белгіленген нақты мақсат үшін ғана жиналады.
        ^
tarazy: the pack in `p` can't be used: 1 error
)"},
    {"NoNorm", "p/decision/first.cedar", "@norm(\"law/1/1\")\n", "", 1,
     R"(p/decision/first.cedar:7:1: error[pack/missing-norm]: policy `collection.specific-purpose` has no @norm
  @id("collection.specific-purpose")
  ^
tarazy: the pack in `p` can't be used: 1 error
)"},
    {"ImpossiblePolicy", "p/decision/first.cedar", "", R"(
@id("collection.never")
@norm("law/1/1")
@reason("NEVER")
forbid (principal, action == Action::"dataCollection", resource)
when { resource is Operator };
)",
     1,
     R"(p/decision/first.cedar:13:1: error[validate/impossible]: no request can satisfy this policy
  @id("collection.never")
  ^^^^^^^^^^^^^^^^^^^^^^^
tarazy: the pack in `p` can't be used: 1 error
)"},
    {"MissingInEveryScenario", "p/decision/first.cedar", "", R"(
@id("collection.declared-late")
@norm("law/1/1")
@reason("DECLARED_LATE")
forbid (principal, action == Action::"dataCollection", resource)
when { context.purpose.declaredAt > context.now };
)",
     2,
     R"(p/decision/first.cedar:13:1: error[pack/always-errs]: policy `collection.declared-late` gave no answer in any of 3 evaluations; in scenario `1`: missing attribute `context.purpose.declaredAt`
  @id("collection.declared-late")
  ^
  help: a policy that errs denies: ask `has`, narrow its scope, or add the scenario that states what it reads
)"},
    {"OverflowsAlways", "p/decision/first.cedar", "", R"(
@id("collection.overflow")
@norm("law/1/1")
@reason("OVERFLOW")
forbid (principal, action == Action::"dataCollection", resource)
when { 9223372036854775807 + 1 > 0 };
)",
     2,
     R"(p/decision/first.cedar:13:1: error[pack/always-errs]: policy `collection.overflow` gave no answer in any of 3 evaluations; in scenario `1`: integer overflow
  @id("collection.overflow")
  ^
  help: a policy that errs denies: ask `has`, narrow its scope, or add the scenario that states what it reads
)"},
};

INSTANTIATE_TEST_SUITE_P(All, BrokenPack, testing::ValuesIn(kBroken),
                         [](const auto& param_info) {
                           return std::string(param_info.param.name);
                         });

TEST_F(PackCheck, ACalendarWithAGap) {
  New("p", "2027-03-01");
  Edit("p/pack.yaml", "counted_in: calendar_days", "counted_in: working_days");
  Edit("p/calendar.yaml", "first: 2027-01-01", "first: 2027-04-01");
  const Ran ran = Run({"check", At("p")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(
      Told(ran),
      R"(p/pack.yaml:1:1: error[pack/calendar-gap]: the calendar `p.1` does not cover the limits of objections received on the edition's first day
  # What this pack is and when it is in force.
  ^
  help: it must reach from the first day to the limits of the last
tarazy: the pack in `p` can't be used: 1 error
)");
}

TEST_F(PackCheck, APolicyThatNothingReachesIsNoted) {
  New("p", "2027-03-01");
  WriteFile(At("p/scenarios/first.yaml"), "scenarios: []\n");
  const Ran ran = Run({"check", At("p")});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, testing::HasSubstr(
                           "note: no scenario reaches policy "
                           "`collection.specific-purpose`, so that it was not "
                           "tried\n"));
}

TEST_F(PackCheck, PacksWhoseTimesDoNotFit) {
  New("p", "2027-03-01");
  New("q", "2027-06-01");
  const Ran overlap = Run({"check", At("p"), At("q")});
  EXPECT_EQ(overlap.code, 2);
  EXPECT_THAT(
      Told(overlap),
      testing::EndsWith(
          "error[pack/timeline]: editions `p` and `q` overlap: both are in "
          "force at 2027-06-01T00:00:00+05:00; name one of them, or give the "
          "earlier one a `valid_to`\n"));
  Edit("p/pack.yaml", "", "valid_to: 2027-05-01\n");
  const Ran gap = Run({"check", At("q"), At("p")});
  EXPECT_EQ(gap.code, 2);
  EXPECT_THAT(
      Told(gap),
      testing::EndsWith(
          "error[pack/timeline]: editions `p` and `q` leave a gap: none is in "
          "force from 2027-05-01T00:00:00+05:00 to 2027-06-01T00:00:00+05:00; "
          "name the pack between them\n"));
  Edit("p/pack.yaml", "valid_to: 2027-05-01", "valid_to: 2027-06-01");
  EXPECT_EQ(Run({"check", At("p"), At("q")}).code, 0);
}

}  // namespace
}  // namespace tarazy
