#include "server/packs/bundle_signatures.h"

#include "absl/strings/str_replace.h"
#include "tests/server/packs/bundle_fixture.h"

namespace tarazy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class BundleSignaturesTest : public BundleFixture {
 protected:
  static BundleKeys Keys(const std::vector<Signer>& signers,
                         uint32_t threshold) {
    std::vector<std::string> keys;
    for (const Signer& signer : signers) {
      keys.push_back(signer->verifier().ToString());
    }
    auto made = BundleKeys::Make(keys, threshold);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  // Why the bundle is not accepted; empty: it is.
  static std::string Refusal(const BundleKeys& keys, const Bundle& bundle) {
    const auto names = keys.Check(bundle);
    if (names.ok()) return "";
    EXPECT_TRUE(absl::IsPermissionDenied(names.status())) << names.status();
    return std::string(names.status().message());
  }

  const Signer a_ = NewKey("a");
  const Signer b_ = NewKey("b");
  const Signer c_ = NewKey("c");
  const Bundle bundle_ = Make(1);
};

TEST_F(BundleSignaturesTest, KOfN) {
  const BundleKeys keys = Keys({a_, b_, c_}, 2);
  EXPECT_EQ(Refusal(keys, bundle_), "the bundle is not signed");
  EXPECT_EQ(Refusal(keys, Signed(bundle_, {b_})),
            "the bundle is signed by 1 of the 3 configured keys (b) and needs "
            "2");
  const auto two = keys.Check(Signed(bundle_, {c_, a_}));
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_THAT(*two, ElementsAre("a", "c"));
  EXPECT_EQ(Refusal(keys, Signed(bundle_, {a_, b_, c_})), "");
}

TEST_F(BundleSignaturesTest, OneKeyDoesNotSignTwice) {
  Bundle twice = Signed(bundle_, {a_});
  EXPECT_TRUE(absl::IsAlreadyExists(SignBundle(*a_, &twice)));
  // Whoever writes it by hand gets no further.
  twice.signatures += twice.signatures;
  EXPECT_THAT(Refusal(Keys({a_, b_}, 2), twice),
              HasSubstr("doubly signed: the key `a` stands twice"));
  EXPECT_THAT(Refusal(Keys({a_, b_}, 1), twice), HasSubstr("doubly signed"));
}

TEST_F(BundleSignaturesTest, OtherKeysAreIgnoredAndDoNotCount) {
  const Bundle other = Signed(bundle_, {b_, c_});
  EXPECT_THAT(Refusal(Keys({a_}, 1), other),
              HasSubstr("signed by 0 of the 1 configured keys"));
  EXPECT_EQ(Refusal(Keys({a_, c_}, 1), other), "");
  // One that merely has the name of a configured key.
  EXPECT_THAT(Refusal(Keys({a_}, 1), Signed(bundle_, {NewKey("a")})),
              HasSubstr("signed by 0 of the 1"));
}

TEST_F(BundleSignaturesTest, ASignatureIsOfOneBundleAlone) {
  const BundleKeys keys = Keys({a_, b_}, 1);
  Bundle other = Make(2);
  other.signatures = Signed(bundle_, {a_}).signatures;
  EXPECT_THAT(Refusal(keys, other), HasSubstr("the signature of `a` is wrong"));
  // A good one beside it does not help.
  Bundle beside = Signed(Make(2), {b_});
  beside.signatures += Signed(bundle_, {a_}).signatures;
  EXPECT_THAT(Refusal(keys, beside),
              HasSubstr("the signature of `a` is wrong"));
}

TEST_F(BundleSignaturesTest, MalformedLinesAreRefused) {
  const BundleKeys keys = Keys({a_}, 1);
  const std::string line = Signed(bundle_, {a_}).signatures;
  for (const std::string& bad :
       {line.substr(0, line.size() - 1), line + "\n", "\n" + line,
        line + "— b AAAA\n", line + "junk\n", line + "\n— a AAAA\n",
        absl::StrReplaceAll(line, {{"— a", "—  a"}}),
        absl::StrReplaceAll(line, {{"— a ", "— a  "}}),
        absl::StrReplaceAll(line, {{"— a ", "- a "}})}) {
    Bundle bundle = bundle_;
    bundle.signatures = bad;
    EXPECT_THAT(Refusal(keys, bundle), HasSubstr("malformed")) << bad;
  }
}

TEST_F(BundleSignaturesTest, KeysAreCheckedWhenTheyAreConfigured) {
  const std::string a = a_->verifier().ToString();
  const auto refusal = [](const std::vector<std::string>& keys,
                          uint32_t threshold) {
    return std::string(BundleKeys::Make(keys, threshold).status().message());
  };
  EXPECT_THAT(refusal({"nonsense"}, 1), HasSubstr("`nonsense` is not a"));
  EXPECT_THAT(refusal({a}, 0), HasSubstr("from 1 to the number of keys, 1"));
  EXPECT_THAT(refusal({a}, 2), HasSubstr("not 2"));
  EXPECT_THAT(refusal({a, a}, 2), HasSubstr("the same key"));
  EXPECT_TRUE(absl::IsPermissionDenied(BundleKeys().Check(bundle_).status()));
}

}  // namespace
}  // namespace tarazy
