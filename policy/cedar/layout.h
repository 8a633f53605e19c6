// Text with places where lines may break, and its rendering to a width.
//
// The idea is Wadler's ("A prettier printer"): a document is text, joined
// documents, and lines. A line is a space, or nothing, when the group that it
// stands in fits on the rest of the current line, and a line break otherwise;
// a group is tried as a whole, the outermost first. Breaks indent by the nests
// around what follows them.
//
// Whether a group fits is decided by looking ahead at most `width` columns, so
// rendering takes time in proportion to text times width. Nothing recurses:
// documents may be as deep as they like.
//
// Thread-safety: belongs to one thread. The texts outlive the layout.

#ifndef TARAZY_POLICY_CEDAR_LAYOUT_H_
#define TARAZY_POLICY_CEDAR_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

class Layout {
 public:
  // A document of this layout, by number.
  using Doc = uint32_t;

  Layout();

  Doc Nothing() const { return 0; }
  Doc Space() const { return 1; }
  Doc HardLine() const { return 2; }    // always breaks
  Doc Line() const { return 3; }        // a space in a group that fits
  Doc LineOrNone() const { return 4; }  // nothing in a group that fits
  Doc Text(absl::string_view text);
  Doc Join(Doc left, Doc right);
  template <typename... Rest>
  Doc Join(Doc first, Doc second, Rest... rest) {
    return Join(Join(first, second), rest...);
  }
  Doc Group(Doc inner);
  Doc Nest(uint32_t columns, Doc inner);

  // `doc` on lines of at most `width` columns, where its lines allow it.
  std::string Render(Doc doc, uint32_t width) const;

  // Forgets all documents.
  void Clear();

 private:
  class Renderer;
  enum class Kind : uint8_t {
    kNothing,
    kText,
    kHardLine,
    kLine,
    kLineOrNone,
    kJoin,
    kGroup,
    kNest,
  };
  struct Node {
    Kind kind = Kind::kNothing;
    uint32_t columns = 0;  // of the text; of the nest
    Doc left = 0;          // of a join; what is inside of a group or a nest
    Doc right = 0;
    absl::string_view text;
  };

  Doc Add(Node node);

  std::vector<Node> nodes_;
};

// Columns that `text` takes on a terminal: two for East Asian wide characters
// and emoji, none for marks that combine, one for all others.
uint32_t ColumnsOf(absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_LAYOUT_H_
