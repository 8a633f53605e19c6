// Cedar policies as a tree, close to the text: what the parser and the Cedar
// JSON reader produce, and what the formatter, the validator, the compiler and
// the reference evaluator read. Sugar (`!=`, `>`, `is … in`, `has a.b.c`,
// `unless`) is kept; readers desugar by the rules of the language.
//
// The expressions of one policy live in one pool, children before parents, so
// that a tree of any shape is freed without recursion. Nodes are named by
// index. The height of a tree is bounded by the parser (ParseOptions), so
// that passes may recurse.
//
// Thread-safety: plain values; concurrent reads are safe.
// Source: Cedar policy language 4.5.

#ifndef TARAZY_POLICY_CEDAR_AST_H_
#define TARAZY_POLICY_CEDAR_AST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/cedar/source.h"

namespace tarazy {

// The name of an entity: a type such as `App::User` and an id, unescaped.
struct EntityUid {
  std::string type;
  std::string id;

  bool operator==(const EntityUid& o) const {
    return type == o.type && id == o.id;
  }
  bool operator<(const EntityUid& o) const {
    return type != o.type ? type < o.type : id < o.id;
  }
  template <typename H>
  friend H AbslHashValue(H h, const EntityUid& u) {
    return H::combine(std::move(h), u.type, u.id);
  }
};

// `App::User::"alice"`, the id escaped as in policy text.
std::string ToString(const EntityUid& uid);

enum class Var : uint8_t { kPrincipal, kAction, kResource, kContext };

enum class ExprKind : uint8_t {
  // Leaves.
  kBool,    // number: 0 or 1
  kLong,    // number
  kString,  // text
  kEntity,  // text: the type; text2: the id
  kVar,     // number: a Var
  kSlot,    // number: kPrincipal or kResource (`?principal`); templates only

  // One operand.
  kNot,
  kNegate,
  kGetAttr,  // args[0] . text
  kHas,      // args[0] has path; path is one or more names
  kLike,     // args[0] like pattern
  kIs,       // args[0] is text
  kIsIn,     // args[0] is text in args[1]
  kIsEmpty,  // args[0].isEmpty()

  // Two operands.
  kAnd,
  kOr,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kAdd,
  kSubtract,
  kMultiply,
  kContains,
  kContainsAll,
  kContainsAny,
  kGetTag,
  kHasTag,

  // More.
  kIf,      // condition, then, else
  kSet,     // elements
  kRecord,  // values; names are in `path`, in source order, without duplicates
  kCall,    // extension function or method `text`; for a method args[0] is the
            // receiver. The number of arguments is not checked: a wrong one is
            // an error of evaluation
};

using ExprId = uint32_t;

// One element of a `like` pattern: a code point, or any run of characters.
struct PatternElement {
  bool wildcard = false;
  char32_t code_point = 0;

  bool operator==(const PatternElement& o) const {
    return wildcard == o.wildcard && code_point == o.code_point;
  }
};

struct Expr {
  ExprKind kind = ExprKind::kBool;
  // kCall: written as a method, `x.isLoopback()`; has at least one argument.
  bool method = false;
  Span span;
  int64_t number = 0;
  std::string text;
  std::string text2;
  std::vector<ExprId> args;
  std::vector<std::string> path;
  std::vector<PatternElement> pattern;
};

// Children stand before their parents.
using ExprPool = std::vector<Expr>;

enum class Effect : uint8_t { kPermit, kForbid };

struct Annotation {
  std::string name;
  std::string value;  // `@name` alone has the value ""
  Span span;
  bool has_value = true;  // false: written as `@name` alone
};

// The first or third part of a policy's scope.
struct ScopeConstraint {
  enum class Kind : uint8_t { kAny, kEqual, kIn, kIs, kIsIn };
  Kind kind = Kind::kAny;
  std::string type;   // kIs, kIsIn
  EntityUid entity;   // kEqual, kIn, kIsIn, unless `slot`
  bool slot = false;  // the entity is the template's slot of this variable
  Span span;
};

struct ActionConstraint {
  enum class Kind : uint8_t { kAny, kEqual, kIn };
  Kind kind = Kind::kAny;
  std::vector<EntityUid> entities;  // one for kEqual; any number for kIn
  // `action in [A]` and `action in A` mean the same and are kept apart only
  // so that translation gives back what was written.
  bool list = false;
  Span span;
};

struct Condition {
  bool unless = false;
  ExprId body = 0;
  Span span;
};

// A policy or, if it has slots, a template.
struct Policy {
  // Unique in its set. Text without an id of its own gives `policy0`,
  // `policy1`, … in order of appearance.
  std::string id;
  Effect effect = Effect::kPermit;
  std::vector<Annotation> annotations;
  ScopeConstraint principal;
  ActionConstraint action;
  ScopeConstraint resource;
  std::vector<Condition> conditions;
  ExprPool exprs;
  Span span;
  // Name of the Source, text or JSON, that the spans lie in; empty for a
  // policy that was made otherwise.
  std::string source;

  bool is_template() const { return principal.slot || resource.slot; }
  // The value of annotation `name`, or null.
  const std::string* annotation(const std::string& name) const;
};

// A template with its slots filled.
struct TemplateLink {
  std::string id;
  std::string template_id;
  // Set as far as the template has that slot.
  std::unique_ptr<EntityUid> principal;
  std::unique_ptr<EntityUid> resource;
};

struct PolicySet {
  std::vector<Policy> policies;  // static ones, in order
  std::vector<Policy> templates;
  std::vector<TemplateLink> links;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_AST_H_
