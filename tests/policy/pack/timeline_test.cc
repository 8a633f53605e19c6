// Editions in time: order, half-open ends, and what may not stand together.

#include "policy/pack/timeline.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int64_t kJanuary = 1768676400000;  // 2026-01-18T00:00:00+05:00
constexpr int64_t kJuly = 1783796400000;     // 2026-07-12T00:00:00+05:00

// A pack of one policy, with the times that the manifest is given.
class TimelineTest : public testing::Test {
 protected:
  TimelineTest() : folder_(testing::TempDir() + "timeline-XXXXXX") {
    if (mkdtemp(folder_.data()) == nullptr) ADD_FAILURE() << folder_;
  }
  ~TimelineTest() override { fs::remove_all(folder_); }

  std::shared_ptr<const Pack> MakePack(const std::string& id,
                                       const std::string& times) {
    const fs::path pack = fs::path(folder_) / absl::StrCat(count_++);
    fs::create_directories(pack / "decision");
    fs::create_directories(pack / "obligations");
    Write(pack / "pack.yaml",
          absl::StrCat("id: ", id, "\nedition: ", id,
                       "\ntitle: {kk: a, ru: a, en: a}\nschema: s.cedarschema\n"
                       "objection_term: {days: 3, counted_in: calendar_days}\n",
                       times));
    Write(pack / "s.cedarschema",
          "entity A;\nentity B;\n"
          "action x appliesTo {principal: A, resource: B};\n");
    Write(pack / "norms.yaml",
          "acts:\n  x: {kk: a, ru: a, en: a}\nnorms:\n  - id: x/1\n"
          "    citation: \"1\"\n    form: base\n"
          "    summary: {kk: a, ru: a, en: a}\n");
    Write(pack / "obligations.yaml", "obligations: []\n");
    Write(pack / "decision/a.cedar",
          "@id(\"a\")\n@norm(\"x/1\")\n@reason(\"A\")\n"
          "permit (principal, action, resource);\n");
    Diagnostics diagnostics;
    auto loaded = Pack::Load(pack.string(), &diagnostics);
    EXPECT_NE(loaded, nullptr) << FormatDiagnostics(diagnostics, {});
    return loaded;
  }

  static std::string Refusal(std::vector<std::shared_ptr<const Pack>> packs) {
    const auto timeline = Timeline::Make(std::move(packs));
    EXPECT_EQ(timeline.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(timeline.status().message());
  }

 private:
  static void Write(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
  }

  std::string folder_;
  int count_ = 0;
};

TEST_F(TimelineTest, AnInstantHasTheEditionThatIsInForce) {
  const auto winter =
      MakePack("winter", "valid_from: 2026-01-18\nvalid_to: 2026-07-12\n");
  const auto summer = MakePack("summer", "valid_from: 2026-07-12\n");
  const auto timeline = Timeline::Make({summer, winter});
  ASSERT_TRUE(timeline.ok()) << timeline.status();
  EXPECT_EQ(timeline->packs()[0], winter);
  EXPECT_EQ(timeline->packs()[1], summer);
  EXPECT_EQ(timeline->Nearest(kJanuary - 1), 0u);
  EXPECT_FALSE(InForce(*winter, kJanuary - 1));
  EXPECT_TRUE(InForce(*winter, kJanuary));
  EXPECT_EQ(timeline->Nearest(kJuly - 1), 0u);
  EXPECT_TRUE(InForce(*winter, kJuly - 1));
  EXPECT_EQ(timeline->Nearest(kJuly), 1u);
  EXPECT_FALSE(InForce(*winter, kJuly));
  EXPECT_TRUE(InForce(*summer, kJuly));
  EXPECT_TRUE(InForce(*summer, INT64_MAX - 1));
}

TEST_F(TimelineTest, CommencementIsCountedFromPublication) {
  const auto pack =
      MakePack("p",
               "published_on: 2025-11-18\n"
               "commencement: {calendar_days_after_publication: 60}\n");
  EXPECT_EQ(pack->valid_from_ms(), kJanuary);
  EXPECT_EQ(FormatAlmaty(pack->valid_from_ms()), "2026-01-18T00:00:00+05:00");
}

TEST_F(TimelineTest, OverlapsAndGapsAreRefusedByName) {
  const auto open = MakePack("open", "valid_from: 2026-01-18\n");
  const auto late = MakePack("late", "valid_from: 2026-07-12\n");
  const auto overlap = Refusal({late, open});
  EXPECT_THAT(overlap, HasSubstr("editions `open` and `late` overlap: both are "
                                 "in force at 2026-07-12T00:00:00+05:00"));
  const auto early =
      MakePack("early", "valid_from: 2026-01-18\nvalid_to: 2026-07-11\n");
  EXPECT_THAT(Refusal({early, late}),
              HasSubstr("editions `early` and `late` leave a gap: none is in "
                        "force from 2026-07-11T00:00:00+05:00 to "
                        "2026-07-12T00:00:00+05:00"));
  const auto again =
      MakePack("early", "valid_from: 2026-07-11\nvalid_to: 2026-07-12\n");
  EXPECT_THAT(Refusal({early, again}), HasSubstr("`early` is named twice"));
  EXPECT_THAT(Refusal({}), HasSubstr("no pack"));
}

}  // namespace
}  // namespace tarazy
