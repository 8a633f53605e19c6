#include "server/service/server.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/audit/audit_queries.h"
#include "server/audit/decision_log.h"
#include "server/audit/file_system.h"
#include "server/audit/index_follower.h"
#include "server/audit/leaf_queue.h"
#include "server/audit/log_keeper.h"
#include "server/audit/retention_clock.h"
#include "server/audit/salts.h"
#include "server/audit/sealed_files.h"
#include "server/ops/callers.h"
#include "server/ops/log_line.h"
#include "server/ops/metrics.h"
#include "server/packs/pack_source.h"
#include "server/registers/handlers.h"
#include "server/registers/pseudonym.h"
#include "server/registers/registers.h"
#include "server/service/audit_calls.h"
#include "server/service/call.h"
#include "server/service/checkpoints.h"
#include "server/service/decision_calls.h"
#include "server/service/grpc_server.h"
#include "server/service/health.h"
#include "server/service/law_in_service.h"
#include "server/service/reflection.h"
#include "server/service/register_calls.h"
#include "server/service/tile_http.h"
#include "server/service/workers.h"
#include "server/snapshot/snapshot.h"

namespace tarazy {
namespace {

// Threads that wait for the registers' disk, and calls that wait for them.
constexpr int kWorkers = 2;
constexpr size_t kMaxWaitingForWorkers = 1024;
// The same for the audit, whose questions may read for seconds.
constexpr int kAuditWorkers = 2;
constexpr size_t kMaxWaitingForAudit = 64;
// How often the server looks for segments to seal and to delete.
constexpr std::chrono::seconds kBetweenLooks(10);
constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
// After the calls under way have ended, a drain goes on telling callers to go
// elsewhere until they have stopped coming.
constexpr std::chrono::milliseconds kQuiet(50);
constexpr std::chrono::milliseconds kQuietLimit(1000);
// What is left of calls that a drain has cancelled.
constexpr std::chrono::seconds kCancelLimit(1);

const std::vector<std::string>& LawServices() {
  static const auto* names = new std::vector<std::string>{
      "tarazy.v1.ConsentService",
      "tarazy.v1.DecisionService",
      "tarazy.v1.ObjectionService",
  };
  return *names;
}

std::vector<std::string> ListedServices() {
  std::vector<std::string> names = LawServices();
  names.push_back("tarazy.v1.AuditService");
  names.push_back("grpc.health.v1.Health");
  names.push_back("grpc.reflection.v1alpha.ServerReflection");
  return names;
}

absl::Status MakeParent(const std::string& path) {
  const std::filesystem::path parent =
      std::filesystem::path(path).parent_path();
  if (parent.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "can't make the folder `", parent.string(), "`: ", error.message()));
}

absl::StatusOr<std::unique_ptr<const Pseudonymizer>> LoadKeys(
    const Config::Pseudonyms& config) {
  if (!config.key_variable.empty()) {
    const char* const text = std::getenv(config.key_variable.c_str());
    if (text == nullptr) {
      return absl::NotFoundError(
          absl::StrCat("the environment variable `", config.key_variable,
                       "`, which `pseudonyms.key_variable` names, is not set"));
    }
    return Pseudonymizer::Parse(text, absl::StrCat("the environment variable `",
                                                   config.key_variable, "`"));
  }
  if (config.create) {
    absl::Status status = MakeParent(config.key_file);
    if (!status.ok()) return status;
    status = Pseudonymizer::CreateKeyFile(config.key_file, "key-1");
    if (!status.ok() && !absl::IsAlreadyExists(status)) return status;
  }
  return Pseudonymizer::Load(config.key_file);
}

absl::Status CantListen(const std::string& address) {
  return absl::UnavailableError(
      absl::StrCat("can't listen on `", address, "`; is the address in use?"));
}

class ServerImpl final : public Server {
 public:
  ServerImpl(const Config& config, ServerHooks hooks)
      : config_(config), hooks_(std::move(hooks)) {
    if (!hooks_.clock) {
      hooks_.clock = [] { return absl::ToUnixMillis(absl::Now()); };
    }
    if (hooks_.log_files == nullptr) {
      hooks_.log_files = LogFiles();
      disk_ = FileSystem::Posix();
    } else {
      disk_ = hooks_.log_files;
      shown_ = ShowSealed(disk_);
      hooks_.log_files = shown_.get();
    }
    if (!hooks_.log_line) hooks_.log_line = WriteLogLine;
  }

  ~ServerImpl() override { Drain(); }

  absl::Status Open();
  absl::Status Listen();

  const std::vector<std::string>& addresses() const override {
    return addresses_;
  }
  absl::Status ReplacePacks(
      const std::vector<std::string>& directories) override;
  void Drain() override;
  void Wait() override;
  const Metrics& metrics() const override { return metrics_; }

 private:
  absl::Status OpenLog();
  absl::Status OpenAudit();
  absl::Status StartKeeper();
  absl::Status StartRetentionClock();
  int64_t RetentionNowMs();
  void SayKept(const absl::StatusOr<KeptLog>& kept);
  absl::Status ListenHttp();
  std::vector<Method> Methods();
  // Loads packs and puts nothing in service.
  absl::Status LoadLaw(const std::vector<std::string>& directories,
                       std::vector<LoadedPack>* loaded,
                       std::shared_ptr<const LawInService>* law) const;
  void SayPacks(absl::string_view event, const LawInService& law,
                const std::vector<LoadedPack>& loaded);
  void SayCounters();
  void DrainOnce();

  Config config_;
  ServerHooks hooks_;
  // The log's disk, as it is and with sealed segments shown.
  FileSystem* disk_ = nullptr;
  std::unique_ptr<FileSystem> shown_;
  Metrics metrics_;
  std::unique_ptr<PackSource> packs_;
  std::unique_ptr<Snapshot<LawInService>> law_;
  std::unique_ptr<const Pseudonymizer> pseudonymizer_;
  LeafQueue leaves_;
  std::unique_ptr<DecisionLog> log_;          // null: turned off
  std::unique_ptr<Checkpoints> checkpoints_;  // null: nothing is signed
  std::unique_ptr<RetentionClock> retention_clock_;
  bool told_clock_ahead_ = false;
  std::unique_ptr<LogKeeper> keeper_;  // null: nothing to keep
  Callers callers_;
  std::unique_ptr<SaltStore> salts_;      // null: nothing is recorded
  std::unique_ptr<IndexFollower> index_;  // null: none is kept
  std::unique_ptr<AuditQueries> audit_;   // null: nothing is recorded
  std::unique_ptr<DutyReports> duties_;   // the same
  std::unique_ptr<Registers> registers_;
  RegisterContext register_context_;
  std::unique_ptr<Workers> workers_;
  std::unique_ptr<Workers> audit_workers_;
  std::unique_ptr<TileHttp> http_;  // null: not asked for
  DecisionContext decisions_;
  Traffic traffic_;
  std::unique_ptr<MethodTable> methods_;
  std::map<const Queue*, std::unique_ptr<DecisionThread>> threads_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::unique_ptr<GrpcServer> grpc_;
  std::vector<std::string> addresses_;

  std::once_flag drain_once_;
  std::mutex drained_mutex_;
  std::condition_variable drained_changed_;
  bool drained_ = false;
};

absl::Status ServerImpl::Open() {
  absl::Status status = MakeParent(config_.registers.path);
  if (!status.ok()) return status;
  PackSourceOptions source;
  source.keys = config_.pack.keys;
  source.threshold = config_.pack.threshold;
  source.accepted_path = config_.registers.path + ".accepted";
  auto packs = PackSource::Open(source, FileSystem::Posix());
  if (!packs.ok()) return packs.status();
  packs_ = *std::move(packs);
  std::vector<LoadedPack> loaded;
  std::shared_ptr<const LawInService> law;
  status = LoadLaw(config_.pack.Directories(), &loaded, &law);
  if (!status.ok()) return status;
  auto key = LoadKeys(config_.pseudonyms);
  if (!key.ok()) return key.status();
  pseudonymizer_ = *std::move(key);
  status = OpenLog();
  if (status.ok()) status = OpenAudit();
  if (!status.ok()) return status;

  RegistersOptions options;
  options.path = config_.registers.path;
  options.key_check = pseudonymizer_->Of("000000000000").ToHex();
  options.clock = hooks_.clock;
  options.objection_terms = law->ObjectionTerms();
  auto registers = Registers::Open(options);
  if (!registers.ok()) return registers.status();
  registers_ = *std::move(registers);

  status = packs_->Accept(loaded);
  if (!status.ok()) return status;
  law_ = std::make_unique<Snapshot<LawInService>>(law);
  if (!packs_->trusted()) {
    hooks_.log_line(
        LogLine(LogLevel::kWarning, "packs_unsigned")
            .Text("reason",
                  "`pack.keys` names no keys: packs are loaded from folders, "
                  "unsigned, which is for development")
            .str());
  }
  SayPacks("pack_in_service", *law, loaded);
  return absl::OkStatus();
}

absl::Status ServerImpl::OpenLog() {
  if (!config_.log.enabled) return absl::OkStatus();
  const absl::Status status = MakeParent(config_.log.directory);
  if (!status.ok()) return status;
  DecisionLogOptions options;
  options.directory = config_.log.directory;
  options.name = config_.log.name;
  options.segment_bytes = config_.log.segment_bytes;
  options.max_queue_bytes = config_.log.max_queue_bytes;
  if (!config_.checkpoints.key_file.empty()) options.leaves = &leaves_;
  options.on_fatal = [line = hooks_.log_line](const absl::Status& failure) {
    line(LogLine(LogLevel::kError, "log_failed")
             .Text("reason", failure.ToString())
             .str());
  };
  auto log = DecisionLog::Open(options, hooks_.log_files);
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  decisions_.decider.max_record_bytes = options.max_record_bytes;
  if (config_.checkpoints.key_file.empty()) return absl::OkStatus();
  const absl::Status made = MakeParent(config_.checkpoints.key_file);
  if (!made.ok()) return made;
  auto checkpoints = Checkpoints::Start(config_, hooks_.log_files, log_.get(),
                                        &leaves_, hooks_.log_line);
  if (!checkpoints.ok()) return checkpoints.status();
  checkpoints_ = *std::move(checkpoints);
  return absl::OkStatus();
}

absl::Status ServerImpl::OpenAudit() {
  auto callers = Callers::Load(config_.rights.callers);
  if (!callers.ok()) return callers.status();
  callers_ = *std::move(callers);
  if (log_ == nullptr) return absl::OkStatus();
  const absl::Status folder = MakeParent(config_.salts.path);
  if (!folder.ok()) return folder;
  auto salts = SaltStore::Open(config_.salts.path, true);
  if (!salts.ok()) return salts.status();
  salts_ = *std::move(salts);
  decisions_.decider.salts = salts_.get();
  AuditQueriesOptions queries;
  queries.log_directory = config_.log.directory;
  queries.index_path = config_.index.path;
  queries.clock = hooks_.clock;
  queries.durable = [this] { return log_->durable_index(); };
  queries.other_pseudonyms =
      [keys = pseudonymizer_.get()](const std::string& subject) {
        return OtherPseudonyms(*keys, subject);
      };
  if (!config_.index.path.empty()) {
    const absl::Status made = MakeParent(config_.index.path);
    if (!made.ok()) return made;
    IndexFollowerOptions options;
    options.log_directory = config_.log.directory;
    options.path = config_.index.path;
    options.on_rebuild = [line = hooks_.log_line](const absl::Status& why) {
      line(LogLine(LogLevel::kWarning, "audit_index_made_again")
               .Text("reason", why.message())
               .str());
    };
    auto index = IndexFollower::Open(options, hooks_.log_files);
    if (!index.ok()) return index.status();
    index_ = *std::move(index);
    queries.generation = [this] { return index_->generation(); };
    index_->Start(log_.get(), [line = hooks_.log_line](const absl::Status& s) {
      line(LogLine(LogLevel::kError, "audit_index_failed")
               .Text("reason", s.message())
               .str());
    });
  }
  queries.sign_through = [this](uint64_t index) -> absl::Status {
    if (checkpoints_ != nullptr) return checkpoints_->SignThrough(index);
    return absl::FailedPreconditionError(
        "this server signs no checkpoints, and so no receipts; set "
        "`checkpoints.key_file`");
  };
  audit_ = std::make_unique<AuditQueries>(std::move(queries), hooks_.log_files);
  duties_ = std::make_unique<DutyReports>(
      DutyReportsOptions{config_.log.directory, config_.log.name, hooks_.clock},
      log_.get(), audit_.get(), hooks_.log_files);
  return StartKeeper();
}

absl::Status ServerImpl::StartKeeper() {
  const Config::Log& log = config_.log;
  if (log.seal_after_days == 0 && log.seal_beyond_bytes == 0 &&
      log.retain_days == 0) {
    return absl::OkStatus();
  }
  LogKeeperOptions options;
  options.log_directory = log.directory;
  options.seal_after_ms = log.seal_after_days * kDayMs;
  options.seal_beyond_bytes = log.seal_beyond_bytes;
  if (checkpoints_ != nullptr) {
    options.retain_ms = log.retain_days * kDayMs;
    options.signer = checkpoints_->signer();
  }
  options.erase_salts = [this](const std::vector<uint64_t>& ids) {
    return salts_->Erase(ids);
  };
  options.clock = hooks_.clock;
  if (absl::Status s = StartRetentionClock(); !s.ok()) return s;
  options.retention_clock = [this] { return RetentionNowMs(); };
  keeper_ = std::make_unique<LogKeeper>(std::move(options), disk_);
  keeper_->Start(kBetweenLooks, [this](const absl::StatusOr<KeptLog>& kept) {
    SayKept(kept);
  });
  return absl::OkStatus();
}

absl::Status ServerImpl::StartRetentionClock() {
  RetentionClock::Options options;
  options.clock = hooks_.clock;
  options.max_jump_ms = config_.log.max_clock_jump_days * kDayMs;
  if (config_.log.retain_days != 0) {
    const auto newest = NewestRecord(hooks_.log_files, config_.log.directory);
    if (!newest.ok()) return newest.status();
    options.newest_ms = *newest;
  }
  retention_clock_ = std::make_unique<RetentionClock>(std::move(options));
  return absl::OkStatus();
}

// On the keeper's thread.
int64_t ServerImpl::RetentionNowMs() {
  const int64_t ahead_ms = retention_clock_->AheadMs();
  if (ahead_ms > kDayMs && !told_clock_ahead_) {
    hooks_.log_line(
        LogLine(LogLevel::kWarning, "deletion_waits")
            .Number("clock_ahead_days", ahead_ms / kDayMs)
            .Text("reason",
                  "the clock is further ahead of the newest record, or of the "
                  "time that has passed, than is believed; set it right, or if "
                  "it is right set `log.max_clock_jump_days` higher and start "
                  "again")
            .str());
  }
  told_clock_ahead_ = ahead_ms > kDayMs;
  return retention_clock_->NowMs();
}

void ServerImpl::SayKept(const absl::StatusOr<KeptLog>& kept) {
  if (!kept.ok()) {
    hooks_.log_line(LogLine(LogLevel::kError, "log_keeping_failed")
                        .Text("reason", kept.status().message())
                        .str());
    return;
  }
  if (kept->deleted.segments > 0) {
    hooks_.log_line(
        LogLine(LogLevel::kInfo, "records_deleted")
            .Number("segments", static_cast<int64_t>(kept->deleted.segments))
            .Number("records", static_cast<int64_t>(kept->deleted.records))
            .str());
    if (index_ != nullptr) index_->Forget(kept->deleted.first_index);
  }
  if (kept->sealed.segments > 0) {
    hooks_.log_line(
        LogLine(LogLevel::kInfo, "segments_sealed")
            .Number("segments", static_cast<int64_t>(kept->sealed.segments))
            .Number("bytes_before",
                    static_cast<int64_t>(kept->sealed.bytes_before))
            .Number("bytes_after",
                    static_cast<int64_t>(kept->sealed.bytes_after))
            .str());
  }
}

std::vector<Method> ServerImpl::Methods() {
  std::vector<Method> methods = DecisionMethods(
      [this](Queue* queue) { return threads_.at(queue).get(); });
  const auto add = [&methods](std::vector<Method> more) {
    for (Method& method : more) methods.push_back(std::move(method));
  };
  add(RegisterMethods(&register_context_, workers_.get(),
                      config_.limits.message_bytes));
  add(AuditMethods({audit_.get(), duties_.get(), &callers_,
                    audit_workers_.get(), workers_.get(),
                    config_.limits.message_bytes}));
  add(HealthMethods(LawServices()));
  add(ReflectionMethods(ListedServices()));
  return methods;
}

absl::Status ServerImpl::Listen() {
  register_context_ = {registers_.get(), pseudonymizer_.get()};
  workers_ = std::make_unique<Workers>(kWorkers, kMaxWaitingForWorkers);
  audit_workers_ =
      std::make_unique<Workers>(kAuditWorkers, kMaxWaitingForAudit);
  decisions_.law = law_.get();
  decisions_.log = log_.get();
  decisions_.log_name = config_.log.name;
  decisions_.batch_requests = config_.limits.batch_requests;
  decisions_.message_bytes = config_.limits.message_bytes;
  decisions_.metrics = &metrics_;
  decisions_.decider.registers = registers_.get();
  decisions_.decider.pseudonymizer = pseudonymizer_.get();
  decisions_.decider.clock = hooks_.clock;
  decisions_.decider.consents_tried = config_.limits.consents_tried;
  decisions_.decider.assert_consent = config_.rights.assert_consent;
  decisions_.decider.choose_decision_time = config_.rights.choose_decision_time;
  decisions_.decider.decision_time_skew_ms =
      config_.limits.decision_time_skew_ms;
  decisions_.decider.default_language = config_.default_language;
  decisions_.decider.record = log_ != nullptr;
  methods_ = std::make_unique<MethodTable>(Methods(), &metrics_);

  grpc_ = std::make_unique<GrpcServer>(config_.limits.message_bytes);
  methods_->AddTo(grpc_.get());
  std::function<void()> settle;
  if (log_ != nullptr) settle = [this] { log_->CommitQueued(); };
  for (int i = 0; i < config_.threads.completion_queues; ++i) {
    auto queue = std::make_unique<Queue>(methods_.get(), &traffic_, settle);
    grpc_->AddQueue(queue->completions());
    threads_[queue.get()] = std::make_unique<DecisionThread>(&decisions_);
    queues_.push_back(std::move(queue));
  }
  std::vector<std::string> addresses;
  if (!config_.listen.tcp.empty()) {
    const std::string& tcp = config_.listen.tcp;
    const int port = grpc_->Listen(tcp);
    if (port == 0) return CantListen(tcp);
    addresses.push_back(absl::StrCat(tcp.substr(0, tcp.rfind(':')), ":", port));
  }
  if (!config_.listen.unix_socket.empty()) {
    const std::string address = "unix:" + config_.listen.unix_socket;
    const absl::Status made = MakeParent(config_.listen.unix_socket);
    if (!made.ok()) return made;
    if (grpc_->Listen(address) == 0) return CantListen(address);
    addresses.push_back(address);
  }
  grpc_->Start();
  addresses_ = std::move(addresses);
  for (const auto& queue : queues_) queue->Start();
  return ListenHttp();
}

absl::Status ServerImpl::ListenHttp() {
  if (config_.http.tiles.empty() || audit_ == nullptr) return absl::OkStatus();
  auto http = TileHttp::Start(config_.http.tiles, audit_.get(), &callers_);
  if (!http.ok()) return http.status();
  http_ = *std::move(http);
  hooks_.log_line(LogLine(LogLevel::kInfo, "tiles_over_http")
                      .Text("address", http_->address())
                      .str());
  return absl::OkStatus();
}

absl::Status ServerImpl::LoadLaw(
    const std::vector<std::string>& directories,
    std::vector<LoadedPack>* loaded,
    std::shared_ptr<const LawInService>* law) const {
  const auto load = [&](const std::vector<std::string>& paths,
                        std::vector<std::shared_ptr<const Pack>>* packs) {
    for (const std::string& path : paths) {
      auto one = packs_->Load(path);
      if (!one.ok()) return one.status();
      packs->push_back(one->pack);
      loaded->push_back(*std::move(one));
    }
    return absl::OkStatus();
  };
  std::vector<std::shared_ptr<const Pack>> editions, compare_with;
  absl::Status status = load(directories, &editions);
  if (status.ok()) status = load(config_.pack.compare_with, &compare_with);
  if (!status.ok()) return status;
  auto made = LawInService::Make(std::move(editions), config_.pack.readings,
                                 std::move(compare_with));
  if (!made.ok()) return made.status();
  *law = *std::move(made);
  return absl::OkStatus();
}

absl::Status ServerImpl::ReplacePacks(
    const std::vector<std::string>& directories) {
  std::vector<LoadedPack> loaded;
  std::shared_ptr<const LawInService> law;
  absl::Status status = LoadLaw(directories, &loaded, &law);
  if (status.ok()) status = packs_->Accept(loaded);
  if (status.ok()) {
    status = registers_->SetObjectionTerms(law->ObjectionTerms());
  }
  if (!status.ok()) {
    hooks_.log_line(LogLine(LogLevel::kError, "pack_refused")
                        .Text("directory", absl::StrJoin(directories, ", "))
                        .Text("reason", status.message())
                        .str());
    return status;
  }
  law_->Replace(law);
  SayPacks("pack_replaced", *law, loaded);
  return absl::OkStatus();
}

void ServerImpl::SayPacks(absl::string_view event, const LawInService& law,
                          const std::vector<LoadedPack>& loaded) {
  for (const auto& edition : law.editions()) {
    const Pack& pack = *edition->pack;
    LogLine line(LogLevel::kInfo, event);
    line.Text("pack", pack.id())
        .Text("edition", pack.edition())
        .Text("digest", pack.digest())
        .Text("valid_from", FormatAlmaty(pack.valid_from_ms()));
    if (pack.valid_to_ms() != INT64_MAX) {
      line.Text("valid_to", FormatAlmaty(pack.valid_to_ms()));
    }
    if (!pack.choice().empty()) {
      line.Text("readings",
                absl::StrJoin(pack.choice(), " ", absl::PairFormatter("=")));
    }
    const auto from = std::find_if(
        loaded.begin(), loaded.end(),
        [&](const LoadedPack& one) { return one.pack->id() == pack.id(); });
    if (from != loaded.end() && from->version != 0) {
      line.Number("version", from->version)
          .Text("bundle_digest", from->bundle_digest)
          .Text("signed_by", absl::StrJoin(from->signed_by, " "));
    }
    hooks_.log_line(line.str());
  }
  if (law.enacted() != nullptr) {
    SayPacks("pack_compared_with", *law.enacted(), loaded);
  }
}

void ServerImpl::SayCounters() {
  LogLine line(LogLevel::kInfo, "counters");
  for (const Metrics::Sample& sample : metrics_.Samples()) {
    if (sample.value == 0) continue;
    std::string name = sample.name;
    for (const auto& label : sample.labels) {
      absl::StrAppend(&name, " ", label.second);
    }
    line.Number(name, static_cast<int64_t>(sample.value));
  }
  hooks_.log_line(line.str());
}

void ServerImpl::Drain() {
  std::call_once(drain_once_, [this] { DrainOnce(); });
}

void ServerImpl::DrainOnce() {
  const bool served = !addresses_.empty();
  if (served) {
    hooks_.log_line(LogLine(LogLevel::kInfo, "draining").str());
    traffic_.BeginDrain();
    for (const auto& queue : queues_) queue->BeginDrain();
    const std::chrono::milliseconds limit(int64_t{1000} *
                                          config_.limits.drain_seconds);
    const bool all = traffic_.WaitForNone(limit);
    if (all) traffic_.WaitForQuiet(kQuiet, std::min(kQuietLimit, limit));
    grpc_->Shutdown(kCancelLimit);
    for (const auto& queue : queues_) queue->Stop();
    for (const auto& queue : queues_) queue->Join();
    if (!all) {
      hooks_.log_line(LogLine(LogLevel::kWarning, "calls_cancelled")
                          .Text("reason",
                                "calls were still under way after "
                                "limits.drain_seconds")
                          .str());
    }
  }
  if (workers_ != nullptr) workers_->Stop();
  if (audit_workers_ != nullptr) audit_workers_->Stop();
  http_.reset();
  if (keeper_ != nullptr) keeper_->Stop();
  if (log_ != nullptr) log_->Close();
  if (checkpoints_ != nullptr) checkpoints_->Stop();
  if (index_ != nullptr) index_->Stop();
  if (served) SayCounters();
  std::lock_guard<std::mutex> lock(drained_mutex_);
  drained_ = true;
  drained_changed_.notify_all();
}

void ServerImpl::Wait() {
  std::unique_lock<std::mutex> lock(drained_mutex_);
  drained_changed_.wait(lock, [this] { return drained_; });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config,
                                                      ServerHooks hooks) {
  if (config.listen.tcp.empty() && config.listen.unix_socket.empty()) {
    return absl::InvalidArgumentError(
        "listen: give `tcp` or `unix_socket`, or both");
  }
  if (config.threads.completion_queues < 1) {
    return absl::InvalidArgumentError(
        "threads.completion_queues: at least 1 is needed");
  }
  if (config.log.retain_days > 0 && config.checkpoints.key_file.empty()) {
    return absl::InvalidArgumentError(
        "log.retain_days: records are deleted behind a signed checkpoint alone;"
        " set `checkpoints.key_file`, or start with --data, whose folder has "
        "such a key");
  }
  // It would print to stderr what a caller sent; the caller is told.
  google::protobuf::SetLogHandler(nullptr);
  auto server = std::make_unique<ServerImpl>(config, std::move(hooks));
  absl::Status status = server->Open();
  if (status.ok()) status = server->Listen();
  if (!status.ok()) return status;
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tarazy
