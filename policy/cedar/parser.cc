#include "policy/cedar/parser.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/expr_parser.h"
#include "policy/cedar/policy_parser.h"
#include "policy/cedar/text.h"
#include "policy/cedar/token_stream.h"

namespace tarazy {
namespace {

// Whether tokens can be made of `source` at all.
bool CheckText(const Source& source, const ParseOptions& options,
               Diagnostics* diagnostics) {
  Diagnostic d;
  d.source = std::string(source.name());
  if (source.text().size() > options.max_bytes) {
    d.code = "parse/too-large";
    d.message = absl::StrCat("the text has ", source.text().size(),
                             " bytes, which is more than the limit of ",
                             options.max_bytes);
    diagnostics->push_back(std::move(d));
    return false;
  }
  const size_t bad = FindInvalidUtf8(source.text());
  if (bad == absl::string_view::npos) return true;
  d.code = "parse/invalid-utf8";
  d.span = {static_cast<uint32_t>(bad), static_cast<uint32_t>(bad + 1)};
  d.message = "the text is not UTF-8 from here on";
  diagnostics->push_back(std::move(d));
  return false;
}

void Append(Diagnostics* found, Diagnostics* diagnostics) {
  SortDiagnostics(found);
  diagnostics->insert(diagnostics->end(),
                      std::make_move_iterator(found->begin()),
                      std::make_move_iterator(found->end()));
}

}  // namespace

bool ParsePolicies(const Source& source, const ParseOptions& options,
                   PolicySet* set, Diagnostics* diagnostics) {
  if (!CheckText(source, options, diagnostics)) return false;
  Diagnostics found;
  TokenStream stream(source, options, &found);
  PolicyParser parser(&stream);
  uint32_t number = options.first_id;
  while (!stream.At(TokenKind::kEnd) && !stream.stopped()) {
    Policy policy;
    if (parser.Parse(&policy)) {
      policy.id = absl::StrCat(options.id_prefix, number);
      policy.source = std::string(source.name());
      auto& list = policy.is_template() ? set->templates : set->policies;
      list.push_back(std::move(policy));
    }
    ++number;
  }
  Append(&found, diagnostics);
  return stream.errors() == 0;
}

absl::optional<ExprPool> ParseExpression(const Source& source,
                                         const ParseOptions& options,
                                         Diagnostics* diagnostics) {
  if (!CheckText(source, options, diagnostics)) return absl::nullopt;
  Diagnostics found;
  TokenStream stream(source, options, &found);
  ExprPool pool;
  ExprId root;
  const bool parsed = ExprParser(&stream, &pool).Parse(&root);
  if (parsed && !stream.At(TokenKind::kEnd)) {
    stream.Unexpected("the end of the expression");
  }
  Append(&found, diagnostics);
  if (stream.errors() > 0) return absl::nullopt;
  return pool;
}

absl::optional<EntityUid> ParseEntityUid(absl::string_view text) {
  const Source source("", std::string(text));
  const ParseOptions options;
  Diagnostics found;
  if (!CheckText(source, options, &found)) return absl::nullopt;
  TokenStream stream(source, options, &found);
  EntityPath path;
  const bool parsed = stream.TakePath(&path);
  if (!parsed || !path.has_id || !stream.At(TokenKind::kEnd) ||
      stream.errors() > 0) {
    return absl::nullopt;
  }
  return EntityUid{std::move(path.name), std::move(path.id)};
}

}  // namespace tarazy
