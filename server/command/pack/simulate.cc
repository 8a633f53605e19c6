// `tarazy pack simulate`: a pack against recorded decisions.

#include "absl/strings/str_cat.h"
#include "server/audit/salts.h"
#include "server/command/pack/commands.h"
#include "server/command/replay_range.h"
#include "server/service/replay.h"

namespace tarazy {
namespace {

struct SimulateFlags {
  std::string pack;
  RangeFlags range;
  std::string salts;
  bool json = false;
};

int Simulate(const SimulateFlags& flags) {
  ReplayOptions options;
  options.instead = ReadPack(flags.pack);
  if (options.instead == nullptr) return kUnusable;
  std::unique_ptr<SaltStore> salts;
  if (!flags.salts.empty()) {
    auto opened = SaltStore::Open(flags.salts, false);
    if (!opened.ok()) return Unusable(opened.status().message());
    salts = *std::move(opened);
    options.salts = salts.get();
  }
  auto replayer = Replayer::Make(std::move(options));
  if (!replayer.ok()) return Unusable(replayer.status().message());
  const auto outcome = ReplayRange(flags.range, replayer->get());
  if (!outcome.ok()) return Unusable(outcome.status().message());
  PrintOutcome(*outcome, flags.json);
  return kGood;
}

}  // namespace

void AddPackSimulate(CLI::App* app, PackRun* run) {
  auto flags = std::make_shared<SimulateFlags>();
  flags->range.from_flag = "--since";
  flags->range.until_flag = "--until";
  flags->range.examples = 5;
  CLI::App* simulate = app->add_subcommand(
      "simulate",
      "What would change of the decisions in a log if this pack had taken "
      "them, at their own instants and with what the registers held then "
      "(limits of objections as they were counted); the same as `tarazy audit "
      "replay --pack`. Records whose personal inputs are sealed or erased are "
      "counted apart, never guessed.");
  simulate->add_option("PACK", flags->pack, "the pack's folder or bundle")
      ->required();
  simulate->add_option("--log", flags->range.log, "folder of the log")
      ->required();
  simulate->add_option("--since", flags->range.from,
                       "only decisions made at this instant or later");
  simulate->add_option("--until", flags->range.until,
                       "only decisions made before this instant");
  simulate
      ->add_option("--salts", flags->salts,
                   "file of the salts, for records with sealed inputs")
      ->check(CLI::ExistingFile);
  simulate
      ->add_option("--examples", flags->range.examples,
                   "so many ids of decisions beside each count")
      ->capture_default_str();
  simulate->add_flag("--json", flags->json, "the result as JSON");
  simulate->callback([=] { *run = [=] { return Simulate(*flags); }; });
}

}  // namespace tarazy
