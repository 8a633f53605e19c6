// `tarazy pack build`, `sign`, `verify`, `inspect` and `key new`: bundles.

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "policy/pack/bundle.h"
#include "policy/pack/pack_tree.h"
#include "server/audit/note.h"
#include "server/command/pack/commands.h"
#include "server/packs/bundle_signatures.h"

namespace tarazy {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxKeyFile = 4096;

int Unusable(const std::string& path, const absl::Status& why) {
  return tarazy::Unusable(
      absl::StrCat("`", path, "`: ", std::string(why.message())));
}

absl::StatusOr<Bundle> ReadBundle(const std::string& path) {
  const auto bytes = PackTree::Disk().Read(path, Bundle::kMaxBytes);
  if (!bytes.ok()) return bytes.status();
  return ParseBundle(*bytes);
}

int Build(const std::string& folder, const std::string& out) {
  const auto bundle = MakeBundle(folder);
  if (!bundle.ok()) return tarazy::Unusable(bundle.status().message());
  if (!WriteWhole(out, bundle->Encode())) return kUnusable;
  Print(absl::StrCat("bundle of ", bundle->id, ", version ", bundle->version,
                     ", digest ", bundle->Digest(), "\n"));
  return kGood;
}

int Sign(const std::string& path, const std::string& key,
         const std::string& out) {
  auto bundle = ReadBundle(path);
  if (!bundle.ok()) return Unusable(path, bundle.status());
  const auto signer = NoteSigner::Load(key);
  if (!signer.ok()) return Unusable(key, signer.status());
  const absl::Status status = SignBundle(**signer, &*bundle);
  if (!status.ok()) return Unusable(path, status);
  if (!WriteWhole(out.empty() ? path : out, bundle->Encode())) return kUnusable;
  Print(absl::StrCat("signed by ", (*signer)->verifier().name(), "\n"));
  return kGood;
}

// The key itself, or the file that holds it.
absl::StatusOr<std::string> ReadPublicKey(const std::string& text) {
  if (PackTree::Disk().KindOf(text) != PackTree::Kind::kFile) return text;
  const auto file = PackTree::Disk().Read(text, kMaxKeyFile);
  if (!file.ok()) return file.status();
  return std::string(absl::StripAsciiWhitespace(*file));
}

int Verify(const std::string& path, const std::vector<std::string>& keys,
           uint32_t threshold) {
  std::vector<std::string> texts;
  for (const std::string& key : keys) {
    auto text = ReadPublicKey(key);
    if (!text.ok()) return Unusable(key, text.status());
    texts.push_back(*std::move(text));
  }
  const auto trusted = BundleKeys::Make(texts, threshold);
  if (!trusted.ok()) return tarazy::Unusable(trusted.status().message());
  const auto bundle = ReadBundle(path);
  if (!bundle.ok()) return Unusable(path, bundle.status());
  const auto names = trusted->Check(*bundle);
  if (!names.ok()) {
    Unusable(path, names.status());
    return kFailed;
  }
  Diagnostics diagnostics;
  std::string text;
  if (LoadBundle(*bundle, path, &diagnostics, &text) == nullptr) {
    return tarazy::Unusable(text);
  }
  Print(absl::StrCat("good: ", bundle->id, ", version ", bundle->version,
                     ", signed by ", absl::StrJoin(*names, ", "), "\n"));
  return kGood;
}

std::string KeyIdText(uint32_t id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) {
    text += kDigits[id >> shift & 15];
  }
  return text;
}

void PrintJson(const Bundle& bundle, const std::string& pack_digest,
               const std::vector<BundleSignature>& signatures) {
  Json json;
  json["id"] = bundle.id;
  json["edition"] = bundle.edition;
  json["version"] = bundle.version;
  json["digest"] = bundle.Digest();
  json["pack_digest"] = pack_digest;
  json["files"] = Json::array();
  for (const Bundle::Folder& folder : bundle.folders) {
    for (const Bundle::File& file : folder.files) {
      json["files"].push_back({{"name", folder.name + "/" + file.name},
                               {"bytes", file.content.size()}});
    }
  }
  json["signatures"] = Json::array();
  for (const BundleSignature& signature : signatures) {
    json["signatures"].push_back(
        {{"name", signature.name}, {"key_id", KeyIdText(signature.key_id)}});
  }
  Print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

int Inspect(const std::string& path, bool json) {
  const auto bundle = ReadBundle(path);
  if (!bundle.ok()) return Unusable(path, bundle.status());
  const auto signatures = ReadSignatures(*bundle);
  if (!signatures.ok()) return Unusable(path, signatures.status());
  const auto pack = ReadPack(path);
  if (pack == nullptr) return kUnusable;
  if (json) {
    PrintJson(*bundle, pack->digest(), *signatures);
    return kGood;
  }
  Print(absl::StrCat("pack         ", bundle->id, "\nedition      ",
                     bundle->edition, "\nversion      ", bundle->version,
                     "\ndigest       ", bundle->Digest(), "\npack digest  ",
                     pack->digest(), "\n\nfiles\n"));
  for (const Bundle::Folder& folder : bundle->folders) {
    for (const Bundle::File& file : folder.files) {
      std::string size = absl::StrCat(file.content.size());
      size.insert(0, size.size() < 10 ? 10 - size.size() : 0, ' ');
      Print(absl::StrCat(size, "  ", folder.name, "/", file.name, "\n"));
    }
  }
  Print("\nsignatures, not verified (`tarazy pack verify`)\n");
  if (signatures->empty()) Print("  none\n");
  for (const BundleSignature& signature : *signatures) {
    Print(absl::StrCat("  ", Shown(signature.name), "+",
                       KeyIdText(signature.key_id), "\n"));
  }
  return kGood;
}

int NewKey(const std::string& name, const std::string& out) {
  const absl::Status made = NoteSigner::CreateKeyFile(out, name);
  if (!made.ok()) return Unusable(out, made);
  const auto signer = NoteSigner::Load(out);
  if (!signer.ok()) return Unusable(out, signer.status());
  const std::string verifier = (*signer)->verifier().ToString();
  if (!WriteWhole(out + ".pub", verifier + "\n")) return kUnusable;
  Print(verifier + "\n");
  return kGood;
}

struct Arguments {
  std::string path;
  std::string out;
  std::string key;
  std::string name;
  std::vector<std::string> keys;
  uint32_t threshold = 1;
  bool json = false;
};

}  // namespace

void AddPackBundles(CLI::App* app, PackRun* run) {
  auto a = std::make_shared<Arguments>();
  CLI::App* build = app->add_subcommand(
      "build", "write a pack and its bases into one file, a bundle");
  build->add_option("PACK", a->path, "the pack's folder")->required();
  build->add_option("-o,--out", a->out, "the bundle")->required();
  build->callback([=] { *run = [=] { return Build(a->path, a->out); }; });

  CLI::App* sign = app->add_subcommand("sign", "add a signature to a bundle");
  sign->add_option("BUNDLE", a->path)->required();
  sign->add_option("--key", a->key, "key file, as `key new` makes it")
      ->required();
  sign->add_option("-o,--out", a->out, "default: the bundle itself");
  sign->callback([=] { *run = [=] { return Sign(a->path, a->key, a->out); }; });

  CLI::App* verify = app->add_subcommand(
      "verify", "whether enough keys have signed a bundle, and its pack loads");
  verify->add_option("BUNDLE", a->path)->required();
  verify
      ->add_option("--key", a->keys,
                   "a public key, or its file; to be repeated for each")
      ->required();
  verify->add_option("--threshold", a->threshold, "how many must have signed")
      ->capture_default_str();
  verify->callback(
      [=] { *run = [=] { return Verify(a->path, a->keys, a->threshold); }; });

  CLI::App* inspect =
      app->add_subcommand("inspect", "what a bundle says and holds");
  inspect->add_option("BUNDLE", a->path)->required();
  inspect->add_flag("--json", a->json, "as JSON");
  inspect->callback([=] { *run = [=] { return Inspect(a->path, a->json); }; });

  CLI::App* key = app->add_subcommand("key", "keys that sign bundles");
  key->require_subcommand(1);
  CLI::App* fresh = key->add_subcommand(
      "new", "make a key file, mode 0600, and FILE.pub beside it");
  fresh
      ->add_option("NAME", a->name,
                   "whose key it is: 1 to 64 bytes without spaces and `+`")
      ->required();
  fresh->add_option("-o,--out", a->out, "the key file")->required();
  fresh->callback([=] { *run = [=] { return NewKey(a->name, a->out); }; });
}

}  // namespace tarazy
