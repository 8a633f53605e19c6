// The commands of `tarazy pack` for authors, through the built binary.

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

const char kLaw[] = TARAZY_SOURCE_DIR "/policy/law/";
const char kSeedBill[] = TARAZY_SOURCE_DIR "/policy/law/seed-bill";

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

TEST_F(PackAuthor, ExplainSaysWhatDecided) {
  ASSERT_EQ(New("p").code, 0);
  const Ran denied =
      Run({"explain", At("p"), "1-not-specific", "--language", "ru"});
  EXPECT_EQ(denied.code, 2) << denied.err;
  const size_t digest = denied.out.find("my-law  ") + 8;
  std::string shown = denied.out;
  shown.replace(digest, 16, "DIGEST");
  EXPECT_EQ(shown, R"(1-not-specific  The purpose is not specific

ОТКАЗАНО: ни одна политика не разрешает

причины
  NOT_PERMITTED
      Ни одна норма не разрешает это действие.

что должно быть для разрешения
  purpose.specific  true  law/1/1
      Закон-пример 1(1): факт `context.purpose.specific` должен быть `true`; дано: `false`.

право: my-law  DIGEST
на момент: 2027-03-01T10:00:00+05:00

политики
  разрешение  collection.specific-purpose  не применяется  Закон-пример 1(1)
      не выполнено: `context.purpose.specific` – да

прочитанные факты
  context.purpose.specific  false
)");
  const Ran permitted = Run({"explain", At("p"), "1"});
  EXPECT_EQ(permitted.code, 0) << permitted.err;
  EXPECT_THAT(permitted.out, HasSubstr("рұқсат      collection.specific-purpose"
                                       "  қолданылады    Мысал заң 1(1)\n"));
}

TEST_F(PackAuthor, ExplainAsJson) {
  const Ran ran = Run({"explain", kSeedBill, "33", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["scenario"], "33");
  EXPECT_EQ(json["differences"].size(), 0u);
  EXPECT_EQ(json["answer"]["effect"], "PERMIT");
  EXPECT_FALSE(json["answer"].contains("decision_id"));
  std::map<std::string, nlohmann::json> policies;
  for (const auto& policy : json["policies"]) policies[policy["id"]] = policy;
  EXPECT_EQ(policies["consumer.allowed"]["outcome"], "satisfied");
  EXPECT_EQ(policies["consent.none"]["outcome"], "out_of_scope");
  const auto& duty = policies["duty.inform-risk"];
  EXPECT_EQ(duty["set"], "obligation");
  EXPECT_EQ(duty["obligation"], "INFORM_RISK");
  EXPECT_EQ(duty["outcome"], "not_satisfied");
  EXPECT_EQ(duty["values"]["context.act.riskNotice"], "false");
  // The same answer twice.
  EXPECT_EQ(Run({"explain", kSeedBill, "33", "--json"}).out, ran.out);
}

TEST_F(PackAuthor, ExplainReadsRequests) {
  ASSERT_EQ(New("p").code, 0);
  const std::string request = R"({
    "operator": {"bin": "050140000021", "kind": "PRIVATE_ENTITY",
                 "role": "OPERATOR"},
    "operation": {"data_collection": {}},
    "decision_time": "2027-03-01T00:00:00+05:00"})";
  WriteFile(At("r.json"), request);
  const Ran ran =
      Run({"explain", At("p"), "--request", At("r.json"), "--language", "en"});
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("DENIED: a fact is missing"));
  EXPECT_THAT(ran.out, HasSubstr("could not be evaluated  Example law 1(1)\n"
                                 "      this is not known: "
                                 "`context.purpose.specific` is true\n"));
  EXPECT_THAT(ran.out, HasSubstr("  context.purpose.specific  missing\n"));

  // A second before the edition no policy is asked.
  std::string early = request;
  early.replace(early.find("2027-03-01T00:00:00"), 19, "2027-02-28T23:59:59");
  WriteFile(At("early.json"), early);
  const Ran before = Run(
      {"explain", At("p"), "--request", At("early.json"), "--language", "en"});
  EXPECT_EQ(before.code, 2);
  EXPECT_THAT(before.out, HasSubstr("EDITION_NOT_IN_FORCE"));
  EXPECT_THAT(before.out, EndsWith("\nno policy was asked\n"));

  WriteFile(At("bad.json"), R"({"purpos": {}})");
  const Ran bad = Run({"explain", At("p"), "--request", At("bad.json")});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, HasSubstr("purpos"));
  EXPECT_EQ(Run({"explain", At("p"), "--request", At("absent")}).code, 1);
}

TEST_F(PackAuthor, ExplainRefusesWhatItDoesNotKnow) {
  const Ran near = Run({"explain", kSeedBill, "33-not-statd"});
  EXPECT_EQ(near.code, 1);
  EXPECT_EQ(near.err,
            "tarazy: pack `seed-bill` has no scenario `33-not-statd`; did you "
            "mean `33-not-stated`?\n");
  EXPECT_THAT(Run({"explain", kSeedBill, "zzzzzzzz"}).err,
              HasSubstr("`tarazy pack test` lists them"));
  EXPECT_THAT(Run({"explain", kSeedBill}).err, HasSubstr("explain what?"));
  EXPECT_EQ(Run({"explain", kSeedBill, "33", "--request", "-"}).code, 1);
  EXPECT_EQ(Run({"explain", At("absent"), "33"}).code, 1);
  EXPECT_EQ(Run({"explain", kSeedBill, "33", "--language", "de"}).code, 1);
}

// What keeps the tags of a page from balancing; "" when they do.
std::string Unbalanced(const std::string& html) {
  std::vector<std::string> open;
  for (size_t at = 0; (at = html.find('<', at)) != std::string::npos;) {
    const size_t end = html.find('>', at);
    if (end == std::string::npos) return "a tag that does not end";
    const bool closing = html[at + 1] == '/';
    const size_t from = at + (closing ? 2 : 1);
    const std::string name =
        html.substr(from, html.find_first_of(" >\n", from) - from);
    at = end + 1;
    if (name == "!DOCTYPE" || name == "meta" || name == "br") continue;
    if (!closing) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return absl::StrCat("</", name, "> after ", html.substr(at - 80, 80));
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : absl::StrCat(open.back(), " stays open");
}

TEST_F(PackAuthor, DocTellsANormAndItsPolicy) {
  ASSERT_EQ(New("p").code, 0);
  const Ran ran = Run({"doc", At("p"), "--language", "en"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(Unbalanced(ran.out), "");
  EXPECT_THAT(ran.out, HasSubstr("<html lang=\"en\">"));
  const size_t begin = ran.out.find("<article");
  EXPECT_EQ(ran.out.substr(begin, ran.out.find("</article>") - begin),
            R"(<article class="policy permit" aria-labelledby="policy-0">
<h5 id="policy-0"><code>collection.specific-purpose</code> – permits</h5>
<p>Reason code: <code>SPECIFIC_PURPOSE</code>.</p>
<p>Acts: <code>dataCollection</code>.</p>
<p>Where all of these hold:</p>
<ul>
<li><a href="#fact-0"><code>context.purpose.specific</code></a> is true</li>
</ul>
<p>Text of the policy:</p>
<pre translate="no" lang="">@id(&quot;collection.specific-purpose&quot;)
@norm(&quot;law/1/1&quot;)
@reason(&quot;SPECIFIC_PURPOSE&quot;)
permit (principal, action == Action::&quot;dataCollection&quot;, resource)
when { context.purpose.specific };</pre>
)");
  // Two answers cite the norm, one cites none.
  EXPECT_THAT(ran.out,
              HasSubstr("<caption>Scenarios whose answer cites this norm: 2<"));
  EXPECT_THAT(ran.out, HasSubstr("Scenarios whose answer cites no norm: 1<"));
}

TEST_F(PackAuthor, DocOfEachLawNeedsNothingFromElsewhere) {
  for (const std::string law :
       {"seed-bill", "kz-2026-01-18", "kz-2026-07-12"}) {
    const Ran ran = Run({"doc", kLaw + law, "-o", At(law)});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const std::string html = ReadFile(At(law));
    EXPECT_EQ(Unbalanced(html), "");
    EXPECT_THAT(html, HasSubstr("<html lang=\"kk\">"));
    for (const char* outside : {"<script", "<link", "<img", "src=", "url(",
                                "@import", "http:", "https:", "href=\"/"}) {
      EXPECT_EQ(html.find(outside), std::string::npos) << outside;
    }
    // Each link leads somewhere, and each table says what it is.
    for (size_t at = 0;
         (at = html.find("href=\"#", at)) != std::string::npos;) {
      at += 7;
      const std::string id = html.substr(at, html.find('"', at) - at);
      EXPECT_NE(html.find(absl::StrCat(" id=\"", id, "\"")), std::string::npos)
          << id;
    }
    for (size_t at = 0; (at = html.find("<table>", at)) != std::string::npos;) {
      at += 7;
      EXPECT_EQ(html.compare(at, 10, "\n<caption>"), 0);
    }
  }
}

TEST_F(PackAuthor, DocIsTheSameWhereverThePackLies) {
  std::filesystem::copy(kLaw, At("elsewhere"),
                        std::filesystem::copy_options::recursive);
  const Ran here = Run({"doc", std::string(kLaw) + "kz-2026-07-12"});
  ASSERT_EQ(here.code, 0) << here.err;
  EXPECT_EQ(Run({"doc", At("elsewhere/kz-2026-07-12"), "-o", At("page")}).code,
            0);
  EXPECT_TRUE(ReadFile(At("page")) == here.out);
}

TEST_F(PackAuthor, DocTakesAllTextAsText) {
  ASSERT_EQ(New("p").code, 0);
  const auto replace = [&](const std::string& file, const std::string& from,
                           const std::string& to) {
    std::string text = ReadFile(At(file));
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file;
    WriteFile(At(file), text.replace(at, from.size(), to));
  };
  const std::string attack = "<script>alert(1)</script>&\u202e";
  replace("p/pack.yaml", "A new pack of law", attack);
  replace("p/norms.yaml", "Example law", attack);
  replace("p/norms.yaml", "Personal data are collected", attack);
  replace("p/norms.yaml", "citation: 1(1)", "citation: '" + attack + "'");
  replace("p/decision/first.cedar", "when { context.purpose.specific }",
          "// </pre>" + attack + "\nwhen { context.purpose.specific }");
  replace("p/scenarios/first.yaml", "The purpose is specific", attack);
  replace("p/calendar.yaml", "my-law.1", "<b>");
  const Ran ran = Run({"doc", At("p"), "--language", "en"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(Unbalanced(ran.out), "");
  EXPECT_EQ(ran.out.find("<script"), std::string::npos);
  EXPECT_EQ(ran.out.find("<b>"), std::string::npos);
  EXPECT_EQ(ran.out.find("\u202e"), std::string::npos);
  EXPECT_THAT(ran.out, HasSubstr("// &lt;/pre&gt;&lt;script&gt;alert(1)"
                                 "&lt;/script&gt;&amp;[U+202e]"));
}

TEST_F(PackAuthor, DocMarksAnswersThatDiffer) {
  ASSERT_EQ(New("p").code, 0);
  std::string scenarios = ReadFile(At("p/scenarios/first.yaml"));
  const size_t at = scenarios.find("effect: PERMIT");
  WriteFile(At("p/scenarios/first.yaml"),
            scenarios.replace(at, 14, "effect: DENY"));
  const Ran ran = Run({"doc", At("p"), "--language", "en", "-o", At("page")});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("1 of 3 scenarios are answered otherwise"));
  EXPECT_THAT(ReadFile(At("page")),
              HasSubstr("<strong>Differs from what is expected</strong>: "
                        "<span lang=\"\">effect: expected DENY; got PERMIT"));
}

TEST_F(PackAuthor, DocSaysWhyNot) {
  ASSERT_EQ(New("p").code, 0);
  const Ran unwritable = Run({"doc", At("p"), "-o", At("no/such/page")});
  EXPECT_EQ(unwritable.code, 1);
  EXPECT_THAT(unwritable.err, HasSubstr("can't be written"));
  EXPECT_EQ(Run({"doc", At("absent")}).code, 1);
  EXPECT_EQ(Run({"doc", At("p"), "--language", "de"}).code, 1);
}

}  // namespace
}  // namespace tarazy
