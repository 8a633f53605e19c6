// What the validator found in one policy, gathered over its environments.
//
// The same mistake shows in many environments. It is reported once; when only
// some of the actions that the policy can apply to have it, the message names
// them.
//
// Thread-safety: belongs to one thread.

#ifndef TARAZY_POLICY_CEDAR_VALIDATOR_FINDINGS_H_
#define TARAZY_POLICY_CEDAR_VALIDATOR_FINDINGS_H_

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/string_view.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"

namespace tarazy {

class Findings {
 public:
  explicit Findings(const Policy& policy);
  // For a link: its template's text has the places, the link gives the name.
  Findings(const Policy& policy, const TemplateLink& link);

  // Errors until the next call are of this action's requests; null: of none.
  void SetAction(const EntityUid* action) { action_ = action; }
  // The policy can apply to requests of the current action.
  void MarkApplicable() {
    if (action_ != nullptr) applicable_.insert(*action_);
  }

  void Error(absl::string_view code, Span span, std::string message,
             std::string help = "");
  void Warning(absl::string_view code, Span span, std::string message,
               std::string help = "");

  // Errors so far; the same one in two environments counts twice.
  size_t errors() const { return errors_; }

  // Appends them all, sorted.
  void MoveTo(Diagnostics* diagnostics);

 private:
  // Code, span, message, help.
  using Key =
      std::tuple<std::string, uint32_t, uint32_t, std::string, std::string>;

  std::string Suffix(const std::set<EntityUid>& actions) const;

  std::string source_;
  const EntityUid* action_ = nullptr;
  size_t errors_ = 0;
  std::set<EntityUid> applicable_;
  std::map<Key, std::set<EntityUid>> found_;
  Diagnostics warnings_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_VALIDATOR_FINDINGS_H_
