#include "policy/pack/policy_checks.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/cedar/suggest.h"

namespace tarazy {
namespace {

class Checker {
 public:
  Checker(PolicyRole role, const Pack& catalogues, std::set<std::string>* ids,
          Diagnostics* diagnostics)
      : role_(role),
        catalogues_(catalogues),
        ids_(ids),
        diagnostics_(diagnostics) {}

  void Check(Policy* policy) {
    policy_ = policy;
    CheckNames();
    CheckId();
    CheckNorm();
    if (role_ == PolicyRole::kDecision) {
      CheckReason();
      CheckRetryAfter();
    } else {
      CheckObligation();
    }
  }

 private:
  void Error(const Span& span, absl::string_view code, std::string message,
             std::string help = "") {
    diagnostics_->push_back({Severity::kError, absl::StrCat("pack/", code),
                             policy_->source, span, std::move(message),
                             std::move(help)});
  }

  // What the policy is called in messages.
  std::string Name() const {
    const Annotation* id = Find("id");
    return id == nullptr || id->value.empty()
               ? "the policy"
               : absl::StrCat("policy `", id->value, "`");
  }

  const Annotation* Find(absl::string_view name) const {
    for (const Annotation& a : policy_->annotations) {
      if (a.name == name) return &a;
    }
    return nullptr;
  }

  // The annotation; null, with a diagnostic, when it is absent or empty.
  const Annotation* Need(absl::string_view name) {
    const Annotation* a = Find(name);
    if (a == nullptr) {
      // A policy can be long: its first line is pointed at.
      const Span at = {policy_->span.begin, policy_->span.begin + 1};
      Error(at, absl::StrCat("missing-", name),
            absl::StrCat(Name(), " has no @", name));
      return nullptr;
    }
    if (a->value.empty()) {
      Error(a->span, absl::StrCat("missing-", name),
            absl::StrCat("@", name, " of ", Name(), " is empty"));
      return nullptr;
    }
    return a;
  }

  void CheckNames() {
    static const auto* decision = new std::vector<absl::string_view>{
        "id", "norm", "reason", "retry_after"};
    static const auto* obligation = new std::vector<absl::string_view>{
        "id", "norm", "obligation", "on", "breach"};
    const auto& known =
        role_ == PolicyRole::kDecision ? *decision : *obligation;
    for (const Annotation& a : policy_->annotations) {
      if (std::find(known.begin(), known.end(), a.name) == known.end()) {
        Error(a.span, "unknown-annotation",
              absl::StrCat(
                  "@", a.name, " is not an annotation of ",
                  role_ == PolicyRole::kDecision ? "decision" : "obligation",
                  " policies"),
              DidYouMean(a.name, known));
      }
    }
  }

  void CheckId() {
    const Annotation* id = Need("id");
    if (id == nullptr) return;
    const bool good = id->value.size() <= 128 &&
                      std::all_of(id->value.begin(), id->value.end(),
                                  [](char c) { return c > ' ' && c <= '~'; });
    if (!good) {
      Error(id->span, "bad-id", absl::StrCat("`", id->value, "` is not an id"),
            "an id is 1 to 128 printable ASCII characters without spaces");
    } else if (!ids_->insert(id->value).second) {
      Error(id->span, "duplicate-id",
            absl::StrCat("policy `", id->value, "` stands twice in the pack"));
    } else {
      policy_->id = id->value;
    }
  }

  void CheckNorm() {
    const Annotation* norm = Need("norm");
    if (norm == nullptr || catalogues_.FindNorm(norm->value) != nullptr) return;
    std::vector<absl::string_view> known;
    for (const Norm& n : catalogues_.norms()) known.push_back(n.id);
    Error(norm->span, "unknown-norm",
          absl::StrCat("norm `", norm->value, "` of ", Name(),
                       " is not in norms.yaml"),
          DidYouMean(norm->value, known));
  }

  void CheckReason() {
    const Annotation* reason = Need("reason");
    if (reason == nullptr) return;
    const bool good =
        reason->value.size() <= 64 &&
        std::all_of(reason->value.begin(), reason->value.end(), [](char c) {
          return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!good) {
      Error(reason->span, "bad-reason",
            absl::StrCat("`", reason->value, "` is not a reason code"),
            "a code is at most 64 capital letters, digits and underscores");
    }
  }

  void CheckRetryAfter() {
    if (Find("retry_after") == nullptr) return;
    const Annotation* fact = Need("retry_after");
    if (fact == nullptr || FactsRead(*policy_).count(fact->value) != 0) return;
    Error(fact->span, "unread-fact",
          absl::StrCat(Name(), " does not read `", fact->value,
                       "`, which its @retry_after names"));
  }

  void CheckObligation() {
    if (policy_->effect != Effect::kPermit) {
      Error({policy_->span.begin, policy_->span.begin + 1},
            "forbidding-obligation",
            absl::StrCat(Name(), " forbids; an obligation policy permits"),
            "put prohibitions in decision/");
    }
    const Annotation* duty = Need("obligation");
    if (duty != nullptr && catalogues_.FindObligation(duty->value) == nullptr) {
      Error(duty->span, "unknown-obligation",
            absl::StrCat("obligation `", duty->value, "` of ", Name(),
                         " is not in obligations.yaml"));
    }
    const Annotation* on = Find("on");
    if (on != nullptr && on->value != "permit" && on->value != "deny" &&
        on->value != "any") {
      Error(on->span, "bad-on",
            absl::StrCat("@on of ", Name(), " is `", on->value, "`"),
            "known: `permit`, `deny`, `any`");
    }
    const Annotation* breach = Find("breach");
    if (breach != nullptr && !breach->value.empty()) {
      Error(breach->span, "bad-breach",
            absl::StrCat("@breach of ", Name(), " has a value"),
            "write `@breach` alone");
    }
  }

  const PolicyRole role_;
  const Pack& catalogues_;
  std::set<std::string>* const ids_;
  Diagnostics* const diagnostics_;
  Policy* policy_ = nullptr;
};

const char* VarName(int64_t var) {
  static const char* const names[] = {"principal", "action", "resource",
                                      "context"};
  return names[var];
}

std::string AnnotationValue(const PolicyInfo& policy, absl::string_view name) {
  for (const Annotation& a : policy.annotations) {
    if (a.name == name) return a.value;
  }
  return "";
}

}  // namespace

std::set<std::string> FactsRead(const Policy& policy) {
  std::set<std::string> read;
  // Children stand before their parents, so one pass names every chain.
  std::vector<std::string> path(policy.exprs.size());
  for (size_t i = 0; i < policy.exprs.size(); ++i) {
    const Expr& e = policy.exprs[i];
    if (e.kind == ExprKind::kVar) {
      path[i] = VarName(e.number);
    } else if (e.kind == ExprKind::kGetAttr && !path[e.args[0]].empty()) {
      path[i] = absl::StrCat(path[e.args[0]], ".", e.text);
      read.insert(path[i]);
    }
  }
  return read;
}

void CheckPolicies(PolicyRole role, const Pack& catalogues, PolicySet* set,
                   std::set<std::string>* ids, Diagnostics* diagnostics) {
  Checker checker(role, catalogues, ids, diagnostics);
  for (Policy& policy : set->policies) checker.Check(&policy);
  for (const Policy& t : set->templates) {
    diagnostics->push_back({Severity::kError,
                            "pack/template",
                            t.source,
                            {t.span.begin, t.span.begin + 1},
                            "a pack holds no templates",
                            "write the policy out"});
  }
}

PolicyLinks LinkPolicy(const PolicyInfo& policy, const Pack& catalogues,
                       const Program& program) {
  PolicyLinks links;
  links.reason = AnnotationValue(policy, "reason");
  links.norm = catalogues.FindNorm(AnnotationValue(policy, "norm"));
  links.obligation =
      catalogues.FindObligation(AnnotationValue(policy, "obligation"));
  const std::string on = AnnotationValue(policy, "on");
  if (on == "deny") links.on = DutyWith::kDeny;
  if (on == "any") links.on = DutyWith::kAny;
  for (const Annotation& a : policy.annotations) {
    if (a.name == "breach") links.breach = true;
  }
  const std::string fact = AnnotationValue(policy, "retry_after");
  for (uint32_t slot = 0; slot < program.facts().size(); ++slot) {
    const FactPath& path = program.facts()[slot];
    if (!path.presence_only && path.ToString() == fact) {
      links.retry_after = slot;
    }
  }
  return links;
}

}  // namespace tarazy
