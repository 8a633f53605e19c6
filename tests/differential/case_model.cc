#include "tests/differential/case_model.h"

#include <algorithm>
#include <cstdio>

namespace tarazy {
namespace {

using Kind = CaseType::Kind;

const std::vector<std::string>& AttributeNames() {
  static const auto* names = new std::vector<std::string>{
      "a", "b",   "c",     "age",   "name", "weird key", "if",  "\xc3\xa9",
      "",  "x_1", "owner", "__tag", "in",   "context",   "true"};
  return *names;
}

CaseType MakeType(const std::vector<std::string>& entity_types, int depth,
                  Dice* dice);

std::vector<CaseType::Attribute> MakeAttributes(
    const std::vector<std::string>& entity_types, int depth, Dice* dice) {
  std::vector<CaseType::Attribute> attributes;
  const size_t count = dice->Below(depth > 1 ? 7 : 4);
  for (size_t i = 0; i < count; ++i) {
    CaseType::Attribute attribute;
    attribute.name = dice->Pick(AttributeNames());
    const bool known = std::any_of(
        attributes.begin(), attributes.end(),
        [&](const CaseType::Attribute& a) { return a.name == attribute.name; });
    if (known) continue;
    attribute.type = MakeType(entity_types, depth - 1, dice);
    attribute.required = dice->Chance(65);
    attributes.push_back(attribute);
  }
  return attributes;
}

CaseType MakeType(const std::vector<std::string>& entity_types, int depth,
                  Dice* dice) {
  CaseType type;
  type.kind = static_cast<Kind>(dice->Below(10));
  if (depth <= 0 && (type.kind == Kind::kSet || type.kind == Kind::kRecord)) {
    type.kind = Kind::kLong;
  }
  if (type.kind == Kind::kEntity) type.entity = dice->Pick(entity_types);
  if (type.kind == Kind::kSet) {
    type.element =
        std::make_shared<CaseType>(MakeType(entity_types, depth - 1, dice));
  }
  if (type.kind == Kind::kRecord) {
    type.attributes = MakeAttributes(entity_types, depth, dice);
  }
  return type;
}

std::string TypeText(const CaseType& type);

std::string AttributesText(const std::vector<CaseType::Attribute>& attributes) {
  std::string text = "{";
  for (const CaseType::Attribute& attribute : attributes) {
    text += Quoted(attribute.name) + (attribute.required ? "" : "?") + ": " +
            TypeText(attribute.type) + ", ";
  }
  return text + "}";
}

std::string TypeText(const CaseType& type) {
  switch (type.kind) {
    case Kind::kBool:
      return "__cedar::Bool";
    case Kind::kLong:
      return "__cedar::Long";
    case Kind::kString:
      return "__cedar::String";
    case Kind::kEntity:
      return type.entity;
    case Kind::kSet:
      return "Set<" + TypeText(*type.element) + ">";
    case Kind::kRecord:
      return AttributesText(type.attributes);
    case Kind::kIp:
      return "__cedar::ipaddr";
    case Kind::kDecimal:
      return "__cedar::decimal";
    case Kind::kDatetime:
      return "__cedar::datetime";
    case Kind::kDuration:
      return "__cedar::duration";
  }
  return "";
}

std::string EntityTypeText(const CaseEntityType& type) {
  const size_t colons = type.name.rfind("::");
  const bool spaced = colons != std::string::npos;
  std::string text =
      "entity " + (spaced ? type.name.substr(colons + 2) : type.name);
  if (!type.enum_ids.empty()) {
    std::vector<std::string> ids;
    for (const std::string& id : type.enum_ids) ids.push_back(Quoted(id));
    text += " enum [" + Join(ids) + "];\n";
  } else {
    if (!type.parents.empty()) text += " in [" + Join(type.parents) + "]";
    text += " = " + AttributesText(type.attributes);
    if (type.tagged) text += " tags " + TypeText(type.tags);
    text += ";\n";
  }
  if (!spaced) return text;
  return "namespace " + type.name.substr(0, colons) + " { " + text + "}\n";
}

std::string ActionText(const CaseAction& action) {
  std::string text = "action " + Quoted(action.id);
  if (!action.parents.empty()) {
    std::vector<std::string> parents;
    for (const std::string& id : action.parents) parents.push_back(Quoted(id));
    text += " in [" + Join(parents) + "]";
  }
  text += " appliesTo { principal: [" + Join(action.principals) +
          "], resource: [" + Join(action.resources) +
          "], context: " + AttributesText(action.context.attributes) + " };\n";
  return text;
}

template <typename T>
std::vector<T> Some(const std::vector<T>& items, int percent, Dice* dice) {
  std::vector<T> some;
  for (const T& item : items) {
    if (dice->Chance(percent)) some.push_back(item);
  }
  return some;
}

CaseEntityType MakeEntityType(const std::vector<std::string>& names,
                              const std::string& name, Dice* dice) {
  CaseEntityType type;
  type.name = name;
  if (name == "Color") {
    type.enum_ids = {"red", "blue \"x\""};
    return type;
  }
  type.attributes = MakeAttributes(names, 2, dice);
  for (const std::string& parent : names) {
    if (parent != "Color" && dice->Chance(40)) type.parents.push_back(parent);
  }
  type.tagged = dice->Chance(40);
  if (type.tagged) type.tags = MakeType(names, 1, dice);
  return type;
}

}  // namespace

const CaseEntityType& CaseWorld::Find(const std::string& name) const {
  for (const CaseEntityType& type : types) {
    if (type.name == name) return type;
  }
  return types[0];
}

CaseWorld MakeWorld(Dice* dice) {
  CaseWorld world;
  std::vector<std::string> names = {"User", "Group"};
  for (const char* more : {"NS::Photo", "A::B::C", "Color", "Team"}) {
    if (dice->Chance(60)) names.push_back(more);
  }
  for (const std::string& name : names) {
    world.types.push_back(MakeEntityType(names, name, dice));
  }
  std::vector<std::string> earlier;
  for (const char* id : {"all", "view", "edit", "odd action"}) {
    if (earlier.size() > 1 && dice->Chance(30)) continue;
    CaseAction action;
    action.id = id;
    action.parents = Some(earlier, 40, dice);
    action.principals = Some(names, 50, dice);
    if (action.principals.empty()) action.principals = {"User"};
    action.resources = Some(names, 50, dice);
    if (action.resources.empty()) action.resources = {"Group"};
    action.context.kind = Kind::kRecord;
    action.context.attributes = MakeAttributes(names, 3, dice);
    world.actions.push_back(action);
    earlier.push_back(id);
  }
  return world;
}

std::vector<std::string> IdsOf(const CaseEntityType& type) {
  if (!type.enum_ids.empty()) return type.enum_ids;
  return {"alice", "bob", "", "\xf0\x9f\x98\x80", "a\"b\\c", "ghost"};
}

std::string SchemaText(const CaseWorld& world) {
  std::string text;
  for (const CaseEntityType& type : world.types) text += EntityTypeText(type);
  for (const CaseAction& action : world.actions) text += ActionText(action);
  return text;
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string JsonQuoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      out += escape;
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

std::string EntityText(const std::string& type, const std::string& id) {
  return type + "::" + Quoted(id);
}

std::string EntityJson(const std::string& type, const std::string& id) {
  return "{\"type\": " + JsonQuoted(type) + ", \"id\": " + JsonQuoted(id) + "}";
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

std::string ExtensionText(Kind kind, Dice* dice) {
  static const auto* ips = new std::vector<std::string>{
      "10.0.0.1",      "10.0.0.0/24", "127.0.0.1",  "::1",       "ff00::/8",
      "0.0.0.0/0",     "::/0",        "224.0.0.1",  "1.2.3.4/5", "1:2::8",
      "2001:db8::/32", "10.0.0.9/31", "127.0.0.1/7"};
  static const auto* decimals =
      new std::vector<std::string>{"0.0",
                                   "-0.5",
                                   "1.5",
                                   "1.50",
                                   "922337203685477.5807",
                                   "0.0001",
                                   "-922337203685477.5808",
                                   "12.34"};
  static const auto* datetimes =
      new std::vector<std::string>{"1970-01-01",
                                   "2024-02-29",
                                   "1969-12-31T23:59:59.999Z",
                                   "2024-02-29T12:00:00+0530",
                                   "0000-01-01",
                                   "9999-12-31T23:59:59-2359"};
  static const auto* durations =
      new std::vector<std::string>{"0ms",
                                   "1d",
                                   "-1d2h3m4s5ms",
                                   "1h",
                                   "60m",
                                   "9223372036854775807ms",
                                   "-9223372036854775808ms",
                                   "90m",
                                   "-1ms"};
  switch (kind) {
    case Kind::kIp:
      return dice->Pick(*ips);
    case Kind::kDecimal:
      return dice->Pick(*decimals);
    case Kind::kDatetime:
      return dice->Pick(*datetimes);
    default:
      return dice->Pick(*durations);
  }
}

std::string RecordJson(const CaseWorld& world,
                       const std::vector<CaseType::Attribute>& attributes,
                       Dice* dice) {
  std::vector<std::string> fields;
  for (const CaseType::Attribute& attribute : attributes) {
    if (!attribute.required && dice->Chance(40)) continue;
    fields.push_back(JsonQuoted(attribute.name) + ": " +
                     ValueJson(world, attribute.type, dice));
  }
  return "{" + Join(fields) + "}";
}

std::string ValueJson(const CaseWorld& world, const CaseType& type,
                      Dice* dice) {
  static const auto* longs = new std::vector<std::string>{
      "0", "1", "2", "-1", "30", "9223372036854775807", "-9223372036854775808"};
  static const auto* strings = new std::vector<std::string>{
      "", "a", "abc", "a*c", "\xc3\xa9", "ABC", "a\nb", "\xf0\x9f\x98\x80x"};
  const auto call = [&](const char* function) {
    return std::string("{\"__extn\": {\"fn\": \"") + function +
           "\", \"arg\": " + JsonQuoted(ExtensionText(type.kind, dice)) + "}}";
  };
  switch (type.kind) {
    case Kind::kBool:
      return dice->Chance(50) ? "true" : "false";
    case Kind::kLong:
      return dice->Pick(*longs);
    case Kind::kString:
      return JsonQuoted(dice->Pick(*strings));
    case Kind::kEntity:
      return "{\"__entity\": " +
             EntityJson(type.entity,
                        dice->Pick(IdsOf(world.Find(type.entity)))) +
             "}";
    case Kind::kSet: {
      std::vector<std::string> items;
      for (size_t i = dice->Below(4); i > 0; --i) {
        items.push_back(ValueJson(world, *type.element, dice));
      }
      return "[" + Join(items) + "]";
    }
    case Kind::kRecord:
      return RecordJson(world, type.attributes, dice);
    case Kind::kIp:
      return call("ip");
    case Kind::kDecimal:
      return call("decimal");
    case Kind::kDatetime:
      return call("datetime");
    case Kind::kDuration:
      return call("duration");
  }
  return "null";
}

}  // namespace tarazy
