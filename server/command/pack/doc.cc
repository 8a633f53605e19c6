// `tarazy pack doc`.

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "server/command/pack/commands.h"
#include "server/command/pack/doc_page.h"
#include "server/command/pack/language.h"

namespace tarazy {
namespace {

struct Flags {
  std::string folder;
  std::string out;
  std::string language;
};

int Doc(const Flags& flags) {
  TestedPack tested;
  if (!ReadTestedPack(flags.folder, &tested)) return kUnusable;
  const auto model = MakeDocModel(tested.pack, tested.scenarios);
  if (!model.ok()) return Unusable(model.status().message());
  const std::string page = DocPage(**model, LanguageOf(flags.language));
  if (flags.out.empty() || flags.out == "-") {
    Print(page);
  } else if (!WriteWhole(flags.out, page)) {
    return kUnusable;
  }
  if ((*model)->different == 0) return kGood;
  std::fprintf(stderr,
               "tarazy: %zu of %zu scenarios are answered otherwise than "
               "expected; the page marks them\n",
               (*model)->different, (*model)->scenarios.size());
  return kFailed;
}

}  // namespace

void AddPackDoc(CLI::App* app, PackRun* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* doc = app->add_subcommand(
      "doc",
      "one page of HTML to read, print and sign: each norm with its policies "
      "in words, readings, duties, scenarios and their answers; exit code 2: "
      "a scenario is answered otherwise than it expects");
  doc->add_option("PACK", flags->folder, "the pack's folder")->required();
  doc->add_option("-o,--out", flags->out, "the page; default: standard output");
  AddLanguage(doc, &flags->language);
  doc->callback([=] { *run = [=] { return Doc(*flags); }; });
}

}  // namespace tarazy
