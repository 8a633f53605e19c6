#include "policy/eval/request.h"

namespace tarazy {

const EntityName* Request::Name(absl::string_view type, absl::string_view id) {
  const EntityName* known = store_->FindName(type, id);
  if (known != nullptr) return known;
  EntityName own;
  own.type = arena_.Copy(type);
  own.id = arena_.Copy(id);
  own.known_type = program_->FindType(type);
  names_.push_back(own);
  return &names_.back();
}

}  // namespace tarazy
