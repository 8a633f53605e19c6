// A pack: one edition of the law as policies, with the catalogues that give
// its answers their words.
//
// A pack is a folder:
//   pack.yaml            manifest: id, edition, commencement, parameters
//   *.cedarschema        the facts; pack.yaml names the file
//   decision/*.cedar     the decision policies (permit, forbid)
//   obligations/*.cedar  the obligation policies (permit only)
//   norms.yaml           each norm: act, citation, summaries in kk, ru, en
//   obligations.yaml     each obligation: texts, addressee, due rule
//   calendar.yaml        days off, where limits count working days
//   scenarios/*.yaml     requests with the expected answer; not loaded
// A pack may be written as changes of another one beside it, its base.
// policy/pack/README.md documents each file's keys.
//
// Loading checks all of it: syntax, types against the schema, that each policy
// has an @id, an existing @norm, and that each obligation exists and each text
// is there in three languages. A pack with any error is not returned.
//
// Thread-safety: immutable after Load.

#ifndef TARAZY_POLICY_PACK_PACK_H_
#define TARAZY_POLICY_PACK_PACK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/program/program.h"

namespace tarazy {

class PackTree;     // policy/pack/pack_tree.h
class Schema;       // policy/cedar/schema.h
class WorkingDays;  // policy/pack/calendar.h

// A text in the three languages of the project.
struct Texts {
  std::string kk;
  std::string ru;
  std::string en;
};

// What a norm does.
enum class NormForm : uint8_t {
  kProhibition,
  kPermission,
  kObligation,
  kDefinition,    // facts carry it out
  kRepeal,        // citing it as a basis is refused
  kReference,     // other norms decide
  kCommencement,  // the manifest carries it out
  kBase,          // a norm that the edition does not change and needs
};

// One norm of the catalogue.
struct Norm {
  std::string id;        // "pd-2013/19-1/1"
  Texts act;             // short name of the act
  std::string citation;  // "19-1(1)"
  Texts summary;         // in our own words
  NormForm form = NormForm::kBase;
  // Where in the amending act it stands; empty: it does not.
  std::string source;
  // Half-open, in milliseconds since 1970 UTC.
  int64_t valid_from_ms = INT64_MIN;
  int64_t valid_to_ms = INT64_MAX;
  std::vector<std::string> facts;       // kDefinition: fact paths
  std::vector<std::string> decided_by;  // kReference: ids of norms
};

// When a duty falls due.
struct DueRule {
  enum class Kind : uint8_t {
    kNone,
    kFact,  // at the instant that fact `fact` holds
    kDays,  // `days` whole calendar days after the day of the decision, at
            // 24:00 in Almaty
  };
  Kind kind = Kind::kNone;
  std::string fact;
  int days = 0;
};

struct ObligationDef {
  std::string id;
  std::string norm;
  std::string addressee;
  Texts text;
  DueRule due;
};

// How the days of a statutory limit are counted. Source: pd-2013/19-1/3#1.
struct ObjectionTerm {
  int days = 3;
  bool working_days = false;
  // Whether the day of receipt is one of them.
  bool receipt_day_counts = false;
};

// What an ambiguous text could mean instead.
struct ReadingAlternative {
  // What it is chosen by; empty: it is written down and can't be chosen, since
  // no fact of the schema tells it apart.
  std::string id;
  std::string text;
  // Replaces the pack's where it is chosen.
  absl::optional<ObjectionTerm> objection_term;
};

// An ambiguity of the text and how the pack settles it.
struct Reading {
  std::string id;
  std::vector<std::string> norms;
  std::string question;
  std::string taken;
  std::vector<ReadingAlternative> alternatives;
};

// Chosen alternatives by reading; one that is not named has its default.
using ReadingChoice = std::map<std::string, std::string>;

// With which decisions a satisfied obligation policy counts.
enum class DutyWith : uint8_t { kPermit, kDeny, kAny };

// What a compiled policy of the pack refers to, resolved at load. Parallel to
// Program::policies().
struct PolicyLinks {
  std::string reason;                         // @reason; empty: none
  const Norm* norm = nullptr;                 // @norm
  const ObligationDef* obligation = nullptr;  // @obligation
  // @retry_after: the slot of the fact that says when to ask again.
  absl::optional<uint32_t> retry_after;
  // @on, of an obligation policy.
  DutyWith on = DutyWith::kPermit;
  // @breach: the satisfied policy means that the duty is already broken.
  bool breach = false;
};

class Pack {
 public:
  ~Pack();

  // Null, with the reasons in `diagnostics`, when anything is wrong. `text`
  // (may be null) takes the same reasons for a person, with file, line, column
  // and the line itself.
  static std::shared_ptr<const Pack> Load(const std::string& directory,
                                          Diagnostics* diagnostics,
                                          std::string* text = nullptr);
  // The same, from folders that lie elsewhere, for example in a bundle.
  static std::shared_ptr<const Pack> Load(const PackTree& tree,
                                          const std::string& directory,
                                          Diagnostics* diagnostics,
                                          std::string* text = nullptr);

  // This pack with other readings. INVALID_ARGUMENT names a reading or an
  // alternative that it does not have. Loading gives the defaults.
  absl::StatusOr<std::shared_ptr<const Pack>> WithReadings(
      const ReadingChoice& choice) const;
  // The choice without what is the default anyway.
  const ReadingChoice& choice() const;

  // This pack with other policies, for tools that ask what a change would do;
  // it has no digest. Null, with the reasons, when they don't compile.
  std::shared_ptr<const Pack> WithPolicies(PolicySet decision,
                                           PolicySet obligations,
                                           Diagnostics* diagnostics) const;
  // The policies as they were written, their ids being their @id: those that
  // only an alternative reading needs among them. decision() and obligations()
  // hold what the choice leaves of them.
  const PolicySet& decision_policies() const;
  const PolicySet& obligation_policies() const;

  const std::string& id() const;
  const std::string& edition() const;
  // What a bundle of this pack carries and may not go back; 0: none is stated.
  int version() const;
  const Texts& title() const;
  // SHA-256 over all files that decide or are answered, and the choice of
  // readings where it is not the default; 64 hex digits.
  const std::string& digest() const;

  // Half-open, in milliseconds since 1970 UTC. No end: INT64_MAX.
  int64_t valid_from_ms() const;
  int64_t valid_to_ms() const;

  // The facts that requests may carry; lives as long as the pack.
  const Schema& schema() const;

  const Program& decision() const;
  const std::vector<PolicyLinks>& decision_links() const;
  const Program& obligations() const;
  const std::vector<PolicyLinks>& obligation_links() const;

  const std::vector<Norm>& norms() const;
  const Norm* FindNorm(const std::string& id) const;
  const ObligationDef* FindObligation(const std::string& id) const;
  const ObjectionTerm& objection_term() const;
  // Null when the pack has no calendar of days off; it has one where the
  // objection term counts working days.
  std::shared_ptr<const WorkingDays> working_days() const;
  const std::vector<Reading>& readings() const;

 private:
  friend class PackLoader;
  Pack();
  std::shared_ptr<Pack> Copy() const;
  bool CompileBoth(Diagnostics* diagnostics);
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_PACK_H_
