// Who may read what of the audit, and report of duties: the callers of the
// configuration's rights table, known by a token each.
//
// Tokens are kept as their SHA-256 alone, and every one of them is compared,
// in a time that does not depend on where they differ.
//
// Thread-safety: immutable.

#ifndef TARAZY_SERVER_OPS_CALLERS_H_
#define TARAZY_SERVER_OPS_CALLERS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ops/config.h"

namespace tarazy {

struct Caller {
  std::string name;
  Config::Rights::Role role = Config::Rights::Role::kService;
  std::string service;  // for kService
};

class Callers {
 public:
  // Reads the token files: one line of 32 to 1,024 bytes, readable by the
  // server's user alone. INVALID_ARGUMENT names the caller: a bad token, or
  // one that two callers share.
  static absl::StatusOr<Callers> Load(
      const std::vector<Config::Rights::Caller>& table);

  // The caller of an `authorization` value, "Bearer TOKEN". UNAUTHENTICATED
  // when it is not of that form or the token is nobody's.
  absl::StatusOr<Caller> Find(absl::string_view authorization) const;

 private:
  struct Known {
    std::array<uint8_t, 32> hash;
    Caller caller;
  };
  std::vector<Known> known_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_OPS_CALLERS_H_
