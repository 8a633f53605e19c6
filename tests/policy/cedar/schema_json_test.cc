// The JSON schema syntax: what it means, how it is printed, and what is said
// of mistakes.

#include "policy/cedar/schema_json.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/cedar/schema.h"
#include "policy/cedar/schema_text.h"
#include "tests/policy/cedar/schema_dump.h"

namespace tarazy {
namespace {

// The meaning or the diagnostics, without the lines they point at.
std::string Read(const std::string& text) {
  const Source source("s", text);
  Diagnostics diagnostics;
  const auto schema = Schema::ParseJson(source, &diagnostics);
  EXPECT_EQ(schema == nullptr, HasErrors(diagnostics));
  std::string out = FormatDiagnostics(diagnostics, {});
  if (schema != nullptr) out += DumpSchema(*schema);
  return out;
}

constexpr char kWhole[] = R"({
  "": {
    "commonTypes": {
      "Name": {
        "type": "Record",
        "attributes": {
          "first": {
            "type": "String"
          },
          "last": {
            "type": "EntityOrCommon",
            "name": "Long",
            "annotations": {
              "doc": "a \"number\""
            },
            "required": false
          }
        }
      }
    },
    "entityTypes": {
      "Color": {
        "enum": [
          "red",
          "green"
        ]
      },
      "User": {
        "memberOfTypes": [
          "N::Group"
        ],
        "shape": {
          "type": "Name"
        },
        "tags": {
          "type": "Set",
          "element": {
            "type": "Entity",
            "name": "Color"
          }
        }
      }
    },
    "actions": {
      "edit": {
        "appliesTo": {
          "principalTypes": [
            "User"
          ],
          "resourceTypes": [
            "N::Group"
          ],
          "context": {
            "type": "Record",
            "attributes": {
              "ip": {
                "type": "Extension",
                "name": "ipaddr"
              },
              "on": {
                "type": "Boolean"
              }
            }
          }
        },
        "memberOf": [
          {
            "id": "all",
            "type": "N::Action"
          },
          {
            "id": "view"
          }
        ]
      },
      "view": {}
    }
  },
  "N": {
    "entityTypes": {
      "Group": {}
    },
    "actions": {
      "all": {}
    },
    "annotations": {
      "doc": ""
    }
  }
})";

TEST(SchemaJsonTest, ReadsEveryConstruct) {
  EXPECT_EQ(Read(kWhole), R"(entity Color {} enum red,green
entity N::Group {}
entity User {first: String, last?: Long} tags Set<Color> in N::Group ancestors N::Group
action Action::"edit" (User) (N::Group) {ip: ipaddr, on: Bool} in Action::"view" in N::Action::"all" ancestor Action::"view" ancestor N::Action::"all"
action Action::"view" () () {}
action N::Action::"all" () () {}
)");
}

TEST(SchemaJsonTest, PrintsWhatItRead) {
  Diagnostics diagnostics;
  const auto fragment = ParseSchemaJson(Source("s", kWhole), {}, &diagnostics);
  ASSERT_TRUE(fragment.has_value());
  EXPECT_EQ(PrintSchemaJson(*fragment), kWhole);
  // The human syntax has no entity type whose shape is a common type.
  EXPECT_FALSE(PrintSchemaText(*fragment, &diagnostics).has_value());
  EXPECT_EQ(FormatDiagnostics(diagnostics, {}),
            "s: error[schema/no-text-form]: the shape of `User` is not "
            "written as a record, as the human syntax needs it\n");
}

TEST(SchemaJsonTest, TranslatesToText) {
  Diagnostics diagnostics;
  const auto fragment = ParseSchemaText(
      Source("s",
             "action view; @doc(\"x\") entity User in Group {\"a b\"?: "
             "Set<{x: Long}>} tags ipaddr; entity Group enum [\"\\n\"];"
             "namespace N { type T = User; action do in "
             "Action::\"view\" appliesTo {principal: User, resource: "
             "[User], context: {t: T}}; }"),
      {}, &diagnostics);
  ASSERT_TRUE(fragment.has_value());
  EXPECT_EQ(PrintSchemaText(*fragment, &diagnostics).value_or(""),
            R"(entity Group enum ["\n"];
@doc("x")
entity User in [Group] = {
  "a b"?: Set<{
    x: Long,
  }>,
} tags ipaddr;
action view;

namespace N {
  type T = User;
  action do in [Action::"view"] appliesTo {
    principal: [User],
    resource: [User],
    context: {
      t: T,
    },
  };
}
)");
}

TEST(SchemaJsonTest, ExplainsMistakes) {
  EXPECT_EQ(
      Read("[]"),
      "s: error[schema/json]: a schema must be an object, not an array\n");
  EXPECT_EQ(Read(R"({"entityTypes": {"User": {}}, "actions": {}})"),
            R"(s: error[schema/json]: `entityTypes` stands outside a namespace
  help: put it into `{"": {…}}` for the empty namespace
s: error[schema/json]: `actions` stands outside a namespace
  help: put it into `{"": {…}}` for the empty namespace
)");
  EXPECT_EQ(Read(R"({"A B": {"entityTypes": {}, "acts": {}}})"),
            R"(s: error[schema/json]: `A B` is not a valid namespace
  help: write identifiers joined by `::`, without blanks
s: error[schema/json]: the namespace lacks the key `actions`
s: error[schema/json]: a namespace has no key `acts`
  help: its keys are commonTypes, entityTypes, actions, annotations
)");
  EXPECT_EQ(Read(R"({"": {"actions": {"a": {"memberOf": [{"type": "Action"}, 1],
    "appliesTo": {"principalTypes": ["in"], "resourcTypes": []},
    "attributes": {}}},
  "commonTypes": {"T": {"type": "Set"}, "U": {"type": "Recrod"},
    "V": {"name": "x"}, "W": {"type": "Extension", "name": "ipadr"}},
  "annotations": {"doc": "x"},
  "entityTypes": {"E": {"enum": [], "tags": {"type": "Long"}},
    "F": {"shape": {"type": "Record", "attributes": {"x": {"type": "Long",
      "required": "no", "elem": 1}}, "additionalAttributes": true}},
    "1F": {"memberOfTypes": [2], "shape": {"type": "Entity"}}}}})"),
            R"(s: error[schema/json]: a group of actions lacks the key `id`
s: error[schema/json]: a group of actions must be an object, not an integer
s: error[schema/json]: `appliesTo` lacks the key `resourceTypes`
s: error[schema/json]: `in` is not a valid name of an entity type
  help: write identifiers joined by `::`, without blanks
s: error[schema/json]: `appliesTo` has no key `resourcTypes`
  help: did you mean `resourceTypes`?
s: error[schema/json]: actions can't have attributes
s: error[schema/json]: a set lacks the key `element`
s: error[schema/json]: a type lacks the key `type`
s: error[schema/json]: the empty namespace can't have annotations
s: error[schema/json]: `enum` lists no id
s: error[schema/json]: an enumerated type can't have `tags`
s: error[schema/json]: `required` must be a boolean, not a string
s: error[schema/json]: a type `Long` has no key `elem`
  help: its keys are type, required, annotations
s: error[schema/json]: records with additional attributes are not supported
s: error[schema/json]: `1F` is not a valid name of an entity type
s: error[schema/json]: the name of a type must be a string, not an integer
s: error[schema/json]: a type `Entity` lacks the key `name`
)");
  EXPECT_EQ(
      Read(R"({"": {"entityTypes": {"F": {"tags": {"type": "Recrod"}}},
    "actions": {}, "commonTypes": {"Record1": {"type": "Extension",
    "name": "ipadr"}, "B": {"type": "Entity", "name": "Record1"}}}})"),
      R"(s: error[schema/unknown-type]: `Recrod` is not declared as a common type
  help: did you mean `Record1`?
s: error[schema/unknown-type]: `ipadr` is not an extension type
  help: did you mean `ipaddr`?
s: error[schema/unknown-type]: `Record1` is not declared as an entity type
  help: `Record1` is a common type; only entity types may stand here
)");
}

}  // namespace
}  // namespace tarazy
