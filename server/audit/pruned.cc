#include "server/audit/pruned.h"

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tarazy {
namespace {

// No checkpoint looks so: its second line is a number.
constexpr absl::string_view kHeader = "tarazy-pruned@v1";
constexpr uint64_t kMaxNoteBytes = 1u << 16;

bool ReadNumber(absl::string_view line, absl::string_view name,
                uint64_t* number) {
  return absl::ConsumePrefix(&line, name) && absl::SimpleAtoi(line, number) &&
         absl::StrCat(*number) == line;
}

bool Parse(absl::string_view text, Pruned* pruned) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() != 6 || lines[0] != kHeader || !lines[5].empty()) {
    return false;
  }
  absl::string_view origin = lines[1];
  absl::string_view id = lines[4];
  if (!absl::ConsumePrefix(&origin, "origin ") ||
      !ReadNumber(lines[2], "first ", &pruned->first_index) ||
      !ReadNumber(lines[3], "previous ", &pruned->previous_bytes) ||
      !absl::ConsumePrefix(&id, "log ") || id.size() != 32) {
    return false;
  }
  pruned->origin = std::string(origin);
  const std::string bytes = absl::HexStringToBytes(id);
  std::copy(bytes.begin(), bytes.end(), pruned->log_id.begin());
  return pruned->first_index > 0 && pruned->ToText() == text;
}

}  // namespace

std::string Pruned::ToText() const {
  return absl::StrCat(
      kHeader, "\norigin ", origin, "\nfirst ", first_index, "\nprevious ",
      previous_bytes, "\nlog ",
      absl::BytesToHexString(absl::string_view(
          reinterpret_cast<const char*>(log_id.data()), log_id.size())),
      "\n");
}

absl::StatusOr<Pruned> ParsePruned(absl::string_view note,
                                   absl::string_view path) {
  Pruned pruned;
  const size_t end = note.rfind("\n\n");
  if (end == absl::string_view::npos ||
      !Parse(note.substr(0, end + 1), &pruned)) {
    return absl::DataLossError(absl::StrCat(
        "`", path, "` is damaged; it says with which record the log begins"));
  }
  pruned.note = std::string(note);
  return pruned;
}

absl::StatusOr<absl::optional<Pruned>> ReadPruned(
    FileSystem* files, const std::string& directory) {
  const std::string path = absl::StrCat(directory, "/", kPrunedName);
  const auto note = ReadAll(files, path, kMaxNoteBytes);
  if (absl::IsNotFound(note.status())) return absl::optional<Pruned>();
  if (!note.ok()) return note.status();
  auto pruned = ParsePruned(*note, path);
  if (!pruned.ok()) return pruned.status();
  return absl::make_optional(*std::move(pruned));
}

absl::Status CheckSigned(const Pruned& pruned, const NoteVerifier& verifier) {
  const auto text = verifier.Open(pruned.note);
  if (text.ok() && *text == pruned.ToText() &&
      pruned.origin == verifier.name()) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "records before ", pruned.first_index, " are missing, and `", kPrunedName,
      "` is not signed with the log's key", text.ok() ? "" : ": ",
      text.ok() ? "" : text.status().message()));
}

}  // namespace tarazy
