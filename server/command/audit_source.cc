#include "server/command/audit_source.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/audit/audit_queries.h"
#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"
#include "server/audit/sealed_files.h"
#include "server/ops/secret_file.h"
#include "server/registers/pseudonym.h"
#include "tarazy/v1/audit.grpc.pb.h"

namespace tarazy {
namespace {

// Where the log of a folder ends.
absl::StatusOr<uint64_t> EndOfLog(const std::string& directory) {
  auto reader = LogReader::Open(LogFiles(), directory);
  if (!reader.ok()) return reader.status();
  const absl::Status end =
      (*reader)->Seek(std::numeric_limits<uint64_t>::max());
  if (!end.ok() && !absl::IsOutOfRange(end)) return end;
  return (*reader)->next_index();
}

// Whoever can read the files may read all that they hold.
class FileSource final : public AuditSource {
 public:
  // `keys` may be null.
  FileSource(const SourceFlags& flags,
             std::unique_ptr<const Pseudonymizer> keys)
      : keys_(std::move(keys)),
        queries_(Options(flags, keys_.get()), LogFiles()) {}

  absl::StatusOr<v1::AuditQueryResponse> Query(
      const v1::AuditQueryRequest& request) override {
    return queries_.Query(request, scope_);
  }
  absl::StatusOr<v1::AuditRecord> Get(
      const v1::AuditGetRequest& request) override {
    return queries_.Get(request, scope_);
  }
  absl::StatusOr<v1::AuditStatsResponse> Stats(
      const v1::AuditStatsRequest& request) override {
    return queries_.Stats(request, scope_);
  }
  absl::StatusOr<v1::AuditProof> Prove(
      const v1::AuditProveRequest& request) override {
    return queries_.Prove(request, scope_);
  }
  absl::StatusOr<v1::AuditReceipt> GetReceipt(
      const v1::AuditReceiptRequest& request) override {
    return queries_.GetReceipt(request, scope_);
  }
  absl::StatusOr<v1::AuditTile> ReadTile(
      const v1::AuditTileRequest& request) override {
    return queries_.ReadTile(request, scope_);
  }
  absl::StatusOr<v1::ReportDutyResponse> ReportDuty(
      const v1::ReportDutyRequest&) override {
    return absl::InvalidArgumentError(
        "a server writes the log; name it with --server");
  }

 private:
  static AuditQueriesOptions Options(const SourceFlags& flags,
                                     const Pseudonymizer* keys) {
    AuditQueriesOptions options;
    options.log_directory = flags.log;
    options.index_path = flags.IndexPath();
    options.clock = [] { return absl::ToUnixMillis(absl::Now()); };
    options.durable = [log = flags.log] { return EndOfLog(log); };
    if (keys != nullptr) {
      options.other_pseudonyms = [keys](const std::string& subject) {
        return OtherPseudonyms(*keys, subject);
      };
    }
    // Whoever waits for it may stop it.
    options.max_counted = std::numeric_limits<uint64_t>::max();
    options.max_count_time = std::chrono::hours(24);
    return options;
  }

  const AuditScope scope_{true, ""};
  const std::unique_ptr<const Pseudonymizer> keys_;
  AuditQueries queries_;
};

class ServerSource final : public AuditSource {
 public:
  ServerSource(const SourceFlags& flags, std::string token)
      : token_(std::move(token)), deadline_ms_(flags.deadline_ms) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    stub_ = v1::AuditService::NewStub(grpc::CreateCustomChannel(
        flags.server, grpc::InsecureChannelCredentials(), arguments));
  }

  absl::StatusOr<v1::AuditQueryResponse> Query(
      const v1::AuditQueryRequest& request) override {
    return Ask(&v1::AuditService::Stub::Query, request);
  }
  absl::StatusOr<v1::AuditRecord> Get(
      const v1::AuditGetRequest& request) override {
    return Ask(&v1::AuditService::Stub::Get, request);
  }
  absl::StatusOr<v1::AuditStatsResponse> Stats(
      const v1::AuditStatsRequest& request) override {
    return Ask(&v1::AuditService::Stub::Stats, request);
  }
  absl::StatusOr<v1::AuditProof> Prove(
      const v1::AuditProveRequest& request) override {
    return Ask(&v1::AuditService::Stub::Prove, request);
  }
  absl::StatusOr<v1::AuditReceipt> GetReceipt(
      const v1::AuditReceiptRequest& request) override {
    return Ask(&v1::AuditService::Stub::GetReceipt, request);
  }
  absl::StatusOr<v1::AuditTile> ReadTile(
      const v1::AuditTileRequest& request) override {
    return Ask(&v1::AuditService::Stub::ReadTile, request);
  }
  absl::StatusOr<v1::ReportDutyResponse> ReportDuty(
      const v1::ReportDutyRequest& request) override {
    return Ask(&v1::AuditService::Stub::ReportDuty, request);
  }

 private:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(
      grpc::Status (v1::AuditService::Stub::*method)(grpc::ClientContext*,
                                                     const Request&, Response*),
      const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(deadline_ms_));
    if (!token_.empty()) {
      context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
    }
    Response response;
    const grpc::Status status =
        ((*stub_).*method)(&context, request, &response);
    if (status.ok()) return response;
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        status.error_message());
  }

  std::unique_ptr<v1::AuditService::Stub> stub_;
  const std::string token_;
  const int64_t deadline_ms_;
};

}  // namespace

std::string SourceFlags::IndexPath() const {
  return index.empty() ? absl::StrCat(log, "/index.db") : index;
}

void SourceFlags::AddTo(CLI::App* app) {
  CLI::Option* folder =
      app->add_option("--log", log, "folder of the log")->capture_default_str();
  CLI::Option* file = app->add_option(
      "--index", index, "file of the audit index; default: LOG/index.db");
  CLI::Option* address = AddServerTo(app);
  address->excludes(folder)->excludes(file);
  app->add_option("--keys", keys,
                  "file of the pseudonym keys, by which a subject is found "
                  "under all of them")
      ->excludes(address);
}

CLI::Option* SourceFlags::AddServerTo(CLI::App* app) {
  CLI::Option* address =
      app->add_option("--server", server,
                      "ask this server rather than files: host:port, or "
                      "unix:PATH for a Unix socket");
  app->add_option("--token-file", token_file,
                  "file with the token that the server knows the caller by")
      ->needs(address);
  app->add_option("--deadline-ms", deadline_ms,
                  "milliseconds that one call to the server may take")
      ->check(CLI::Range(int64_t{1}, int64_t{3600000}))
      ->capture_default_str();
  return address;
}

absl::StatusOr<std::unique_ptr<AuditSource>> OpenSource(
    const SourceFlags& flags) {
  if (flags.server.empty()) {
    std::unique_ptr<const Pseudonymizer> keys;
    if (!flags.keys.empty()) {
      auto loaded = Pseudonymizer::Load(flags.keys);
      if (!loaded.ok()) return loaded.status();
      keys = *std::move(loaded);
    }
    return std::unique_ptr<AuditSource>(
        std::make_unique<FileSource>(flags, std::move(keys)));
  }
  auto token = ReadToken(flags);
  if (!token.ok()) return token.status();
  return std::unique_ptr<AuditSource>(
      std::make_unique<ServerSource>(flags, *std::move(token)));
}

absl::StatusOr<std::string> ReadToken(const SourceFlags& flags) {
  Secret token;
  if (!flags.token_file.empty()) {
    const absl::Status read = ReadSecretFile(flags.token_file, &token);
    if (!read.ok()) return read;
  }
  return std::string(absl::StripAsciiWhitespace(token.text));
}

int EndAudit(const char* command, const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "tarazy audit %s: %s\n", command,
               std::string(status.message()).c_str());
  return absl::IsDataLoss(status) ? 2 : 1;
}

absl::Status WriteOutput(const std::string& path, absl::string_view text) {
  std::FILE* file = path.empty() ? stdout : std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    return absl::UnavailableError(absl::StrCat("can't write `", path, "`"));
  }
  bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  written = std::fflush(file) == 0 && written;
  if (file != stdout) written = std::fclose(file) == 0 && written;
  return written
             ? absl::OkStatus()
             : absl::UnavailableError(absl::StrCat("can't write `", path, "`"));
}

}  // namespace tarazy
