// A pack with anything wrong is not loaded, and what is wrong is told with its
// place. Broken packs are made from a small good one by one change each.

#include "policy/pack/pack.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "policy/pack/calendar.h"
#include "tests/policy/pack/small_pack.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

using Files = PackFilesByName;

Files GoodFiles() { return SmallPack(); }

class PackTest : public testing::Test {
 protected:
  PackTest() {
    std::string path = (fs::temp_directory_path() / "packXXXXXX").string();
    root_ = mkdtemp(path.data());
  }
  ~PackTest() override { fs::remove_all(root_); }

  std::string Write(const std::string& name, const Files& files) {
    const fs::path folder = fs::path(root_) / name;
    WritePack(folder.string(), files);
    return folder.string();
  }

  std::shared_ptr<const Pack> Load(const Files& files) {
    diagnostics_.clear();
    const std::string folder = Write(absl::StrCat("pack", next_++), files);
    auto pack = Pack::Load(folder, &diagnostics_, &told_);
    told_ = absl::StrReplaceAll(told_, {{folder + "/", ""}});
    return pack;
  }

  std::string root_;
  int next_ = 0;
  Diagnostics diagnostics_;
  std::string told_;
};

TEST_F(PackTest, LoadsAGoodPackWhole) {
  const auto pack = Load(GoodFiles());
  ASSERT_NE(pack, nullptr) << told_;
  EXPECT_EQ(told_, "");
  EXPECT_EQ(pack->id(), "small");
  EXPECT_EQ(pack->edition(), "small-1");
  EXPECT_EQ(pack->title().ru, "Малый");
  // 2026-01-18T00:00:00+05:00: the sixty days end with 17 January.
  EXPECT_EQ(pack->valid_from_ms(), int64_t{1768676400000});
  EXPECT_EQ(pack->valid_to_ms(), AlmatyDayStart(*ParseDay("2026-07-12")));
  EXPECT_EQ(pack->objection_term().days, 3);
  EXPECT_TRUE(pack->objection_term().working_days);
  ASSERT_NE(pack->working_days(), nullptr);
  EXPECT_EQ(pack->working_days()->version(), "small-2026");
  EXPECT_FALSE(pack->working_days()->IsWorked(*ParseDay("2026-03-09")));
  EXPECT_TRUE(pack->working_days()->IsWorked(*ParseDay("2026-03-14")));
  ASSERT_EQ(pack->readings().size(), 1u);
  ASSERT_EQ(pack->readings()[0].alternatives.size(), 1u);
  EXPECT_EQ(pack->readings()[0].alternatives[0].id, "");
  EXPECT_EQ(pack->readings()[0].alternatives[0].text, "That way.");

  ASSERT_EQ(pack->norms().size(), 3u);
  EXPECT_EQ(pack->FindNorm("law/2")->form, NormForm::kDefinition);
  EXPECT_EQ(pack->FindNorm("law/1")->valid_from_ms, pack->valid_from_ms());
  EXPECT_EQ(pack->FindNorm("law/1")->act.kk, "Заң");
  EXPECT_EQ(pack->FindNorm("law/9"), nullptr);
  EXPECT_EQ(pack->FindObligation("KEEP")->due.kind, DueRule::Kind::kDays);
  EXPECT_EQ(pack->FindObligation("KEEP")->due.days, 2);
  EXPECT_EQ(pack->FindObligation("TELL")->due.fact, "context.until");
}

TEST_F(PackTest, LinksPoliciesToTheCatalogues) {
  const auto pack = Load(GoodFiles());
  ASSERT_NE(pack, nullptr) << told_;
  ASSERT_EQ(pack->decision_links().size(), pack->decision().policies().size());
  for (size_t i = 0; i < pack->decision_links().size(); ++i) {
    const PolicyLinks& links = pack->decision_links()[i];
    if (pack->decision().policies()[i].id == "a.bad") {
      EXPECT_EQ(links.reason, "BAD");
      EXPECT_EQ(links.norm, pack->FindNorm("law/1"));
      ASSERT_TRUE(links.retry_after.has_value());
      EXPECT_EQ(pack->decision().facts()[*links.retry_after].ToString(),
                "context.until");
    } else {
      EXPECT_EQ(pack->decision().policies()[i].id, "a.good");
      EXPECT_FALSE(links.retry_after.has_value());
    }
  }
  ASSERT_EQ(pack->obligation_links().size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const PolicyLinks& links = pack->obligation_links()[i];
    const bool tell = pack->obligations().policies()[i].id == "b.tell";
    EXPECT_EQ(links.obligation, pack->FindObligation(tell ? "TELL" : "KEEP"));
    EXPECT_EQ(links.on, tell ? DutyWith::kAny : DutyWith::kPermit);
    EXPECT_EQ(links.breach, tell);
  }
}

TEST_F(PackTest, DigestIsOfTheContentThatCounts) {
  const auto pack = Load(GoodFiles());
  ASSERT_NE(pack, nullptr) << told_;
  EXPECT_EQ(pack->digest().size(), 64u);

  Files same = GoodFiles();
  same["README.md"] = "# Another\n";
  same["scenarios/s.yaml"] = "other\n";
  EXPECT_EQ(Load(same)->digest(), pack->digest());

  for (const std::string name :
       {"pack.yaml", "schema.cedarschema", "norms.yaml", "obligations.yaml",
        "calendar.yaml", "decision/a.cedar", "obligations/b.cedar"}) {
    Files other = GoodFiles();
    absl::StrAppend(&other[name], "\n");
    const auto changed = Load(other);
    ASSERT_NE(changed, nullptr) << told_;
    EXPECT_NE(changed->digest(), pack->digest()) << name;
  }
}

// One change of one file, and what is told of it.
struct Broken {
  const char* name;
  const char* file;
  const char* from;  // empty: the file is removed
  const char* to;
  const char* told;  // a part of the text
};

class BrokenPackTest : public PackTest,
                       public testing::WithParamInterface<Broken> {};

TEST_P(BrokenPackTest, IsNotLoaded) {
  const Broken& broken = GetParam();
  Files files = GoodFiles();
  if (*broken.from == '\0') {
    if (*broken.to == '\0') {
      files.erase(broken.file);
    } else {
      files[broken.file] = broken.to;
    }
  } else {
    const std::string before = files[broken.file];
    std::string after = before;
    after.replace(after.find(broken.from), strlen(broken.from), broken.to);
    files[broken.file] = after;
  }
  EXPECT_EQ(Load(files), nullptr);
  EXPECT_THAT(told_, testing::HasSubstr(broken.told));
}

const Broken kBroken[] = {
    // Files.
    {"NoManifest", "pack.yaml", "", "",
     "error[pack/missing-file]: the pack has no file `pack.yaml`"},
    {"NoSchema", "schema.cedarschema", "", "",
     "the pack has no file `schema.cedarschema`"},
    {"NoNorms", "norms.yaml", "", "", "the pack has no file `norms.yaml`"},
    {"NoObligations", "obligations.yaml", "", "",
     "the pack has no file `obligations.yaml`"},
    {"NoDecisions", "decision/a.cedar", "", "",
     "the pack has no folder `decision`"},
    {"MisnamedPolicies", "decision/b.ceder", "", "x",
     "`decision/b.ceder` is not a `.cedar` file"},
    {"FolderOfPolicies", "decision/more/c.cedar", "", "x",
     "`decision/more` is not a `.cedar` file"},
    {"StrayFile", "norms.yml", "", "x",
     "`norms.yml` does not belong in a pack"},
    {"TwoSchemas", "other.cedarschema", "", "x", "the pack has two schemas"},
    {"EmptyDecisions", "decision/a.cedar", "", "// nothing\n",
     "the pack has no decision policies"},

    // The manifest.
    {"BadYaml", "pack.yaml", "id: small", "id: [small", "error[pack/yaml]"},
    {"TwoDocuments", "pack.yaml", "id: small", "id: small\n---\na: b",
     "expected one document, found 2"},
    {"NotUtf8", "pack.yaml", "small-1", "small\xff", "the file is not UTF-8"},
    {"UnknownKey", "pack.yaml", "edition:", "editon:",
     "error[pack/unknown-key]: unknown key `editon` in the manifest"},
    {"KeyTwice", "pack.yaml", "id: small", "id: small\nid: other",
     "pack.yaml:2:1: error[pack/duplicate-key]: key `id` stands twice"},
    {"NoTitle", "pack.yaml",
     "title:", "# title:", "the manifest has no key `title`"},
    {"TitleInTwoLanguages", "pack.yaml", "ru: Малый, ", "",
     "`title` of the manifest has no key `ru`"},
    {"EmptyTitle", "pack.yaml", "Малый", "' '",
     "`ru` of `title` of the manifest is empty"},
    {"OtherSchema", "pack.yaml", "schema: schema", "schema: other",
     "the schema `other.cedarschema` is not in the pack"},
    {"BadDate", "pack.yaml", "2025-11-18", "2025-11-31",
     "pack.yaml:5:15: error[pack/bad-date]: `2025-11-31` is not a date"},
    {"TwoBeginnings", "pack.yaml", "valid_to", "valid_from",
     "the pack has both `valid_from` and `commencement`"},
    {"NoBeginning", "pack.yaml", "commencement", "# commencement",
     "the pack has neither `valid_from` nor `commencement`"},
    {"NoPublication", "pack.yaml", "published_on", "# published_on",
     "`commencement` counts from `published_on`, which is absent"},
    {"EndsBeforeItBegins", "pack.yaml", "2026-07-12", "2026-01-18",
     "the pack ends before it begins"},
    {"BadTerm", "pack.yaml", "days: 3", "days: three",
     "`three` is not a number from 1 to 365"},
    {"BadDays", "pack.yaml", "working_days", "workingdays",
     "`workingdays` is not a `counted_in` that `objection_term` can have"},
    {"NoAlternatives", "pack.yaml", "    alternatives: [That way.]\n", "",
     "reading `one` has no `alternatives`"},
    {"BadAlternative", "pack.yaml", "[That way.]",
     "[{id: default, text: That.}]",
     "`default` can't be the id of an alternative"},
    {"UnknownReading", "decision/a.cedar", "when { context.good };",
     "when { context.reading.two == \"that\" };",
     "the pack has no reading `two`"},
    {"ReadingOfUnknownNorm", "pack.yaml", "[law/1]", "[law/7]",
     "norm `law/7` of reading `one` is not in norms.yaml"},
    {"BadId", "pack.yaml", "id: small", "id: two words",
     "`two words` is not an id"},

    // The catalogues.
    {"NormTwice", "norms.yaml", "id: law/2", "id: law/1",
     "error[pack/duplicate-id]: `law/1` stands twice"},
    {"NormOfUnknownAct", "norms.yaml", "id: law/2", "id: lex/2",
     "act `lex` of norm `lex/2` is not among `acts`"},
    {"NormWithoutCitation", "norms.yaml", "    citation: 2(1)\n", "",
     "norm `law/2` has no key `citation`"},
    {"NormWithoutForm", "norms.yaml", "form: prohibition", "form: ban",
     "`ban` is not a `form` that norm `law/1` can have"},
    {"SummaryWithoutEnglish", "norms.yaml", ", en: Two", "",
     "`summary` of norm `law/2` has no key `en`"},
    {"DefinitionWithoutFacts", "norms.yaml", "    facts: [context.good]\n", "",
     "norm `law/2` is a definition and has no `facts`"},
    {"DefinitionOfUnknownFact", "norms.yaml", "context.good", "context.god",
     "fact `context.god` of norm `law/2` is in no context of the schema"},
    {"ReferenceToNothing", "norms.yaml", "    decided_by: [law/1]\n", "",
     "norm `law/3` is a reference and has no `decided_by`"},
    {"ReferenceToUnknownNorm", "norms.yaml", "[law/1]", "[law/11]",
     "norm `law/11` of `decided_by` of law/3 is not in norms.yaml"},
    {"ObligationTwice", "obligations.yaml", "id: KEEP", "id: TELL",
     "`TELL` stands twice"},
    {"ObligationOfUnknownNorm", "obligations.yaml", "norm: law/2",
     "norm: law/5", "norm `law/5` of obligation `TELL` is not in norms.yaml"},
    {"ObligationOfNobody", "obligations.yaml", "OPERATOR", "NOBODY",
     "`NOBODY` is not a `addressee` that obligation `TELL` can have"},
    {"ObligationWithoutKazakh", "obligations.yaml", "kk: Айт, ", "",
     "`text` of obligation `TELL` has no key `kk`"},
    {"DueTwice", "obligations.yaml", "{days: 2}",
     "{days: 2, fact: context.now}", "must have either `fact` or `days`"},
    {"DueOfUnknownFact", "obligations.yaml", "context.until", "context.end",
     "names `context.end`, which is no datetime of the schema"},
    {"DueOfOtherType", "obligations.yaml", "context.until", "context.good",
     "names `context.good`, which is no datetime of the schema"},

    // The calendar.
    {"NoCalendar", "calendar.yaml", "", "",
     "counts working days and the pack has no `calendar.yaml`"},
    {"CalendarWithoutVersion", "calendar.yaml", "version: small-2026\n", "",
     "the calendar has no key `version`"},
    {"CalendarOfNoDate", "calendar.yaml", "2026-03-09", "2026-03-32",
     "`2026-03-32` is not a date"},
    {"CalendarBeginsLate", "calendar.yaml", "first: 2026-01-01",
     "first: 2026-02-02",
     "error[pack/calendar-gap]: the calendar `small-2026` does not cover the "
     "limits of objections received on the edition's first day"},
    {"CalendarEndsEarly", "calendar.yaml", "last: 2026-12-31",
     "last: 2026-07-13", "received on the edition's last day"},
    {"CalendarOutOfItsSpan", "calendar.yaml", "2026-03-09", "2027-03-09",
     "error[pack/bad-calendar]"},
    {"CalendarDayTwice", "calendar.yaml", "2026-03-14", "2026-03-09",
     "error[pack/bad-calendar]"},

    // Bases.
    {"WithoutOfNothing", "pack.yaml",
     "readings:", "without: {norms: [law/1]}\nreadings:",
     "`without` needs a `base` to take away from"},
    {"BaseElsewhere", "pack.yaml", "edition:", "base: ../other\nedition:",
     "base `../other` is not the name of a folder"},
    {"BaseAbsent", "pack.yaml",
     "edition:", "base: other\nedition:", "there is no such folder"},

    // The schema and the policies.
    {"BadSchema", "schema.cedarschema", "entity Who;", "entity Who",
     "schema.cedarschema:"},
    {"BadPolicy", "decision/a.cedar", "when { context.good }",
     "when { context.good", "decision/a.cedar:"},
    {"UnknownFact", "decision/a.cedar", "when { context.good }",
     "when { context.goof }", "decision/a.cedar:12:"},
    {"FactOfOtherType", "decision/a.cedar", "when { context.good }",
     "when { context.good == 1 }", "decision/a.cedar:12:"},
    {"OptionalFactUnasked", "obligations/b.cedar",
     "context.now < context.until", "context.why == \"so\"",
     "obligations/b.cedar:7:"},
    {"UnknownAction", "decision/a.cedar", "Action::\"act\"", "Action::\"atc\"",
     "decision/a.cedar:5:"},
    {"NoId", "decision/a.cedar", "@id(\"a.good\")\n", "",
     "decision/a.cedar:8:1: error[pack/missing-id]: the policy has no @id"},
    {"IdTwice", "decision/a.cedar", "a.good", "a.bad",
     "error[pack/duplicate-id]: policy `a.bad` stands twice in the pack"},
    {"IdTwiceAcrossSets", "obligations/b.cedar", "b.tell", "a.bad",
     "policy `a.bad` stands twice in the pack"},
    {"NoNorm", "decision/a.cedar", "@norm(\"law/1\")\n", "",
     "policy `a.bad` has no @norm"},
    {"UnknownNorm", "decision/a.cedar", "law/1", "law/4",
     "norm `law/4` of policy `a.bad` is not in norms.yaml"},
    {"NoReason", "decision/a.cedar", "@reason(\"GOOD\")\n", "",
     "policy `a.good` has no @reason"},
    {"BadReason", "decision/a.cedar", "\"BAD\"", "\"bad\"",
     "`bad` is not a reason code"},
    {"UnreadRetryAfter", "decision/a.cedar", "(\"context.until\")",
     "(\"context.end\")",
     "policy `a.bad` does not read `context.end`, which its @retry_after"},
    {"UnknownAnnotation", "decision/a.cedar", "@reason(\"BAD\")",
     "@reson(\"BAD\")", "@reson is not an annotation of decision policies"},
    {"ObligationInDecision", "decision/a.cedar", "@reason(\"BAD\")",
     "@reason(\"BAD\")\n@obligation(\"TELL\")",
     "@obligation is not an annotation of decision policies"},
    {"ForbiddingObligation", "obligations/b.cedar", "permit", "forbid",
     "policy `b.tell` forbids; an obligation policy permits"},
    {"UnknownObligation", "obligations/b.cedar", "\"TELL\"", "\"SHOUT\"",
     "obligation `SHOUT` of policy `b.tell` is not in obligations.yaml"},
    {"NoObligation", "obligations/b.cedar", "@obligation(\"TELL\")\n", "",
     "policy `b.tell` has no @obligation"},
    {"BadOn", "obligations/b.cedar", "\"any\"", "\"always\"",
     "@on of policy `b.tell` is `always`"},
    {"BreachWithValue", "obligations/b.cedar", "@breach", "@breach(\"no\")",
     "@breach of policy `b.tell` has a value"},
    {"Template", "decision/a.cedar", "forbid (principal,",
     "forbid (principal == ?principal,", "a pack holds no templates"},
};

INSTANTIATE_TEST_SUITE_P(All, BrokenPackTest, testing::ValuesIn(kBroken),
                         [](const auto& param_info) {
                           return std::string(param_info.param.name);
                         });

// The pack with a reading that turns the term and the answer.
TEST_F(PackTest, AReadingIsChosen) {
  Files files = GoodFiles();
  files["pack.yaml"] = absl::StrReplaceAll(
      files["pack.yaml"],
      {{"[That way.]",
        "[{id: that, text: That., objection_term: {days: 5, counted_in: "
        "calendar_days, day_of_receipt: counted}}, Else.]"}});
  files["schema.cedarschema"] =
      absl::StrReplaceAll(files["schema.cedarschema"], {{"good: Bool,",
                                                         "good: Bool, reading: "
                                                         "{one: String},"}});
  files["decision/a.cedar"] = absl::StrReplaceAll(
      files["decision/a.cedar"],
      {{"when { context.good };",
        "when { context.good };\n\n@id(\"a.that\")\n@norm(\"law/2\")\n"
        "@reason(\"THAT\")\npermit (principal, action == Action::\"act\", "
        "resource)\nwhen { context.reading.one == \"that\" };"}});
  const auto pack = Load(files);
  ASSERT_NE(pack, nullptr) << told_;
  EXPECT_TRUE(pack->choice().empty());
  EXPECT_EQ(pack->decision_policies().policies.size(), 3u);
  EXPECT_EQ(pack->decision().policies().size(), 2u);

  const auto other = pack->WithReadings({{"one", "that"}});
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ((*other)->choice(), (ReadingChoice{{"one", "that"}}));
  EXPECT_EQ((*other)->decision().policies().size(), 3u);
  EXPECT_EQ((*other)->decision_links().size(), 3u);
  EXPECT_EQ((*other)->objection_term().days, 5);
  EXPECT_TRUE((*other)->objection_term().receipt_day_counts);
  EXPECT_NE((*other)->digest(), pack->digest());
  EXPECT_EQ((*other)->digest().size(), 64u);

  // Back to the default, by whichever way, is the pack itself.
  for (const ReadingChoice& choice :
       {ReadingChoice{}, ReadingChoice{{"one", "default"}}}) {
    const auto back = (*other)->WithReadings(choice);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ((*back)->digest(), pack->digest());
    EXPECT_EQ((*back)->objection_term().days, 3);
    EXPECT_EQ((*back)->decision().policies().size(), 2u);
    EXPECT_TRUE((*back)->choice().empty());
  }
  EXPECT_EQ(pack->WithReadings({{"two", "that"}}).status().message(),
            "pack `small` has no reading `two`; known: one");
  EXPECT_EQ(pack->WithReadings({{"one", "this"}}).status().message(),
            "reading `one` of pack `small` has no alternative `this` that can "
            "be chosen; known: default, that");
}

TEST_F(PackTest, AnAlternativeThatChangesNothingIsWarnedOf) {
  Files files = GoodFiles();
  files["pack.yaml"] = absl::StrReplaceAll(
      files["pack.yaml"], {{"[That way.]", "[{id: that, text: That.}]"}});
  EXPECT_NE(Load(files), nullptr);
  EXPECT_THAT(told_,
              testing::HasSubstr("warning[pack/idle-alternative]: alternative "
                                 "`that` of reading `one` changes nothing"));
}

// Writes `GoodFiles` as "base" and `files` as "top", and loads "top".
class BaseTest : public PackTest {
 protected:
  std::shared_ptr<const Pack> LoadOver(const Files& files) {
    diagnostics_.clear();
    Write("base", GoodFiles());
    fs::remove_all(fs::path(root_) / "top");
    auto pack = Pack::Load(Write("top", files), &diagnostics_, &told_);
    told_ = absl::StrReplaceAll(told_, {{root_ + "/", ""}});
    return pack;
  }

  static Files Top() {
    Files files;
    files["pack.yaml"] = R"(id: top
edition: top-1
title: {kk: Үстіңгі, ru: Верхний, en: Top}
base: base
without: {policies: [b.keep], obligations: [KEEP]}
valid_from: 2026-07-12
objection_term: {days: 5, counted_in: calendar_days}
)";
    files["norms.yaml"] = R"(acts:
  law: {kk: Заң, ru: Закон, en: The law}
norms:
  - id: law/1
    citation: "1-1"
    form: prohibition
    summary: {kk: Бір, ru: Один, en: Another one}
)";
    files["decision/c.cedar"] = R"(@id("a.good")
@norm("law/1")
@reason("BETTER")
permit (principal, action == Action::"act", resource)
when { context.good && context.now < context.until };
)";
    return files;
  }

  static std::set<std::string> Ids(const Program& program) {
    std::set<std::string> ids;
    for (const PolicyInfo& policy : program.policies()) ids.insert(policy.id);
    return ids;
  }
};

TEST_F(BaseTest, IsChanged) {
  const auto pack = LoadOver(Top());
  ASSERT_NE(pack, nullptr) << told_;
  EXPECT_EQ(pack->id(), "top");
  EXPECT_EQ(pack->valid_to_ms(), INT64_MAX);
  EXPECT_FALSE(pack->objection_term().working_days);
  EXPECT_EQ(pack->norms().size(), 3u);
  EXPECT_EQ(pack->FindNorm("law/1")->citation, "1-1");
  EXPECT_EQ(pack->FindNorm("law/2")->citation, "2(1)");
  EXPECT_EQ(pack->FindObligation("KEEP"), nullptr);
  EXPECT_EQ(pack->readings().size(), 1u);
  EXPECT_THAT(Ids(pack->decision()), testing::ElementsAre("a.bad", "a.good"));
  EXPECT_THAT(Ids(pack->obligations()), testing::ElementsAre("b.tell"));
  for (size_t i = 0; i < pack->decision_links().size(); ++i) {
    if (pack->decision().policies()[i].id != "a.good") continue;
    EXPECT_EQ(pack->decision_links()[i].reason, "BETTER");
  }
}

TEST_F(BaseTest, CountsInTheDigest) {
  const auto pack = LoadOver(Top());
  ASSERT_NE(pack, nullptr) << told_;
  std::ofstream(fs::path(root_) / "base/decision/a.cedar", std::ios::app)
      << "\n";
  const auto changed = Pack::Load(root_ + "/top", &diagnostics_);
  ASSERT_NE(changed, nullptr);
  EXPECT_NE(changed->digest(), pack->digest());
}

TEST_F(BaseTest, ATrailingSlashMakesNoDifference) {
  const auto pack = LoadOver(Top());
  ASSERT_NE(pack, nullptr) << told_;
  const auto again = Pack::Load(root_ + "/top/", &diagnostics_);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->digest(), pack->digest());
}

TEST_F(BaseTest, TakingAwayWhatIsNotThereIsAnError) {
  Files files = Top();
  files["pack.yaml"] =
      absl::StrReplaceAll(files["pack.yaml"], {{"[b.keep]", "[b.kept]"}});
  EXPECT_EQ(LoadOver(files), nullptr);
  EXPECT_THAT(told_, testing::HasSubstr("top/pack.yaml:5:22: error[pack/"
                                        "nothing-to-remove]: the base has no "
                                        "policy `b.kept`"));
}

TEST_F(BaseTest, WhatTheChangesBreakIsAnError) {
  Files files = Top();
  files["pack.yaml"] =
      absl::StrReplaceAll(files["pack.yaml"], {{"[b.keep]", "[]"}});
  EXPECT_EQ(LoadOver(files), nullptr);
  EXPECT_THAT(told_, testing::HasSubstr("obligation `KEEP` of policy `b.keep` "
                                        "is not in obligations.yaml"));
}

TEST_F(BaseTest, TwoOfOneIdInOneLayerAreAnError) {
  Files files = Top();
  files["decision/d.cedar"] = files["decision/c.cedar"];
  EXPECT_EQ(LoadOver(files), nullptr);
  EXPECT_THAT(told_, testing::HasSubstr("policy `a.good` stands twice"));
}

TEST_F(BaseTest, MayNotLeadBackToItself) {
  Files files = Top();
  files["pack.yaml"] =
      absl::StrReplaceAll(files["pack.yaml"], {{"base: base", "base: top"}});
  EXPECT_EQ(LoadOver(files), nullptr);
  EXPECT_THAT(told_, testing::HasSubstr("base `top` leads back to itself"));
}

TEST_F(PackTest, TellsAllErrorsSortedByPlace) {
  Files files = GoodFiles();
  files["decision/a.cedar"] = absl::StrReplaceAll(
      files["decision/a.cedar"], {{"law/1", "law/8"}, {"GOOD", "good"}});
  files["obligations/b.cedar"] =
      absl::StrReplaceAll(files["obligations/b.cedar"], {{"KEEP", "KEPT"}});
  EXPECT_EQ(Load(files), nullptr);
  const size_t norm =
      told_.find("decision/a.cedar:2:1: error[pack/unknown-norm");
  const size_t reason = told_.find("decision/a.cedar:10:1: error[pack/bad-re");
  const size_t duty = told_.find("obligations/b.cedar:11:1: error[pack/unknow");
  ASSERT_NE(norm, std::string::npos) << told_;
  ASSERT_NE(reason, std::string::npos) << told_;
  ASSERT_NE(duty, std::string::npos) << told_;
  EXPECT_LT(norm, reason);
  EXPECT_LT(reason, duty);
}

TEST_F(PackTest, NoFolder) {
  EXPECT_EQ(Pack::Load(root_ + "/absent", &diagnostics_), nullptr);
  ASSERT_EQ(diagnostics_.size(), 1u);
  EXPECT_EQ(diagnostics_[0].message, "there is no such folder");
}

TEST_F(PackTest, TooLargeAFileIsNamed) {
  Files files = GoodFiles();
  files["norms.yaml"] = std::string((16u << 20) + 1, '#');
  EXPECT_EQ(Load(files), nullptr);
  EXPECT_THAT(told_, testing::HasSubstr("norms.yaml"));
  EXPECT_THAT(told_, testing::HasSubstr("larger than 16777216 bytes"));
}

}  // namespace
}  // namespace tarazy
