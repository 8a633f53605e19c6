#include "server/service/checkpoints.h"

#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/ops/log_line.h"

namespace tarazy {
namespace {

constexpr std::chrono::milliseconds kBetweenReceipts(20);

absl::StatusOr<std::unique_ptr<const NoteSigner>> LoadSigner(
    const Config& config) {
  const Config::Checkpoints& checkpoints = config.checkpoints;
  if (checkpoints.create) {
    const absl::Status made =
        NoteSigner::CreateKeyFile(checkpoints.key_file, config.log.name);
    if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  }
  auto signer = NoteSigner::Load(checkpoints.key_file);
  if (!signer.ok()) return signer.status();
  if ((*signer)->verifier().name() != config.log.name) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key file `", checkpoints.key_file,
                     "` is of the log `", (*signer)->verifier().name(),
                     "`, and log.name is `", config.log.name, "`"));
  }
  return signer;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpoints>> Checkpoints::Start(
    const Config& config, FileSystem* files, const DecisionLog* log,
    LeafQueue* leaves, std::function<void(absl::string_view)> log_line) {
  auto signer = LoadSigner(config);
  if (!signer.ok()) return signer.status();
  std::unique_ptr<Checkpoints> started(new Checkpoints);
  started->signer_ = *std::move(signer);
  const std::string verifier = started->signer_->verifier().ToString();

  const std::string& key_file = config.checkpoints.key_file;
  const size_t slash = key_file.rfind('/');
  TreePublisherOptions options;
  options.log_directory = config.log.directory;
  options.signed_directory =
      slash == std::string::npos ? "." : key_file.substr(0, slash);
  const std::string name =
      slash == std::string::npos ? key_file : key_file.substr(slash + 1);
  options.signed_name = name + ".signed";
  options.leaves = leaves;
  absl::Status told = ReplaceFile(files, options.signed_directory,
                                  name + ".pub", verifier + "\n");
  if (!told.ok()) return told;
  auto publisher = TreePublisher::Open(options, files, started->signer_.get());
  if (!publisher.ok()) return publisher.status();
  started->publisher_ = *std::move(publisher);
  started->log_ = log;
  log_line(
      LogLine(LogLevel::kInfo, "checkpoints")
          .Text("verifier", verifier)
          .Number("signed_records",
                  static_cast<int64_t>(started->publisher_->checkpoint().size))
          .str());
  started->publisher_->Start(
      log, std::chrono::milliseconds(config.checkpoints.interval_ms),
      [log_line](const absl::Status& failure) {
        log_line(LogLine(LogLevel::kError, "checkpoint_failed")
                     .Text("reason", failure.message())
                     .str());
      });
  return started;
}

absl::Status Checkpoints::SignThrough(uint64_t index) {
  const auto covered = [this, index] {
    return publisher_->checkpoint().size > index;
  };
  if (covered()) return absl::OkStatus();
  // Whoever waits here is served by the one before, or with all that came.
  std::lock_guard<std::mutex> hold(receipts_);
  if (covered()) return absl::OkStatus();
  std::this_thread::sleep_until(last_receipt_ + kBetweenReceipts);
  const absl::Status published = publisher_->Publish(log_->durable_index());
  last_receipt_ = std::chrono::steady_clock::now();
  if (!published.ok()) {
    return absl::UnavailableError(
        absl::StrCat("no checkpoint could be signed: ", published.message()));
  }
  if (covered()) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("record ", index, " is not durable yet"));
}

}  // namespace tarazy
