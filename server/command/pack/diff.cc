// `tarazy pack diff`: which norms differ, and which answers.

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/command/pack/commands.h"
#include "server/scenario/local_target.h"
#include "server/scenario/run.h"

namespace tarazy {
namespace {

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
  TestedPack first;
  if (!ReadTestedPack(a, &first)) return kUnusable;
  const auto second = ReadPack(b);
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

void AddPackDiff(CLI::App* app, PackRun* run) {
  auto a = std::make_shared<std::string>();
  auto b = std::make_shared<std::string>();
  CLI::App* diff = app->add_subcommand(
      "diff", "norms that differ, and scenarios of A that B answers otherwise");
  diff->add_option("A", *a, "a pack's folder")->required();
  diff->add_option("B", *b, "another pack's folder or bundle")->required();
  diff->callback([=] { *run = [=] { return Diff(*a, *b); }; });
}

}  // namespace tarazy
