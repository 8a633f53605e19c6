#include "server/audit/note.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

// The example of the documentation of Go's sumdb/note.
constexpr char kGoVerifier[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr char kGoSigner[] =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+"
    "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr char kGoText[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr char kGoSignature[] =
    "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n";

std::string WriteKey(const TempFolder& folder, const std::string& text) {
  const std::string path = folder.path() + "/key";
  std::ofstream(path) << text;
  chmod(path.c_str(), 0600);
  return path;
}

TEST(Note, GoExampleIsReadAndMadeAlike) {
  const auto verifier = NoteVerifier::Parse(kGoVerifier);
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ(verifier->ToString(), kGoVerifier);
  const std::string note = absl::StrCat(kGoText, kGoSignature);
  const auto text = verifier->Open(note);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, kGoText);

  TempFolder folder;
  const auto signer =
      NoteSigner::Load(WriteKey(folder, absl::StrCat(kGoSigner, "\n")));
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ((*signer)->verifier().ToString(), kGoVerifier);
  EXPECT_EQ(*(*signer)->Sign(kGoText), note);  // Ed25519 is deterministic
}

TEST(Note, EveryChangedByteIsRefused) {
  const auto verifier = NoteVerifier::Parse(kGoVerifier);
  ASSERT_TRUE(verifier.ok());
  const std::string note = absl::StrCat(kGoText, kGoSignature);
  for (size_t i = 0; i < note.size(); ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(verifier->Open(changed).ok()) << i;
    EXPECT_FALSE(verifier->Open(note.substr(0, i)).ok()) << i;
  }
  // Signatures of others are not looked at.
  EXPECT_TRUE(verifier->Open(absl::StrCat(note, "— somebody AAAAAAAA\n")).ok());
}

TEST(Note, MadeKeysSignAndVerify) {
  TempFolder folder;
  const std::string path = folder.path() + "/key";
  ASSERT_TRUE(NoteSigner::CreateKeyFile(path, "tarazy.example.kz/log-1").ok());
  EXPECT_EQ(NoteSigner::CreateKeyFile(path, "x").code(),
            absl::StatusCode::kAlreadyExists);
  const auto signer = NoteSigner::Load(path);
  ASSERT_TRUE(signer.ok()) << signer.status();
  const auto verifier = NoteVerifier::Parse((*signer)->verifier().ToString());
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ(verifier->name(), "tarazy.example.kz/log-1");
  Checkpoint checkpoint;
  checkpoint.origin = verifier->name();
  checkpoint.size = 42;
  checkpoint.root[3] = 7;
  const auto note = (*signer)->Sign(checkpoint.ToText());
  ASSERT_TRUE(note.ok());
  const auto back = Checkpoint::FromNote(*note, *verifier);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->size, 42u);
  EXPECT_EQ(back->root, checkpoint.root);

  checkpoint.origin = "another";
  const auto other = (*signer)->Sign(checkpoint.ToText());
  EXPECT_EQ(Checkpoint::FromNote(*other, *verifier).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(Note, BadKeysAreRefused) {
  TempFolder folder;
  const std::string good = kGoSigner;
  for (const std::string& bad :
       {std::string(), good.substr(1), good + "A", good + "\n\n",
        std::string("PRIVATE+KEY+PeterNeumann+c74f20a4+"
                    "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")}) {
    EXPECT_FALSE(NoteSigner::Load(WriteKey(folder, bad)).ok()) << bad;
  }
  for (const char* name : {"", "a b", "a+b", "a\n"}) {
    EXPECT_FALSE(NoteSigner::CreateKeyFile(folder.path() + "/new", name).ok());
  }
  const std::string verifier = kGoVerifier;
  for (const std::string& bad :
       {std::string(), verifier.substr(1), verifier + "=",
        verifier.substr(0, verifier.size() - 1)}) {
    EXPECT_FALSE(NoteVerifier::Parse(bad).ok()) << bad;
  }
}

TEST(Checkpoint, BadTexts) {
  Checkpoint good;
  good.origin = "log";
  ASSERT_TRUE(Checkpoint::FromText(good.ToText()).ok());
  EXPECT_TRUE(Checkpoint::FromText(good.ToText() + "extension\n").ok());
  const std::string root = HashToBase64(EmptyRoot());
  for (const std::string& bad :
       {std::string(), std::string("log\n1\n"), "log\n01\n" + root + "\n",
        "log\n-1\n" + root + "\n", "log\n1\n" + root, "\n1\n" + root + "\n",
        "log\n1\n" + root.substr(1) + "\n"}) {
    EXPECT_FALSE(Checkpoint::FromText(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace tarazy
