#include "server/service/answer.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "server/registers/field_check.h"
#include "server/service/wire.h"

namespace tarazy {
namespace {

const std::string& In(v1::Language language, const Texts& texts) {
  switch (language) {
    case v1::LANGUAGE_RU:
      return texts.ru;
    case v1::LANGUAGE_EN:
      return texts.en;
    default:
      return texts.kk;
  }
}

// What the codes above mean. Null: the norm's own summary tells.
const Texts* OwnText(absl::string_view code) {
  static const Texts missing = {
      "Норманы қолдануға қажет мәлімет берілмеген; ол берілмейінше рұқсат жоқ.",
      "Не сообщён факт, от которого зависит применение нормы; пока его нет, "
      "разрешения нет.",
      "A fact that the norm turns on was not given; without it there is no "
      "permit."};
  static const Texts error = {
      "Норманы қолдану мүмкін болмады; күмән болса, рұқсат берілмейді.",
      "Норму не удалось применить; при сомнении разрешения нет.",
      "The norm could not be applied; in doubt there is no permit."};
  static const Texts none = {"Бірде-бір норма бұл әрекетке рұқсат бермейді.",
                             "Ни одна норма не разрешает это действие.",
                             "No norm permits this act."};
  static const Texts edition = {
      "Редакция сұралған сәтте күшінде емес.",
      "На запрошенный момент эта редакция не действует.",
      "The edition is not in force at the instant that was asked for."};
  static const Texts stale = {
      "Тізілімдер сұралған күйге дейін жаңартылмаған.",
      "Реестры отстают от запрошенного состояния.",
      "The registers have not reached the state that was asked for."};
  if (code == kMissingFact) return &missing;
  if (code == kEvaluationError) return &error;
  if (code == kNotPermitted) return &none;
  if (code == kEditionNotInForce) return &edition;
  if (code == kStaleState) return &stale;
  return nullptr;
}

long Parts(const Norm* norm) {
  if (norm == nullptr) return 0;
  return std::count_if(norm->id.begin(), norm->id.end(),
                       [](char c) { return c == '/' || c == '#'; });
}

absl::string_view Id(const Norm* norm) {
  return norm == nullptr ? absl::string_view() : norm->id;
}

v1::Reason MakeReason(absl::string_view code, const Norm* norm,
                      absl::string_view policy, v1::Language language) {
  v1::Reason reason;
  reason.set_code(code.data(), code.size());
  reason.set_policy(policy.data(), policy.size());
  if (norm != nullptr) reason.set_norm(norm->id);
  if (language == v1::LANGUAGE_UNSPECIFIED) return reason;
  if (norm != nullptr) {
    reason.set_act(In(language, norm->act));
    reason.set_citation(norm->citation);
    reason.set_text(In(language, norm->summary));
  }
  if (const Texts* own = OwnText(code)) reason.set_text(In(language, *own));
  return reason;
}

v1::Requirement MakeRequirement(const Pack& pack, const Requirement& from,
                                v1::Language language) {
  static const Texts sentence = {
      "$0 $1: `$2` мәні `$3` болуы керек; берілгені: $4.",
      "$0 $1: факт `$2` должен быть `$3`; дано: $4.",
      "$0 $1: the fact `$2` would have to be `$3`; given: $4."};
  static const Texts missing = {"берілмеген", "не сообщён", "missing"};
  const Norm* norm = pack.decision_links()[from.policy].norm;
  v1::Requirement requirement;
  requirement.set_path(from.path);
  requirement.set_field(from.field);
  requirement.set_needed(from.needed);
  requirement.set_given(from.given);
  requirement.set_policy(pack.decision().policies()[from.policy].id);
  requirement.set_norm(norm->id);
  requirement.set_clause(from.clause);
  requirement.set_text(absl::Substitute(
      In(language, sentence), In(language, norm->act), norm->citation,
      from.path, from.needed,
      from.given.empty() ? In(language, missing)
                         : absl::StrCat("`", from.given, "`")));
  return requirement;
}

// @reason; the policy's id where it has none.
absl::string_view CodeOf(const Pack& pack, uint32_t policy) {
  const std::string& code = pack.decision_links()[policy].reason;
  return code.empty() ? pack.decision().policies()[policy].id : code;
}

}  // namespace

AnswerParts::AnswerParts(const Pack& pack) {
  for (int i = 0; i < kLanguages; ++i) {
    const v1::Language language = static_cast<v1::Language>(i);
    const uint32_t policies =
        static_cast<uint32_t>(pack.decision().policies().size());
    for (uint32_t p = 0; p < policies; ++p) {
      reasons_[i].emplace_back();
      AppendMessage(v1::DecideResponse::kReasonsFieldNumber,
                    MakeReason(CodeOf(pack, p), pack.decision_links()[p].norm,
                               pack.decision().policies()[p].id, language),
                    &reasons_[i].back());
    }
    for (const PolicyLinks& links : pack.obligation_links()) {
      duties_[i].emplace_back();
      if (links.obligation == nullptr) continue;
      v1::Obligation duty;
      duty.set_id(links.obligation->id);
      duty.set_norm(links.obligation->norm);
      duty.set_addressee(links.obligation->addressee);
      if (language != v1::LANGUAGE_UNSPECIFIED) {
        duty.set_text(In(language, links.obligation->text));
      }
      AppendEncoded(duty, &duties_[i].back());
    }
  }
}

void Answer::Clear() {
  reasons_.clear();
  duties_.clear();
  missing_.clear();
  requirements_.clear();
}

void Answer::SetRequirements(const Pack& pack,
                             std::vector<Requirement> requirements) {
  pack_ = &pack;
  requirements_ = std::move(requirements);
}

void Answer::AddReason(const Pack& pack, uint32_t policy) {
  const Norm* const norm = pack.decision_links()[policy].norm;
  reasons_.push_back({CodeOf(pack, policy), norm,
                      pack.decision().policies()[policy].id, policy,
                      Parts(norm)});
}

void Answer::AddReason(absl::string_view code, const Norm* norm,
                       absl::string_view policy) {
  if (code == kMissingFact || code == kEvaluationError) {
    for (const Why& known : reasons_) {
      if (known.code == code && known.norm == norm) return;
    }
  }
  reasons_.push_back({code, norm, policy, absl::nullopt, Parts(norm)});
}

void Answer::AddDuty(const Pack& pack, uint32_t policy,
                     absl::optional<int64_t> due_ms) {
  const PolicyLinks& links = pack.obligation_links()[policy];
  for (Duty& known : duties_) {
    if (known.def == links.obligation) {
      known.breached = known.breached || links.breach;
      return;
    }
  }
  duties_.push_back({links.obligation, policy, due_ms, links.breach});
}

void Answer::AddMissing(std::string path, std::string field,
                        absl::string_view policy) {
  for (const Missing& known : missing_) {
    if (known.path == path) return;
  }
  missing_.push_back({std::move(path), std::move(field), policy});
}

void Answer::Sort() {
  const auto key = [](const Why& why) {
    return std::make_tuple(-why.parts, Id(why.norm), why.code, why.policy);
  };
  std::sort(reasons_.begin(), reasons_.end(),
            [&](const Why& a, const Why& b) { return key(a) < key(b); });
  std::sort(duties_.begin(), duties_.end(),
            [](const Duty& a, const Duty& b) { return a.def->id < b.def->id; });
  std::sort(missing_.begin(), missing_.end(),
            [](const Missing& a, const Missing& b) { return a.path < b.path; });
}

void Answer::Append(const AnswerParts& parts, v1::Language language,
                    std::string* response) const {
  using Response = v1::DecideResponse;
  for (const Why& why : reasons_) {
    if (why.of_policy) {
      response->append(parts.Reason(*why.of_policy, language));
    } else {
      AppendMessage(Response::kReasonsFieldNumber,
                    MakeReason(why.code, why.norm, why.policy, language),
                    response);
    }
  }
  for (const Duty& duty : duties_) {
    const std::string& known = parts.Duty(duty.policy, language);
    if (!duty.due_ms && !duty.breached) {
      AppendBytes(Response::kObligationsFieldNumber, known, response);
      continue;
    }
    v1::Obligation rest;
    if (duty.due_ms) WriteTimestamp(*duty.due_ms, rest.mutable_due());
    rest.set_breached(duty.breached);
    AppendHead(Response::kObligationsFieldNumber,
               known.size() + rest.ByteSizeLong(), response);
    response->append(known);
    AppendEncoded(rest, response);
  }
  for (const Missing& missing : missing_) {
    v1::MissingFact fact;
    fact.set_path(missing.path);
    fact.set_field(missing.field);
    fact.set_policy(missing.policy.data(), missing.policy.size());
    AppendMessage(Response::kMissingFactsFieldNumber, fact, response);
  }
  if (language == v1::LANGUAGE_UNSPECIFIED) return;
  for (const Requirement& requirement : requirements_) {
    AppendMessage(Response::kRequirementsFieldNumber,
                  MakeRequirement(*pack_, requirement, language), response);
  }
}

}  // namespace tarazy
