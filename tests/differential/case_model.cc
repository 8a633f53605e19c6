#include "tests/differential/case_model.h"

#include <algorithm>
#include <cstdio>

namespace tarazy {
namespace {

using Kind = CaseType::Kind;

const std::vector<std::string>& AttributeNames() {
  static const auto* names = new std::vector<std::string>{"a",
                                                          "b",
                                                          "c",
                                                          "age",
                                                          "name",
                                                          "weird key",
                                                          "if",
                                                          "\xc3\xa9",
                                                          "",
                                                          "x_1",
                                                          "owner",
                                                          "__tag",
                                                          "in",
                                                          "context",
                                                          "true",
                                                          "Set",
                                                          "type",
                                                          "\xe2\x80\xae"
                                                          "b",
                                                          "\xd0\xb0"
                                                          "bc",
                                                          "q\"\\",
                                                          "ip"};
  return *names;
}

// What types are made of: the names of entity types, and common types.
struct Parts {
  std::vector<std::string> entities;
  const std::vector<CaseCommonType>* commons;
};

CaseType MakeType(const Parts& parts, int depth, Dice* dice);

std::vector<CaseType::Attribute> MakeAttributes(const Parts& parts, int depth,
                                                Dice* dice) {
  std::vector<CaseType::Attribute> attributes;
  const size_t count = dice->Below(depth > 1 ? 7 : 4);
  for (size_t i = 0; i < count; ++i) {
    CaseType::Attribute attribute;
    attribute.name = dice->Pick(AttributeNames());
    const bool known = std::any_of(
        attributes.begin(), attributes.end(),
        [&](const CaseType::Attribute& a) { return a.name == attribute.name; });
    if (known) continue;
    attribute.type = MakeType(parts, depth - 1, dice);
    attribute.required = dice->Chance(65);
    attributes.push_back(attribute);
  }
  return attributes;
}

CaseType MakeType(const Parts& parts, int depth, Dice* dice) {
  if (!parts.commons->empty() && dice->Chance(12)) {
    const CaseCommonType& common = dice->Pick(*parts.commons);
    CaseType type = common.type;
    type.common = common.name;
    return type;
  }
  CaseType type;
  type.kind = static_cast<Kind>(dice->Below(10));
  if (depth <= 0 && (type.kind == Kind::kSet || type.kind == Kind::kRecord)) {
    type.kind = Kind::kLong;
  }
  if (type.kind == Kind::kEntity) type.entity = dice->Pick(parts.entities);
  if (type.kind == Kind::kSet) {
    type.element = std::make_shared<CaseType>(MakeType(parts, depth - 1, dice));
  }
  if (type.kind == Kind::kRecord) {
    type.attributes = MakeAttributes(parts, depth, dice);
  }
  return type;
}

template <typename T>
std::vector<T> Some(const std::vector<T>& items, int percent, Dice* dice) {
  std::vector<T> some;
  for (const T& item : items) {
    if (dice->Chance(percent)) some.push_back(item);
  }
  return some;
}

CaseEntityType MakeEntityType(const Parts& parts, const std::string& name,
                              Dice* dice) {
  CaseEntityType type;
  type.name = name;
  if (name == "Color") {
    type.enum_ids = {"red", "blue \"x\""};
    return type;
  }
  type.attributes = MakeAttributes(parts, 2, dice);
  for (const std::string& parent : parts.entities) {
    if (parent != "Color" && dice->Chance(40)) type.parents.push_back(parent);
  }
  type.tagged = dice->Chance(40);
  if (type.tagged) type.tags = MakeType(parts, 1, dice);
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
  world.reserved_names = dice->Chance(50);
  world.action_type = dice->Chance(75) ? "Action" : "NS::Action";
  std::vector<CaseCommonType> commons;
  const Parts parts = {names, &commons};
  for (const char* name : {"Address", "Limits", "Ids"}) {
    if (!dice->Chance(40)) continue;
    CaseCommonType common{name, MakeType(parts, 2, dice)};
    commons.push_back(common);
  }
  for (const std::string& name : names) {
    world.types.push_back(MakeEntityType(parts, name, dice));
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
    action.context.attributes = MakeAttributes(parts, 3, dice);
    world.actions.push_back(action);
    earlier.push_back(id);
  }
  world.commons = commons;
  return world;
}

std::vector<std::string> IdsOf(const CaseEntityType& type) {
  if (!type.enum_ids.empty()) return type.enum_ids;
  return {"alice", "bob",          "",    "\xf0\x9f\x98\x80", "a\"b\\c",
          "ghost", "\xd0\xb0lice", "n\nl"};
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

}  // namespace tarazy
