// Which salts are a subject's is read from the log itself, every record of it:
// the index may be behind, and what is to be erased must not depend on it.

#include "server/command/audit_erase.h"

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/audit/record_text.h"
#include "server/audit/salts.h"
#include "server/command/audit_source.h"
#include "server/command/audit_walk.h"
#include "server/registers/identity.h"
#include "server/registers/pseudonym.h"

namespace tarazy {
namespace {

constexpr size_t kMaxNamedKeys = 8;

struct EraseFlags {
  std::string log = "log";
  std::string salts;
  std::string keys;
  std::string subject;
  bool known_keys_only = false;
  bool json = false;
};

struct RotateFlags {
  std::string keys;
  std::string id;
};

struct Erased {
  uint64_t records = 0;  // about the subject
  std::vector<uint64_t> salts;
  // Ids of the keys that records about any subject were made with.
  std::set<std::string> keys;
  // Of those that hold the very pseudonym that was given.
  std::string given_under;
};

std::string Named(const std::set<std::string>& keys) {
  std::vector<std::string> names;
  for (const std::string& key : keys) {
    if (names.size() == kMaxNamedKeys) break;
    names.push_back(absl::StrCat("`", PlainWord(key), "`"));
  }
  return absl::StrCat(
      absl::StrJoin(names, ", "),
      keys.size() > names.size()
          ? absl::StrCat(" and ", keys.size() - names.size(), " more")
          : "");
}

absl::StatusOr<Erased> Find(const std::string& log, const std::string& given,
                            const std::set<std::string>& pseudonyms) {
  Erased found;
  const absl::Status walked =
      WalkLog(log, [&](const v1::DecisionRecord& record) {
        if (!record.request().has_subject()) return absl::OkStatus();
        const std::string& held = record.request().subject().pseudonym();
        found.keys.insert(record.pseudonym_key());
        if (pseudonyms.count(held) == 0) return absl::OkStatus();
        ++found.records;
        if (held == given) found.given_under = record.pseudonym_key();
        if (record.has_sealed_inputs()) {
          found.salts.push_back(record.sealed_inputs().salt());
        }
        return absl::OkStatus();
      });
  if (!walked.ok()) return walked;
  return found;
}

// That none of the subject's records can have been missed.
absl::Status CheckAllFound(const EraseFlags& flags, const Pseudonymizer* keys,
                           const Erased& found) {
  if (flags.known_keys_only || found.keys.size() < 2) return absl::OkStatus();
  if (keys == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the log has records under several keys, ", Named(found.keys),
        "; name the file of the keys with --keys, so that all of the "
        "subject's are found"));
  }
  std::set<std::string> unknown;
  for (const std::string& key : found.keys) {
    if (!keys->Holds(key)) unknown.insert(key);
  }
  if (!unknown.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "`", flags.keys, "` does not hold ", Named(unknown),
        ", under which the log has records: whether they are about the subject "
        "can't be told; --known-keys-only erases those that are found"));
  }
  if (!found.given_under.empty() && found.given_under != keys->first_key_id()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "this is the subject's pseudonym in records under the key `",
        PlainWord(found.given_under),
        "`, and those under other keys can't be found by it; give the one that "
        "answers carry, or the identification number with `-`"));
  }
  return absl::OkStatus();
}

// The subject as answers carry it. `-` reads it, or the identification number,
// from standard input, so that it stands in no list of processes.
absl::StatusOr<std::string> ReadSubject(const EraseFlags& flags,
                                        const Pseudonymizer* keys) {
  std::string subject = flags.subject;
  if (subject == "-" && !std::getline(std::cin, subject)) subject.clear();
  if (keys != nullptr && CheckIin(subject).ok()) {
    return keys->Of(subject).ToHex();
  }
  Pseudonym named;
  if (Pseudonym::FromHex(subject, &named)) return subject;
  return absl::InvalidArgumentError(
      "the subject is named by its pseudonym of 64 lower-case hex digits; "
      "with --keys and `-`, by its identification number on standard input");
}

absl::Status Erase(const EraseFlags& flags) {
  std::unique_ptr<const Pseudonymizer> keys;
  if (!flags.keys.empty()) {
    auto loaded = Pseudonymizer::Load(flags.keys);
    if (!loaded.ok()) return loaded.status();
    keys = *std::move(loaded);
  }
  const auto subject = ReadSubject(flags, keys.get());
  if (!subject.ok()) return subject.status();
  std::set<std::string> pseudonyms = {*subject};
  if (keys != nullptr) {
    for (std::string& other : OtherPseudonyms(*keys, *subject)) {
      pseudonyms.insert(std::move(other));
    }
  }
  const auto found = Find(flags.log, *subject, pseudonyms);
  if (!found.ok()) return found.status();
  absl::Status s = CheckAllFound(flags, keys.get(), *found);
  if (!s.ok()) return s;
  auto salts = SaltStore::Open(flags.salts, false);
  if (!salts.ok()) return salts.status();
  s = (*salts)->Erase(found->salts);
  if (!s.ok()) return s;
  std::printf(
      flags.json
          ? "{\"records\":%llu,\"erased\":%llu}\n"
          : "%llu records about the subject, the inputs of %llu erased\n",
      static_cast<unsigned long long>(found->records),
      static_cast<unsigned long long>(found->salts.size()));
  return absl::OkStatus();
}

absl::Status Rotate(const RotateFlags& flags) {
  absl::Status s = Pseudonymizer::AddKey(flags.keys, flags.id);
  if (!s.ok()) return s;
  std::printf(
      "the key `%s` was added: records are made with it from the next start of "
      "the server on\n",
      flags.id.c_str());
  return s;
}

}  // namespace

void AddAuditErase(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<EraseFlags>();
  CLI::App* erase = audit->add_subcommand(
      "erase",
      "Erases the personal inputs of a subject's decisions, for good: their "
      "salts. The log stays as it is and verifies. A server may be running. "
      "Copies of the file of salts are not reached.");
  erase->add_option("--log", flags->log, "folder of the log")
      ->capture_default_str();
  erase->add_option("--salts", flags->salts, "file of the salts")
      ->required()
      ->check(CLI::ExistingFile);
  erase
      ->add_option("--keys", flags->keys,
                   "file of the pseudonym keys: needed once there are several")
      ->check(CLI::ExistingFile);
  erase->add_flag("--known-keys-only", flags->known_keys_only,
                  "go on where the log has records under other keys, too");
  erase
      ->add_option("subject", flags->subject,
                   "the subject's pseudonym as answers carry it; `-`: from "
                   "standard input, there with --keys the identification "
                   "number, too")
      ->required();
  erase->add_flag("--json", flags->json, "what was erased as JSON");
  erase->callback([flags, run] {
    *run = [flags] { return EndAudit("erase", Erase(*flags)); };
  });
}

void AddAuditRotateKey(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<RotateFlags>();
  CLI::App* rotate = audit->add_subcommand(
      "rotate-key",
      "Adds a random pseudonym key for the records of the log, which the "
      "server takes at its next start. Those before stay in the file, so that "
      "their records are found; the first is the registers' and stays.");
  rotate->add_option("--keys", flags->keys, "file of the pseudonym keys")
      ->required()
      ->check(CLI::ExistingFile);
  rotate
      ->add_option("--id", flags->id, "id of the new key, for example 2027-01")
      ->required();
  rotate->callback([flags, run] {
    *run = [flags] { return EndAudit("rotate-key", Rotate(*flags)); };
  });
}

}  // namespace tarazy
