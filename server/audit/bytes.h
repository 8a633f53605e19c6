// Integers in files: little-endian in the log's own, big-endian in tiles.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_AUDIT_BYTES_H_
#define TARAZY_SERVER_AUDIT_BYTES_H_

#include <cstddef>
#include <cstdint>

namespace tarazy {

template <typename T>
void PutLittle(T value, char* out) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out[i] = static_cast<char>(value >> (8 * i));
  }
}

template <typename T>
T GetLittle(const char* in) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | static_cast<T>(static_cast<uint8_t>(in[i]))
                                       << (8 * i));
  }
  return value;
}

template <typename T>
void PutBig(T value, char* out) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out[i] = static_cast<char>(value >> (8 * (sizeof(T) - 1 - i)));
  }
}

template <typename T>
T GetBig(const char* in) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(static_cast<T>(value << 8) |
                           static_cast<uint8_t>(in[i]));
  }
  return value;
}

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_BYTES_H_
