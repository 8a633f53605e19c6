// What an answer says beside its effect: reasons, duties, missing facts.
//
// Collected while a decision is taken, sorted so that the same decision always
// reads the same, and written as the encoded fields of a DecideResponse: once
// without the texts for people, for the record, and once with them. What
// follows from the pack alone, most of an answer, is encoded when the pack is
// loaded and copied from then on.
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
#include "server/service/remedy.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

// Reasons and duties of one pack, encoded beforehand. Immutable.
class AnswerParts {
 public:
  explicit AnswerParts(const Pack& pack);

  // Field `reasons` of DecideResponse for a decision policy. Without texts
  // where no language is stated.
  const std::string& Reason(uint32_t policy, v1::Language language) const {
    return reasons_[language][policy];
  }
  // The content of an Obligation but its `due` and `breached`, for an
  // obligation policy.
  const std::string& Duty(uint32_t policy, v1::Language language) const {
    return duties_[language][policy];
  }

 private:
  static constexpr int kLanguages = 4;  // LANGUAGE_UNSPECIFIED is none
  std::vector<std::string> reasons_[kLanguages];
  std::vector<std::string> duties_[kLanguages];
};

class Answer {
 public:
  void Clear();

  // What the views and pointers lead to lives until the answer is cleared.
  // The reason that decision policy `policy` gives.
  void AddReason(const Pack& pack, uint32_t policy);
  // A reason that no policy gives by itself; `norm` may be null. Of several
  // policies of one norm that lack a fact or err, the first is told.
  void AddReason(absl::string_view code, const Norm* norm,
                 absl::string_view policy);
  // The duty of obligation policy `policy`. Of one duty from several policies,
  // one stands: broken if any says so.
  void AddDuty(const Pack& pack, uint32_t policy,
               absl::optional<int64_t> due_ms);
  // Of one fact, the first policy that needed it is told.
  void AddMissing(std::string path, std::string field,
                  absl::string_view policy);

  // What would have to be true for a permit.
  void SetRequirements(const Pack& pack, std::vector<Requirement> requirements);

  // Before the following.
  void Sort();
  // Appends the encoded fields of a DecideResponse. LANGUAGE_UNSPECIFIED:
  // without texts.
  void Append(const AnswerParts& parts, v1::Language language,
              std::string* response) const;

 private:
  struct Why {
    absl::string_view code;
    const Norm* norm;
    absl::string_view policy;
    absl::optional<uint32_t> of_policy;
    long parts;  // of the norm: the more, the narrower it is
  };
  struct Duty {
    const ObligationDef* def;
    uint32_t policy;
    absl::optional<int64_t> due_ms;
    bool breached;
  };
  struct Missing {
    std::string path;
    std::string field;
    absl::string_view policy;
  };

  const Pack* pack_ = nullptr;  // of requirements_
  std::vector<Requirement> requirements_;
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
