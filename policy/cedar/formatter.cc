#include "policy/cedar/formatter.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/comments.h"
#include "policy/cedar/policy_json.h"
#include "policy/cedar/policy_layout.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

bool IsBlank(absl::string_view line) { return TrimSpace(line).empty(); }

// Appends `text`, which holds no string and no comment, without the lines that
// are blank. What stands before its first and after its last line break
// belongs to lines that go on.
void AppendWithoutBlankLines(absl::string_view text, std::string* out) {
  const size_t first = text.find('\n');
  if (first == absl::string_view::npos) {
    absl::StrAppend(out, text);
    return;
  }
  absl::StrAppend(out, text.substr(0, first + 1));
  text.remove_prefix(first + 1);
  while (true) {
    const size_t end = text.find('\n');
    if (end == absl::string_view::npos) break;
    const absl::string_view line = text.substr(0, end + 1);
    if (!IsBlank(line)) absl::StrAppend(out, line);
    text.remove_prefix(end + 1);
  }
  absl::StrAppend(out, text);
}

// Comments that stand on lines of their own leave blank lines behind.
std::string WithoutBlankLines(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t begin = text.find_first_of("\"/");
    while (begin != absl::string_view::npos && text[begin] == '/' &&
           text.substr(begin, 2) != "//") {
      begin = text.find_first_of("\"/", begin + 1);
    }
    if (begin == absl::string_view::npos) begin = text.size();
    AppendWithoutBlankLines(text.substr(0, begin), &out);
    text.remove_prefix(begin);
    if (text.empty()) break;
    size_t end = 1;
    if (text[0] == '/') {
      end = text.find('\n');
    } else {
      while (end < text.size() && text[end] != '"') {
        end += text[end] == '\\' ? 2 : 1;
      }
      ++end;
    }
    absl::StrAppend(&out, text.substr(0, end));
    text.remove_prefix(std::min(end, text.size()));
  }
  return std::string(TrimSpace(out));
}

bool SameMeaning(const PolicySet& a, const PolicySet& b) {
  return PolicySetToJson(a, JsonStyle::kCompact) ==
         PolicySetToJson(b, JsonStyle::kCompact);
}

std::string Layed(const Source& source, const FormatOptions& options) {
  std::vector<absl::string_view> last_comments;
  std::vector<CommentedToken> tokens =
      ReadTokens(source.text(), &last_comments);
  PolicyLayout layout(std::move(tokens), options.indent_width);
  std::string out;
  while (!layout.AtEnd()) {
    if (!out.empty()) out += "\n\n";
    out += WithoutBlankLines(layout.NextPolicy(options.line_width));
  }
  out += "\n";
  for (absl::string_view comment : last_comments) {
    absl::StrAppend(&out, comment, "\n");
  }
  return out;
}

}  // namespace

absl::optional<std::string> FormatPolicies(const Source& source,
                                           const FormatOptions& options,
                                           Diagnostics* diagnostics) {
  PolicySet before;
  if (!ParsePolicies(source, options.parse, &before, diagnostics)) {
    return absl::nullopt;
  }
  std::string text = Layed(source, options);
  PolicySet after;
  Diagnostics unexpected;
  ParseOptions parse = options.parse;
  parse.max_bytes = 0xFFFFFFFFu;  // indentation may make the text longer
  if (!ParsePolicies(Source("formatted", text), parse, &after, &unexpected) ||
      !SameMeaning(before, after)) {
    Diagnostic d;
    d.code = "format/changed-meaning";
    d.source = std::string(source.name());
    d.message = "the formatted policies would not mean the same";
    d.help = "this is a defect of the formatter: please report it";
    diagnostics->push_back(std::move(d));
    return absl::nullopt;
  }
  return text;
}

}  // namespace tarazy
