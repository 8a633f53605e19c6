#include "server/command/pack/pack.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/pack/bundle.h"
#include "policy/pack/pack_files.h"
#include "policy/pack/pack_tree.h"
#include "server/command/pack/commands.h"

namespace tarazy {

void Print(absl::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int Unusable(absl::string_view text) {
  std::fprintf(stderr, "tarazy: %s\n", std::string(text).c_str());
  return kUnusable;
}

std::string Shown(absl::string_view text) {
  return absl::Utf8SafeCEscape(text);
}

std::string Located(const Diagnostic& diagnostic) {
  auto text =
      PackTree::Disk().Read(diagnostic.source, PackFiles::kMaxFileBytes);
  const Source source(diagnostic.source, text.ok() ? *std::move(text) : "");
  return FormatDiagnostic(diagnostic, source);
}

std::shared_ptr<const Pack> ReadPack(const std::string& path) {
  Diagnostics diagnostics;
  std::string text;
  std::shared_ptr<const Pack> pack;
  if (PackTree::Disk().KindOf(path) == PackTree::Kind::kFile) {
    const auto bytes = PackTree::Disk().Read(path, Bundle::kMaxBytes);
    const auto bundle = bytes.ok() ? ParseBundle(*bytes)
                                   : absl::StatusOr<Bundle>(bytes.status());
    if (!bundle.ok()) {
      Unusable(absl::StrCat("`", path,
                            "`: ", std::string(bundle.status().message())));
      return nullptr;
    }
    pack = LoadBundle(*bundle, path, &diagnostics, &text);
  } else {
    pack = Pack::Load(path, &diagnostics, &text);
  }
  std::fputs(text.c_str(), stderr);
  if (pack == nullptr) {
    const size_t count = diagnostics.size();
    Unusable(absl::StrCat("the pack in `", path, "` can't be used: ", count,
                          count == 1 ? " error" : " errors"));
  }
  return pack;
}

bool ReadTestedPack(const std::string& folder, TestedPack* tested) {
  tested->pack = ReadPack(folder);
  if (tested->pack == nullptr) return false;
  auto scenarios = ReadPackScenarios(folder);
  if (!scenarios.ok()) {
    Unusable(scenarios.status().message());
    return false;
  }
  tested->scenarios = *std::move(scenarios);
  return true;
}

bool WriteWhole(const std::string& path, absl::string_view bytes) {
  // In one step, so that nobody reads half of it.
  const std::string part = absl::StrCat(path, ".part");
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file && std::rename(part.c_str(), path.c_str()) == 0) return true;
  std::remove(part.c_str());
  Unusable(absl::StrCat("`", path, "` can't be written"));
  return false;
}

int RunPack(int argc, char** argv) {
  CLI::App app(
      "Writes, tests, compares and signs packs. Exit code 0: it holds; 2: it "
      "does not (a scenario fails, a norm has no policy, too few keys have "
      "signed, an answer changes, a request is denied); 1: the input can't be "
      "used.",
      "tarazy pack");
  app.require_subcommand(1);
  PackRun run;
  AddPackNew(&app, &run);
  AddPackCheck(&app, &run);
  AddPackTest(&app, &run);
  AddPackCoverage(&app, &run);
  AddPackDiff(&app, &run);
  AddPackSimulate(&app, &run);
  AddPackExplain(&app, &run);
  AddPackDoc(&app, &run);
  AddPackBundles(&app, &run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kGood : kUnusable;
  }
  return run();
}

}  // namespace tarazy
