#include "policy/eval/explain.h"

#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "policy/eval/authorizer.h"
#include "policy/program/dump.h"
#include "policy/program/rep.h"

namespace tarazy {
namespace {

// The id of a policy cut off after its first `conditions` conditions.
std::string StepId(size_t entry, size_t conditions) {
  return absl::StrCat(entry, "/", conditions);
}

Policy Cut(const Policy& policy, size_t conditions, std::string id) {
  Policy cut = policy;
  cut.id = std::move(id);
  cut.conditions.resize(conditions);
  return cut;
}

TemplateLink LinkTo(const TemplateLink& link, const std::string& id) {
  TemplateLink made;
  made.id = id;
  made.template_id = absl::StrCat("template ", id);
  if (link.principal) {
    made.principal = std::make_unique<EntityUid>(*link.principal);
  }
  if (link.resource) {
    made.resource = std::make_unique<EntityUid>(*link.resource);
  }
  return made;
}

void AddSlots(const Program::Rep& rep, const CodeBlock& block,
              std::set<uint32_t>* slots) {
  for (uint32_t at = block.begin; at < block.end; ++at) {
    const Inst& inst = rep.code[at];
    const OpInfo& info = Info(inst.op);
    if (inst.op == Op::kCondition) {
      AddSlots(rep, rep.conditions[inst.a], slots);
    }
    for (const auto& field :
         {std::make_pair(info.a, inst.a), std::make_pair(info.b, inst.b)}) {
      if (field.first == Field::kSlot) slots->insert(field.second);
      if (field.first == Field::kOperand &&
          KindOf(field.second) == OperandKind::kSlot) {
        slots->insert(IndexOf(field.second));
      }
    }
  }
}

// The slots that a policy's code asks for.
std::set<uint32_t> SlotsOf(const Program::Rep& rep, uint32_t policy) {
  std::set<uint32_t> slots;
  AddSlots(rep, rep.blocks[policy], &slots);
  return slots;
}

}  // namespace

std::unique_ptr<const Explainer> Explainer::Create(
    const PolicySet& policies, const CompileOptions& options,
    Diagnostics* diagnostics) {
  std::unique_ptr<Explainer> explainer(new Explainer());
  PolicySet steps;
  for (const Policy& policy : policies.policies) {
    const size_t entry = explainer->entries_.size();
    explainer->entries_.push_back({policy.id, &policy});
    for (size_t n = 0; n <= policy.conditions.size(); ++n) {
      steps.policies.push_back(Cut(policy, n, StepId(entry, n)));
    }
  }
  for (const TemplateLink& link : policies.links) {
    for (const Policy& policy : policies.templates) {
      if (policy.id != link.template_id) continue;
      const size_t entry = explainer->entries_.size();
      explainer->entries_.push_back({link.id, &policy});
      for (size_t n = 0; n <= policy.conditions.size(); ++n) {
        TemplateLink step = LinkTo(link, StepId(entry, n));
        steps.templates.push_back(Cut(policy, n, step.template_id));
        steps.links.push_back(std::move(step));
      }
    }
  }
  explainer->program_ = Program::Compile(steps, options, diagnostics);
  if (explainer->program_ == nullptr) return nullptr;
  return explainer;
}

std::vector<PolicyExplanation> Explainer::Explain(
    const Request& request) const {
  GeneralFacts facts(&request);
  return Explain(ScopeOf(request), &facts);
}

std::vector<PolicyExplanation> Explainer::Explain(const ScopeRequest& scope,
                                                  FactReader* facts) const {
  Evaluation evaluation;
  Evaluate(*program_, scope, facts, &evaluation);
  absl::flat_hash_map<std::string, const PolicyError*> errors;
  std::set<std::string> satisfied;
  absl::flat_hash_map<std::string, uint32_t> numbers;
  const auto& infos = program_->policies();
  for (uint32_t i = 0; i < infos.size(); ++i) numbers.emplace(infos[i].id, i);
  for (uint32_t i : evaluation.permits()) satisfied.insert(infos[i].id);
  for (uint32_t i : evaluation.forbids()) satisfied.insert(infos[i].id);
  for (const PolicyError& e : evaluation.errors()) {
    errors.emplace(infos[e.policy].id, &e);
  }
  std::vector<PolicyExplanation> explanations;
  for (size_t entry = 0; entry < entries_.size(); ++entry) {
    const Policy& policy = *entries_[entry].policy;
    PolicyExplanation explanation;
    explanation.id = entries_[entry].id;
    explanation.effect = policy.effect;
    explanation.outcome = PolicyExplanation::Outcome::kSatisfied;
    for (size_t n = 0; n <= policy.conditions.size(); ++n) {
      const std::string step = StepId(entry, n);
      const auto error = errors.find(step);
      explanation.condition = static_cast<uint32_t>(n == 0 ? 0 : n - 1);
      if (error != errors.end()) {
        explanation.outcome = PolicyExplanation::Outcome::kError;
        explanation.error = std::string(Describe(error->second->code));
        if (error->second->slot != PolicyError::kNoSlot) {
          absl::StrAppend(&explanation.error, ": `",
                          program_->facts()[error->second->slot].ToString(),
                          "`");
        }
        break;
      }
      if (satisfied.count(step) == 0) {
        explanation.outcome = n == 0
                                  ? PolicyExplanation::Outcome::kOutOfScope
                                  : PolicyExplanation::Outcome::kNotSatisfied;
        break;
      }
    }
    if (explanation.outcome != PolicyExplanation::Outcome::kOutOfScope) {
      const auto slots = SlotsOf(
          program_->rep(), numbers[StepId(entry, policy.conditions.size())]);
      for (const Evaluation::Reading& reading : evaluation.readings()) {
        if (slots.count(reading.slot) == 0) continue;
        explanation.values.emplace_back(
            program_->facts()[reading.slot].ToString(),
            FormatValue(reading.value));
      }
    }
    explanations.push_back(std::move(explanation));
  }
  return explanations;
}

}  // namespace tarazy
