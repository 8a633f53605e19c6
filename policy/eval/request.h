// A general request: four names and a context, as values.
//
// Thread-safety: built by one thread, then immutable.

#ifndef TARAZY_POLICY_EVAL_REQUEST_H_
#define TARAZY_POLICY_EVAL_REQUEST_H_

#include <deque>

#include "absl/strings/string_view.h"
#include "policy/eval/arena.h"
#include "policy/eval/entities.h"
#include "policy/eval/value.h"

namespace tarazy {

// Gives entities their names; readers of values ask it.
class NameSource {
 public:
  virtual ~NameSource() = default;
  // Lives as long as what the values belong to.
  virtual const EntityName* Name(absl::string_view type,
                                 absl::string_view id) = 0;
};

class Request : public NameSource {
 public:
  // `store` and its program outlive the request.
  Request(const Program* program, const EntityStore* store)
      : program_(program), store_(store) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  const EntityName* Name(absl::string_view type, absl::string_view id) override;
  Arena* arena() { return &arena_; }

  const Program& program() const { return *program_; }
  const EntityStore& store() const { return *store_; }

  const EntityName* principal = nullptr;
  const EntityName* action = nullptr;
  const EntityName* resource = nullptr;
  Value context;  // a record

 private:
  const Program* program_;
  const EntityStore* store_;
  Arena arena_;
  std::deque<EntityName> names_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_REQUEST_H_
