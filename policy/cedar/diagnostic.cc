#include "policy/cedar/diagnostic.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

// Of a longer line only the part around the caret is shown.
constexpr size_t kMaxShown = 160;

const char* Word(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

// One character of the shown line: tabs stay, so that the caret line can
// repeat them; what does not print becomes a question mark.
void AppendShown(char32_t c, std::string* out) {
  const bool control = (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0) ||
                       (c >= 0x200E && c <= 0x200F) ||
                       (c >= 0x2028 && c <= 0x202E) ||
                       (c >= 0x2066 && c <= 0x2069) || c > 0x10FFFF;
  if (control) {
    out->push_back('?');
  } else {
    AppendUtf8(c, out);
  }
}

// The line that the span starts in, and a line of carets under the span.
std::string Excerpt(const Span& span, const Source& source) {
  const LineColumn at = source.Locate(span.begin);
  absl::string_view line = source.Line(at.line);
  const size_t line_begin =
      static_cast<size_t>(line.data() - source.text().data());
  size_t begin = std::min<size_t>(span.begin, line_begin + line.size());
  begin -= std::min(begin, line_begin);
  size_t end = span.end > line_begin ? span.end - line_begin : 0;
  end = std::max(std::min(end, line.size()), begin);
  size_t cut = 0;
  if (begin > kMaxShown / 2) cut = begin - kMaxShown / 2;
  while (cut < line.size() && (line[cut] & 0xC0) == 0x80) ++cut;
  std::string shown, carets;
  if (cut > 0) {
    shown = "…";
    carets = " ";
  }
  absl::string_view rest = line.substr(cut);
  for (size_t count = 0; !rest.empty() && count < kMaxShown; ++count) {
    const size_t offset = line.size() - rest.size();
    const char32_t c = FindInvalidUtf8(rest.substr(0, 4)) == 0
                           ? (rest.remove_prefix(1), char32_t{0})
                           : TakeCodePoint(&rest);
    AppendShown(c, &shown);
    if (offset < begin) {
      carets.push_back(c == '\t' ? '\t' : ' ');
    } else if (offset < end || offset == begin) {
      carets.push_back('^');
    }
  }
  if (!rest.empty()) shown.append("…");
  if (begin >= line.size()) carets.push_back('^');
  return absl::StrCat("  ", shown, "\n  ", carets, "\n");
}

std::string Headline(const Diagnostic& d) {
  return absl::StrCat(Word(d.severity), "[", d.code, "]: ", d.message, "\n");
}

std::string HelpLine(const Diagnostic& d) {
  if (d.help.empty()) return "";
  return absl::StrCat("  help: ", d.help, "\n");
}

}  // namespace

bool HasErrors(const Diagnostics& diagnostics) {
  return std::any_of(
      diagnostics.begin(), diagnostics.end(),
      [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

void SortDiagnostics(Diagnostics* diagnostics) {
  const auto key = [](const Diagnostic& d) {
    return std::tie(d.source, d.span.begin, d.span.end, d.code, d.message,
                    d.help, d.severity);
  };
  std::sort(diagnostics->begin(), diagnostics->end(),
            [&](const Diagnostic& a, const Diagnostic& b) {
              return key(a) < key(b);
            });
}

std::string FormatDiagnostic(const Diagnostic& diagnostic,
                             const Source& source) {
  const LineColumn at = source.Locate(diagnostic.span.begin);
  return absl::StrCat(diagnostic.source, ":", at.line, ":", at.column, ": ",
                      Headline(diagnostic), Excerpt(diagnostic.span, source),
                      HelpLine(diagnostic));
}

std::string FormatDiagnostics(const Diagnostics& diagnostics,
                              const std::vector<const Source*>& sources) {
  std::string out;
  for (const Diagnostic& d : diagnostics) {
    const auto source = std::find_if(
        sources.begin(), sources.end(),
        [&](const Source* s) { return s != nullptr && s->name() == d.source; });
    if (source != sources.end()) {
      out += FormatDiagnostic(d, **source);
      continue;
    }
    if (!d.source.empty()) absl::StrAppend(&out, d.source, ": ");
    absl::StrAppend(&out, Headline(d), HelpLine(d));
  }
  return out;
}

}  // namespace tarazy
