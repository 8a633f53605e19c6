#include "server/command/audit_verify.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"
#include "server/audit/note.h"
#include "server/audit/verify.h"

namespace tarazy {
namespace {

constexpr uint64_t kMaxFileBytes = 1u << 20;

struct VerifyFlags {
  std::string log = "log";
  std::string key;
  std::vector<std::string> earlier;
  std::string proof;
  std::string record;
};

struct ProveFlags {
  std::string log = "log";
  uint64_t index = 0;
  std::string out;
  std::string record_out;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  return ReadAll(FileSystem::Posix(), path, kMaxFileBytes);
}

// From the file that a server writes beside its key. Empty without a flag.
absl::StatusOr<absl::optional<NoteVerifier>> ReadKey(const std::string& path) {
  if (path.empty()) return absl::optional<NoteVerifier>();
  const auto text = ReadFile(path);
  if (!text.ok()) return text.status();
  auto key = NoteVerifier::Parse(absl::StripAsciiWhitespace(*text));
  if (key.ok()) return absl::make_optional(*std::move(key));
  return absl::InvalidArgumentError(
      absl::StrCat("`", path, "`: ", key.status().message()));
}

absl::Status VerifyOneProof(const VerifyFlags& flags,
                            const NoteVerifier& verifier) {
  const auto text = ReadFile(flags.proof);
  if (!text.ok()) return text.status();
  const auto record = ReadFile(flags.record);
  if (!record.ok()) return record.status();
  const auto proof = RecordProof::FromText(*text);
  if (!proof.ok()) return proof.status();
  if (absl::Status s = proof->Verify(*record, verifier); !s.ok()) return s;
  std::printf("record %llu is in the log `%s`\n",
              static_cast<unsigned long long>(proof->index),
              verifier.name().c_str());
  return absl::OkStatus();
}

absl::Status VerifyWhole(const VerifyFlags& flags,
                         const absl::optional<NoteVerifier>& verifier) {
  VerifyOptions options;
  options.directory = flags.log;
  options.verifier = verifier.has_value() ? &*verifier : nullptr;
  for (const std::string& path : flags.earlier) {
    auto note = ReadFile(path);
    if (!note.ok()) return note.status();
    options.earlier.push_back(*std::move(note));
  }
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (terminal) {
    options.progress = [](uint64_t records) {
      std::fprintf(stderr, "\r%llu records",
                   static_cast<unsigned long long>(records));
    };
  }
  const auto verified = VerifyLog(FileSystem::Posix(), options);
  if (terminal) std::fputs("\r", stderr);
  if (!verified.ok()) return verified.status();
  std::printf("%llu records, each as it was written\n",
              static_cast<unsigned long long>(verified->records));
  if (!verified->checkpoint.has_value()) {
    std::puts("no checkpoint: nothing was published");
    return absl::OkStatus();
  }
  std::printf(
      "checkpoint of %llu records by `%s`: %s; %llu tiles as they "
      "must be\n",
      static_cast<unsigned long long>(verified->checkpoint->size),
      verified->checkpoint->origin.c_str(),
      verifier.has_value() ? "signature good"
                           : "signature not checked (give its key with --key)",
      static_cast<unsigned long long>(verified->tiles));
  return absl::OkStatus();
}

int End(const char* command, const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "tarazy audit %s: %s\n", command,
               std::string(status.message()).c_str());
  return absl::IsDataLoss(status) ? 2 : 1;
}

absl::Status Verify(const VerifyFlags& flags) {
  const auto key = ReadKey(flags.key);
  if (!key.ok()) return key.status();
  if (flags.proof.empty()) return VerifyWhole(flags, *key);
  return VerifyOneProof(flags, **key);
}

absl::Status Write(const std::string& path, absl::string_view text) {
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

absl::Status Prove(const ProveFlags& flags) {
  const auto proof = ProveRecord(FileSystem::Posix(), flags.log, flags.index);
  if (!proof.ok()) return proof.status();
  if (!flags.record_out.empty()) {
    auto reader = LogReader::Open(FileSystem::Posix(), flags.log);
    if (!reader.ok()) return reader.status();
    if (absl::Status s = (*reader)->Seek(flags.index); !s.ok()) return s;
    const auto found = (*reader)->Next();
    if (!found.ok()) return found.status();
    if (!*found) return absl::OutOfRangeError("the log has no such record");
    absl::Status s = Write(flags.record_out, (*reader)->record());
    if (!s.ok()) return s;
  }
  return Write(flags.out, proof->ToText());
}

}  // namespace

void AddAuditVerify(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* verify = audit->add_subcommand(
      "verify",
      "Checks every record, tile and signature of a log, or one proof. Exit "
      "code 2: something is not as it was written or signed.");
  verify->add_option("--log", flags->log, "folder of the log")
      ->capture_default_str();
  CLI::Option* key = verify->add_option(
      "--key", flags->key,
      "file with the log's verifier key: name+8 hex digits+base64");
  verify->add_option("--earlier", flags->earlier,
                     "file with an earlier checkpoint, whose records must "
                     "still be there; may be repeated");
  CLI::Option* proof = verify->add_option(
      "--proof", flags->proof,
      "check this proof instead of a log; needs --record and --key");
  CLI::Option* record = verify->add_option("--record", flags->record,
                                           "file with the record's bytes");
  proof->needs(record)->needs(key);
  record->needs(proof);
  verify->callback([flags, run] {
    *run = [flags] { return End("verify", Verify(*flags)); };
  });
}

void AddAuditProve(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<ProveFlags>();
  CLI::App* prove = audit->add_subcommand(
      "prove",
      "Writes a proof that a record is in the log, in the form "
      "c2sp.org/tlog-proof@v1, to be checked without the log.");
  prove->add_option("--log", flags->log, "folder of the log")
      ->capture_default_str();
  prove->add_option("index", flags->index, "the record's number")->required();
  prove->add_option("--out", flags->out, "file for the proof");
  prove->add_option("--record-out", flags->record_out,
                    "file for the record's bytes");
  prove->callback(
      [flags, run] { *run = [flags] { return End("prove", Prove(*flags)); }; });
}

}  // namespace tarazy
