#include "server/audit/crc32c.h"

namespace tarazy {
namespace {

// RFC 3720, B.4.
TEST(Crc32c, Rfc3720) {
  std::string up, down;
  for (int i = 0; i < 32; ++i) {
    up += static_cast<char>(i);
    down += static_cast<char>(31 - i);
  }
  for (auto* sum : {&Crc32c, &Crc32cPortable}) {
    EXPECT_EQ(sum(0, ""), 0u);
    EXPECT_EQ(sum(0, "123456789"), 0xe3069283u);
    EXPECT_EQ(sum(0, std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(sum(0, std::string(32, '\xff')), 0x62a8ab43u);
    EXPECT_EQ(sum(0, up), 0x46dd794eu);
    EXPECT_EQ(sum(0, down), 0x113fdb5cu);
  }
}

TEST(Crc32c, BothFormsAgreeAtEveryLengthAndCut) {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += static_cast<char>(i * 131 + 7);
    const uint32_t whole = Crc32c(0, text);
    EXPECT_EQ(whole, Crc32cPortable(0, text));
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      const absl::string_view all = text;
      EXPECT_EQ(Crc32c(Crc32c(0, all.substr(0, cut)), all.substr(cut)), whole);
    }
  }
}

}  // namespace
}  // namespace tarazy
