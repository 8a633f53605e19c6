// AuditService over the wire: who may read what, and what the index answers
// while the server decides.

#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/audit/verify.h"
#include "tarazy/v1/audit.grpc.pb.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

constexpr char kAuditorToken[] = "auditor-0123456789012345678901234567";
constexpr char kServiceToken[] = "service-0123456789012345678901234567";

class AuditCallsTest : public ServerTest {
 protected:
  AuditCallsTest() {
    using Role = Config::Rights::Role;
    config.index.path = folder() + "/index.db";
    config.checkpoints.key_file = folder() + "/checkpoint.key";
    config.checkpoints.create = true;
    config.checkpoints.interval_ms = 20;
    config.rights.callers = {
        {"chief", Token("auditor", kAuditorToken), Role::kAuditor, ""},
        {"benefits", Token("service", kServiceToken), Role::kService,
         "egov.benefits"}};
  }

  // Decides for both services, then waits until all is indexed and signed.
  void Fill() {
    Start();
    audit_ = v1::AuditService::NewStub(channel());
    for (int i = 0; i < 6; ++i) {
      v1::DecideRequest request = ForbiddenRequest();
      request.set_service(i % 2 == 0 ? "egov.benefits" : "egov.tax");
      v1::DecideResponse response;
      ASSERT_TRUE(Decide(request, &response).ok());
      ids_.push_back(response.decision_id());
    }
    for (int i = 0; i < 400; ++i) {
      v1::AuditStatsRequest request;
      v1::AuditStatsResponse stats;
      ASSERT_TRUE(
          Ask(&v1::AuditService::Stub::Stats, kAuditorToken, request, &stats)
              .ok());
      v1::AuditProveRequest prove;
      prove.set_index(5);
      v1::AuditProof proof;
      if (stats.progress().indexed() == 6 &&
          Ask(&v1::AuditService::Stub::Prove, kAuditorToken, prove, &proof)
              .ok()) {
        return;
      }
      // The index follows in its own time, and only its answers tell how far.
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    FAIL() << "the index and the checkpoint did not follow";
  }

  template <typename Request, typename Response>
  grpc::Status Ask(grpc::Status (v1::AuditService::Stub::*method)(
                       grpc::ClientContext*, const Request&, Response*),
                   const std::string& token, const Request& request,
                   Response* response) {
    grpc::ClientContext context;
    if (!token.empty()) {
      context.AddMetadata("authorization", "Bearer " + token);
    }
    return ((*audit_).*method)(&context, request, response);
  }

  std::unique_ptr<v1::AuditService::Stub> audit_;
  std::vector<std::string> ids_;
};

TEST_F(AuditCallsTest, TheWholeMatrixOfRights) {
  Fill();
  using Stub = v1::AuditService::Stub;
  // Nobody reads anything, whatever is asked.
  for (const std::string& token :
       {std::string(), std::string("x"), std::string(kAuditorToken) + "x",
        std::string(kAuditorToken).substr(1)}) {
    v1::AuditQueryResponse page;
    v1::AuditRecord record;
    v1::AuditStatsResponse stats;
    v1::AuditProof proof;
    v1::AuditReceipt receipt;
    v1::AuditTile tile;
    v1::AuditTileRequest tile_request;
    tile_request.set_path("checkpoint");
    for (const grpc::Status& s :
         {Ask(&Stub::Query, token, v1::AuditQueryRequest(), &page),
          Ask(&Stub::Get, token, v1::AuditGetRequest(), &record),
          Ask(&Stub::Stats, token, v1::AuditStatsRequest(), &stats),
          Ask(&Stub::Prove, token, v1::AuditProveRequest(), &proof),
          Ask(&Stub::GetReceipt, token, v1::AuditReceiptRequest(), &receipt),
          Ask(&Stub::ReadTile, token, tile_request, &tile)}) {
      EXPECT_EQ(s.error_code(), StatusCode::UNAUTHENTICATED);
    }
  }
  // The auditor reads all.
  v1::AuditQueryResponse all;
  ASSERT_TRUE(
      Ask(&Stub::Query, kAuditorToken, v1::AuditQueryRequest(), &all).ok());
  EXPECT_EQ(all.records_size(), 6);
  // The service its own: found, counted, shown and proven alike.
  v1::AuditQueryResponse own;
  ASSERT_TRUE(
      Ask(&Stub::Query, kServiceToken, v1::AuditQueryRequest(), &own).ok());
  ASSERT_EQ(own.records_size(), 3);
  for (const auto& record : own.records()) {
    EXPECT_EQ(record.record().request().service(), "egov.benefits");
  }
  v1::AuditStatsResponse stats;
  ASSERT_TRUE(
      Ask(&Stub::Stats, kServiceToken, v1::AuditStatsRequest(), &stats).ok());
  EXPECT_EQ(stats.records(), 3u);
  v1::AuditQueryRequest other;
  other.mutable_filter()->set_service("egov.tax");
  EXPECT_EQ(Ask(&Stub::Query, kServiceToken, other, &own).error_code(),
            StatusCode::PERMISSION_DENIED);
  for (uint64_t i = 0; i < ids_.size(); ++i) {
    const StatusCode expected =
        i % 2 == 0 ? StatusCode::OK : StatusCode::NOT_FOUND;
    v1::AuditRecord record;
    v1::AuditGetRequest get;
    get.set_decision_id(ids_[i]);
    EXPECT_EQ(Ask(&Stub::Get, kServiceToken, get, &record).error_code(),
              expected);
    get.set_index(i);
    EXPECT_EQ(Ask(&Stub::Get, kServiceToken, get, &record).error_code(),
              expected);
    v1::AuditProveRequest prove;
    prove.set_index(i);
    v1::AuditProof proof;
    EXPECT_EQ(Ask(&Stub::Prove, kServiceToken, prove, &proof).error_code(),
              expected);
    v1::AuditReceiptRequest ask;
    ask.set_index(i);
    v1::AuditReceipt receipt;
    EXPECT_EQ(Ask(&Stub::GetReceipt, kServiceToken, ask, &receipt).error_code(),
              expected);
  }
  v1::AuditTileRequest entries;
  entries.set_path("tile/entries/000.p/6");
  v1::AuditTile tile;
  EXPECT_EQ(Ask(&Stub::ReadTile, kServiceToken, entries, &tile).error_code(),
            StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Ask(&Stub::ReadTile, kAuditorToken, entries, &tile).ok());
}

// A receipt does not wait for the next checkpoint, and holds without the log.
TEST_F(AuditCallsTest, AReceiptIsSignedWhenItIsAskedFor) {
  using Stub = v1::AuditService::Stub;
  config.checkpoints.interval_ms = 3600000;
  Start();
  audit_ = v1::AuditService::NewStub(channel());
  std::vector<v1::AuditReceipt> receipts;
  for (uint64_t i = 0; i < 3; ++i) {
    v1::DecideResponse response;
    ASSERT_TRUE(Decide(ForbiddenRequest(), &response).ok());
    ASSERT_EQ(response.receipt().index(), i);
    v1::AuditReceiptRequest request;
    request.set_index(i);
    v1::AuditReceipt receipt;
    const grpc::Status s =
        Ask(&Stub::GetReceipt, kAuditorToken, request, &receipt);
    ASSERT_TRUE(s.ok()) << s.error_message();
    EXPECT_EQ(receipt.index(), i);
    EXPECT_EQ(receipt.tree_size(), i + 1);
    receipts.push_back(receipt);
  }
  v1::AuditReceiptRequest beyond;
  beyond.set_index(3);
  v1::AuditReceipt none;
  EXPECT_EQ(Ask(&Stub::GetReceipt, kAuditorToken, beyond, &none).error_code(),
            StatusCode::NOT_FOUND);
  v1::AuditProveRequest prove;
  prove.set_index(0);
  v1::AuditProof proof;
  ASSERT_TRUE(Ask(&Stub::Prove, kAuditorToken, prove, &proof).ok());
  Stop();

  std::ifstream in(config.checkpoints.key_file + ".pub");
  std::string key;
  std::getline(in, key);
  const auto verifier = NoteVerifier::Parse(key);
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  for (const v1::AuditReceipt& receipt : receipts) {
    auto read = RecordProof::FromText(receipt.receipt());
    ASSERT_TRUE(read.ok()) << read.status();
    const auto tree = read->VerifyReceipt(*verifier);
    ASSERT_TRUE(tree.ok()) << tree.status();
    EXPECT_EQ(tree->size, receipt.tree_size());
    EXPECT_EQ(tree->origin, receipt.log());
    // Of another record, or at another place.
    auto other = *read;
    (*other.leaf)[0] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(other.VerifyReceipt(*verifier).status()));
    other = *read;
    other.index ^= 1;
    EXPECT_FALSE(other.VerifyReceipt(*verifier).ok());
    other = *read;
    other.checkpoint[other.checkpoint.size() - 8] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(other.VerifyReceipt(*verifier).status()));
  }
  const Hash leaf = LeafHash(proof.record());
  EXPECT_EQ(receipts[0].leaf_hash(), std::string(leaf.begin(), leaf.end()));
  const auto bare = RecordProof::FromText(proof.proof());
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->VerifyReceipt(*verifier).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(AuditCallsTest, ManyReceiptsShareSignatures) {
  config.checkpoints.interval_ms = 3600000;
  config.limits.batch_requests = 200;
  Start();
  v1::DecideBatchRequest batch;
  for (int i = 0; i < 100; ++i) *batch.add_requests() = ForbiddenRequest();
  v1::DecideBatchResponse answers;
  grpc::ClientContext context;
  ASSERT_TRUE(decisions().DecideBatch(&context, batch, &answers).ok());
  audit_ = v1::AuditService::NewStub(channel());
  std::set<uint64_t> sizes;
  for (int i = 99; i >= 0; --i) {
    v1::AuditReceiptRequest request;
    request.set_index(static_cast<uint64_t>(i));
    v1::AuditReceipt receipt;
    ASSERT_TRUE(Ask(&v1::AuditService::Stub::GetReceipt, kAuditorToken, request,
                    &receipt)
                    .ok());
    sizes.insert(receipt.tree_size());
  }
  EXPECT_EQ(sizes, std::set<uint64_t>{100});
}

TEST_F(AuditCallsTest, WithoutCheckpointsThereAreNoReceipts) {
  config.checkpoints.key_file.clear();
  config.checkpoints.create = false;
  Start();
  audit_ = v1::AuditService::NewStub(channel());
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &response).ok());
  v1::AuditReceipt receipt;
  const grpc::Status s = Ask(&v1::AuditService::Stub::GetReceipt, kAuditorToken,
                             v1::AuditReceiptRequest(), &receipt);
  EXPECT_EQ(s.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(s.error_message(), HasSubstr("checkpoints.key_file"));
}

TEST_F(AuditCallsTest, TilesAreFilesOfTheTreeAlone) {
  Fill();
  using Stub = v1::AuditService::Stub;
  v1::AuditTile tile;
  v1::AuditTileRequest request;
  for (const char* path :
       {"", "../index.db", "tile/../../index.db", "/etc/passwd", "tile/0/0",
        "tile/0/000/../000", "tile/00/000", "tile/0/000.p/256",
        "tile/0/000.p/0", "tile/entries", "checkpoint/", "Checkpoint"}) {
    request.set_path(path);
    EXPECT_EQ(Ask(&Stub::ReadTile, kAuditorToken, request, &tile).error_code(),
              StatusCode::INVALID_ARGUMENT)
        << path;
  }
  request.set_path("tile/0/x001/000");
  EXPECT_EQ(Ask(&Stub::ReadTile, kAuditorToken, request, &tile).error_code(),
            StatusCode::NOT_FOUND);
  const auto verified = VerifyPublished(
      [&](const std::string& path) -> absl::StatusOr<std::string> {
        request.set_path(path);
        const grpc::Status s =
            Ask(&Stub::ReadTile, kAuditorToken, request, &tile);
        if (!s.ok()) return absl::UnknownError(s.error_message());
        return tile.content();
      },
      {});
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->records, 6u);
}

TEST_F(AuditCallsTest, ADamagedIndexIsMadeAgainAtTheNextStart) {
  Fill();
  Stop();
  std::ofstream(config.index.path, std::ios::trunc) << std::string(5000, 'x');
  ids_.clear();
  Start();
  EXPECT_THAT(LogLines(), HasSubstr("audit_index_made_again"));
  audit_ = v1::AuditService::NewStub(channel());
  for (int i = 0; i < 400; ++i) {
    v1::AuditQueryResponse page;
    const grpc::Status s = Ask(&v1::AuditService::Stub::Query, kAuditorToken,
                               v1::AuditQueryRequest(), &page);
    ASSERT_TRUE(s.ok()) << s.error_message();
    EXPECT_EQ(page.progress().durable(), 6u);
    if (page.records_size() == 6) return;
    // The index follows in its own time, and only its answers tell how far.
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  FAIL() << "the index was not made again";
}

TEST_F(AuditCallsTest, BadTokenFilesKeepTheServerFromStarting) {
  using Role = Config::Rights::Role;
  const auto refused = [this](Config::Rights::Caller caller) {
    const auto before = config.rights.callers;
    config.rights.callers.push_back(std::move(caller));
    const auto started = Server::Start(config, hooks);
    config.rights.callers = before;
    return std::string(started.status().message());
  };
  EXPECT_THAT(refused({"c", Token("short", "abc"), Role::kAuditor, ""}),
              HasSubstr("the caller `c` must hold one line of 32"));
  EXPECT_THAT(refused({"c", Token("twin", kAuditorToken), Role::kAuditor, ""}),
              HasSubstr("`chief` and `c` have the same token"));
  EXPECT_THAT(refused({"c", folder() + "/none", Role::kAuditor, ""}),
              HasSubstr("/none"));
  const std::string open = Token("open", std::string(40, 'y'));
  chmod(open.c_str(), 0644);
  EXPECT_THAT(refused({"c", open, Role::kAuditor, ""}), HasSubstr(open));
}

}  // namespace
}  // namespace tarazy
