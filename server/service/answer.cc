#include "server/service/answer.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "server/registers/field_check.h"

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
      "Норма қолдануды талап ететін мәлімет берілмеген; ол берілмейінше рұқсат "
      "жоқ.",
      "Не сообщён факт, от которого зависит норма; пока его нет, разрешения "
      "нет.",
      "A fact that the norm turns on was not given; without it there is no "
      "permit."};
  static const Texts error = {
      "Норманы қолдану мүмкін болмады; күмән болса, рұқсат берілмейді.",
      "Норму не удалось применить; при сомнении разрешения нет.",
      "The norm could not be applied; in doubt there is no permit."};
  static const Texts none = {
      "Бірде-бір норма бұл әрекетке рұқсат бермейді.",
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

}  // namespace

void Answer::Clear() {
  reasons_.clear();
  duties_.clear();
  missing_.clear();
}

void Answer::AddReason(absl::string_view code, const Norm* norm,
                       absl::string_view policy) {
  if (code == kMissingFact || code == kEvaluationError) {
    for (const Why& known : reasons_) {
      if (known.code == code && known.norm == norm) return;
    }
  }
  reasons_.push_back({code, norm, policy});
}

void Answer::AddDuty(const ObligationDef* duty,
                     absl::optional<int64_t> due_ms, bool breached) {
  for (Duty& known : duties_) {
    if (known.def == duty) {
      known.breached = known.breached || breached;
      return;
    }
  }
  duties_.push_back({duty, due_ms, breached});
}

void Answer::AddMissing(std::string path, std::string field,
                        absl::string_view policy) {
  for (const Missing& known : missing_) {
    if (known.path == path) return;
  }
  missing_.push_back({std::move(path), std::move(field), policy});
}

void Answer::WriteFacts(v1::DecideResponse* response) {
  const auto key = [](const Why& why) {
    return std::make_tuple(-Parts(why.norm), Id(why.norm), why.code,
                           why.policy);
  };
  std::sort(reasons_.begin(), reasons_.end(),
            [&](const Why& a, const Why& b) { return key(a) < key(b); });
  std::sort(
      duties_.begin(), duties_.end(),
      [](const Duty& a, const Duty& b) { return a.def->id < b.def->id; });
  std::sort(
      missing_.begin(), missing_.end(),
      [](const Missing& a, const Missing& b) { return a.path < b.path; });
  for (const Why& why : reasons_) {
    v1::Reason* reason = response->add_reasons();
    reason->set_code(why.code.data(), why.code.size());
    if (why.norm != nullptr) reason->set_norm(why.norm->id);
    reason->set_policy(why.policy.data(), why.policy.size());
  }
  for (const Duty& duty : duties_) {
    v1::Obligation* obligation = response->add_obligations();
    obligation->set_id(duty.def->id);
    obligation->set_norm(duty.def->norm);
    obligation->set_addressee(duty.def->addressee);
    if (duty.due_ms) WriteTimestamp(*duty.due_ms, obligation->mutable_due());
    obligation->set_breached(duty.breached);
  }
  for (const Missing& missing : missing_) {
    v1::MissingFact* fact = response->add_missing_facts();
    fact->set_path(missing.path);
    fact->set_field(missing.field);
    fact->set_policy(missing.policy.data(), missing.policy.size());
  }
}

void Answer::WriteTexts(v1::Language language,
                        v1::DecideResponse* response) const {
  for (size_t i = 0; i < reasons_.size(); ++i) {
    v1::Reason* reason = response->mutable_reasons(static_cast<int>(i));
    const Norm* norm = reasons_[i].norm;
    if (norm != nullptr) {
      reason->set_act(In(language, norm->act));
      reason->set_citation(norm->citation);
    }
    if (const Texts* own = OwnText(reasons_[i].code)) {
      reason->set_text(In(language, *own));
    } else if (norm != nullptr) {
      reason->set_text(In(language, norm->summary));
    }
  }
  for (size_t i = 0; i < duties_.size(); ++i) {
    response->mutable_obligations(static_cast<int>(i))
        ->set_text(In(language, duties_[i].def->text));
  }
}

}  // namespace tarazy
