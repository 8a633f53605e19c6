// JSON text, written piece by piece.
//
//   JsonWriter w(JsonStyle::kIndented);
//   w.BeginObject();
//   w.Key("effect");
//   w.String("permit");
//   w.EndObject();
//   std::string text = w.Take();
//
// The caller keeps begins and ends in pairs and writes a key before each value
// of an object. Keys are not compared; text is UTF-8.
//
// Thread-safety: belongs to one thread.

#ifndef TARAZY_POLICY_CEDAR_JSON_WRITER_H_
#define TARAZY_POLICY_CEDAR_JSON_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tarazy {

enum class JsonStyle {
  kCompact,   // one line, no spaces
  kIndented,  // two spaces a level
};

class JsonWriter {
 public:
  explicit JsonWriter(JsonStyle style) : style_(style) {}

  void BeginObject() { Begin('{'); }
  void EndObject() { End('}'); }
  void BeginArray() { Begin('['); }
  void EndArray() { End(']'); }
  void Key(absl::string_view key);
  void String(absl::string_view text);
  void Long(int64_t number);
  void Bool(bool value);
  void Null();

  std::string Take() { return std::move(out_); }

 private:
  void Begin(char bracket);
  void End(char bracket);
  // What stands before a value or a key.
  void Separate();
  void NewLine();

  const JsonStyle style_;
  std::string out_;
  size_t depth_ = 0;
  bool first_ = true;       // nothing yet in the innermost bracket
  bool after_key_ = false;  // a value belongs here, without a comma
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_JSON_WRITER_H_
