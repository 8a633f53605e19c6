#include "server/command/audit_verify.h"

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
#include "google/protobuf/util/json_util.h"
#include "server/audit/file_system.h"
#include "server/audit/index.h"
#include "server/audit/note.h"
#include "server/audit/sealed_files.h"
#include "server/audit/verify.h"
#include "server/command/audit_published.h"
#include "server/command/audit_source.h"
#include "server/command/progress.h"

namespace tarazy {
namespace {

constexpr uint64_t kMaxFileBytes = 1u << 20;

struct VerifyFlags {
  SourceFlags source;
  std::string published;
  std::string url;
  bool json = false;
  std::string key;
  std::vector<std::string> earlier;
  std::string proof;
  std::string receipt;
  std::string record;
};

struct ProveFlags {
  SourceFlags source;
  bool json = false;
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

absl::Status VerifyOneReceipt(const VerifyFlags& flags,
                              const NoteVerifier& verifier) {
  const auto text = ReadFile(flags.receipt);
  if (!text.ok()) return text.status();
  const auto receipt = RecordProof::FromText(*text);
  if (!receipt.ok()) return receipt.status();
  const auto tree = receipt->VerifyReceipt(verifier);
  if (!tree.ok()) return tree.status();
  if (!flags.record.empty()) {
    const auto record = ReadFile(flags.record);
    if (!record.ok()) return record.status();
    if (LeafHash(*record) != *receipt->leaf) {
      return absl::DataLossError(absl::StrCat("the receipt of record ",
                                              receipt->index,
                                              " is not that of these bytes"));
    }
  }
  const std::string leaf = HashToBase64(*receipt->leaf);
  const std::string root = HashToBase64(tree->root);
  if (flags.json) {
    std::printf("%s\n",
                absl::StrCat("{\"log\":\"", verifier.name(), "\",\"index\":",
                             receipt->index, ",\"leaf_hash\":\"", leaf,
                             "\",\"tree_size\":", tree->size, ",\"root\":\"",
                             root, "\",\"record_checked\":",
                             flags.record.empty() ? "false" : "true", "}")
                    .c_str());
    return absl::OkStatus();
  }
  std::printf(
      "record %llu is in the log `%s`\nleaf hash %s\nsigned with %llu records, "
      "root %s\n",
      static_cast<unsigned long long>(receipt->index), verifier.name().c_str(),
      leaf.c_str(), static_cast<unsigned long long>(tree->size), root.c_str());
  return absl::OkStatus();
}

// The index beside the log, if there is one: how many rows it has.
absl::StatusOr<absl::optional<uint64_t>> VerifyIndex(const VerifyFlags& flags) {
  auto index =
      AuditIndex::Open(flags.source.IndexPath(), AuditIndex::Use::kRead);
  if (absl::IsNotFound(index.status())) return absl::optional<uint64_t>();
  if (!index.ok()) return index.status();
  if (absl::Status s = (*index)->Check(); !s.ok()) return s;
  const auto known = (*index)->indexed();
  if (!known.ok()) return known.status();
  return absl::make_optional(known->records);
}

// Where no log of its own is at hand: what others are given of it.
bool IsPublished(const VerifyFlags& flags) {
  return !flags.published.empty() || !flags.url.empty() ||
         !flags.source.server.empty();
}

absl::StatusOr<ReadPublished> OpenPublished(const VerifyFlags& flags) {
  if (!flags.published.empty()) return ReadPublishedFolder(flags.published);
  if (!flags.url.empty()) {
    PublishedUrl from;
    from.url = flags.url;
    from.deadline_ms = flags.source.deadline_ms;
    auto token = ReadToken(flags.source);
    if (!token.ok()) return token.status();
    from.token = *std::move(token);
    return ReadPublishedUrl(from);
  }
  auto opened = OpenSource(flags.source);
  if (!opened.ok()) return opened.status();
  const std::shared_ptr<AuditSource> source = *std::move(opened);
  return ReadPublished(
      [source](const std::string& path) -> absl::StatusOr<std::string> {
        v1::AuditTileRequest request;
        request.set_path(path);
        auto tile = source->ReadTile(request);
        if (!tile.ok()) return tile.status();
        return std::move(*tile->mutable_content());
      });
}

absl::StatusOr<VerifiedLog> VerifyFrom(const VerifyFlags& flags,
                                       VerifyOptions options) {
  Progress bar("records", 0);
  options.progress = [&bar](uint64_t records) { bar.Show(records); };
  if (!IsPublished(flags)) {
    options.directory = flags.source.log;
    return VerifyLog(LogFiles(), options);
  }
  const auto read = OpenPublished(flags);
  if (!read.ok()) return read.status();
  // Whoever shows a token wants to see the records.
  options.allow_withheld =
      !flags.url.empty() && flags.source.token_file.empty();
  auto verified = VerifyPublished(*read, options);
  if (!absl::IsNotFound(verified.status()) || !flags.source.server.empty()) {
    return verified;
  }
  return absl::NotFoundError(absl::StrCat(
      "`", flags.published, flags.url,
      "` holds no published log: there is no `checkpoint`; `tarazy audit "
      "publish` writes one, `http.tiles` serves one"));
}

void PrintVerified(const VerifiedLog& verified, bool with_key,
                   absl::optional<uint64_t> indexed) {
  std::printf("%llu records, each as it was written\n",
              static_cast<unsigned long long>(verified.records));
  if (verified.withheld > 0) {
    std::printf(
        "%llu records were not seen, since they are for auditors alone "
        "(--token-file); their hashes are as they must be\n",
        static_cast<unsigned long long>(verified.withheld));
  }
  if (verified.pruned > 0) {
    std::printf(
        "%llu records before those were deleted by the log's retention, "
        "their hashes are as they must be%s\n",
        static_cast<unsigned long long>(verified.pruned),
        with_key ? "" : "; that the log's key says so was not checked");
  }
  if (verified.checkpoint.has_value()) {
    std::printf(
        "checkpoint of %llu records by `%s`: %s; %llu tiles as they "
        "must be\n",
        static_cast<unsigned long long>(verified.checkpoint->size),
        verified.checkpoint->origin.c_str(),
        with_key ? "signature good"
                 : "signature not checked (give its key with --key)",
        static_cast<unsigned long long>(verified.tiles));
  } else {
    std::puts("no checkpoint: nothing was published");
  }
  if (indexed.has_value()) {
    std::printf("index of %llu records, each row as it was written\n",
                static_cast<unsigned long long>(*indexed));
  }
}

absl::Status VerifyWhole(const VerifyFlags& flags,
                         const absl::optional<NoteVerifier>& verifier) {
  VerifyOptions options;
  options.verifier = verifier.has_value() ? &*verifier : nullptr;
  for (const std::string& path : flags.earlier) {
    auto note = ReadFile(path);
    if (!note.ok()) return note.status();
    options.earlier.push_back(*std::move(note));
  }
  const auto verified = VerifyFrom(flags, options);
  if (!verified.ok()) return verified.status();
  absl::optional<uint64_t> indexed;
  if (!IsPublished(flags)) {
    const auto index = VerifyIndex(flags);
    if (!index.ok()) return index.status();
    indexed = *index;
  }
  if (!flags.json) {
    PrintVerified(*verified, verifier.has_value(), indexed);
    return absl::OkStatus();
  }
  std::string text = absl::StrCat(
      "{\"records\":", verified->records, ",\"pruned\":", verified->pruned,
      ",\"withheld\":", verified->withheld, ",\"tiles\":", verified->tiles,
      ",\"signature_checked\":",
      verifier.has_value() && verified->checkpoint.has_value() ? "true"
                                                               : "false");
  if (verified->checkpoint.has_value()) {
    absl::StrAppend(&text, ",\"checkpoint_size\":", verified->checkpoint->size,
                    ",\"root\":\"", HashToBase64(verified->checkpoint->root),
                    "\"");
  }
  if (indexed.has_value()) absl::StrAppend(&text, ",\"indexed\":", *indexed);
  std::printf("%s}\n", text.c_str());
  return absl::OkStatus();
}

absl::Status Verify(const VerifyFlags& flags) {
  if (!flags.record.empty() && flags.proof.empty() && flags.receipt.empty()) {
    return absl::InvalidArgumentError(
        "--record is checked against a --proof or a --receipt; give one");
  }
  if (!flags.source.token_file.empty() && flags.url.empty() &&
      flags.source.server.empty()) {
    return absl::InvalidArgumentError(
        "--token-file is shown to a --server or at a --url; give one");
  }
  const auto key = ReadKey(flags.key);
  if (!key.ok()) return key.status();
  if (!flags.receipt.empty()) return VerifyOneReceipt(flags, **key);
  if (flags.proof.empty()) return VerifyWhole(flags, *key);
  return VerifyOneProof(flags, **key);
}

absl::Status GetReceipt(const ProveFlags& flags) {
  auto source = OpenSource(flags.source);
  if (!source.ok()) return source.status();
  v1::AuditReceiptRequest request;
  request.set_index(flags.index);
  const auto receipt = (*source)->GetReceipt(request);
  if (!receipt.ok()) return receipt.status();
  return WriteOutput(flags.out, receipt->receipt());
}

absl::Status Prove(const ProveFlags& flags) {
  auto source = OpenSource(flags.source);
  if (!source.ok()) return source.status();
  v1::AuditProveRequest request;
  request.set_index(flags.index);
  const auto proof = (*source)->Prove(request);
  if (!proof.ok()) return proof.status();
  if (!flags.record_out.empty()) {
    absl::Status s = WriteOutput(flags.record_out, proof->record());
    if (!s.ok()) return s;
  }
  if (!flags.json) return WriteOutput(flags.out, proof->proof());
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto printed =
      google::protobuf::util::MessageToJsonString(*proof, &text, options);
  if (!printed.ok()) return absl::InternalError("the proof has no JSON form");
  return WriteOutput(flags.out, text + "\n");
}

}  // namespace

void AddAuditVerify(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* verify = audit->add_subcommand(
      "verify",
      "Checks every record, tile and signature of a log, or one proof; of a "
      "published log also from outside. Exit code 2: something is not as it "
      "was written or signed.");
  flags->source.AddTo(verify);
  CLI::Option* published = verify->add_option(
      "--published", flags->published,
      "folder of a published log, as `tarazy audit publish` writes it");
  CLI::Option* url = verify->add_option(
      "--url", flags->url,
      "http:// address of a published log; without a token of an auditor the "
      "records may be withheld, and their hashes are checked alone");
  url->excludes(published);
  for (const char* other : {"--log", "--index", "--server"}) {
    published->excludes(verify->get_option(other));
    url->excludes(verify->get_option(other));
  }
  CLI::Option* token = verify->get_option("--token-file");
  token->remove_needs(verify->get_option("--server"));
  token->excludes(published);
  verify->add_flag("--json", flags->json, "what was verified as JSON");
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
  CLI::Option* receipt = verify->add_option(
      "--receipt", flags->receipt,
      "check this receipt instead of a log, with --record against the record's "
      "bytes, too; needs --key");
  proof->needs(record)->needs(key)->excludes(receipt);
  receipt->needs(key);
  for (CLI::Option* one : {proof, receipt}) {
    one->excludes(published)->excludes(url);
  }
  verify->callback([flags, run] {
    *run = [flags] { return EndAudit("verify", Verify(*flags)); };
  });
}

void AddAuditReceipt(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<ProveFlags>();
  CLI::App* receipt = audit->add_subcommand(
      "receipt",
      "Writes the receipt of a decision: the log's signature that its record "
      "stands at its number. A server signs one where none covers it yet.");
  flags->source.AddTo(receipt);
  receipt->add_option("index", flags->index, "the record's number")->required();
  receipt->add_option("--out", flags->out, "file for the receipt");
  receipt->callback([flags, run] {
    *run = [flags] { return EndAudit("receipt", GetReceipt(*flags)); };
  });
}

void AddAuditProve(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<ProveFlags>();
  CLI::App* prove = audit->add_subcommand(
      "prove",
      "Writes a proof that a record is in the log, in the form "
      "c2sp.org/tlog-proof@v1, to be checked without the log.");
  flags->source.AddTo(prove);
  prove->add_flag("--json", flags->json,
                  "an AuditProof as JSON, the record in base64");
  prove->add_option("index", flags->index, "the record's number")->required();
  prove->add_option("--out", flags->out, "file for the proof");
  prove->add_option("--record-out", flags->record_out,
                    "file for the record's bytes");
  prove->callback([flags, run] {
    *run = [flags] { return EndAudit("prove", Prove(*flags)); };
  });
}

}  // namespace tarazy
