#include "server/command/audit_show.h"

#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"
#include "server/audit/record_text.h"
#include "server/audit/sealed_files.h"
#include "server/command/audit_filter.h"
#include "server/command/audit_source.h"

namespace tarazy {
namespace {

constexpr size_t kDecisionIdDigits = 32;

struct ShowFlags {
  SourceFlags source;
  std::string record;
  std::string from;
  std::string to;
  bool json = false;
};

// Which records to show.
struct Wanted {
  bool one = false;
  uint64_t index = 0;  // if `one` and `id` is empty
  std::string id;      // a decision's
  int64_t from_ms = std::numeric_limits<int64_t>::min();
  int64_t to_ms = std::numeric_limits<int64_t>::max();  // excluded
};

absl::StatusOr<Wanted> ReadWanted(const ShowFlags& flags) {
  Wanted wanted;
  if (!flags.record.empty()) {
    wanted.one = true;
    if (flags.record.size() == kDecisionIdDigits) {
      wanted.id = flags.record;
    } else if (!absl::SimpleAtoi(flags.record, &wanted.index)) {
      return absl::InvalidArgumentError(
          absl::StrCat("`", flags.record,
                       "` is neither a record's number nor a decision's id "
                       "of 32 hex digits"));
    }
  }
  if (!flags.from.empty()) {
    auto from = ReadInstantFlag("--from", flags.from);
    if (!from.ok()) return from.status();
    wanted.from_ms = *from;
  }
  if (!flags.to.empty()) {
    auto to = ReadInstantFlag("--to", flags.to);
    if (!to.ok()) return to.status();
    wanted.to_ms = *to;
  }
  return wanted;
}

bool Matches(const Wanted& wanted, const v1::DecisionRecord& record) {
  if (!wanted.id.empty()) return record.response().decision_id() == wanted.id;
  const int64_t at = ToMilliseconds(record.recorded_at());
  return at >= wanted.from_ms && at < wanted.to_ms;
}

void Print(const ShowFlags& flags, const Wanted& wanted,
           const v1::AuditRecord& audited) {
  const uint64_t index = audited.index();
  const v1::DecisionRecord& record = audited.record();
  const std::string text = flags.json ? RecordJson(audited) + "\n"
                           : wanted.one
                               ? RecordPage(index, record) + DutyLines(audited)
                               : RecordLine(index, record) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (wanted.one && audited.duties().empty() &&
      record.response().obligations_size() > 0) {
    std::fflush(stdout);
    std::fputs("what has become of its duties is not known without an index\n",
               stderr);
  }
}

// As the index has them, if there is one.
void AddDuties(const ShowFlags& flags, v1::AuditRecord* audited) {
  if (audited->record().response().obligations().empty()) return;
  auto source = OpenSource(flags.source);
  if (!source.ok()) return;
  v1::AuditGetRequest request;
  request.set_index(audited->index());
  auto known = (*source)->Get(request);
  if (known.ok()) audited->mutable_duties()->Swap(known->mutable_duties());
}

// Prints what is wanted; gives how many records that were.
absl::StatusOr<uint64_t> Show(const ShowFlags& flags, const Wanted& wanted) {
  auto opened = LogReader::Open(LogFiles(), flags.source.log);
  if (!opened.ok()) return opened.status();
  LogReader& reader = **opened;
  const bool by_index = wanted.one && wanted.id.empty();
  if (by_index) {
    if (absl::Status s = reader.Seek(wanted.index); !s.ok()) return s;
  }
  uint64_t shown = 0;
  for (;;) {
    const auto more = reader.Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const auto record = ParseRecord(reader.record());
    if (!record.ok()) {
      return absl::DataLossError(absl::StrCat("record ", reader.index(), " ",
                                              record.status().message()));
    }
    if (!by_index && !Matches(wanted, *record)) continue;
    v1::AuditRecord audited;
    audited.set_index(reader.index());
    *audited.mutable_record() = *record;
    if (wanted.one) AddDuties(flags, &audited);
    Print(flags, wanted, audited);
    ++shown;
    if (wanted.one) return shown;
  }
  if (absl::Status s = reader.CheckEnd(); !s.ok()) return s;
  return shown;
}

// From a server, which finds a record by its number or its decision.
absl::StatusOr<uint64_t> ShowFromServer(const ShowFlags& flags,
                                        const Wanted& wanted) {
  if (!wanted.one) {
    return absl::InvalidArgumentError(
        "a server is asked for one record; `tarazy audit query` lists them");
  }
  auto source = OpenSource(flags.source);
  if (!source.ok()) return source.status();
  v1::AuditGetRequest request;
  if (wanted.id.empty()) {
    request.set_index(wanted.index);
  } else {
    request.set_decision_id(wanted.id);
  }
  const auto record = (*source)->Get(request);
  if (!record.ok()) return record.status();
  Print(flags, wanted, *record);
  return 1;
}

int Fail(const absl::Status& status) { return EndAudit("show", status); }

int RunShow(const ShowFlags& flags) {
  const auto wanted = ReadWanted(flags);
  if (!wanted.ok()) return Fail(wanted.status());
  const auto shown = flags.source.server.empty()
                         ? Show(flags, *wanted)
                         : ShowFromServer(flags, *wanted);
  if (!shown.ok()) return Fail(shown.status());
  if (wanted->one && *shown == 0) {
    return Fail(absl::NotFoundError(
        absl::StrCat("no record of `", flags.record, "` in the log")));
  }
  return 0;
}

}  // namespace

void AddAuditShow(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<ShowFlags>();
  CLI::App* show = audit->add_subcommand(
      "show",
      "Prints one record in full, or a line for each record. Exit code 2: the "
      "log is damaged.");
  flags->source.AddTo(show);
  CLI::Option* record = show->add_option(
      "record", flags->record, "a record's number or a decision's id");
  show->add_option("--from", flags->from,
                   "only records made at this instant or later, for example "
                   "2026-07-12T00:00:00+05:00")
      ->excludes(record);
  show->add_option("--to", flags->to, "only records made before this instant")
      ->excludes(record);
  show->add_flag("--json", flags->json, "a line of JSON for each record");
  show->callback([flags, run] { *run = [flags] { return RunShow(*flags); }; });
}

}  // namespace tarazy
