#include "server/command/pack/doc_model.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/policy_text.h"
#include "policy/pack/pack_files.h"
#include "policy/pack/pack_tree.h"
#include "policy/pack/readings.h"
#include "server/scenario/local_target.h"
#include "server/scenario/run.h"

namespace tarazy {
namespace {

// The texts of the files that policies stand in.
class PolicyTexts {
 public:
  absl::StatusOr<std::string> Of(const Policy& policy) {
    const auto [found, fresh] = files_.emplace(policy.source, "");
    if (fresh) {
      auto text =
          PackTree::Disk().Read(policy.source, PackFiles::kMaxFileBytes);
      if (!text.ok()) return text.status();
      found->second = *std::move(text);
    }
    const std::string& text = found->second;
    // The file has been changed since the pack was read.
    if (policy.span.end > text.size() || policy.span.begin > policy.span.end) {
      return absl::FailedPreconditionError(
          absl::StrCat("`", policy.source, "` has changed while it was read"));
    }
    return text.substr(policy.span.begin, policy.span.end - policy.span.begin);
  }

 private:
  std::map<std::string, std::string> files_;
};

std::vector<std::string> ReadingsOf(const Policy& policy, const Pack& pack) {
  PolicySet one;
  one.policies.push_back(policy);
  std::vector<std::string> used;
  Diagnostics diagnostics;
  CheckReadingUses(one, pack.readings(), &used, &diagnostics);
  std::set<std::string> ids;
  for (const std::string& use : used) ids.insert(use.substr(0, use.find('=')));
  return {ids.begin(), ids.end()};
}

absl::Status AddPolicies(const PolicySet& written, const PolicySet& applied,
                         const Program& program,
                         const std::vector<PolicyLinks>& links, bool duty,
                         PolicyTexts* texts, DocModel* model) {
  for (const Policy& policy : written.policies) {
    DocPolicy one;
    one.written = &policy;
    auto text = texts->Of(policy);
    if (!text.ok()) return text.status();
    one.text = *std::move(text);
    one.duty = duty;
    one.readings = ReadingsOf(policy, *model->pack);
    for (const Policy& other : applied.policies) {
      if (other.id == policy.id) one.applied = &other;
    }
    for (size_t i = 0; i < links.size(); ++i) {
      if (program.policies()[i].id == policy.id) one.links = links[i];
    }
    model->policies.push_back(std::move(one));
  }
  return absl::OkStatus();
}

absl::Status RunScenarios(const std::vector<Scenario>& scenarios,
                          DocModel* model) {
  const auto target = LocalTarget::Make(model->pack);
  if (!target.ok()) return target.status();
  for (const Scenario& scenario : scenarios) {
    DocScenario one;
    one.scenario = &scenario;
    one.differences = Prepare(scenario, target->get());
    auto answer = (*target)->Decide(scenario.request);
    if (answer.ok()) {
      one.answer = *std::move(answer);
      const auto differences = Differences(scenario.expected, one.answer);
      one.differences.insert(one.differences.end(), differences.begin(),
                             differences.end());
    } else {
      one.refused = std::string(answer.status().message());
      one.differences.push_back(one.refused);
    }
    if (!one.differences.empty()) ++model->different;
    model->scenarios.push_back(std::move(one));
  }
  return absl::OkStatus();
}

std::set<std::string> NormsCited(const v1::DecideResponse& answer) {
  std::set<std::string> norms;
  for (const v1::Reason& reason : answer.reasons()) {
    if (!reason.norm().empty()) norms.insert(reason.norm());
  }
  for (const v1::Obligation& duty : answer.obligations()) {
    norms.insert(duty.norm());
  }
  return norms;
}

void AddReading(const Reading* reading, DocNorm* norm) {
  auto& known = norm->readings;
  if (std::find(known.begin(), known.end(), reading) == known.end()) {
    known.push_back(reading);
  }
}

void AddNorm(const Norm& norm, DocModel* model) {
  DocNorm row;
  row.norm = &norm;
  for (const Reading& reading : model->pack->readings()) {
    if (std::find(reading.norms.begin(), reading.norms.end(), norm.id) !=
        reading.norms.end()) {
      AddReading(&reading, &row);
    }
  }
  for (size_t i = 0; i < model->policies.size(); ++i) {
    const DocPolicy& policy = model->policies[i];
    const std::string* id = policy.written->annotation("norm");
    if (id == nullptr || *id != norm.id) continue;
    row.policies.push_back(i);
    for (const Reading& reading : model->pack->readings()) {
      if (std::find(policy.readings.begin(), policy.readings.end(),
                    reading.id) != policy.readings.end()) {
        AddReading(&reading, &row);
      }
    }
  }
  for (const DocPolicy& policy : model->policies) {
    const ObligationDef* duty = policy.links.obligation;
    if (duty == nullptr || duty->norm != norm.id) continue;
    if (std::find(row.duties.begin(), row.duties.end(), duty) ==
        row.duties.end()) {
      row.duties.push_back(duty);
    }
  }
  model->norms.push_back(std::move(row));
}

}  // namespace

absl::StatusOr<std::unique_ptr<const DocModel>> MakeDocModel(
    std::shared_ptr<const Pack> of, const std::vector<Scenario>& scenarios) {
  auto model = std::make_unique<DocModel>();
  model->pack = std::move(of);
  const Pack& pack = *model->pack;
  model->decision = UnderReadings(pack.decision_policies(), pack.choice());
  model->obligations = UnderReadings(pack.obligation_policies(), pack.choice());
  PolicyTexts texts;
  absl::Status status =
      AddPolicies(pack.decision_policies(), model->decision, pack.decision(),
                  pack.decision_links(), false, &texts, model.get());
  if (!status.ok()) return status;
  status = AddPolicies(pack.obligation_policies(), model->obligations,
                       pack.obligations(), pack.obligation_links(), true,
                       &texts, model.get());
  if (!status.ok()) return status;
  status = RunScenarios(scenarios, model.get());
  if (!status.ok()) return status;

  std::map<std::string, size_t> numbers;
  for (const Norm& norm : pack.norms()) {
    numbers[norm.id] = model->norms.size();
    AddNorm(norm, model.get());
  }
  for (size_t i = 0; i < model->scenarios.size(); ++i) {
    const auto cited = NormsCited(model->scenarios[i].answer);
    for (const std::string& norm : cited) {
      const auto at = numbers.find(norm);
      if (at == numbers.end()) return absl::InternalError(norm);
      model->norms[at->second].scenarios.push_back(i);
    }
    if (cited.empty()) model->without_norm.push_back(i);
  }
  return std::unique_ptr<const DocModel>(std::move(model));
}

}  // namespace tarazy
