// The published log over HTTP: the files that tlog-tiles names, and no others.

#include "server/service/tile_http.h"

#include <httplib.h>
#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "server/audit/pruned.h"
#include "server/audit/verify.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

constexpr uint64_t kRecords = 600;
constexpr char kToken[] = "auditor-0123456789012345678901234567";

class TileHttpTest : public PublishedLogTest {
 protected:
  void SetUp() override {
    PublishedLogTest::SetUp();
    GrowLog(kRecords);
    auto publisher = Open();
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    ASSERT_TRUE((*publisher)->Publish(kRecords).ok());
    const std::string token = folder_.path() + "/token";
    std::ofstream(token) << kToken << "\n";
    chmod(token.c_str(), 0600);
    auto callers =
        Callers::Load({{"chief", token, Config::Rights::Role::kAuditor, ""}});
    ASSERT_TRUE(callers.ok()) << callers.status();
    callers_ = *std::move(callers);
    AuditQueriesOptions options;
    options.log_directory = options_.log_directory;
    queries_ = std::make_unique<AuditQueries>(options, FileSystem::Posix());
    auto server = TileHttp::Start("127.0.0.1:0", queries_.get(), &callers_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    client_ = std::make_unique<httplib::Client>(
        absl::StrCat("http://", server_->address()));
  }

  httplib::Result Get(const std::string& path, bool with_token = false) {
    httplib::Headers headers;
    if (with_token) {
      headers.emplace("Authorization", absl::StrCat("Bearer ", kToken));
    }
    return client_->Get(path.c_str(), headers);
  }

  Callers callers_;
  std::unique_ptr<AuditQueries> queries_;
  std::unique_ptr<TileHttp> server_;
  std::unique_ptr<httplib::Client> client_;
};

TEST_F(TileHttpTest, AWholeLogCanBeVerifiedOverIt) {
  const auto verifier = signer_->verifier();
  VerifyOptions options;
  options.verifier = &verifier;
  const auto verified = VerifyPublished(
      [&](const std::string& path) -> absl::StatusOr<std::string> {
        const auto answer = Get("/" + path, true);
        if (answer && answer->status == 404) return absl::NotFoundError(path);
        if (!answer || answer->status != 200) {
          return absl::UnknownError(
              absl::StrCat(path, ": ", answer ? answer->status : 0));
        }
        return answer->body;
      },
      options);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->records, kRecords);
  const auto tile = Get("/tile/0/000");
  ASSERT_TRUE(tile);
  EXPECT_EQ(tile->status, 200);
  EXPECT_EQ(tile->body.size(), 256u * 32u);
  EXPECT_EQ(tile->get_header_value("Content-Type"), "application/octet-stream");
  EXPECT_NE(tile->get_header_value("Cache-Control").find("immutable"),
            std::string::npos);
  EXPECT_EQ(Get("/checkpoint")->get_header_value("Cache-Control"), "no-cache");
}

TEST_F(TileHttpTest, WhatWasDeletedIsSaid) {
  EXPECT_EQ(Get("/PRUNED")->status, 404);
  Pruned pruned;
  pruned.origin = "test-log";
  pruned.first_index = 256;
  const std::string note = *signer_->Sign(pruned.ToText());
  std::ofstream(options_.log_directory + "/PRUNED", std::ios::binary) << note;
  const auto answer = Get("/PRUNED");
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, note);
  EXPECT_EQ(answer->get_header_value("Cache-Control"), "no-cache");
}

TEST_F(TileHttpTest, BundlesAreForAuditorsAlone) {
  EXPECT_EQ(Get("/tile/entries/000")->status, 401);
  EXPECT_EQ(Get("/tile/entries/000", true)->status, 200);
  const httplib::Headers wrong = {{"Authorization", "Bearer x"}};
  EXPECT_EQ(client_->Get("/tile/entries/000", wrong)->status, 401);
}

TEST_F(TileHttpTest, NothingElseIsServed) {
  for (const char* path :
       {"/", "/../key", "/tile/../../key", "/tile/%2e%2e/%2e%2e/key",
        "/tile/0/../../../key", "/tile/0/0", "/tile/0/000.p/0",
        "/tile/0/x001/000", "/tile/64/000", "/index.db", "/tile/",
        "/tile/entries", "/checkpoint/", "//checkpoint"}) {
    const auto answer = Get(path, true);
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, 404) << path;
  }
  for (const auto& answer :
       {client_->Post("/checkpoint"), client_->Put("/tile/0/000", "x", "a/b"),
        client_->Delete("/checkpoint")}) {
    ASSERT_TRUE(answer);
    EXPECT_GE(answer->status, 400);
  }
}

TEST_F(TileHttpTest, AnAddressThatIsTakenIsNamed) {
  EXPECT_EQ(TileHttp::Start(server_->address(), queries_.get(), &callers_)
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_FALSE(TileHttp::Start("nowhere", queries_.get(), &callers_).ok());
  EXPECT_EQ(TileHttp::Start("203.0.113.1:1", queries_.get(), &callers_)
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace tarazy
