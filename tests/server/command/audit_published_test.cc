// `tarazy audit verify --published` and `--url`: a published log, checked from
// outside, given out by our own server and by one that lies.

#include "server/command/audit_published.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "server/audit/audit_queries.h"
#include "server/audit/pruned.h"
#include "server/audit/published_files.h"
#include "server/command/audit.h"
#include "server/service/tile_http.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

constexpr uint64_t kRecords = 600;
constexpr char kToken[] = "auditor-0123456789012345678901234567";

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran Verify(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"audit", "verify"});
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(&a[0]);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.code = RunAudit(static_cast<int>(argv.size()), argv.data());
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Answers each connection as it is told to, and keeps what was asked.
class Liar {
 public:
  using Answer = std::function<void(int connection, const std::string& path)>;

  explicit Liar(Answer answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port));
    thread_ = std::thread([this] { Serve(); });
  }
  ~Liar() {
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  const std::string& url() const { return url_; }
  // After it has ended nothing more is asked.
  const std::string& asked() const { return asked_; }
  bool stopping() const { return stopping_; }

  // False: the other side has had enough.
  static bool Send(int connection, const std::string& text) {
    return send(connection, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }

 private:
  void Serve() {
    while (!stopping_) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      std::string request;
      char byte;
      while (!absl::EndsWith(request, "\r\n\r\n") &&
             recv(connection, &byte, 1, 0) == 1) {
        request.push_back(byte);
      }
      asked_ += request;
      const size_t begin = request.find('/');
      if (begin != std::string::npos) {
        answer_(connection,
                request.substr(begin, request.find(' ', begin) - begin));
      }
      close(connection);
    }
  }

  const Answer answer_;
  int listener_ = -1;
  std::string url_;
  std::string asked_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class AuditPublishedTest : public PublishedLogTest {
 protected:
  void SetUp() override {
    PublishedLogTest::SetUp();
    GrowLog(kRecords);
    auto publisher = Open();
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    ASSERT_TRUE((*publisher)->Publish(kRecords).ok());
    const auto written = WritePublishedFiles(FileSystem::Posix(),
                                             options_.log_directory, www_, {});
    ASSERT_TRUE(written.ok()) << written.status();
    key_ = folder_.path() + "/key.pub";
    std::ofstream(key_) << signer_->verifier().ToString() << "\n";
    token_ = folder_.path() + "/token";
    std::ofstream(token_) << kToken << "\n";
    chmod(token_.c_str(), 0600);
  }

  // Our own server over the log.
  std::string Serve() {
    auto callers =
        Callers::Load({{"chief", token_, Config::Rights::Role::kAuditor, ""}});
    EXPECT_TRUE(callers.ok()) << callers.status();
    callers_ = *std::move(callers);
    AuditQueriesOptions options;
    options.log_directory = options_.log_directory;
    queries_ = std::make_unique<AuditQueries>(options, FileSystem::Posix());
    auto server = TileHttp::Start("127.0.0.1:0", queries_.get(), &callers_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    return absl::StrCat("http://", server_->address());
  }

  Ran VerifyFolder() const {
    return Verify({"--published", www_, "--key", key_});
  }
  // The folder with one file changed.
  void ExpectDamage(const std::string& file, const std::string& content,
                    const std::string& text) const {
    const std::string path = www_ + "/" + file;
    const std::string whole = ReadFile(path);
    std::ofstream(path, std::ios::binary) << content;
    const Ran ran = VerifyFolder();
    EXPECT_EQ(ran.code, 2) << file;
    EXPECT_THAT(ran.err, HasSubstr(text));
    std::ofstream(path, std::ios::binary) << whole;
  }

  const std::string www_ = folder_.path() + "/www";
  std::string key_;
  std::string token_;
  Callers callers_;
  std::unique_ptr<AuditQueries> queries_;
  std::unique_ptr<TileHttp> server_;
};

TEST_F(AuditPublishedTest, AFolder) {
  const Ran ran = VerifyFolder();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "600 records, each as it was written\n"
            "checkpoint of 600 records by `test-log`: signature good; 4 tiles "
            "as they must be\n");
  EXPECT_THAT(Verify({"--published", www_}).out,
              HasSubstr("signature not checked"));
  const auto json =
      nlohmann::json::parse(Verify({"--published", www_, "--json"}).out);
  EXPECT_EQ(json["records"], 600);
  EXPECT_EQ(json["withheld"], 0);
  EXPECT_EQ(json["signature_checked"], false);
  EXPECT_EQ(json.count("indexed"), 0u);
}

TEST_F(AuditPublishedTest, DamageToAFolderIsNamed) {
  for (const char* file :
       {"tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
        "tile/entries/000", "tile/entries/002.p/88", "checkpoint"}) {
    SCOPED_TRACE(file);
    const std::string whole = ReadFile(www_ + "/" + file);
    ASSERT_FALSE(whole.empty());
    for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 7) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 4);
      ExpectDamage(file, changed, "");
    }
    const bool note = std::string(file) == "checkpoint";
    ExpectDamage(file, whole.substr(1), note ? "checkpoint" : file);
    ExpectDamage(file, whole + std::string(1 << 24, 'x'),
                 note ? "checkpoint" : file);
    ExpectDamage(file, "", note ? "checkpoint" : file);
  }
  // As many records of no bytes as a bundle has room for.
  ExpectDamage("tile/entries/000", std::string(1 << 24, '\0'),
               "no bundle of 256 records");
  fs::remove(www_ + "/tile/1/000.p/2");
  const Ran missing = VerifyFolder();
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("`tile/1/000.p/2` is missing"));
  fs::remove(www_ + "/tile/entries/001");
  EXPECT_THAT(VerifyFolder().err, HasSubstr("no signed `PRUNED`"));
}

TEST_F(AuditPublishedTest, TheCheckpointMustBeThereAndOfTheLog) {
  const std::string other = folder_.path() + "/other";
  ASSERT_TRUE(NoteSigner::CreateKeyFile(other, "other-log").ok());
  const auto signer = *NoteSigner::Load(other);
  std::ofstream(other + ".pub") << signer->verifier().ToString() << "\n";
  const Ran foreign = Verify({"--published", www_, "--key", other + ".pub"});
  EXPECT_EQ(foreign.code, 2);
  EXPECT_THAT(foreign.err,
              HasSubstr("`checkpoint`: the note is not signed by `other-log`"));
  fs::remove(www_ + "/checkpoint");
  const Ran none = VerifyFolder();
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("holds no published log: there is no "
                                  "`checkpoint`"));
}

TEST_F(AuditPublishedTest, WhatWasSignedEarlierMustStillBeThere) {
  const std::string kept = folder_.path() + "/kept";
  const auto verify = [&](const Checkpoint& earlier) {
    std::ofstream(kept) << *signer_->Sign(earlier.ToText());
    return Verify({"--published", www_, "--key", key_, "--earlier", kept});
  };
  EXPECT_EQ(verify({"test-log", 300, RootOf(300)}).code, 0);
  EXPECT_EQ(verify({"test-log", 0, EmptyRoot()}).code, 0);
  const Ran longer = verify({"test-log", 700, RootOf(700)});
  EXPECT_EQ(longer.code, 2);
  EXPECT_THAT(longer.err, HasSubstr("the log has 600 records, an earlier "
                                    "checkpoint has 700"));
  const Ran differs = verify({"test-log", 300, RootOf(299)});
  EXPECT_EQ(differs.code, 2);
  EXPECT_THAT(differs.err, HasSubstr("the first 300 records are not those"));
  const Ran foreign = verify({"other-log", 300, RootOf(300)});
  EXPECT_EQ(foreign.code, 2);
  EXPECT_THAT(foreign.err, HasSubstr("the earlier checkpoint: "));
}

TEST_F(AuditPublishedTest, OverHttpWithAndWithoutTheRecords) {
  const std::string url = Serve();
  const Ran all = Verify({"--url", url, "--key", key_, "--token-file", token_});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.out, VerifyFolder().out);

  const Ran hashes = Verify({"--url", url + "/", "--key", key_});
  EXPECT_EQ(hashes.code, 0) << hashes.err;
  EXPECT_THAT(hashes.out,
              HasSubstr("0 records, each as it was written\n600 records were "
                        "not seen, since they are for auditors alone"));
  const auto json = nlohmann::json::parse(Verify({"--url", url, "--json"}).out);
  EXPECT_EQ(json["records"], 0);
  EXPECT_EQ(json["withheld"], 600);

  // Whoever shows a token is told that it does not open.
  std::ofstream(token_) << "another-0123456789012345678901234567\n";
  const Ran refused = Verify({"--url", url, "--token-file", token_});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("`tile/entries/000`: answered with 401"));
}

TEST_F(AuditPublishedTest, RecordsThatWereDeletedOverHttp) {
  Pruned pruned;
  pruned.origin = "test-log";
  pruned.first_index = 300;
  const auto serve = [this](int connection, const std::string& path) {
    const std::string file = www_ + path;
    const std::string content = ReadFile(file);
    Liar::Send(connection,
               fs::exists(file)
                   ? absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ",
                                  content.size(), "\r\n\r\n", content)
                   : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  };
  fs::remove(www_ + "/tile/entries/000");
  fs::remove(www_ + "/tile/entries/001");
  Liar server(serve);
  const Ran unsaid = Verify({"--url", server.url(), "--key", key_});
  EXPECT_EQ(unsaid.code, 2);
  EXPECT_THAT(unsaid.err, HasSubstr("no signed `PRUNED`"));
  std::ofstream(www_ + "/PRUNED") << *signer_->Sign(pruned.ToText());
  const Ran said = Verify({"--url", server.url(), "--key", key_});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("512 records before those were deleted by "
                                  "the log's retention"));
}

TEST_F(AuditPublishedTest, AServerThatLiesIsStopped) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  struct Case {
    std::string name;
    Liar::Answer answer;
    std::string error;
  };
  const auto forever = [](const std::string& begin, const std::string& more) {
    return [begin, more](int connection, const std::string&) {
      if (!Liar::Send(connection, begin)) return;
      while (Liar::Send(connection, more)) {
      }
    };
  };
  const auto once = [](const std::string& text) {
    return [text](int connection, const std::string&) {
      Liar::Send(connection, text);
    };
  };
  const std::string lot(1 << 16, 'a');
  const Case cases[] = {
      {"an endless first line", forever("HTTP/1.1 200 ", lot), "longer"},
      {"an endless header", forever(ok + "A: ", lot), "longer"},
      {"endless headers", forever(ok, "A: b\r\n"), "longer"},
      {"an endless body", forever(ok + "\r\n", lot), "longer"},
      {"a body that says it is long",
       forever(ok + "Content-Length: 99999999999999\r\n\r\n", lot), "longer"},
      {"endless pieces",
       forever(ok + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"),
       "longer"},
      {"a piece of any size",
       forever(ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\n", lot),
       "longer"},
      {"a body that ends early", once(ok + "Content-Length: 90\r\n\r\nabc"),
       "no whole answer"},
      {"no HTTP at all", once("SSH-2.0-OpenSSH_9.2\r\n"), "no whole answer"},
      {"nothing", once(""), "no whole answer"},
      {"a redirect",
       once("HTTP/1.1 302 Found\r\nLocation: http://203.0.113.1/\r\n"
            "Content-Length: 0\r\n\r\n"),
       "answered with 302; a redirect is not followed"},
      {"an error of its own",
       once("HTTP/1.1 500 \x1b[31mNo\r\nContent-Length: 0\r\n\r\n"),
       "answered with 500"},
      {"no checkpoint", once(ok + "Content-Length: 5\r\n\r\nhello"),
       "`checkpoint`: not a signed note"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    Liar liar(each.answer);
    const Ran ran = Verify({"--url", liar.url(), "--key", key_});
    EXPECT_NE(ran.code, 0);
    EXPECT_THAT(ran.err, HasSubstr(each.error));
    EXPECT_THAT(ran.err, Not(HasSubstr("\x1b")));
  }
}

TEST_F(AuditPublishedTest, AServerThatIsSlowIsLeft) {
  // A byte at a time, each in time, all of them never.
  std::atomic<bool> end{false};
  Liar liar([&end](int connection, const std::string&) {
    Liar::Send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n");
    while (!end && Liar::Send(connection, "a")) {
      // Paced by the test's own deadline: nothing is waited for.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const Ran ran =
      Verify({"--url", liar.url(), "--key", key_, "--deadline-ms", "150"});
  end = true;
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("no whole answer within 150 ms"));
}

TEST_F(AuditPublishedTest, TheTokenGoesWithBundlesAlone) {
  Liar liar([this](int connection, const std::string& path) {
    const std::string content = ReadFile(www_ + path);
    Liar::Send(connection, absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ",
                                        content.size(), "\r\n\r\n", content));
  });
  std::vector<std::string> asked;
  {
    const Ran ran = Verify({"--url", liar.url(), "--token-file", token_});
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  const std::string& text = liar.asked();
  for (size_t at = text.find("GET "); at != std::string::npos;) {
    const size_t next = text.find("GET ", at + 1);
    const std::string request = text.substr(at, next - at);
    EXPECT_EQ(absl::StrContains(request, kToken),
              absl::StrContains(request, "tile/entries/"))
        << request;
    at = next;
  }
}

TEST_F(AuditPublishedTest, FlagsThatMakeNoSense) {
  for (const char* url :
       {"https://log.example", "log.example", "http://", "http:///a",
        "http://h:0", "http://h:x", "http://h:70000", "http://h/a?b",
        "http://h/a b", "http://u:p@h/", "http://h/a\r\nX: y"}) {
    const Ran ran = Verify({"--url", url});
    EXPECT_EQ(ran.code, 1) << url;
    EXPECT_THAT(ran.err, HasSubstr(url));
  }
  EXPECT_EQ(Verify({"--url", "http://h", "--published", www_}).code, 1);
  EXPECT_EQ(Verify({"--published", www_, "--log", "x"}).code, 1);
  EXPECT_EQ(Verify({"--published", www_, "--token-file", token_}).code, 1);
  const Ran token = Verify({"--log", "x", "--token-file", token_});
  EXPECT_EQ(token.code, 1);
  EXPECT_THAT(token.err, HasSubstr("a --server or at a --url"));
}

}  // namespace
}  // namespace tarazy
