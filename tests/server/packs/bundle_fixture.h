// Bundles of a small pack, and keys to sign them with, in a folder of its own.

#ifndef TARAZY_TESTS_SERVER_PACKS_BUNDLE_FIXTURE_H_
#define TARAZY_TESTS_SERVER_PACKS_BUNDLE_FIXTURE_H_

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/pack/bundle.h"
#include "server/audit/note.h"
#include "server/packs/bundle_signatures.h"
#include "tests/policy/pack/small_pack.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {

class BundleFixture : public testing::Test {
 protected:
  using Signer = std::shared_ptr<const NoteSigner>;

  // A new key of that name.
  Signer NewKey(const std::string& name) {
    const std::string file = absl::StrCat(root(), "/key", next_++);
    EXPECT_TRUE(NoteSigner::CreateKeyFile(file, name).ok());
    auto signer = NoteSigner::Load(file);
    EXPECT_TRUE(signer.ok()) << signer.status();
    return Signer(std::move(*signer));
  }

  // The small pack in a version, with `extra` at the end of its norms.
  Bundle Make(int version, const std::string& extra = "") {
    PackFilesByName files = SmallPack();
    absl::StrAppend(&files["pack.yaml"], "version: ", version, "\n");
    absl::StrAppend(&files["norms.yaml"], extra);
    const std::string folder = absl::StrCat(root(), "/pack", next_++);
    WritePack(folder, files);
    auto bundle = MakeBundle(folder);
    EXPECT_TRUE(bundle.ok()) << bundle.status();
    return *std::move(bundle);
  }

  static Bundle Signed(Bundle bundle, const std::vector<Signer>& signers) {
    for (const Signer& signer : signers) {
      const absl::Status status = SignBundle(*signer, &bundle);
      EXPECT_TRUE(status.ok()) << status;
    }
    return bundle;
  }

  // Writes bytes to a file of that name.
  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = root() + "/" + name;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return path;
  }

  const std::string& root() const { return folder_.path(); }

 private:
  TempFolder folder_;
  int next_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_PACKS_BUNDLE_FIXTURE_H_
