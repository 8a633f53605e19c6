#include "policy/cedar/json_writer.h"

#include "absl/strings/str_cat.h"
#include "policy/cedar/json.h"

namespace tarazy {

void JsonWriter::NewLine() {
  if (style_ == JsonStyle::kCompact) return;
  out_.push_back('\n');
  out_.append(2 * depth_, ' ');
}

void JsonWriter::Separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!first_) out_.push_back(',');
  if (depth_ > 0) NewLine();
  first_ = false;
}

void JsonWriter::Begin(char bracket) {
  Separate();
  out_.push_back(bracket);
  ++depth_;
  first_ = true;
}

void JsonWriter::End(char bracket) {
  --depth_;
  if (!first_) NewLine();
  out_.push_back(bracket);
  first_ = false;
}

void JsonWriter::Key(absl::string_view key) {
  Separate();
  absl::StrAppend(&out_, JsonQuote(key),
                  style_ == JsonStyle::kCompact ? ":" : ": ");
  after_key_ = true;
}

void JsonWriter::String(absl::string_view text) {
  Separate();
  out_.append(JsonQuote(text));
}

void JsonWriter::Long(int64_t number) {
  Separate();
  absl::StrAppend(&out_, number);
}

void JsonWriter::Bool(bool value) {
  Separate();
  out_.append(value ? "true" : "false");
}

void JsonWriter::Null() {
  Separate();
  out_.append("null");
}

}  // namespace tarazy
