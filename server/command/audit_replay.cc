#include "server/command/audit_replay.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/audit/record_text.h"
#include "server/command/audit_filter.h"
#include "server/command/audit_source.h"
#include "server/command/replay_range.h"
#include "server/service/replay.h"

namespace tarazy {
namespace {

constexpr size_t kDecisionIdDigits = 32;

struct ReplayFlags {
  std::string record;
  std::vector<std::string> law;
  std::string pack;
  std::string as_of;
  RangeFlags range;
  std::string salts;
  bool json = false;
};

absl::StatusOr<std::shared_ptr<const Pack>> LoadPack(
    const std::string& directory) {
  Diagnostics diagnostics;
  std::string text;
  auto pack = Pack::Load(directory, &diagnostics, &text);
  if (pack != nullptr) return pack;
  return absl::InvalidArgumentError(
      absl::StrCat("the pack in `", directory, "` can't be used:\n", text));
}

absl::StatusOr<ReplayOptions> Options(const ReplayFlags& flags) {
  ReplayOptions options;
  for (const std::string& directory : flags.law) {
    auto pack = LoadPack(directory);
    if (!pack.ok()) return pack.status();
    options.law.push_back(*std::move(pack));
  }
  if (!flags.pack.empty()) {
    auto pack = LoadPack(flags.pack);
    if (!pack.ok()) return pack.status();
    options.instead = *std::move(pack);
  }
  if (!flags.as_of.empty()) {
    const auto as_of = ReadInstantFlag("--as-of", flags.as_of);
    if (!as_of.ok()) return as_of.status();
    options.as_of_ms = *as_of;
  }
  if (options.law.empty() && options.instead == nullptr) {
    return absl::InvalidArgumentError(
        "name the packs of the law with --law, or another with --pack");
  }
  return options;
}

bool WhatIf(const ReplayFlags& flags) {
  return !flags.pack.empty() || !flags.as_of.empty();
}

absl::Status PrintOne(const ReplayFlags& flags, uint64_t index,
                      const v1::DecisionRecord& record,
                      const Replayed& replayed) {
  if (flags.json) {
    std::printf("{\"index\":%llu,\"same\":%s,\"response\":%s}\n",
                static_cast<unsigned long long>(index),
                replayed.same ? "true" : "false",
                MessageJson(replayed.response).c_str());
  } else if (replayed.same) {
    std::printf("record %llu: the same answer, bit for bit\n",
                static_cast<unsigned long long>(index));
  } else {
    v1::DecisionRecord after = record;
    *after.mutable_response() = replayed.response;
    std::printf("before  %s\nafter   %s\n", RecordLine(index, record).c_str(),
                RecordLine(index, after).c_str());
  }
  if (replayed.same || WhatIf(flags)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "record ", index, " does not follow from what it holds and the law"));
}

absl::Status ReplayOne(const ReplayFlags& flags, Replayer* replayer) {
  uint64_t number = 0;
  const bool by_id = flags.record.size() == kDecisionIdDigits;
  if (!by_id && !absl::SimpleAtoi(flags.record, &number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("`", flags.record,
                     "` is neither a record's number nor a decision's id of "
                     "32 hex digits"));
  }
  SourceFlags files;
  files.log = flags.range.log;
  auto source = OpenSource(files);
  if (!source.ok()) return source.status();
  v1::AuditGetRequest request;
  if (by_id) {
    request.set_decision_id(flags.record);
  } else {
    request.set_index(number);
  }
  const auto found = (*source)->Get(request);
  if (!found.ok()) return found.status();
  const auto replayed = replayer->Replay(found->record());
  if (!replayed.ok()) return replayed.status();
  return PrintOne(flags, found->index(), found->record(), *replayed);
}

absl::Status Replay(const ReplayFlags& flags) {
  auto options = Options(flags);
  if (!options.ok()) return options.status();
  std::unique_ptr<SaltStore> salts;
  if (!flags.salts.empty()) {
    auto opened = SaltStore::Open(flags.salts, false);
    if (!opened.ok()) return opened.status();
    salts = *std::move(opened);
    options->salts = salts.get();
  }
  auto replayer = Replayer::Make(*std::move(options));
  if (!replayer.ok()) return replayer.status();
  if (!flags.record.empty()) return ReplayOne(flags, replayer->get());
  const auto outcome = ReplayRange(flags.range, replayer->get());
  if (!outcome.ok()) return outcome.status();
  PrintOutcome(*outcome, flags.json);
  if (WhatIf(flags) || outcome->same == outcome->differences.replayed) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      "not every record follows from what it holds and the law");
}

}  // namespace

void AddAuditReplay(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<ReplayFlags>();
  CLI::App* replay = audit->add_subcommand(
      "replay",
      "Decides again what the log says was decided: one record, or all of a "
      "time. Under the same law and state the answer must be the same, bit "
      "for bit (exit code 2: it is not); with --pack or --as-of it says what "
      "would change, by norm.");
  replay->add_option("--log", flags->range.log, "folder of the log")
      ->capture_default_str();
  CLI::Option* record = replay->add_option(
      "record", flags->record, "a record's number or a decision's id");
  replay->add_option("--law", flags->law,
                     "folder of a pack of the law; may be repeated. The one "
                     "that decided is found by its digest");
  CLI::Option* pack = replay->add_option(
      "--pack", flags->pack, "what if the pack of this folder decided");
  replay
      ->add_option("--as-of", flags->as_of,
                   "what if it were decided at this instant, under the law "
                   "of --law that is in force then")
      ->excludes(pack);
  replay
      ->add_option("--from", flags->range.from,
                   "only records made at this instant or later")
      ->excludes(record);
  replay
      ->add_option("--to", flags->range.until,
                   "only records made before this instant")
      ->excludes(record);
  replay
      ->add_option("--salts", flags->salts,
                   "file of the salts, for records with sealed inputs")
      ->check(CLI::ExistingFile);
  replay
      ->add_option("--examples", flags->range.examples,
                   "so many ids of decisions beside each count of a range")
      ->excludes(record)
      ->capture_default_str();
  replay->add_flag("--json", flags->json, "the result as JSON");
  replay->callback([flags, run] {
    *run = [flags] { return EndAudit("replay", Replay(*flags)); };
  });
}

}  // namespace tarazy
