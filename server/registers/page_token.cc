#include "server/registers/page_token.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/registers/field_check.h"

namespace tarazy {
namespace {

constexpr size_t kHexOfPlace = 8;
constexpr size_t kHexOfCheck = 16;

// FNV-1a, 64 bits: tells questions apart; it keeps no secret, since a token
// opens nothing that the question itself would not.
uint64_t Check(absl::string_view place,
               absl::Span<const absl::string_view> question) {
  uint64_t hash = 14695981039346656037u;
  const auto add = [&hash](absl::string_view text) {
    for (unsigned char c : text) hash = (hash ^ c) * 1099511628211u;
    hash = (hash ^ 0xFF) * 1099511628211u;  // not a byte of UTF-8
  };
  add(place);
  for (absl::string_view field : question) add(field);
  return hash;
}

std::string Hex(uint64_t value, absl::PadSpec width) {
  return absl::StrCat(absl::Hex(value, width));
}

}  // namespace

absl::StatusOr<Page> ReadPage(int page_size, absl::string_view page_token,
                              absl::Span<const absl::string_view> question) {
  Page page;
  if (page_size < 0 || page_size > kMaxPageSize) {
    return FieldError(FieldPath("page_size"),
                      absl::StrCat("is not between 0 and ", kMaxPageSize));
  }
  if (page_size > 0) page.size = static_cast<size_t>(page_size);
  if (page_token.empty()) return page;

  const absl::string_view place = page_token.substr(0, kHexOfPlace);
  uint64_t begin = 0;
  if (page_token.size() != kHexOfPlace + kHexOfCheck ||
      page_token.substr(kHexOfPlace) !=
          Hex(Check(place, question), absl::kZeroPad16) ||
      !absl::SimpleHexAtoi(place, &begin)) {
    return FieldError(FieldPath("page_token"),
                      "is not one that this list gave; begin without it");
  }
  page.begin = static_cast<size_t>(begin);
  return page;
}

std::string MakePageToken(size_t begin,
                          absl::Span<const absl::string_view> question) {
  const std::string place = Hex(begin, absl::kZeroPad8);
  return absl::StrCat(place, Hex(Check(place, question), absl::kZeroPad16));
}

}  // namespace tarazy
