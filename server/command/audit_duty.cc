#include "server/command/audit_duty.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/audit/record_text.h"
#include "server/command/audit_filter.h"
#include "server/command/audit_source.h"
#include "server/command/replay_range.h"

namespace tarazy {
namespace {

struct DutyFlags {
  SourceFlags source;
  uint64_t record = 0;
  std::string obligation;
  std::string fulfilled_at;
  bool not_fulfilled = false;
  std::string note;
  bool json = false;
};

absl::Status Report(const DutyFlags& flags) {
  v1::ReportDutyRequest request;
  request.set_index(flags.record);
  request.set_obligation(flags.obligation);
  request.set_note(flags.note);
  if (flags.fulfilled_at.empty() != flags.not_fulfilled) {
    return absl::InvalidArgumentError(
        "say when it was fulfilled with --fulfilled-at, or that it was not "
        "after all with --not-fulfilled");
  }
  if (!flags.not_fulfilled) {
    const auto at = ReadInstantFlag("--fulfilled-at", flags.fulfilled_at);
    if (!at.ok()) return at.status();
    *request.mutable_fulfilled_at() = FromMilliseconds(*at);
  }
  auto source = OpenSource(flags.source);
  if (!source.ok()) return source.status();
  const auto answer = (*source)->ReportDuty(request);
  if (!answer.ok()) return answer.status();
  const std::string text =
      flags.json ? MessageJson(*answer)
                 : absl::StrCat(
                       answer->known() ? "known already: " : "",
                       PlainWord(flags.obligation), " of record ", flags.record,
                       flags.not_fulfilled ? " not fulfilled" : " fulfilled",
                       ", record ", answer->receipt().index(), " of ",
                       InstantText(ToMilliseconds(answer->recorded_at())));
  std::printf("%s\n", text.c_str());
  return absl::OkStatus();
}

}  // namespace

void AddAuditDuty(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<DutyFlags>();
  CLI::App* duty = audit->add_subcommand(
      "duty",
      "Reports to a server that a duty of a decision was fulfilled, or that it "
      "was not after all. The last report counts; the same one again adds "
      "nothing.");
  flags->source.AddServerTo(duty)->required();
  duty->add_option("record", flags->record, "number of the decision's record")
      ->required();
  duty->add_option("obligation", flags->obligation,
                   "the duty, as the answer names it")
      ->required();
  CLI::Option* at = duty->add_option(
      "--fulfilled-at", flags->fulfilled_at,
      "when it was fulfilled, for example 2026-07-12T00:00:00+05:00");
  duty->add_flag("--not-fulfilled", flags->not_fulfilled,
                 "take back what was reported")
      ->excludes(at);
  duty->add_option("--note", flags->note,
                   "a code of at most 32 of A to Z, 0 to 9, `_`, `-`, `.`, "
                   "with at most 6 digits");
  duty->add_flag("--json", flags->json, "a ReportDutyResponse as JSON");
  duty->callback([flags, run] {
    *run = [flags] { return EndAudit("duty", Report(*flags)); };
  });
}

}  // namespace tarazy
