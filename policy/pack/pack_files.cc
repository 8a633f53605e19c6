#include "policy/pack/pack_files.h"

#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

class Reader {
 public:
  Reader(const PackTree& tree, const std::string& directory,
         Diagnostics* diagnostics)
      : tree_(tree), directory_(directory), diagnostics_(diagnostics) {}

  bool failed() const { return failed_; }

  void Error(const std::string& name, absl::string_view code,
             std::string message, std::string help = "") {
    failed_ = true;
    diagnostics_->push_back({Severity::kError,
                             absl::StrCat("pack/", code),
                             PathOf(name),
                             {0, 0},
                             std::move(message),
                             std::move(help)});
  }

  // Names in a folder of the pack, sorted.
  std::vector<std::string> List(const std::string& folder) {
    auto names = tree_.List(PathOf(folder), PackFiles::kMaxFiles);
    if (names.ok()) return *std::move(names);
    Error(folder,
          absl::IsResourceExhausted(names.status()) ? "too-many-files"
                                                    : "unreadable",
          std::string(names.status().message()));
    return {};
  }

  bool IsFolder(const std::string& name) const {
    return tree_.KindOf(PathOf(name)) == PackTree::Kind::kFolder;
  }

  Source ReadFile(const std::string& name) {
    const std::string path = PathOf(name);
    if (tree_.KindOf(path) != PackTree::Kind::kFile) {
      Error(name, "missing-file",
            absl::StrCat("the pack has no file `", name, "`"));
      return Source(path, "");
    }
    auto text = tree_.Read(path, PackFiles::kMaxFileBytes);
    if (text.ok()) return Source(path, *std::move(text));
    Error(name,
          absl::IsResourceExhausted(text.status()) ? "too-large" : "unreadable",
          std::string(text.status().message()));
    return Source(path, "");
  }

  // Empty, and named in `absent`, when there is no such file.
  Source ReadOptional(const std::string& name,
                      std::vector<std::string>* absent) {
    if (tree_.KindOf(PathOf(name)) != PackTree::Kind::kNone) {
      return ReadFile(name);
    }
    absent->push_back(name);
    return Source("", "");
  }

  std::vector<Source> ReadPolicies(const std::string& folder,
                                   std::vector<std::string>* absent) {
    std::vector<Source> files;
    if (!IsFolder(folder)) {
      absent->push_back(folder);
      return files;
    }
    for (const std::string& name : List(folder)) {
      const std::string inside = absl::StrCat(folder, "/", name);
      if (!absl::EndsWith(name, ".cedar") || IsFolder(inside)) {
        Error(inside, "unexpected-file",
              absl::StrCat("`", inside, "` is not a `.cedar` file"),
              "policies that are not read would be missing in silence");
        continue;
      }
      files.push_back(ReadFile(inside));
    }
    return files;
  }

 private:
  std::string PathOf(const std::string& name) const {
    return (fs::path(directory_) / name).string();
  }

  const PackTree& tree_;
  const std::string directory_;
  Diagnostics* const diagnostics_;
  bool failed_ = false;
};

std::string Sha256Hex(const std::string& bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash), size));
}

}  // namespace

std::unique_ptr<const PackFiles> PackFiles::Read(const PackTree& tree,
                                                 const std::string& directory,
                                                 Diagnostics* diagnostics) {
  auto files = std::make_unique<PackFiles>();
  files->directory = directory;
  Reader reader(tree, directory, diagnostics);
  if (!reader.IsFolder("")) {
    reader.Error("", "missing-file", "there is no such folder");
    return nullptr;
  }
  for (const std::string& name : reader.List("")) {
    if (absl::EndsWith(name, ".cedarschema")) {
      if (!files->schema_name.empty()) {
        reader.Error(name, "unexpected-file", "the pack has two schemas");
      }
      files->schema_name = name;
    } else if (name != "pack.yaml" && name != "norms.yaml" &&
               name != "obligations.yaml" && name != "calendar.yaml" &&
               name != "README.md" && name != "mutants.yaml" &&
               name != "decision" && name != "obligations" &&
               name != "scenarios") {
      reader.Error(name, "unexpected-file",
                   absl::StrCat("`", name, "` does not belong in a pack"));
    }
  }
  std::vector<std::string> unused;
  files->manifest = reader.ReadFile("pack.yaml");
  files->schema = reader.ReadOptional(
      files->schema_name.empty() ? "schema.cedarschema" : files->schema_name,
      &files->absent);
  files->norms = reader.ReadOptional("norms.yaml", &files->absent);
  files->obligations = reader.ReadOptional("obligations.yaml", &files->absent);
  files->calendar = reader.ReadOptional("calendar.yaml", &unused);
  files->decision = reader.ReadPolicies("decision", &files->absent);
  files->obligation = reader.ReadPolicies("obligations", &files->absent);
  if (reader.failed()) return nullptr;
  for (const Source* source : files->Sources()) {
    if (source->name().empty()) continue;
    const fs::path path(std::string(source->name()));
    files->hashed.emplace_back(path.lexically_relative(directory).string(),
                               std::string(source->text()));
  }
  std::sort(files->hashed.begin(), files->hashed.end());
  return files;
}

bool PackFiles::CheckComplete(Diagnostics* diagnostics) const {
  for (const std::string& name : absent) {
    diagnostics->push_back(
        {Severity::kError,
         "pack/missing-file",
         (fs::path(directory) / name).string(),
         {0, 0},
         absl::StrCat("the pack has no ",
                      name.find('.') == std::string::npos ? "folder" : "file",
                      " `", name, "`"),
         ""});
  }
  return absent.empty();
}

std::vector<const Source*> PackFiles::Sources() const {
  std::vector<const Source*> sources = {&manifest, &schema, &norms,
                                        &obligations, &calendar};
  for (const Source& source : decision) sources.push_back(&source);
  for (const Source& source : obligation) sources.push_back(&source);
  return sources;
}

std::string PackDigest(
    const std::vector<std::unique_ptr<const PackFiles>>& layers) {
  // The lengths keep the end of one text apart from the start of the next.
  std::string bytes = "tarazy pack 1\n";
  for (const auto& layer : layers) {
    absl::StrAppend(&bytes, layer->hashed.size(), "\n");
    for (const auto& file : layer->hashed) {
      absl::StrAppend(&bytes, file.first.size(), " ", file.second.size(), "\n",
                      file.first, file.second);
    }
  }
  return Sha256Hex(bytes);
}

std::string DigestUnder(const std::string& files_digest,
                        const ReadingChoice& choice) {
  if (choice.empty()) return files_digest;
  std::string bytes = absl::StrCat("tarazy readings 1\n", files_digest, "\n");
  for (const auto& [reading, alternative] : choice) {
    absl::StrAppend(&bytes, reading, "=", alternative, "\n");
  }
  return Sha256Hex(bytes);
}

}  // namespace tarazy
