#include "policy/cedar/json.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/cedar/text.h"

namespace tarazy {

namespace {

class JsonReader {
 public:
  JsonReader(const Source& source, const JsonOptions& options,
             Diagnostics* diagnostics)
      : source_(source),
        text_(source.text()),
        options_(options),
        diagnostics_(diagnostics) {}

  absl::optional<JsonValue> Read() {
    if (text_.size() > options_.max_bytes) {
      Fail(0, 0, "json/too-large",
           absl::StrCat("the text has ", text_.size(), " bytes, over the ",
                        "limit of ", options_.max_bytes));
      return absl::nullopt;
    }
    const size_t bad = FindInvalidUtf8(text_);
    if (bad != absl::string_view::npos) {
      Fail(bad, bad + 1, "json/invalid-utf8", "the text is not UTF-8");
      return absl::nullopt;
    }
    JsonValue value;
    if (!ReadValue(0, &value)) return absl::nullopt;
    SkipSpace();
    if (at_ < text_.size()) {
      FailHere("unexpected text after the value");
      return absl::nullopt;
    }
    return value;
  }

 private:
  // Always false, so that callers can return it.
  bool Fail(size_t begin, size_t end, absl::string_view code,
            std::string message) {
    Diagnostic d;
    d.code = std::string(code);
    d.source = std::string(source_.name());
    d.span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
    d.message = std::move(message);
    diagnostics_->push_back(std::move(d));
    return false;
  }

  bool FailHere(std::string message) {
    return Fail(at_, at_ + (at_ < text_.size() ? 1 : 0), "json/syntax",
                std::move(message));
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                  text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool ReadValue(uint32_t depth, JsonValue* out) {
    SkipSpace();
    if (depth >= options_.max_depth) {
      return Fail(at_, at_ + 1, "json/too-deep",
                  absl::StrCat("nested deeper than the limit of ",
                               options_.max_depth, " levels"));
    }
    const size_t begin = at_;
    bool ok;
    switch (Peek()) {
      case '{':
        ok = ReadObject(depth, out);
        break;
      case '[':
        ok = ReadArray(depth, out);
        break;
      case '"':
        out->kind = JsonKind::kString;
        ok = ReadString(&out->text);
        break;
      case 't':
      case 'f':
      case 'n':
        ok = ReadWord(out);
        break;
      default:
        ok = ReadNumber(out);
    }
    out->span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
    return ok;
  }

  bool ReadWord(JsonValue* out) {
    const absl::string_view rest = text_.substr(at_);
    for (absl::string_view word : {"true", "false", "null"}) {
      if (rest.substr(0, word.size()) != word) continue;
      at_ += word.size();
      out->kind = word == "null" ? JsonKind::kNull : JsonKind::kBool;
      out->boolean = word == "true";
      return true;
    }
    return FailHere("expected a value");
  }

  bool ReadNumber(JsonValue* out) {
    const size_t begin = at_;
    bool whole = true;
    if (Peek() == '-') ++at_;
    const size_t digits = at_;
    SkipDigits();
    if (at_ == digits) {
      at_ = begin;
      return FailHere(at_ < text_.size() ? "expected a value"
                                         : "unexpected end, expected a value");
    }
    if (text_[digits] == '0' && at_ - digits > 1) {
      return Fail(begin, at_, "json/syntax", "a number starts with `0`");
    }
    if (Peek() == '.') {
      whole = false;
      ++at_;
      if (!SkipDigits()) return FailHere("expected a digit");
    }
    if (Peek() == 'e' || Peek() == 'E') {
      whole = false;
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!SkipDigits()) return FailHere("expected a digit");
    }
    const absl::string_view written = text_.substr(begin, at_ - begin);
    // `-0` is the official engine's floating-point zero, not an integer.
    if (whole && written != "-0" && absl::SimpleAtoi(written, &out->number)) {
      out->kind = JsonKind::kLong;
    } else {
      out->kind = JsonKind::kOtherNumber;
      out->text = std::string(written);
    }
    return true;
  }

  bool SkipDigits() {
    const size_t begin = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > begin;
  }

  bool ReadString(std::string* out) {
    const size_t begin = at_++;
    while (true) {
      if (at_ >= text_.size()) {
        return Fail(begin, begin + 1, "json/syntax",
                    "a string without its closing quote");
      }
      const unsigned char c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) return FailHere("a control character inside a string");
      if (c != '\\') {
        out->push_back(text_[at_++]);
      } else if (!ReadEscape(out)) {
        return false;
      }
    }
  }

  bool ReadEscape(std::string* out) {
    static constexpr absl::string_view kFrom = "\"\\/bfnrt";
    static constexpr absl::string_view kTo = "\"\\/\b\f\n\r\t";
    const size_t begin = at_++;
    if (Peek() == 'u') {
      char32_t c;
      if (!ReadHex(&c)) return false;
      if (c >= 0xD800 && c <= 0xDBFF && text_.substr(at_, 2) == "\\u") {
        ++at_;
        char32_t low;
        if (!ReadHex(&low)) return false;
        if (low >= 0xDC00 && low <= 0xDFFF) {
          c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
      }
      if (c >= 0xD800 && c <= 0xDFFF) {
        return Fail(begin, at_, "json/syntax", "half of a surrogate pair");
      }
      AppendUtf8(c, out);
      return true;
    }
    const size_t index =
        at_ < text_.size() ? kFrom.find(text_[at_]) : absl::string_view::npos;
    if (index == absl::string_view::npos) {
      return Fail(begin, at_ + 1, "json/syntax", "unknown escape");
    }
    out->push_back(kTo[index]);
    ++at_;
    return true;
  }

  // The four digits of `\uXXXX`, at the `u`.
  bool ReadHex(char32_t* out) {
    ++at_;
    uint32_t value;
    const absl::string_view digits = text_.substr(at_, 4);
    const bool plain = digits.find_first_not_of("0123456789abcdefABCDEF") ==
                       absl::string_view::npos;
    if (digits.size() < 4 || !plain || !absl::SimpleHexAtoi(digits, &value)) {
      return FailHere("expected four hexadecimal digits");
    }
    at_ += 4;
    *out = value;
    return true;
  }

  bool ReadArray(uint32_t depth, JsonValue* out) {
    out->kind = JsonKind::kArray;
    ++at_;
    SkipSpace();
    if (Peek() == ']') return ++at_, true;
    while (true) {
      out->items.emplace_back();
      if (!ReadValue(depth + 1, &out->items.back())) return false;
      SkipSpace();
      if (Peek() == ']') return ++at_, true;
      if (Peek() != ',') return FailHere("expected `,` or `]`");
      ++at_;
    }
  }

  bool ReadObject(uint32_t depth, JsonValue* out) {
    out->kind = JsonKind::kObject;
    absl::flat_hash_set<std::string> keys;
    ++at_;
    SkipSpace();
    if (Peek() == '}') return ++at_, true;
    while (true) {
      SkipSpace();
      if (Peek() != '"') return FailHere("expected a key in quotes");
      out->members.emplace_back();
      JsonMember& member = out->members.back();
      const size_t begin = at_;
      if (!ReadString(&member.key)) return false;
      member.key_span = {static_cast<uint32_t>(begin),
                         static_cast<uint32_t>(at_)};
      if (!keys.insert(member.key).second) {
        return Fail(begin, at_, "json/duplicate-key",
                    absl::StrCat("the key `", member.key,
                                 "` is there twice in one object"));
      }
      SkipSpace();
      if (Peek() != ':') return FailHere("expected `:`");
      ++at_;
      if (!ReadValue(depth + 1, &member.value)) return false;
      SkipSpace();
      if (Peek() == '}') return ++at_, true;
      if (Peek() != ',') return FailHere("expected `,` or `}`");
      ++at_;
    }
  }

  const Source& source_;
  const absl::string_view text_;
  const JsonOptions& options_;
  Diagnostics* const diagnostics_;
  size_t at_ = 0;
};

}  // namespace

const JsonValue* JsonValue::Find(absl::string_view key) const {
  for (const JsonMember& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

absl::optional<JsonValue> ParseJson(const Source& source,
                                    const JsonOptions& options,
                                    Diagnostics* diagnostics) {
  return JsonReader(source, options, diagnostics).Read();
}

absl::string_view JsonKindName(const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return "a boolean";
    case JsonKind::kLong:
      return "an integer";
    case JsonKind::kOtherNumber:
      return "a number that is no 64-bit integer";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kObject:
      return "an object";
  }
  return "";
}

std::string JsonQuote(absl::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    const unsigned char u = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (u < 0x20) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(u));
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
  return out;
}

}  // namespace tarazy
