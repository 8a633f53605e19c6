#include "policy/cedar/token_stream.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

// Longer pieces of the user's text are cut in messages.
constexpr size_t kMaxQuoted = 60;

std::string Quote(absl::string_view text) {
  std::string shown;
  size_t count = 0;
  while (!text.empty() && count++ < kMaxQuoted) {
    const char32_t c = TakeCodePoint(&text);
    if (c == '"' || c == '\\') {
      shown.push_back(static_cast<char>(c));
    } else {
      std::string one;
      AppendUtf8(c, &one);
      shown.append(EscapeString(one));
    }
  }
  return absl::StrCat("`", shown, text.empty() ? "" : "…", "`");
}

std::string HelpFor(absl::string_view character) {
  if (character == "'") return "strings stand in double quotes";
  if (character == "&") return "did you mean `&&`?";
  if (character == "|") return "did you mean `||`?";
  if (character == "#") return "comments start with `//`";
  if (character == "\xEF\xBB\xBF") return "remove the byte order mark";
  return "";
}

}  // namespace

TokenStream::TokenStream(const Source& source, const ParseOptions& options,
                         Diagnostics* diagnostics)
    : source_(source),
      options_(options),
      diagnostics_(diagnostics),
      lexer_(source.text()),
      token_(lexer_.Next()),
      ahead_(lexer_.Next()) {}

absl::string_view TokenStream::Text(const Span& span) const {
  return source_.text().substr(span.begin, span.end - span.begin);
}

bool TokenStream::AtWord(absl::string_view word) const {
  return At(TokenKind::kWord) && Text(token_.span) == word;
}

Token TokenStream::Take() {
  const Token taken = token_;
  last_end_ = taken.span.end;
  if (taken.kind == TokenKind::kLeftBrace) ++brace_depth_;
  if (taken.kind == TokenKind::kRightBrace) --brace_depth_;
  token_ = ahead_;
  ahead_ = lexer_.Next();
  return taken;
}

bool TokenStream::TakeIf(TokenKind kind) {
  if (!At(kind)) return false;
  Take();
  return true;
}

bool TokenStream::Expect(TokenKind kind, absl::string_view what) {
  if (TakeIf(kind)) return true;
  Unexpected(what);
  return false;
}

bool TokenStream::TakePath(EntityPath* path) {
  path->span.begin = token_.span.begin;
  while (true) {
    if (!At(TokenKind::kWord)) {
      Unexpected(path->name.empty() ? "a name" : "a name or a string");
      return false;
    }
    const Token word = Take();
    CheckNotReserved(word);
    absl::StrAppend(&path->name,
                    path->name.empty() ? "" : "::", Text(word.span));
    path->span.end = word.span.end;
    if (!At(TokenKind::kDoubleColon)) return true;
    Take();
    if (At(TokenKind::kString)) {
      const Token id = Take();
      path->has_id = true;
      path->id = StringValue(id);
      path->span.end = id.span.end;
      return true;
    }
    if (At(TokenKind::kLeftBrace)) {
      Error("parse/entity", token_.span, "an entity is named by a string",
            absl::StrCat("write `", path->name, "::\"…\"`"));
      return false;
    }
    path->qualified = true;
  }
}

std::string TokenStream::StringValue(const Token& token) {
  const absl::string_view quoted = Text(token.span);
  std::vector<BadEscape> bad;
  std::string value = Unescape(quoted.substr(1, quoted.size() - 2), &bad);
  ReportEscapes(
      token, bad,
      "the escapes are \\n, \\r, \\t, \\\\, \\0, \\', \\\", \\x41 and "
      "\\u{1F600}");
  return value;
}

std::vector<PatternElement> TokenStream::PatternValue(const Token& token) {
  const absl::string_view quoted = Text(token.span);
  std::vector<BadEscape> bad;
  std::vector<PatternElement> pattern =
      UnescapePattern(quoted.substr(1, quoted.size() - 2), &bad);
  ReportEscapes(token, bad, "a pattern has the escapes of strings, and `\\*`");
  return pattern;
}

void TokenStream::ReportEscapes(const Token& token,
                                const std::vector<BadEscape>& bad,
                                absl::string_view help) {
  const uint32_t base = token.span.begin + 1;
  for (const BadEscape& range : bad) {
    const Span span = {base + static_cast<uint32_t>(range.begin),
                       base + static_cast<uint32_t>(range.end)};
    Error("parse/invalid-escape", span,
          absl::StrCat(Quote(Text(span)), " is not a valid escape"),
          std::string(help));
    if (stopped()) return;
  }
}

bool TokenStream::CheckNotReserved(const Token& word, absl::string_view help) {
  if (!IsReservedWord(Text(word.span))) return true;
  Error("parse/reserved-word", word.span,
        absl::StrCat("`", Text(word.span), "` is a reserved word"),
        std::string(help));
  return false;
}

void TokenStream::Error(absl::string_view code, const Span& span,
                        std::string message, std::string help) {
  if (stopped()) return;
  last_error_begin_ = span.begin;
  Diagnostic d;
  d.code = std::string(code);
  d.source = std::string(source_.name());
  d.span = span;
  d.message = std::move(message);
  d.help = std::move(help);
  if (++errors_ > options_.max_diagnostics) {
    d.code = "parse/too-many-errors";
    d.message = absl::StrCat("too many errors: only the first ",
                             options_.max_diagnostics, " are listed");
    d.help.clear();
  }
  diagnostics_->push_back(std::move(d));
}

void TokenStream::InvalidToken() {
  Error("parse/invalid-token", token_.span,
        absl::StrCat(Quote(text()), " is not part of the policy language"),
        HelpFor(text()));
}

void TokenStream::Unexpected(absl::string_view expected) {
  const std::string help =
      expected.empty() ? "" : absl::StrCat("expected ", expected);
  switch (token_.kind) {
    case TokenKind::kInvalid:
      InvalidToken();
      return;
    case TokenKind::kUnclosed:
      Error("parse/unclosed-string", token_.span, "the string is not closed",
            "end it with a double quote");
      return;
    case TokenKind::kEnd:
      Error("parse/unexpected-end", token_.span, "unexpected end of input",
            help);
      return;
    default:
      Error("parse/unexpected-token", token_.span,
            absl::StrCat("unexpected ", Quote(text())), help);
  }
}

}  // namespace tarazy
