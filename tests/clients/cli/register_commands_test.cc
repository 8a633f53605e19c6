// `tarazy consent` and `tarazy objection`, the binary, against registers that
// are real behind a server that only passes calls on.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/json_file.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "server/registers/handlers.h"
#include "tarazy/v1/registers.grpc.pb.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kIin[] = "850315400015";
constexpr char kExamples[] = TARAZY_SOURCE_DIR "/deploy/examples/consents.json";
// 2026-03-06T15:00:00+05:00.
constexpr int64_t kFridayMs = 1772791200000;

template <typename Answer>
grpc::Status Reply(absl::StatusOr<Answer> answer, Answer* response) {
  if (!answer.ok()) {
    return grpc::Status(static_cast<grpc::StatusCode>(answer.status().code()),
                        std::string(answer.status().message()));
  }
  *response = *std::move(answer);
  return grpc::Status::OK;
}

class Consents : public v1::ConsentService::Service {
 public:
  RegisterContext context;

 private:
  using Context = grpc::ServerContext;
  grpc::Status Register(Context*, const v1::RegisterConsentRequest* request,
                        v1::RegisterConsentResponse* response) override {
    return Reply(HandleRegisterConsent(*request, context), response);
  }
  grpc::Status Withdraw(Context*, const v1::WithdrawConsentRequest* request,
                        v1::WithdrawConsentResponse* response) override {
    return Reply(HandleWithdrawConsent(*request, context), response);
  }
  grpc::Status Get(Context*, const v1::GetConsentRequest* request,
                   v1::Consent* response) override {
    return Reply(HandleGetConsent(*request, context), response);
  }
  grpc::Status List(Context*, const v1::ListConsentsRequest* request,
                    v1::ListConsentsResponse* response) override {
    return Reply(HandleListConsents(*request, context), response);
  }
};

class Objections : public v1::ObjectionService::Service {
 public:
  RegisterContext context;

 private:
  using Context = grpc::ServerContext;
  grpc::Status File(Context*, const v1::FileObjectionRequest* request,
                    v1::ObjectionResponse* response) override {
    return Reply(HandleFileObjection(*request, context), response);
  }
  grpc::Status Decide(Context*, const v1::DecideObjectionRequest* request,
                      v1::ObjectionResponse* response) override {
    return Reply(HandleDecideObjection(*request, context), response);
  }
  grpc::Status Notify(Context*, const v1::NotifyObjectionRequest* request,
                      v1::ObjectionResponse* response) override {
    return Reply(HandleNotifyObjection(*request, context), response);
  }
  grpc::Status Get(Context*, const v1::GetObjectionRequest* request,
                   v1::Objection* response) override {
    return Reply(HandleGetObjection(*request, context), response);
  }
  grpc::Status List(Context*, const v1::ListObjectionsRequest* request,
                    v1::ListObjectionsResponse* response) override {
    return Reply(HandleListObjections(*request, context), response);
  }
};

class RegisterCommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pseudonymizer = Pseudonymizer::Make("test-1", std::string(32, 'k'));
    ASSERT_TRUE(pseudonymizer.ok()) << pseudonymizer.status();
    pseudonymizer_ = *std::move(pseudonymizer);
    RegistersOptions options;
    options.path = ":memory:";
    options.clock = [] { return kFridayMs; };
    auto registers = Registers::Open(options);
    ASSERT_TRUE(registers.ok()) << registers.status();
    registers_ = *std::move(registers);
    consents_.context = {registers_.get(), pseudonymizer_.get()};
    objections_.context = consents_.context;

    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&consents_);
    builder.RegisterService(&objections_);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }

  // The words of a command line, then flags whose values may hold spaces.
  Ran Run(std::vector<std::string> argv, const std::string& input = "") {
    argv.insert(argv.begin(), kTarazy);
    argv.insert(argv.end(), {"--server", address_, "--deadline-ms", "60000"});
    return RunProgram(argv, input);
  }

  std::string RegisterExample() {
    const Ran ran = Run({"consent", "register", "--json", "--file", kExamples});
    EXPECT_EQ(ran.code, 0) << ran.err;
    v1::Consent consent;
    EXPECT_TRUE(ParseJson("out", ran.out, &consent).ok()) << ran.out;
    return consent.id();
  }

  std::string FileExample() {
    const Ran ran = Run({"objection", "file", "--json", "--file", "-"},
                        R"({"objection": {"subject": {"iin": "850315400015"},
                            "operator_bin": "050140000011",
                            "processing_id": "benefit.review.auto",
                            "channel": "egov"}})");
    EXPECT_EQ(ran.code, 0) << ran.err;
    v1::Objection objection;
    EXPECT_TRUE(ParseJson("out", ran.out, &objection).ok()) << ran.out;
    return objection.id();
  }

  std::unique_ptr<const Pseudonymizer> pseudonymizer_;
  std::unique_ptr<Registers> registers_;
  Consents consents_;
  Objections objections_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(RegisterCommandsTest, TheExamplesAreRegisteredOnce) {
  const std::string id = RegisterExample();
  EXPECT_EQ(RegisterExample(), id);
  EXPECT_EQ(registers_->state().revision, 1u);
}

TEST_F(RegisterCommandsTest, AConsentIsShownForPeople) {
  const std::string id = RegisterExample();
  const Ran ran = Run({"consent", "get", "--id", id});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(
      ran.out,
      absl::StrCat(
          "consent ", id, "\n  subject      ", pseudonymizer_->Of(kIin).ToHex(),
          "\n"
          "  operator     050140000011\n"
          "  purposes     benefit.review\n"
          "  data items   income, family\n"
          "  given        SUBJECT_IN_PERSON, STATE_SERVICE\n"
          "  valid        from 2026-01-05T00:00:00+05:00, without a set "
          "end\n"
          "  covers       automated processing\n"
          "  evidence     state service, request 2026-000001\n"
          "  registered   2026-03-06T15:00:00+05:00\n"
          "  standing     not withdrawn\n"));
}

TEST_F(RegisterCommandsTest, AConsentIsWithdrawn) {
  const std::string id = RegisterExample();
  EXPECT_THAT(
      Run({"consent", "withdraw", "--id", id, "--barred-reason", "law 15"}).out,
      HasSubstr("withdrawal barred: law 15"));
  const Ran ran = Run({"consent", "withdraw", "--id", id});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out,
              HasSubstr("standing     withdrawn 2026-03-06T15:00:00+05:00"));
}

TEST_F(RegisterCommandsTest, ListsAreOfASubjectNamedInAFile) {
  RegisterExample();
  const Ran listed =
      Run({"consent", "list", "--iin-file", "-"}, "850315400015\n");
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_THAT(listed.out, StartsWith("consent "));
  EXPECT_EQ(Run({"consent", "list", "--operator", "050140000021", "--pseudonym",
                 pseudonymizer_->Of(kIin).ToHex()})
                .out,
            "");
  EXPECT_EQ(Run({"consent", "list"}).code, 1);
  EXPECT_EQ(
      Run({"consent", "list", "--pseudonym", "ab", "--iin-file", "-"}).code, 1);
}

TEST_F(RegisterCommandsTest, AllPagesOfAListAreShown) {
  v1::RegisterConsentRequest request;
  v1::Consent* consent = request.mutable_consent();
  consent->mutable_subject()->set_iin(kIin);
  consent->set_given_by(v1::REPRESENTATIVE);
  consent->set_operator_bin("050140000011");
  consent->add_purposes("p");
  consent->set_channel(v1::WRITTEN);
  for (int i = 0; i < 250; ++i) {
    ASSERT_TRUE(HandleRegisterConsent(request, consents_.context).ok());
  }
  const std::string out = Run({"consent", "list", "--iin-file", "-"}, kIin).out;
  int count = 0;
  for (size_t at = 0; (at = out.find("consent ", at)) != std::string::npos;
       ++at) {
    ++count;
  }
  EXPECT_EQ(count, 250);
}

TEST_F(RegisterCommandsTest, AnObjectionGoesItsWay) {
  const std::string id = FileExample();
  EXPECT_THAT(Run({"objection", "get", "--id", id}).out,
              AllOf(HasSubstr("due before   2026-03-10T00:00:00+05:00"),
                    HasSubstr("alarm at     2026-03-09T00:00:00+05:00"),
                    HasSubstr("standing     not decided")));
  const Ran early = Run({"objection", "notify", "--id", id});
  EXPECT_EQ(early.code, 1);
  EXPECT_EQ(early.err,
            "tarazy objection notify: FAILED_PRECONDITION: the objection is "
            "not decided yet; decide it before the notice\n");
  EXPECT_THAT(Run({"objection", "decide", "--id", id, "--result", "rejected",
                   "--reason", "income was over the limit"})
                  .out,
              AllOf(HasSubstr("standing     REJECTED"),
                    HasSubstr("reason       income was over the limit"),
                    HasSubstr("notified     not yet")));
  EXPECT_THAT(
      Run({"objection", "notify", "--id", id, "--appeal-info"}).out,
      HasSubstr("notified     2026-03-06T15:00:00+05:00, told how to appeal"));
  EXPECT_THAT(Run({"objection", "list", "--iin-file", "-", "--processing",
                   "benefit.review.auto"},
                  kIin)
                  .out,
              StartsWith(absl::StrCat("objection ", id)));
  EXPECT_EQ(
      Run({"objection", "list", "--iin-file", "-", "--processing", "other"},
          kIin)
          .out,
      "");
  EXPECT_EQ(Run({"objection", "decide", "--id", id, "--result", "maybe",
                 "--reason", "r"})
                .code,
            1);
}

TEST_F(RegisterCommandsTest, AFileWithAFaultIsNotSent) {
  const std::string good =
      R"({"consent": {"subject": {"iin": "850315400015"},
          "given_by": "SUBJECT_IN_PERSON", "operator_bin": "050140000011",
          "purposes": ["p"], "channel": "WRITTEN"}})";
  const Ran ran = Run({"consent", "register", "--file", "-"},
                      absl::StrCat("[", good, ", {\"consent\": 1}]"));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err,
              StartsWith("tarazy consent register: INVALID_ARGUMENT: standard "
                         "input[1]: `consent`"));
  EXPECT_EQ(registers_->state().revision, 0u);

  // What only the server can see ends the work there, and says how far it is.
  const Ran half =
      Run({"consent", "register", "--file", "-"},
          absl::StrCat("[", good, R"(, {"consent": {}}, )", good, "]"));
  EXPECT_EQ(half.code, 1);
  EXPECT_THAT(half.err, HasSubstr("registered 1 of 3; number 2 was not"));
  EXPECT_EQ(registers_->state().revision, 1u);

  const Ran twice = Run({"consent", "register", "--file", "-"},
                        R"([{"consent": {}, "consent": {}}])");
  EXPECT_THAT(twice.err, HasSubstr("given twice"));
  EXPECT_THAT(Run({"consent", "register", "--file", "/none"}).err,
              HasSubstr("cannot open `/none`"));
}

TEST_F(RegisterCommandsTest, ErrorsDoNotRepeatIdentificationNumbers) {
  const Ran ran = Run({"consent", "list", "--iin-file", "-"}, "850315400016");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("`subject.iin`: has a wrong check "
                                       "digit"),
                             Not(HasSubstr("850315400016"))));
}

}  // namespace
}  // namespace tarazy
