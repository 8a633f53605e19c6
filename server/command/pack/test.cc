// `tarazy pack test`.

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/command/pack/commands.h"
#include "server/scenario/known_mutants.h"
#include "server/scenario/local_target.h"
#include "server/scenario/mutate.h"
#include "server/scenario/run.h"

namespace tarazy {
namespace {

std::string XmlText(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"},
                                    {"<", "&lt;"},
                                    {">", "&gt;"},
                                    {"\"", "&quot;"},
                                    {"\n", "&#10;"}});
}

struct Result {
  const Scenario* scenario;
  std::vector<std::string> problems;
};

bool WriteJunit(const std::string& path, const Pack& pack,
                const std::vector<Result>& results) {
  const auto failures =
      std::count_if(results.begin(), results.end(),
                    [](const Result& r) { return !r.problems.empty(); });
  std::string xml = absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"",
      XmlText(pack.id()), "\" tests=\"", results.size(), "\" failures=\"",
      failures, "\">\n");
  for (const Result& r : results) {
    absl::StrAppend(&xml, "  <testcase classname=\"", KindOf(*r.scenario),
                    "\" name=\"", XmlText(r.scenario->id), "\"");
    if (r.problems.empty()) {
      absl::StrAppend(&xml, "/>\n");
      continue;
    }
    absl::StrAppend(&xml, ">\n    <failure message=\"",
                    XmlText(absl::StrJoin(r.problems, "\n")),
                    "\"/>\n  </testcase>\n");
  }
  absl::StrAppend(&xml, "</testsuite>\n");
  std::ofstream file(path, std::ios::binary);
  file << xml;
  file.close();
  return file.good();
}

std::vector<Result> RunAll(const std::vector<Scenario>& scenarios,
                           LocalTarget* target) {
  std::vector<Result> results;
  for (const Scenario& scenario : scenarios) {
    std::vector<std::string> problems = Prepare(scenario, target);
    if (problems.empty()) problems = Ask(scenario, target);
    results.push_back({&scenario, std::move(problems)});
  }
  return results;
}

struct TestOptions {
  std::string junit;
  bool mutate = false;
  int percent = 95;
  uint32_t sample = 0;  // 0: all
  uint32_t seed = 1;
};

std::string Living(const Mutation& mutation) {
  return Located({Severity::kWarning, "pack/mutant-lives", mutation.source,
                  mutation.span,
                  absl::StrCat("no scenario notices that policy `",
                               mutation.policy, "` ", mutation.change),
                  ""});
}

// So many of them, the same ones for the same seed.
std::vector<Mutation> Sample(std::vector<Mutation> all, size_t count,
                             uint32_t seed) {
  std::mt19937 random(seed);
  for (size_t i = 0; i < std::min(count, all.size()); ++i) {
    std::swap(all[i], all[i + random() % (all.size() - i)]);
  }
  if (count < all.size()) all.erase(all.begin() + count, all.end());
  return all;
}

// Each mutant is caught or stands in mutants.yaml with its reason, and for what
// stands there there is one that lives.
int Mutants(const std::string& folder, const TestedPack& tested,
            const TestOptions& options) {
  const auto known = ReadKnownMutants(folder);
  if (!known.ok()) return Unusable(known.status().message());
  std::vector<Mutation> mutations = ListMutations(*tested.pack);
  if (options.sample != 0) {
    mutations = Sample(std::move(mutations), options.sample, options.seed);
  }
  const auto mutants =
      RunMutants(tested.pack, tested.scenarios, std::move(mutations));
  if (!mutants.ok()) return Unusable(mutants.status().message());
  size_t caught = 0, unexplained = 0;
  std::map<const KnownMutant*, size_t> living;
  for (const Mutant& mutant : *mutants) {
    if (mutant.caught) {
      ++caught;
      continue;
    }
    const KnownMutant* why = FindKnown(*known, mutant.mutation);
    if (why != nullptr) {
      ++living[why];
    } else {
      ++unexplained;
      Print(Living(mutant.mutation));
    }
  }
  for (const KnownMutant& one : *known) {
    if (living.count(&one) == 0) {
      // A sample may have left them out, and a pack its base's policies.
      if (options.sample != 0 || !one.own) continue;
      ++unexplained;
      Print(absl::StrCat(one.file, ":", one.line,
                         ": no mutant that lives is like this one\n"));
      continue;
    }
    Print(absl::StrCat("lives  ", living[&one], " x ",
                       absl::StrJoin(one.policies, ", "), " ", one.change, " `",
                       one.text, "`\n       ", one.why, "\n"));
  }
  const size_t all = mutants->size();
  Print(absl::StrCat(caught, " of ", all, " mutants caught, ",
                     all == 0 ? 100 : 100 * caught / all, " %; ", all - caught,
                     " live, ", unexplained,
                     " of the list without a reason\n"));
  const bool enough =
      caught * 100 >= all * static_cast<size_t>(options.percent);
  return enough && unexplained == 0 ? kGood : kFailed;
}

int Test(const std::string& folder, const TestOptions& options) {
  TestedPack tested;
  if (!ReadTestedPack(folder, &tested)) return kUnusable;
  auto target = LocalTarget::Make(tested.pack);
  if (!target.ok()) return Unusable(target.status().message());
  const std::vector<Result> results = RunAll(tested.scenarios, target->get());
  size_t failed = 0;
  for (const Result& r : results) {
    const bool good = r.problems.empty();
    if (!good) ++failed;
    Print(absl::StrCat(good ? "pass  " : "FAIL  ", r.scenario->id, "  ",
                       r.scenario->title, "\n"));
    for (const std::string& problem : r.problems) {
      Print(absl::StrCat("        ", problem, "\n"));
    }
  }
  if (!options.junit.empty() &&
      !WriteJunit(options.junit, *tested.pack, results)) {
    return Unusable(absl::StrCat("`", options.junit, "` can't be written"));
  }
  int code = failed == 0 ? kGood : kFailed;
  if (options.mutate && code == kGood) {
    code = Mutants(folder, tested, options);
  }
  Print(
      absl::StrCat(results.size() - failed, " passed, ", failed, " failed\n"));
  return code;
}

}  // namespace

void AddPackTest(CLI::App* app, PackRun* run) {
  auto folder = std::make_shared<std::string>();
  auto options = std::make_shared<TestOptions>();
  CLI::App* test = app->add_subcommand("test", "run a pack's scenarios");
  test->add_option("PACK", *folder, "the pack's folder")->required();
  test->add_option("--junit", options->junit, "write a JUnit report to a file");
  test->add_flag("--mutate", options->mutate,
                 "change each policy and see which scenarios notice");
  test->add_option("--caught", options->percent,
                   "percent of mutants that must be caught")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  test->add_option("--sample", options->sample,
                   "with --mutate: so many mutants, picked by --seed; 0: all")
      ->capture_default_str();
  test->add_option("--seed", options->seed)->capture_default_str();
  test->callback([=] { *run = [=] { return Test(*folder, *options); }; });
}

}  // namespace tarazy
