#include "policy/cedar/utf8.h"

#include <gtest/gtest.h>

namespace tarazy {
namespace {

TEST(Utf8, RoundTripsScalarValues) {
  for (char32_t c : {U'\0', U'a', U'\x7f', U'\x80', U'\x7ff', U'\x800',
                     U'\xd7ff', U'\xe000', U'\xffff', U'\x10000',
                     U'\x10ffff'}) {
    std::string bytes;
    AppendUtf8(c, &bytes);
    char32_t back = 1;
    EXPECT_EQ(DecodeUtf8(bytes, &back), bytes.size());
    EXPECT_EQ(back, c);
    EXPECT_EQ(FindInvalidUtf8(bytes), absl::string_view::npos);
  }
}

TEST(Utf8, FindsWhatIsMalformed) {
  EXPECT_EQ(FindInvalidUtf8("ab\xff"), 2u);
  EXPECT_EQ(FindInvalidUtf8("a\xD2"), 1u);                // cut off
  EXPECT_EQ(FindInvalidUtf8("\xC0\x80"), 0u);             // overlong
  EXPECT_EQ(FindInvalidUtf8("\xE0\x80\x80"), 0u);         // overlong
  EXPECT_EQ(FindInvalidUtf8("\xED\xA0\x80"), 0u);         // surrogate
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0u);     // past the end
  EXPECT_EQ(FindInvalidUtf8("\x80"), 0u);                 // lone trail
}

}  // namespace
}  // namespace tarazy
