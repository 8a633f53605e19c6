// What the log must hold when disks fill up and fail, when the power fails,
// when bits flip and when the process is killed. TARAZY_FAULT_SCALE multiplies
// the rounds (default 1).

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/audit/decision_log.h"
#include "server/audit/log_reader.h"
#include "tests/server/audit/last_answer.h"
#include "tests/server/audit/memory_file_system.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

using Op = MemoryFileSystem::Op;
using Files = std::map<std::string, std::string>;

int Rounds(int rounds) {
  const char* scale = std::getenv("TARAZY_FAULT_SCALE");
  int factor = 1;
  if (scale != nullptr && !absl::SimpleAtoi(scale, &factor)) factor = 1;
  return rounds * factor;
}

DecisionLogOptions SmallLog() {
  DecisionLogOptions options;
  options.directory = "log";
  options.max_record_bytes = 300;
  options.segment_bytes = 2000;
  options.max_queue_bytes = 4000;
  return options;
}

// Every record is unlike every other.
std::string RecordText(int number) {
  return absl::StrCat(number, ":", std::string((number * 37) % 290, '#'));
}
int RecordNumber(absl::string_view record) {
  int number = -1;
  EXPECT_TRUE(absl::SimpleAtoi(record.substr(0, record.find(':')), &number));
  return number;
}

// Appends numbered records in groups and keeps what was answered.
class Workload {
 public:
  explicit Workload(MemoryFileSystem* files) : files_(files) {}

  // Number of the record that stands at each index that was answered OK.
  std::map<uint64_t, int> answered() const {
    std::lock_guard<std::mutex> hold(mutex_);
    return answered_;
  }
  int refused() const {
    std::lock_guard<std::mutex> hold(mutex_);
    return refused_;
  }

  // Appends `count` records, at most three at once.
  void Append(DecisionLog* log, int count) {
    for (int i = 0; i < count; ++i) {
      {
        std::unique_lock<std::mutex> hold(mutex_);
        changed_.wait(hold, [&] { return in_flight_ < 1 + next_ % 3; });
        ++in_flight_;
      }
      auto told = std::make_unique<Told>(this, next_);
      const auto index = log->Append(RecordText(next_), told.get());
      ++next_;
      if (!index.ok()) {
        EXPECT_EQ(index.status().code(), absl::StatusCode::kUnavailable);
        std::lock_guard<std::mutex> hold(mutex_);
        --in_flight_;
        ++refused_;
        continue;
      }
      told->Number(*index);
      told.release();
    }
    std::unique_lock<std::mutex> hold(mutex_);
    changed_.wait(hold, [&] { return in_flight_ == 0; });
  }

 private:
  // The index and the answer come on two threads, in either order.
  class Told : public AppendListener {
   public:
    Told(Workload* owner, int record) : owner_(owner), record_(record) {}
    void OnAppended(const absl::Status& status) override {
      std::unique_lock<std::mutex> hold(owner_->mutex_);
      status_ = status;
      told_ = true;
      // Known to callers from now on, whatever happens to this process.
      if (status.ok()) owner_->files_->Mark(record_);
      Finish(&hold);
    }
    void Number(uint64_t index) {
      std::unique_lock<std::mutex> hold(owner_->mutex_);
      index_ = index;
      numbered_ = true;
      Finish(&hold);
    }

   private:
    void Finish(std::unique_lock<std::mutex>* hold) {
      if (!told_ || !numbered_) return;
      if (status_.ok()) {
        EXPECT_TRUE(owner_->answered_.emplace(index_, record_).second);
      } else {
        EXPECT_EQ(status_.code(), absl::StatusCode::kUnavailable);
        ++owner_->refused_;
      }
      --owner_->in_flight_;
      owner_->changed_.notify_all();
      hold->unlock();
      delete this;
    }
    Workload* const owner_;
    const int record_;
    absl::Status status_;
    uint64_t index_ = 0;
    bool told_ = false;
    bool numbered_ = false;
  };

  MemoryFileSystem* const files_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, int> answered_;
  int in_flight_ = 0;
  int refused_ = 0;
  int next_ = 0;
};

struct Contents {
  absl::Status status;
  std::vector<int> records;  // their numbers, in the log's order
};

Contents ReadLog(FileSystem* files) {
  Contents contents;
  auto reader = LogReader::Open(files, "log");
  contents.status = reader.status();
  while (contents.status.ok()) {
    const auto more = (*reader)->Next();
    contents.status = more.status();
    if (!more.ok()) break;
    if (!*more) {
      contents.status = (*reader)->CheckEnd();
      break;
    }
    contents.records.push_back(RecordNumber((*reader)->record()));
    EXPECT_EQ((*reader)->record(), RecordText(contents.records.back()));
  }
  return contents;
}

// Opens the log that `image` holds, appends to it, and gives what it held.
// Empty text: all is well.
std::string Recovers(Files image, std::vector<int>* records) {
  MemoryFileSystem files(std::move(image));
  auto log = DecisionLog::Open(SmallLog(), &files);
  if (!log.ok()) return absl::StrCat("open: ", log.status().ToString());
  Contents contents = ReadLog(&files);
  if (!contents.status.ok()) return contents.status.ToString();
  *records = contents.records;
  if (std::set<int>(records->begin(), records->end()).size() !=
      records->size()) {
    return "a record is there twice";
  }
  if ((*log)->next_index() != records->size()) return "next_index is wrong";
  Workload more(&files);
  more.Append(log->get(), 20);
  log->reset();
  contents = ReadLog(&files);
  if (!contents.status.ok()) return contents.status.ToString();
  if (contents.records.size() != records->size() + 20) {
    return "records appended after recovery are missing";
  }
  return "";
}

std::string AllThere(const std::map<uint64_t, int>& answered,
                     const std::vector<int>& records) {
  for (const auto& [index, number] : answered) {
    if (index >= records.size() || records[index] != number) {
      return absl::StrCat("the answered record ", number, " is not at ", index);
    }
  }
  return "";
}

TEST(FaultTest, FullDiskAtEveryCall) {
  int calls = 0;
  // How long the disk stays full, in calls.
  for (const int length : {1, 2, 7}) {
    for (int first = 0;; ++first) {
      MemoryFileSystem files;
      bool done = true;
      files.set_faults([&](Op op, int number) -> MemoryFileSystem::Fault {
        if (number < first) return {};
        done = false;
        const bool takes_space = op == Op::kCreate || op == Op::kWrite ||
                                 op == Op::kPreallocate || op == Op::kRename;
        if (number < first + length && takes_space) return {ENOSPC};
        return {};
      });
      Workload workload(&files);
      {
        auto log = DecisionLog::Open(SmallLog(), &files);
        ASSERT_TRUE(log.ok()) << log.status() << " at " << first;
        workload.Append(log->get(), 60);
        // With room again, it takes records again.
        files.set_faults(nullptr);
        const int before = workload.refused();
        workload.Append(log->get(), 3);
        ASSERT_EQ(workload.refused(), before) << "at " << first;
      }
      std::vector<int> records;
      ASSERT_EQ(Recovers(files.AfterKill(), &records), "") << "at " << first;
      ASSERT_EQ(AllThere(workload.answered(), records), "") << "at " << first;
      // Nothing refused is there: 63 records, each answered or refused.
      ASSERT_EQ(records.size(), workload.answered().size()) << "at " << first;
      ASSERT_EQ(records.size() + workload.refused(), 63u);
      if (done) break;
      ++calls;
    }
  }
  std::printf("full disk: from each of %d calls on, 0 unlogged replies\n",
              calls);
}

// The disk fills up in the middle of a group. What was written of it has the
// place and the numbers of the group that comes next.
TEST(FaultTest, PartOfARefusedGroupStaysDead) {
  MemoryFileSystem files;
  auto log = DecisionLog::Open(SmallLog(), &files);
  ASSERT_TRUE(log.ok());
  int writes = 0;
  files.set_faults([&](Op op, int) -> MemoryFileSystem::Fault {
    if (op != Op::kWrite) return {};
    return ++writes == 1 ? MemoryFileSystem::Fault{0, true}
                         : MemoryFileSystem::Fault{ENOSPC};
  });
  LastAnswer answer;
  const std::string same = "12345678";
  ASSERT_TRUE((*log)->AppendAll({same, same, same, same}, &answer).ok());
  EXPECT_EQ(answer.Wait().code(), absl::StatusCode::kUnavailable);
  files.set_faults(nullptr);
  const auto index = (*log)->Append("abcdefgh", &answer);
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(*index, 0u);
  EXPECT_TRUE(answer.Wait().ok());

  MemoryFileSystem after(files.AfterKill());
  auto again = DecisionLog::Open(SmallLog(), &after);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->next_index(), 1u);
}

TEST(FaultTest, ShortWriteAtEveryCall) {
  for (int first = 0;; ++first) {
    MemoryFileSystem files;
    bool done = true;
    files.set_faults([&](Op op, int number) -> MemoryFileSystem::Fault {
      if (number < first) return {};
      done = false;
      return {0, op == Op::kWrite && number < first + 5};
    });
    Workload workload(&files);
    {
      auto log = DecisionLog::Open(SmallLog(), &files);
      ASSERT_TRUE(log.ok());
      workload.Append(log->get(), 60);
    }
    ASSERT_EQ(workload.refused(), 0);
    std::vector<int> records;
    ASSERT_EQ(Recovers(files.AfterKill(), &records), "");
    ASSERT_EQ(AllThere(workload.answered(), records), "");
    if (done) {
      std::printf("short writes: from each of %d calls on, 0 records lost\n",
                  first);
      break;
    }
  }
}

constexpr int kDied = 42;
constexpr int kRefusedToOpen = 43;
constexpr int kIgnored = 44;
constexpr int kWrong = 45;

// In a child: one failing call; gives how it ended.
int RunWithFailure(int first, int error) {
  MemoryFileSystem files;
  std::atomic<bool> failed{false};
  files.set_faults([&](Op, int number) -> MemoryFileSystem::Fault {
    if (number != first) return {};
    failed = true;
    return {error};
  });
  Workload workload(&files);
  const auto holds = [&] {
    std::mt19937 random(static_cast<unsigned>(first));
    const int events = files.history_size();
    const std::vector<uint64_t> marks = files.MarksBefore(events);
    std::vector<int> records;
    const std::string trouble =
        Recovers(files.AfterPowerLoss(events, &random), &records);
    const std::set<int> there(records.begin(), records.end());
    bool all = trouble.empty();
    for (const uint64_t mark : marks) all = all && there.count(mark) == 1;
    if (!all) std::fprintf(stderr, "call %d: %s\n", first, trouble.c_str());
    return all;
  };
  DecisionLogOptions options = SmallLog();
  options.on_fatal = [&](const absl::Status&) {
    _exit(holds() ? kDied : kWrong);
  };
  auto log = DecisionLog::Open(options, &files);
  if (!log.ok()) return holds() ? kRefusedToOpen : kWrong;
  workload.Append(log->get(), 60);
  log->reset();
  if (!holds()) return kWrong;
  return failed ? kIgnored : 0;
}

int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(FaultTest, FailedCallEndsTheProcess) {
  std::map<int, int> endings;
  for (int first = 0;; ++first) {
    const int ending = InChild([&] { return RunWithFailure(first, EIO); });
    if (ending == 0) break;
    ASSERT_TRUE(ending == kDied || ending == kRefusedToOpen)
        << "call " << first << " ended with " << ending;
    ++endings[ending];
  }
  EXPECT_GT(endings[kDied], 50);
  EXPECT_GT(endings[kRefusedToOpen], 5);
  std::printf(
      "failed calls: %d, each ended the process or kept it from "
      "starting; 0 answered records lost\n",
      endings[kDied] + endings[kRefusedToOpen]);
}

TEST(FaultTest, WithoutAHookTheProcessIsAborted) {
  const int ending = InChild([] {
    MemoryFileSystem files;
    auto log = DecisionLog::Open(SmallLog(), &files);
    files.set_faults([](Op op, int) -> MemoryFileSystem::Fault {
      return {op == Op::kSync ? EIO : 0};
    });
    Workload workload(&files);
    workload.Append(log->get(), 1);
    return 0;
  });
  EXPECT_EQ(ending, -SIGABRT);
}

TEST(FaultTest, PowerLoss) {
  std::mt19937 random(7);
  const int images = Rounds(2000);
  int lost_unanswered = 0;
  for (int made = 0; made < images;) {
    // A history of three processes, the first two closed or killed.
    Files before;
    std::map<uint64_t, int> unused;
    for (int life = 0; life < 3 && made < images; ++life) {
      MemoryFileSystem files(before);
      const size_t already = [&] {
        const Contents contents = ReadLog(&files);
        return contents.records.size();
      }();
      Workload workload(&files);
      auto log = DecisionLog::Open(SmallLog(), &files);
      ASSERT_TRUE(log.ok()) << log.status();
      workload.Append(log->get(), 5 + static_cast<int>(random() % 40));
      const bool killed = random() % 2 == 0;
      if (killed) before = files.AfterKill();
      log->reset();
      if (!killed) before = files.AfterKill();
      for (int i = 0; i < 100 && made < images; ++i, ++made) {
        const int events =
            static_cast<int>(random() % (files.history_size() + 1));
        const size_t answered = files.MarksBefore(events).size();
        MemoryFileSystem after(files.AfterPowerLoss(events, &random));
        auto again = DecisionLog::Open(SmallLog(), &after);
        ASSERT_TRUE(again.ok())
            << again.status() << " after " << events << " events";
        const Contents contents = ReadLog(&after);
        ASSERT_TRUE(contents.status.ok()) << contents.status;
        ASSERT_GE(contents.records.size(), already + answered);
        // One thread appends: what was answered is a prefix.
        for (size_t r = already; r < contents.records.size(); ++r) {
          ASSERT_EQ(contents.records[r], static_cast<int>(r - already));
        }
        lost_unanswered += contents.records.size() == already + answered;
        Workload more(&after);
        more.Append(again->get(), 5);
        again->reset();
        ASSERT_EQ(ReadLog(&after).records.size(), contents.records.size() + 5);
      }
    }
  }
  std::printf("power loss: %d images, 0 answered records lost\n", images);
  EXPECT_GT(lost_unanswered, 0);
}

// The file of the next segment is made while records go to another.
TEST(FaultTest, PowerLossBesideASegmentThatIsMade) {
  DecisionLogOptions options = SmallLog();
  options.max_record_bytes = 60000;
  options.segment_bytes = 3 << 20;
  options.max_queue_bytes = 1 << 20;
  const auto text = [](int number) {
    return absl::StrCat(number, ":", std::string(40000 + 7 * number, '#'));
  };
  constexpr int kRecords = 110;  // of segments of 1, 2 and 3 MiB
  MemoryFileSystem files;
  auto log = DecisionLog::Open(options, &files);
  ASSERT_TRUE(log.ok()) << log.status();
  for (int i = 0; i < kRecords; ++i) {
    LastAnswer answer;
    ASSERT_TRUE((*log)->Append(text(i), &answer).ok());
    ASSERT_TRUE(answer.Wait().ok());
    files.Mark(i);
  }
  log->reset();
  std::mt19937 random(11);
  const int images = Rounds(40);
  for (int made = 0; made < images; ++made) {
    const int events = static_cast<int>(random() % (files.history_size() + 1));
    const size_t answered = files.MarksBefore(events).size();
    MemoryFileSystem after(files.AfterPowerLoss(events, &random));
    const auto again = DecisionLog::Open(options, &after);
    ASSERT_TRUE(again.ok()) << again.status() << " after " << events;
    ASSERT_GE((*again)->next_index(), answered);
    auto reader = LogReader::Open(&after, "log");
    ASSERT_TRUE(reader.ok()) << reader.status();
    for (uint64_t i = 0; i < (*again)->next_index(); ++i) {
      const auto more = (*reader)->Next();
      ASSERT_TRUE(more.ok() && *more) << more.status();
      ASSERT_EQ((*reader)->record(), text(static_cast<int>(i)));
    }
  }
  std::printf("power loss, a segment made: %d images, 0 records lost\n",
              images);
}

// A log of ten groups, the last of two records.
Files TenGroups(bool closed) {
  MemoryFileSystem files;
  auto log = DecisionLog::Open(SmallLog(), &files);
  EXPECT_TRUE(log.ok());
  Workload workload(&files);
  for (int i = 0; i < 9; ++i) workload.Append(log->get(), 1);
  const std::string nine = RecordText(9), ten = RecordText(10);
  LastAnswer answer;
  EXPECT_TRUE((*log)->AppendAll({nine, ten}, &answer).ok());
  EXPECT_TRUE(answer.Wait().ok());
  const Files killed = files.AfterKill();
  log->reset();
  return closed ? files.AfterKill() : killed;
}

TEST(FaultTest, EveryFlippedBitOfAClosedLogIsFound) {
  const Files whole = TenGroups(true);
  int flips = 0;
  for (const auto& [path, data] : whole) {
    for (size_t at = 0; at < data.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit, ++flips) {
        Files flipped = whole;
        flipped[path][at] = static_cast<char>(data[at] ^ (1 << bit));
        MemoryFileSystem files(flipped);
        EXPECT_EQ(ReadLog(&files).status.code(), absl::StatusCode::kDataLoss)
            << path << " byte " << at << " bit " << bit;
        const auto log = DecisionLog::Open(SmallLog(), &files);
        EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss)
            << path << " byte " << at << " bit " << bit;
        EXPECT_EQ(files.AfterKill(), flipped);
      }
    }
  }
  EXPECT_GT(flips, 8000);
  std::printf("flipped bits: %d of a closed log, all found\n", flips);
}

// Not closed: a flip in the last group can't be told from a torn write, as
// FORMAT.md says; no other record may be lost by it.
TEST(FaultTest, EveryFlippedBitOfAKilledLog) {
  const Files whole = TenGroups(false);
  uint64_t last_group = kSegmentHeaderBytes;
  for (int i = 0; i < 9; ++i) last_group += FrameBytes(RecordText(i).size());
  const uint64_t end = last_group + FrameBytes(RecordText(9).size()) +
                       FrameBytes(RecordText(10).size());
  ASSERT_EQ(whole.size(), 1u);
  const auto& [path, data] = *whole.begin();
  for (size_t at = 0; at < data.size(); ++at) {
    Files flipped = whole;
    flipped[path][at] = static_cast<char>(data[at] ^ (1 << (at % 8)));
    MemoryFileSystem files(flipped);
    const auto log = DecisionLog::Open(SmallLog(), &files);
    if (at < last_group) {
      EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss) << at;
      EXPECT_EQ(files.AfterKill(), flipped);
      continue;
    }
    ASSERT_TRUE(log.ok()) << log.status();
    const size_t expected =
        at >= end
            ? 11u
            : (at < last_group + FrameBytes(RecordText(9).size()) ? 9u : 10u);
    EXPECT_EQ(ReadLog(&files).records.size(), expected) << at;
  }
  std::printf(
      "flipped bits: %zu of a killed log, all found but those of its last "
      "group\n",
      data.size());
}

// Segments that are missing, exchanged or of another log.
TEST(FaultTest, ChangedSetOfSegments) {
  MemoryFileSystem files;
  {
    auto log = DecisionLog::Open(SmallLog(), &files);
    Workload workload(&files);
    workload.Append(log->get(), 40);
  }
  const Files whole = files.AfterKill();
  ASSERT_GT(whole.size(), 3u);
  const auto refused = [](Files image) {
    MemoryFileSystem changed(std::move(image));
    return DecisionLog::Open(SmallLog(), &changed).status().code() ==
           absl::StatusCode::kDataLoss;
  };
  EXPECT_FALSE(refused(whole));
  size_t number = 0;
  for (const auto& [path, data] : whole) {
    Files without = whole;
    without.erase(path);
    // The last one is empty: without it the log is as if killed.
    if (++number < whole.size()) {
      EXPECT_TRUE(refused(without)) << path;
    }
    Files shorter = whole;
    shorter[path].pop_back();
    EXPECT_TRUE(refused(shorter)) << path;
    Files exchanged = whole;
    std::swap(exchanged.begin()->second, exchanged[path]);
    EXPECT_EQ(refused(exchanged), path != exchanged.begin()->first) << path;
  }
  MemoryFileSystem other;
  {
    auto log = DecisionLog::Open(SmallLog(), &other);
    Workload workload(&other);
    workload.Append(log->get(), 40);
  }
  Files mixed = whole;
  mixed[std::next(mixed.begin())->first] =
      other.AfterKill()[std::next(mixed.begin())->first];
  EXPECT_TRUE(refused(mixed));
}

// A child appends, 64 at once, and writes what was answered to a pipe.
struct Answer {
  uint64_t index;
  int number;
};

class PipeAnswers : public AppendListener {
 public:
  PipeAnswers(int fd, std::atomic<int>* in_flight)
      : fd_(fd), in_flight_(in_flight) {}
  void OnAppended(const absl::Status& status) override {
    // The index is set before another append can follow; see below.
    while (!numbered.load(std::memory_order_acquire)) {
      std::this_thread::yield();
    }
    if (!status.ok() || write(fd_, &answer, sizeof answer) != sizeof answer) {
      _exit(1);
    }
    numbered = false;
    busy = false;
    --*in_flight_;
  }
  Answer answer{};
  std::atomic<bool> numbered{false};
  std::atomic<bool> busy{false};

 private:
  const int fd_;
  std::atomic<int>* const in_flight_;
};

[[noreturn]] void AppendForever(const std::string& directory, int first,
                                int fd) {
  DecisionLogOptions options = SmallLog();
  options.directory = directory;
  options.segment_bytes = 100000;
  options.max_queue_bytes = 1 << 20;
  auto log = DecisionLog::Open(options, FileSystem::Posix());
  if (!log.ok()) _exit(2);
  std::atomic<int> in_flight{0};
  std::vector<std::unique_ptr<PipeAnswers>> slots;
  for (int i = 0; i < 64; ++i) {
    slots.push_back(std::make_unique<PipeAnswers>(fd, &in_flight));
  }
  for (int number = first;; ++number) {
    PipeAnswers& slot = *slots[number % 64];
    while (slot.busy.load(std::memory_order_acquire)) {
      std::this_thread::yield();
    }
    slot.busy = true;
    ++in_flight;
    slot.answer.number = number;
    const auto index = (*log)->Append(RecordText(number), &slot);
    if (!index.ok()) _exit(3);
    slot.answer.index = *index;
    slot.numbered.store(true, std::memory_order_release);
  }
}

TEST(FaultTest, KillAtRandomMoments) {
  TempFolder folder;
  const std::string directory = folder.path() + "/log";
  std::mt19937 random(11);
  std::map<uint64_t, int> answered;
  const int rounds = Rounds(50);
  int number = 0;
  for (int round = 0; round < rounds; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      AppendForever(directory, number, ends[1]);
    }
    close(ends[1]);
    int left = 1 + static_cast<int>(random() % 500);
    Answer answer;
    int highest = number;
    while (read(ends[0], &answer, sizeof answer) == sizeof answer) {
      ASSERT_TRUE(answered.emplace(answer.index, answer.number).second);
      highest = std::max(highest, answer.number);
      if (--left == 0) kill(child, SIGKILL);  // and read what is in the pipe
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
    number = highest + 1000;  // unlike all that were in flight
  }
  DecisionLogOptions options = SmallLog();
  options.directory = directory;
  auto log = DecisionLog::Open(options, FileSystem::Posix());
  ASSERT_TRUE(log.ok()) << log.status();
  auto reader = LogReader::Open(FileSystem::Posix(), directory);
  ASSERT_TRUE(reader.ok());
  uint64_t found = 0;
  std::set<int> seen;
  for (auto more = (*reader)->Next();; more = (*reader)->Next()) {
    ASSERT_TRUE(more.ok()) << more.status();
    if (!*more) break;
    const int record = RecordNumber((*reader)->record());
    ASSERT_EQ((*reader)->record(), RecordText(record));
    ASSERT_TRUE(seen.insert(record).second) << record << " is there twice";
    const auto answer = answered.find((*reader)->index());
    if (answer == answered.end()) continue;
    ASSERT_EQ(answer->second, record);
    ++found;
  }
  EXPECT_TRUE((*reader)->CheckEnd().ok());
  EXPECT_EQ(found, answered.size());
  std::printf("kill -9: %d rounds, %zu answered records, %zu missing\n", rounds,
              answered.size(), answered.size() - static_cast<size_t>(found));
}

}  // namespace
}  // namespace tarazy
