#include "server/audit/salts.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

// Salts of a transaction, and how few are left when more are made.
constexpr size_t kMadeTogether = 4096;
constexpr size_t kFew = 2048;
constexpr size_t kTagBytes = 16;
constexpr absl::string_view kForCommitment = "tarazy/commitment/1:";
constexpr absl::string_view kForSeal = "tarazy/seal/1:";

using Key = std::array<uint8_t, 32>;

Key Derive(const Salt& salt, absl::string_view use, absl::string_view text) {
  const std::string message = absl::StrCat(use, text);
  Key key;
  unsigned int bytes = 0;
  HMAC(EVP_sha256(), salt.bytes.data(), static_cast<int>(salt.bytes.size()),
       reinterpret_cast<const uint8_t*>(message.data()), message.size(),
       key.data(), &bytes);
  return key;
}

absl::string_view View(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

// AES-256-GCM; the key is used once, so the nonce is zero. False: the text was
// not sealed with this key.
bool Crypt(const Key& key, bool seal, absl::string_view text,
           std::string* out) {
  const uint8_t nonce[12] = {};
  const size_t body = seal ? text.size() : text.size() - kTagBytes;
  out->assign(body + (seal ? kTagBytes : 0), '\0');
  auto* bytes = reinterpret_cast<uint8_t*>(&(*out)[0]);
  const auto* in = reinterpret_cast<const uint8_t*>(text.data());
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  int n = 0;
  bool good =
      context != nullptr &&
      EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nullptr, key.data(), nonce,
                        seal ? 1 : 0) == 1 &&
      EVP_CipherUpdate(context, bytes, &n, in, static_cast<int>(body)) == 1;
  if (good && !seal) {
    std::string tag(text.substr(body));
    good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagBytes,
                               &tag[0]) == 1;
  }
  good = good && EVP_CipherFinal_ex(context, bytes + n, &n) == 1;
  if (good && seal) {
    good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagBytes,
                               bytes + body) == 1;
  }
  EVP_CIPHER_CTX_free(context);
  return good;
}

// Maps in order, so that the same inputs have the same bytes.
std::string Bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

}  // namespace

SaltStore::~SaltStore() {
  {
    std::lock_guard<std::mutex> hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (Salt& salt : ready_) {
    OPENSSL_cleanse(salt.bytes.data(), salt.bytes.size());
  }
}

absl::StatusOr<std::unique_ptr<SaltStore>> SaltStore::Open(
    const std::string& path, bool make_ahead) {
  auto database = Database::Open(path, DatabaseUse::kShared);
  if (!database.ok()) return database.status();
  std::unique_ptr<SaltStore> store(new SaltStore(*std::move(database)));
  if (absl::Status s = store->Prepare(); !s.ok()) return s;
  if (!make_ahead) return store;
  store->thread_ = std::thread([raw = store.get()] { raw->MakeAhead(); });
  return store;
}

absl::Status SaltStore::Prepare() {
  // Numbers are never given again: one that was erased must not come to mean
  // another salt.
  return database_->Execute(
      "PRAGMA secure_delete=ON;"
      "CREATE TABLE IF NOT EXISTS salt("
      " id INTEGER PRIMARY KEY AUTOINCREMENT, salt BLOB NOT NULL);");
}

absl::StatusOr<std::vector<Salt>> SaltStore::MakeSome() {
  std::vector<Salt> salts(kMadeTogether);
  for (Salt& salt : salts) {
    if (RAND_priv_bytes(salt.bytes.data(), salt.bytes.size()) != 1) {
      return absl::UnavailableError("no random bytes for salts");
    }
  }
  std::lock_guard<std::mutex> hold(database_mutex_);
  auto insert =
      database_->Prepare("INSERT INTO salt(salt) VALUES(?) RETURNING id");
  if (!insert.ok()) return insert.status();
  absl::Status s = database_->Execute("BEGIN IMMEDIATE");
  for (size_t i = 0; i < salts.size() && s.ok(); ++i) {
    insert->BindBlob(
        1, absl::string_view(reinterpret_cast<char*>(salts[i].bytes.data()),
                             salts[i].bytes.size()));
    const auto row = insert->Step();
    s = row.status();
    if (s.ok()) salts[i].id = static_cast<uint64_t>(insert->Int(0));
    insert->Reset();
  }
  if (s.ok()) s = database_->Execute("COMMIT");
  if (!s.ok()) {
    database_->Rollback();
    return s;
  }
  return salts;
}

void SaltStore::MakeAhead() {
  std::unique_lock<std::mutex> hold(mutex_);
  for (;;) {
    changed_.wait(hold, [this] {
      return stopping_ || (wanted_ && ready_.size() < kFew);
    });
    if (stopping_) return;
    hold.unlock();
    auto made = MakeSome();
    hold.lock();
    failed_ = made.status();
    if (made.ok()) {
      ready_.insert(ready_.end(), made->begin(), made->end());
    } else if (!stopping_) {
      // Whoever waits is told; the next one to take asks again.
      changed_.notify_all();
      changed_.wait_for(hold, std::chrono::milliseconds(100));
    }
    changed_.notify_all();
  }
}

absl::StatusOr<Salt> SaltStore::Take() {
  std::unique_lock<std::mutex> hold(mutex_);
  wanted_ = true;
  if (ready_.empty()) {
    failed_ = absl::OkStatus();
    changed_.notify_all();
    changed_.wait(
        hold, [this] { return stopping_ || !ready_.empty() || !failed_.ok(); });
  }
  if (ready_.empty()) {
    return absl::UnavailableError(absl::StrCat(
        "no salts for personal inputs could be made: ", failed_.message()));
  }
  const Salt salt = ready_.front();
  ready_.pop_front();
  if (ready_.size() < kFew) changed_.notify_all();
  return salt;
}

absl::StatusOr<Salt> SaltStore::Find(uint64_t id) {
  std::lock_guard<std::mutex> hold(database_mutex_);
  auto select = database_->Prepare("SELECT salt FROM salt WHERE id=?");
  if (!select.ok()) return select.status();
  select->BindInt(1, static_cast<int64_t>(id));
  const auto row = select->Step();
  if (!row.ok()) return row.status();
  Salt salt;
  salt.id = id;
  if (!*row) {
    return absl::NotFoundError("the personal inputs were erased");
  }
  const absl::string_view bytes = select->Bytes(0);
  if (bytes.size() != salt.bytes.size()) {
    return absl::DataLossError("a salt is damaged");
  }
  std::copy(bytes.begin(), bytes.end(), salt.bytes.begin());
  return salt;
}

absl::Status SaltStore::Erase(const std::vector<uint64_t>& ids) {
  std::lock_guard<std::mutex> hold(database_mutex_);
  auto erase = database_->Prepare("DELETE FROM salt WHERE id=?");
  if (!erase.ok()) return erase.status();
  absl::Status s = database_->Execute("BEGIN IMMEDIATE");
  for (size_t i = 0; i < ids.size() && s.ok(); ++i) {
    erase->BindInt(1, static_cast<int64_t>(ids[i]));
    s = erase->Run();
  }
  if (s.ok()) s = database_->Execute("COMMIT");
  if (!s.ok()) {
    database_->Rollback();
    return s;
  }
  // The write-ahead log holds pages from before the erasure.
  const auto busy = database_->QueryInt("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy.ok()) return busy.status();
  if (*busy != 0) {
    return absl::UnavailableError(
        "the salts are erased, but a reader kept the write-ahead log from "
        "being emptied; ask again");
  }
  return absl::OkStatus();
}

bool HasPersonalInputs(const v1::DecideRequest& request) {
  return request.extensions_size() > 0 ||
         !request.asserted_consent().evidence().empty();
}

absl::StatusOr<v1::SealedInputs> SealInputs(const Salt& salt,
                                            v1::DecideRequest* request) {
  v1::DecideRequest inputs;
  inputs.mutable_extensions()->swap(*request->mutable_extensions());
  if (request->has_asserted_consent()) {
    inputs.mutable_asserted_consent()->mutable_evidence()->swap(
        *request->mutable_asserted_consent()->mutable_evidence());
  }
  const std::string text = Bytes(inputs);
  v1::SealedInputs sealed;
  sealed.set_salt(salt.id);
  sealed.set_commitment(std::string(View(Derive(salt, kForCommitment, text))));
  if (!Crypt(Derive(salt, kForSeal, ""), true, text, sealed.mutable_sealed())) {
    return absl::InternalError("the personal inputs could not be sealed");
  }
  return sealed;
}

absl::Status UnsealInputs(const Salt& salt, const v1::SealedInputs& sealed,
                          v1::DecideRequest* request) {
  std::string text;
  v1::DecideRequest inputs;
  if (sealed.sealed().size() < kTagBytes ||
      !Crypt(Derive(salt, kForSeal, ""), false, sealed.sealed(), &text) ||
      View(Derive(salt, kForCommitment, text)) !=
          absl::string_view(sealed.commitment()) ||
      !inputs.ParseFromString(text)) {
    return absl::DataLossError(
        "the sealed inputs are not those that the record commits to");
  }
  request->MergeFrom(inputs);
  return absl::OkStatus();
}

}  // namespace tarazy
