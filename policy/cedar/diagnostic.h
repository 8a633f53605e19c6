// What is wrong with a source, said to a person.
//
// A diagnostic is a stable code, a byte span, a message and, where there is a
// next step, a help line. Messages are lower case, without a final full stop,
// with the user's own text in backticks.
//
// Thread-safety: plain values.

#ifndef TARAZY_POLICY_CEDAR_DIAGNOSTIC_H_
#define TARAZY_POLICY_CEDAR_DIAGNOSTIC_H_

#include <string>
#include <vector>

#include "policy/cedar/source.h"

namespace tarazy {

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  // Stable and greppable, for example "parse/unexpected-token".
  std::string code;
  // Name of the Source that `span` lies in.
  std::string source;
  Span span;
  std::string message;
  std::string help;  // empty: none
};

using Diagnostics = std::vector<Diagnostic>;

bool HasErrors(const Diagnostics& diagnostics);

// By source, span, code, message: the same input prints the same text.
void SortDiagnostics(Diagnostics* diagnostics);

// "file:line:column: error[code]: message", the line, a caret under the span,
// and the help. `source` is the text that the span lies in.
std::string FormatDiagnostic(const Diagnostic& diagnostic,
                             const Source& source);

// All of them, each against the source of its name; one that has no source in
// `sources` prints without the line and the caret.
std::string FormatDiagnostics(const Diagnostics& diagnostics,
                              const std::vector<const Source*>& sources);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_DIAGNOSTIC_H_
