// Decides again the records of a log that were made in a time, and says what
// came of it: for `tarazy audit replay` and `tarazy pack simulate`.
//
// Thread-safety: for one thread.

#ifndef TARAZY_SERVER_COMMAND_REPLAY_RANGE_H_
#define TARAZY_SERVER_COMMAND_REPLAY_RANGE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/service/replay.h"

namespace tarazy {

struct RangeFlags {
  std::string log = "log";
  // Instants, half open; empty: no bound. And what the command calls them.
  std::string from;
  std::string until;
  const char* from_flag = "--from";
  const char* until_flag = "--to";
  // So many ids of decisions are kept beside each count.
  size_t examples = 0;
};

struct RangeOutcome {
  ReplayDifferences differences;
  uint64_t same = 0;  // bit for bit
  // Records that can't be decided again, by reason; they are in no other
  // count.
  std::map<std::string, uint64_t> failed;
  // Reports of duties in that time: no decisions, passed over.
  uint64_t reports = 0;

  uint64_t Failed() const;
};

// A bar on standard error meanwhile. INVALID_ARGUMENT names the instant that
// is none; DATA_LOSS: the log is damaged.
absl::StatusOr<RangeOutcome> ReplayRange(const RangeFlags& flags,
                                         Replayer* replayer);

// To standard output: tables, or one line of JSON.
void PrintOutcome(const RangeOutcome& outcome, bool json);

// The JSON of a message, with the names of the .proto files.
std::string MessageJson(const google::protobuf::Message& message);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_REPLAY_RANGE_H_
