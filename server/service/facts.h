// The fact vocabulary: what a policy may read of a request, and how.
//
// One table (facts.cc) maps each fact path of a pack's schema, for example
// `context.act.placeOfCapture`, to the function that reads it from a request
// and to the request's field that gives it. When a pack is loaded, each fact
// slot of its programs is resolved against the table once per kind of act, so
// that reading a fact is one indirect call. A slot that no request carries is
// an error of the pack, which then does not go in service.
//
// A fact that is not stated is Value::Missing(), and nothing here turns a
// missing fact into a value: an enum's zero, an absent `optional`, an absent
// message and an empty text are all missing.
//
// Thread-safety: ResolvedProgram is immutable; a Binding and the reader over
// it belong to one thread.

#ifndef TARAZY_SERVER_SERVICE_FACTS_H_
#define TARAZY_SERVER_SERVICE_FACTS_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "policy/cedar/schema.h"
#include "policy/eval/arena.h"
#include "policy/eval/evaluator.h"
#include "policy/program/program.h"
#include "server/registers/registers.h"
#include "server/registers/selection.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

// Kinds of act are numbered as the fields of Operation.kind: 1 to 9.
using ActKind = v1::Operation::KindCase;
constexpr int kActKinds = 10;

// A consent as policies read it, wherever it comes from. Instants are
// milliseconds since 1970 UTC.
struct ConsentFacts {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

  v1::ConsentGiver given_by = v1::CONSENT_GIVER_UNSPECIFIED;
  v1::ConsentChannel channel = v1::CONSENT_CHANNEL_UNSPECIFIED;
  const google::protobuf::RepeatedPtrField<std::string>* purposes = nullptr;
  const google::protobuf::RepeatedPtrField<std::string>* items = nullptr;
  // False: the caller did not say for what time it holds.
  bool has_validity = false;
  int64_t valid_from_ms = 0;
  int64_t valid_until_ms = kNone;
  int64_t withdrawn_ms = kNone;
  bool withdrawal_barred = false;
  bool has_covers_automated = false;
  bool covers_automated = false;
  bool asserted = false;
};

ConsentFacts FromRegister(const ConsentEntry& entry);
// `validity` has been checked: its instants are in range.
ConsentFacts FromCaller(const v1::AssertedConsent& asserted);

class EnumNames;

// What the facts of one evaluation are read from.
struct Binding {
  const v1::DecideRequest* request = nullptr;
  int64_t now_ms = 0;
  const ConsentFacts* consent = nullptr;  // null: there is none
  // Null: the registers could not be asked, because no subject is named.
  const ObjectionSummary* objections = nullptr;
  const EnumNames* names = nullptr;
  Arena* arena = nullptr;
};

// Reads one fact; `name` is that of an extension.
using FactFunction = Value (*)(const Binding&, const std::string& name);

// A row of the table.
struct Fact {
  const char* path;
  // Bit k: acts of kind k carry it.
  uint16_t kinds;
  // The request's field; one that starts with a point lies under
  // `operation.KIND`. Empty: it comes from a register or the clock.
  const char* field;
  FactFunction read;
  // Only its presence can be asked: it is a record.
  bool record = false;
  // Index of the enum that it takes its value from, or -1.
  int enumeration = -1;
};

// All rows but that of extensions, whose paths are "context.ext." and a name.
const std::vector<Fact>& AllFacts();
const Fact& ExtensionFact();

// An enum of the wire and the entity type that policies know it by.
struct EnumType {
  const char* entity_type;
  const google::protobuf::EnumDescriptor* descriptor;
};
const std::vector<EnumType>& AllEnums();

// The id of an enum value: its name without the enum's own name before it,
// PLACE_PUBLIC of enum Place being "PUBLIC".
std::string EnumValueId(const google::protobuf::EnumValueDescriptor& value);

// Each enum value as one program names it.
class EnumNames {
 public:
  // With `required` (indexes of AllEnums()), a value that the program has no
  // word for is an error: a policy could not have meant it.
  absl::Status Resolve(const Program& program,
                       const std::vector<bool>& required);

  // `number` is one of the enum's own and not 0.
  const EntityName* Get(int enumeration, int number) const {
    return names_[enumeration][number];
  }

 private:
  std::vector<std::vector<const EntityName*>> names_;
  std::deque<std::string> ids_;
  std::deque<EntityName> own_;  // those that the program does not name
};

// A program with its slots resolved.
class ResolvedProgram {
 public:
  // INVALID_ARGUMENT names every slot that no request carries. `program`
  // outlives the result.
  static absl::StatusOr<std::unique_ptr<const ResolvedProgram>> Resolve(
      const Program& program);

  struct Slot {
    const Fact* fact = nullptr;  // null: acts of this kind do not carry it
    std::string extension;
  };

  const Program& program() const { return *program_; }
  const EnumNames& names() const { return names_; }
  // Value of a slot.
  Value Read(const Binding& binding, uint32_t slot) const {
    const Slot& s = slots_[binding.request->operation().kind_case()][slot];
    if (s.fact == nullptr) return Value::Missing();
    return s.fact->read(binding, s.extension);
  }

  // The request's field that gives a slot; empty where a register does.
  std::string Field(const Binding& binding, uint32_t slot) const;

  // Principal, action and resource of a request whose subject, if any, has
  // been replaced by its pseudonym. What they point to lives as long as
  // `names` and the request.
  struct ScopeNames {
    EntityName principal;
    EntityName resource;
  };
  ScopeRequest Scope(const v1::DecideRequest& request, ScopeNames* names) const;

 private:
  ResolvedProgram() = default;

  const Program* program_ = nullptr;
  EnumNames names_;
  std::vector<Slot> slots_[kActKinds];
  const EntityName* actions_[kActKinds] = {};
  EntityName own_actions_[kActKinds];
  uint32_t operator_type_ = 0;
  uint32_t resource_types_[kActKinds] = {};
};

// The reader that the evaluator asks.
class BoundFacts final : public FactReader {
 public:
  BoundFacts(const ResolvedProgram& program, const Binding& binding)
      : program_(program), binding_(binding) {}
  Value Read(uint32_t slot) override { return program_.Read(binding_, slot); }

 private:
  const ResolvedProgram& program_;
  const Binding& binding_;
};

// The row of a fact that acts of `kind` carry, or null.
const Fact* FindFact(absl::string_view path, ActKind kind);

// Name of the field of `kind` in Operation, for example "biometric_use"; of
// its action in the schema, "biometricUse"; of its resource type,
// "PersonalData". `kind` is 1 to 9.
const std::string& OperationField(int kind);
const char* ActionId(int kind);
const char* ResourceType(int kind);

// Extensions that a pack declares under context.ext of some action.
struct ExtensionType {
  std::string name;
  TypePtr type;
};
std::vector<ExtensionType> DeclaredExtensions(const Schema& schema);

// Milliseconds of a timestamp in range, what is finer cut off.
int64_t TimestampMs(const google::protobuf::Timestamp& timestamp);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_FACTS_H_
