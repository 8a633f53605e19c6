// `tarazy pack new`.

#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "policy/pack/calendar.h"
#include "server/command/pack/commands.h"
#include "server/command/pack/skeleton.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxName = 64;

// A name can stand on command lines, in logs and in a quoted YAML text.
bool IsName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '.' && c != '_') {
      return false;
    }
  }
  return absl::ascii_isalnum(name.front());
}

int New(const std::string& folder, const std::string& name,
        const std::string& valid_from) {
  if (!IsName(name)) {
    return Unusable(absl::StrCat("`", Shown(name),
                                 "` can't be the name of a pack; a name is 1 "
                                 "to ",
                                 kMaxName,
                                 " letters, digits, `-`, `.` and `_`, a letter "
                                 "or digit first"));
  }
  const auto day = ParseDay(valid_from);
  if (!day.ok()) {
    return Unusable(absl::StrCat("`", Shown(valid_from),
                                 "` is not a date; a date is written as in "
                                 "2026-01-18"));
  }
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_directory(folder, error)) {
    return Unusable(absl::StrCat("`", folder, "` is a file; name a folder"));
  }
  const bool empty = !fs::exists(folder, error) || fs::is_empty(folder, error);
  if (!empty || error) {
    return Unusable(absl::StrCat(
        "`", folder, "` ", error ? "can't be read" : "is not empty",
        "; name a folder that is empty or not there yet"));
  }
  for (const SkeletonFile& file : PackSkeleton(name, *day)) {
    const fs::path path = fs::path(folder) / file.name;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return Unusable(absl::StrCat("`", path.parent_path().string(),
                                   "` can't be made: ", error.message()));
    }
    if (!WriteWhole(path.string(), file.text)) return kUnusable;
    Print(absl::StrCat(path.string(), "\n"));
  }
  Print(absl::StrCat("next: change norms.yaml, then `tarazy pack test ", folder,
                     "`\n"));
  return kGood;
}

}  // namespace

void AddPackNew(CLI::App* app, PackRun* run) {
  auto folder = std::make_shared<std::string>();
  auto name = std::make_shared<std::string>();
  auto valid_from = std::make_shared<std::string>();
  CLI::App* fresh = app->add_subcommand(
      "new", "make a small pack that passes, to be written on from");
  fresh->add_option("DIR", *folder, "a folder, empty or not there yet")
      ->required();
  fresh->add_option("--name", *name, "id of the pack and of its edition")
      ->required();
  fresh
      ->add_option("--valid-from", *valid_from,
                   "the first day on which it is in force, 2026-01-18")
      ->required();
  fresh->callback(
      [=] { *run = [=] { return New(*folder, *name, *valid_from); }; });
}

}  // namespace tarazy
