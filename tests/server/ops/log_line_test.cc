#include "server/ops/log_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace tarazy {
namespace {

constexpr int64_t kInstant = 1773118800123;  // 2026-03-10T05:00:00.123Z

LogLine Line(absl::string_view event) {
  return LogLine(LogLevel::kInfo, event, absl::FromUnixMillis(kInstant));
}

TEST(LogLineTest, FieldsInOrder) {
  EXPECT_EQ(Line("serving")
                .Text("tcp", "127.0.0.1:1")
                .Number("revision", -7)
                .Bool("log", true)
                .str(),
            "{\"time\":\"2026-03-10T05:00:00.123Z\",\"level\":\"info\","
            "\"event\":\"serving\",\"tcp\":\"127.0.0.1:1\",\"revision\":-7,"
            "\"log\":true}");
}

TEST(LogLineTest, AnyBytesGiveOneLineOfValidJson) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  for (const std::string& text :
       {every_byte, std::string("қазақша \"a\\b\"\n"),
        std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
        std::string("\xc0\xaf"), std::string("\xe2\x82")}) {
    const std::string line = Line("e").Text("v", text).str();
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << line;
  }
  const nlohmann::json json =
      nlohmann::json::parse(Line("e").Text("v", "ә\"\\\n\x7f").str());
  EXPECT_EQ(json["v"], "ә\"\\\n\x7f");
}

TEST(LogLineTest, TwelveDigitsThatStandAloneAreMasked) {
  EXPECT_EQ(nlohmann::json::parse(
                Line("e").Text("v", "iin 900101300017, no").str())["v"],
            "iin [12 digits], no");
  EXPECT_EQ(
      nlohmann::json::parse(Line("e").Text("v", "900101300017").str())["v"],
      "[12 digits]");
  EXPECT_EQ(nlohmann::json::parse(
                Line("e").Text("v", "9001013000170 90010130001").str())["v"],
            "9001013000170 90010130001");
}

TEST(LogLineTest, LinesOfManyThreadsAreNotMixed) {
  const std::string path = ::testing::TempDir() + "/log_line_test.err";
  const int saved = dup(STDERR_FILENO);
  const int file = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  ASSERT_GE(file, 0);
  ASSERT_GE(dup2(file, STDERR_FILENO), 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 100; ++i) {
        WriteLogLine(LogLine(LogLevel::kError, "e")
                         .Number("n", t * 100 + i)
                         .Text("pad", std::string(6000, 'x'))
                         .str());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(file);
  std::set<int> seen;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(json.is_discarded());
    seen.insert(json["n"].get<int>());
  }
  EXPECT_EQ(seen.size(), 400u);
}

}  // namespace
}  // namespace tarazy
