// Checks of the fields of a request, each naming the field and the reason.
//
// All answer OK or INVALID_ARGUMENT, for example "`consent.purposes[3]`: is 130
// bytes long; the limit is 128". A message never repeats the text that was
// refused: it may hold what must not be logged.
//
// Nothing is allocated while the checks pass. Thread-safety: functions without
// state.

#ifndef TARAZY_SERVER_REGISTERS_FIELD_CHECK_H_
#define TARAZY_SERVER_REGISTERS_FIELD_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/registers/pseudonym.h"
#include "tarazy/v1/common.pb.h"

namespace tarazy {

// Where a field lies in a request, written out only for a message. Refers to
// its parent and to `name`, which outlive it.
class FieldPath {
 public:
  explicit FieldPath(absl::string_view name) : name_(name) {}
  FieldPath(const FieldPath& parent, absl::string_view name)
      : parent_(&parent), name_(name) {}
  // An element of a repeated field.
  FieldPath(const FieldPath& parent, absl::string_view name, int index)
      : parent_(&parent), name_(name), index_(index) {}

  // "consent.purposes[3]".
  std::string ToString() const;

 private:
  const FieldPath* parent_ = nullptr;
  absl::string_view name_;
  int index_ = -1;
};

enum class Presence : uint8_t { kOptional, kRequired };

// The error of a field.
absl::Status FieldError(const FieldPath& field, absl::string_view reason);

// UTF-8 of at most `max_bytes`, without an IIN in it.
absl::Status CheckText(const FieldPath& field, absl::string_view text,
                       size_t max_bytes, Presence presence);

// A number of elements.
absl::Status CheckCount(const FieldPath& field, int count, int max);

// `is_valid` is the generated Foo_IsValid. 0 means that it is not stated.
absl::Status CheckEnum(const FieldPath& field, int value, bool (*is_valid)(int),
                       Presence presence);

// A business identification number.
absl::Status CheckBinField(const FieldPath& field, absl::string_view bin,
                           Presence presence);

// The id of a consent or an objection: 32 lower-case hex digits.
absl::Status CheckEntryId(const FieldPath& field, absl::string_view id);

// A field that the caller must leave out.
absl::Status CheckUnset(const FieldPath& field, bool set);

// An instant of the years 1970 to 9999 as milliseconds since 1970 UTC; what is
// finer is cut off.
absl::Status ReadTimestamp(const FieldPath& field,
                           const google::protobuf::Timestamp& timestamp,
                           int64_t* ms);
void WriteTimestamp(int64_t ms, google::protobuf::Timestamp* timestamp);

// Half-open [from, until). An end that is absent gives INT64_MIN or
// INT64_MAX. A period that holds no instant is refused.
absl::Status ReadPeriod(const FieldPath& field, const v1::Period& period,
                        int64_t* from_ms, int64_t* until_ms);

// Checks the subject (required) and replaces an IIN by its pseudonym.
absl::Status ReplaceSubject(const FieldPath& field,
                            const Pseudonymizer& pseudonymizer,
                            v1::Subject* subject, Pseudonym* pseudonym);

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_FIELD_CHECK_H_
