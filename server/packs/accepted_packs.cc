#include "server/packs/accepted_packs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tarazy {
namespace {

constexpr uint64_t kMaxFileBytes = 1u << 20;

std::string Folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool IsDigest(absl::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                  (c >= 'a' && c <= 'f');
         });
}

}  // namespace

absl::StatusOr<std::unique_ptr<AcceptedPacks>> AcceptedPacks::Open(
    const std::string& path, FileSystem* files) {
  std::unique_ptr<AcceptedPacks> accepted(new AcceptedPacks(path, files));
  const auto text = ReadAll(files, path, kMaxFileBytes);
  if (absl::IsNotFound(text.status())) return accepted;
  if (!text.ok()) return text.status();
  const absl::Status status = accepted->Read(*text);
  if (!status.ok()) return status;
  return accepted;
}

absl::Status AcceptedPacks::Read(const std::string& text) {
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  const bool whole = lines.back().empty();
  lines.pop_back();
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::vector<absl::string_view> parts = absl::StrSplit(lines[i], ' ');
    Last last;
    if (!whole || parts.size() != 3 || parts[0].empty() ||
        !absl::SimpleAtoi(parts[1], &last.version) || last.version == 0 ||
        absl::StrCat(last.version) != parts[1] || !IsDigest(parts[2]) ||
        last_.count(std::string(parts[0])) != 0) {
      return absl::DataLossError(absl::StrCat(
          "line ", i + 1, " of `", path_,
          "`, the versions of packs that were accepted, is damaged; restore "
          "the file from a copy"));
    }
    last.digest = std::string(parts[2]);
    last_[std::string(parts[0])] = std::move(last);
  }
  if (whole && !lines.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("`", path_,
                   "`, the versions of packs that were accepted, is cut "
                   "short; restore the file from a copy"));
}

absl::Status AcceptedPacks::CheckLocked(const std::string& id, uint32_t version,
                                        const std::string& digest) const {
  const auto found = last_.find(id);
  if (found == last_.end()) return absl::OkStatus();
  if (version < found->second.version) {
    return absl::PermissionDeniedError(absl::StrCat(
        "version ", version, " of the pack `", id, "` is a downgrade: version ",
        found->second.version, " was accepted before"));
  }
  if (version == found->second.version && digest != found->second.digest) {
    return absl::PermissionDeniedError(
        absl::StrCat("version ", version, " of the pack `", id,
                     "` was accepted with other contents; changed contents "
                     "need a new version"));
  }
  return absl::OkStatus();
}

absl::Status AcceptedPacks::Check(const std::string& id, uint32_t version,
                                  const std::string& digest) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return CheckLocked(id, version, digest);
}

absl::Status AcceptedPacks::Accept(const std::string& id, uint32_t version,
                                   const std::string& digest) {
  std::lock_guard<std::mutex> lock(mutex_);
  const absl::Status checked = CheckLocked(id, version, digest);
  if (!checked.ok()) return checked;
  std::map<std::string, Last> next = last_;
  next[id] = {version, digest};
  std::string text;
  for (const auto& one : next) {
    absl::StrAppend(&text, one.first, " ", one.second.version, " ",
                    one.second.digest, "\n");
  }
  const absl::Status written = ReplaceFile(
      files_, Folder(path_), path_.substr(path_.rfind('/') + 1), text);
  if (!written.ok()) return written;
  last_ = std::move(next);
  return absl::OkStatus();
}

}  // namespace tarazy
