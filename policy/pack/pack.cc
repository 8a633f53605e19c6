// Loading goes in steps, each of which tells all of its errors: read the files
// of the pack and of its bases, read manifests and catalogues and lay them over
// each other, parse and check the policies against them and against the
// schema, compile. A step that later ones stand on ends the load when it
// failed: an unknown norm in a catalogue that did not parse would be noise.
//
// A pack with a base is the base with changes: an entry with the id of one of
// the base takes its place, `without` takes entries away, all else is added.
//
// Nothing in the folders of policies is skipped: a file there that is no
// `.cedar` file is an error, since a prohibition in a misnamed file would
// otherwise be missing without a word.

#include "policy/pack/pack.h"

#include <algorithm>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/validator.h"
#include "policy/pack/calendar.h"
#include "policy/pack/catalogue.h"
#include "policy/pack/pack_files.h"
#include "policy/pack/pack_layers.h"
#include "policy/pack/policy_checks.h"
#include "policy/pack/readings.h"

namespace tarazy {

struct Pack::Rep {
  Manifest manifest;
  std::string digest;
  std::vector<Norm> norms;
  std::vector<ObligationDef> obligation_defs;
  absl::flat_hash_map<std::string, size_t> norm_index;
  absl::flat_hash_map<std::string, size_t> obligation_index;
  std::vector<Reading> readings;
  std::shared_ptr<const WorkingDays> working_days;
  std::shared_ptr<const Schema> schema;
  ObjectionTerm own_objection_term;  // under the default readings
  ReadingChoice choice;
  std::string files_digest;
  PolicySet decision_policies;
  PolicySet obligation_policies;
  std::unique_ptr<const Program> decision;
  std::unique_ptr<const Program> obligations;
  std::vector<PolicyLinks> decision_links;
  std::vector<PolicyLinks> obligation_links;
};

namespace {

void Error(const Source& source, const Span& span, absl::string_view code,
           std::string message, std::string help, Diagnostics* diagnostics) {
  diagnostics->push_back({Severity::kError, absl::StrCat("pack/", code),
                          std::string(source.name()), span, std::move(message),
                          std::move(help)});
}

// Whether a context of the schema has a fact at `path`; `type` (may be null)
// takes its type.
bool SchemaHas(const Schema& schema, absl::string_view path, TypePtr* type) {
  const auto find = [&](TypePtr record, absl::string_view rest) {
    while (record != nullptr && record->kind == TypeKind::kRecord) {
      const size_t dot = rest.find('.');
      const AttributeType* attribute =
          record->FindAttribute(rest.substr(0, dot));
      if (attribute == nullptr) return false;
      if (dot == absl::string_view::npos) {
        if (type != nullptr) *type = attribute->type;
        return true;
      }
      record = attribute->type;
      rest.remove_prefix(dot + 1);
    }
    return false;
  };
  constexpr absl::string_view kContext = "context.";
  if (path.substr(0, kContext.size()) != kContext) return false;
  for (const SchemaAction& action : schema.actions()) {
    if (find(action.context, path.substr(kContext.size()))) return true;
  }
  return false;
}

const std::string& IdOf(const Reading& reading) { return reading.id; }
const std::string& IdOf(const Norm& norm) { return norm.id; }
const std::string& IdOf(const ObligationDef& def) { return def.id; }
// Of a policy that has none, "": it replaces nothing and is told later.
std::string IdOf(const Policy& policy) {
  const std::string* id = policy.annotation("id");
  return id == nullptr ? "" : *id;
}
template <typename T>
std::string IdOf(const Placed<T>& placed) {
  return IdOf(placed.value);
}

// Lays the entries of a layer over those of its base. Entries of one layer
// that have the same id do not replace each other: both stay, to be told.
template <typename T>
void Overlay(std::vector<T> own, std::vector<T>* all) {
  std::vector<bool> replaced(all->size());
  for (T& entry : own) {
    const std::string id = IdOf(entry);
    size_t i = 0;
    while (i < replaced.size() &&
           (replaced[i] || id.empty() || IdOf((*all)[i]) != id)) {
      ++i;
    }
    if (i < replaced.size()) {
      (*all)[i] = std::move(entry);
      replaced[i] = true;
    } else {
      all->push_back(std::move(entry));
    }
  }
}

// Takes entries of the base away. False for an id that it does not have.
template <typename T>
bool Remove(const std::string& id, std::vector<T>* all) {
  const auto found = std::find_if(all->begin(), all->end(),
                                  [&](const T& e) { return IdOf(e) == id; });
  if (found == all->end()) return false;
  all->erase(found);
  return true;
}

// Compiles what the choice of readings leaves of one of the two sets and links
// its policies to the catalogues.
std::unique_ptr<const Program> Build(const PolicySet& set, const Pack& pack,
                                     std::vector<PolicyLinks>* links,
                                     Diagnostics* diagnostics) {
  CompileOptions options;
  options.schema = &pack.schema();
  std::unique_ptr<const Program> program =
      Program::Compile(UnderReadings(set, pack.choice()), options, diagnostics);
  if (program == nullptr) return nullptr;
  for (const PolicyInfo& policy : program->policies()) {
    links->push_back(LinkPolicy(policy, pack, *program));
  }
  return program;
}

}  // namespace

Pack::Pack() : rep_(new Rep) {}
Pack::~Pack() = default;

// The steps of a load; a false return ends it.
class PackLoader {
 public:
  PackLoader(Pack* pack, PackLayers* layers, Diagnostics* diagnostics)
      : pack_(pack),
        rep_(*pack->rep_),
        layers_(layers->files),
        manifests_(layers->manifests),
        diagnostics_(diagnostics) {}

  bool ReadCatalogues() {
    for (size_t i = 0; i < layers_.size(); ++i) LayCatalogues(i);
    for (const Placed<Norm>& norm : norms_) {
      rep_.norm_index[norm.value.id] = rep_.norms.size();
      rep_.norms.push_back(norm.value);
    }
    for (const Placed<ObligationDef>& def : obligations_) {
      rep_.obligation_index[def.value.id] = rep_.obligation_defs.size();
      rep_.obligation_defs.push_back(def.value);
    }
    for (const Placed<Reading>& reading : readings_) {
      rep_.readings.push_back(reading.value);
    }
    bool working_days = rep_.manifest.objection_term.working_days;
    for (const Reading& reading : rep_.readings) {
      for (const ReadingAlternative& alternative : reading.alternatives) {
        working_days |= alternative.objection_term &&
                        alternative.objection_term->working_days;
      }
    }
    if (working_days && rep_.working_days == nullptr) {
      Error(layers_.back()->manifest, {0, 1}, "missing-file",
            "the objection term counts working days and the pack has no "
            "`calendar.yaml`",
            "", diagnostics_);
    }
    if (HasErrors(*diagnostics_)) return false;
    CheckCalendar();
    CheckNormReferences();
    rep_.schema = Schema::ParseText(*schema_, diagnostics_);
    if (rep_.schema != nullptr) CheckFactReferences();
    return rep_.schema != nullptr;
  }

  bool ReadPolicies() {
    bool good = true;
    for (size_t i = 0; i < layers_.size(); ++i) {
      for (const Placed<std::string>& id : manifests_[i].without_policies) {
        if (!Remove(id.value, &decision_.policies) &&
            !Remove(id.value, &duties_.policies)) {
          NothingToRemove("policy", id);
        }
      }
      good &= LayPolicies(layers_[i]->decision, &decision_);
      good &= LayPolicies(layers_[i]->obligation, &duties_);
    }
    std::set<std::string> ids;
    CheckPolicies(PolicyRole::kDecision, *pack_, &decision_, &ids,
                  diagnostics_);
    CheckPolicies(PolicyRole::kObligation, *pack_, &duties_, &ids,
                  diagnostics_);
    if (!good) return false;  // half a tree would be checked against nothing
    if (decision_.policies.empty()) {
      Error(layers_.back()->manifest, {0, 1}, "no-policies",
            "the pack has no decision policies", "put them in decision/*.cedar",
            diagnostics_);
    }
    CheckReadings();
    ValidatePolicies(decision_, *rep_.schema, ValidationMode::kStrict,
                     diagnostics_);
    ValidatePolicies(duties_, *rep_.schema, ValidationMode::kStrict,
                     diagnostics_);
    // A prohibition that nothing can meet would be taken for one that stands.
    for (Diagnostic& diagnostic : *diagnostics_) {
      if (diagnostic.code == "validate/impossible") {
        diagnostic.severity = Severity::kError;
      }
    }
    return !HasErrors(*diagnostics_);
  }

  bool Compile() {
    rep_.own_objection_term = rep_.manifest.objection_term;
    rep_.files_digest = PackDigest(layers_);
    rep_.digest = rep_.files_digest;
    rep_.decision_policies = std::move(decision_);
    rep_.obligation_policies = std::move(duties_);
    return pack_->CompileBoth(diagnostics_);
  }

 private:
  // What a layer says, over what its base says.
  void LayCatalogues(size_t i) {
    const PackFiles& files = *layers_[i];
    const Manifest& manifest = manifests_[i];
    rep_.manifest = manifest;
    TakeAway("norm", manifest.without_norms, &norms_);
    TakeAway("obligation", manifest.without_obligations, &obligations_);
    TakeAway("reading", manifest.without_readings, &readings_);
    if (!files.norms.name().empty()) {
      Overlay(ReadNorms(files.norms, diagnostics_), &norms_);
    }
    if (!files.obligations.name().empty()) {
      Overlay(ReadObligations(files.obligations, diagnostics_), &obligations_);
    }
    Overlay(manifest.readings, &readings_);
    if (!files.calendar.name().empty()) {
      rep_.working_days = ReadCalendar(files.calendar, diagnostics_);
    }
    if (!files.schema.name().empty()) schema_ = &files.schema;
    if (manifest.schema != files.schema_name &&
        (i == 0 || !manifest.schema.empty() || !files.schema_name.empty())) {
      Error(
          files.manifest, {0, 1}, "missing-file",
          absl::StrCat("the schema `", manifest.schema, "` is not in the pack"),
          absl::StrCat("the pack holds `", files.schema_name, "`"),
          diagnostics_);
    }
  }

  bool LayPolicies(const std::vector<Source>& files, PolicySet* all) {
    bool good = true;
    PolicySet own;
    for (const Source& file : files) {
      ParseOptions options;
      options.first_id = static_cast<uint32_t>(own.policies.size());
      good &= ParsePolicies(file, options, &own, diagnostics_);
    }
    Overlay(std::move(own.policies), &all->policies);
    for (Policy& t : own.templates) all->templates.push_back(std::move(t));
    return good;
  }

  template <typename T>
  void TakeAway(absl::string_view what,
                const std::vector<Placed<std::string>>& ids,
                std::vector<Placed<T>>* all) {
    for (const Placed<std::string>& id : ids) {
      if (!Remove(id.value, all)) NothingToRemove(what, id);
    }
  }

  void NothingToRemove(absl::string_view what, const Placed<std::string>& id) {
    Error(*id.source, id.span, "nothing-to-remove",
          absl::StrCat("the base has no ", what, " `", id.value, "`"), "",
          diagnostics_);
  }

  template <typename T>
  void CheckNorm(const std::string& norm, const std::string& what,
                 const Placed<T>& place) {
    if (norm.empty() || pack_->FindNorm(norm) != nullptr) return;
    std::vector<absl::string_view> known;
    for (const Norm& n : rep_.norms) known.push_back(n.id);
    Error(*place.source, place.span, "unknown-norm",
          absl::StrCat("norm `", norm, "` of ", what, " is not in norms.yaml"),
          DidYouMean(norm, known), diagnostics_);
  }

  // A limit that the calendar does not reach would be refused on the day that
  // it is needed: told at load for the edition's first day and its last.
  void CheckCalendar() {
    const ObjectionTerm& term = rep_.manifest.objection_term;
    if (!term.working_days) return;
    for (const int64_t at :
         {rep_.manifest.valid_from_ms, rep_.manifest.valid_to_ms - 1}) {
      if (at == INT64_MAX - 1) continue;  // no end is known
      const auto limit = WorkingDayLimit(at, term.days, *rep_.working_days);
      if (limit.ok()) continue;
      Error(layers_.back()->manifest, {0, 1}, "calendar-gap",
            absl::StrCat("the calendar `", rep_.working_days->version(),
                         "` does not cover the limits of objections received "
                         "on the edition's ",
                         at == rep_.manifest.valid_from_ms ? "first" : "last",
                         " day"),
            "it must reach from the first day to the limits of the last",
            diagnostics_);
    }
  }

  void CheckNormReferences() {
    for (const Placed<Norm>& norm : norms_) {
      for (const std::string& id : norm.value.decided_by) {
        CheckNorm(id, absl::StrCat("`decided_by` of ", norm.value.id), norm);
      }
    }
    for (const Placed<ObligationDef>& def : obligations_) {
      CheckNorm(def.value.norm, absl::StrCat("obligation `", def.value.id, "`"),
                def);
    }
    for (const Placed<Reading>& reading : readings_) {
      for (const std::string& id : reading.value.norms) {
        CheckNorm(id, absl::StrCat("reading `", reading.value.id, "`"),
                  reading);
      }
    }
  }

  void CheckReadings() {
    std::vector<std::string> used;
    CheckReadingUses(decision_, rep_.readings, &used, diagnostics_);
    CheckReadingUses(duties_, rep_.readings, &used, diagnostics_);
    for (const Placed<Reading>& reading : readings_) {
      for (const ReadingAlternative& alternative : reading.value.alternatives) {
        if (alternative.id.empty() || alternative.objection_term) continue;
        const std::string name =
            absl::StrCat(reading.value.id, "=", alternative.id);
        if (std::find(used.begin(), used.end(), name) != used.end()) continue;
        diagnostics_->push_back(
            {Severity::kWarning, "pack/idle-alternative",
             std::string(reading.source->name()), reading.span,
             absl::StrCat("alternative `", alternative.id, "` of reading `",
                          reading.value.id, "` changes nothing"),
             "no policy asks for it; leave its id out"});
      }
    }
  }

  void CheckFactReferences() {
    for (const Placed<Norm>& norm : norms_) {
      for (const std::string& fact : norm.value.facts) {
        if (SchemaHas(*rep_.schema, fact, nullptr)) continue;
        Error(*norm.source, norm.span, "unknown-fact",
              absl::StrCat("fact `", fact, "` of norm `", norm.value.id,
                           "` is in no context of the schema"),
              "", diagnostics_);
      }
    }
    for (const Placed<ObligationDef>& def : obligations_) {
      if (def.value.due.kind != DueRule::Kind::kFact) continue;
      TypePtr type;
      if (SchemaHas(*rep_.schema, def.value.due.fact, &type) &&
          type->kind == TypeKind::kExtension && type->extension == "datetime") {
        continue;
      }
      Error(*def.source, def.span, "unknown-fact",
            absl::StrCat("`due` of obligation `", def.value.id, "` names `",
                         def.value.due.fact,
                         "`, which is no datetime of the schema"),
            "", diagnostics_);
    }
  }

  Pack* const pack_;
  Pack::Rep& rep_;
  const std::vector<std::unique_ptr<const PackFiles>>& layers_;
  const std::vector<Manifest>& manifests_;
  Diagnostics* const diagnostics_;
  std::vector<Placed<Norm>> norms_;
  std::vector<Placed<ObligationDef>> obligations_;
  std::vector<Placed<Reading>> readings_;
  const Source* schema_ = nullptr;
  PolicySet decision_;
  PolicySet duties_;
};

std::shared_ptr<const Pack> Pack::Load(const std::string& directory,
                                       Diagnostics* diagnostics,
                                       std::string* text) {
  return Load(PackTree::Disk(), directory, diagnostics, text);
}

std::shared_ptr<const Pack> Pack::Load(const PackTree& tree,
                                       const std::string& directory,
                                       Diagnostics* diagnostics,
                                       std::string* text) {
  Diagnostics found;
  PackLayers layers;
  std::shared_ptr<Pack> pack(new Pack);
  PackLoader loader(pack.get(), &layers, &found);
  const bool good = ReadPackLayers(tree, directory, &layers, &found) &&
                    loader.ReadCatalogues() && loader.ReadPolicies() &&
                    loader.Compile() && !HasErrors(found);
  SortDiagnostics(&found);
  if (text != nullptr) {
    std::vector<const Source*> sources;
    for (const auto& layer : layers.files) {
      for (const Source* source : layer->Sources()) sources.push_back(source);
    }
    *text = FormatDiagnostics(found, sources);
  }
  diagnostics->insert(diagnostics->end(), found.begin(), found.end());
  return good ? pack : nullptr;
}

// All but the policies and what is compiled of them.
std::shared_ptr<Pack> Pack::Copy() const {
  std::shared_ptr<Pack> pack(new Pack);
  Rep& rep = *pack->rep_;
  rep.manifest = rep_->manifest;
  rep.own_objection_term = rep_->own_objection_term;
  rep.files_digest = rep_->files_digest;
  rep.choice = rep_->choice;
  rep.norms = rep_->norms;
  rep.obligation_defs = rep_->obligation_defs;
  rep.norm_index = rep_->norm_index;
  rep.obligation_index = rep_->obligation_index;
  rep.readings = rep_->readings;
  rep.working_days = rep_->working_days;
  rep.schema = rep_->schema;
  return pack;
}

bool Pack::CompileBoth(Diagnostics* diagnostics) {
  Rep& rep = *rep_;
  rep.decision =
      Build(rep.decision_policies, *this, &rep.decision_links, diagnostics);
  rep.obligations =
      Build(rep.obligation_policies, *this, &rep.obligation_links, diagnostics);
  return rep.decision != nullptr && rep.obligations != nullptr;
}

std::shared_ptr<const Pack> Pack::WithPolicies(PolicySet decision,
                                               PolicySet obligations,
                                               Diagnostics* diagnostics) const {
  std::shared_ptr<Pack> pack = Copy();
  pack->rep_->files_digest.clear();
  pack->rep_->decision_policies = std::move(decision);
  pack->rep_->obligation_policies = std::move(obligations);
  return pack->CompileBoth(diagnostics) ? pack : nullptr;
}

absl::StatusOr<std::shared_ptr<const Pack>> Pack::WithReadings(
    const ReadingChoice& choice) const {
  const absl::Status status = CheckChoice(*this, choice);
  if (!status.ok()) return status;
  std::shared_ptr<Pack> pack = Copy();
  Rep& rep = *pack->rep_;
  rep.choice.clear();
  rep.manifest.objection_term = rep_->own_objection_term;
  for (const Reading& reading : rep.readings) {
    const auto chosen = choice.find(reading.id);
    if (chosen == choice.end() || chosen->second == kDefaultReading) continue;
    rep.choice.insert(*chosen);
    for (const ReadingAlternative& alternative : reading.alternatives) {
      if (alternative.id == chosen->second && alternative.objection_term) {
        rep.manifest.objection_term = *alternative.objection_term;
      }
    }
  }
  rep.digest = DigestUnder(rep_->files_digest, rep.choice);
  rep.decision_policies.policies = rep_->decision_policies.policies;
  rep.obligation_policies.policies = rep_->obligation_policies.policies;
  Diagnostics diagnostics;
  if (!pack->CompileBoth(&diagnostics)) {
    return absl::InvalidArgumentError(
        absl::StrCat("pack `", id(), "` can't be used under these readings:\n",
                     FormatDiagnostics(diagnostics, {})));
  }
  return pack;
}

const ReadingChoice& Pack::choice() const { return rep_->choice; }

const PolicySet& Pack::decision_policies() const {
  return rep_->decision_policies;
}

const PolicySet& Pack::obligation_policies() const {
  return rep_->obligation_policies;
}

const std::string& Pack::id() const { return rep_->manifest.id; }
int Pack::version() const { return rep_->manifest.version; }
const std::string& Pack::edition() const { return rep_->manifest.edition; }
const Texts& Pack::title() const { return rep_->manifest.title; }
const std::string& Pack::digest() const { return rep_->digest; }
int64_t Pack::valid_from_ms() const { return rep_->manifest.valid_from_ms; }
int64_t Pack::valid_to_ms() const { return rep_->manifest.valid_to_ms; }
const Schema& Pack::schema() const { return *rep_->schema; }
const Program& Pack::decision() const { return *rep_->decision; }
const Program& Pack::obligations() const { return *rep_->obligations; }
const std::vector<Norm>& Pack::norms() const { return rep_->norms; }
const std::vector<Reading>& Pack::readings() const { return rep_->readings; }

const std::vector<PolicyLinks>& Pack::decision_links() const {
  return rep_->decision_links;
}

const std::vector<PolicyLinks>& Pack::obligation_links() const {
  return rep_->obligation_links;
}

const Norm* Pack::FindNorm(const std::string& id) const {
  const auto found = rep_->norm_index.find(id);
  return found == rep_->norm_index.end() ? nullptr
                                         : &rep_->norms[found->second];
}

const ObligationDef* Pack::FindObligation(const std::string& id) const {
  const auto found = rep_->obligation_index.find(id);
  return found == rep_->obligation_index.end()
             ? nullptr
             : &rep_->obligation_defs[found->second];
}

const ObjectionTerm& Pack::objection_term() const {
  return rep_->manifest.objection_term;
}

std::shared_ptr<const WorkingDays> Pack::working_days() const {
  return rep_->working_days;
}

}  // namespace tarazy
