// Tokens that say where the next page of a list begins.
//
// Lists are of one subject's entries, oldest first. Entries are only ever
// added, at the end, so a place in the list stays what it was. A token holds
// the place and a check over what was asked, so that it is refused with any
// other question.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_REGISTERS_PAGE_TOKEN_H_
#define TARAZY_SERVER_REGISTERS_PAGE_TOKEN_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace tarazy {

constexpr int kMaxPageSize = 1000;
constexpr int kDefaultPageSize = 100;

struct Page {
  size_t begin = 0;
  size_t size = kDefaultPageSize;
};

// `question` is what was asked, in fields. INVALID_ARGUMENT names
// `page_size` or `page_token`.
absl::StatusOr<Page> ReadPage(int page_size, absl::string_view page_token,
                              absl::Span<const absl::string_view> question);

std::string MakePageToken(size_t begin,
                          absl::Span<const absl::string_view> question);

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_PAGE_TOKEN_H_
