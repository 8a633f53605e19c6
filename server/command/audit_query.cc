#include "server/command/audit_query.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "server/audit/record_text.h"
#include "server/command/audit_filter.h"
#include "server/command/audit_source.h"
#include "server/command/progress.h"

namespace tarazy {
namespace {

constexpr int kMaxPage = 1000;
constexpr std::chrono::milliseconds kBetweenLooks(500);

struct QueryFlags {
  SourceFlags source;
  FilterFlags filter;
  bool newest = false;
  bool json = false;
  int limit = 100;
  std::string page_token;
  // tail
  bool follow = false;
  // stats
  std::string by;
  // export
  std::string format = "jsonl";
  std::string out;
};

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  return status.ok() ? text : "null";
}

void Put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void PutLine(const v1::AuditRecord& record, bool json) {
  Put((json ? RecordJson(record)
            : RecordLine(record.index(), record.record())) +
      "\n");
}

void SayBehind(const v1::IndexProgress& progress) {
  if (progress.indexed() >= progress.durable()) return;
  std::fprintf(
      stderr, "the index is %llu records behind the log, which has %llu\n",
      static_cast<unsigned long long>(progress.durable() - progress.indexed()),
      static_cast<unsigned long long>(progress.durable()));
}

// Asks page after page until `limit` records were visited or there are none
// left. Gives the token of the next page.
absl::StatusOr<std::string> EachRecord(
    AuditSource* source, v1::AuditQueryRequest request, uint64_t limit,
    const std::function<bool(const v1::AuditRecord&)>& visit,
    v1::IndexProgress* progress) {
  uint64_t visited = 0;
  for (;;) {
    request.set_page_size(
        static_cast<int>(std::min<uint64_t>(limit - visited, kMaxPage)));
    const auto page = source->Query(request);
    if (!page.ok()) return page.status();
    *progress = page->progress();
    for (const v1::AuditRecord& record : page->records()) {
      if (!visit(record)) return std::string();
      ++visited;
    }
    if (page->next_page_token().empty() || visited == limit) {
      return page->next_page_token();
    }
    request.set_page_token(page->next_page_token());
  }
}

absl::Status Query(const QueryFlags& flags) {
  auto filter = flags.filter.ToFilter();
  if (!filter.ok()) return filter.status();
  auto source = OpenSource(flags.source);
  if (!source.ok()) return source.status();
  v1::AuditQueryRequest request;
  *request.mutable_filter() = *std::move(filter);
  request.set_newest_first(flags.newest);
  request.set_page_token(flags.page_token);
  v1::AuditQueryResponse all;
  const auto next = EachRecord(
      source->get(), request, static_cast<uint64_t>(flags.limit),
      [&](const v1::AuditRecord& record) {
        if (flags.json) {
          *all.add_records() = record;
        } else {
          PutLine(record, false);
        }
        return true;
      },
      all.mutable_progress());
  if (!next.ok()) return next.status();
  if (flags.json) {
    all.set_next_page_token(*next);
    Put(ToJson(all) + "\n");
    return absl::OkStatus();
  }
  std::fflush(stdout);
  if (!next->empty()) {
    std::fprintf(stderr, "more with --page-token %s\n", next->c_str());
  }
  SayBehind(all.progress());
  return absl::OkStatus();
}

absl::Status Tail(const QueryFlags& flags) {
  auto filter = flags.filter.ToFilter();
  if (!filter.ok()) return filter.status();
  auto source = OpenSource(flags.source);
  if (!source.ok()) return source.status();
  v1::AuditQueryRequest request;
  *request.mutable_filter() = *std::move(filter);
  request.set_newest_first(true);
  uint64_t limit = static_cast<uint64_t>(flags.limit);
  uint64_t seen = 0;  // records before this number were shown
  for (;;) {
    std::vector<v1::AuditRecord> found;
    v1::IndexProgress progress;
    const auto asked = EachRecord(
        source->get(), request, limit,
        [&](const v1::AuditRecord& record) {
          if (record.index() < seen) return false;
          found.push_back(record);
          return true;
        },
        &progress);
    if (!asked.ok()) return asked.status();
    std::sort(found.begin(), found.end(),
              [](const v1::AuditRecord& a, const v1::AuditRecord& b) {
                return a.index() < b.index();
              });
    for (const v1::AuditRecord& record : found) PutLine(record, flags.json);
    std::fflush(stdout);
    if (!flags.follow) {
      SayBehind(progress);
      return absl::OkStatus();
    }
    seen = std::max(seen, progress.indexed());
    limit = UINT64_MAX;
    // Nothing tells another process that the index has grown.
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

absl::Status Stats(const QueryFlags& flags) {
  auto filter = flags.filter.ToFilter();
  if (!filter.ok()) return filter.status();
  auto source = OpenSource(flags.source);
  if (!source.ok()) return source.status();
  v1::AuditStatsRequest request;
  *request.mutable_filter() = *std::move(filter);
  if (!flags.by.empty()) {
    for (absl::string_view word : absl::StrSplit(flags.by, ',')) {
      request.add_group_by(std::string(word));
    }
  }
  const auto stats = (*source)->Stats(request);
  if (!stats.ok()) return stats.status();
  if (flags.json) {
    Put(ToJson(*stats) + "\n");
    return absl::OkStatus();
  }
  std::vector<size_t> widths(static_cast<size_t>(request.group_by_size()), 1);
  for (const v1::AuditGroup& group : stats->groups()) {
    for (int i = 0; i < group.keys_size(); ++i) {
      size_t& width = widths[static_cast<size_t>(i)];
      width = std::max(width, group.keys(i).size());
    }
  }
  for (const v1::AuditGroup& group : stats->groups()) {
    std::string line;
    for (int i = 0; i < group.keys_size(); ++i) {
      const std::string key =
          group.keys(i).empty() ? "-" : PlainWord(group.keys(i));
      absl::StrAppend(
          &line, key,
          std::string(widths[static_cast<size_t>(i)] + 2 - key.size(), ' '));
    }
    Put(absl::StrCat(line, group.records(), "\n"));
  }
  Put(absl::StrCat(stats->records(), " records\n"));
  std::fflush(stdout);
  SayBehind(stats->progress());
  return absl::OkStatus();
}

std::string CsvField(absl::string_view text) {
  std::string field = "\"";
  for (char c : text) {
    if (c == '"') field.push_back('"');
    field.push_back(c);
  }
  return field + "\"";
}

constexpr char kCsvHead[] =
    "index,recorded_at,effect,outcome,service,operation,operator,subject,"
    "reasons,norms,obligations,edition,bundle_digest,decision_id,"
    "report_on,fulfilled_at,note,reported_by\n";

std::string CsvLine(const v1::AuditRecord& audited) {
  const v1::DecisionRecord& record = audited.record();
  const v1::DecideResponse& response = record.response();
  const v1::DutyReport& report = record.duty_report();
  const bool decision = !record.has_duty_report();
  std::vector<std::string> reasons, norms, duties;
  for (const v1::Reason& reason : response.reasons()) {
    reasons.push_back(reason.code());
    if (!reason.norm().empty()) norms.push_back(reason.norm());
  }
  for (const v1::Obligation& duty : response.obligations()) {
    duties.push_back(duty.id());
  }
  if (!decision) duties.push_back(report.obligation());
  const std::string fields[] = {
      InstantText(ToMilliseconds(record.recorded_at())),
      decision ? v1::Effect_Name(response.effect()) : "",
      decision ? v1::Outcome_Name(response.outcome()) : "",
      ServiceOf(record),
      OperationName(record.request().operation()),
      record.request().operator_().bin(),
      record.request().subject().pseudonym(),
      absl::StrJoin(reasons, " "),
      absl::StrJoin(norms, " "),
      absl::StrJoin(duties, " "),
      response.edition(),
      response.bundle_digest(),
      response.decision_id(),
      decision ? "" : absl::StrCat(report.index()),
      report.has_fulfilled_at()
          ? InstantText(ToMilliseconds(report.fulfilled_at()))
          : "",
      report.note(),
      report.reported_by()};
  std::string line = absl::StrCat(audited.index());
  for (const std::string& field : fields) {
    absl::StrAppend(&line, ",", CsvField(field));
  }
  return line + "\n";
}

absl::Status Export(const QueryFlags& flags) {
  auto filter = flags.filter.ToFilter();
  if (!filter.ok()) return filter.status();
  auto source = OpenSource(flags.source);
  if (!source.ok()) return source.status();
  v1::AuditStatsRequest count;
  *count.mutable_filter() = *filter;
  const auto total = (*source)->Stats(count);
  if (!total.ok() && !absl::IsResourceExhausted(total.status())) {
    return total.status();
  }
  std::FILE* out =
      flags.out.empty() ? stdout : std::fopen(flags.out.c_str(), "wx");
  if (out == nullptr) {
    return absl::UnavailableError(absl::StrCat(
        "can't make `", flags.out, "`; is there a file of that name?"));
  }
  const bool csv = flags.format == "csv";
  bool written = !csv || std::fputs(kCsvHead, out) >= 0;
  v1::AuditQueryRequest request;
  *request.mutable_filter() = *std::move(filter);
  v1::IndexProgress progress;
  uint64_t records = 0;
  absl::StatusOr<std::string> done;
  {
    Progress bar("records", total.ok() ? total->records() : 0);
    done = EachRecord(
        source->get(), request, UINT64_MAX,
        [&](const v1::AuditRecord& record) {
          const std::string line =
              csv ? CsvLine(record) : RecordJson(record) + "\n";
          written = written && std::fwrite(line.data(), 1, line.size(), out) ==
                                   line.size();
          bar.Show(++records);
          return written;
        },
        &progress);
  }
  written = std::fflush(out) == 0 && written;
  if (out != stdout) written = std::fclose(out) == 0 && written;
  if (!done.ok()) return done.status();
  if (!written) {
    return absl::UnavailableError("can't write all of what is exported");
  }
  std::fprintf(stderr, "%llu records\n",
               static_cast<unsigned long long>(records));
  SayBehind(progress);
  return absl::OkStatus();
}

using Work = absl::Status (*)(const QueryFlags&);

std::shared_ptr<QueryFlags> Add(CLI::App* audit, std::function<int()>* run,
                                const char* name, const char* summary,
                                Work work, CLI::App** command) {
  auto flags = std::make_shared<QueryFlags>();
  *command = audit->add_subcommand(name, summary);
  flags->source.AddTo(*command);
  flags->filter.AddTo(*command);
  (*command)->callback([flags, run, name, work] {
    *run = [flags, name, work] { return EndAudit(name, work(*flags)); };
  });
  return flags;
}

}  // namespace

void AddAuditQuery(CLI::App* audit, std::function<int()>* run) {
  CLI::App* command;
  auto flags = Add(audit, run, "query",
                   "Prints a line for each record that fits, oldest first.",
                   Query, &command);
  command->add_flag("--newest", flags->newest, "newest first");
  command->add_option("--limit", flags->limit, "records, at most")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command->add_option("--page-token", flags->page_token,
                      "go on where an earlier answer ended");
  command->add_flag("--json", flags->json, "one AuditQueryResponse as JSON");
}

void AddAuditTail(CLI::App* audit, std::function<int()>* run) {
  CLI::App* command;
  auto flags = Add(audit, run, "tail", "Prints the last records that fit.",
                   Tail, &command);
  flags->limit = 10;
  command->add_option("-n,--limit", flags->limit, "how many")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command->add_flag("-f,--follow", flags->follow,
                    "go on with records as they come");
  command->add_flag("--json", flags->json, "a line of JSON for each record");
}

void AddAuditStats(CLI::App* audit, std::function<int()>* run) {
  CLI::App* command;
  auto flags = Add(audit, run, "stats",
                   "Counts the records that fit, all in all and in groups.",
                   Stats, &command);
  command->add_option("--by", flags->by,
                      "up to 3, with commas: operator, service, effect, "
                      "operation, edition, bundle, norm, reason, obligation, "
                      "day, hour");
  command->add_flag("--json", flags->json, "an AuditStatsResponse as JSON");
}

void AddAuditExport(CLI::App* audit, std::function<int()>* run) {
  CLI::App* command;
  auto flags = Add(audit, run, "export",
                   "Writes the records that fit as JSON lines or CSV, oldest "
                   "first.",
                   Export, &command);
  CLI::Option* format =
      command->add_option("--format", flags->format, "jsonl or csv")
          ->check(CLI::IsMember({"jsonl", "csv"}))
          ->capture_default_str();
  command
      ->add_flag("--json", flags->json,
                 "an object for each record, a line each: as --format jsonl")
      ->excludes(format);
  command->add_option("--out", flags->out,
                      "file to make; default: standard output");
}

}  // namespace tarazy
