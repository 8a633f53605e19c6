#include "server/packs/bundle_signatures.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/audit/bytes.h"

namespace tarazy {
namespace {

constexpr absl::string_view kPrefix = "\xe2\x80\x94 ";  // em dash
constexpr size_t kSignatureBytes = 4 + 64;

std::string Note(const Bundle& bundle) {
  return absl::StrCat(bundle.SignedText(), "\n", bundle.signatures);
}

bool ReadLine(absl::string_view line, BundleSignature* signature) {
  if (!absl::ConsumePrefix(&line, kPrefix)) return false;
  const size_t space = line.find(' ');
  if (space == 0 || space > 64 || space == absl::string_view::npos) {
    return false;
  }
  const absl::string_view name = line.substr(0, space);
  for (const char c : name) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) || c == '+') {
      return false;
    }
  }
  const absl::string_view encoded = line.substr(space + 1);
  std::string bytes;
  if (!absl::Base64Unescape(encoded, &bytes) ||
      absl::Base64Escape(bytes) != encoded || bytes.size() != kSignatureBytes) {
    return false;
  }
  signature->name = std::string(name);
  signature->key_id = GetBig<uint32_t>(bytes.data());
  return true;
}

// What stands after the name and the id: the public key itself.
std::string KeyOf(const std::string& verifier) {
  return verifier.substr(verifier.find('+', verifier.find('+') + 1) + 1);
}

}  // namespace

absl::StatusOr<std::vector<BundleSignature>> ReadSignatures(
    const Bundle& bundle) {
  std::vector<BundleSignature> signatures;
  absl::string_view rest = bundle.signatures;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    BundleSignature signature;
    if (end == absl::string_view::npos ||
        !ReadLine(rest.substr(0, end), &signature)) {
      return absl::InvalidArgumentError(
          absl::StrCat("signature line ", signatures.size() + 1,
                       " of the bundle is malformed"));
    }
    rest.remove_prefix(end + 1);
    for (const BundleSignature& other : signatures) {
      if (other.name == signature.name && other.key_id == signature.key_id) {
        return absl::InvalidArgumentError(absl::StrCat(
            "the bundle is doubly signed: the key `",
            absl::Utf8SafeCEscape(signature.name), "` stands twice in it"));
      }
    }
    signatures.push_back(std::move(signature));
  }
  return signatures;
}

absl::Status SignBundle(const NoteSigner& signer, Bundle* bundle) {
  const auto signatures = ReadSignatures(*bundle);
  if (!signatures.ok()) return signatures.status();
  const absl::Status signed_before =
      signer.verifier().Open(Note(*bundle)).status();
  if (signed_before.ok()) {
    return absl::AlreadyExistsError(absl::StrCat(
        "the key `", signer.verifier().name(), "` has signed this bundle"));
  }
  if (!absl::IsNotFound(signed_before)) return signed_before;
  const std::string text = bundle->SignedText();
  auto note = signer.Sign(text);
  if (!note.ok()) return note.status();
  bundle->signatures += note->substr(text.size() + 1);
  return absl::OkStatus();
}

absl::StatusOr<BundleKeys> BundleKeys::Make(
    const std::vector<std::string>& keys, uint32_t threshold) {
  BundleKeys made;
  for (const std::string& key : keys) {
    auto verifier = NoteVerifier::Parse(key);
    if (!verifier.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("`", absl::Utf8SafeCEscape(key), "` is ",
                       std::string(verifier.status().message())));
    }
    for (const NoteVerifier& other : made.keys_) {
      if (KeyOf(other.ToString()) == KeyOf(key)) {
        return absl::InvalidArgumentError(
            absl::StrCat("`", other.name(), "` and `", verifier->name(),
                         "` are the same key, which would count twice"));
      }
    }
    made.keys_.push_back(*std::move(verifier));
  }
  if (threshold < 1 || threshold > made.keys_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the threshold must be from 1 to the number of keys, ",
                     made.keys_.size(), ", not ", threshold));
  }
  made.threshold_ = threshold;
  return made;
}

absl::StatusOr<std::vector<std::string>> BundleKeys::Check(
    const Bundle& bundle) const {
  if (keys_.empty()) {
    return absl::PermissionDeniedError("no keys are configured for bundles");
  }
  const auto refuse = [](const absl::Status& why) {
    return absl::PermissionDeniedError(std::string(why.message()));
  };
  const auto lines = ReadSignatures(bundle);
  if (!lines.ok()) return refuse(lines.status());
  if (lines->empty()) {
    return absl::PermissionDeniedError("the bundle is not signed");
  }
  const std::string note = Note(bundle);
  std::vector<std::string> names;
  for (const NoteVerifier& key : keys_) {
    const auto text = key.Open(note);
    if (text.ok() && *text == bundle.SignedText()) {
      names.push_back(key.name());
    } else if (!absl::IsNotFound(text.status())) {
      return refuse(text.ok() ? absl::DataLossError("the note is another")
                              : text.status());
    }
  }
  if (names.size() < threshold_) {
    return absl::PermissionDeniedError(
        absl::StrCat("the bundle is signed by ", names.size(), " of the ",
                     keys_.size(), " configured keys",
                     names.empty() ? "" : " (", absl::StrJoin(names, ", "),
                     names.empty() ? "" : ")", " and needs ", threshold_));
  }
  return names;
}

}  // namespace tarazy
