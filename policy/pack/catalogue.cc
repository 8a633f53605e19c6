#include "policy/pack/catalogue.h"

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/suggest.h"
#include "policy/pack/calendar.h"
#include "policy/pack/readings.h"
#include "policy/pack/yaml_reader.h"

namespace tarazy {
namespace {

constexpr int kMaxVersion = 999999999;

// Ids of packs, norms, readings and obligations: printable ASCII without
// spaces, so that they can stand in logs and on command lines.
bool IsId(absl::string_view id) {
  if (id.empty() || id.size() > 128) return false;
  for (const char c : id) {
    if (c <= ' ' || c > '~' || c == '"' || c == '`' || c == '\\') return false;
  }
  return true;
}

bool ReadId(YamlFile* file, YamlMap* map, absl::string_view key,
            std::string* id) {
  if (!map->RequiredText(key, id)) return false;
  if (IsId(*id)) return true;
  file->Error(*map->Optional(key), "bad-id",
              absl::StrCat("`", *id, "` is not an id"),
              "an id is 1 to 128 printable ASCII characters without spaces");
  return false;
}

void ReadTexts(YamlFile* file, YamlMap* map, absl::string_view key,
               Texts* texts) {
  const YAML::Node* node = map->Required(key);
  if (node == nullptr) return;
  YamlMap languages(file, *node, absl::StrCat("`", key, "` of ", map->what()));
  languages.RequiredText("kk", &texts->kk);
  languages.RequiredText("ru", &texts->ru);
  languages.RequiredText("en", &texts->en);
  languages.Finish();
}

// A date, as 00:00 of it in Almaty.
bool ReadDate(YamlFile* file, YamlMap* map, absl::string_view key,
              int64_t* ms) {
  std::string text;
  if (!map->OptionalText(key, &text)) return false;
  const absl::StatusOr<int64_t> day = ParseDay(text);
  if (!day.ok()) {
    file->Error(*map->Optional(key), "bad-date",
                absl::StrCat("`", text, "` is not a date"),
                "a date is written as in 2026-01-18");
    return false;
  }
  *ms = AlmatyDayStart(*day);
  return true;
}

bool ReadCount(YamlFile* file, YamlMap* map, absl::string_view key, int low,
               int high, int* count) {
  std::string text;
  if (!map->RequiredText(key, &text)) return false;
  if (absl::SimpleAtoi(text, count) && *count >= low && *count <= high) {
    return true;
  }
  file->Error(
      *map->Optional(key), "bad-number",
      absl::StrCat("`", text, "` is not a number from ", low, " to ", high));
  return false;
}

// When the edition begins: a date, or a rule that counts from publication.
void ReadValidity(YamlFile* file, YamlMap* map, Manifest* manifest) {
  int64_t published = 0;
  const bool has_published = ReadDate(file, map, "published_on", &published);
  const bool has_from =
      ReadDate(file, map, "valid_from", &manifest->valid_from_ms);
  const YAML::Node* rule = map->Optional("commencement");
  if (rule != nullptr) {
    YamlMap commencement(file, *rule, "`commencement`");
    int days = 0;
    const bool counted = ReadCount(
        file, &commencement, "calendar_days_after_publication", 0, 3660, &days);
    commencement.Finish();
    if (has_from) {
      file->Error(*rule, "two-beginnings",
                  "the pack has both `valid_from` and `commencement`");
    } else if (map->Optional("published_on") == nullptr) {
      file->Error(*rule, "missing-key",
                  "`commencement` counts from `published_on`, which is absent");
    } else if (counted && has_published) {
      // The days after the day of publication must have passed.
      manifest->valid_from_ms = AlmatyDayStart(AlmatyDay(published) + 1 + days);
    }
  } else if (map->Optional("valid_from") == nullptr && map->ok()) {
    file->Error(map->node(), "missing-key",
                "the pack has neither `valid_from` nor `commencement`");
  }
  ReadDate(file, map, "valid_to", &manifest->valid_to_ms);
  if (manifest->valid_to_ms <= manifest->valid_from_ms) {
    file->Error(*map->Optional("valid_to"), "empty-validity",
                "the pack ends before it begins");
  }
}

ObjectionTerm ReadTerm(YamlFile* file, const YAML::Node& node) {
  ObjectionTerm term;
  YamlMap keys(file, node, "`objection_term`");
  ReadCount(file, &keys, "days", 1, 365, &term.days);
  int word = 0;
  if (keys.RequiredWord("counted_in", {"calendar_days", "working_days"},
                        &word)) {
    term.working_days = word == 1;
  }
  if (keys.Optional("day_of_receipt") != nullptr &&
      keys.RequiredWord("day_of_receipt", {"not_counted", "counted"}, &word)) {
    term.receipt_day_counts = word == 1;
  }
  keys.Finish();
  return term;
}

// Each is a text, or a map where it can be chosen.
void ReadAlternatives(YamlFile* file, YamlMap* keys, Reading* reading) {
  const YAML::Node* list = keys->Optional("alternatives");
  if (list == nullptr) return;
  if (!list->IsSequence()) {
    file->Error(*list, "wrong-kind", "`alternatives` must be a list");
    return;
  }
  for (const YAML::Node& item : *list) {
    ReadingAlternative alternative;
    if (item.IsMap()) {
      YamlMap map(
          file, item,
          absl::StrCat("an alternative of reading `", reading->id, "`"));
      ReadId(file, &map, "id", &alternative.id);
      map.RequiredText("text", &alternative.text);
      const YAML::Node* term = map.Optional("objection_term");
      if (term != nullptr) alternative.objection_term = ReadTerm(file, *term);
      map.Finish();
      const bool twice = std::any_of(
          reading->alternatives.begin(), reading->alternatives.end(),
          [&](const auto& other) { return other.id == alternative.id; });
      if (alternative.id == kDefaultReading ||
          alternative.id.find('=') != std::string::npos || twice) {
        file->Error(item, "bad-id",
                    absl::StrCat("`", alternative.id,
                                 "` can't be the id of an alternative"),
                    "it is unique in its reading, not `default`, without `=`");
      }
    } else {
      file->Text(item, "an alternative", &alternative.text);
    }
    reading->alternatives.push_back(std::move(alternative));
  }
}

void ReadReadings(YamlFile* file, YamlMap* map, Manifest* manifest) {
  const YAML::Node* node = map->Optional("readings");
  if (node == nullptr) return;
  if (!node->IsSequence()) {
    file->Error(*node, "wrong-kind", "`readings` must be a list");
    return;
  }
  std::map<std::string, bool> seen;
  for (const YAML::Node& item : *node) {
    Reading reading;
    YamlMap keys(file, item, "a reading");
    if (!keys.ok()) continue;
    ReadId(file, &keys, "id", &reading.id);
    keys.RequiredText("question", &reading.question);
    keys.RequiredText("taken", &reading.taken);
    keys.OptionalTexts("norms", &reading.norms);
    ReadAlternatives(file, &keys, &reading);
    if (reading.alternatives.empty()) {
      file->Error(
          item, "missing-key",
          absl::StrCat("reading `", reading.id, "` has no `alternatives`"),
          "a text with one meaning needs no reading");
    }
    keys.Finish();
    if (!reading.id.empty() && !seen.emplace(reading.id, true).second) {
      file->Error(item, "duplicate-id",
                  absl::StrCat("reading `", reading.id, "` stands twice"));
    }
    manifest->readings.push_back(
        {std::move(reading), &file->source(), file->SpanOf(item)});
  }
}

// What of the base is taken away.
void ReadWithout(YamlFile* file, YamlMap* map, Manifest* manifest) {
  const YAML::Node* node = map->Optional("without");
  if (node == nullptr) return;
  if (manifest->base.empty()) {
    file->Error(*node, "no-base", "`without` needs a `base` to take away from");
  }
  YamlMap kinds(file, *node, "`without`");
  if (!kinds.ok()) return;
  const auto read = [&](absl::string_view kind,
                        std::vector<Placed<std::string>>* ids) {
    const YAML::Node* list = kinds.Optional(kind);
    std::vector<std::string> texts;
    if (list == nullptr || !kinds.OptionalTexts(kind, &texts)) return;
    for (size_t i = 0; i < texts.size(); ++i) {
      ids->push_back({texts[i], &file->source(), file->SpanOf((*list)[i])});
    }
  };
  read("policies", &manifest->without_policies);
  read("norms", &manifest->without_norms);
  read("obligations", &manifest->without_obligations);
  read("readings", &manifest->without_readings);
  kinds.Finish();
}

// Calls `read(YamlMap*)` for each item of list `key` of the file's root.
template <typename F>
void ReadList(YamlFile* file, YamlMap* root, absl::string_view key,
              absl::string_view what, F read) {
  const YAML::Node* node = root->Required(key);
  if (node == nullptr) return;
  if (!node->IsSequence()) {
    file->Error(*node, "wrong-kind",
                absl::StrCat("`", key, "` must be a list"));
    return;
  }
  for (const YAML::Node& item : *node) {
    std::string name(what);
    if (item.IsMap() && item["id"] && item["id"].IsScalar()) {
      absl::StrAppend(&name, " `", item["id"].Scalar(), "`");
    }
    YamlMap map(file, item, name);
    if (!map.ok()) continue;
    read(&map);
    map.Finish();
  }
}

// Puts an entry whose id has been read in the list, unless its id stands
// there already.
template <typename T>
void Keep(YamlFile* file, YamlMap* map, T value, std::vector<Placed<T>>* list) {
  const YAML::Node* id = map->Optional("id");
  if (id == nullptr || value.id.empty()) return;
  for (const Placed<T>& other : *list) {
    if (other.value.id == value.id) {
      file->Error(*id, "duplicate-id",
                  absl::StrCat("`", value.id, "` stands twice"));
      return;
    }
  }
  list->push_back({std::move(value), &file->source(), file->SpanOf(*id)});
}

void ReadForm(YamlMap* map, Norm* norm) {
  static const auto* forms = new std::vector<absl::string_view>{
      "prohibition", "permission", "obligation",   "definition",
      "repeal",      "reference",  "commencement", "base"};
  int form = 0;
  if (map->RequiredWord("form", *forms, &form)) {
    norm->form = static_cast<NormForm>(form);
  }
}

Norm ReadNorm(YamlFile* file, YamlMap* map,
              const std::map<std::string, Texts>& acts) {
  Norm norm;
  ReadId(file, map, "id", &norm.id);
  map->RequiredText("citation", &norm.citation);
  ReadForm(map, &norm);
  ReadTexts(file, map, "summary", &norm.summary);
  map->OptionalText("source", &norm.source);
  ReadDate(file, map, "valid_from", &norm.valid_from_ms);
  if (ReadDate(file, map, "valid_to", &norm.valid_to_ms) &&
      norm.valid_to_ms <= norm.valid_from_ms) {
    file->Error(*map->Optional("valid_to"), "empty-validity",
                absl::StrCat(map->what(), " ends before it begins"));
  }
  map->OptionalTexts("facts", &norm.facts);
  map->OptionalTexts("decided_by", &norm.decided_by);
  if (norm.form == NormForm::kDefinition && norm.facts.empty()) {
    file->Error(
        map->node(), "missing-key",
        absl::StrCat(map->what(), " is a definition and has no `facts`"),
        "name the facts that carry it, for example "
        "`context.data.biometric`");
  }
  if (norm.form == NormForm::kReference && norm.decided_by.empty()) {
    file->Error(
        map->node(), "missing-key",
        absl::StrCat(map->what(), " is a reference and has no `decided_by`"),
        "name the norms that decide in its place");
  }
  const std::string act = norm.id.substr(0, norm.id.find('/'));
  const auto found = acts.find(act);
  if (found != acts.end()) {
    norm.act = found->second;
  } else if (!norm.id.empty()) {
    file->Error(*map->Optional("id"), "unknown-act",
                absl::StrCat("act `", act, "` of ", map->what(),
                             " is not among `acts`"));
  }
  return norm;
}

void ReadDue(YamlFile* file, YamlMap* map, DueRule* due) {
  const YAML::Node* node = map->Optional("due");
  if (node == nullptr) return;
  YamlMap rule(file, *node, absl::StrCat("`due` of ", map->what()));
  if (!rule.ok()) return;
  const bool fact = rule.Optional("fact") != nullptr;
  const bool days = rule.Optional("days") != nullptr;
  if (fact == days) {
    file->Error(*node, "bad-due",
                absl::StrCat("`due` of ", map->what(),
                             " must have either `fact` or `days`"));
  } else if (fact) {
    if (rule.RequiredText("fact", &due->fact)) due->kind = DueRule::Kind::kFact;
  } else if (ReadCount(file, &rule, "days", 1, 3660, &due->days)) {
    due->kind = DueRule::Kind::kDays;
  }
  rule.Finish();
}

}  // namespace

Manifest ReadManifest(const Source& source, Diagnostics* diagnostics) {
  Manifest manifest;
  YamlFile file;
  if (!file.Parse(source, diagnostics)) return manifest;
  YamlMap map(&file, file.root(), "the manifest");
  if (!map.ok()) return manifest;
  ReadId(&file, &map, "id", &manifest.id);
  ReadId(&file, &map, "edition", &manifest.edition);
  if (map.Optional("version") != nullptr) {
    ReadCount(&file, &map, "version", 1, kMaxVersion, &manifest.version);
  }
  ReadTexts(&file, &map, "title", &manifest.title);
  if (map.Optional("base") != nullptr) {
    ReadId(&file, &map, "base", &manifest.base);
    map.OptionalText("schema", &manifest.schema);
  } else {
    map.RequiredText("schema", &manifest.schema);
  }
  ReadWithout(&file, &map, &manifest);
  ReadValidity(&file, &map, &manifest);
  const YAML::Node* term = map.Required("objection_term");
  if (term != nullptr) {
    manifest.objection_term = ReadTerm(&file, *term);
  }
  ReadReadings(&file, &map, &manifest);
  map.Finish();
  return manifest;
}

std::vector<Placed<Norm>> ReadNorms(const Source& source,
                                    Diagnostics* diagnostics) {
  std::vector<Placed<Norm>> norms;
  YamlFile file;
  if (!file.Parse(source, diagnostics)) return norms;
  YamlMap root(&file, file.root(), "the catalogue of norms");
  std::map<std::string, Texts> acts;
  const YAML::Node* node = root.Required("acts");
  if (node != nullptr && node->IsMap()) {
    YamlMap map(&file, *node, "`acts`");
    for (const auto& entry : *node) {
      if (!entry.first.IsScalar()) continue;
      const std::string& act = entry.first.Scalar();
      ReadTexts(&file, &map, act, &acts[act]);
    }
  } else if (node != nullptr) {
    file.Error(*node, "wrong-kind", "`acts` must be a map of keys and values");
  }
  ReadList(&file, &root, "norms", "norm", [&](YamlMap* map) {
    Keep(&file, map, ReadNorm(&file, map, acts), &norms);
  });
  root.Finish();
  return norms;
}

std::vector<Placed<ObligationDef>> ReadObligations(const Source& source,
                                                   Diagnostics* diagnostics) {
  std::vector<Placed<ObligationDef>> obligations;
  YamlFile file;
  if (!file.Parse(source, diagnostics)) return obligations;
  YamlMap root(&file, file.root(), "the catalogue of obligations");
  ReadList(&file, &root, "obligations", "obligation", [&](YamlMap* map) {
    static const auto* addressees = new std::vector<absl::string_view>{
        "OWNER",  "OPERATOR",     "THIRD_PARTY", "NAIP_OPERATOR",
        "SELLER", "MANUFACTURER", "PERFORMER"};
    ObligationDef def;
    ReadId(&file, map, "id", &def.id);
    ReadId(&file, map, "norm", &def.norm);
    int addressee = 0;
    if (map->RequiredWord("addressee", *addressees, &addressee)) {
      def.addressee = std::string((*addressees)[addressee]);
    }
    ReadTexts(&file, map, "text", &def.text);
    ReadDue(&file, map, &def.due);
    Keep(&file, map, std::move(def), &obligations);
  });
  root.Finish();
  return obligations;
}

std::shared_ptr<const WorkingDays> ReadCalendar(const Source& source,
                                                Diagnostics* diagnostics) {
  YamlFile file;
  if (!file.Parse(source, diagnostics)) return nullptr;
  YamlMap map(&file, file.root(), "the calendar");
  if (!map.ok()) return nullptr;
  bool good = true;
  const auto day = [&](const YAML::Node& node, const std::string& text,
                       int64_t* value) {
    const absl::StatusOr<int64_t> parsed = ParseDay(text);
    if (parsed.ok()) {
      *value = *parsed;
      return;
    }
    good = false;
    file.Error(node, "bad-date", absl::StrCat("`", text, "` is not a date"),
               "a date is written as in 2026-01-18");
  };
  std::string version, text;
  int64_t first = 0, last = 0;
  good &= map.RequiredText("version", &version);
  if (map.RequiredText("first", &text)) {
    day(*map.Optional("first"), text, &first);
  }
  if (map.RequiredText("last", &text)) day(*map.Optional("last"), text, &last);
  std::vector<int64_t> off, worked;
  const auto days = [&](absl::string_view key, std::vector<int64_t>* list) {
    std::vector<std::string> texts;
    const YAML::Node* node = map.Required(key);
    if (node == nullptr) return;
    good &= map.OptionalTexts(key, &texts);
    for (const std::string& one : texts) {
      list->push_back(0);
      day(*node, one, &list->back());
    }
  };
  days("days_off", &off);
  days("days_worked", &worked);
  map.Finish();
  if (!good || HasErrors(*diagnostics)) return nullptr;
  absl::StatusOr<WorkingDays> calendar = WorkingDays::Make(
      version, first, last, std::move(off), std::move(worked));
  if (!calendar.ok()) {
    file.Error(file.root(), "bad-calendar",
               std::string(calendar.status().message()));
    return nullptr;
  }
  return std::make_shared<const WorkingDays>(*std::move(calendar));
}

}  // namespace tarazy
