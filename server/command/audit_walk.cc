#include "server/command/audit_walk.h"

#include "absl/strings/str_cat.h"
#include "server/audit/log_reader.h"
#include "server/audit/record_text.h"
#include "server/audit/sealed_files.h"
#include "server/command/progress.h"

namespace tarazy {

absl::Status WalkLog(
    const std::string& log,
    const std::function<absl::Status(const v1::DecisionRecord&)>& see) {
  auto reader = LogReader::Open(LogFiles(), log);
  if (!reader.ok()) return reader.status();
  Progress bar("records", 0);
  for (;;) {
    const auto more = (*reader)->Next();
    if (!more.ok()) return more.status();
    if (!*more) return (*reader)->CheckEnd();
    bar.Show((*reader)->index() + 1);
    const auto record = ParseRecord((*reader)->record());
    if (!record.ok()) {
      return absl::DataLossError(absl::StrCat("record ", (*reader)->index(),
                                              " ", record.status().message()));
    }
    if (absl::Status s = see(*record); !s.ok()) return s;
  }
}

}  // namespace tarazy
