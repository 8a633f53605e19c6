// Tokens that say where the next page of an answer begins.
//
// A token holds how far the log had come when the first page was asked for, so
// that pages stay what they are while the log grows, and where the page before
// ended. An HMAC over that and over what was asked keeps it from being made
// up, changed, or used with another question.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_AUDIT_INDEX_TOKEN_H_
#define TARAZY_SERVER_AUDIT_INDEX_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/audit/index.h"

namespace tarazy {

struct IndexToken {
  uint64_t upto = 0;
  // The instant at which terms of duties are looked at.
  int64_t now_ms = 0;
  IndexPosition after;
};

// `question` is all that must be the same on every page.
std::string MakeIndexToken(absl::string_view key, absl::string_view question,
                           const IndexToken& token);
// INVALID_ARGUMENT: not a token that this index gave for this question.
absl::StatusOr<IndexToken> ReadIndexToken(absl::string_view key,
                                          absl::string_view question,
                                          absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_INDEX_TOKEN_H_
