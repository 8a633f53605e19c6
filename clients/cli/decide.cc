#include "clients/cli/decide.h"

#include <cstdint>
#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "clients/cli/decision_text.h"
#include "clients/cli/json_file.h"
#include "tarazy/client.h"

namespace tarazy {
namespace {

constexpr int kPermit = 0;
constexpr int kNoAnswer = 1;
constexpr int kDeny = 2;

struct DecideFlags {
  std::string server;
  std::string request;
  std::string language;
  int64_t deadline_ms = 2000;
  bool json = false;
};

// The request's own language where the flag is absent.
v1::Language LanguageOf(const DecideFlags& flags,
                        const v1::DecideRequest& request) {
  if (flags.language == "kk") return v1::LANGUAGE_KK;
  if (flags.language == "ru") return v1::LANGUAGE_RU;
  if (flags.language == "en") return v1::LANGUAGE_EN;
  return request.language();
}

int Fail(const absl::Status& status, v1::Language language) {
  std::fprintf(stderr, "%s", NoAnswerText(status, language).c_str());
  return kNoAnswer;
}

int Decide(const DecideFlags& flags) {
  v1::DecideRequest request;
  const absl::StatusOr<std::string> text = ReadInput(flags.request);
  if (!text.ok()) return Fail(text.status(), LanguageOf(flags, request));
  const absl::Status parsed = ParseJson(
      flags.request == "-" ? "standard input" : flags.request, *text, &request);
  const v1::Language language = LanguageOf(flags, request);
  if (!parsed.ok()) return Fail(parsed, language);
  request.set_language(language);

  ClientOptions options;
  options.address = flags.server;
  options.deadline = absl::Milliseconds(flags.deadline_ms);
  const Decision decision = Client(options).Decide(request);
  if (!decision.status().ok()) return Fail(decision.status(), language);
  const std::string shown = flags.json
                                ? ToJson(decision.response())
                                : DecisionText(decision.response(), language);
  std::fputs(shown.c_str(), stdout);
  return decision.permitted() ? kPermit : kDeny;
}

}  // namespace

int RunDecide(int argc, char** argv) {
  DecideFlags flags;
  CLI::App app(
      "Asks a server for one decision. Exit code 0: permitted; 2: "
      "denied; 1: an error or no answer, which is not permitted.",
      "tarazy decide");
  app.add_option("--server", flags.server,
                 "host:port, or unix:PATH for a Unix socket")
      ->required();
  app.add_option("--request", flags.request,
                 "file with a DecideRequest as JSON; - for standard input")
      ->required();
  app.add_option("--lang", flags.language,
                 "language of the answer, in place of the request's own")
      ->check(CLI::IsMember({"kk", "ru", "en"}));
  app.add_option("--deadline-ms", flags.deadline_ms,
                 "milliseconds until there is no answer")
      ->check(CLI::Range(int64_t{1}, int64_t{3600000}))
      ->capture_default_str();
  app.add_flag("--json", flags.json, "print the DecideResponse as JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kNoAnswer;
  }
  return Decide(flags);
}

}  // namespace tarazy
