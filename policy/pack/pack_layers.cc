#include "policy/pack/pack_layers.h"

#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

void BadBase(const Source& manifest, std::string message, std::string help,
             Diagnostics* diagnostics) {
  diagnostics->push_back({Severity::kError,
                          "pack/bad-base",
                          std::string(manifest.name()),
                          {0, 1},
                          std::move(message),
                          std::move(help)});
}

}  // namespace

bool ReadPackLayers(const PackTree& tree, const std::string& directory,
                    PackLayers* layers, Diagnostics* diagnostics) {
  namespace fs = std::filesystem;
  fs::path folder = fs::path(directory).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  std::set<std::string> seen;
  for (;;) {
    auto files = PackFiles::Read(tree, folder.string(), diagnostics);
    if (files == nullptr) return false;
    Manifest manifest = ReadManifest(files->manifest, diagnostics);
    const std::string base = manifest.base;
    bool good = true;
    if (!base.empty()) {
      if (base.find('/') != std::string::npos || base == "." || base == "..") {
        BadBase(files->manifest,
                absl::StrCat("base `", base, "` is not the name of a folder"),
                "a base lies beside the pack", diagnostics);
        good = false;
      } else if (!seen.insert(base).second ||
                 layers->files.size() == kMaxPackLayers) {
        BadBase(files->manifest,
                absl::StrCat("base `", base, "` leads back to itself"), "",
                diagnostics);
        good = false;
      }
    } else if (!HasErrors(*diagnostics)) {
      good = files->CheckComplete(diagnostics);
    }
    layers->files.insert(layers->files.begin(), std::move(files));
    layers->manifests.insert(layers->manifests.begin(), std::move(manifest));
    if (!good || HasErrors(*diagnostics)) return false;
    if (base.empty()) return true;
    folder = folder.parent_path() / base;
  }
}

}  // namespace tarazy
