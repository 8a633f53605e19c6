// The same pack gives the same bundle, byte for byte, wherever, whenever and by
// whomever it is built.

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

// How one builder differs from another.
struct Builder {
  const char* folder;  // below the test's own
  const char* umask;
  const char* locale;
  const char* zone;
  bool backwards;  // files are made from the last name to the first
  int years;       // that files look older than they are
};

const Builder kBuilders[] = {
    {"a", "022", "C", "UTC", false, 0},
    {"far/down/the/tree", "077", "kk_KZ.UTF-8", "Asia/Almaty", true, 27},
    {"c with spaces", "000", "C.UTF-8", "America/Anchorage", true, -9},
    {"d", "027", "tr_TR.UTF-8", "Pacific/Kiritimati", false, 5},
};

class BundleSame : public testing::Test {
 protected:
  // The packs of the law, copied file by file in the builder's order.
  std::string CopyLaw(const Builder& builder) const {
    const fs::path law = fs::path(TARAZY_SOURCE_DIR) / "policy/law";
    const fs::path to = fs::path(root_) / builder.folder;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(law)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    if (builder.backwards) std::reverse(files.begin(), files.end());
    const auto then = fs::file_time_type::clock::now() -
                      std::chrono::hours(24 * 365) * builder.years;
    for (const fs::path& file : files) {
      const fs::path copy = to / fs::relative(file, law);
      fs::create_directories(copy.parent_path());
      fs::copy_file(file, copy);
      fs::last_write_time(copy, then);
    }
    return to.string();
  }

  // The bundle's bytes and what was said of them.
  std::pair<std::string, std::string> Build(const Builder& builder,
                                            const std::string& law,
                                            const std::string& pack) const {
    const std::string out = law + "/" + pack + ".bundle";
    const Ran ran = RunProgram(
        {"env", std::string("LC_ALL=") + builder.locale,
         std::string("TZ=") + builder.zone, "sh", "-c",
         std::string("umask ") + builder.umask +
             " && cd \"$1\" && exec \"$2\" pack build \"$3\" -o \"$4\"",
         "sh", law, kTarazy, pack, out});
    EXPECT_EQ(ran.code, 0) << builder.folder << ": " << ran.err;
    return {ReadFile(out), ran.out};
  }

  const std::string root_ = MakeTempFolder("bundle_same");
};

TEST_F(BundleSame, WhereverWheneverAndByWhomever) {
  std::vector<std::string> laws;
  for (const Builder& builder : kBuilders) laws.push_back(CopyLaw(builder));
  for (const std::string pack :
       {"seed-bill", "kz-2026-01-18", "kz-2026-07-12"}) {
    const auto first = Build(kBuilders[0], laws[0], pack);
    EXPECT_GT(first.first.size(), 10000u);
    for (size_t i = 1; i < laws.size(); ++i) {
      const auto other = Build(kBuilders[i], laws[i], pack);
      EXPECT_TRUE(first.first == other.first)
          << pack << " differs in " << kBuilders[i].folder;
      EXPECT_EQ(first.second, other.second);
    }
    EXPECT_TRUE(first.first == Build(kBuilders[0], laws[0], pack).first);
  }
}

// What stays out of a bundle may differ, and what decides may not.
TEST_F(BundleSame, OnlyWhatDecidesCounts) {
  const std::string law = CopyLaw(kBuilders[0]);
  const auto before = Build(kBuilders[0], law, "seed-bill");
  WriteFile(law + "/seed-bill/README.md", "other\n");
  WriteFile(law + "/seed-bill/scenarios/more.yaml", "scenarios: []\n");
  EXPECT_TRUE(before.first == Build(kBuilders[0], law, "seed-bill").first);
  const std::string calendar = law + "/seed-bill/calendar.yaml";
  WriteFile(calendar, ReadFile(calendar) + "# a note\n");
  EXPECT_FALSE(before.first == Build(kBuilders[0], law, "seed-bill").first);
}

}  // namespace
}  // namespace tarazy
