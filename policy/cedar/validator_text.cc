#include "policy/cedar/validator_text.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>
#include <unicode/uspoof.h>

#include <algorithm>
#include <bitset>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

bool TurnsDirection(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

// Scripts by their number; UTS 39 adds the systems of writing that mix some.
using Scripts = std::bitset<USCRIPT_CODE_LIMIT>;

Scripts ScriptsOf(char32_t c) {
  constexpr int kMost = 64;
  UScriptCode codes[kMost];
  UErrorCode status = U_ZERO_ERROR;
  const int count = uscript_getScriptExtensions(static_cast<UChar32>(c), codes,
                                                kMost, &status);
  Scripts scripts;
  // Without data nothing can be said of the character.
  if (U_FAILURE(status)) return scripts.set();
  for (int i = 0; i < count; ++i) {
    switch (codes[i]) {
      case USCRIPT_COMMON:
      case USCRIPT_INHERITED:
        return scripts.set();
      case USCRIPT_HAN:
        scripts.set(USCRIPT_HAN_WITH_BOPOMOFO);
        scripts.set(USCRIPT_JAPANESE);
        scripts.set(USCRIPT_KOREAN);
        break;
      case USCRIPT_HIRAGANA:
      case USCRIPT_KATAKANA:
        scripts.set(USCRIPT_JAPANESE);
        break;
      case USCRIPT_HANGUL:
        scripts.set(USCRIPT_KOREAN);
        break;
      case USCRIPT_BOPOMOFO:
        scripts.set(USCRIPT_HAN_WITH_BOPOMOFO);
        break;
      case USCRIPT_UNKNOWN:  // of no script: it goes with no other character
        continue;
      default:
        break;
    }
    scripts.set(static_cast<size_t>(codes[i]));
  }
  return scripts;
}

// Characters with Identifier_Status=Allowed: those recommended, and some that
// names need besides.
bool IsAllowedInNames(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  const USet* const recommended = uspoof_getRecommendedSet(&status);
  const USet* const included = uspoof_getInclusionSet(&status);
  if (U_FAILURE(status)) return true;
  const auto code_point = static_cast<UChar32>(c);
  return uset_contains(recommended, code_point) ||
         uset_contains(included, code_point);
}

class TextChecker {
 public:
  explicit TextChecker(Findings* findings) : findings_(*findings) {}

  void Check(absl::string_view text, bool name, Span span) {
    bool turns = false;
    bool all_allowed = true;
    char32_t unusual = 0;
    Scripts scripts;
    scripts.set();
    for (absl::string_view rest = text; !rest.empty();) {
      const char32_t c = TakeCodePoint(&rest);
      turns = turns || TurnsDirection(c);
      if (c >= ' ' && c <= '~') {
        if (('a' <= (c | 0x20)) && ((c | 0x20) <= 'z')) scripts &= latin_;
        continue;
      }
      if (name && all_allowed && !IsAllowedInNames(c)) {
        all_allowed = false;
        unusual = c;
      }
      scripts &= ScriptsOf(c);
    }
    if (turns) {
      WarnOfDirection(span);
    } else if (!all_allowed) {
      findings_.Warning(
          "unusual-character", span,
          absl::StrCat(
              "the name `", EscapeString(text), "` has the character ",
              absl::StrFormat("U+%04X", static_cast<uint32_t>(unusual)),
              ", which is not meant for names"),
          "it may be taken for another character, or not be seen");
    } else if (scripts.none()) {
      findings_.Warning(
          "mixed-scripts", span,
          absl::StrCat("the ", name ? "name" : "text", " `", EscapeString(text),
                       "` mixes letters of different scripts"),
          "a letter may look like one of another script");
    }
  }

  void WarnOfDirection(Span span) {
    findings_.Warning("hidden-direction", span,
                      "this text has a character that turns the direction "
                      "of writing",
                      "it may show as something else than it is");
  }

 private:
  Findings& findings_;
  const Scripts latin_ = ScriptsOf('a');
};

bool TurnsDirection(const std::vector<PatternElement>& pattern) {
  return std::any_of(pattern.begin(), pattern.end(),
                     [](const PatternElement& element) {
                       return TurnsDirection(element.code_point);
                     });
}

// Whether the official engine prints a character of a pattern as an escape.
bool IsEscaped(char32_t c) {
  if (c == ' ') return false;
  const auto code_point = static_cast<UChar32>(c);
  constexpr uint32_t kUnprintable = U_GC_C_MASK | U_GC_Z_MASK;
  return (U_GET_GC_MASK(code_point) & kUnprintable) != 0 ||
         u_hasBinaryProperty(code_point, UCHAR_GRAPHEME_EXTEND);
}

// A pattern as the official validator looks at it: what is escaped counts as
// the letter of its escape.
std::string PatternText(const std::vector<PatternElement>& pattern) {
  std::string text;
  for (const PatternElement& element : pattern) {
    if (element.wildcard || element.code_point == 0) {
      text += '*';
    } else if (IsEscaped(element.code_point)) {
      text += 'u';
    } else {
      AppendUtf8(element.code_point, &text);
    }
  }
  return text;
}

}  // namespace

void CheckText(const Policy& policy, Findings* findings) {
  TextChecker checker(findings);
  for (const ScopeConstraint* scope : {&policy.principal, &policy.resource}) {
    checker.Check(scope->entity.id, true, scope->span);
  }
  for (const EntityUid& uid : policy.action.entities) {
    checker.Check(uid.id, true, policy.action.span);
  }
  for (const Expr& e : policy.exprs) {
    checker.Check(e.text, e.kind != ExprKind::kString, e.span);
    checker.Check(e.text2, true, e.span);
    for (const std::string& name : e.path) checker.Check(name, true, e.span);
    if (TurnsDirection(e.pattern)) {
      checker.WarnOfDirection(e.span);
    } else {
      checker.Check(PatternText(e.pattern), false, e.span);
    }
  }
}

}  // namespace tarazy
