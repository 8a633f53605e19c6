#include "clients/cli/objection.h"

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

struct ObjectionFlags {
  RegisterCall call;
  SubjectFlags subject;
  std::string file;
  std::string id;
  std::string result;
  std::string reason;
  bool appeal_info = false;
  std::string operator_bin;
  std::string processing_id;
};

void Print(const ObjectionFlags& flags, const v1::Objection& objection) {
  std::fputs(
      (flags.call.json ? ToJson(objection) : ObjectionText(objection)).c_str(),
      stdout);
}

absl::Status PrintAnswer(
    const ObjectionFlags& flags,
    const absl::StatusOr<v1::ObjectionResponse>& response) {
  if (!response.ok()) return response.status();
  Print(flags, response->objection());
  return absl::OkStatus();
}

// All of the file is read before the first is sent.
absl::Status File(const ObjectionFlags& flags, Client* client) {
  const absl::StatusOr<std::string> text = ReadInput(flags.file);
  if (!text.ok()) return text.status();
  std::deque<v1::FileObjectionRequest> requests;
  const absl::Status parsed =
      ParseJsonEach(flags.file == "-" ? "standard input" : flags.file, *text,
                    [&requests] { return &requests.emplace_back(); });
  if (!parsed.ok()) return parsed;
  for (size_t i = 0; i < requests.size(); ++i) {
    const absl::StatusOr<v1::ObjectionResponse> response =
        client->FileObjection(requests[i]);
    if (!response.ok()) {
      return absl::Status(
          response.status().code(),
          absl::StrCat(response.status().message(), "\nfiled ", i, " of ",
                       requests.size(), "; number ", i + 1, " was not"));
    }
    Print(flags, response->objection());
  }
  return absl::OkStatus();
}

absl::Status Decide(const ObjectionFlags& flags, Client* client) {
  v1::DecideObjectionRequest request;
  request.set_objection_id(flags.id);
  request.set_result(flags.result == "upheld" ? v1::Objection::UPHELD
                                              : v1::Objection::REJECTED);
  request.set_reason(flags.reason);
  return PrintAnswer(flags, client->DecideObjection(request));
}

absl::Status Notify(const ObjectionFlags& flags, Client* client) {
  v1::NotifyObjectionRequest request;
  request.set_objection_id(flags.id);
  request.set_appeal_info_given(flags.appeal_info);
  return PrintAnswer(flags, client->NotifyObjection(request));
}

absl::Status Get(const ObjectionFlags& flags, Client* client) {
  v1::GetObjectionRequest request;
  request.set_objection_id(flags.id);
  const absl::StatusOr<v1::Objection> objection = client->GetObjection(request);
  if (!objection.ok()) return objection.status();
  Print(flags, *objection);
  return absl::OkStatus();
}

absl::Status List(const ObjectionFlags& flags, Client* client) {
  v1::ListObjectionsRequest request;
  const absl::Status read =
      ReadSubject(flags.subject, request.mutable_subject());
  if (!read.ok()) return read;
  request.set_operator_bin(flags.operator_bin);
  request.set_processing_id(flags.processing_id);
  do {
    const absl::StatusOr<v1::ListObjectionsResponse> page =
        client->ListObjections(request);
    if (!page.ok()) return page.status();
    for (const v1::Objection& objection : page->objections()) {
      Print(flags, objection);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace

int RunObjection(int argc, char** argv) {
  ObjectionFlags flags;
  CLI::App app("Keeps the register of objections of a server.",
               "tarazy objection");
  const auto add = [&](const char* name, const char* summary,
                       absl::Status (*run)(const ObjectionFlags&, Client*)) {
    return AddSubcommand(
        &app, name, summary, &flags.call,
        [&flags, run](Client* client) { return run(flags, client); });
  };
  const auto add_id = [&flags](CLI::App* subcommand) {
    subcommand->add_option("--id", flags.id, "the objection's id")->required();
    return subcommand;
  };

  add("file", "files objections from a file", File)
      ->add_option("--file", flags.file,
                   "a FileObjectionRequest as JSON, or an array of them; - "
                   "for standard input")
      ->required();

  CLI::App* const decide =
      add_id(add("decide", "records the decision on an objection", Decide));
  decide->add_option("--result", flags.result, "upheld or rejected")
      ->required()
      ->check(CLI::IsMember({"upheld", "rejected"}));
  decide->add_option("--reason", flags.reason, "why it was decided so")
      ->required();

  add_id(add("notify", "records that the subject was notified", Notify))
      ->add_flag("--appeal-info", flags.appeal_info,
                 "the notice told how to appeal");

  add_id(add("get", "shows an objection", Get));

  CLI::App* const list =
      add("list", "shows the objections of a subject, oldest first", List);
  AddSubjectFlags(list, &flags.subject);
  list->add_option("--operator", flags.operator_bin,
                   "BIN: only those to this operator");
  list->add_option("--processing", flags.processing_id,
                   "only those to this processing");
  return RunSubcommand(&app, flags.call, argc, argv);
}

}  // namespace tarazy
