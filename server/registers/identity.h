// Identification numbers of Kazakhstan.
//
// An IIN is YYMMDD, a digit 1 to 6 for century and sex, four serial digits and
// a check digit. A BIN is YYMM, a digit 4 to 6 for the kind of entity, a
// digit 0 to 4, five serial digits and a check digit. The check digit is the
// sum of d[i]*i, i = 1..11, modulo 11; if that is 10, the sum with weights 3,
// 4, 5, 6, 7, 8, 9, 10, 11, 1, 2; if that is 10 too, the number is invalid.
//
// Messages never hold the number.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_REGISTERS_IDENTITY_H_
#define TARAZY_SERVER_REGISTERS_IDENTITY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tarazy {

// INVALID_ARGUMENT says what is wrong, without the number and without a
// field's name.
absl::Status CheckIin(absl::string_view iin);
absl::Status CheckBin(absl::string_view bin);

// Whether `text` holds a valid IIN anywhere: 12 digits that stand alone. Free
// text that does is refused.
bool ContainsIin(absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_IDENTITY_H_
