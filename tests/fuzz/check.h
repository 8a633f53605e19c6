// What fuzz targets assert; a failure ends the process, as libFuzzer wants it.

#ifndef TARAZY_TESTS_FUZZ_CHECK_H_
#define TARAZY_TESTS_FUZZ_CHECK_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#define FUZZ_CHECK(condition)                                         \
  do {                                                                \
    if (!(condition)) {                                               \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
                   #condition);                                       \
      std::abort();                                                   \
    }                                                                 \
  } while (false)

inline std::string FuzzText(const uint8_t* data, size_t size) {
  return size == 0 ? std::string()
                   : std::string(reinterpret_cast<const char*>(data), size);
}

#endif  // TARAZY_TESTS_FUZZ_CHECK_H_
