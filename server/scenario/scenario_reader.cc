// Reads scenario files. A request, a consent and an objection are protobuf's
// JSON mapping written in YAML: a scenario is merged onto the defaults of its
// file (RFC 7396: maps merge, null takes away, all else replaces), and the
// result is parsed as JSON into its message, which refuses unknown fields.

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "policy/pack/yaml_reader.h"
#include "server/scenario/scenario.h"

namespace tarazy {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;

// Plain `true`, `false` and `~` are what they look like; all else is text,
// which protobuf's JSON takes for numbers, enums and instants too.
Json ToJson(const YAML::Node& node, int depth = 0) {
  if (depth > kMaxDepth || node.IsNull()) return nullptr;
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const YAML::Node& item : node) list.push_back(ToJson(item, depth + 1));
    return list;
  }
  if (node.IsMap()) {
    Json map = Json::object();
    for (const auto& entry : node) {
      map[entry.first.Scalar()] = ToJson(entry.second, depth + 1);
    }
    return map;
  }
  const std::string& text = node.Scalar();
  const bool plain = node.Tag() == "?";
  if (plain && text == "true") return true;
  if (plain && text == "false") return false;
  return text;
}

// Moves every instant of a message.
void Shift(int64_t seconds, google::protobuf::Message* message) {
  using google::protobuf::FieldDescriptor;
  if (message->GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
    auto* t = static_cast<google::protobuf::Timestamp*>(message);
    t->set_seconds(t->seconds() + seconds);
    return;
  }
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Shift(seconds, reflection->MutableMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      Shift(seconds, reflection->MutableRepeatedMessage(message, field, i));
    }
  }
}

void Shift(int64_t ms, absl::optional<int64_t>* instant) {
  if (*instant) **instant += ms;
}

void Shift(int days, Scenario* scenario) {
  const int64_t seconds = int64_t{days} * 24 * 3600;
  const int64_t ms = seconds * 1000;
  scenario->clock_ms += ms;
  Shift(seconds, &scenario->request);
  for (ConsentStep& step : scenario->consents) {
    step.at_ms += ms;
    Shift(seconds, &step.consent);
    Shift(ms, &step.withdrawn_ms);
  }
  for (ObjectionStep& step : scenario->objections) {
    step.at_ms += ms;
    Shift(seconds, &step.objection);
    for (auto* instant :
         {&step.decided_ms, &step.notified_ms, &step.due_ms, &step.alarm_ms}) {
      Shift(ms, instant);
    }
  }
  Shift(ms, &scenario->expected.retry_after_ms);
  for (auto& due : scenario->expected.due_ms) due.second += ms;
}

class Reader {
 public:
  Reader(YamlFile* file, absl::string_view name,
         std::vector<Scenario>* scenarios, Diagnostics* diagnostics)
      : file_(file),
        name_(name),
        scenarios_(scenarios),
        diagnostics_(diagnostics) {}

  void Read() {
    YamlMap root(file_, file_->root(), "the file");
    if (!root.ok()) return;
    const YAML::Node* defaults = root.Optional("defaults");
    if (defaults != nullptr) ReadDefaults(*defaults);
    const YAML::Node* list = root.Required("scenarios");
    if (list != nullptr && !list->IsSequence()) {
      file_->Error(*list, "wrong-kind", "`scenarios` must be a list");
    } else if (list != nullptr) {
      for (const YAML::Node& item : *list) ReadScenario(item);
    }
    root.Finish();
  }

  // inherited.yaml.
  void ReadChanges() {
    YamlMap root(file_, file_->root(), "the file");
    if (!root.ok()) return;
    std::string text;
    int days = 0;
    if (root.OptionalText("shift_days", &text) &&
        !absl::SimpleAtoi(text, &days)) {
      file_->Error(*root.Optional("shift_days"), "bad-number",
                   absl::StrCat("`", text, "` is not a number"));
    }
    for (Scenario& scenario : *scenarios_) Shift(days, &scenario);
    std::vector<std::string> without;
    root.OptionalTexts("without", &without);
    for (const std::string& id : without) {
      const size_t before = scenarios_->size();
      const bool prefix = absl::EndsWith(id, "*");
      scenarios_->erase(
          std::remove_if(scenarios_->begin(), scenarios_->end(),
                         [&](const Scenario& s) {
                           return prefix
                                      ? absl::StartsWith(
                                            s.id, id.substr(0, id.size() - 1))
                                      : s.id == id;
                         }),
          scenarios_->end());
      if (scenarios_->size() == before) {
        file_->Error(*root.Optional("without"), "unknown-scenario",
                     absl::StrCat("the base has no scenario `", id, "`"));
      }
    }
    const YAML::Node* changes = root.Optional("changes");
    if (changes != nullptr && changes->IsSequence()) {
      for (const YAML::Node& change : *changes) ReadChange(change);
    } else if (changes != nullptr) {
      file_->Error(*changes, "wrong-kind", "`changes` must be a list");
    }
    root.Finish();
  }

 private:
  std::vector<Scenario>::iterator Find(const std::string& id) {
    return std::find_if(scenarios_->begin(), scenarios_->end(),
                        [&](const Scenario& s) { return s.id == id; });
  }

  void ReadChange(const YAML::Node& node) {
    YamlMap map(file_, node, "a change");
    std::string id, title;
    if (!map.ok() || !map.RequiredText("id", &id)) return;
    const auto found = Find(id);
    if (found == scenarios_->end()) {
      file_->Error(node, "unknown-scenario",
                   absl::StrCat("the base has no scenario `", id, "`"));
      return;
    }
    if (map.OptionalText("title", &title)) found->title = title;
    const YAML::Node* expect = map.Required("expect");
    if (expect != nullptr) {
      found->expected = Expected();
      found->file = std::string(name_);
      YamlMap keys(file_, *expect, absl::StrCat("`expect` of `", id, "`"));
      ReadExpected(&keys, &found->expected);
      keys.Finish();
    }
    map.Finish();
  }

  void ReadDefaults(const YAML::Node& node) {
    YamlMap map(file_, node, "`defaults`");
    if (!map.ok()) return;
    map.OptionalText("clock", &clock_);
    const auto take = [&](absl::string_view key, Json* json) {
      const YAML::Node* value = map.Optional(key);
      if (value != nullptr) *json = ToJson(*value);
    };
    ReadLaw(&map, &law_);
    take("request", &request_);
    take("consent", &consent_);
    take("objection", &objection_);
    const YAML::Node* consents = map.Optional("consents");
    if (consents != nullptr) consents_ = *consents;
    const YAML::Node* objections = map.Optional("objections");
    if (objections != nullptr) objections_ = *objections;
    map.Finish();
  }

  void ReadLaw(YamlMap* map, ScenarioLaw* law) {
    const YAML::Node* readings = map->Optional("readings");
    if (readings != nullptr && readings->IsMap()) {
      law->readings.clear();
      for (const auto& entry : *readings) {
        std::string* alternative = &law->readings[entry.first.Scalar()];
        file_->Text(entry.second, "the alternative of a reading", alternative);
      }
    } else if (readings != nullptr) {
      file_->Error(*readings, "wrong-kind", "`readings` must be a map");
    }
    if (map->Optional("compare_with") != nullptr) {
      law->compare_with.clear();
      map->OptionalTexts("compare_with", &law->compare_with);
    }
  }

  void ReadScenario(const YAML::Node& item) {
    const size_t errors = diagnostics_->size();
    Scenario scenario;
    scenario.file = std::string(name_);
    std::string what = "a scenario";
    if (item.IsMap() && item["id"] && item["id"].IsScalar()) {
      what = absl::StrCat("scenario `", item["id"].Scalar(), "`");
    }
    YamlMap map(file_, item, what);
    if (!map.ok()) return;
    map.RequiredText("id", &scenario.id);
    map.RequiredText("title", &scenario.title);
    ReadClock(&map, &scenario);
    scenario.law = law_;
    ReadLaw(&map, &scenario.law);
    Json request = request_;
    const YAML::Node* own = map.Optional("request");
    if (own != nullptr) request.merge_patch(ToJson(*own));
    subject_ = TestIin(NextSubject());
    ReplaceSubject(&request);
    Parse(item, request, absl::StrCat("the request of ", what),
          &scenario.request);
    if (KindOf(scenario).empty()) {
      file_->Error(item, "missing-key",
                   absl::StrCat("the request of ", what, " has no operation"));
    }
    ReadSteps(&map, "consents", consents_, [&](const YAML::Node& step) {
      scenario.consents.push_back(ReadConsent(step, what, scenario));
    });
    ReadSteps(&map, "objections", objections_, [&](const YAML::Node& step) {
      scenario.objections.push_back(ReadObjection(step, what, scenario));
    });
    const YAML::Node* expect = map.Required("expect");
    if (expect != nullptr) {
      YamlMap keys(file_, *expect, absl::StrCat("`expect` of ", what));
      ReadExpected(&keys, &scenario.expected);
      keys.Finish();
    }
    map.Finish();
    for (const Scenario& other : *scenarios_) {
      if (other.id == scenario.id) {
        file_->Error(item, "duplicate-id",
                     absl::StrCat("scenario `", scenario.id,
                                  "` stands twice, in `", other.file, "` too"));
      }
    }
    if (diagnostics_->size() == errors) {
      scenarios_->push_back(std::move(scenario));
    }
  }

  // Another for each scenario that is read in this process.
  static int NextSubject() {
    static std::atomic<int> next{0};
    return next++;
  }

  void ReadClock(YamlMap* map, Scenario* scenario) {
    std::string clock = clock_;
    map->OptionalText("clock", &clock);
    if (clock.empty()) {
      file_->Error(map->node(), "missing-key",
                   absl::StrCat(map->what(),
                                " has no `clock`, nor has the "
                                "file a default"));
      return;
    }
    Instant(map->node(), clock, &scenario->clock_ms);
  }

  bool Instant(const YAML::Node& node, const std::string& text, int64_t* ms) {
    absl::Time time;
    std::string error;
    if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
      *ms = absl::ToUnixMillis(time);
      return true;
    }
    file_->Error(node, "bad-instant",
                 absl::StrCat("`", text, "` is not an instant"),
                 "an instant is written as in 2026-03-10T10:00:00+05:00");
    return false;
  }

  // An instant under a key; absent: nullopt.
  absl::optional<int64_t> InstantAt(YamlMap* map, absl::string_view key) {
    std::string text;
    int64_t ms = 0;
    if (!map->OptionalText(key, &text) ||
        !Instant(*map->Optional(key), text, &ms)) {
      return absl::nullopt;
    }
    return ms;
  }

  // `iin: auto` stands for the scenario's own subject.
  void ReplaceSubject(Json* json) {
    if (!json->is_object() || !json->contains("subject")) return;
    Json& subject = (*json)["subject"];
    if (subject.is_object() && subject.value("iin", "") == "auto") {
      subject["iin"] = subject_;
    }
  }

  void Parse(const YAML::Node& node, const Json& json, const std::string& what,
             google::protobuf::Message* message) {
    const auto status = google::protobuf::util::JsonStringToMessage(
        json.dump(-1, ' ', false, Json::error_handler_t::replace), message);
    if (!status.ok()) {
      file_->Error(node, "bad-message",
                   absl::StrCat(what, ": ", std::string(status.message())));
    }
  }

  template <typename F>
  void ReadSteps(YamlMap* map, absl::string_view key,
                 const YAML::Node& defaults, F read) {
    const YAML::Node* own = map->Optional(key);
    const YAML::Node& steps = own != nullptr ? *own : defaults;
    if (!steps.IsDefined() || steps.IsNull()) return;
    if (!steps.IsSequence()) {
      file_->Error(steps, "wrong-kind",
                   absl::StrCat("`", key, "` must be a list"));
      return;
    }
    for (const YAML::Node& step : steps) read(step);
  }

  // The message's own keys of a step, over the defaults, without those that
  // tell what happens to it later.
  Json MessageOf(const YAML::Node& step, const Json& defaults,
                 std::initializer_list<const char*> others) {
    Json json = defaults;
    json.merge_patch(ToJson(step));
    for (const char* other : others) json.erase(other);
    if (!json.contains("subject")) json["subject"] = {{"iin", "auto"}};
    ReplaceSubject(&json);
    return json;
  }

  // A sub-map of a step, over the defaults' one. Undefined when absent.
  static YAML::Node Part(const YAML::Node& step, const char* key) {
    return step.IsMap() && step[key] ? step[key] : YAML::Node();
  }

  absl::optional<int64_t> At(const YAML::Node& step, const Json& defaults) {
    std::string text;
    if (step.IsMap() && step["at"]) {
      text = step["at"].Scalar();
    } else if (defaults.contains("at") && defaults["at"].is_string()) {
      text = defaults["at"].get<std::string>();
    } else {
      return absl::nullopt;
    }
    int64_t ms = 0;
    return Instant(step, text, &ms) ? absl::optional<int64_t>(ms)
                                    : absl::nullopt;
  }

  ConsentStep ReadConsent(const YAML::Node& node, const std::string& what,
                          const Scenario& scenario) {
    ConsentStep step;
    Parse(node, MessageOf(node, consent_, {"at", "withdraw"}),
          absl::StrCat("a consent of ", what), &step.consent);
    constexpr int64_t kThirtyDays = int64_t{30} * 24 * 3600 * 1000;
    step.at_ms = At(node, consent_).value_or(scenario.clock_ms - kThirtyDays);
    const YAML::Node withdraw = Part(node, "withdraw");
    if (withdraw.IsDefined() && !withdraw.IsNull()) {
      YamlMap map(file_, withdraw, absl::StrCat("`withdraw` of ", what));
      step.withdrawn_ms = InstantAt(&map, "at");
      map.OptionalText("barred_reason", &step.barred_reason);
      map.Finish();
    }
    return step;
  }

  ObjectionStep ReadObjection(const YAML::Node& node, const std::string& what,
                              const Scenario& scenario) {
    ObjectionStep step;
    Parse(node,
          MessageOf(node, objection_, {"at", "decide", "notify", "expect"}),
          absl::StrCat("an objection of ", what), &step.objection);
    step.at_ms = At(node, objection_).value_or(scenario.clock_ms);
    const YAML::Node decide = Part(node, "decide");
    if (decide.IsDefined() && !decide.IsNull()) {
      YamlMap map(file_, decide, absl::StrCat("`decide` of ", what));
      step.decided_ms = InstantAt(&map, "at").value_or(scenario.clock_ms);
      std::string result;
      if (map.RequiredText("result", &result) &&
          !v1::Objection::Result_Parse(result, &step.result)) {
        file_->Error(decide, "unknown-word",
                     absl::StrCat("`", result, "` is no result"),
                     "known: `UPHELD`, `REJECTED`");
      }
      map.RequiredText("reason", &step.result_reason);
      map.Finish();
    }
    const YAML::Node notify = Part(node, "notify");
    if (notify.IsDefined() && !notify.IsNull()) {
      YamlMap map(file_, notify, absl::StrCat("`notify` of ", what));
      step.notified_ms = InstantAt(&map, "at").value_or(scenario.clock_ms);
      std::string given;
      step.appeal_info_given =
          map.OptionalText("appeal_info_given", &given) && given == "true";
      map.Finish();
    }
    const YAML::Node expect = Part(node, "expect");
    if (expect.IsDefined() && !expect.IsNull()) {
      YamlMap map(file_, expect,
                  absl::StrCat("`expect` of an objection of ", what));
      step.due_ms = InstantAt(&map, "due");
      step.alarm_ms = InstantAt(&map, "alarm");
      map.Finish();
    }
    return step;
  }

  void ReadNames(YamlMap* map, absl::string_view key,
                 absl::optional<std::set<std::string>>* names) {
    if (map->Optional(key) == nullptr) return;
    std::vector<std::string> list;
    map->OptionalTexts(key, &list);
    *names = std::set<std::string>(list.begin(), list.end());
  }

  void ReadExpected(YamlMap* map, Expected* expected) {
    int effect = 0;
    if (map->RequiredWord("effect", {"PERMIT", "DENY"}, &effect)) {
      expected->effect = effect == 0 ? v1::PERMIT : v1::DENY;
    }
    static const auto* outcomes = new std::vector<absl::string_view>{
        "PERMITTED", "FORBIDDEN", "NOT_PERMITTED", "INDETERMINATE"};
    int outcome = 0;
    if (map->Optional("outcome") != nullptr &&
        map->RequiredWord("outcome", *outcomes, &outcome)) {
      expected->outcome = static_cast<v1::Outcome>(outcome + 1);
    }
    ReadNames(map, "reasons", &expected->reasons);
    ReadNames(map, "norms", &expected->norms);
    ReadNames(map, "obligations", &expected->obligations);
    ReadNames(map, "breached", &expected->breached);
    ReadNames(map, "missing", &expected->missing);
    ReadNames(map, "notices", &expected->notices);
    const YAML::Node* retry = map->Optional("retry_after");
    if (retry != nullptr) {
      expected->compare_retry_after = true;
      if (!retry->IsNull()) {
        expected->retry_after_ms = InstantAt(map, "retry_after");
      }
    }
    const YAML::Node* due = map->Optional("due");
    if (due != nullptr && due->IsMap()) {
      for (const auto& entry : *due) {
        int64_t ms = 0;
        if (Instant(entry.second, entry.second.Scalar(), &ms)) {
          expected->due_ms[entry.first.Scalar()] = ms;
        }
      }
    }
  }

  YamlFile* const file_;
  const absl::string_view name_;
  std::vector<Scenario>* const scenarios_;
  Diagnostics* const diagnostics_;
  std::string clock_;
  ScenarioLaw law_;
  std::string subject_;
  Json request_ = Json::object();
  Json consent_ = Json::object();
  Json objection_ = Json::object();
  YAML::Node consents_;
  YAML::Node objections_;
};

}  // namespace

void ReadScenarios(const Source& source, std::vector<Scenario>* scenarios,
                   Diagnostics* diagnostics) {
  YamlFile file;
  if (!file.Parse(source, diagnostics)) return;
  Reader(&file, source.name(), scenarios, diagnostics).Read();
}

void ReadInherited(const Source& source, std::vector<Scenario>* scenarios,
                   Diagnostics* diagnostics) {
  YamlFile file;
  if (!file.Parse(source, diagnostics)) return;
  Reader(&file, source.name(), scenarios, diagnostics).ReadChanges();
}

}  // namespace tarazy
