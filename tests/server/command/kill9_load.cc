#include "tests/server/command/kill9_load.h"

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tarazy {
namespace {

constexpr int kBatch = 8;

}  // namespace

v1::DecideRequest KillRequest(const std::string& id, bool labelled) {
  v1::DecideRequest request;
  request.set_request_id(id);
  request.mutable_operator_()->set_bin("050140000011");
  request.mutable_operator_()->set_kind(v1::Operator::PRIVATE_ENTITY);
  request.mutable_operator_()->set_role(v1::Operator::OPERATOR);
  request.mutable_decision_time()->set_seconds(1773118800);  // 2026-03-10
  v1::MediaDistribution* media =
      request.mutable_operation()->mutable_media_distribution();
  media->set_ai_created(true);
  media->set_synthetic(true);
  media->set_user_notice(labelled);
  media->set_machine_readable_label(labelled);
  media->set_perceptible_warning(labelled);
  return request;
}

void KillLoad(const std::string& address, const std::string& name,
              const std::atomic<bool>* stop, Answers* answers,
              const std::function<void(v1::DecideRequest*)>& change) {
  ClientOptions options;
  options.address = address;
  options.deadline = absl::Seconds(60);
  Client client(options);
  const auto request = [&change](const std::string& id, bool labelled) {
    v1::DecideRequest made = KillRequest(id, labelled);
    if (change) change(&made);
    return made;
  };
  for (int i = 0; !*stop; ++i) {
    const std::string id = absl::StrCat(name, "-", i);
    answers->Add(client.Decide(request(id, i % 2 == 0)));
    v1::DecideBatchRequest batch;
    for (int j = 0; j < kBatch; ++j) {
      *batch.add_requests() = request(absl::StrCat(id, "-", j), j % 2 == 0);
    }
    for (const Decision& decision : client.DecideBatch(batch)) {
      answers->Add(decision);
    }
  }
}

uint64_t SignedRecords(const std::string& folder) {
  std::ifstream note(folder + "/log/tlog/checkpoint");
  std::string origin;
  uint64_t size = 0;
  std::getline(note, origin);
  note >> size;
  return size;
}

std::string KilledBinary() {
  const char* path = std::getenv("TARAZY_BINARY");
  return path == nullptr ? TARAZY_BINARY_DIR "/bin/tarazy" : path;
}

int KillRounds(const char* variable, int rounds) {
  const char* text = std::getenv(variable);
  return text == nullptr ? rounds : std::atoi(text);
}

void Answers::Add(const Decision& decision) {
  if (!decision.status().ok()) return;
  std::lock_guard<std::mutex> lock(mutex_);
  const v1::DecideResponse& response = decision.response();
  const auto [at, fresh] =
      decisions_.emplace(response.receipt().index(), response.decision_id());
  if (!fresh) {
    ADD_FAILURE() << "record " << at->first << " was given out twice";
  }
}

}  // namespace tarazy
