#include "server/command/pack/doc_page.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "policy/pack/calendar.h"
#include "policy/pack/timeline.h"
#include "server/command/pack/doc_words.h"
#include "server/command/pack/html.h"
#include "server/command/pack/plain_clause.h"
#include "server/service/facts.h"

namespace tarazy {
namespace {

constexpr char kStyle[] = R"(
:root { color-scheme: light; }
body { font: 16px/1.5 Georgia, "Times New Roman", serif; color: #111;
  background: #fff; max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3, h4, h5 { line-height: 1.25; font-family: Arial, sans-serif; }
h2 { border-bottom: 2px solid #111; margin-top: 3rem; }
h3 { border-bottom: 1px solid #767676; margin-top: 2.5rem; }
code, pre { font: 0.85em/1.4 "DejaVu Sans Mono", Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { border: 1px solid #767676; padding: 0.5rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 0.75rem 0; }
caption { text-align: left; font-weight: bold; padding: 0.25rem 0; }
th, td { border: 1px solid #767676; padding: 0.25rem 0.5rem; text-align: left;
  vertical-align: top; }
.act { color: #444; }
.policy { border-left: 4px solid #767676; padding-left: 0.75rem;
  margin: 1rem 0; }
.permit { border-color: #1b5e20; }
.forbid { border-color: #8e0000; }
.differs { outline: 3px solid #8e0000; }
.differs strong { color: #8e0000; }
.sign td { height: 2.5rem; }
@media print {
  @page { margin: 18mm; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  a { color: inherit; text-decoration: none; }
  h2 { break-before: page; }
  h3, h4, h5, caption { break-after: avoid; }
  tr, .sign { break-inside: avoid; }
  thead { display: table-header-group; }
}
)";

// "kk: …" for the three languages.
constexpr v1::Language kLanguages[] = {v1::LANGUAGE_KK, v1::LANGUAGE_RU,
                                       v1::LANGUAGE_EN};

// A text whose language the pack does not say.
constexpr char kAnyLanguage[] = " lang=\"\"";

std::string InstantText(int64_t ms) { return HtmlText(FormatAlmaty(ms)); }

int64_t Ms(const google::protobuf::Timestamp& t) { return TimestampMs(t); }

class Page {
 public:
  Page(const DocModel& model, v1::Language language)
      : model_(model), pack_(*model.pack), language_(language) {}

  std::string Write() {
    CollectFacts();
    const std::string& title = InLanguage(language_, pack_.title());
    Add("<!DOCTYPE html>\n<html lang=\"", Tag(language_),
        "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\">\n<title>",
        HtmlText(title), " – ", HtmlText(pack_.id()), "</title>\n<style>",
        kStyle, "</style>\n</head>\n<body>\n<header>\n<h1>", HtmlText(title),
        "</h1>\n");
    About();
    Add("</header>\n");
    Contents();
    Add("<main>\n");
    Norms();
    Unnamed();
    Facts();
    Calendar();
    SignOff();
    Add("</main>\n</body>\n</html>\n");
    return std::move(html_);
  }

 private:
  template <typename... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&html_, parts...);
  }
  const char* In(const Said& said) const { return said.In(language_); }
  template <typename... Values>
  std::string Told(const Said& said, const Values&... values) const {
    return HtmlText(absl::Substitute(In(said), values...));
  }

  void Heading(int level, const char* id, const Said& said) {
    Add("<h", level, " id=\"", id, "\">", In(said), "</h", level, ">\n");
  }
  // A table whose head names its columns.
  void Open(const std::string& caption, std::initializer_list<Said> columns) {
    Add("<table>\n<caption>", caption, "</caption>\n<thead>\n<tr>");
    for (const Said& column : columns) {
      Add("<th scope=\"col\">", In(column), "</th>");
    }
    Add("</tr>\n</thead>\n<tbody>\n");
  }
  void Close() { Add("</tbody>\n</table>\n"); }
  // A row whose head says what it is.
  void Row(const Said& head, const std::string& cell) {
    Add("<tr><th scope=\"row\">", In(head), "</th><td>", cell, "</td></tr>\n");
  }

  void CollectFacts() {
    std::set<std::string> paths;
    for (const Program* program : {&pack_.decision(), &pack_.obligations()}) {
      for (const FactPath& path : program->facts()) {
        paths.insert(path.ToString());
      }
    }
    for (const Norm& norm : pack_.norms()) {
      paths.insert(norm.facts.begin(), norm.facts.end());
    }
    for (const std::string& path : paths) {
      const size_t number = facts_.size();
      facts_.emplace(path, number);
    }
    for (size_t i = 0; i < model_.norms.size(); ++i) {
      norms_.emplace(model_.norms[i].norm->id, i);
    }
  }

  std::string FactLink(const std::string& path) const {
    const auto found = facts_.find(path);
    if (found == facts_.end()) return HtmlCode(path);
    return absl::StrCat("<a href=\"#fact-", found->second, "\">",
                        HtmlCode(path), "</a>");
  }
  std::string NormLink(const std::string& id) const {
    const auto found = norms_.find(id);
    if (found == norms_.end()) return HtmlCode(id);
    const Norm& norm = *model_.norms[found->second].norm;
    return absl::StrCat("<a href=\"#norm-", found->second, "\">",
                        HtmlText(InLanguage(language_, norm.act)), " ",
                        HtmlText(norm.citation), "</a>");
  }

  void About() {
    Add("<table>\n<caption>", In(words::kAbout), "</caption>\n<tbody>\n");
    Row(words::kPack, HtmlCode(pack_.id()));
    Row(words::kEdition, HtmlCode(pack_.edition()));
    if (pack_.version() != 0) {
      Row(words::kVersion, absl::StrCat(pack_.version()));
    }
    Row(words::kFrom, InstantText(pack_.valid_from_ms()));
    Row(words::kUntil, pack_.valid_to_ms() == INT64_MAX
                           ? In(words::kNoEnd)
                           : InstantText(pack_.valid_to_ms()));
    Row(words::kDigest, HtmlCode(pack_.digest()));
    Row(words::kHolds,
        Told(words::kCounts, model_.norms.size(), model_.policies.size(),
             pack_.readings().size(), model_.scenarios.size()));
    Add("<tr", model_.different == 0 ? "" : " class=\"differs\"",
        "><th scope=\"row\">", In(words::kAnswers), "</th><td>");
    if (model_.different == 0) {
      Add(In(words::kAllAsExpected));
    } else {
      Add("<strong>", Told(words::kSomeDiffer, model_.different), "</strong>");
    }
    Add("</td></tr>\n</tbody>\n</table>\n<p>", In(words::kHowToRead), "</p>\n");
  }

  // The norms of one act stand together, acts in the order that they first
  // appear in.
  template <typename Each>
  void EachAct(const Each& each) const {
    std::vector<std::string> acts;
    for (const DocNorm& norm : model_.norms) {
      const std::string& act = InLanguage(language_, norm.norm->act);
      if (std::find(acts.begin(), acts.end(), act) == acts.end()) {
        acts.push_back(act);
      }
    }
    for (size_t a = 0; a < acts.size(); ++a) {
      std::vector<size_t> norms;
      for (size_t i = 0; i < model_.norms.size(); ++i) {
        const Norm& norm = *model_.norms[i].norm;
        if (InLanguage(language_, norm.act) == acts[a]) norms.push_back(i);
      }
      each(a, acts[a], norms);
    }
  }

  void Contents() {
    Add("<nav aria-labelledby=\"contents\">\n");
    Heading(2, "contents", words::kContents);
    Add("<ol>\n");
    EachAct([this](size_t a, const std::string& act,
                   const std::vector<size_t>& norms) {
      Add("<li><a href=\"#act-", a, "\">", HtmlText(act), "</a>\n<ol>\n");
      for (const size_t i : norms) {
        const Norm& norm = *model_.norms[i].norm;
        Add("<li><a href=\"#norm-", i, "\">", HtmlText(norm.citation), "</a> ",
            HtmlText(InLanguage(language_, norm.summary)), "</li>\n");
      }
      Add("</ol>\n</li>\n");
    });
    const std::pair<const char*, const Said*> rest[] = {
        {"unnamed", &words::kCitingNone},
        {"facts", &words::kDefinitionsAndFacts},
        {"calendar", &words::kCalendar},
        {"sign-off", &words::kSignOff}};
    for (const auto& [id, said] : rest) {
      Add("<li><a href=\"#", id, "\">", In(*said), "</a></li>\n");
    }
    Add("</ol>\n</nav>\n");
  }

  void Norms() {
    EachAct([this](size_t a, const std::string& act,
                   const std::vector<size_t>& norms) {
      Add("<section aria-labelledby=\"act-", a, "\">\n<h2 id=\"act-", a, "\">",
          HtmlText(act), "</h2>\n");
      for (const size_t i : norms) OneNorm(i);
      Add("</section>\n");
    });
  }

  void OneNorm(size_t number) {
    const DocNorm& of = model_.norms[number];
    const Norm& norm = *of.norm;
    Add("<section aria-labelledby=\"norm-", number, "\">\n<h3 id=\"norm-",
        number, "\">", HtmlText(norm.citation), " ", HtmlCode(norm.id),
        "</h3>\n<p class=\"act\">", HtmlText(InLanguage(language_, norm.act)),
        "</p>\n<table>\n<caption>", In(words::kSummaries),
        "</caption>\n<tbody>\n");
    for (const v1::Language language : kLanguages) {
      Add("<tr><th scope=\"row\">", Tag(language), "</th><td lang=\"",
          Tag(language), "\">", HtmlText(InLanguage(language, norm.summary)),
          "</td></tr>\n");
    }
    Add("</tbody>\n</table>\n<table>\n<caption>", In(words::kNorm), " ",
        HtmlText(norm.citation), "</caption>\n<tbody>\n");
    Row(words::kForm, In(words::kForms[static_cast<size_t>(norm.form)]));
    Row(words::kCarriedOut, CarriedOut(of));
    if (!norm.source.empty()) Row(words::kSource, HtmlText(norm.source));
    if (norm.valid_from_ms != INT64_MIN) {
      Row(words::kFrom, InstantText(norm.valid_from_ms));
    }
    if (norm.valid_to_ms != INT64_MAX) {
      Row(words::kUntil, InstantText(norm.valid_to_ms));
    }
    Add("</tbody>\n</table>\n");
    if (!of.policies.empty()) Add("<h4>", In(words::kPolicies), "</h4>\n");
    for (const size_t i : of.policies) OnePolicy(i);
    if (!of.readings.empty()) Readings(of.readings);
    if (!of.duties.empty()) Duties(of);
    Add("<h4>", In(words::kScenarios), "</h4>\n");
    if (of.scenarios.empty()) {
      Add("<p>", In(words::kNoneCites), "</p>\n");
    } else {
      Scenarios(Told(words::kCiting, of.scenarios.size()), of.scenarios);
    }
    Add("</section>\n");
  }

  std::string CarriedOut(const DocNorm& of) const {
    std::vector<std::string> by;
    for (const size_t i : of.policies) {
      by.push_back(absl::StrCat("<a href=\"#policy-", i, "\">",
                                HtmlCode(model_.policies[i].written->id),
                                "</a>"));
    }
    for (const std::string& fact : of.norm->facts) by.push_back(FactLink(fact));
    for (const std::string& norm : of.norm->decided_by) {
      by.push_back(NormLink(norm));
    }
    if (of.norm->form == NormForm::kCommencement) {
      by.push_back(In(words::kManifest));
    }
    return by.empty() ? In(words::kNothing) : absl::StrJoin(by, ", ");
  }

  const Said& DoesOf(const DocPolicy& policy) const {
    if (policy.links.breach) return words::kBroken;
    if (policy.duty) return words::kObliges;
    return policy.written->effect == Effect::kPermit ? words::kPermits
                                                     : words::kForbids;
  }

  void OnePolicy(size_t number) {
    const DocPolicy& policy = model_.policies[number];
    const bool forbids = policy.written->effect == Effect::kForbid;
    Add("<article class=\"policy ",
        forbids       ? "forbid"
        : policy.duty ? "duty"
                      : "permit",
        "\" aria-labelledby=\"policy-", number, "\">\n<h5 id=\"policy-", number,
        "\">", HtmlCode(policy.written->id), " – ", In(DoesOf(policy)),
        "</h5>\n");
    if (policy.applied == nullptr) {
      Add("<p>", In(words::kOnlyElsewhere), "</p>\n");
    } else {
      Links(policy);
      Conditions(*policy.applied);
    }
    if (!policy.readings.empty()) {
      Add("<p>", In(words::kAsksFor), " ",
          absl::StrJoin(policy.readings, ", ",
                        [](std::string* out, const std::string& id) {
                          out->append(HtmlCode(id));
                        }),
          "</p>\n");
    }
    Add("<p>", In(words::kTextOf), ":</p>\n<pre translate=\"no\" lang=\"\">",
        HtmlText(policy.text), "</pre>\n</article>\n");
  }

  void Links(const DocPolicy& policy) {
    std::vector<std::string> parts;
    if (!policy.links.reason.empty()) {
      parts.push_back(absl::StrCat(In(words::kReason), ": ",
                                   HtmlCode(policy.links.reason)));
    }
    if (policy.links.obligation != nullptr) {
      parts.push_back(absl::StrCat(
          In(words::kDuty), ": ", HtmlCode(policy.links.obligation->id), ", ",
          In(words::kWith[static_cast<size_t>(policy.links.on)])));
    }
    if (const std::string* fact = policy.written->annotation("retry_after")) {
      parts.push_back(absl::StrCat(In(words::kRetry), ": ", FactLink(*fact)));
    }
    if (!parts.empty()) Add("<p>", absl::StrJoin(parts, ". "), ".</p>\n");
  }

  void Conditions(const Policy& policy) {
    const PlainClause scope = PlainScope(policy, language_);
    std::vector<PlainClause> clauses = PlainConditions(policy, language_);
    Add("<p>", Line(scope), ".</p>\n");
    clauses.insert(clauses.begin(), scope.parts.begin(), scope.parts.end());
    if (clauses.empty()) {
      Add("<p>", In(words::kAlways), "</p>\n");
      return;
    }
    Add("<p>", In(words::kWhere), "</p>\n");
    List(clauses);
  }

  std::string Line(const PlainClause& clause) const {
    std::string html;
    for (const PlainPiece& piece : clause.line) {
      absl::StrAppend(&html,
                      piece.code ? FactLink(piece.text) : HtmlText(piece.text));
    }
    return html;
  }

  void List(const std::vector<PlainClause>& clauses) {
    Add("<ul>\n");
    for (const PlainClause& clause : clauses) {
      Add("<li>", Line(clause));
      if (!clause.parts.empty()) {
        Add("\n");
        List(clause.parts);
      }
      Add("</li>\n");
    }
    Add("</ul>\n");
  }

  void Readings(const std::vector<const Reading*>& readings) {
    Add("<h4>", In(words::kReadings), "</h4>\n");
    Open(In(words::kReadings), {words::kReading, words::kQuestion,
                                words::kTaken, words::kAlternatives});
    for (const Reading* reading : readings) {
      Add("<tr><th scope=\"row\">", HtmlCode(reading->id), "</th><td",
          kAnyLanguage, ">", HtmlText(reading->question), "</td><td",
          kAnyLanguage, ">", HtmlText(reading->taken), "</td><td><ul>");
      for (const ReadingAlternative& other : reading->alternatives) {
        Add("<li>",
            other.id.empty() ? absl::StrCat("(", In(words::kNotChosen), ")")
                             : HtmlCode(other.id),
            " <span", kAnyLanguage, ">", HtmlText(other.text), "</span></li>");
      }
      Add("</ul></td></tr>\n");
    }
    Close();
  }

  std::string DueText(const DueRule& due) const {
    switch (due.kind) {
      case DueRule::Kind::kNone:
        break;
      case DueRule::Kind::kFact:
        return absl::StrCat(In(words::kDueFact), FactLink(due.fact));
      case DueRule::Kind::kDays:
        return Told(words::kDueDays, due.days);
    }
    return In(words::kNoTerm);
  }

  void Duties(const DocNorm& of) {
    Add("<h4>", In(words::kDuties), "</h4>\n");
    Open(In(words::kDuties),
         {words::kDuty, words::kAddressee, words::kDue, words::kText});
    for (const ObligationDef* duty : of.duties) {
      Add("<tr><th scope=\"row\">", HtmlCode(duty->id), "</th><td>",
          HtmlCode(duty->addressee), "</td><td>", DueText(duty->due),
          "</td><td>");
      for (const v1::Language language : kLanguages) {
        Add("<p lang=\"", Tag(language), "\">",
            HtmlText(InLanguage(language, duty->text)), "</p>");
      }
      Add("</td></tr>\n");
    }
    Close();
  }

  void Scenarios(const std::string& caption,
                 const std::vector<size_t>& scenarios) {
    Open(caption, {words::kId, words::kCase, words::kInstant, words::kAnswer,
                   words::kReasons, words::kDuties});
    for (const size_t i : scenarios) OneScenario(model_.scenarios[i]);
    Close();
  }

  void OneScenario(const DocScenario& of) {
    const Scenario& scenario = *of.scenario;
    const v1::DecideResponse& answer = of.answer;
    Add("<tr", of.differences.empty() ? "" : " class=\"differs\"",
        "><th scope=\"row\">", HtmlCode(scenario.id), "</th><td", kAnyLanguage,
        ">", HtmlText(scenario.title));
    for (const auto& [reading, alternative] : scenario.law.readings) {
      Add("<br><span lang=\"", Tag(language_), "\">", In(words::kChosen), ": ",
          HtmlCode(absl::StrCat(reading, "=", alternative)), "</span>");
    }
    Add("</td><td>",
        InstantText(of.refused.empty() ? Ms(answer.decided_as_of())
                                       : scenario.clock_ms),
        "</td><td>");
    if (of.refused.empty()) {
      Add(In(answer.effect() == v1::PERMIT ? words::kPermitted
                                           : words::kDenied),
          "<br>", HtmlCode(v1::Outcome_Name(answer.outcome())));
    } else {
      Add(In(words::kRefused));
    }
    for (const std::string& difference : of.differences) {
      Add("<br><strong>", In(words::kDiffers), "</strong>: <span", kAnyLanguage,
          ">", HtmlText(difference), "</span>");
    }
    std::set<std::string> codes;
    for (const v1::Reason& reason : answer.reasons()) {
      codes.insert(HtmlCode(reason.code()));
    }
    std::vector<std::string> duties;
    for (const v1::Obligation& duty : answer.obligations()) {
      std::string text = HtmlCode(duty.id());
      if (duty.breached()) {
        absl::StrAppend(&text, " (", In(words::kBreached), ")");
      }
      if (duty.has_due()) {
        absl::StrAppend(&text, " ", In(words::kDueBefore), " ",
                        InstantText(Ms(duty.due())));
      }
      duties.push_back(std::move(text));
    }
    Add("</td><td>", absl::StrJoin(codes, "<br>"), "</td><td>",
        absl::StrJoin(duties, "<br>"), "</td></tr>\n");
  }

  void Unnamed() {
    Add("<section aria-labelledby=\"unnamed\">\n");
    Heading(2, "unnamed", words::kCitingNone);
    if (model_.without_norm.empty()) {
      Add("<p>", In(words::kNone), "</p>\n");
    } else {
      Scenarios(Told(words::kCitingNoneCount, model_.without_norm.size()),
                model_.without_norm);
    }
    Add("</section>\n");
  }

  // The request's fields that give a fact.
  std::string FieldsOf(const std::string& path) const {
    std::set<std::string> fields;
    for (const Fact& fact : AllFacts()) {
      if (path != fact.path) continue;
      const absl::string_view field = fact.field;
      if (field.empty() || field[0] != '.') {
        fields.insert(std::string(field));
        continue;
      }
      for (int kind = 1; kind < kActKinds; ++kind) {
        if ((fact.kinds >> kind & 1) == 0) continue;
        fields.insert(absl::StrCat("operation.", OperationField(kind), field));
      }
    }
    if (fields.empty() && absl::StartsWith(path, "context.ext.")) {
      fields.insert("extensions");
    }
    // Consents and objections are the register's; the fields beside them say
    // whose, or stand for it on the caller's word.
    const bool elsewhere = fields.empty() || fields.erase("") != 0 ||
                           absl::StartsWith(path, "context.consent") ||
                           absl::StartsWith(path, "context.objection");
    std::vector<std::string> cells;
    if (elsewhere) cells.push_back(In(words::kFromRegister));
    for (const std::string& field : fields) cells.push_back(HtmlCode(field));
    return absl::StrJoin(cells, "<br>");
  }

  void Definitions() {
    Open(In(words::kDefinitions),
         {words::kNorm, words::kSummary, words::kFacts});
    for (const Norm& norm : pack_.norms()) {
      if (norm.form != NormForm::kDefinition) continue;
      Add("<tr><th scope=\"row\">", NormLink(norm.id), "</th><td>",
          HtmlText(InLanguage(language_, norm.summary)), "</td><td>",
          absl::StrJoin(norm.facts, "<br>",
                        [this](std::string* out, const std::string& path) {
                          out->append(FactLink(path));
                        }),
          "</td></tr>\n");
    }
    Close();
  }

  void Facts() {
    Add("<section aria-labelledby=\"facts\">\n");
    Heading(2, "facts", words::kDefinitionsAndFacts);
    Definitions();
    Open(In(words::kFactsRead),
         {words::kFact, words::kField, words::kDefinedBy});
    for (const auto& [path, number] : facts_) {
      std::vector<std::string> definitions;
      for (const Norm& norm : pack_.norms()) {
        if (std::find(norm.facts.begin(), norm.facts.end(), path) !=
            norm.facts.end()) {
          definitions.push_back(NormLink(norm.id));
        }
      }
      Add("<tr id=\"fact-", number, "\"><th scope=\"row\">", HtmlCode(path),
          "</th><td>", FieldsOf(path), "</td><td>",
          absl::StrJoin(definitions, "<br>"), "</td></tr>\n");
    }
    Close();
    Add("</section>\n");
  }

  void Calendar() {
    const ObjectionTerm& term = pack_.objection_term();
    Add("<section aria-labelledby=\"calendar\">\n");
    Heading(2, "calendar", words::kCalendar);
    Add("<table>\n<caption>", In(words::kCalendar), "</caption>\n<tbody>\n");
    Row(words::kTerm,
        absl::StrCat(
            Told(term.working_days ? words::kWorkingDays : words::kCalendarDays,
                 term.days),
            "; ",
            In(term.receipt_day_counts ? words::kReceiptCounts
                                       : words::kReceiptNot)));
    const auto calendar = pack_.working_days();
    if (calendar != nullptr) {
      std::vector<std::string> off, worked;
      for (int64_t day = calendar->first(); day <= calendar->last(); ++day) {
        const bool weekend = IsoWeekday(day) > 5;
        if (weekend == calendar->IsWorked(day)) {
          (weekend ? worked : off).push_back(FormatDay(day));
        }
      }
      const auto list = [&](const std::vector<std::string>& days) {
        return days.empty() ? In(words::kNone) : absl::StrJoin(days, ", ");
      };
      Row(words::kCalendarVersion, HtmlCode(calendar->version()));
      Row(words::kCovers, absl::StrCat(FormatDay(calendar->first()), " – ",
                                       FormatDay(calendar->last())));
      Row(words::kDaysOff, list(off));
      Row(words::kDaysWorked, list(worked));
    }
    Add("</tbody>\n</table>\n");
    if (calendar == nullptr) Add("<p>", In(words::kNoCalendar), "</p>\n");
    Add("</section>\n");
  }

  void SignOff() {
    Add("<section class=\"sign\" aria-labelledby=\"sign-off\">\n");
    Heading(2, "sign-off", words::kSignOff);
    Add("<p>", In(words::kIHaveRead), "<br>", HtmlCode(pack_.digest()),
        "</p>\n<table>\n<caption>", HtmlText(pack_.id()), ", ",
        HtmlText(pack_.edition()), "</caption>\n<tbody>\n");
    for (const Said& line : {words::kName, words::kPosition, words::kDate,
                             words::kSignature, words::kRemarks}) {
      Row(line, "");
    }
    Add("</tbody>\n</table>\n</section>\n");
  }

  const DocModel& model_;
  const Pack& pack_;
  const v1::Language language_;
  std::map<std::string, size_t> facts_;  // their anchors
  std::map<std::string, size_t> norms_;  // by id
  std::string html_;
};

}  // namespace

std::string DocPage(const DocModel& model, v1::Language language) {
  return Page(model, language).Write();
}

}  // namespace tarazy
