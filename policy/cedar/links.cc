#include "policy/cedar/links.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

// What is wrong with one slot, "" when nothing is.
std::string SlotProblem(absl::string_view slot, bool wanted, bool given) {
  if (wanted == given) return "";
  return wanted ? absl::StrCat("lacks a value for `", slot, "`")
                : absl::StrCat("has a value for `", slot,
                               "`, which the template does not use");
}

class SetChecker {
 public:
  explicit SetChecker(Diagnostics* diagnostics) : diagnostics_(*diagnostics) {}

  bool Check(const PolicySet& set) {
    for (const Policy& policy : set.policies) CheckId(policy.id, &policy);
    for (const Policy& policy : set.templates) {
      CheckId(policy.id, &policy);
      templates_[policy.id] = &policy;
    }
    for (const TemplateLink& link : set.links) CheckLink(link);
    return ok_;
  }

 private:
  void Error(absl::string_view code, std::string message,
             const Policy* policy) {
    Diagnostic d;
    d.code = std::string(code);
    d.message = std::move(message);
    if (policy != nullptr) {
      d.source = policy->source;
      d.span = policy->span;
    }
    diagnostics_.push_back(std::move(d));
    ok_ = false;
  }

  void CheckId(const std::string& id, const Policy* policy) {
    if (ids_.insert(id).second) return;
    Error("policy-set/duplicate-id",
          absl::StrCat("two policies have the id `", EscapeString(id), "`"),
          policy);
  }

  void CheckLink(const TemplateLink& link) {
    CheckId(link.id, nullptr);
    const auto found = templates_.find(link.template_id);
    if (found == templates_.end()) {
      Error("policy-set/unknown-template",
            absl::StrCat(
                "the link `", EscapeString(link.id), "` is to the template `",
                EscapeString(link.template_id), "`, which does not exist"),
            nullptr);
      return;
    }
    const std::string problem = LinkProblem(*found->second, link);
    if (problem.empty()) return;
    Error("policy-set/slots",
          absl::StrCat("the link `", EscapeString(link.id), "` ", problem),
          found->second);
  }

  Diagnostics& diagnostics_;
  bool ok_ = true;
  absl::flat_hash_set<std::string> ids_;
  absl::flat_hash_map<std::string, const Policy*> templates_;
};

}  // namespace

std::string LinkProblem(const Policy& policy_template,
                        const TemplateLink& link) {
  const std::string principal = SlotProblem(
      "?principal", policy_template.principal.slot, link.principal != nullptr);
  if (!principal.empty()) return principal;
  return SlotProblem("?resource", policy_template.resource.slot,
                     link.resource != nullptr);
}

bool CheckPolicySet(const PolicySet& set, Diagnostics* diagnostics) {
  return SetChecker(diagnostics).Check(set);
}

absl::StatusOr<Policy> LinkTemplate(const Policy& policy_template,
                                    const TemplateLink& link) {
  const std::string problem = LinkProblem(policy_template, link);
  if (!problem.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the link `", EscapeString(link.id), "` ", problem));
  }
  Policy policy = policy_template;
  policy.id = link.id;
  if (policy.principal.slot) {
    policy.principal.slot = false;
    policy.principal.entity = *link.principal;
  }
  if (policy.resource.slot) {
    policy.resource.slot = false;
    policy.resource.entity = *link.resource;
  }
  return policy;
}

}  // namespace tarazy
