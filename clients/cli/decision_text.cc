#include "clients/cli/decision_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "clients/cli/plain_text.h"

namespace tarazy {
namespace {

struct Labels {
  const char* permitted;
  const char* denied;
  const char* forbidden;
  const char* no_policy_permits;
  const char* indeterminate;
  const char* not_permitted;
  const char* reasons;
  const char* obligations;
  const char* missing_facts;
  const char* due;
  const char* breached;
  const char* from_register;
  const char* retry_after;
  const char* valid_until;
  const char* law;
  const char* decided_as_of;
  const char* decision;
  const char* record;
  const char* not_recorded;
  const char* notices;
  const char* permit_obligations;
  const char* requirements;
};

const Labels& LabelsIn(v1::Language language) {
  static constexpr Labels kEnglish = {
      "PERMITTED",
      "DENIED",
      "a policy forbids it",
      "no policy permits it",
      "a fact is missing or a policy could not be evaluated",
      "not permitted: no decision was received",
      "reasons",
      "obligations",
      "missing facts",
      "due before",
      "already breached",
      "comes from a register",
      "ask again after",
      "may be relied on until",
      "law",
      "as of",
      "decision",
      "record",
      "not recorded: the server's log is off",
      "notices",
      "with obligations",
      "what would have to be true for a permit"};
  static constexpr Labels kRussian = {
      "РАЗРЕШЕНО",
      "ОТКАЗАНО",
      "политика запрещает",
      "ни одна политика не разрешает",
      "не хватает факта или политику не удалось вычислить",
      "не разрешено: решение не получено",
      "причины",
      "обязанности",
      "недостающие факты",
      "срок до",
      "уже нарушена",
      "берётся из реестра",
      "повторить запрос после",
      "можно полагаться до",
      "право",
      "на момент",
      "решение",
      "запись",
      "не записано: журнал сервера выключен",
      "примечания",
      "с обязанностями",
      "что должно быть для разрешения"};
  static constexpr Labels kKazakh = {
      "РҰҚСАТ ЕТІЛДІ",
      "БАС ТАРТЫЛДЫ",
      "саясат тыйым салады",
      "бірде-бір саясат рұқсат етпейді",
      "дерек жетіспейді немесе саясатты есептеу мүмкін болмады",
      "рұқсат етілмейді: шешім алынған жоқ",
      "себептер",
      "міндеттер",
      "жетіспейтін деректер",
      "орындау мерзімі",
      "бұзылып қойған",
      "тізілімнен алынады",
      "қайта сұраудың ең ерте уақыты",
      "жарамдылығының соңы",
      "құқық",
      "құқықтың қолданылу сәті",
      "шешім",
      "жазба",
      "жазылған жоқ: сервердің журналы өшірулі",
      "ескертпелер",
      "міндеттермен",
      "рұқсат үшін не болуы керек"};
  switch (language) {
    case v1::LANGUAGE_EN:
      return kEnglish;
    case v1::LANGUAGE_RU:
      return kRussian;
    default:
      return kKazakh;
  }
}

class Writer {
 public:
  explicit Writer(const Labels& labels) : labels_(labels) {}

  void Heading(const v1::DecideResponse& response) {
    const bool permit = response.effect() == v1::PERMIT;
    absl::StrAppend(&text_, permit ? labels_.permitted : labels_.denied);
    const char* how = nullptr;
    switch (response.outcome()) {
      case v1::PERMITTED:
        how = response.obligations_size() > 0 ? labels_.permit_obligations
                                              : nullptr;
        break;
      case v1::FORBIDDEN:
        how = labels_.forbidden;
        break;
      case v1::NOT_PERMITTED:
        how = labels_.no_policy_permits;
        break;
      case v1::INDETERMINATE:
        how = labels_.indeterminate;
        break;
      default:
        break;
    }
    if (how != nullptr) absl::StrAppend(&text_, ": ", how);
    absl::StrAppend(&text_, "\n");
  }

  void Reasons(const v1::DecideResponse& response) {
    Section(labels_.reasons, response.reasons_size());
    for (const v1::Reason& reason : response.reasons()) {
      Item(reason.code(),
           absl::StrCat(reason.act(), reason.act().empty() ? "" : " ",
                        reason.citation()));
      Detail(reason.text());
    }
  }

  void Obligations(const v1::DecideResponse& response) {
    Section(labels_.obligations, response.obligations_size());
    for (const v1::Obligation& obligation : response.obligations()) {
      std::string place =
          absl::StrCat(obligation.addressee(), "  ", obligation.norm());
      if (obligation.has_due()) {
        absl::StrAppend(&place, "  ", labels_.due, " ",
                        InstantText(obligation.due()));
      }
      if (obligation.breached()) {
        absl::StrAppend(&place, "  ", labels_.breached);
      }
      Item(obligation.id(), place);
      Detail(obligation.text());
    }
  }

  void MissingFacts(const v1::DecideResponse& response) {
    Section(labels_.missing_facts, response.missing_facts_size());
    for (const v1::MissingFact& fact : response.missing_facts()) {
      Item(fact.path(),
           fact.field().empty() ? labels_.from_register : fact.field());
    }
  }

  void Requirements(const v1::DecideResponse& response) {
    Section(labels_.requirements, response.requirements_size());
    for (const v1::Requirement& one : response.requirements()) {
      Item(one.field().empty() ? one.path() : one.field(),
           absl::StrCat(one.needed(), "  ", one.norm()));
      Detail(one.text());
    }
  }

  void Notices(const v1::DecideResponse& response) {
    Section(labels_.notices, response.notices_size());
    for (const std::string& notice : response.notices()) Item(notice, "");
  }

  void Facts(const v1::DecideResponse& response) {
    absl::StrAppend(&text_, "\n");
    if (response.has_retry_after()) {
      Fact(labels_.retry_after, InstantText(response.retry_after()));
    }
    if (response.has_valid_until()) {
      Fact(labels_.valid_until, InstantText(response.valid_until()));
    }
    Fact(labels_.law, absl::StrCat(response.edition(), "  ",
                                   response.bundle_digest().substr(0, 16),
                                   response.readings().empty() ? "" : "  ",
                                   absl::StrJoin(response.readings(), " ")));
    if (response.has_decided_as_of()) {
      Fact(labels_.decided_as_of, InstantText(response.decided_as_of()));
    }
    // What a tool worked out for itself has neither.
    if (response.decision_id().empty()) return;
    Fact(labels_.decision, response.decision_id());
    Fact(labels_.record, response.receipt().recorded()
                             ? absl::StrCat(response.receipt().log(), " ",
                                            response.receipt().index())
                             : labels_.not_recorded);
  }

  const std::string& text() const { return text_; }

 private:
  void Section(absl::string_view label, int count) {
    if (count > 0) absl::StrAppend(&text_, "\n", label, "\n");
  }
  void Item(absl::string_view name, absl::string_view rest) {
    absl::StrAppend(&text_, "  ", PlainText(name));
    if (!rest.empty()) absl::StrAppend(&text_, "  ", PlainText(rest));
    absl::StrAppend(&text_, "\n");
  }
  void Detail(absl::string_view text) {
    if (!text.empty()) absl::StrAppend(&text_, "      ", PlainText(text), "\n");
  }
  void Fact(absl::string_view label, absl::string_view value) {
    absl::StrAppend(&text_, label, ": ", PlainText(value), "\n");
  }

  const Labels& labels_;
  std::string text_;
};

}  // namespace

std::string DecisionText(const v1::DecideResponse& response,
                         v1::Language language) {
  Writer writer(LabelsIn(language));
  writer.Heading(response);
  writer.Reasons(response);
  writer.Obligations(response);
  writer.MissingFacts(response);
  writer.Requirements(response);
  writer.Notices(response);
  writer.Facts(response);
  return writer.text();
}

std::string NoAnswerText(const absl::Status& status, v1::Language language) {
  return absl::StrCat(LabelsIn(language).not_permitted, "\n",
                      StatusText(status));
}

}  // namespace tarazy
