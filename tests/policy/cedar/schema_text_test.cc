// The human schema syntax: what it means, and what is said of mistakes.

#include "policy/cedar/schema_text.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/cedar/schema.h"
#include "tests/policy/cedar/schema_dump.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

// Warnings, then the meaning or the errors.
std::string Read(const std::string& text, const SchemaLimits& limits = {}) {
  const Source source("s", text);
  Diagnostics diagnostics;
  const SchemaSource sources[] = {{&source, SchemaSyntax::kText}};
  const auto schema = Schema::Parse(sources, limits, &diagnostics);
  EXPECT_EQ(schema == nullptr, HasErrors(diagnostics));
  std::string out = FormatDiagnostics(diagnostics, {&source});
  if (schema != nullptr) out += DumpSchema(*schema);
  return out;
}

TEST(SchemaTextTest, ReadsThePackOfTheBill) {
  const std::string path =
      TARAZY_SOURCE_DIR "/policy/law/seed-bill/schema.cedarschema";
  const Source source("schema.cedarschema", ReadFile(path));
  Diagnostics diagnostics;
  const auto schema = Schema::ParseText(source, &diagnostics);
  ASSERT_NE(schema, nullptr) << FormatDiagnostics(diagnostics, {&source});
  EXPECT_TRUE(diagnostics.empty());
  const SchemaAction* action =
      schema->FindAction({"Action", "automatedProcessing"});
  ASSERT_NE(action, nullptr);
  EXPECT_TRUE(action->HasAncestor({"Action", "personalData"}));
  const AttributeType* consent = action->context->FindAttribute("consent");
  ASSERT_NE(consent, nullptr);
  EXPECT_FALSE(consent->required);
  EXPECT_EQ(ToString(*consent->type->FindAttribute("validFrom")->type),
            "datetime");
  EXPECT_TRUE(schema->IsActionType("Action"));
  EXPECT_FALSE(schema->IsActionType("Operator"));
  EXPECT_EQ(schema->FindAction({"Action", "none"}), nullptr);
  EXPECT_EQ(schema->FindEntityType("none"), nullptr);
  ASSERT_NE(schema->FindEntityType("Place"), nullptr);
  EXPECT_TRUE(schema->FindEntityType("Place")->HasEnumId("PUBLIC"));
  EXPECT_FALSE(schema->FindEntityType("Place")->HasEnumId("public"));
}

TEST(SchemaTextTest, ReadsEveryConstruct) {
  EXPECT_EQ(
      Read(R"(// a comment
@doc("people")
entity User, Admin in [Group] = { name: String, "age x"?: Long, } tags Set<String>;
entity Group in Group { owner: User };
entity Color enum ["red", "gr\u{65}en"];
type Names = Set<{ first: String, last?: Name }>;
type Name = __cedar::String;
action view, "edit all" in ["all", write] appliesTo {
  resource: Group,
  principal: [User, Admin],
  context: { @why ip: ipaddr, names: Names, when?: datetime },
};
action all; action write in all;
)"),
      R"(entity Admin {age x?: Long, name: String} tags Set<String> in Group ancestors Group @doc=people
entity Color {} enum red,green
entity Group {owner: User} in Group ancestors Group
entity User {age x?: Long, name: String} tags Set<String> in Group ancestors Group @doc=people
action Action::"all" () () {}
action Action::"edit all" (Admin,User) (Group) {ip: ipaddr, names: Set<{first: String, last?: String}>, when?: datetime} in Action::"all" in Action::"write" ancestor Action::"all" ancestor Action::"write"
action Action::"view" (Admin,User) (Group) {ip: ipaddr, names: Set<{first: String, last?: String}>, when?: datetime} in Action::"all" in Action::"write" ancestor Action::"all" ancestor Action::"write"
action Action::"write" () () {} in Action::"all" ancestor Action::"all"
)");
}

TEST(SchemaTextTest, ResolvesNames) {
  EXPECT_EQ(
      Read(R"(
namespace A {
  entity User in [Base, B::Role] { s: String, d: decimal, r: B::Role };
  type String = { inner: Long };
  action view in [B::Action::"all", root] appliesTo {
    principal: User, resource: Base, context: Ctx };
  type Ctx = { who: User, act: Action };
}
namespace B::C { entity User { u: User }; }
namespace B { entity Role; action "all"; }
entity Base;
action root;
)"),
      R"(s:4:8: error[schema/reserved-name]: `String` is reserved and can't name a common type
    type String = { inner: Long };
         ^^^^^^
)");
  EXPECT_EQ(
      Read(R"(
namespace A {
  entity User in [Base, B::Role] { s: String, d: decimal, r: B::Role };
  entity Long { l: Long, real: __cedar::Long };
  type decimal = { inner: __cedar::decimal };
  action view in [B::Action::"all", root] appliesTo {
    principal: User, resource: Base, context: Ctx };
  type Ctx = { who: User, act: Action };
  type User = Bool;
}
namespace B::C { entity User { u: User }; }
namespace B { entity Role; action "all"; }
entity Base;
action root;
)"),
      R"(s:4:10: warning[schema/shadowing]: `A::Long` shadows the built-in type `Long`
    entity Long { l: Long, real: __cedar::Long };
           ^^^^
  help: the built-in type is still there as `__cedar::Long`
s:5:8: warning[schema/shadowing]: `A::decimal` shadows the built-in type `decimal`
    type decimal = { inner: __cedar::decimal };
         ^^^^^^^
  help: the built-in type is still there as `__cedar::decimal`
s:9:8: warning[schema/shadowing]: common type `A::User` shadows the entity type of the same name
    type User = Bool;
         ^^^^
entity A::Long {l: A::Long, real: Long}
entity A::User {d: {inner: decimal}, r: B::Role, s: String} in B::Role,Base ancestors B::Role,Base
entity B::C::User {u: B::C::User}
entity B::Role {}
entity Base {}
action A::Action::"view" (A::User) (Base) {act: A::Action, who: Bool} in Action::"root" in B::Action::"all" ancestor Action::"root" ancestor B::Action::"all"
action Action::"root" () () {}
action B::Action::"all" () () {}
)");
}

TEST(SchemaTextTest, ExplainsUnknownNames) {
  EXPECT_EQ(
      Read(R"(
namespace App {
  entity User in Gruop { name: Strin, t: { x: Set<usr> } };
  entity Group;
  type Data = { a: Bool };
  action view in "edti" appliesTo {
    principal: [User, Data], resource: Action, context: Group };
  action edit;
}
)"),
      R"(s:3:18: error[schema/unknown-type]: neither `App::Gruop` nor `Gruop` is declared as an entity type
    entity User in Gruop { name: Strin, t: { x: Set<usr> } };
                   ^^^^^
  help: did you mean `Group`?
s:3:32: error[schema/unknown-type]: neither `App::Strin` nor `Strin` is declared as a type
    entity User in Gruop { name: Strin, t: { x: Set<usr> } };
                                 ^^^^^
  help: did you mean `String`?
s:3:51: error[schema/unknown-type]: neither `App::usr` nor `usr` is declared as a type
    entity User in Gruop { name: Strin, t: { x: Set<usr> } };
                                                    ^^^
  help: did you mean `User`?
s:6:18: error[schema/unknown-action]: action `Action::"edti"` is not declared
    action view in "edti" appliesTo {
                   ^^^^^^
  help: did you mean `edit`?
s:7:23: error[schema/unknown-type]: neither `App::Data` nor `Data` is declared as an entity type
      principal: [User, Data], resource: Action, context: Group };
                        ^^^^
  help: `App::Data` is a common type; only entity types may stand here
s:7:40: error[schema/unknown-type]: `App::Action` is the type of actions and can't stand here
      principal: [User, Data], resource: Action, context: Group };
                                         ^^^^^^
s:7:57: error[schema/unknown-type]: neither `App::Group` nor `Group` is declared as a common type
      principal: [User, Data], resource: Action, context: Group };
                                                          ^^^^^
  help: `App::Group` is an entity type; only a common type may stand here
)");
}

TEST(SchemaTextTest, ExplainsDeclarationsThatDoNotGoTogether) {
  EXPECT_EQ(
      Read(R"(
entity A; entity A;
type T = Long; type T = Long;
action x, x;
entity Action;
namespace N { entity T; action x; }
namespace N { entity U; }
namespace __cedar { }
)"),
      R"(s:7:11: error[schema/duplicate]: namespace `N` is there twice in one source
  namespace N { entity U; }
            ^
  help: write all its declarations in one block
)");
  EXPECT_EQ(
      Read(R"(
entity A; entity A;
type T = Long; type T = Long;
action x, x;
entity Action;
namespace N { entity T; action x; }
namespace __cedar { }
)"),
      R"(s:2:18: error[schema/duplicate]: entity type `A` is declared twice
  entity A; entity A;
                   ^
s:3:21: error[schema/duplicate]: common type `T` is declared twice
  type T = Long; type T = Long;
                      ^
s:4:11: error[schema/duplicate]: action `Action::"x"` is declared twice
  action x, x;
            ^
s:5:8: error[schema/reserved-name]: `Action` is reserved and can't name an entity type
  entity Action;
         ^^^^^^
  help: declare each action with `action`
s:6:22: error[schema/shadowing]: `N::T` shadows `T` of the empty namespace
  namespace N { entity T; action x; }
                       ^
  help: rename one of them or move both into namespaces
s:6:32: error[schema/shadowing]: `N::Action::"x"` shadows `Action::"x"` of the empty namespace
  namespace N { entity T; action x; }
                                 ^
  help: rename one of them or move both into namespaces
s:7:11: error[schema/reserved-name]: `__cedar` can't be a namespace: `__cedar` is reserved
  namespace __cedar { }
            ^^^^^^^
)");
}

TEST(SchemaTextTest, ExplainsCyclesAndWhatIsNoRecord) {
  EXPECT_EQ(Read(R"(
type A = { b: B }; type B = Set<A>;
type N = Long;
entity E;
action p in q; action q in p;
action v appliesTo { principal: E, resource: E, context: N };
)"),
            R"(s:2:33: error[schema/cycle]: common type `A` contains itself
  type A = { b: B }; type B = Set<A>;
                                  ^
s:6:58: error[schema/not-a-record]: the context of `Action::"v"` must be a record, not `Long`
  action v appliesTo { principal: E, resource: E, context: N };
                                                           ^
)");
  EXPECT_EQ(Read("action p in q; action q in p;"),
            R"(s:1:8: error[schema/cycle]: action `Action::"p"` is in itself
  action p in q; action q in p;
         ^
s:1:23: error[schema/cycle]: action `Action::"q"` is in itself
  action p in q; action q in p;
                        ^
)");
}

TEST(SchemaTextTest, ReportsAllErrorsOfSyntax) {
  EXPECT_EQ(Read(R"(
entty A;
entity in;
entity B = Long;
entity C enum [];
namespace N {
  entity D { a Long };
  action v appliesTo { principal: [], resource: D, resource: D };
  action w appliesTo { principal: D };
  action u appliesTo {};
  action t in D::x;
  type if = Long;
  type U = { like: Long };
}
entity F
entity G { x: Set<Long };
type T = ;
@x @x entity H;
)"),
            R"(s:2:1: error[parse/unexpected-token]: unexpected `entty`
  entty A;
  ^^^^^
  help: did you mean `entity`?
s:3:8: error[parse/reserved-word]: `in` is a reserved word
  entity in;
         ^^
s:4:12: error[parse/unexpected-token]: unexpected `Long`
  entity B = Long;
             ^^^^
  help: expected `{`
s:5:16: error[parse/unexpected-token]: unexpected `]`
  entity C enum [];
                 ^
  help: expected a string
s:7:16: error[parse/unexpected-token]: unexpected `Long`
    entity D { a Long };
                 ^^^^
  help: expected `:`
s:8:24: error[schema/applies-to]: the list of principal types of action `v` is empty
    action v appliesTo { principal: [], resource: D, resource: D };
                         ^^^^^^^^^
  help: an action that only groups others has no `appliesTo`
s:8:52: error[schema/duplicate]: `resource` is there twice
    action v appliesTo { principal: [], resource: D, resource: D };
                                                     ^^^^^^^^
s:9:10: error[schema/applies-to]: action `w` has no `resource` in its `appliesTo`
    action w appliesTo { principal: D };
           ^
  help: an action that only groups others has no `appliesTo`
s:10:23: error[parse/unexpected-token]: unexpected `}`
    action u appliesTo {};
                        ^
  help: expected `principal`, `resource` or `context`
s:11:15: error[parse/unexpected-token]: `D::x` is not an action
    action t in D::x;
                ^^^^
  help: write `D::Action::"x"`
s:12:8: error[parse/reserved-word]: `if` is a reserved word
    type if = Long;
         ^^
s:13:14: error[parse/reserved-word]: `like` is a reserved word
    type U = { like: Long };
               ^^^^
  help: write `"like"`
s:16:1: error[parse/unexpected-token]: unexpected `entity`
  entity G { x: Set<Long };
  ^^^^^^
  help: expected `;`
s:16:24: error[parse/unexpected-token]: unexpected `}`
  entity G { x: Set<Long };
                         ^
  help: expected `>`
s:17:10: error[parse/unexpected-token]: unexpected `;`
  type T = ;
           ^
  help: expected a name
s:18:4: error[parse/duplicate-annotation]: two annotations `@x` on one declaration
  @x @x entity H;
     ^^
)");
}

TEST(SchemaTextTest, OfAnAttributeDeclaredTwiceTheLastCounts) {
  EXPECT_EQ(Read("entity A { x: Long, x?: String };"),
            "s:1:21: warning[schema/duplicate-attribute]: attribute `x` is "
            "declared twice; the last one counts\n"
            "  entity A { x: Long, x?: String };\n"
            "                      ^\n"
            "entity A {x?: String}\n");
}

TEST(SchemaTextTest, StatesItsLimits) {
  SchemaLimits limits;
  limits.max_bytes = 10;
  EXPECT_EQ(Read("entity Abcdef;", limits),
            "s:1:1: error[schema/limit]: the schema has 14 bytes, over the "
            "limit of 10\n  entity Abcdef;\n  ^\n");
  limits = {};
  limits.max_type_depth = 3;
  EXPECT_EQ(Read("type A = Set<Set<Long>>;", limits), "");
  EXPECT_EQ(Read("type A = Set<Set<Set<Long>>>;", limits),
            "s:1:22: error[schema/limit]: types nest deeper than the limit of "
            "3 levels\n  type A = Set<Set<Set<Long>>>;\n"
            "                       ^^^^\n");
  EXPECT_NE(Read("type A = B; type B = C; type C = D; type D = Long;", limits)
                .find("types nest deeper than the limit of 3 levels"),
            std::string::npos);
  limits = {};
  limits.max_type_size = 7;
  const std::string doubling =
      "type A = { a: B, b: B }; type B = { a: C, b: C }; type C = Long;";
  EXPECT_EQ(Read(doubling, limits), "");
  limits.max_type_size = 6;
  EXPECT_NE(Read(doubling, limits).find("or 6 parts"), std::string::npos);
  limits = {};
  limits.max_ancestors = 3;
  EXPECT_NE(Read("entity A in B; entity B in C; entity C;", limits)
                .find("entity A {} in B ancestors B,C\n"),
            std::string::npos);
  limits.max_ancestors = 2;
  EXPECT_NE(Read("entity A in B; entity B in C; entity C;", limits)
                .find("more ancestors in all than the limit of 2"),
            std::string::npos);
  limits = {};
  limits.max_diagnostics = 1;
  EXPECT_NE(Read("entity A { a: X, b: Y, c: Z, d: W };", limits)
                .find("too many errors: only the first 1 are listed"),
            std::string::npos);
  EXPECT_NE(Read("type; type; type;", limits)
                .find("too many errors: only the first 1 are listed"),
            std::string::npos);
}

TEST(SchemaTextTest, SurvivesDeepNesting) {
  std::string deep = "type A = ";
  for (int i = 0; i < 100000; ++i) deep += "Set<";
  EXPECT_NE(Read(deep).find("the limit of 200 levels"), std::string::npos);
  std::string chain;
  for (int i = 0; i < 5000; ++i) {
    absl::StrAppend(&chain, "type T", i, " = { a: T", i + 1, ", b: T", i + 1,
                    " };");
  }
  chain += "type T5000 = Long;";
  EXPECT_NE(Read(chain).find("schema/limit"), std::string::npos);
}

TEST(SchemaTextTest, MergesSources) {
  const Source a("a", "namespace N { entity User in Base; }");
  const Source b("b",
                 "entity Base; action view appliesTo { principal: "
                 "N::User, resource: Base };");
  const Source c("c", R"({"": {"entityTypes": {"Base": {}}, "actions": {}}})");
  Diagnostics diagnostics;
  const SchemaSource good[] = {{&a, SchemaSyntax::kText},
                               {&b, SchemaSyntax::kText}};
  const auto schema = Schema::Parse(good, {}, &diagnostics);
  ASSERT_NE(schema, nullptr);
  EXPECT_EQ(DumpSchema(*schema),
            "entity Base {}\nentity N::User {} in Base ancestors Base\n"
            "action Action::\"view\" (N::User) (Base) {}\n");
  const SchemaSource bad[] = {good[0], good[1], {&c, SchemaSyntax::kJson}};
  EXPECT_EQ(Schema::Parse(bad, {}, &diagnostics), nullptr);
  EXPECT_EQ(FormatDiagnostics(diagnostics, {&a, &b, &c}),
            "c:1:23: error[schema/duplicate]: entity type `Base` is declared "
            "twice\n"
            "  {\"\": {\"entityTypes\": {\"Base\": {}}, \"actions\": {}}}\n"
            "                        ^^^^^^\n");
}

}  // namespace
}  // namespace tarazy
