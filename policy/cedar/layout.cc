#include "policy/cedar/layout.h"

#include <algorithm>
#include <iterator>

#include "policy/cedar/text.h"

namespace tarazy {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// The main blocks of combining marks and of characters without width.
constexpr Range kNarrowless[] = {
    {0x300, 0x36F},     {0x483, 0x489},   {0x591, 0x5BD},   {0x5BF, 0x5BF},
    {0x5C1, 0x5C2},     {0x5C4, 0x5C5},   {0x5C7, 0x5C7},   {0x610, 0x61A},
    {0x64B, 0x65F},     {0x670, 0x670},   {0x6D6, 0x6DC},   {0x6DF, 0x6E4},
    {0x6E7, 0x6E8},     {0x6EA, 0x6ED},   {0x1160, 0x11FF}, {0x1AB0, 0x1ACE},
    {0x1DC0, 0x1DFF},   {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F},
    {0x20D0, 0x20F0},   {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
    {0xE0000, 0xE0FFF},
};

// East Asian wide and full-width characters, and emoji.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},
    {0x23E9, 0x23EC},   {0x23F0, 0x23F0},   {0x23F3, 0x23F3},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},
    {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},
    {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},
    {0x26F2, 0x26F3},   {0x26F5, 0x26F5},   {0x26FA, 0x26FA},
    {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},
    {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27B0, 0x27B0},   {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},
    {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF}, {0x1AFF0, 0x1B2FF},
    {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E},
    {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F335},
    {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA},
    {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
    {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC},
    {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E}, {0x1F550, 0x1F567},
    {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4},
    {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC},
    {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6D7}, {0x1F6DC, 0x1F6DF},
    {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7EB},
    {0x1F7F0, 0x1F7F0}, {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F945},
    {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
};

template <size_t n>
bool Contains(const Range (&ranges)[n], char32_t c) {
  const Range* at =
      std::lower_bound(std::begin(ranges), std::end(ranges), c,
                       [](const Range& r, char32_t v) { return r.last < v; });
  return at != std::end(ranges) && c >= at->first;
}

}  // namespace

uint32_t ColumnsOf(absl::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
  if (ascii) return static_cast<uint32_t>(text.size());
  uint32_t columns = 0;
  while (!text.empty()) {
    const char32_t c = TakeCodePoint(&text);
    if (Contains(kWide, c)) {
      columns += 2;
    } else if (!Contains(kNarrowless, c)) {
      columns += 1;
    }
  }
  return columns;
}

Layout::Layout() { Clear(); }

void Layout::Clear() {
  nodes_.assign(5, Node());
  nodes_[Space()].kind = Kind::kText;
  nodes_[Space()].text = " ";
  nodes_[Space()].columns = 1;
  nodes_[HardLine()].kind = Kind::kHardLine;
  nodes_[Line()].kind = Kind::kLine;
  nodes_[LineOrNone()].kind = Kind::kLineOrNone;
}

Layout::Doc Layout::Add(Node node) {
  nodes_.push_back(node);
  return static_cast<Doc>(nodes_.size() - 1);
}

Layout::Doc Layout::Text(absl::string_view text) {
  if (text.empty()) return Nothing();
  Node node;
  node.kind = Kind::kText;
  node.columns = ColumnsOf(text);
  node.text = text;
  return Add(node);
}

Layout::Doc Layout::Join(Doc left, Doc right) {
  if (left == Nothing()) return right;
  if (right == Nothing()) return left;
  Node node;
  node.kind = Kind::kJoin;
  node.left = left;
  node.right = right;
  return Add(node);
}

Layout::Doc Layout::Group(Doc inner) {
  if (inner == Nothing()) return inner;
  Node node;
  node.kind = Kind::kGroup;
  node.left = inner;
  return Add(node);
}

Layout::Doc Layout::Nest(uint32_t columns, Doc inner) {
  if (inner == Nothing()) return inner;
  Node node;
  node.kind = Kind::kNest;
  node.columns = columns;
  node.left = inner;
  return Add(node);
}

class Layout::Renderer {
 public:
  Renderer(const std::vector<Node>& nodes, uint32_t width)
      : nodes_(nodes), width_(width) {}

  std::string Render(Doc doc) {
    todo_.push_back({0, false, doc});
    while (!todo_.empty()) {
      const Command command = todo_.back();
      todo_.pop_back();
      Do(command);
    }
    return std::move(out_);
  }

 private:
  struct Command {
    uint32_t indent;
    bool flat;
    Doc doc;
  };

  void Do(const Command& command) {
    const Node& node = nodes_[command.doc];
    switch (node.kind) {
      case Kind::kNothing:
        break;
      case Kind::kText:
        out_.append(node.text.data(), node.text.size());
        column_ += node.columns;
        break;
      case Kind::kLine:
        if (!command.flat) {
          Break(command);
        } else {
          out_.push_back(' ');
          ++column_;
        }
        break;
      case Kind::kLineOrNone:
        if (!command.flat) Break(command);
        break;
      case Kind::kHardLine:
        Break(command);
        break;
      case Kind::kJoin:
        todo_.push_back({command.indent, command.flat, node.right});
        todo_.push_back({command.indent, command.flat, node.left});
        break;
      case Kind::kGroup:
        todo_.push_back(
            {command.indent, command.flat || Fits(node.left), node.left});
        break;
      case Kind::kNest:
        todo_.push_back(
            {command.indent + node.columns, command.flat, node.left});
        break;
    }
  }

  // The new line has the indentation of what comes next, which may stand
  // outside of the nests around the break.
  void Break(const Command& command) {
    column_ = todo_.empty() ? command.indent : todo_.back().indent;
    out_.push_back('\n');
    out_.append(column_, ' ');
  }

  // Whether `group` without breaks, and what follows it up to the next
  // possible break, ends within the width.
  bool Fits(Doc group) {
    uint64_t column = column_;
    size_t rest = todo_.size();
    bool flat = true;
    ahead_.assign(1, group);
    while (true) {
      if (ahead_.empty()) {
        if (rest == 0) return true;
        flat = false;
        ahead_.push_back(todo_[--rest].doc);
      }
      const Node& node = nodes_[ahead_.back()];
      ahead_.pop_back();
      switch (node.kind) {
        case Kind::kNothing:
          break;
        case Kind::kText:
          column += node.columns;
          break;
        case Kind::kLine:
          if (!flat) return true;
          ++column;
          break;
        case Kind::kLineOrNone:
          if (!flat) return true;
          break;
        case Kind::kHardLine:
          return !flat;
        case Kind::kJoin:
          ahead_.push_back(node.right);
          ahead_.push_back(node.left);
          break;
        case Kind::kGroup:
        case Kind::kNest:
          ahead_.push_back(node.left);
          break;
      }
      if (column > width_) return false;
    }
  }

  const std::vector<Node>& nodes_;
  const uint32_t width_;
  std::vector<Command> todo_;
  std::vector<Doc> ahead_;
  std::string out_;
  uint32_t column_ = 0;
};

std::string Layout::Render(Doc doc, uint32_t width) const {
  return Renderer(nodes_, width).Render(doc);
}

}  // namespace tarazy
