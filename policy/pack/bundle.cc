#include "policy/pack/bundle.h"

#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "policy/cedar/diagnostic.h"
#include "policy/pack/catalogue.h"
#include "policy/pack/pack_layers.h"

namespace tarazy {
namespace {

constexpr absl::string_view kMagic = "TARAZYPK";
constexpr uint32_t kFormat = 1;
constexpr size_t kHeaderBytes = 24;
constexpr size_t kChecksumBytes = 32;
constexpr size_t kMaxNameBytes = 128;

std::string Sha256(absl::string_view bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr);
  return std::string(reinterpret_cast<const char*>(hash), size);
}

// Little-endian, in `bytes` bytes.
void PutNumber(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) {
    out->push_back(static_cast<char>(value >> (8 * i)));
  }
}

uint64_t GetNumber(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

void PutText(absl::string_view text, std::string* out) {
  PutNumber(text.size(), 2, out);
  out->append(text.data(), text.size());
}

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the bundle ", what));
}

// One part of a path: no separator, nothing hidden, nothing that leads up.
bool IsPart(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '.' || c == '-' || c == '_';
         });
}

// What a pack holds that decides or is answered.
bool IsFileName(absl::string_view name) {
  if (absl::ConsumePrefix(&name, "decision/") ||
      absl::ConsumePrefix(&name, "obligations/")) {
    return IsPart(name) && absl::EndsWith(name, ".cedar");
  }
  return name == "pack.yaml" || name == "norms.yaml" ||
         name == "obligations.yaml" || name == "calendar.yaml" ||
         (IsPart(name) && absl::EndsWith(name, ".cedarschema"));
}

// Takes pieces off the front of a text.
class Cursor {
 public:
  explicit Cursor(absl::string_view rest) : rest_(rest) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

  absl::string_view Take(uint64_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const absl::string_view piece = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(piece.size());
    return piece;
  }
  uint64_t Number(int bytes) {
    return GetNumber(Take(static_cast<uint64_t>(bytes)));
  }
  std::string Text() { return std::string(Take(Number(2))); }

 private:
  absl::string_view rest_;
  bool failed_ = false;
};

absl::Status ParseFolder(Cursor* cursor, Bundle* bundle) {
  Bundle::Folder folder;
  folder.name = cursor->Text();
  const uint64_t count = cursor->Number(2);
  if (cursor->failed()) return Bad("ends within a folder");
  if (!IsPart(folder.name)) {
    return Bad(absl::StrCat("has a folder with the name `",
                            absl::CHexEscape(folder.name), "`"));
  }
  for (const Bundle::Folder& other : bundle->folders) {
    if (other.name == folder.name) {
      return Bad(absl::StrCat("has the folder `", folder.name, "` twice"));
    }
  }
  for (uint64_t i = 0; i < count; ++i) {
    Bundle::File file;
    file.name = cursor->Text();
    const uint64_t size = cursor->Number(4);
    if (size > PackFiles::kMaxFileBytes) {
      return Bad(absl::StrCat("has a file of more than ",
                              PackFiles::kMaxFileBytes, " bytes"));
    }
    file.content = std::string(cursor->Take(size));
    if (cursor->failed()) return Bad("ends within a file");
    if (!IsFileName(file.name)) {
      return Bad(absl::StrCat("has the file `", absl::CHexEscape(file.name),
                              "`, which does not belong in a pack"));
    }
    if (!folder.files.empty() && folder.files.back().name >= file.name) {
      return Bad(absl::StrCat("has the file `", file.name, "` of `",
                              folder.name, "` twice or out of order"));
    }
    folder.files.push_back(std::move(file));
  }
  bundle->folders.push_back(std::move(folder));
  return absl::OkStatus();
}

bool IsIdText(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxNameBytes &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return c > ' ' && c <= '~'; });
}

absl::Status ParsePayload(absl::string_view payload, Bundle* bundle) {
  Cursor cursor(payload);
  bundle->version = static_cast<uint32_t>(cursor.Number(4));
  bundle->id = cursor.Text();
  bundle->edition = cursor.Text();
  const uint64_t folders = cursor.Number(2);
  if (cursor.failed()) return Bad("ends within its head");
  if (bundle->version == 0) return Bad("has no version");
  if (!IsIdText(bundle->id) || !IsIdText(bundle->edition)) {
    return Bad("has an id or an edition that is none");
  }
  if (folders == 0 || folders > kMaxPackLayers) {
    return Bad(
        absl::StrCat("has ", folders, " folders, not 1 to ", kMaxPackLayers));
  }
  for (uint64_t i = 0; i < folders; ++i) {
    const absl::Status status = ParseFolder(&cursor, bundle);
    if (!status.ok()) return status;
  }
  return cursor.at_end() ? absl::OkStatus() : Bad("has bytes after its files");
}

// The folders of a bundle, under the name that it is shown by.
class BundleTree final : public PackTree {
 public:
  BundleTree(const Bundle& bundle, const std::string& shown) {
    for (const Bundle::Folder& folder : bundle.folders) {
      const std::string path = absl::StrCat(shown, "/", folder.name);
      folders_[path];
      for (const Bundle::File& file : folder.files) {
        const std::string inside = absl::StrCat(path, "/", file.name);
        files_[inside] = &file.content;
        const size_t slash = file.name.find('/');
        if (slash == std::string::npos) {
          folders_[path].push_back(file.name);
          continue;
        }
        const std::string sub = file.name.substr(0, slash);
        std::vector<std::string>& names =
            folders_[absl::StrCat(path, "/", sub)];
        if (names.empty()) folders_[path].push_back(sub);
        names.push_back(file.name.substr(slash + 1));
      }
    }
    for (auto& folder : folders_) {
      std::sort(folder.second.begin(), folder.second.end());
    }
  }

  Kind KindOf(const std::string& path) const override {
    if (folders_.count(Trimmed(path)) != 0) return Kind::kFolder;
    return files_.count(path) != 0 ? Kind::kFile : Kind::kNone;
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& folder,
                                                size_t limit) const override {
    const auto found = folders_.find(Trimmed(folder));
    if (found == folders_.end()) return absl::NotFoundError("no such folder");
    if (found->second.size() > limit) {
      return absl::ResourceExhaustedError(
          absl::StrCat("more than ", limit, " files"));
    }
    return found->second;
  }

  absl::StatusOr<std::string> Read(const std::string& file,
                                   size_t limit) const override {
    const auto found = files_.find(file);
    if (found == files_.end()) return absl::NotFoundError("no such file");
    if (found->second->size() > limit) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the file is larger than ", limit, " bytes"));
    }
    return *found->second;
  }

 private:
  static std::string Trimmed(absl::string_view path) {
    absl::ConsumeSuffix(&path, "/");
    return std::string(path);
  }

  std::map<std::string, std::vector<std::string>> folders_;
  std::map<std::string, const std::string*> files_;
};

void CompareStated(absl::string_view what, absl::string_view stated,
                   absl::string_view found, const std::string& shown,
                   Diagnostics* diagnostics) {
  if (stated == found) return;
  diagnostics->push_back({Severity::kError,
                          "bundle/mismatch",
                          shown,
                          {0, 0},
                          absl::StrCat("the bundle states the ", what, " `",
                                       stated, "`, its pack `", found, "`"),
                          ""});
}

}  // namespace

std::string Bundle::Payload() const {
  std::string out;
  PutNumber(version, 4, &out);
  PutText(id, &out);
  PutText(edition, &out);
  PutNumber(folders.size(), 2, &out);
  for (const Folder& folder : folders) {
    PutText(folder.name, &out);
    PutNumber(folder.files.size(), 2, &out);
    for (const File& file : folder.files) {
      PutText(file.name, &out);
      PutNumber(file.content.size(), 4, &out);
      out.append(file.content);
    }
  }
  return out;
}

std::string Bundle::Digest() const {
  return absl::BytesToHexString(Sha256(Payload()));
}

std::string Bundle::SignedText() const {
  return absl::StrCat("tarazy bundle 1\n", id, "\n", version, "\n", Digest(),
                      "\n");
}

std::string Bundle::Encode() const {
  const std::string payload = Payload();
  std::string out(kMagic);
  PutNumber(kFormat, 4, &out);
  PutNumber(signatures.size(), 4, &out);
  PutNumber(payload.size(), 8, &out);
  absl::StrAppend(&out, payload, signatures);
  out.append(Sha256(out));
  return out;
}

absl::StatusOr<Bundle> ParseBundle(absl::string_view bytes) {
  if (bytes.size() > Bundle::kMaxBytes) {
    return Bad(absl::StrCat("has more than ", Bundle::kMaxBytes, " bytes"));
  }
  if (!absl::StartsWith(bytes, kMagic)) {
    return absl::InvalidArgumentError("not a bundle of a pack");
  }
  if (bytes.size() < kHeaderBytes + kChecksumBytes) return Bad("is cut short");
  const absl::string_view sum = bytes.substr(bytes.size() - kChecksumBytes);
  bytes.remove_suffix(kChecksumBytes);
  if (Sha256(bytes) != sum) {
    return Bad("is damaged: its bytes do not give its checksum");
  }
  Cursor cursor(bytes);
  cursor.Take(kMagic.size());
  const uint64_t format = cursor.Number(4);
  const uint64_t signature_bytes = cursor.Number(4);
  const uint64_t payload_bytes = cursor.Number(8);
  if (format != kFormat) {
    return Bad(
        absl::StrCat("has format ", format, "; this program knows ", kFormat));
  }
  if (signature_bytes > Bundle::kMaxSignatureBytes) {
    return Bad(absl::StrCat("has more than ", Bundle::kMaxSignatureBytes,
                            " bytes of signatures"));
  }
  const absl::string_view payload = cursor.Take(payload_bytes);
  const absl::string_view signatures = cursor.Take(signature_bytes);
  if (cursor.failed() || !cursor.at_end()) {
    return Bad("does not have the size that it states");
  }
  Bundle bundle;
  const absl::Status status = ParsePayload(payload, &bundle);
  if (!status.ok()) return status;
  bundle.signatures = std::string(signatures);
  return bundle;
}

absl::StatusOr<Bundle> MakeBundle(const std::string& directory) {
  Diagnostics diagnostics;
  PackLayers layers;
  if (!ReadPackLayers(PackTree::Disk(), directory, &layers, &diagnostics)) {
    return absl::InvalidArgumentError(FormatDiagnostics(diagnostics, {}));
  }
  const Manifest& manifest = layers.manifests.back();
  Bundle bundle;
  bundle.id = manifest.id;
  bundle.edition = manifest.edition;
  bundle.version = static_cast<uint32_t>(manifest.version);
  if (bundle.version == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        layers.files.back()->manifest.name(),
        ": states no `version`; a bundle carries one that may not go back"));
  }
  for (size_t i = 0; i < layers.files.size(); ++i) {
    Bundle::Folder folder;
    // The pack's own folder may have any name where it was built; the others
    // are called what the pack above them calls its base.
    folder.name = i + 1 < layers.manifests.size() ? layers.manifests[i + 1].base
                                                  : manifest.id;
    for (const auto& file : layers.files[i]->hashed) {
      folder.files.push_back({file.first, file.second});
    }
    bundle.folders.push_back(std::move(folder));
  }
  // What was written is what will be read: names and sizes that a reader
  // refuses are found here, and so is all that is wrong with the pack.
  const auto read = ParseBundle(bundle.Encode());
  if (!read.ok()) return read.status();
  std::string text;
  if (LoadBundle(*read, directory, &diagnostics, &text) == nullptr) {
    return absl::InvalidArgumentError(text);
  }
  return bundle;
}

std::shared_ptr<const Pack> LoadBundle(const Bundle& bundle,
                                       const std::string& name,
                                       Diagnostics* diagnostics,
                                       std::string* text) {
  if (bundle.folders.empty()) return nullptr;
  std::string shown = std::filesystem::path(name).lexically_normal().string();
  while (!shown.empty() && shown.back() == '/') shown.pop_back();
  const BundleTree tree(bundle, shown);
  const std::string top = absl::StrCat(shown, "/", bundle.folders.back().name);
  auto pack = Pack::Load(tree, top, diagnostics, text);
  if (pack == nullptr) return nullptr;
  Diagnostics found;
  CompareStated("id", bundle.id, pack->id(), shown, &found);
  CompareStated("edition", bundle.edition, pack->edition(), shown, &found);
  CompareStated("version", absl::StrCat(bundle.version),
                absl::StrCat(pack->version()), shown, &found);
  // Nothing is carried along that is not read.
  PackLayers layers;
  Diagnostics known;
  ReadPackLayers(tree, top, &layers, &known);
  std::vector<std::string> read, carried;
  for (const Manifest& manifest : layers.manifests) {
    if (!manifest.base.empty()) read.push_back(manifest.base);
  }
  read.push_back(pack->id());
  for (const Bundle::Folder& folder : bundle.folders) {
    carried.push_back(folder.name);
  }
  CompareStated("folders", absl::StrJoin(carried, ", "),
                absl::StrJoin(read, ", "), shown, &found);
  if (text != nullptr) absl::StrAppend(text, FormatDiagnostics(found, {}));
  diagnostics->insert(diagnostics->end(), found.begin(), found.end());
  return HasErrors(found) ? nullptr : pack;
}

}  // namespace tarazy
