#include "server/packs/pack_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/diagnostic.h"
#include "policy/pack/bundle.h"
#include "policy/pack/pack_tree.h"

namespace tarazy {
namespace {

absl::Status Refused(const std::string& path, const absl::Status& why) {
  return absl::Status(
      why.code(), absl::StrCat("the bundle `", path,
                               "` is refused: ", std::string(why.message())));
}

absl::Status Unusable(const std::string& path, const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat("the pack in `", path, "` can't be used:\n", text));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PackSource>> PackSource::Open(
    const PackSourceOptions& options, FileSystem* files) {
  std::unique_ptr<PackSource> source(new PackSource);
  source->files_ = files;
  if (options.keys.empty()) return source;
  auto keys = BundleKeys::Make(options.keys, options.threshold);
  if (!keys.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("pack.keys: ", std::string(keys.status().message())));
  }
  source->keys_ = *std::move(keys);
  auto accepted = AcceptedPacks::Open(options.accepted_path, files);
  if (!accepted.ok()) return accepted.status();
  source->accepted_ = *std::move(accepted);
  return source;
}

absl::StatusOr<LoadedPack> PackSource::Load(const std::string& path) const {
  const PackTree::Kind kind = PackTree::Disk().KindOf(path);
  if (trusted()) {
    if (kind != PackTree::Kind::kFolder) return LoadBundleFile(path);
    return absl::PermissionDeniedError(absl::StrCat(
        "`", path,
        "` is a folder; where `pack.keys` names keys, packs are signed "
        "bundles: see `tarazy pack build` and `tarazy pack sign`"));
  }
  if (kind == PackTree::Kind::kFile) {
    return absl::PermissionDeniedError(absl::StrCat(
        "`", path,
        "` is no folder; bundles are loaded where `pack.keys` names the keys "
        "that sign them"));
  }
  LoadedPack loaded;
  Diagnostics diagnostics;
  loaded.pack = Pack::Load(path, &diagnostics);
  if (loaded.pack == nullptr) {
    return Unusable(path, FormatDiagnostics(diagnostics, {}));
  }
  return loaded;
}

absl::StatusOr<LoadedPack> PackSource::LoadBundleFile(
    const std::string& path) const {
  const auto bytes = ReadAll(files_, path, Bundle::kMaxBytes);
  if (!bytes.ok()) return Refused(path, bytes.status());
  const auto bundle = ParseBundle(*bytes);
  if (!bundle.ok()) return Refused(path, bundle.status());
  LoadedPack loaded;
  auto names = keys_.Check(*bundle);
  if (!names.ok()) return Refused(path, names.status());
  loaded.signed_by = *std::move(names);
  loaded.version = bundle->version;
  loaded.bundle_digest = bundle->Digest();
  const absl::Status known =
      accepted_->Check(bundle->id, loaded.version, loaded.bundle_digest);
  if (!known.ok()) return Refused(path, known);
  Diagnostics diagnostics;
  loaded.pack = LoadBundle(*bundle, path, &diagnostics);
  if (loaded.pack == nullptr) {
    return Unusable(path, FormatDiagnostics(diagnostics, {}));
  }
  return loaded;
}

absl::Status PackSource::Accept(const std::vector<LoadedPack>& loaded) {
  if (accepted_ == nullptr) return absl::OkStatus();
  for (const LoadedPack& one : loaded) {
    if (one.version == 0) {
      return absl::PermissionDeniedError("the pack is of no signed bundle");
    }
    const absl::Status status =
        accepted_->Accept(one.pack->id(), one.version, one.bundle_digest);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace tarazy
