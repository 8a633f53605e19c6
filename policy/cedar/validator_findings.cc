#include "policy/cedar/validator_findings.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tarazy {

namespace {

// More actions than this are counted, not named.
constexpr size_t kMaxNamed = 3;

std::string SourceOf(const Policy& policy) {
  return policy.source.empty() ? absl::StrCat("policy `", policy.id, "`")
                               : policy.source;
}

}  // namespace

Findings::Findings(const Policy& policy) : source_(SourceOf(policy)) {}

Findings::Findings(const Policy& policy, const TemplateLink& link)
    : source_(
          absl::StrCat("link `", link.id, "` of template `", policy.id, "`")) {}

void Findings::Error(absl::string_view code, Span span, std::string message,
                     std::string help) {
  ++errors_;
  Key key(std::string(code), span.begin, span.end, std::move(message),
          std::move(help));
  std::set<EntityUid>& actions = found_[std::move(key)];
  if (action_ != nullptr) actions.insert(*action_);
}

void Findings::Warning(absl::string_view code, Span span, std::string message,
                       std::string help) {
  Diagnostic d;
  d.severity = Severity::kWarning;
  d.code = absl::StrCat("validate/", code);
  d.source = source_;
  d.span = span;
  d.message = std::move(message);
  d.help = std::move(help);
  warnings_.push_back(std::move(d));
}

std::string Findings::Suffix(const std::set<EntityUid>& actions) const {
  if (actions.empty() || actions.size() >= applicable_.size()) return "";
  std::vector<std::string> named;
  for (const EntityUid& action : actions) {
    if (named.size() == kMaxNamed) break;
    named.push_back(absl::StrCat("`", ToString(action), "`"));
  }
  const size_t rest = actions.size() - named.size();
  return absl::StrCat(", in requests of ", absl::StrJoin(named, ", "),
                      rest > 0 ? absl::StrCat(" and ", rest, " more") : "");
}

void Findings::MoveTo(Diagnostics* diagnostics) {
  Diagnostics all = std::move(warnings_);
  for (const auto& [key, actions] : found_) {
    Diagnostic d;
    d.code = absl::StrCat("validate/", std::get<0>(key));
    d.source = source_;
    d.span = {std::get<1>(key), std::get<2>(key)};
    d.message = absl::StrCat(std::get<3>(key), Suffix(actions));
    d.help = std::get<4>(key);
    all.push_back(std::move(d));
  }
  SortDiagnostics(&all);
  diagnostics->insert(diagnostics->end(), all.begin(), all.end());
}

}  // namespace tarazy
