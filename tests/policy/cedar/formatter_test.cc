#include "policy/cedar/formatter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/cedar/comments.h"
#include "policy/cedar/layout.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Format(const std::string& text, const FormatOptions& options = {}) {
  Diagnostics diagnostics;
  const Source source("test", text);
  const auto formatted = FormatPolicies(source, options, &diagnostics);
  EXPECT_TRUE(formatted.has_value())
      << FormatDiagnostics(diagnostics, {&source});
  return formatted.value_or("");
}

// The comments of `text`, in order.
std::vector<std::string> Comments(const std::string& text) {
  std::vector<absl::string_view> last;
  std::vector<std::string> all;
  for (const CommentedToken& token : ReadTokens(text, &last)) {
    for (absl::string_view comment : token.leading) all.emplace_back(comment);
    if (!token.trailing.empty()) all.emplace_back(token.trailing);
  }
  for (absl::string_view comment : last) all.emplace_back(comment);
  return all;
}

TEST(FormatPoliciesTest, MatchesGoldenFiles) {
  for (const char* name : {"comments", "lines"}) {
    const std::string path = TestData(absl::StrCat("format/", name));
    const std::string formatted = Format(ReadFile(path + ".cedar"));
    EXPECT_EQ(formatted, ReadFile(path + ".formatted")) << name;
    EXPECT_EQ(Format(formatted), formatted) << name;
  }
}

TEST(FormatPoliciesTest, KeepsACommentAnywhere) {
  const std::string text =
      "@a(\"x\") @b permit(principal is A in B::\"b\", action in "
      "[Action::\"a\", Action::\"b\",], resource == N::C::\"c\",)"
      "when { if a.b[\"c\"].contains(1, 2,) then {a: 1, \"b\": 2,} else "
      "-(principal has a.b) || !true && [1, 2,] == [] }"
      "unless { context like \"*\" && resource is D in E::\"e\" * 2 + 3 };";
  // Stands for text that parses: the layout is what is tested here.
  std::string valid = text;
  valid.replace(valid.find("a.b[\"c\"].contains(1, 2,)"), 24,
                "context.b[\"c\"].offset(1, 2,)");
  std::vector<absl::string_view> last;
  const std::vector<CommentedToken> tokens = ReadTokens(valid, &last);
  ASSERT_GT(tokens.size(), 100u);
  for (const char* comment : {" // one\n", "\n// two\n// three\n"}) {
    std::string all;
    for (size_t i = 0; i <= tokens.size(); ++i) {
      std::string one;
      for (size_t k = 0; k < tokens.size(); ++k) {
        if (k == i) one += comment;
        absl::StrAppend(&one, tokens[k].text, " ");
      }
      if (i == tokens.size()) one += comment;
      const std::string formatted = Format(one);
      EXPECT_EQ(Comments(formatted), Comments(one)) << formatted;
      EXPECT_EQ(Format(formatted), formatted) << one;
      if (i < tokens.size()) absl::StrAppend(&all, comment, tokens[i].text);
    }
    const std::string formatted = Format(all);
    EXPECT_EQ(Comments(formatted), Comments(all));
    EXPECT_EQ(Format(formatted), formatted);
  }
}

TEST(FormatPoliciesTest, ObeysTheOptions) {
  FormatOptions options;
  options.line_width = 24;
  options.indent_width = 4;
  EXPECT_EQ(
      Format("permit(principal,action,resource) when { context.abc + 2 == 3 };",
             options),
      "permit\n(principal, action, resource)\n"
      "when\n{\n    context.abc + 2 == 3\n};\n");
  options.line_width = 200;
  EXPECT_EQ(
      Format("permit(principal,action,resource) when { 1 + 2 == 3 };", options),
      "permit (principal, action, resource)\nwhen { 1 + 2 == 3 };\n");
}

TEST(FormatPoliciesTest, TakesTextWithoutPolicies) {
  EXPECT_EQ(Format(""), "\n");
  EXPECT_EQ(Format("\n // a \r\n\n//b"), "\n// a\n//b\n");
}

TEST(FormatPoliciesTest, LeavesStringsAlone) {
  const std::string body = "\"\n\n  // no comment\n\\\"\" == \"\\u{41}\"";
  EXPECT_EQ(Format("permit(principal,action,resource)when{" + body + "};"),
            "permit (principal, action, resource)\nwhen { " + body + " };\n");
}

TEST(FormatPoliciesTest, RefusesWhatDoesNotParse) {
  Diagnostics diagnostics;
  EXPECT_FALSE(
      FormatPolicies(Source("s", "permit(principal"), {}, &diagnostics));
  EXPECT_THAT(diagnostics, SizeIs(1));
}

TEST(FormatPoliciesTest, TakesDeepAndLongText) {
  const std::string head = "permit(principal,action,resource) when { ";
  std::string deep =
      head + std::string(999, '(') + "true" + std::string(999, ')') + " };";
  EXPECT_EQ(Format(Format(deep)), Format(deep));
  std::string text = head + "true";
  for (int i = 0; i < 20000; ++i) text += " && true";
  std::string expected =
      "permit (principal, action, resource)\nwhen\n{\n  true";
  for (int i = 0; i < 20000; ++i) expected += " &&\n  true";
  EXPECT_EQ(Format(text + " };"), expected + "\n};\n");
}

TEST(LayoutTest, BreaksAGroupThatDoesNotFit) {
  Layout layout;
  const auto words = [&] {
    return layout.Group(layout.Nest(
        2, layout.Join(layout.Text("ab"), layout.Line(), layout.Text("cd"))));
  };
  EXPECT_EQ(layout.Render(words(), 5), "ab cd");
  EXPECT_EQ(layout.Render(words(), 4), "ab\n  cd");
  EXPECT_EQ(layout.Render(layout.Join(words(), layout.Text("e")), 5),
            "ab\n  cde");
  EXPECT_EQ(layout.Render(
                layout.Group(layout.Join(layout.Text("a"), layout.LineOrNone(),
                                         layout.Text("b"))),
                5),
            "ab");
  EXPECT_EQ(
      layout.Render(
          layout.Group(layout.Join(words(), layout.HardLine(), words())), 80),
      "ab cd\nab cd");
}

TEST(LayoutTest, CountsColumnsAsATerminal) {
  EXPECT_EQ(ColumnsOf("abc"), 3u);
  EXPECT_EQ(ColumnsOf("қаз"), 3u);
  EXPECT_EQ(ColumnsOf("日本"), 4u);
  EXPECT_EQ(ColumnsOf("e\xCC\x81"), 1u);
}

}  // namespace
}  // namespace tarazy
