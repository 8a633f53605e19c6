// How long a start takes on a long log whose process was killed: the log's own
// recovery, the tree and the index. TARAZY_FAULT_SCALE multiplies the number
// of records (default 50,000 at scale 1, at most 2,000,000).

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/server/audit/last_answer.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

constexpr uint64_t kGroup = 1000;

uint64_t Records() {
  const char* scale = std::getenv("TARAZY_FAULT_SCALE");
  uint64_t factor = 1;
  if (scale != nullptr && !absl::SimpleAtoi(scale, &factor)) factor = 1;
  return std::min<uint64_t>(2000000, 50000 * factor);
}

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

class RestartTest : public PublishedLogTest {
 protected:
  // In a process of its own, which ends without closing anything.
  void WriteAndDie(uint64_t records) {
    const pid_t child = fork();
    if (child == 0) {
      DecisionLogOptions options;
      options.directory = options_.log_directory;
      auto log = DecisionLog::Open(options, FileSystem::Posix());
      if (!log.ok()) _exit(2);
      LastAnswer group;
      std::vector<std::string> texts(kGroup);
      for (uint64_t at = 0; at < records; at += kGroup) {
        std::vector<absl::string_view> views;
        for (uint64_t i = 0; i < kGroup; ++i) {
          texts[i] = absl::StrCat(at + i, std::string(500, 'r'));
          views.push_back(texts[i]);
        }
        if (!(*log)->AppendAll(views, &group).ok() || !group.Wait().ok()) {
          _exit(3);
        }
      }
      auto publisher = Open();
      if (!publisher.ok() || !(*publisher)->Publish(records).ok()) _exit(4);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }
};

TEST_F(RestartTest, OfALongLog) {
  const uint64_t records = Records();
  WriteAndDie(records);
  auto begin = std::chrono::steady_clock::now();
  DecisionLogOptions options;
  options.directory = options_.log_directory;
  auto log = DecisionLog::Open(options, FileSystem::Posix());
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ((*log)->next_index(), records);
  const double opened = SecondsSince(begin);
  begin = std::chrono::steady_clock::now();
  auto publisher = Open();
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  EXPECT_EQ((*publisher)->checkpoint().size, records);
  const double published = SecondsSince(begin);
  std::printf("restart after a kill: %llu records, log %.3f s, tree %.3f s\n",
              static_cast<unsigned long long>(records), opened, published);
}

}  // namespace
}  // namespace tarazy
