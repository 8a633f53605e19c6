#include "server/ops/config.h"

#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tarazy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    std::string pattern = ::testing::TempDir() + "/configXXXXXX";
    folder_ = mkdtemp(&pattern[0]);
  }

  absl::StatusOr<Config> Read(const std::string& text) {
    const std::string path = folder_ + "/t.yaml";
    std::ofstream(path, std::ios::binary) << text;
    return ReadConfig(path);
  }

  std::string ErrorOf(const std::string& text) {
    const absl::StatusOr<Config> config = Read(text);
    if (config.ok()) return "no error";
    return absl::StrCat(
        config.status().code() == absl::StatusCode::kInvalidArgument
            ? ""
            : "wrong code: ",
        config.status().message());
  }

  std::string folder_;
};

std::string Contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

std::string Show(const Config& c) {
  return absl::StrCat(
      c.listen.tcp, "|", c.listen.unix_socket, "|", c.threads.completion_queues,
      "|", c.pack.directory, "|", absl::StrJoin(c.pack.editions, ","), "|",
      absl::StrJoin(c.pack.readings, ",", absl::PairFormatter("=")), "|",
      absl::StrJoin(c.pack.compare_with, ","), "|",
      absl::StrJoin(c.pack.keys, " "), "|", c.pack.threshold, "|",
      c.log.enabled, "|", c.log.directory, "|", c.log.name, "|",
      c.log.segment_bytes, "|", c.log.max_queue_bytes, "|",
      c.log.seal_after_days, "|", c.log.seal_beyond_bytes, "|",
      c.log.retain_days, "|", c.log.max_clock_jump_days, "|",
      c.pseudonyms.key_variable, "|", c.checkpoints.key_file, "|",
      c.checkpoints.create, "|", c.checkpoints.interval_ms, "|",
      c.registers.path, "|", c.pseudonyms.key_file, "|", c.pseudonyms.create,
      "|", c.limits.message_bytes, "|", c.limits.batch_requests, "|",
      c.limits.consents_tried, "|", c.limits.drain_seconds, "|",
      c.limits.decision_time_skew_ms, "|", c.rights.assert_consent, "|",
      c.rights.choose_decision_time, "|", static_cast<int>(c.default_language),
      "|", c.index.path, "|", c.rights.callers.size(), "|", c.salts.path, "|",
      c.http.tiles);
}

const char kDocumented[] = TARAZY_SOURCE_DIR "/deploy/tarazy.yaml";

TEST_F(ConfigTest, KeysOfPacks) {
  const auto config = Read("pack: {keys: [a+1+x, b+2+y], threshold: 2}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->pack.keys, (std::vector<std::string>{"a+1+x", "b+2+y"}));
  EXPECT_EQ(config->pack.threshold, 2u);
  EXPECT_THAT(ErrorOf("pack: {keys: [a], threshold: 2}\n"),
              HasSubstr("`pack.threshold` must be from 1 to the number of "
                        "`pack.keys`, 1, not 2"));
  EXPECT_THAT(ErrorOf("pack: {threshold: 0}\n"), HasSubstr("from 1 to 64"));
  EXPECT_THAT(ErrorOf("pack: {keys: a}\n"),
              HasSubstr("`pack.keys` must be a list of at most 64 texts"));
  EXPECT_THAT(ErrorOf("pack: {keys: [[a]]}\n"),
              HasSubstr("must be a list of texts of 1 to"));
}

TEST_F(ConfigTest, WhatHappensToOldSegments) {
  const auto config = Read(
      "log: {seal_after_days: 3, seal_beyond_bytes: 1099511627776,\n"
      "      retain_days: 1825}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->log.seal_after_days, 3u);
  EXPECT_EQ(config->log.seal_beyond_bytes, uint64_t{1} << 40);
  EXPECT_EQ(config->log.retain_days, 1825u);
  EXPECT_THAT(ErrorOf("log: {retain_days: -1}\n"), HasSubstr("retain_days"));
  EXPECT_THAT(ErrorOf("pseudonyms: {key_variable: K, create: true}\n"),
              HasSubstr("`pseudonyms.create` makes a key file"));
}

TEST_F(ConfigTest, EmptyFileGivesDefaultsBesideTheFile) {
  const absl::StatusOr<Config> config = Read("");
  ASSERT_TRUE(config.ok()) << config.status();
  Config defaults;
  ResolvePaths(folder_, &defaults);
  EXPECT_EQ(Show(*config), Show(defaults));
  EXPECT_EQ(config->log.directory, folder_ + "/log");
}

TEST_F(ConfigTest, DocumentedFileReadsToTheDefaults) {
  const absl::StatusOr<Config> config = ReadConfig(kDocumented);
  ASSERT_TRUE(config.ok()) << config.status();
  Config defaults;
  ResolvePaths(TARAZY_SOURCE_DIR "/deploy", &defaults);
  EXPECT_EQ(Show(*config), Show(defaults));
}

// Every key that the reader knows is in the documented file: a misspelt key of
// each section lists or offers known ones, so the list is asked of the reader.
TEST_F(ConfigTest, EveryKnownKeyIsDocumented) {
  const std::string documented = "\n" + Contents(kDocumented);
  for (const std::string section :
       {"", "listen", "threads", "pack", "log", "checkpoints", "index",
        "registers", "pseudonyms", "limits", "rights"}) {
    const std::string error = ErrorOf(
        section.empty() ? "0123456789: 1\n" : section + ":\n  0123456789: 1\n");
    const std::string mark = "; known here: ";
    const size_t at = error.find(mark);
    ASSERT_NE(at, std::string::npos) << error;
    std::istringstream keys(error.substr(at + mark.size()));
    std::string key;
    int count = 0;
    while (std::getline(keys, key, ',')) {
      key.erase(0, key.find_first_not_of(' '));
      EXPECT_THAT(documented, HasSubstr(section.empty() ? "\n" + key + ":"
                                                        : "\n  " + key + ":"));
      ++count;
    }
    EXPECT_GT(count, 0);
  }
}

TEST_F(ConfigTest, ReadsEveryKey) {
  const absl::StatusOr<Config> config = Read(
      "listen: {tcp: '[::1]:0', unix_socket: /run/t.sock}\n"
      "threads: {completion_queues: 2}\n"
      "pack: {editions: [/p, q], readings: {r: a, s: b}, "
      "compare_with: [e], keys: [a, b], threshold: 2}\n"
      "log: {enabled: false, directory: /l, name: a/b, "
      "segment_bytes: 1048576, max_queue_bytes: 1048577, "
      "seal_after_days: 4, seal_beyond_bytes: 5, retain_days: 6, "
      "max_clock_jump_days: 8}\n"
      "checkpoints: {key_file: c.key, create: true, interval_ms: 20}\n"
      "index: {path: i.db}\n"
      "salts: {path: s.db}\n"
      "http: {tiles: 'h:1'}\n"
      "registers: {path: r.db}\n"
      "pseudonyms: {key_file: sub/k, key_variable: V, create: false}\n"
      "limits: {message_bytes: 2048, batch_requests: 7, consents_tried: 3, "
      "drain_seconds: 0, decision_time_skew_ms: 9}\n"
      "rights: {assert_consent: true, choose_decision_time: true, "
      "callers: [{name: a, token_file: t, role: auditor}]}\n"
      "default_language: ru\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(
      Show(*config),
      absl::StrCat("[::1]:0|/run/t.sock|2||/p,", folder_, "/q|r=a,s=b|",
                   folder_, "/e|a b|2|0|/l|a/b|1048576|1048577|4|5|6|8|V|",
                   folder_, "/c.key|1|20|", folder_, "/r.db|", folder_,
                   "/sub/k|0|2048|7|3|0|9|1|1|2|", folder_, "/i.db|1|", folder_,
                   "/s.db|h:1"));
}

TEST_F(ConfigTest, UnknownKeyNamesPlaceAndNearest) {
  EXPECT_EQ(ErrorOf("log:\n  enabled: true\n  segmet_bytes: 1048576\n"),
            folder_ +
                "/t.yaml:3: unknown key `log.segmet_bytes`; did you mean "
                "`log.segment_bytes`?");
  EXPECT_EQ(ErrorOf("lisen: {}\n"),
            folder_ + "/t.yaml:1: unknown key `lisen`; did you mean `listen`?");
}

TEST_F(ConfigTest, FarFetchedKeyIsOfferedAllKnownOnes) {
  EXPECT_EQ(ErrorOf("rights:\n  colour: blue\n"),
            folder_ +
                "/t.yaml:2: unknown key `rights.colour`; known here: "
                "assert_consent, choose_decision_time, callers");
}

TEST_F(ConfigTest, AllErrorsAtOnceInOrderOfLines) {
  EXPECT_EQ(ErrorOf("default_language: de\nlog:\n  enabled: yes\n"
                    "limits:\n  batch_requests: 0\n"),
            absl::StrCat(folder_,
                         "/t.yaml:1: `default_language` must be `kk`, `ru` or "
                         "`en`, not `de`\n",
                         folder_,
                         "/t.yaml:3: `log.enabled` must be `true` or `false`, "
                         "not `yes`\n",
                         folder_,
                         "/t.yaml:5: `limits.batch_requests` must be from 1 "
                         "to 100000, not 0"));
}

struct BadCase {
  const char* text;
  const char* message;
};

class BadConfigTest : public ConfigTest,
                      public ::testing::WithParamInterface<BadCase> {};

TEST_P(BadConfigTest, IsRefused) {
  EXPECT_THAT(ErrorOf(GetParam().text),
              AllOf(HasSubstr("/t.yaml:"), HasSubstr(GetParam().message),
                    Not(HasSubstr("wrong code"))));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadConfigTest,
    ::testing::Values(
        BadCase{"- 1\n", "`the file` must be a mapping"},
        BadCase{"log: 1\n", "`log` must be a mapping"},
        BadCase{"log: {enabled: 'true'}\n", "`log.enabled` must be `true`"},
        BadCase{"log: {enabled: [true]}\n", "`log.enabled` must be `true`"},
        BadCase{"log: {directory: {a: b}}\n", "`log.directory` must be a text"},
        BadCase{"log: {directory: }\n", "`log.directory` must be a text"},
        BadCase{"log: {directory: ''}\n", "`log.directory` must not be empty"},
        BadCase{"log: {directory: \"a\\0b\"}\n", "holds a zero byte"},
        BadCase{"log: {name: 'a b'}\n", "`log.name` must be 1 to 64"},
        BadCase{"log: {name: ''}\n", "`log.name` must be 1 to 64"},
        BadCase{"log: {segment_bytes: 1048575}\n", "must be from 1048576"},
        BadCase{"log: {segment_bytes: 0x200000}\n", "must be a whole number"},
        BadCase{"log: {segment_bytes: -1}\n", "must be a whole number"},
        BadCase{"log: {segment_bytes: '2097152'}\n", "must be a whole number"},
        BadCase{"log: {segment_bytes: 18446744073709551616}\n",
                "must be from 1048576 to 4294967296"},
        BadCase{"limits: {drain_seconds: 1.5}\n", "must be a whole number"},
        BadCase{"listen: {tcp: localhost}\n", "must be host:port"},
        BadCase{"listen: {tcp: 'localhost:99999'}\n", "must be host:port"},
        BadCase{"listen: {tcp: '::1:80'}\n", "must be host:port"},
        BadCase{"listen: {tcp: ''}\n", "both empty"},
        BadCase{"registers: {path: ''}\n", "must not be empty"},
        BadCase{"pseudonyms: {key_file: ''}\n", "must not be empty"},
        BadCase{"pack: {readings: [a]}\n", "must be a mapping of at most"},
        BadCase{"pack: {readings: {a: [b]}}\n",
                "must be a mapping of texts to texts"},
        BadCase{"pack: {readings: {a: b, a: c}}\n", "names `a` twice"},
        BadCase{"pack: {editions: /p}\n", "must be a list of at most 64 texts"},
        BadCase{"pack: {editions: ['']}\n", "must be a list of texts of 1 to"},
        BadCase{"pack: {directory: a, editions: [b]}\n",
                "`pack.editions` and `pack.directory` are both given"},
        BadCase{"rights: {}\nrights: {}\n", "`rights` is given twice"},
        BadCase{"? [a]\n: b\n", "a key must be a plain word"},
        BadCase{"rights: {}\n---\nrights: {}\n", "a second document"},
        BadCase{"log: {\n", "t.yaml:"},
        BadCase{"default_language: ''\n", "must be `kk`, `ru` or `en`"}));

TEST_F(ConfigTest, HostsAndPorts) {
  for (const char* good : {"127.0.0.1:0", "localhost:65535", "[::1]:80"}) {
    EXPECT_TRUE(IsHostPort(good)) << good;
  }
  for (const char* bad :
       {"", ":", ":80", "a:", "a:65536", "a:-1", "a: 80", "a:0x50", "::1:80",
        "[]:80", "[:80", "/a:80", "a b:80", "a:100000"}) {
    EXPECT_FALSE(IsHostPort(bad)) << bad;
  }
}

TEST_F(ConfigTest, LimitsOfUnixPath) {
  EXPECT_TRUE(
      Read("listen: {unix_socket: /" + std::string(106, 'a') + "}\n").ok());
  EXPECT_THAT(
      ErrorOf("listen: {unix_socket: /" + std::string(107, 'a') + "}\n"),
      HasSubstr("is longer than 107 bytes"));
}

TEST_F(ConfigTest, HugeAndDeepFilesAreRefused) {
  EXPECT_THAT(ErrorOf(std::string(2u << 20, '#')),
              HasSubstr("is longer than 1048576 bytes"));
  EXPECT_NE(ErrorOf(std::string(100000, '[')), "no error");
}

TEST_F(ConfigTest, AbsentFileIsNotFound) {
  const absl::StatusOr<Config> config = ReadConfig(folder_ + "/none.yaml");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("none.yaml"));
  EXPECT_FALSE(ReadConfig(folder_).ok());
}

TEST_F(ConfigTest, CallersHaveARoleAndATokenFile) {
  const absl::StatusOr<Config> config = Read(
      "rights:\n"
      "  callers:\n"
      "    - {name: a, token_file: tokens/a, role: auditor}\n"
      "    - {name: b, token_file: /b, role: service, service: egov.tax}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->rights.callers.size(), 2u);
  EXPECT_EQ(config->rights.callers[0].role, Config::Rights::Role::kAuditor);
  EXPECT_EQ(config->rights.callers[0].token_file, folder_ + "/tokens/a");
  EXPECT_EQ(config->rights.callers[1].service, "egov.tax");
  for (const auto& [row, error] :
       {std::pair<const char*, const char*>{
            "{name: a, token_file: t, role: king}",
            "`rights.callers[0].role` must be `auditor` or `service`"},
        {"{name: a, token_file: t, role: service}",
         "`rights.callers[0].service` is missing"},
        {"{name: a, role: auditor}", "`rights.callers[0].token_file` is miss"},
        {"{name: a, token_file: t, role: auditor, service: s}",
         "`rights.callers[0].service` is for services alone"},
        {"{name: a, token_file: t, role: auditor, rolle: x}",
         "unknown key `rights.callers[0].rolle`"},
        {"word", "`rights.callers[0]` must be a mapping"}}) {
    EXPECT_THAT(ErrorOf(absl::StrCat("rights:\n  callers:\n    - ", row, "\n")),
                HasSubstr(error));
  }
  EXPECT_THAT(ErrorOf("rights:\n  callers: x\n"), HasSubstr("must be a list"));
}

}  // namespace
}  // namespace tarazy
