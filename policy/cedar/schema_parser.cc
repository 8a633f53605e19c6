// Reads the human schema syntax: recursive descent over the tokens of the
// policy language, one declaration at a time, resuming at the next one after
// an error.

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/names.h"
#include "policy/cedar/schema_text.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"
#include "policy/cedar/token_stream.h"

namespace tarazy {

namespace {

ParseOptions StreamOptions(const SchemaLimits& limits) {
  ParseOptions options;
  options.max_diagnostics = limits.max_diagnostics;
  return options;
}

class SchemaParser {
 public:
  SchemaParser(const Source& source, const SchemaLimits& limits,
               Diagnostics* diagnostics)
      : limits_(limits),
        options_(StreamOptions(limits)),
        diagnostics_(diagnostics),
        stream_(source, options_, diagnostics) {
    fragment_.source = std::string(source.name());
  }

  SchemaFragment Parse() {
    // Declarations outside of a namespace block are all in the empty one.
    SchemaNamespace empty;
    while (!stream_.At(TokenKind::kEnd) && !stream_.stopped()) {
      std::vector<Annotation> annotations;
      if (!ParseAnnotations(&annotations)) {
        Skip(0);
      } else if (stream_.AtWord("namespace")) {
        ParseNamespace(std::move(annotations));
      } else if (!ParseDeclaration(std::move(annotations), &empty)) {
        Skip(0);
      }
    }
    if (!empty.common_types.empty() || !empty.entity_types.empty() ||
        !empty.actions.empty()) {
      fragment_.namespaces.push_back(std::move(empty));
    }
    return std::move(fragment_);
  }

 private:
  // Past the end of the declaration at hand: its `;`, or up to a word that
  // begins a declaration, or to the `}` that closes the block it stands in.
  void Skip(int depth) {
    const bool stray = depth > 0 && stream_.AtWord("namespace");
    if (stream_.brace_depth() <= depth && AtDeclaration() && !stray) return;
    while (!stream_.At(TokenKind::kEnd)) {
      if (stream_.brace_depth() <= depth) {
        if (stream_.TakeIf(TokenKind::kSemicolon)) return;
        if (depth > 0 && stream_.At(TokenKind::kRightBrace)) return;
      }
      stream_.Take();
      if (stream_.brace_depth() <= depth && AtDeclaration()) return;
    }
  }

  bool AtDeclaration() const {
    return (stream_.AtWord("entity") || stream_.AtWord("action") ||
            stream_.AtWord("type") || stream_.AtWord("namespace")) &&
           (stream_.AheadIs(TokenKind::kWord) ||
            stream_.AheadIs(TokenKind::kString));
  }

  void ParseNamespace(std::vector<Annotation> annotations) {
    stream_.Take();
    SchemaNamespace ns;
    ns.annotations = std::move(annotations);
    const int depth = stream_.brace_depth() + 1;
    if (!TakePath(&ns.name) || !stream_.Expect(TokenKind::kLeftBrace, "`{`")) {
      Skip(0);
      return;
    }
    if (!namespaces_.insert(ns.name.text).second) {
      stream_.Error("schema/duplicate", ns.name.span,
                    absl::StrCat("namespace `", ns.name.text,
                                 "` is there twice in one source"),
                    "write all its declarations in one block");
    }
    while (!stream_.At(TokenKind::kRightBrace)) {
      if (stream_.At(TokenKind::kEnd) || stream_.stopped()) break;
      std::vector<Annotation> inner;
      if (!ParseAnnotations(&inner) || !ParseDeclaration(inner, &ns)) {
        Skip(depth);
      }
    }
    stream_.Expect(TokenKind::kRightBrace, "`}`");
    fragment_.namespaces.push_back(std::move(ns));
  }

  bool ParseDeclaration(std::vector<Annotation> annotations,
                        SchemaNamespace* ns) {
    if (stream_.AtWord("entity")) return ParseEntity(annotations, ns);
    if (stream_.AtWord("action")) return ParseAction(annotations, ns);
    if (stream_.AtWord("type")) return ParseCommonType(annotations, ns);
    const std::string near =
        stream_.At(TokenKind::kWord)
            ? DidYouMean(stream_.text(),
                         {"entity", "action", "type", "namespace"})
            : "";
    if (near.empty()) {
      stream_.Unexpected("`entity`, `action`, `type` or `namespace`");
    } else {
      stream_.Error("parse/unexpected-token", stream_.token().span,
                    absl::StrCat("unexpected `", stream_.text(), "`"), near);
    }
    return false;
  }

  bool ParseAnnotations(std::vector<Annotation>* annotations) {
    absl::flat_hash_set<std::string> seen;
    while (stream_.At(TokenKind::kAt)) {
      Annotation annotation;
      annotation.span.begin = stream_.Take().span.begin;
      if (!stream_.At(TokenKind::kWord)) {
        stream_.Unexpected("the name of an annotation");
        return false;
      }
      annotation.name = std::string(stream_.Text(stream_.Take().span));
      if (stream_.TakeIf(TokenKind::kLeftParen)) {
        SchemaName value;
        if (!TakeString(&value) ||
            !stream_.Expect(TokenKind::kRightParen, "`)`")) {
          return false;
        }
        annotation.value = value.text;
      }
      annotation.span.end = stream_.last_end();
      if (!seen.insert(annotation.name).second) {
        stream_.Error("parse/duplicate-annotation", annotation.span,
                      absl::StrCat("two annotations `@", annotation.name,
                                   "` on one declaration"));
      }
      annotations->push_back(std::move(annotation));
    }
    return true;
  }

  // `entity A, B in [C] = { … } tags T;` or `entity A enum ["x", "y"];`
  bool ParseEntity(const std::vector<Annotation>& annotations,
                   SchemaNamespace* ns) {
    stream_.Take();
    std::vector<SchemaName> names;
    do {
      names.emplace_back();
      if (!TakeIdentifier(&names.back())) return false;
    } while (stream_.TakeIf(TokenKind::kComma));
    EntityTypeDecl decl;
    decl.annotations = annotations;
    const bool ok =
        stream_.AtWord("enum") ? ParseEnum(&decl) : ParseEntityBody(&decl);
    if (!ok || !stream_.Expect(TokenKind::kSemicolon, "`;`")) return false;
    for (SchemaName& name : names) {
      decl.name = std::move(name);
      ns->entity_types.push_back(decl);
    }
    return true;
  }

  bool ParseEnum(EntityTypeDecl* decl) {
    stream_.Take();
    if (!stream_.Expect(TokenKind::kLeftBracket, "`[`")) return false;
    do {
      decl->enum_ids.emplace_back();
      if (!TakeString(&decl->enum_ids.back())) return false;
    } while (stream_.TakeIf(TokenKind::kComma));
    return stream_.Expect(TokenKind::kRightBracket, "`]`");
  }

  bool ParseEntityBody(EntityTypeDecl* decl) {
    if (stream_.AtWord("in")) {
      stream_.Take();
      if (!ParseTypeNames(&decl->member_of)) return false;
    }
    decl->shape.span = {stream_.last_end(), stream_.last_end()};
    const bool assigned = stream_.TakeIf(TokenKind::kAssign);
    if (stream_.At(TokenKind::kLeftBrace)) {
      if (!ParseRecord(1, &decl->shape)) return false;
    } else if (assigned) {
      stream_.Unexpected("`{`");
      return false;
    }
    if (stream_.AtWord("tags")) {
      stream_.Take();
      decl->tags.emplace();
      if (!ParseType(1, &*decl->tags)) return false;
    }
    return true;
  }

  // `A` or `[A, B]`; the list may be empty.
  bool ParseTypeNames(std::vector<SchemaName>* names) {
    if (!stream_.TakeIf(TokenKind::kLeftBracket)) {
      names->emplace_back();
      return TakePath(&names->back());
    }
    if (stream_.TakeIf(TokenKind::kRightBracket)) return true;
    do {
      names->emplace_back();
      if (!TakePath(&names->back())) return false;
    } while (stream_.TakeIf(TokenKind::kComma));
    return stream_.Expect(TokenKind::kRightBracket, "`,` or `]`");
  }

  // `action a, "b" in [c] appliesTo { … };`
  bool ParseAction(const std::vector<Annotation>& annotations,
                   SchemaNamespace* ns) {
    stream_.Take();
    std::vector<SchemaName> ids;
    do {
      ids.emplace_back();
      if (!TakeName(&ids.back())) return false;
    } while (stream_.TakeIf(TokenKind::kComma));
    ActionDecl decl;
    decl.annotations = annotations;
    decl.applies_to.emplace();  // to nothing, unless the clause says more
    if (stream_.AtWord("in")) {
      stream_.Take();
      if (!ParseActionRefs(&decl.member_of)) return false;
    }
    if (stream_.AtWord("appliesTo")) {
      if (!ParseAppliesTo(ids[0], &decl)) return false;
    }
    // Kept by the grammar for schemas of earlier versions.
    if (stream_.AtWord("attributes")) {
      stream_.Take();
      if (!stream_.Expect(TokenKind::kLeftBrace, "`{`") ||
          !stream_.Expect(TokenKind::kRightBrace, "`}`")) {
        return false;
      }
    }
    if (!stream_.Expect(TokenKind::kSemicolon, "`;`")) return false;
    for (SchemaName& id : ids) {
      decl.id = std::move(id);
      ns->actions.push_back(decl);
    }
    return true;
  }

  bool ParseActionRefs(std::vector<ActionRef>* refs) {
    const bool list = stream_.TakeIf(TokenKind::kLeftBracket);
    do {
      refs->emplace_back();
      if (!ParseActionRef(&refs->back())) return false;
    } while (list && stream_.TakeIf(TokenKind::kComma));
    return !list || stream_.Expect(TokenKind::kRightBracket, "`,` or `]`");
  }

  // `read`, `"read"` or `App::Action::"read"`.
  bool ParseActionRef(ActionRef* ref) {
    if (stream_.At(TokenKind::kString)) return TakeString(&ref->id);
    bool id_follows = false;
    if (!TakePath(&ref->id, &id_follows)) return false;
    if (id_follows) {
      ref->type = std::move(ref->id);
      ref->id = SchemaName();
      return TakeString(&ref->id);
    }
    if (ref->id.text.find("::") == std::string::npos) return true;
    stream_.Error("parse/unexpected-token", ref->id.span,
                  absl::StrCat("`", ref->id.text, "` is not an action"),
                  absl::StrCat("write `", NamespaceOf(ref->id.text),
                               "::Action::\"", BaseName(ref->id.text), "\"`"));
    return false;
  }

  // The block after `appliesTo`: principal, resource and context, each once,
  // in any order.
  bool ParseAppliesTo(const SchemaName& action, ActionDecl* decl) {
    stream_.Take();
    if (!stream_.Expect(TokenKind::kLeftBrace, "`{`")) return false;
    AppliesTo applies;
    applies.context.span = action.span;
    absl::flat_hash_set<std::string> seen;
    while (true) {
      const Token word = stream_.token();
      const std::string part(stream_.text());
      if (part != "principal" && part != "resource" && part != "context") {
        stream_.Unexpected("`principal`, `resource` or `context`");
        return false;
      }
      stream_.Take();
      if (!seen.insert(part).second) {
        stream_.Error("schema/duplicate", word.span,
                      absl::StrCat("`", part, "` is there twice"));
      }
      if (!stream_.Expect(TokenKind::kColon, "`:`")) return false;
      if (part == "context" ? !ParseContext(&applies.context)
                            : !ParseScopeTypes(word, action, &applies)) {
        return false;
      }
      const bool more = stream_.TakeIf(TokenKind::kComma);
      if (stream_.At(TokenKind::kRightBrace)) break;
      if (!more) {
        stream_.Unexpected("`,` or `}`");
        return false;
      }
    }
    stream_.Take();
    for (const char* part : {"principal", "resource"}) {
      if (seen.contains(part)) continue;
      stream_.Error("schema/applies-to", action.span,
                    absl::StrCat("action `", action.text, "` has no `", part,
                                 "` in its `appliesTo`"),
                    "an action that only groups others has no `appliesTo`");
    }
    decl->applies_to = std::move(applies);
    return true;
  }

  bool ParseScopeTypes(const Token& word, const SchemaName& action,
                       AppliesTo* applies) {
    const bool principal = stream_.Text(word.span) == "principal";
    std::vector<SchemaName>* types =
        principal ? &applies->principals : &applies->resources;
    types->clear();
    if (!ParseTypeNames(types)) return false;
    if (types->empty()) {
      stream_.Error(
          "schema/applies-to", word.span,
          absl::StrCat("the list of ", stream_.Text(word.span),
                       " types of action `", action.text, "` is empty"),
          "an action that only groups others has no `appliesTo`");
    }
    return true;
  }

  // A record, or the name of a common type that is one.
  bool ParseContext(SchemaTypeExpr* context) {
    *context = SchemaTypeExpr();
    if (stream_.At(TokenKind::kLeftBrace)) return ParseRecord(1, context);
    context->kind = SchemaTypeKind::kCommon;
    if (!TakePath(&context->name)) return false;
    context->span = context->name.span;
    return true;
  }

  bool ParseCommonType(const std::vector<Annotation>& annotations,
                       SchemaNamespace* ns) {
    stream_.Take();
    CommonTypeDecl decl;
    decl.annotations = annotations;
    if (!TakeIdentifier(&decl.name) ||
        !stream_.Expect(TokenKind::kAssign, "`=`") ||
        !ParseType(1, &decl.type) ||
        !stream_.Expect(TokenKind::kSemicolon, "`;`")) {
      return false;
    }
    ns->common_types.push_back(std::move(decl));
    return true;
  }

  bool ParseType(uint32_t level, SchemaTypeExpr* type) {
    if (level > limits_.max_type_depth) {
      stream_.Error("schema/limit", stream_.token().span,
                    absl::StrCat("types nest deeper than the limit of ",
                                 limits_.max_type_depth, " levels"));
      return false;
    }
    if (stream_.At(TokenKind::kLeftBrace)) return ParseRecord(level, type);
    if (stream_.AtWord("Set") && stream_.AheadIs(TokenKind::kLess)) {
      type->kind = SchemaTypeKind::kSet;
      type->span.begin = stream_.Take().span.begin;
      stream_.Take();
      type->element.emplace_back();
      if (!ParseType(level + 1, &type->element[0]) ||
          !stream_.Expect(TokenKind::kGreater, "`>`")) {
        return false;
      }
      type->span.end = stream_.last_end();
      return true;
    }
    type->kind = SchemaTypeKind::kEntityOrCommon;
    if (!TakePath(&type->name)) return false;
    type->span = type->name.span;
    return true;
  }

  // `{ a: T, @x b?: T, }`
  bool ParseRecord(uint32_t level, SchemaTypeExpr* type) {
    type->kind = SchemaTypeKind::kRecord;
    type->span.begin = stream_.Take().span.begin;
    absl::flat_hash_map<std::string, size_t> positions;
    while (!stream_.At(TokenKind::kRightBrace)) {
      SchemaAttribute attribute;
      if (!ParseAnnotations(&attribute.annotations) ||
          !TakeName(&attribute.name)) {
        return false;
      }
      if (stream_.text() == "?") {
        stream_.Take();
        attribute.required = false;
      }
      if (!stream_.Expect(TokenKind::kColon, "`:`") ||
          !ParseType(level + 1, &attribute.type)) {
        return false;
      }
      AddAttribute(std::move(attribute), &positions, type);
      if (!stream_.TakeIf(TokenKind::kComma)) break;
    }
    if (!stream_.Expect(TokenKind::kRightBrace, "`,` or `}`")) return false;
    type->span.end = stream_.last_end();
    return true;
  }

  // Of an attribute written twice the last counts.
  void AddAttribute(SchemaAttribute attribute,
                    absl::flat_hash_map<std::string, size_t>* positions,
                    SchemaTypeExpr* type) {
    const auto [it, added] =
        positions->try_emplace(attribute.name.text, type->attributes.size());
    if (added) {
      type->attributes.push_back(std::move(attribute));
      return;
    }
    Diagnostic d;
    d.severity = Severity::kWarning;
    d.code = "schema/duplicate-attribute";
    d.source = fragment_.source;
    d.span = attribute.name.span;
    d.message = absl::StrCat("attribute `", attribute.name.text,
                             "` is declared twice; the last one counts");
    diagnostics_->push_back(std::move(d));
    type->attributes[it->second] = std::move(attribute);
  }

  // One word of a name.
  bool TakeIdentifier(SchemaName* name) {
    if (!stream_.At(TokenKind::kWord)) {
      stream_.Unexpected("a name");
      return false;
    }
    const Token word = stream_.Take();
    name->text = std::string(stream_.Text(word.span));
    name->span = word.span;
    if (IsNamePart(name->text)) return true;
    stream_.Error("parse/reserved-word", word.span,
                  absl::StrCat("`", name->text, "` is a reserved word"));
    return false;
  }

  // Words joined by `::`. With `id_follows` a string may stand after a `::`;
  // it is not taken.
  bool TakePath(SchemaName* path, bool* id_follows = nullptr) {
    SchemaName part;
    if (!TakeIdentifier(&part)) return false;
    *path = std::move(part);
    while (stream_.TakeIf(TokenKind::kDoubleColon)) {
      if (id_follows != nullptr && stream_.At(TokenKind::kString)) {
        *id_follows = true;
        return true;
      }
      if (!TakeIdentifier(&part)) return false;
      absl::StrAppend(&path->text, "::", part.text);
      path->span.end = part.span.end;
    }
    return true;
  }

  bool TakeString(SchemaName* value) {
    if (!stream_.At(TokenKind::kString)) {
      stream_.Unexpected("a string");
      return false;
    }
    const Token token = stream_.Take();
    value->text = stream_.StringValue(token);
    value->span = token.span;
    return true;
  }

  // The name of an attribute or an action: a word or a string.
  bool TakeName(SchemaName* name) {
    if (stream_.At(TokenKind::kString)) return TakeString(name);
    if (stream_.At(TokenKind::kWord) && !IsNamePart(stream_.text())) {
      stream_.Error("parse/reserved-word", stream_.token().span,
                    absl::StrCat("`", stream_.text(), "` is a reserved word"),
                    absl::StrCat("write `\"", stream_.text(), "\"`"));
      return false;
    }
    if (!stream_.At(TokenKind::kWord)) {
      stream_.Unexpected("a name or a string");
      return false;
    }
    return TakeIdentifier(name);
  }

  const SchemaLimits& limits_;
  const ParseOptions options_;
  Diagnostics* const diagnostics_;
  TokenStream stream_;
  SchemaFragment fragment_;
  absl::flat_hash_set<std::string> namespaces_;
};

}  // namespace

absl::optional<SchemaFragment> ParseSchemaText(const Source& source,
                                               const SchemaLimits& limits,
                                               Diagnostics* diagnostics) {
  auto refuse = [&](Span span, const char* code, std::string message) {
    Diagnostic d;
    d.code = code;
    d.source = std::string(source.name());
    d.span = span;
    d.message = std::move(message);
    diagnostics->push_back(std::move(d));
    return absl::nullopt;
  };
  const absl::string_view text = source.text();
  if (text.size() > limits.max_bytes) {
    return refuse({0, 0}, "schema/limit",
                  absl::StrCat("the schema has ", text.size(),
                               " bytes, over the limit of ", limits.max_bytes));
  }
  const size_t bad = FindInvalidUtf8(text);
  if (bad != absl::string_view::npos) {
    const uint32_t at = static_cast<uint32_t>(bad);
    return refuse({at, at + 1}, "parse/invalid-utf8", "the text is not UTF-8");
  }
  Diagnostics found;
  SchemaFragment fragment = SchemaParser(source, limits, &found).Parse();
  const bool ok = !HasErrors(found);
  diagnostics->insert(diagnostics->end(), found.begin(), found.end());
  if (!ok) return absl::nullopt;
  return fragment;
}

}  // namespace tarazy
