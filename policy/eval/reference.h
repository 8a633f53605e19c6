// The deliberately slow evaluator: the language's definition written down as
// plainly as possible, to compare the fast one with.
//
// It walks the tree, copies values, keeps them in std::map and std::set, finds
// ancestors by searching the graph anew each time, and has its own readers of
// extension literals. It shares nothing with the fast evaluator but the tree.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5.

#ifndef TARAZY_POLICY_EVAL_REFERENCE_H_
#define TARAZY_POLICY_EVAL_REFERENCE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/types/optional.h"
#include "policy/cedar/ast.h"

namespace tarazy {

struct ReferenceValue {
  enum class Kind {
    kBool,
    kLong,
    kString,
    kEntity,
    kSet,
    kRecord,
    kIp,  // text: the address in binary and its prefix length
    kDecimal,
    kDatetime,
    kDuration,
  };
  using Set = std::set<ReferenceValue>;
  using Record = std::map<std::string, ReferenceValue>;

  Kind kind = Kind::kBool;
  int64_t number = 0;  // kBool, kLong, kDecimal, kDatetime, kDuration
  std::string text;    // kString, kIp
  EntityUid entity;
  std::shared_ptr<const Set> set;
  std::shared_ptr<const Record> record;

  bool operator<(const ReferenceValue& o) const;
  bool operator==(const ReferenceValue& o) const {
    return !(*this < o) && !(o < *this);
  }

  static ReferenceValue Number(Kind kind, int64_t number);
  static ReferenceValue Text(Kind kind, std::string text);
  static ReferenceValue Of(EntityUid entity);
  static ReferenceValue Of(Set set);
  static ReferenceValue Of(Record record);
};

struct ReferenceEntity {
  ReferenceValue::Record attributes;
  ReferenceValue::Record tags;
  std::set<EntityUid> parents;
};

struct ReferenceRequest {
  EntityUid principal;
  EntityUid action;
  EntityUid resource;
  ReferenceValue::Record context;
  std::map<EntityUid, ReferenceEntity> entities;
};

struct ReferenceAnswer {
  bool allow = false;
  std::set<std::string> reasons;
  std::set<std::string> errors;  // ids of policies
};

// Static policies and links.
ReferenceAnswer ReferenceAuthorize(const PolicySet& policies,
                                   const ReferenceRequest& request);

// A call of an extension function on values; nothing where it errs.
absl::optional<ReferenceValue> ReferenceCall(
    const std::string& function, const std::vector<ReferenceValue>& arguments);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_REFERENCE_H_
