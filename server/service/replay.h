// Decides again what a record says was decided, from the record alone: its
// request, the state of the registers that was read, the clock.
//
// Under the law that decided, the same answer must come out bit for bit. Under
// another law, or the law of another instant, what changes is an answer to
// "what if".
//
// Thread-safety: a Replayer belongs to one thread.

#ifndef TARAZY_SERVER_SERVICE_REPLAY_H_
#define TARAZY_SERVER_SERVICE_REPLAY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/audit/salts.h"
#include "server/service/law_in_service.h"
#include "tarazy/v1/record.pb.h"

namespace tarazy {

struct ReplayOptions {
  // The packs among which the one that decided is found by its digest. With
  // `as_of_ms` they are the timeline.
  std::vector<std::shared_ptr<const Pack>> law;
  // What if this pack decided? Null: the one that did.
  std::shared_ptr<const Pack> instead;
  // What if the law of this instant decided, at this instant?
  absl::optional<int64_t> as_of_ms;
  // Opens sealed inputs; outlives the replayer. Null: they can't be opened.
  SaltStore* salts = nullptr;
};

struct Replayed {
  // Whether the whole record came out the same.
  bool same = false;
  v1::DecideResponse response;
};

class Replayer {
 public:
  // INVALID_ARGUMENT: the packs can't be used, or not together.
  static absl::StatusOr<std::unique_ptr<Replayer>> Make(ReplayOptions options);

  // INVALID_ARGUMENT: the record is a report of a duty, and no decision.
  // FAILED_PRECONDITION says what is missing: the pack that decided, personal
  // inputs that were erased, or, for another law, consents that the record had
  // no room for.
  absl::StatusOr<Replayed> Replay(const v1::DecisionRecord& record);

 private:
  explicit Replayer(ReplayOptions options) : options_(std::move(options)) {}
  absl::StatusOr<const LawInService*> LawFor(const v1::DecisionRecord& record);
  std::shared_ptr<const Pack> FindPack(const std::string& digest,
                                       const ReadingChoice& choice) const;

  const ReplayOptions options_;
  std::shared_ptr<const LawInService> other_;  // for "what if"
  // By the digests of the pack that decided and of the enacted one.
  std::map<std::string, std::shared_ptr<const LawInService>> by_digest_;
};

// What differs between records and their replays, counted.
class ReplayDifferences {
 public:
  // Keeps the ids of up to so many decisions beside each count.
  explicit ReplayDifferences(size_t examples = 0) : examples_(examples) {}

  struct ByNorm {
    // Answers that name the norm as a reason after and not before, and the
    // other way about.
    uint64_t appears = 0;
    uint64_t disappears = 0;
    // Of decisions whose effect changed and whose new answer names the norm.
    uint64_t permit_to_deny = 0;
    uint64_t deny_to_permit = 0;
    // Ids of the first decisions that any of these counts.
    std::vector<std::string> examples;
  };
  // Effect and outcome before and after.
  struct Turn {
    v1::Effect from_effect;
    v1::Outcome from;
    v1::Effect to_effect;
    v1::Outcome to;

    bool operator<(const Turn& o) const {
      return std::tie(from_effect, from, to_effect, to) <
             std::tie(o.from_effect, o.from, o.to_effect, o.to);
    }
  };
  struct Turned {
    uint64_t count = 0;
    std::vector<std::string> examples;
  };

  // True when the effect, the outcome or the reasons changed.
  bool Add(const v1::DecideResponse& before, const v1::DecideResponse& after);

  uint64_t replayed = 0;
  uint64_t changed = 0;
  uint64_t permit_to_deny = 0;
  uint64_t deny_to_permit = 0;
  // Reasons that no norm gives stand under their code.
  std::map<std::string, ByNorm> by_norm;
  // All that changed; where effect and outcome are the same, the reasons did.
  std::map<Turn, Turned> by_effect;

 private:
  void Keep(const std::string& id, std::vector<std::string>* examples) const;

  size_t examples_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_REPLAY_H_
