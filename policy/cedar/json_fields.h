// What the readers of policies in JSON share: errors with places, and the
// checks of an object's keys.
//
// Thread-safety: belongs to one thread.

#ifndef TARAZY_POLICY_CEDAR_JSON_FIELDS_H_
#define TARAZY_POLICY_CEDAR_JSON_FIELDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/json.h"
#include "policy/cedar/source.h"

namespace tarazy {

class JsonErrors {
 public:
  JsonErrors(const Source& source, uint32_t max, Diagnostics* diagnostics)
      : source_(source), max_(max), diagnostics_(diagnostics) {}

  // Always false, so that readers can return it.
  bool Add(absl::string_view code, const Span& span, std::string message,
           std::string help = "");

  // `value` is not of the kind that is wanted: "an object".
  bool WrongKind(const JsonValue& value, absl::string_view wanted);

  // `value` is an object that has all of `required` and nothing but those and
  // `optional`.
  bool CheckKeys(const JsonValue& value,
                 const std::vector<absl::string_view>& required,
                 const std::vector<absl::string_view>& optional = {});

  // The member `key`, which must be there and a string.
  bool ReadString(const JsonValue& object, absl::string_view key,
                  std::string* out);

  // `{"type", "id"}`, or that inside of `{"__entity": …}`.
  bool ReadEntity(const JsonValue& json, EntityUid* out);

  // A type's name.
  bool CheckType(const std::string& name, const Span& span);

  uint32_t count() const { return count_; }

 private:
  const Source& source_;
  const uint32_t max_;
  Diagnostics* diagnostics_;
  uint32_t count_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_JSON_FIELDS_H_
