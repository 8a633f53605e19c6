#include "server/command/pack.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "policy/pack/pack.h"
#include "server/command/pack_coverage.h"
#include "server/scenario/local_target.h"
#include "server/scenario/mutate.h"
#include "server/scenario/run.h"
#include "server/scenario/scenario.h"

namespace tarazy {
namespace {

constexpr int kGood = 0;
constexpr int kUnusable = 1;
constexpr int kFailed = 2;

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

int Unusable(absl::string_view text) {
  std::fprintf(stderr, "tarazy: %s\n", std::string(text).c_str());
  return kUnusable;
}

std::shared_ptr<const Pack> LoadPack(const std::string& folder) {
  Diagnostics diagnostics;
  std::string text;
  auto pack = Pack::Load(folder, &diagnostics, &text);
  std::fputs(text.c_str(), stderr);
  if (pack == nullptr) {
    const size_t count = diagnostics.size();
    std::fprintf(stderr, "tarazy: the pack in `%s` can't be used: %zu %s\n",
                 folder.c_str(), count, count == 1 ? "error" : "errors");
  }
  return pack;
}

// A pack and its scenarios; null with the reason printed.
struct Tested {
  std::shared_ptr<const Pack> pack;
  std::vector<Scenario> scenarios;
};

bool LoadTested(const std::string& folder, Tested* tested) {
  tested->pack = LoadPack(folder);
  if (tested->pack == nullptr) return false;
  auto scenarios = ReadPackScenarios(folder);
  if (!scenarios.ok()) {
    Unusable(scenarios.status().message());
    return false;
  }
  tested->scenarios = *std::move(scenarios);
  return true;
}

int Check(const std::string& folder) {
  Tested tested;
  if (!LoadTested(folder, &tested)) return kUnusable;
  auto target = LocalTarget::Make(tested.pack);
  if (!target.ok()) return Unusable(target.status().message());
  Print(absl::StrCat(
      "pack ", tested.pack->id(), ", edition ", tested.pack->edition(), "\n",
      "digest ", tested.pack->digest(), "\n",
      tested.pack->decision().policies().size(), " decision policies, ",
      tested.pack->obligations().policies().size(), " obligation policies, ",
      tested.pack->norms().size(), " norms, ", tested.pack->readings().size(),
      " readings, ", tested.scenarios.size(), " scenarios\n"));
  return kGood;
}

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

int Mutate(const Tested& tested, int percent) {
  const auto mutants = RunMutants(tested.pack, tested.scenarios);
  if (!mutants.ok()) return Unusable(mutants.status().message());
  size_t caught = 0;
  std::map<std::string, std::unique_ptr<Source>> sources;
  for (const Mutant& mutant : *mutants) {
    if (mutant.caught) {
      ++caught;
      continue;
    }
    std::unique_ptr<Source>& source = sources[mutant.source];
    if (source == nullptr) {
      std::ifstream file(mutant.source, std::ios::binary);
      source = std::make_unique<Source>(
          mutant.source, std::string(std::istreambuf_iterator<char>(file),
                                     std::istreambuf_iterator<char>()));
    }
    Print(FormatDiagnostic(
        {Severity::kWarning, "pack/mutant-lives", mutant.source, mutant.span,
         absl::StrCat("no scenario notices that policy `", mutant.policy, "` ",
                      mutant.change),
         ""},
        *source));
  }
  const size_t all = mutants->size();
  Print(absl::StrCat(caught, " of ", all, " mutants caught, ",
                     all == 0 ? 0 : 100 * caught / all, " %\n"));
  return caught * 100 >= all * static_cast<size_t>(percent) ? kGood : kFailed;
}

struct TestOptions {
  std::string junit;
  bool mutate = false;
  int percent = 95;
};

int Test(const std::string& folder, const TestOptions& options) {
  Tested tested;
  if (!LoadTested(folder, &tested)) return kUnusable;
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
  if (options.mutate && code == kGood) code = Mutate(tested, options.percent);
  Print(
      absl::StrCat(results.size() - failed, " passed, ", failed, " failed\n"));
  return code;
}

int Coverage(const std::string& folder) {
  Tested tested;
  if (!LoadTested(folder, &tested)) return kUnusable;
  const auto rows = CoverNorms(tested.pack, tested.scenarios);
  if (!rows.ok()) return Unusable(rows.status().message());
  size_t gaps = 0;
  for (const NormCoverage& row : *rows) {
    if (!row.gap.empty()) ++gaps;
    Print(absl::StrCat(
        row.gap.empty() ? "ok    " : "GAP   ", row.norm, "  ",
        absl::StrJoin(row.carried_by, ", "), "; ", row.permits.size(),
        " permits, ", row.denies.size(), " denies",
        row.gap.empty() ? "" : absl::StrCat(": ", row.gap), "\n"));
  }
  Print(absl::StrCat(rows->size() - gaps, " norms covered, ", gaps, " gaps\n"));
  return gaps == 0 ? kGood : kFailed;
}

std::string Word(const absl::StatusOr<v1::DecideResponse>& answer) {
  if (!answer.ok()) return "refused";
  std::set<std::string> codes;
  for (const v1::Reason& reason : answer->reasons())
    codes.insert(reason.code());
  return absl::StrCat(v1::Effect_Name(answer->effect()), " (",
                      absl::StrJoin(codes, ", "), ")");
}

// Which norms differ, and which of A's scenarios B answers otherwise.
int Diff(const std::string& a, const std::string& b) {
  Tested first;
  if (!LoadTested(a, &first)) return kUnusable;
  const auto second = LoadPack(b);
  if (second == nullptr) return kUnusable;
  for (const Norm& norm : first.pack->norms()) {
    const Norm* other = second->FindNorm(norm.id);
    if (other == nullptr) {
      Print(absl::StrCat("norm - ", norm.id, "\n"));
    } else if (other->summary.en != norm.summary.en ||
               other->form != norm.form || other->citation != norm.citation) {
      Print(absl::StrCat("norm ~ ", norm.id, "\n"));
    }
  }
  for (const Norm& norm : second->norms()) {
    if (first.pack->FindNorm(norm.id) == nullptr) {
      Print(absl::StrCat("norm + ", norm.id, "\n"));
    }
  }
  auto left = LocalTarget::Make(first.pack);
  auto right = LocalTarget::Make(second);
  if (!left.ok()) return Unusable(left.status().message());
  if (!right.ok()) return Unusable(right.status().message());
  size_t changed = 0;
  for (const Scenario& scenario : first.scenarios) {
    Prepare(scenario, left->get());
    Prepare(scenario, right->get());
    const std::string before = Word((*left)->Decide(scenario.request));
    const std::string after = Word((*right)->Decide(scenario.request));
    if (before == after) continue;
    ++changed;
    Print(absl::StrCat("scenario ", scenario.id, "  ", scenario.title, "\n  ",
                       before, "\n  ", after, "\n"));
  }
  Print(absl::StrCat(changed, " of ", first.scenarios.size(),
                     " scenarios are answered otherwise\n"));
  return kGood;
}

}  // namespace

int RunPack(int argc, char** argv) {
  CLI::App app("Checks, tests and compares packs.", "tarazy pack");
  app.require_subcommand(1);
  std::string folder, other;
  TestOptions options;
  std::function<int()> run;
  CLI::App* check = app.add_subcommand("check", "load a pack and check it");
  check->add_option("PACK", folder, "the pack's folder")->required();
  check->callback([&] { run = [&] { return Check(folder); }; });
  CLI::App* test = app.add_subcommand("test", "run a pack's scenarios");
  test->add_option("PACK", folder, "the pack's folder")->required();
  test->add_option("--junit", options.junit, "write a JUnit report to a file");
  test->add_flag("--mutate", options.mutate,
                 "change each policy and see which scenarios notice");
  test->add_option("--caught", options.percent,
                   "percent of mutants that must be caught")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  test->callback([&] { run = [&] { return Test(folder, options); }; });
  CLI::App* coverage = app.add_subcommand(
      "coverage", "norm by norm: what carries it, which scenarios exercise it");
  coverage->add_option("PACK", folder, "the pack's folder")->required();
  coverage->callback([&] { run = [&] { return Coverage(folder); }; });
  CLI::App* diff = app.add_subcommand(
      "diff", "norms that differ, and scenarios of A that B answers otherwise");
  diff->add_option("A", folder, "a pack's folder")->required();
  diff->add_option("B", other, "another pack's folder")->required();
  diff->callback([&] { run = [&] { return Diff(folder, other); }; });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kGood : kUnusable;
  }
  return run();
}

}  // namespace tarazy
