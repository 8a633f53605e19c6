#include "server/ops/nearest.h"

#include "gtest/gtest.h"

namespace tarazy {
namespace {

TEST(NearestTest, FewestEditsWinAndFarWordsAreNotOffered) {
  const std::vector<std::string> known = {"serve", "decide", "audit", "pack"};
  EXPECT_EQ(Nearest("sreve", known), "serve");   // swap
  EXPECT_EQ(Nearest("serv", known), "serve");    // insert
  EXPECT_EQ(Nearest("packs", known), "pack");    // delete
  EXPECT_EQ(Nearest("aubit", known), "audit");   // replace
  EXPECT_EQ(Nearest("serve", known), "serve");
  EXPECT_EQ(Nearest("xyz", known), "");
  EXPECT_EQ(Nearest("dcd", known), "");
  EXPECT_EQ(Nearest("", known), "");
  EXPECT_EQ(Nearest(std::string(100000, 'a'), known), "");
}

TEST(NearestTest, OfEqualsTheFirst) {
  EXPECT_EQ(Nearest("pac", {"pact", "pack"}), "pact");
}

}  // namespace
}  // namespace tarazy
