#include "clients/cli/consent.h"

#include <cstdio>
#include <deque>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "clients/cli/json_file.h"
#include "clients/cli/register_call.h"
#include "clients/cli/register_text.h"

namespace tarazy {
namespace {

struct ConsentFlags {
  RegisterCall call;
  SubjectFlags subject;
  std::string file;
  std::string id;
  std::string barred_reason;
  std::string operator_bin;
};

void Print(const ConsentFlags& flags, const v1::Consent& consent) {
  std::fputs((flags.call.json ? ToJson(consent) : ConsentText(consent)).c_str(),
             stdout);
}

// All of the file is read before the first is sent.
absl::Status Register(const ConsentFlags& flags, Client* client) {
  const absl::StatusOr<std::string> text = ReadInput(flags.file);
  if (!text.ok()) return text.status();
  std::deque<v1::RegisterConsentRequest> requests;
  const absl::Status parsed =
      ParseJsonEach(flags.file == "-" ? "standard input" : flags.file, *text,
                    [&requests] { return &requests.emplace_back(); });
  if (!parsed.ok()) return parsed;
  for (size_t i = 0; i < requests.size(); ++i) {
    const absl::StatusOr<v1::RegisterConsentResponse> response =
        client->RegisterConsent(requests[i]);
    if (!response.ok()) {
      return absl::Status(
          response.status().code(),
          absl::StrCat(response.status().message(), "\nregistered ", i, " of ",
                       requests.size(), "; number ", i + 1, " was not"));
    }
    Print(flags, response->consent());
  }
  return absl::OkStatus();
}

absl::Status Withdraw(const ConsentFlags& flags, Client* client) {
  v1::WithdrawConsentRequest request;
  request.set_consent_id(flags.id);
  request.set_barred_reason(flags.barred_reason);
  const absl::StatusOr<v1::WithdrawConsentResponse> response =
      client->WithdrawConsent(request);
  if (!response.ok()) return response.status();
  Print(flags, response->consent());
  return absl::OkStatus();
}

absl::Status Get(const ConsentFlags& flags, Client* client) {
  v1::GetConsentRequest request;
  request.set_consent_id(flags.id);
  const absl::StatusOr<v1::Consent> consent = client->GetConsent(request);
  if (!consent.ok()) return consent.status();
  Print(flags, *consent);
  return absl::OkStatus();
}

absl::Status List(const ConsentFlags& flags, Client* client) {
  v1::ListConsentsRequest request;
  const absl::Status read =
      ReadSubject(flags.subject, request.mutable_subject());
  if (!read.ok()) return read;
  request.set_operator_bin(flags.operator_bin);
  do {
    const absl::StatusOr<v1::ListConsentsResponse> page =
        client->ListConsents(request);
    if (!page.ok()) return page.status();
    for (const v1::Consent& consent : page->consents()) Print(flags, consent);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace

int RunConsent(int argc, char** argv) {
  ConsentFlags flags;
  CLI::App app("Keeps the register of consents of a server.", "tarazy consent");
  const auto add = [&](const char* name, const char* summary,
                       absl::Status (*run)(const ConsentFlags&, Client*)) {
    return AddSubcommand(
        &app, name, summary, &flags.call,
        [&flags, run](Client* client) { return run(flags, client); });
  };

  add("register", "registers consents from a file", Register)
      ->add_option("--file", flags.file,
                   "a RegisterConsentRequest as JSON, or an array of them; - "
                   "for standard input")
      ->required();

  CLI::App* const withdraw = add("withdraw", "withdraws a consent", Withdraw);
  withdraw->add_option("--id", flags.id, "the consent's id")->required();
  withdraw->add_option("--barred-reason", flags.barred_reason,
                       "the law that bars the withdrawal: it is recorded and "
                       "has no effect");

  add("get", "shows a consent", Get)
      ->add_option("--id", flags.id, "the consent's id")
      ->required();

  CLI::App* const list =
      add("list", "shows the consents of a subject, oldest first", List);
  AddSubjectFlags(list, &flags.subject);
  list->add_option("--operator", flags.operator_bin,
                   "BIN: only those to this operator");
  return RunSubcommand(&app, flags.call, argc, argv);
}

}  // namespace tarazy
