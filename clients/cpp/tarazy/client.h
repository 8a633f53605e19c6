// A client of the decision server.
//
//   tarazy::Client client({"127.0.0.1:7310"});
//   tarazy::Decision decision = client.Decide(request);
//   if (!decision.permitted()) { ...the act does not proceed... }
//
// No call is ever sent twice unless the options say so, and a write to the
// registers never is: one that got no answer may have happened, so repeat it
// with the same idempotency key.
//
// Thread-safety: all methods may be called from any thread. Make one Client
// and keep it: it holds the connection and makes it anew when it breaks.
// Environment variables that name proxies are not followed.

#ifndef TARAZY_CLIENT_H_
#define TARAZY_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tarazy/decision.h"
#include "tarazy/decision_stream.h"
#include "tarazy/v1/audit.pb.h"
#include "tarazy/v1/decision.pb.h"
#include "tarazy/v1/registers.pb.h"

namespace tarazy {

struct ClientOptions {
  // "host:port", or "unix:/path" for a Unix socket.
  std::string address;
  // How long a decision may take; afterwards there is no answer.
  absl::Duration deadline = absl::Milliseconds(200);
  // How long a call to the registers may take.
  absl::Duration register_deadline = absl::Seconds(5);
  // By which the server knows the caller of calls that need a right: a line of
  // a token file. Shown in clear to whoever can read the connection.
  std::string token;
  // Ask once more, within the same deadline, when the server could not be
  // reached or could not record (UNAVAILABLE). The first try may be on record
  // as a decision of its own.
  bool retry_unavailable_once = false;
  // The largest answer that is taken, in bytes.
  uint32_t max_answer_bytes = 64u << 20;
};

class Client {
 public:
  // Connects with the first call.
  explicit Client(ClientOptions options);
  // Cancels the calls under way and waits until they have been answered.
  // Streams must have been destroyed.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Give the request a request_id to have the answer tied to it.
  Decision Decide(const v1::DecideRequest& request);

  // As many decisions as requests, in their order. When the answer has more or
  // fewer results, none is permitted.
  std::vector<Decision> DecideBatch(const v1::DecideBatchRequest& batch);

  // Calls `done` exactly once, on a thread of the library, which it must not
  // block; `done` may call this client and must not destroy it.
  void DecideAsync(v1::DecideRequest request,
                   std::function<void(Decision)> done);

  // Decides requests as they come, over one call.
  std::unique_ptr<DecisionStream> OpenStream();

  // Registers: see registers.proto for what each does and refuses.
  absl::StatusOr<v1::RegisterConsentResponse> RegisterConsent(
      const v1::RegisterConsentRequest& request);
  absl::StatusOr<v1::WithdrawConsentResponse> WithdrawConsent(
      const v1::WithdrawConsentRequest& request);
  absl::StatusOr<v1::Consent> GetConsent(const v1::GetConsentRequest& request);
  absl::StatusOr<v1::ListConsentsResponse> ListConsents(
      const v1::ListConsentsRequest& request);
  absl::StatusOr<v1::ObjectionResponse> FileObjection(
      const v1::FileObjectionRequest& request);
  absl::StatusOr<v1::ObjectionResponse> DecideObjection(
      const v1::DecideObjectionRequest& request);
  absl::StatusOr<v1::ObjectionResponse> NotifyObjection(
      const v1::NotifyObjectionRequest& request);
  absl::StatusOr<v1::Objection> GetObjection(
      const v1::GetObjectionRequest& request);
  absl::StatusOr<v1::ListObjectionsResponse> ListObjections(
      const v1::ListObjectionsRequest& request);

  // Says that a duty of an answer was fulfilled, or, without `fulfilled_at`,
  // that it was not after all: see AuditService.ReportDuty. Needs the `token`
  // of the service that asked for the decision; within `register_deadline`. Not
  // sent twice; the same report again is safe.
  absl::StatusOr<v1::ReportDutyResponse> ReportDuty(
      const v1::ReportDutyRequest& request);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace tarazy

#endif  // TARAZY_CLIENT_H_
