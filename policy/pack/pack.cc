// Loading goes in four steps, each of which tells all of its errors: read the
// files, read manifest and catalogues, parse and check the policies against
// them and against the schema, compile. A step that later ones stand on ends
// the load when it failed: an unknown norm in a catalogue that did not parse
// would be noise.
//
// Nothing in the folders of policies is skipped: a file there that is no
// `.cedar` file is an error, since a prohibition in a misnamed file would
// otherwise be missing without a word.

#include "policy/pack/pack.h"

#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/validator.h"
#include "policy/pack/catalogue.h"
#include "policy/pack/pack_files.h"
#include "policy/pack/policy_checks.h"

namespace tarazy {

struct Pack::Rep {
  Manifest manifest;
  std::string digest;
  std::vector<Norm> norms;
  std::vector<ObligationDef> obligation_defs;
  absl::flat_hash_map<std::string, size_t> norm_index;
  absl::flat_hash_map<std::string, size_t> obligation_index;
  std::vector<Reading> readings;
  std::unique_ptr<const Schema> schema;
  std::unique_ptr<const Program> decision;
  std::unique_ptr<const Program> obligations;
  std::vector<PolicyLinks> decision_links;
  std::vector<PolicyLinks> obligation_links;
};

namespace {

void Error(const Source& source, const Span& span, absl::string_view code,
           std::string message, std::string help, Diagnostics* diagnostics) {
  diagnostics->push_back({Severity::kError, absl::StrCat("pack/", code),
                          std::string(source.name()), span,
                          std::move(message), std::move(help)});
}

// Norms that catalogues and readings name exist.
class NormReferences {
 public:
  NormReferences(const Pack& pack, Diagnostics* diagnostics)
      : pack_(pack), diagnostics_(diagnostics) {
    for (const Norm& norm : pack.norms()) known_.push_back(norm.id);
  }

  void Check(const std::string& norm, const std::string& what,
             const Source& source, const Span& span) {
    if (norm.empty() || pack_.FindNorm(norm) != nullptr) return;
    Error(source, span, "unknown-norm",
          absl::StrCat("norm `", norm, "` of ", what, " is not in norms.yaml"),
          DidYouMean(norm, known_), diagnostics_);
  }

 private:
  const Pack& pack_;
  Diagnostics* diagnostics_;
  std::vector<absl::string_view> known_;
};

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

bool ParseAll(const std::vector<Source>& files, PolicySet* set,
              Diagnostics* diagnostics) {
  bool good = true;
  for (const Source& file : files) {
    ParseOptions options;
    options.first_id = static_cast<uint32_t>(set->policies.size());
    good &= ParsePolicies(file, options, set, diagnostics);
  }
  return good;
}

// Compiles one of the two sets and links its policies to the catalogues.
std::unique_ptr<const Program> Build(const PolicySet& set, const Pack& pack,
                                     std::vector<PolicyLinks>* links,
                                     Diagnostics* diagnostics) {
  CompileOptions options;
  options.schema = &pack.schema();
  std::unique_ptr<const Program> program =
      Program::Compile(set, options, diagnostics);
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
  PackLoader(Pack* pack, const PackFiles& files, Diagnostics* diagnostics)
      : pack_(pack),
        rep_(*pack->rep_),
        files_(files),
        diagnostics_(diagnostics) {}

  bool ReadCatalogues() {
    rep_.manifest = ReadManifest(files_.manifest, diagnostics_);
    if (!rep_.manifest.schema.empty() &&
        rep_.manifest.schema != files_.schema_name) {
      Error(files_.manifest, {0, 1}, "missing-file",
            absl::StrCat("the schema `", rep_.manifest.schema,
                         "` is not in the pack"),
            absl::StrCat("the pack holds `", files_.schema_name, "`"),
            diagnostics_);
    }
    norms_ = ReadNorms(files_.norms, diagnostics_);
    obligations_ = ReadObligations(files_.obligations, diagnostics_);
    for (const Placed<Norm>& norm : norms_) {
      rep_.norm_index[norm.value.id] = rep_.norms.size();
      rep_.norms.push_back(norm.value);
    }
    for (const Placed<ObligationDef>& def : obligations_) {
      rep_.obligation_index[def.value.id] = rep_.obligation_defs.size();
      rep_.obligation_defs.push_back(def.value);
    }
    for (const Placed<Reading>& reading : rep_.manifest.readings) {
      rep_.readings.push_back(reading.value);
    }
    if (HasErrors(*diagnostics_)) return false;
    CheckNormReferences();
    rep_.schema = Schema::ParseText(files_.schema, diagnostics_);
    if (rep_.schema != nullptr) CheckFactReferences();
    return rep_.schema != nullptr;
  }

  bool ReadPolicies() {
    bool good = ParseAll(files_.decision, &decision_, diagnostics_);
    good &= ParseAll(files_.obligation, &duties_, diagnostics_);
    std::set<std::string> ids;
    CheckPolicies(PolicyRole::kDecision, *pack_, &decision_, &ids,
                  diagnostics_);
    CheckPolicies(PolicyRole::kObligation, *pack_, &duties_, &ids,
                  diagnostics_);
    if (good && decision_.policies.empty()) {
      Error(files_.manifest, {0, 1}, "no-policies",
            "the pack has no decision policies", "put them in decision/*.cedar",
            diagnostics_);
    }
    if (!good) return false;  // half a tree would be checked against nothing
    ValidatePolicies(decision_, *rep_.schema, ValidationMode::kStrict,
                     diagnostics_);
    ValidatePolicies(duties_, *rep_.schema, ValidationMode::kStrict,
                     diagnostics_);
    return !HasErrors(*diagnostics_);
  }

  bool Compile() {
    rep_.decision =
        Build(decision_, *pack_, &rep_.decision_links, diagnostics_);
    rep_.obligations =
        Build(duties_, *pack_, &rep_.obligation_links, diagnostics_);
    rep_.digest = files_.Digest();
    return rep_.decision != nullptr && rep_.obligations != nullptr;
  }

 private:
  void CheckNormReferences() {
    NormReferences references(*pack_, diagnostics_);
    for (const Placed<Norm>& norm : norms_) {
      for (const std::string& id : norm.value.decided_by) {
        references.Check(id, absl::StrCat("`decided_by` of ", norm.value.id),
                         files_.norms, norm.span);
      }
    }
    for (const Placed<ObligationDef>& def : obligations_) {
      references.Check(def.value.norm,
                       absl::StrCat("obligation `", def.value.id, "`"),
                       files_.obligations, def.span);
    }
    for (const Placed<Reading>& reading : rep_.manifest.readings) {
      for (const std::string& id : reading.value.norms) {
        references.Check(id, absl::StrCat("reading `", reading.value.id, "`"),
                         files_.manifest, reading.span);
      }
    }
  }

  void CheckFactReferences() {
    for (const Placed<Norm>& norm : norms_) {
      for (const std::string& fact : norm.value.facts) {
        if (SchemaHas(*rep_.schema, fact, nullptr)) continue;
        Error(files_.norms, norm.span, "unknown-fact",
              absl::StrCat("fact `", fact, "` of norm `", norm.value.id,
                           "` is in no context of the schema"),
              "", diagnostics_);
      }
    }
    for (const Placed<ObligationDef>& def : obligations_) {
      if (def.value.due.kind != DueRule::Kind::kFact) continue;
      TypePtr type;
      if (SchemaHas(*rep_.schema, def.value.due.fact, &type) &&
          type->kind == TypeKind::kExtension &&
          type->extension == "datetime") {
        continue;
      }
      Error(files_.obligations, def.span, "unknown-fact",
            absl::StrCat("`due` of obligation `", def.value.id, "` names `",
                         def.value.due.fact,
                         "`, which is no datetime of the schema"),
            "", diagnostics_);
    }
  }

  Pack* const pack_;
  Pack::Rep& rep_;
  const PackFiles& files_;
  Diagnostics* const diagnostics_;
  std::vector<Placed<Norm>> norms_;
  std::vector<Placed<ObligationDef>> obligations_;
  PolicySet decision_;
  PolicySet duties_;
};

std::shared_ptr<const Pack> Pack::Load(const std::string& directory,
                                       Diagnostics* diagnostics,
                                       std::string* text) {
  Diagnostics found;
  std::shared_ptr<Pack> pack(new Pack);
  const std::unique_ptr<const PackFiles> files =
      PackFiles::Read(directory, &found);
  bool good = files != nullptr;
  if (good) {
    PackLoader loader(pack.get(), *files, &found);
    good = loader.ReadCatalogues() && loader.ReadPolicies() &&
           loader.Compile();
  }
  good = good && !HasErrors(found);
  SortDiagnostics(&found);
  if (text != nullptr) {
    *text = FormatDiagnostics(found, files == nullptr
                                         ? std::vector<const Source*>()
                                         : files->Sources());
  }
  diagnostics->insert(diagnostics->end(), found.begin(), found.end());
  return good ? pack : nullptr;
}

const std::string& Pack::id() const { return rep_->manifest.id; }
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

}  // namespace tarazy
