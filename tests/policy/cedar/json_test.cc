#include "policy/cedar/json.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

absl::optional<JsonValue> Parse(const std::string& text, std::string* error,
                                JsonOptions options = {}) {
  Diagnostics diagnostics;
  const Source source("t.json", text);
  auto value = ParseJson(source, options, &diagnostics);
  error->clear();
  for (const Diagnostic& d : diagnostics) {
    absl::StrAppend(error, d.span.begin, "-", d.span.end, " ", d.code, ": ",
                    d.message);
  }
  EXPECT_EQ(value.has_value(), diagnostics.empty()) << text;
  return value;
}

std::string ErrorOf(const std::string& text, JsonOptions options = {}) {
  std::string error;
  Parse(text, &error, options);
  return error;
}

JsonValue ValueOf(const std::string& text) {
  std::string error;
  auto value = Parse(text, &error);
  EXPECT_TRUE(value.has_value()) << text << ": " << error;
  return value.value_or(JsonValue{});
}

TEST(Json, ReadsATreeWithItsPlaces) {
  const std::string text =
      " {\"a\": [1, -2, true, null],\r\n\"b\":{\"c\":\"d\"}} ";
  const JsonValue v = ValueOf(text);
  ASSERT_EQ(v.kind, JsonKind::kObject);
  EXPECT_EQ(v.span, (Span{1, static_cast<uint32_t>(text.size() - 1)}));
  ASSERT_EQ(v.members.size(), 2u);
  EXPECT_EQ(v.members[0].key_span, (Span{2, 5}));
  const JsonValue& a = v.members[0].value;
  ASSERT_EQ(a.items.size(), 4u);
  EXPECT_EQ(a.items[1].number, -2);
  EXPECT_EQ(a.items[1].span, (Span{11, 13}));
  EXPECT_TRUE(a.items[2].boolean);
  EXPECT_EQ(a.items[3].kind, JsonKind::kNull);
  ASSERT_NE(v.Find("b"), nullptr);
  EXPECT_EQ(v.Find("b")->Find("c")->text, "d");
  EXPECT_EQ(v.Find("x"), nullptr);
}

TEST(Json, KeepsIntegersExact) {
  EXPECT_EQ(ValueOf("9223372036854775807").number, INT64_MAX);
  EXPECT_EQ(ValueOf("-9223372036854775808").number, INT64_MIN);
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "1.0",
                           "1e3", "-0.5", "-0"}) {
    const JsonValue v = ValueOf(text);
    EXPECT_EQ(v.kind, JsonKind::kOtherNumber) << text;
    EXPECT_EQ(v.text, text);
  }
  EXPECT_EQ(ErrorOf("01"), "0-2 json/syntax: a number starts with `0`");
  EXPECT_EQ(ErrorOf("-"), "0-1 json/syntax: expected a value");
  EXPECT_EQ(ErrorOf("1."), "2-2 json/syntax: expected a digit");
  EXPECT_EQ(ErrorOf("1e+"), "3-3 json/syntax: expected a digit");
}

TEST(Json, Unescapes) {
  EXPECT_EQ(ValueOf(R"("\"\\\/\b\f\n\r\t\u0041\u049B\ud83d\ude00")").text,
            "\"\\/\b\f\n\r\tA\xD2\x9B\xF0\x9F\x98\x80");
  EXPECT_EQ(ErrorOf(R"("\ud83d")"),
            "1-7 json/syntax: half of a surrogate pair");
  EXPECT_EQ(ErrorOf(R"("\ud83d\u0041")"),
            "1-13 json/syntax: half of a surrogate pair");
  EXPECT_EQ(ErrorOf(R"("\x41")"), "1-3 json/syntax: unknown escape");
  EXPECT_EQ(ErrorOf(R"("\u00g0")"),
            "3-4 json/syntax: expected four hexadecimal digits");
  EXPECT_EQ(ErrorOf("\"a"),
            "0-1 json/syntax: a string without its closing quote");
  EXPECT_EQ(ErrorOf("\"a\nb\""),
            "2-3 json/syntax: a control character inside a string");
}

TEST(Json, RefusesWhatIsNoJson) {
  EXPECT_EQ(ErrorOf(""), "0-0 json/syntax: unexpected end, expected a value");
  EXPECT_EQ(ErrorOf("[1,]"), "3-4 json/syntax: expected a value");
  EXPECT_EQ(ErrorOf("[1 2]"), "3-4 json/syntax: expected `,` or `]`");
  EXPECT_EQ(ErrorOf("{\"a\" 1}"), "5-6 json/syntax: expected `:`");
  EXPECT_EQ(ErrorOf("{a: 1}"), "1-2 json/syntax: expected a key in quotes");
  EXPECT_EQ(ErrorOf("{} x"),
            "3-4 json/syntax: unexpected text after the value");
  EXPECT_EQ(ErrorOf("nul"), "0-1 json/syntax: expected a value");
  EXPECT_EQ(
      ErrorOf("{\"a\":1,\"\\u0061\":2}"),
      "7-15 json/duplicate-key: the key `a` is there twice in one object");
  EXPECT_EQ(ErrorOf("\"\xff\""),
            "1-2 json/invalid-utf8: the text is not UTF-8");
}

TEST(Json, StatesItsLimits) {
  JsonOptions options;
  options.max_depth = 2;
  EXPECT_EQ(ErrorOf("[[]]", options), "");
  EXPECT_EQ(ErrorOf("[[1]]", options),
            "2-3 json/too-deep: nested deeper than the limit of 2 levels");
  options.max_bytes = 3;
  EXPECT_EQ(ErrorOf("[  1]", options),
            "0-0 json/too-large: the text has 5 bytes, over the limit of 3");
  EXPECT_EQ(
      ErrorOf(std::string(100000, '[')),
      "500-501 json/too-deep: nested deeper than the limit of 500 levels");
}

TEST(Json, QuotesAnyText) {
  const std::string text("a\"\\\n\r\t\x01\0z\xD2\x9B", 11);
  EXPECT_EQ(ValueOf(JsonQuote(text)).text, text);
}

}  // namespace
}  // namespace tarazy
