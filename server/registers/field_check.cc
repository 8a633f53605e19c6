#include "server/registers/field_check.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "policy/pack/calendar.h"
#include "server/registers/identity.h"

namespace tarazy {
namespace {

constexpr int64_t kMsOfSecond = 1000;
constexpr int32_t kNanosOfMs = 1000000;
constexpr int32_t kMaxNanos = 999999999;

// Well-formed UTF-8: no overlong form, no surrogate, nothing over U+10FFFF.
// Source: the Unicode Standard, table 3-7.
bool IsUtf8(absl::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* const end = p + text.size();
  while (p < end) {
    const uint8_t lead = *p++;
    if (lead < 0x80) continue;
    int rest = 0;
    uint8_t low = 0x80;  // bounds of the second byte
    uint8_t high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      rest = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      rest = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      rest = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    for (; rest > 0; --rest) {
      if (p == end || *p < low || *p > high) return false;
      low = 0x80;
      high = 0xBF;
      ++p;
    }
  }
  return true;
}

bool IsLowerHex(absl::string_view text) {
  for (char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

absl::Status Required(const FieldPath& field) {
  return FieldError(field, "is required");
}

}  // namespace

std::string FieldPath::ToString() const {
  std::string text;
  if (parent_ != nullptr) text = absl::StrCat(parent_->ToString(), ".");
  absl::StrAppend(&text, name_);
  if (index_ >= 0) absl::StrAppend(&text, "[", index_, "]");
  return text;
}

absl::Status FieldError(const FieldPath& field, absl::string_view reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("`", field.ToString(), "`: ", reason));
}

absl::Status CheckText(const FieldPath& field, absl::string_view text,
                       size_t max_bytes, Presence presence) {
  if (text.empty()) {
    return presence == Presence::kRequired ? Required(field) : absl::OkStatus();
  }
  if (text.size() > max_bytes) {
    return FieldError(
        field, absl::StrCat("is ", text.size(), " bytes long; the limit is ",
                            max_bytes));
  }
  if (!IsUtf8(text)) return FieldError(field, "is not valid UTF-8");
  if (ContainsIin(text)) {
    return FieldError(field,
                      "holds an individual identification number; give it "
                      "in `subject.iin` alone");
  }
  return absl::OkStatus();
}

absl::Status CheckCount(const FieldPath& field, int count, int max) {
  if (count <= max) return absl::OkStatus();
  return FieldError(
      field, absl::StrCat("has ", count, " elements; the limit is ", max));
}

absl::Status CheckEnum(const FieldPath& field, int value, bool (*is_valid)(int),
                       Presence presence) {
  if (value == 0) {
    return presence == Presence::kRequired ? Required(field) : absl::OkStatus();
  }
  if (is_valid(value)) return absl::OkStatus();
  return FieldError(field, absl::StrCat("has no value numbered ", value));
}

absl::Status CheckBinField(const FieldPath& field, absl::string_view bin,
                           Presence presence) {
  if (bin.empty()) {
    return presence == Presence::kRequired ? Required(field) : absl::OkStatus();
  }
  const absl::Status status = CheckBin(bin);
  return status.ok() ? status : FieldError(field, status.message());
}

absl::Status CheckEntryId(const FieldPath& field, absl::string_view id) {
  if (id.empty()) return Required(field);
  if (id.size() == 32 && IsLowerHex(id)) return absl::OkStatus();
  return FieldError(field, "is not 32 lower-case hex digits");
}

absl::Status CheckUnset(const FieldPath& field, bool set) {
  if (!set) return absl::OkStatus();
  return FieldError(field, "is given by the register; leave it out");
}

absl::Status ReadTimestamp(const FieldPath& field,
                           const google::protobuf::Timestamp& timestamp,
                           int64_t* ms) {
  if (timestamp.nanos() < 0 || timestamp.nanos() > kMaxNanos) {
    return FieldError(field, "has nanos outside of 0 to 999999999");
  }
  if (timestamp.seconds() < kMinInstantMs / kMsOfSecond ||
      timestamp.seconds() > kMaxInstantMs / kMsOfSecond) {
    return FieldError(field, "lies outside of the years 1970 to 9999");
  }
  *ms = timestamp.seconds() * kMsOfSecond + timestamp.nanos() / kNanosOfMs;
  return absl::OkStatus();
}

void WriteTimestamp(int64_t ms, google::protobuf::Timestamp* timestamp) {
  timestamp->set_seconds(ms / kMsOfSecond);
  timestamp->set_nanos(static_cast<int32_t>(ms % kMsOfSecond) * kNanosOfMs);
}

absl::Status ReadPeriod(const FieldPath& field, const v1::Period& period,
                        int64_t* from_ms, int64_t* until_ms) {
  *from_ms = std::numeric_limits<int64_t>::min();
  *until_ms = std::numeric_limits<int64_t>::max();
  absl::Status status;
  if (period.has_from()) {
    status = ReadTimestamp(FieldPath(field, "from"), period.from(), from_ms);
    if (!status.ok()) return status;
  }
  if (period.has_until()) {
    status = ReadTimestamp(FieldPath(field, "until"), period.until(), until_ms);
    if (!status.ok()) return status;
  }
  if (*from_ms < *until_ms) return absl::OkStatus();
  return FieldError(FieldPath(field, "until"),
                    "is not after `from`; a period ends before `until`");
}

absl::Status ReplaceSubject(const FieldPath& field,
                            const Pseudonymizer& pseudonymizer,
                            v1::Subject* subject, Pseudonym* pseudonym) {
  switch (subject->id_case()) {
    case v1::Subject::kIin: {
      const absl::Status status = CheckIin(subject->iin());
      if (!status.ok()) {
        return FieldError(FieldPath(field, "iin"), status.message());
      }
      *pseudonym = pseudonymizer.Of(subject->iin());
      subject->set_pseudonym(pseudonym->ToHex());
      return absl::OkStatus();
    }
    case v1::Subject::kPseudonym:
      if (Pseudonym::FromHex(subject->pseudonym(), pseudonym)) {
        return absl::OkStatus();
      }
      return FieldError(FieldPath(field, "pseudonym"),
                        "is not 64 lower-case hex digits");
    case v1::Subject::ID_NOT_SET:
      break;
  }
  return FieldError(field, "is required; give an `iin` or a `pseudonym`");
}

}  // namespace tarazy
