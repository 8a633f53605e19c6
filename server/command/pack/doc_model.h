// What the page of a pack tells of each norm, collected: its policies,
// readings, duties, and the scenarios whose answer cites it.
//
// Thread-safety: plain values.

#ifndef TARAZY_SERVER_COMMAND_PACK_DOC_MODEL_H_
#define TARAZY_SERVER_COMMAND_PACK_DOC_MODEL_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/pack/pack.h"
#include "server/scenario/scenario.h"

namespace tarazy {

struct DocPolicy {
  const Policy* written = nullptr;
  std::string text;  // as its author wrote it
  // Under the pack's readings; null: only an alternative needs it.
  const Policy* applied = nullptr;
  PolicyLinks links;  // where applied
  bool duty = false;
  std::vector<std::string> readings;  // that it asks for
};

struct DocScenario {
  const Scenario* scenario = nullptr;
  std::string refused;  // empty: it was answered
  v1::DecideResponse answer;
  // From what the scenario expects.
  std::vector<std::string> differences;
};

// Indexes are into the model's lists.
struct DocNorm {
  const Norm* norm = nullptr;
  std::vector<size_t> policies;
  std::vector<const Reading*> readings;
  std::vector<const ObligationDef*> duties;
  std::vector<size_t> scenarios;
};

struct DocModel {
  std::shared_ptr<const Pack> pack;
  PolicySet decision;  // what the readings leave
  PolicySet obligations;
  std::vector<DocPolicy> policies;
  std::vector<DocScenario> scenarios;
  std::vector<DocNorm> norms;        // in the catalogue's order
  std::vector<size_t> without_norm;  // scenarios whose answer cites none
  size_t different = 0;              // scenarios answered otherwise
};

// Runs all scenarios. `pack` and `scenarios` outlive the result. An error: a
// file of the pack can't be read, or the pack can't be carried out.
absl::StatusOr<std::unique_ptr<const DocModel>> MakeDocModel(
    std::shared_ptr<const Pack> pack, const std::vector<Scenario>& scenarios);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_DOC_MODEL_H_
