#include "policy/cedar/comments.h"

#include <utility>

#include "policy/cedar/text.h"

namespace tarazy {
namespace {

// Appends the comments of `gap`, which holds nothing else but space.
void AppendComments(absl::string_view gap,
                    std::vector<absl::string_view>* out) {
  while (true) {
    const size_t begin = gap.find("//");
    if (begin == absl::string_view::npos) return;
    gap.remove_prefix(begin);
    size_t end = gap.find_first_of("\r\n");
    if (end == absl::string_view::npos) end = gap.size();
    out->push_back(TrimSpace(gap.substr(0, end)));
    gap.remove_prefix(end);
  }
}

}  // namespace

absl::string_view TrimSpace(absl::string_view text) {
  absl::string_view rest = text;
  size_t begin = text.size(), end = text.size();
  bool started = false;
  while (!rest.empty()) {
    const size_t at = text.size() - rest.size();
    if (IsWhiteSpace(TakeCodePoint(&rest))) continue;
    if (!started) begin = at;
    started = true;
    end = text.size() - rest.size();
  }
  return text.substr(begin, end - begin);
}

std::vector<CommentedToken> ReadTokens(absl::string_view text,
                                       std::vector<absl::string_view>* last) {
  std::vector<CommentedToken> tokens;
  Lexer lexer(text);
  size_t gap_begin = 0;
  while (true) {
    const Token token = lexer.Next();
    absl::string_view gap =
        text.substr(gap_begin, token.span.begin - gap_begin);
    if (!tokens.empty()) {
      size_t line_end = gap.find_first_of("\r\n");
      if (line_end == absl::string_view::npos) line_end = gap.size();
      tokens.back().trailing = TrimSpace(gap.substr(0, line_end));
      gap.remove_prefix(line_end);
    }
    if (token.kind == TokenKind::kEnd) {
      AppendComments(gap, last);
      return tokens;
    }
    CommentedToken next;
    next.kind = token.kind;
    next.text =
        text.substr(token.span.begin, token.span.end - token.span.begin);
    AppendComments(gap, &next.leading);
    tokens.push_back(std::move(next));
    gap_begin = token.span.end;
  }
}

}  // namespace tarazy
