// A piece of text that a person wrote, and places in it.
//
// Thread-safety: immutable after construction.

#ifndef TARAZY_POLICY_CEDAR_SOURCE_H_
#define TARAZY_POLICY_CEDAR_SOURCE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

// Half-open range of bytes [begin, end) of a Source.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;

  bool operator==(const Span& o) const {
    return begin == o.begin && end == o.end;
  }
};

// Line and column, both counted from 1; the column counts code points.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
};

// Named text. The name is what diagnostics print: a path, or "<request>".
// A source holds at most 4 GiB - 1 bytes; readers refuse larger input before
// they make one.
class Source {
 public:
  Source(std::string name, std::string text);

  absl::string_view name() const { return name_; }
  absl::string_view text() const { return text_; }

  // The place of byte `offset`; an offset past the end is the end.
  LineColumn Locate(uint32_t offset) const;

  // The line (counted from 1) without its line break; empty when absent.
  absl::string_view Line(uint32_t line) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SOURCE_H_
