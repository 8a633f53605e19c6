// The fact vocabulary against the wire and the schema of the default pack.

#include "server/service/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "policy/pack/pack.h"
#include "server/service/pack_in_service.h"
#include "tests/server/service/pack_variant.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using testing::HasSubstr;

absl::StatusOr<std::shared_ptr<const PackInService>> LoadInService(
    const std::string& folder) {
  auto pack = LoadPack(folder);
  if (!pack.ok()) return pack.status();
  return PackInService::Make(*std::move(pack));
}

std::shared_ptr<const PackInService> LoadSeedBill() {
  auto pack = LoadInService(SeedBillFolder());
  EXPECT_TRUE(pack.ok()) << pack.status().ToString();
  return pack.ok() ? *pack : nullptr;
}

// All enums that a message holds, at any depth.
void FindEnums(const Descriptor& message, std::set<const Descriptor*>* seen,
               std::set<const EnumDescriptor*>* enums) {
  if (!seen->insert(&message).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.enum_type() != nullptr) enums->insert(field.enum_type());
    if (field.message_type() != nullptr) {
      FindEnums(*field.message_type(), seen, enums);
    }
  }
}

TEST(FactsTest, EveryEnumOfARequestIsKnownToTheSchemaValueByValue) {
  const auto pack = LoadSeedBill();
  ASSERT_NE(pack, nullptr);
  std::set<const Descriptor*> seen;
  std::set<const EnumDescriptor*> on_wire;
  FindEnums(*v1::DecideRequest::descriptor(), &seen, &on_wire);
  on_wire.erase(v1::Language_descriptor());  // of the answer, not a fact

  std::set<const EnumDescriptor*> in_table;
  for (const EnumType& type : AllEnums()) {
    in_table.insert(type.descriptor);
    const SchemaEntityType* entity =
        pack->pack->schema().FindEntityType(type.entity_type);
    ASSERT_NE(entity, nullptr) << type.entity_type;
    std::set<std::string> ids;
    for (int i = 0; i < type.descriptor->value_count(); ++i) {
      const auto& value = *type.descriptor->value(i);
      if (value.number() != 0) ids.insert(EnumValueId(value));
    }
    EXPECT_EQ(ids, std::set<std::string>(entity->enum_ids.begin(),
                                         entity->enum_ids.end()))
        << type.entity_type;
  }
  EXPECT_EQ(in_table, on_wire);
}

// Checks that a fact of each attribute below `type` is there and has its type.
void CheckFacts(const std::string& path, const Type& type, ActKind kind,
                int* count) {
  // The pack's own, which no request carries (policy/pack/readings.h).
  if (path == "context.reading") return;
  ++*count;
  const Fact* fact = FindFact(path, kind);
  ASSERT_NE(fact, nullptr) << path << " of " << ActionId(kind);
  if (type.kind == TypeKind::kRecord) {
    EXPECT_TRUE(fact->record) << path;
    for (const AttributeType& attribute : type.attributes) {
      CheckFacts(path + "." + attribute.name, *attribute.type, kind, count);
    }
    return;
  }
  EXPECT_FALSE(fact->record) << path;
  const Type& element = type.kind == TypeKind::kSet ? *type.element : type;
  if (element.is_entity()) {
    ASSERT_GE(fact->enumeration, 0) << path;
    EXPECT_EQ(AllEnums()[fact->enumeration].entity_type,
              element.entity_types[0])
        << path;
  } else {
    EXPECT_EQ(fact->enumeration, -1) << path;
  }
}

TEST(FactsTest, EveryAttributeOfTheSchemaHasItsFact) {
  const auto pack = LoadSeedBill();
  ASSERT_NE(pack, nullptr);
  int count = 0;
  for (int i = 1; i < kActKinds; ++i) {
    const ActKind kind = static_cast<ActKind>(i);
    const SchemaAction* action =
        pack->pack->schema().FindAction({"Action", ActionId(kind)});
    ASSERT_NE(action, nullptr) << ActionId(kind);
    EXPECT_EQ(action->resources, std::vector<std::string>{ResourceType(kind)});
    for (const AttributeType& attribute : action->context->attributes) {
      CheckFacts("context." + attribute.name, *attribute.type, kind, &count);
    }
  }
  for (const AttributeType& attribute :
       pack->pack->schema().FindEntityType("Operator")->shape->attributes) {
    CheckFacts("principal." + attribute.name, *attribute.type,
               v1::Operation::kBiometricUse, &count);
  }
  EXPECT_GT(count, 100);
}

// The field that is told for a missing fact exists.
TEST(FactsTest, FieldsOfFactsAreFieldsOfTheRequest) {
  for (const Fact& fact : AllFacts()) {
    for (int kind = 1; kind < kActKinds; ++kind) {
      if ((fact.kinds >> kind & 1) == 0) continue;
      std::string rest = fact.field;
      if (rest.empty()) continue;
      const Descriptor* message = v1::DecideRequest::descriptor();
      if (rest[0] == '.') rest = "operation." + OperationField(kind) + rest;
      while (!rest.empty()) {
        const size_t dot = rest.find('.');
        const std::string name = rest.substr(0, dot);
        rest = dot == std::string::npos ? "" : rest.substr(dot + 1);
        ASSERT_NE(message, nullptr) << fact.field;
        const FieldDescriptor* field = message->FindFieldByName(name);
        ASSERT_NE(field, nullptr) << fact.path << ": " << fact.field;
        message = field->message_type();
      }
    }
  }
}

class PackFactsTest : public ServerTest {};

TEST_F(PackFactsTest, AFactThatNoRequestCarriesKeepsThePackOut) {
  PackVariant pack(folder(), "unknown-fact");
  pack.Replace("schema.cedarschema", "action biometricUse",
               "aim: BiometricAim,", "aim: BiometricAim, colour: String,");
  EXPECT_TRUE(LoadInService(pack.folder()).ok());  // nobody reads it
  pack.Write("decision/zz.cedar",
             "@id(\"zz\")\n@norm(\"pd-2013/7/12\")\n@reason(\"ZZ\")\n"
             "forbid (principal, action == Action::\"biometricUse\", resource)"
             "\nwhen { context.act.colour == \"red\" };\n");
  const auto loaded = LoadInService(pack.folder());
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(loaded.status().message()),
              HasSubstr("`context.act.colour`"));
}

TEST_F(PackFactsTest, ARecordCannotBeReadAsAWhole) {
  PackVariant pack(folder(), "whole-record");
  pack.Write("decision/zz.cedar",
             "@id(\"zz\")\n@norm(\"pd-2013/7/12\")\n@reason(\"ZZ\")\n"
             "permit (principal, action == Action::\"biometricUse\", resource)"
             "\nwhen { [context.data].contains(context.data) };\n");
  const auto loaded = LoadInService(pack.folder());
  EXPECT_FALSE(loaded.ok());
  EXPECT_THAT(std::string(loaded.status().message()),
              HasSubstr("context.data"));
}

TEST_F(PackFactsTest, AnEnumValueThatTheSchemaLacksKeepsThePackOut) {
  PackVariant pack(folder(), "short-enum");
  pack.Replace("schema.cedarschema", "entity DataSource enum",
               ", \"FROM_THIRD_PARTY\"", "");
  const auto loaded = LoadInService(pack.folder());
  EXPECT_FALSE(loaded.ok());
  EXPECT_THAT(std::string(loaded.status().message()),
              HasSubstr("FROM_THIRD_PARTY"));
}

}  // namespace
}  // namespace tarazy
