#include "server/scenario/run.h"

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

int64_t Ms(const google::protobuf::Timestamp& t) {
  return t.seconds() * 1000 + t.nanos() / 1000000;
}

std::string Failure(absl::string_view step, const absl::Status& status) {
  return absl::StrCat(step, ": ", std::string(status.message()));
}

void PrepareConsent(const ConsentStep& step, ScenarioTarget* target,
                    std::vector<std::string>* problems) {
  target->SetClock(step.at_ms);
  v1::RegisterConsentRequest request;
  *request.mutable_consent() = step.consent;
  const auto registered = target->RegisterConsent(request);
  if (!registered.ok()) {
    problems->push_back(Failure("registering consent", registered.status()));
    return;
  }
  if (!step.withdrawn_ms) return;
  target->SetClock(*step.withdrawn_ms);
  v1::WithdrawConsentRequest withdraw;
  withdraw.set_consent_id(registered->consent().id());
  withdraw.set_barred_reason(step.barred_reason);
  const auto withdrawn = target->WithdrawConsent(withdraw);
  if (!withdrawn.ok()) {
    problems->push_back(Failure("withdrawing consent", withdrawn.status()));
  }
}

void CompareLimit(absl::string_view name, absl::optional<int64_t> expected,
                  int64_t got, std::vector<std::string>* problems) {
  if (!expected || *expected == got) return;
  problems->push_back(absl::StrCat(name, " of the objection: off by ",
                                   (got - *expected) / 1000, " seconds"));
}

void PrepareObjection(const ObjectionStep& step, ScenarioTarget* target,
                      std::vector<std::string>* problems) {
  target->SetClock(step.at_ms);
  v1::FileObjectionRequest request;
  *request.mutable_objection() = step.objection;
  const auto filed = target->FileObjection(request);
  if (!filed.ok()) {
    problems->push_back(Failure("filing the objection", filed.status()));
    return;
  }
  const v1::Objection& objection = filed->objection();
  CompareLimit("due", step.due_ms, Ms(objection.due()), problems);
  CompareLimit("alarm", step.alarm_ms, Ms(objection.alarm()), problems);
  if (step.decided_ms) {
    target->SetClock(*step.decided_ms);
    v1::DecideObjectionRequest decide;
    decide.set_objection_id(objection.id());
    decide.set_result(step.result);
    decide.set_reason(step.result_reason);
    const auto decided = target->DecideObjection(decide);
    if (!decided.ok()) {
      problems->push_back(Failure("deciding the objection", decided.status()));
    }
  }
  if (step.notified_ms) {
    target->SetClock(*step.notified_ms);
    v1::NotifyObjectionRequest notify;
    notify.set_objection_id(objection.id());
    notify.set_appeal_info_given(step.appeal_info_given);
    const auto notified = target->NotifyObjection(notify);
    if (!notified.ok()) {
      problems->push_back(Failure("notifying the subject", notified.status()));
    }
  }
}

}  // namespace

std::vector<std::string> Prepare(const Scenario& scenario,
                                 ScenarioTarget* target) {
  std::vector<std::string> problems;
  const absl::Status law = target->UseLaw(scenario.law);
  if (!law.ok()) return {Failure("the law", law)};
  for (const ConsentStep& step : scenario.consents) {
    PrepareConsent(step, target, &problems);
  }
  for (const ObjectionStep& step : scenario.objections) {
    PrepareObjection(step, target, &problems);
  }
  target->SetClock(scenario.clock_ms);
  return problems;
}

std::vector<std::string> Ask(const Scenario& scenario, ScenarioTarget* target) {
  const absl::Status law = target->UseLaw(scenario.law);
  if (!law.ok()) return {Failure("the law", law)};
  target->SetClock(scenario.clock_ms);
  const auto response = target->Decide(scenario.request);
  if (!response.ok()) return {Failure("refused", response.status())};
  return Differences(scenario.expected, *response);
}

}  // namespace tarazy
