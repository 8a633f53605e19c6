// CRC-32C (Castagnoli), with the processor's instruction where it has one.
//
// Source: RFC 3720, B.4. Thread-safety: functions without state.

#ifndef TARAZY_SERVER_AUDIT_CRC32C_H_
#define TARAZY_SERVER_AUDIT_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace tarazy {

// The sum of what `crc` is the sum of (0: nothing) followed by `data`.
uint32_t Crc32c(uint32_t crc, absl::string_view data);

// The same by table, for processors without the instruction.
uint32_t Crc32cPortable(uint32_t crc, absl::string_view data);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_CRC32C_H_
