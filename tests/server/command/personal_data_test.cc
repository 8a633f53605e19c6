// What a running server leaves behind: no file of its log, line, error or
// answer of HTTP holds a raw identifier that somebody sent it, in plain text,
// hex or base64.

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tarazy/v1/audit.grpc.pb.h"
#include "tarazy/v1/decision.grpc.pb.h"
#include "tarazy/v1/registers.grpc.pb.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

constexpr char kIin[] = "850315400015";
constexpr char kOtherIin[] = "910827300026";
constexpr char kName[] = "Serikbayeva Aigerim Maratkyzy";
constexpr char kPhone[] = "+7 701 555 01 42";
constexpr char kToken[] = "auditor-0123456789012345678901234567";

// What `text` looks like in a file, written as it is, in hex and in base64 at
// each of the three places where it may begin.
std::vector<std::string> Forms(const std::string& text) {
  std::string hex = absl::BytesToHexString(text);
  std::vector<std::string> forms = {text, hex, absl::AsciiStrToUpper(hex)};
  for (size_t before = 0; before < 3; ++before) {
    std::string coded;
    absl::Base64Escape(std::string(before, 'x') + text, &coded);
    // Without what depends on the neighbours.
    const size_t from = before == 0 ? 0 : 4;
    const size_t whole = (before + text.size()) / 3 * 4;
    forms.push_back(coded.substr(from, whole - from));
    std::string url = forms.back();
    for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
    forms.push_back(url);
  }
  return forms;
}

v1::DecideRequest Request(const std::string& iin) {
  v1::DecideRequest request;
  request.set_request_id("r-1");
  request.set_service("egov.benefits");
  request.mutable_subject()->set_iin(iin);
  request.mutable_operator_()->set_bin("050140000011");
  request.mutable_operator_()->set_kind(v1::Operator::STATE_BODY);
  request.mutable_operator_()->set_role(v1::Operator::OPERATOR);
  request.mutable_purpose()->set_code("benefit.review");
  auto* processing =
      request.mutable_operation()->mutable_automated_processing();
  processing->set_processing_id("p-1");
  auto* asserted = request.mutable_asserted_consent();
  asserted->set_given_by(v1::SUBJECT_IN_PERSON);
  asserted->set_channel(v1::STATE_SERVICE);
  asserted->add_purposes("benefit.review");
  asserted->mutable_validity()->mutable_from()->set_seconds(1767225600);
  asserted->set_evidence(absl::StrCat("told by ", kName, ", ", kPhone));
  return request;
}

// The answer to a GET, or "".
std::string HttpGet(const std::string& address, const std::string& path) {
  const size_t colon = address.rfind(':');
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port =
      htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string text;
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
    const std::string ask = absl::StrCat(
        "GET ", path, " HTTP/1.1\r\nHost: a\r\nX-Request-ID: ", kIin,
        "\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(send(fd, ask.data(), ask.size(), 0),
              static_cast<ssize_t>(ask.size()));
    char part[4096];
    for (ssize_t n; (n = recv(fd, part, sizeof part, 0)) > 0;) {
      text.append(part, static_cast<size_t>(n));
    }
  }
  close(fd);
  return text;
}

class PersonalDataInTheBinary : public testing::Test {
 protected:
  PersonalDataInTheBinary()
      : folder_(MakeTempFolder("personal")), data_(folder_ + "/data") {
    fs::create_directory(data_);
    WriteFile(folder_ + "/token", std::string(kToken) + "\n");
    chmod((folder_ + "/token").c_str(), 0600);
    WriteFile(
        folder_ + "/tarazy.yaml",
        absl::StrCat("log: {directory: data/log, segment_bytes: 1048576, "
                     "seal_beyond_bytes: 1}\n"
                     "checkpoints: {key_file: data/log.key, create: true, "
                     "interval_ms: 20}\n"
                     "index: {path: data/log/index.db}\n"
                     "http: {tiles: \"127.0.0.1:0\"}\n"
                     "salts: {path: data/salts.db}\n"
                     "registers: {path: data/registers.db}\n"
                     "pseudonyms: {key_file: data/pseudonym.key, "
                     "create: true}\n"
                     "rights: {assert_consent: true, callers: [{name: a, "
                     "token_file: token, role: auditor}]}\n"));
  }
  ~PersonalDataInTheBinary() override { fs::remove_all(folder_); }

  // Keeps what was answered.
  void Tell(const grpc::Status& status,
            const google::protobuf::Message& answer) {
    told_ += absl::StrCat(status.error_message(), "\n", status.error_details(),
                          "\n", answer.DebugString());
  }

  template <typename Stub, typename Ask, typename Answer>
  grpc::Status Call(Stub* stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Ask&, Answer*),
                    const Ask& ask) {
    grpc::ClientContext context;
    // Identifiers in metadata, too.
    context.AddMetadata("x-request-id", kIin);
    context.AddMetadata("authorization", absl::StrCat("Bearer ", kToken));
    Answer answer;
    const grpc::Status status = (stub->*method)(&context, ask, &answer);
    Tell(status, answer);
    return status;
  }

  void SendEverything(const std::string& address);
  void Decisions(v1::DecisionService::Stub* stub);
  void RegisterEntries(const std::shared_ptr<grpc::Channel>& channel);
  void Audits(const std::shared_ptr<grpc::Channel>& channel);
  void Expect(const std::string& what, const std::string& text,
              const std::vector<std::string>& identifiers);

  const std::string folder_;
  const std::string data_;
  std::string told_;
  int searched_ = 0;
};

void PersonalDataInTheBinary::Decisions(v1::DecisionService::Stub* stub) {
  using Change = std::function<void(v1::DecideRequest*)>;
  for (const std::string& iin : {std::string(kIin), std::string(kOtherIin)}) {
    const grpc::Status s =
        Call(stub, &v1::DecisionService::Stub::Decide, Request(iin));
    EXPECT_TRUE(s.ok()) << s.error_message();
    // Where they do not belong; all are refused.
    const std::vector<Change> misplaced = {
        [&](auto* r) { r->set_request_id(iin); },
        [&](auto* r) { r->set_request_id(absl::StrCat("app-", iin, "-7")); },
        [&](auto* r) { r->set_service(absl::StrCat("s ", iin)); },
        [&](auto* r) { r->mutable_operator_()->set_bin(iin); },
        [&](auto* r) { r->mutable_purpose()->set_code(iin); },
        [&](auto* r) { r->mutable_subject()->set_pseudonym(iin); },
        [&](auto* r) { r->mutable_subject()->set_iin(iin + "0"); },
        [&](auto* r) {
          // Another check digit.
          std::string wrong = iin;
          wrong[11] = wrong[11] == '9' ? '0' : static_cast<char>(wrong[11] + 1);
          r->mutable_subject()->set_iin(wrong);
        },
        [&](auto* r) { r->mutable_asserted_consent()->set_evidence(iin); },
        [&](auto* r) { r->mutable_mandate()->set_number(iin); },
        [&](auto* r) {
          r->mutable_operation()
              ->mutable_automated_processing()
              ->set_processing_id(iin);
        },
        [&](auto* r) { (*r->mutable_extensions())["x"].set_string_value(iin); },
        [&](auto* r) { (*r->mutable_extensions())[iin].set_bool_value(true); }};
    v1::DecideBatchRequest batch;
    for (const Change& misplace : misplaced) {
      v1::DecideRequest request = Request(iin);
      misplace(&request);
      const grpc::Status refused =
          Call(stub, &v1::DecisionService::Stub::Decide, request);
      EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
          << refused.error_message();
      *batch.add_requests() = request;
    }
    *batch.add_requests() = Request(iin);
    EXPECT_TRUE(
        Call(stub, &v1::DecisionService::Stub::DecideBatch, batch).ok());
  }
  grpc::ClientContext context;
  auto stream = stub->DecideStream(&context);
  EXPECT_TRUE(stream->Write(Request(kIin)));
  stream->WritesDone();
  v1::DecideResult result;
  while (stream->Read(&result)) told_ += result.DebugString();
  EXPECT_TRUE(stream->Finish().ok());
}

void PersonalDataInTheBinary::RegisterEntries(
    const std::shared_ptr<grpc::Channel>& channel) {
  const auto consents = v1::ConsentService::NewStub(channel);
  const auto objections = v1::ObjectionService::NewStub(channel);
  v1::RegisterConsentRequest registered;
  registered.set_idempotency_key("c-1");
  v1::Consent* consent = registered.mutable_consent();
  consent->mutable_subject()->set_iin(kIin);
  consent->set_given_by(v1::SUBJECT_IN_PERSON);
  consent->set_operator_bin("050140000011");
  consent->add_purposes("benefit.review");
  consent->set_channel(v1::STATE_SERVICE);
  consent->set_covers_automated_processing(true);
  consent->mutable_validity()->mutable_from()->set_seconds(1767225600);
  consent->set_evidence(absl::StrCat("folder of ", kName, ", ", kPhone));
  v1::RegisterConsentResponse stored;
  grpc::ClientContext context;
  const grpc::Status ok = consents->Register(&context, registered, &stored);
  EXPECT_TRUE(ok.ok()) << ok.error_message();
  for (const auto& misplace :
       std::vector<std::function<void(v1::RegisterConsentRequest*)>>{
           [](auto* r) { r->set_idempotency_key(kIin); },
           [](auto* r) { r->mutable_consent()->set_evidence(kIin); },
           [](auto* r) { r->mutable_consent()->add_purposes(kIin); },
           [](auto* r) { r->mutable_consent()->set_text_version(kIin); },
           [](auto* r) { r->mutable_consent()->set_id(kIin); }}) {
    v1::RegisterConsentRequest wrong = registered;
    wrong.set_idempotency_key("c-2");
    misplace(&wrong);
    EXPECT_FALSE(
        Call(consents.get(), &v1::ConsentService::Stub::Register, wrong).ok());
  }
  v1::GetConsentRequest get;
  get.set_consent_id(kIin);
  EXPECT_FALSE(Call(consents.get(), &v1::ConsentService::Stub::Get, get).ok());
  v1::FileObjectionRequest filed;
  filed.set_idempotency_key("o-1");
  v1::Objection* objection = filed.mutable_objection();
  objection->mutable_subject()->set_iin(kOtherIin);
  objection->set_operator_bin("050140000011");
  objection->set_processing_id("p-1");
  objection->set_channel("portal");
  EXPECT_TRUE(
      Call(objections.get(), &v1::ObjectionService::Stub::File, filed).ok());
  filed.set_idempotency_key("o-2");
  filed.mutable_objection()->set_channel(kOtherIin);
  EXPECT_FALSE(
      Call(objections.get(), &v1::ObjectionService::Stub::File, filed).ok());
}

void PersonalDataInTheBinary::Audits(
    const std::shared_ptr<grpc::Channel>& channel) {
  using Stub = v1::AuditService::Stub;
  const auto audit = v1::AuditService::NewStub(channel);
  v1::AuditQueryRequest query;
  EXPECT_TRUE(Call(audit.get(), &Stub::Query, query).ok());
  query.mutable_filter()->set_subject(kIin);
  EXPECT_FALSE(Call(audit.get(), &Stub::Query, query).ok());
  query.mutable_filter()->clear_subject();
  query.mutable_filter()->set_operation(kIin);
  EXPECT_FALSE(Call(audit.get(), &Stub::Query, query).ok());
  query.mutable_filter()->clear_operation();
  query.set_page_token(kIin);
  EXPECT_FALSE(Call(audit.get(), &Stub::Query, query).ok());
  v1::AuditTileRequest tile;
  tile.set_path(kIin);
  EXPECT_FALSE(Call(audit.get(), &Stub::ReadTile, tile).ok());
  v1::AuditStatsRequest stats;
  stats.add_group_by(kIin);
  EXPECT_FALSE(Call(audit.get(), &Stub::Stats, stats).ok());
}

void PersonalDataInTheBinary::SendEverything(const std::string& address) {
  const auto channel =
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  RegisterEntries(channel);
  const auto decisions = v1::DecisionService::NewStub(channel);
  Decisions(decisions.get());
  Audits(channel);
  // A method that is none, and bytes that are no message.
  for (const std::string& method :
       {absl::StrCat("/tarazy.v1.DecisionService/", kIin),
        std::string("/tarazy.v1.DecisionService/Decide")}) {
    grpc::GenericStub generic(channel);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice slice(absl::StrCat("\xff\xff", kIin, kName));
    const grpc::ByteBuffer bytes(&slice, 1);
    auto call = generic.PrepareUnaryCall(&context, method, bytes, &queue);
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->Finish(&answer, &status, nullptr);
    void* tag;
    bool done;
    ASSERT_TRUE(queue.Next(&tag, &done));
    EXPECT_FALSE(status.ok());
    told_ += status.error_message() + "\n";
  }
}

void PersonalDataInTheBinary::Expect(
    const std::string& what, const std::string& text,
    const std::vector<std::string>& identifiers) {
  ++searched_;
  for (const std::string& identifier : identifiers) {
    for (const std::string& form : Forms(identifier)) {
      EXPECT_EQ(text.find(form), std::string::npos)
          << what << " holds `" << form << "`";
    }
  }
}

TEST_F(PersonalDataInTheBinary, NothingItLeavesHoldsARawIdentifier) {
  const std::vector<std::string> numbers = {kIin, kOtherIin};
  std::vector<std::string> all = numbers;
  all.insert(all.end(), {kName, kPhone});
  std::string out, err;
  // Twice: the second run reads what the first one left, with another key.
  for (int run = 0; run < 2; ++run) {
    ServedTarazy served(data_, {"--config", folder_ + "/tarazy.yaml"});
    ASSERT_TRUE(served.ok()) << served.process().err();
    SendEverything(served.address());
    const std::string lines = served.process().err();
    const std::string key = "\"address\":\"";
    const size_t at = lines.find(key, lines.find("tiles"));
    if (at != std::string::npos) {
      const size_t begin = at + key.size();
      const std::string http =
          lines.substr(begin, lines.find('"', begin) - begin);
      told_ += HttpGet(http, "/checkpoint");
      told_ += HttpGet(http, absl::StrCat("/", kIin));
      told_ += HttpGet(http, absl::StrCat("/tile/0/", kIin, "?", kIin));
    } else {
      ADD_FAILURE() << "no address of the tiles in: " << lines;
    }
    served.process().Signal(SIGTERM);
    EXPECT_EQ(served.process().Wait(), 0) << served.process().err();
    out += served.process().out();
    err += served.process().err();
    const Ran rotated = RunProgram({kTarazy, "audit", "rotate-key", "--keys",
                                    data_ + "/pseudonym.key", "--id",
                                    absl::StrCat("key-", run + 2)});
    EXPECT_EQ(rotated.code, 0) << rotated.err;
  }
  Expect("standard output", out, all);
  Expect("standard error", err, all);
  Expect("an answer or an error", told_, all);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{
           {"show", "--json"}, {"query", "--json"}, {"export"}}) {
    std::vector<std::string> argv = {kTarazy, "audit"};
    argv.insert(argv.end(), command.begin(), command.end());
    argv.insert(argv.end(), {"--log", data_ + "/log"});
    const Ran ran = RunProgram(argv);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(absl::StrContains(ran.out, "egov.benefits"));
    Expect("tarazy audit " + command[0], ran.out + ran.err, all);
  }
  std::set<std::string> kinds;
  for (const auto& entry : fs::recursive_directory_iterator(data_)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().string();
    // Where the evidence of a consent lies is what the register is for.
    const bool is_register = absl::StrContains(path, "/registers.db");
    Expect(path, ReadFile(path), is_register ? numbers : all);
    kinds.insert(entry.path().extension().string());
  }
  EXPECT_GE(kinds.size(), 5u);
  std::printf(
      "%d files and outputs searched for %zu identifiers in %zu forms\n",
      searched_, all.size(), Forms(kIin).size());
  // The search finds what is there.
  EXPECT_NE(ReadFile(data_ + "/registers.db").find(kName), std::string::npos);
}

}  // namespace
}  // namespace tarazy
