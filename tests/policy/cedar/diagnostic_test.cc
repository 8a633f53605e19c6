#include "policy/cedar/diagnostic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/suggest.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

Diagnostic At(Span span, const char* help = "") {
  Diagnostic d;
  d.code = "test/code";
  d.source = "file";
  d.span = span;
  d.message = "a message";
  d.help = help;
  return d;
}

TEST(DiagnosticTest, ParserErrorsMatchGoldenFiles) {
  for (const char* name : {"scope", "expressions", "recovery"}) {
    const std::string file = absl::StrCat(name, ".cedar");
    const Source source(file, ReadFile(TestData("errors/" + file)));
    PolicySet set;
    Diagnostics diagnostics;
    EXPECT_FALSE(ParsePolicies(source, {}, &set, &diagnostics));
    EXPECT_EQ(FormatDiagnostics(diagnostics, {&source}),
              ReadFile(TestData(absl::StrCat("errors/", name, ".txt"))));
  }
}

TEST(FormatDiagnosticTest, MarksTheSpan) {
  const Source source("file", "one\ntwo three\n");
  EXPECT_EQ(FormatDiagnostic(At({8, 13}, "do this"), source),
            "file:2:5: error[test/code]: a message\n"
            "  two three\n"
            "      ^^^^^\n"
            "  help: do this\n");
}

TEST(FormatDiagnosticTest, MarksAtLeastOnePlace) {
  const Source source("file", "ab\ncd");
  EXPECT_EQ(FormatDiagnostic(At({1, 1}), source),
            "file:1:2: error[test/code]: a message\n  ab\n   ^\n");
  EXPECT_EQ(FormatDiagnostic(At({5, 5}), source),
            "file:2:3: error[test/code]: a message\n  cd\n    ^\n");
  EXPECT_EQ(FormatDiagnostic(At({0, 5}), source),
            "file:1:1: error[test/code]: a message\n  ab\n  ^^\n");
  EXPECT_EQ(FormatDiagnostic(At({0, 0}), Source("file", "")),
            "file:1:1: error[test/code]: a message\n  \n  ^\n");
}

TEST(FormatDiagnosticTest, ShowsTextThatPrints) {
  const Source source("file", "\tқаз\x01\xFF|\xE2\x80\xAE");
  EXPECT_EQ(FormatDiagnostic(At({9, 10}), source),
            "file:1:7: error[test/code]: a message\n  \tқаз??|?\n  \t     ^\n");
}

TEST(FormatDiagnosticTest, CutsLongLines) {
  const Source source("file", std::string(1000000, 'x'));
  const std::string text = FormatDiagnostic(At({500000, 600000}), source);
  EXPECT_LT(text.size(), 1000u);
  EXPECT_NE(text.find("file:1:500001: "), std::string::npos);
}

TEST(FormatDiagnosticsTest, PrintsWithoutASourceToo) {
  Diagnostics diagnostics = {At({0, 1}, "h")};
  EXPECT_EQ(FormatDiagnostics(diagnostics, {}),
            "file: error[test/code]: a message\n  help: h\n");
  diagnostics[0].source = "";
  diagnostics[0].severity = Severity::kWarning;
  EXPECT_EQ(FormatDiagnostics(diagnostics, {}),
            "warning[test/code]: a message\n  help: h\n");
  EXPECT_FALSE(HasErrors(diagnostics));
}

TEST(SortDiagnosticsTest, SortsByPlaceThenText) {
  Diagnostics diagnostics = {At({5, 6}), At({1, 9}), At({1, 2})};
  diagnostics[0].source = "a";
  SortDiagnostics(&diagnostics);
  EXPECT_EQ(diagnostics[0].source, "a");
  EXPECT_EQ(diagnostics[1].span, (Span{1, 2}));
  EXPECT_EQ(diagnostics[2].span, (Span{1, 9}));
}

TEST(NearestTest, FindsSlips) {
  EXPECT_EQ(Nearest("isLoopbak", {"isIpv4", "isLoopback"}), "isLoopback");
  EXPECT_EQ(Nearest("hwen", {"unless", "when"}), "when");
  EXPECT_EQ(Nearest("TRUE", {"true", "false"}), "true");
  EXPECT_EQ(Nearest("xyz", {"when", "unless"}), "");
  EXPECT_EQ(Nearest("", {"a"}), "");
  EXPECT_EQ(Nearest(std::string(100, 'a'), {"a"}), "");
  EXPECT_EQ(DidYouMean("permt", {"permit", "forbid"}),
            "did you mean `permit`?");
  EXPECT_EQ(DidYouMean("other", {"permit", "forbid"}), "");
}

}  // namespace
}  // namespace tarazy
