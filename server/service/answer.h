// What an answer says beside its effect: reasons, duties, missing facts.
//
// Collected while a decision is taken, sorted so that the same decision always
// reads the same, and written to the response in two steps: first what stands
// in the record, then the texts for people, which follow from the pack.
//
// The order: reasons by how specific their norm is (more parts in its id
// first), then by norm, code and policy; duties by id; facts by path.
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_SERVER_SERVICE_ANSWER_H_
#define TARAZY_SERVER_SERVICE_ANSWER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "policy/pack/pack.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

class Answer {
 public:
  void Clear();

  // `norm` may be null. What the views and pointers lead to lives until the
  // answer is cleared. Of several policies of one norm that lack a fact or
  // err, the first is told.
  void AddReason(absl::string_view code, const Norm* norm,
                 absl::string_view policy);
  // Of one duty from several policies, one stands: broken if any says so.
  void AddDuty(const ObligationDef* duty, absl::optional<int64_t> due_ms,
               bool breached);
  // Of one fact, the first policy that needed it is told.
  void AddMissing(std::string path, std::string field,
                  absl::string_view policy);

  // Sorts, and writes all but the texts.
  void WriteFacts(v1::DecideResponse* response);
  // After WriteFacts.
  void WriteTexts(v1::Language language, v1::DecideResponse* response) const;

 private:
  struct Why {
    absl::string_view code;
    const Norm* norm;
    absl::string_view policy;
  };
  struct Duty {
    const ObligationDef* def;
    absl::optional<int64_t> due_ms;
    bool breached;
  };
  struct Missing {
    std::string path;
    std::string field;
    absl::string_view policy;
  };

  std::vector<Why> reasons_;
  std::vector<Duty> duties_;
  std::vector<Missing> missing_;
};

// Codes of reasons that no policy gives.
constexpr char kMissingFact[] = "MISSING_FACT";
constexpr char kEvaluationError[] = "EVALUATION_ERROR";
constexpr char kNotPermitted[] = "NOT_PERMITTED";
constexpr char kEditionNotInForce[] = "EDITION_NOT_IN_FORCE";
constexpr char kStaleState[] = "STALE_STATE";

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_ANSWER_H_
