#include "server/scenario/known_mutants.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "policy/pack/pack_files.h"
#include "policy/pack/pack_layers.h"
#include "policy/pack/yaml_reader.h"

namespace tarazy {
namespace {

std::string SingleSpaced(std::string text) {
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

void ReadFile(const Source& source, std::vector<KnownMutant>* known,
              Diagnostics* diagnostics) {
  YamlFile file;
  if (!file.Parse(source, diagnostics)) return;
  YamlMap root(&file, file.root(), "the file");
  const YAML::Node* list = root.Required("equivalent");
  if (list != nullptr && !list->IsSequence()) {
    file.Error(*list, "wrong-kind", "`equivalent` must be a list");
  } else if (list != nullptr) {
    for (const YAML::Node& item : *list) {
      YamlMap keys(&file, item, "a mutant");
      if (!keys.ok()) continue;
      KnownMutant one;
      keys.OptionalTexts("policies", &one.policies);
      if (one.policies.empty()) {
        file.Error(item, "missing-key", "a mutant has no `policies`");
      }
      keys.RequiredText("change", &one.change);
      keys.RequiredText("text", &one.text);
      keys.RequiredText("why", &one.why);
      keys.Finish();
      one.text = SingleSpaced(std::move(one.text));
      one.file = std::string(source.name());
      one.line = source.Locate(file.SpanOf(item).begin).line;
      known->push_back(std::move(one));
    }
  }
  root.Finish();
}

bool Names(const std::string& pattern, const std::string& policy) {
  if (pattern.empty() || pattern.back() != '*') return pattern == policy;
  return absl::StartsWith(policy, pattern.substr(0, pattern.size() - 1));
}

}  // namespace

absl::StatusOr<std::vector<KnownMutant>> ReadKnownMutants(
    const std::string& pack_directory) {
  Diagnostics diagnostics;
  PackLayers layers;
  std::vector<KnownMutant> known;
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<const Source*> pointers;
  if (ReadPackLayers(PackTree::Disk(), pack_directory, &layers, &diagnostics)) {
    std::vector<std::string> folders;
    for (const auto& layer : layers.files) {
      folders.push_back(layer->directory + "/");
      const std::string path = layer->directory + "/mutants.yaml";
      if (PackTree::Disk().KindOf(path) != PackTree::Kind::kFile) continue;
      auto text = PackTree::Disk().Read(path, PackFiles::kMaxFileBytes);
      if (!text.ok()) return text.status();
      sources.push_back(std::make_unique<Source>(path, *std::move(text)));
      pointers.push_back(sources.back().get());
      const size_t before = known.size();
      ReadFile(*sources.back(), &known, &diagnostics);
      for (size_t i = before; i < known.size(); ++i) {
        known[i].own = layer == layers.files.back();
        known[i].folders = folders;
      }
    }
  }
  if (!HasErrors(diagnostics)) return known;
  return absl::InvalidArgumentError(FormatDiagnostics(diagnostics, pointers));
}

std::string ChangedText(const Mutation& mutation) {
  const auto text =
      PackTree::Disk().Read(mutation.source, PackFiles::kMaxFileBytes);
  if (!text.ok() || mutation.span.end > text->size()) return "";
  return SingleSpaced(text->substr(mutation.span.begin,
                                   mutation.span.end - mutation.span.begin));
}

const KnownMutant* FindKnown(const std::vector<KnownMutant>& known,
                             const Mutation& mutation) {
  std::string text;
  for (const KnownMutant& one : known) {
    if (one.change != mutation.change ||
        std::none_of(one.folders.begin(), one.folders.end(),
                     [&](const std::string& folder) {
                       return absl::StartsWith(mutation.source, folder);
                     }) ||
        std::none_of(one.policies.begin(), one.policies.end(),
                     [&](const std::string& pattern) {
                       return Names(pattern, mutation.policy);
                     })) {
      continue;
    }
    if (text.empty()) text = ChangedText(mutation);
    if (one.text == "*" || one.text == text) return &one;
  }
  return nullptr;
}

}  // namespace tarazy
