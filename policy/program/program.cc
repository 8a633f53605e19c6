// Program::Compile: instances of policies in canonical order, their words
// numbered, each compiled to a block, the index built, the whole verified.

#include "policy/program/program.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/links.h"
#include "policy/cedar/schema.h"
#include "policy/program/canonical.h"
#include "policy/program/dump.h"
#include "policy/program/policy_compiler.h"
#include "policy/program/pools.h"
#include "policy/program/rep.h"
#include "policy/program/shared_conditions.h"
#include "policy/program/verifier.h"

namespace tarazy {
namespace {

// Passes recurse over trees up to this height; the parser allows less.
constexpr uint32_t kMaxHeight = 2000;

class ProgramCompiler {
 public:
  ProgramCompiler(const PolicySet& policies, const CompileOptions& options,
                  Diagnostics* diagnostics)
      : set_(policies), options_(options), diagnostics_(*diagnostics) {}

  // False, with diagnostics, on failure.
  bool Run(Program::Rep* rep);

 private:
  void Refuse(const Policy* policy, absl::string_view code,
              std::string message);
  void Collect();
  void CollectLinks();
  void Add(const PolicyInstance& instance);
  // Says what is wrong with the tree, if anything.
  void CheckTree(const PolicyInstance& instance);
  void Sort();
  void NumberNames(Program::Rep* rep);
  void NumberSchemaNames(const Schema& schema, Symbols* symbols);
  void BuildGroups(Program::Rep* rep);
  void CompilePolicies(Program::Rep* rep);
  void BuildIndex(Program::Rep* rep);

  const PolicySet& set_;
  const CompileOptions& options_;
  Diagnostics& diagnostics_;
  bool failed_ = false;
  std::vector<PolicyInstance> instances_;
};

void ProgramCompiler::Refuse(const Policy* policy, absl::string_view code,
                             std::string message) {
  failed_ = true;
  Diagnostic diagnostic;
  diagnostic.code = std::string(code);
  if (policy != nullptr) {
    diagnostic.source = policy->source;
    diagnostic.span = policy->span;
  }
  diagnostic.message = std::move(message);
  diagnostics_.push_back(std::move(diagnostic));
}

void ProgramCompiler::CheckTree(const PolicyInstance& instance) {
  const Policy& policy = *instance.policy;
  std::vector<uint32_t> height(policy.exprs.size(), 1);
  for (size_t i = 0; i < policy.exprs.size(); ++i) {
    const Expr& e = policy.exprs[i];
    for (ExprId arg : e.args) {
      if (arg >= i) {
        return Refuse(&policy, "compile/bad-tree",
                      absl::StrCat("the tree of policy `", instance.id(),
                                   "` is not in order"));
      }
      height[i] = std::max(height[i], height[arg] + 1);
    }
    if (height[i] > kMaxHeight) {
      return Refuse(
          &policy, "compile/too-deep",
          absl::StrCat("policy `", instance.id(), "` is nested deeper than ",
                       kMaxHeight, " levels"));
    }
    if (e.kind == ExprKind::kCall && !FindFunction(e.text)) {
      Refuse(&policy, "compile/unknown-function",
             absl::StrCat("`", e.text, "` is not a function"));
    }
  }
}

void ProgramCompiler::Add(const PolicyInstance& instance) {
  CheckTree(instance);
  instances_.push_back(instance);
}

void ProgramCompiler::CollectLinks() {
  absl::flat_hash_map<absl::string_view, const Policy*> templates;
  for (const Policy& policy : set_.templates) {
    templates.emplace(policy.id, &policy);
  }
  for (const TemplateLink& link : set_.links) {
    const auto found = templates.find(link.template_id);
    if (found == templates.end()) {
      Refuse(nullptr, "compile/unknown-template",
             absl::StrCat("link `", link.id, "` names template `",
                          link.template_id, "`, which is not there"));
      continue;
    }
    PolicyInstance instance;
    instance.policy = found->second;
    instance.link = &link;
    // A value without a slot is a constraint that would be lost.
    const std::string problem = LinkProblem(*found->second, link);
    if (!problem.empty()) {
      Refuse(found->second, "compile/slots",
             absl::StrCat("link `", link.id, "` ", problem));
      continue;
    }
    Add(instance);
  }
}

void ProgramCompiler::Collect() {
  if (set_.policies.size() + set_.links.size() > options_.max_policies) {
    return Refuse(nullptr, "compile/too-many-policies",
                  absl::StrCat("the set holds more than ",
                               options_.max_policies, " policies"));
  }
  for (const Policy& policy : set_.policies) {
    PolicyInstance instance;
    instance.policy = &policy;
    if (policy.is_template()) {
      Refuse(
          &policy, "compile/template",
          absl::StrCat("policy `", policy.id, "` has slots and is not linked"));
      continue;
    }
    Add(instance);
  }
  CollectLinks();
  absl::flat_hash_map<absl::string_view, bool> ids;
  for (const PolicyInstance& instance : instances_) {
    if (!ids.emplace(instance.id(), true).second) {
      Refuse(instance.policy, "compile/duplicate-id",
             absl::StrCat("two policies have the id `", instance.id(), "`"));
    }
  }
}

void ProgramCompiler::Sort() {
  struct Key {
    absl::string_view annotated;  // @id, so that listings read well
    std::string content;
    PolicyInstance instance;
  };
  static const std::string* const kNone = new std::string();
  std::vector<Key> keys;
  keys.reserve(instances_.size());
  for (const PolicyInstance& instance : instances_) {
    const std::string* annotated = kNone;
    for (const Annotation& annotation : instance.policy->annotations) {
      if (annotation.name == "id") annotated = &annotation.value;
    }
    keys.push_back({*annotated, ContentDigest(instance), instance});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    if (a.annotated != b.annotated) return a.annotated < b.annotated;
    if (a.content != b.content) return a.content < b.content;
    return a.instance.id() < b.instance.id();
  });
  for (size_t i = 0; i < keys.size(); ++i) instances_[i] = keys[i].instance;
}

void ProgramCompiler::NumberSchemaNames(const Schema& schema,
                                        Symbols* symbols) {
  for (const SchemaEntityType& type : schema.entity_types()) {
    symbols->AddType(type.name);
    for (const std::string& id : type.enum_ids) {
      symbols->AddEntity(type.name, id);
    }
  }
  for (const SchemaAction& action : schema.actions()) {
    symbols->AddEntity(action.uid.type, action.uid.id);
  }
}

void ProgramCompiler::NumberNames(Program::Rep* rep) {
  Symbols* symbols = &rep->symbols;
  if (options_.schema != nullptr) NumberSchemaNames(*options_.schema, symbols);
  for (const PolicyInstance& instance : instances_) {
    const Policy& policy = *instance.policy;
    for (const Var var : {Var::kPrincipal, Var::kResource}) {
      const ScopeConstraint& scope =
          var == Var::kPrincipal ? policy.principal : policy.resource;
      if (!scope.type.empty()) symbols->AddType(scope.type);
      for (const EntityUid* uid :
           {instance.Entity(scope, var), instance.Filled(var)}) {
        if (uid != nullptr) symbols->AddEntity(uid->type, uid->id);
      }
    }
    for (const EntityUid& uid : policy.action.entities) {
      symbols->AddEntity(uid.type, uid.id);
    }
    for (const Expr& e : policy.exprs) {
      if (e.kind == ExprKind::kEntity) symbols->AddEntity(e.text, e.text2);
      if (e.kind == ExprKind::kIs || e.kind == ExprKind::kIsIn) {
        symbols->AddType(e.text);
      }
    }
  }
  symbols->Seal();
}

void ProgramCompiler::BuildGroups(Program::Rep* rep) {
  std::vector<uint32_t> members;
  std::vector<std::vector<uint32_t>> ancestors;
  if (options_.schema != nullptr) {
    for (const SchemaAction& action : options_.schema->actions()) {
      if (action.ancestors.empty()) continue;
      const auto number = [&](const EntityUid& uid) {
        return rep->symbols.Find(uid.type, uid.id)->known;
      };
      members.push_back(number(action.uid));
      ancestors.emplace_back();
      for (const EntityUid& uid : action.ancestors) {
        ancestors.back().push_back(number(uid));
      }
    }
  }
  rep->groups.Build(rep->symbols.entities().size(), members, ancestors);
}

void ProgramCompiler::CompilePolicies(Program::Rep* rep) {
  Pools pools(rep);
  pools.Actions(ActionSet());  // number 0
  SharedConditions shared(&pools, options_);
  for (const PolicyInstance& instance : instances_) shared.Count(instance);
  rep->policies.reserve(instances_.size());
  rep->scopes.reserve(instances_.size());
  rep->blocks.reserve(instances_.size());
  for (const PolicyInstance& instance : instances_) {
    PolicyScope scope;
    CodeBlock block;
    std::string problem;
    PolicyCompiler compiler(&pools, instance, &shared, options_);
    if (!compiler.Run(&scope, &block, &problem) || !shared.problem().empty()) {
      if (problem.empty()) problem = shared.problem();
      Refuse(instance.policy, "compile/too-large",
             absl::StrCat("policy `", instance.id(), "` needs more than ",
                          options_.max_instructions_per_policy, " ", problem));
      continue;
    }
    PolicyInfo info;
    info.id = instance.id();
    info.effect = instance.policy->effect;
    info.annotations = instance.policy->annotations;
    rep->policies.push_back(std::move(info));
    rep->scopes.push_back(scope);
    rep->blocks.push_back(block);
  }
}

void ProgramCompiler::BuildIndex(Program::Rep* rep) {
  rep->index.Build(rep->scopes, rep->action_sets, rep->groups,
                   rep->symbols.entities().size(), rep->symbols.types().size());
  rep->guards.Build(rep->code, rep->blocks, rep->constants,
                    rep->index.LeafPolicies());
}

bool ProgramCompiler::Run(Program::Rep* rep) {
  Collect();
  if (failed_) return false;
  Sort();
  NumberNames(rep);
  BuildGroups(rep);
  CompilePolicies(rep);
  if (failed_) return false;
  rep->code.shrink_to_fit();
  absl::Status verified = VerifyProgram(*rep);
  if (verified.ok()) {
    BuildIndex(rep);
    verified = rep->guards.Verify(rep->code, rep->blocks, rep->constants,
                                  rep->index.LeafPolicies());
  }
  if (!verified.ok()) {
    Refuse(nullptr, "compile/not-verified", std::string(verified.message()));
    return false;
  }
  rep->digest = ProgramDigest(*rep);
  return true;
}

}  // namespace

std::string FactPath::ToString() const {
  constexpr const char* kRoots[] = {"principal", "action", "resource",
                                    "context"};
  std::string text = kRoots[static_cast<int>(root)];
  for (const std::string& attribute : attributes) {
    absl::StrAppend(&text, ".", attribute);
  }
  return text;
}

Program::Program(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Program::~Program() = default;

std::unique_ptr<const Program> Program::Compile(const PolicySet& policies,
                                                const CompileOptions& options,
                                                Diagnostics* diagnostics) {
  auto rep = std::make_unique<Rep>();
  if (!ProgramCompiler(policies, options, diagnostics).Run(rep.get())) {
    return nullptr;
  }
  return std::unique_ptr<const Program>(new Program(std::move(rep)));
}

const std::vector<PolicyInfo>& Program::policies() const {
  return rep_->policies;
}
const std::vector<FactPath>& Program::facts() const { return rep_->facts; }

const EntityName* Program::FindEntity(absl::string_view type,
                                      absl::string_view id) const {
  return rep_->symbols.Find(type, id);
}

uint32_t Program::FindType(absl::string_view type) const {
  return rep_->symbols.FindType(type);
}

const std::string& Program::digest() const { return rep_->digest; }

std::string Program::Dump() const { return DumpProgram(*rep_); }

uint64_t Program::CostBound() const { return rep_->code.size(); }

}  // namespace tarazy
