#include "policy/cedar/suggest.h"

#include <gtest/gtest.h>

namespace tarazy {
namespace {

TEST(Suggest, FindsTheNearName) {
  const std::vector<std::string> names = {"purpose", "mandate", "consent",
                                          "PersonalData", "id"};
  EXPECT_EQ(NearestName("purpos", names), "purpose");
  EXPECT_EQ(NearestName("mandtae", names), "mandate");
  EXPECT_EQ(NearestName("consents", names), "consent");
  EXPECT_EQ(NearestName("personaldata", names), "PersonalData");
  EXPECT_EQ(NearestName("ID", names), "id");
  EXPECT_EQ(DidYouMean("purpse", names), "did you mean `purpose`?");
}

TEST(Suggest, KeepsQuietWhenNothingIsNear) {
  EXPECT_EQ(NearestName("resource", {"context", "action"}), "");
  EXPECT_EQ(NearestName("a", {"b", "c"}), "");
  EXPECT_EQ(NearestName("", {"b"}), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
  EXPECT_EQ(NearestName(std::string(100000, 'x'), {"x"}), "");
}

TEST(Suggest, PrefersTheNearestThenTheFirst) {
  EXPECT_EQ(NearestName("abcd", {"abxd", "Abcd", "abcx"}), "Abcd");
  EXPECT_EQ(NearestName("abcd", {"abxd", "abcx"}), "abxd");
}

}  // namespace
}  // namespace tarazy
