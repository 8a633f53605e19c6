#include "server/command/pack/trace.h"

#include <map>

#include "policy/cedar/policy_text.h"
#include "policy/pack/readings.h"
#include "policy/pack/timeline.h"
#include "policy/program/dump.h"

namespace tarazy {
namespace {

void TakeApart(const Policy& policy, const Condition& whole,
               std::vector<Condition>* conditions) {
  const Expr& e = policy.exprs[whole.body];
  if (e.kind != (whole.unless ? ExprKind::kOr : ExprKind::kAnd)) {
    conditions->push_back(whole);
    return;
  }
  for (const ExprId arg : e.args) {
    TakeApart(policy, {whole.unless, arg, policy.exprs[arg].span}, conditions);
  }
}

PolicySet TakenApart(PolicySet set) {
  for (Policy& policy : set.policies) {
    std::vector<Condition> conditions;
    for (const Condition& condition : policy.conditions) {
      TakeApart(policy, condition, &conditions);
    }
    policy.conditions = std::move(conditions);
  }
  return set;
}

std::string ValueText(const FactPath& path, const Value& value) {
  if (value.tag() == ValueTag::kDatetime) {
    return FormatAlmaty(value.as_number());
  }
  if (path.presence_only && !value.missing()) return "present";
  return FormatValue(value);
}

// Appends the traces of one policy set. `links` are parallel to the policies of
// `program`.
absl::Status Trace(const PolicySet& written, const Program& program,
                   const std::vector<PolicyLinks>& links, const Pack& pack,
                   const Binding& given, v1::Language language,
                   std::vector<PolicyTrace>* traces) {
  const PolicySet set = TakenApart(UnderReadings(written, pack.choice()));
  CompileOptions options;
  options.schema = &pack.schema();
  Diagnostics diagnostics;
  const auto explainer = Explainer::Create(set, options, &diagnostics);
  if (explainer == nullptr) {
    return absl::InternalError(FormatDiagnostics(diagnostics, {}));
  }
  const auto resolved = ResolvedProgram::Resolve(explainer->program());
  if (!resolved.ok()) return resolved.status();
  Binding binding = given;
  binding.names = &(*resolved)->names();
  BoundFacts facts(**resolved, binding);
  ResolvedProgram::ScopeNames names;
  const ScopeRequest scope = (*resolved)->Scope(*binding.request, &names);

  std::map<std::string, const PolicyLinks*> links_of;
  for (size_t i = 0; i < links.size(); ++i) {
    links_of[program.policies()[i].id] = &links[i];
  }
  std::map<std::string, std::string> values;
  const auto& paths = explainer->program().facts();
  for (uint32_t slot = 0; slot < paths.size(); ++slot) {
    values[paths[slot].ToString()] =
        ValueText(paths[slot], (*resolved)->Read(binding, slot));
  }
  const auto explained = explainer->Explain(scope, &facts);
  for (size_t i = 0; i < explained.size(); ++i) {
    const Policy& policy = set.policies[i];
    const auto link = links_of.find(policy.id);
    if (link == links_of.end()) {
      return absl::InternalError(policy.id + " is no policy of the pack");
    }
    PolicyTrace trace;
    trace.id = policy.id;
    trace.effect = policy.effect;
    trace.duty = link->second->obligation;
    trace.norm = link->second->norm;
    trace.outcome = explained[i].outcome;
    trace.error = explained[i].error;
    using Outcome = PolicyExplanation::Outcome;
    if (trace.outcome == Outcome::kNotSatisfied ||
        (trace.outcome == Outcome::kError && !policy.conditions.empty())) {
      const Condition& decided = policy.conditions[explained[i].condition];
      const auto text = ExprToText(policy.exprs, decided.body);
      if (!text.ok()) return text.status();
      trace.term = decided.unless ? "unless " + *text : *text;
      trace.plain = PlainExpression(policy.exprs, decided.body, !decided.unless,
                                    language);
    }
    for (const auto& value : explained[i].values) {
      trace.values.emplace_back(value.first, values[value.first]);
    }
    traces->push_back(std::move(trace));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<PolicyTrace>> TracePolicies(const PackInService& in,
                                                       const Binding& binding,
                                                       v1::Language language) {
  const Pack& pack = *in.pack;
  std::vector<PolicyTrace> traces;
  absl::Status status =
      Trace(pack.decision_policies(), pack.decision(), pack.decision_links(),
            pack, binding, language, &traces);
  if (!status.ok()) return status;
  status = Trace(pack.obligation_policies(), pack.obligations(),
                 pack.obligation_links(), pack, binding, language, &traces);
  if (!status.ok()) return status;
  return traces;
}

}  // namespace tarazy
