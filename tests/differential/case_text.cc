#include "tests/differential/case_text.h"

#include <map>
#include <nlohmann/json.hpp>

namespace tarazy {
namespace {

using Kind = CaseType::Kind;

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return "Bool";
    case Kind::kLong:
      return "Long";
    case Kind::kString:
      return "String";
    case Kind::kIp:
      return "ipaddr";
    case Kind::kDecimal:
      return "decimal";
    case Kind::kDatetime:
      return "datetime";
    case Kind::kDuration:
      return "duration";
    default:
      return "";
  }
}

std::string NamespaceOf(const std::string& name) {
  const size_t colons = name.rfind("::");
  return colons == std::string::npos ? "" : name.substr(0, colons);
}

std::string LastOf(const std::string& name) {
  const size_t colons = name.rfind("::");
  return colons == std::string::npos ? name : name.substr(colons + 2);
}

std::vector<std::string> AllQuoted(const std::vector<std::string>& texts,
                                   std::string (*quote)(const std::string&)) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(quote(text));
  return quoted;
}

// The human syntax.
class SchemaTexter {
 public:
  explicit SchemaTexter(const CaseWorld& world) : world_(world) {}

  std::string All() {
    std::map<std::string, std::string> spaces;
    for (const CaseCommonType& common : world_.commons) {
      spaces[""] += "type " + common.name + " = " + Type(common.type) + ";\n";
    }
    for (const CaseEntityType& type : world_.types) {
      spaces[NamespaceOf(type.name)] += Entity(type);
    }
    for (const CaseAction& action : world_.actions) {
      spaces[NamespaceOf(world_.action_type)] += Action(action);
    }
    std::string text;
    for (const auto& [name, declarations] : spaces) {
      text += name.empty()
                  ? declarations
                  : "namespace " + name + " {\n" + declarations + "}\n";
    }
    return text;
  }

 private:
  std::string Attributes(const std::vector<CaseType::Attribute>& attributes) {
    std::string text = "{";
    for (const CaseType::Attribute& attribute : attributes) {
      text += Quoted(attribute.name) + (attribute.required ? "" : "?") + ": " +
              Type(attribute.type) + ", ";
    }
    return text + "}";
  }

  std::string Type(const CaseType& type) {
    if (!type.common.empty()) return type.common;
    switch (type.kind) {
      case Kind::kEntity:
        return type.entity;
      case Kind::kSet:
        return "Set<" + Type(*type.element) + ">";
      case Kind::kRecord:
        return Attributes(type.attributes);
      default:
        return std::string(world_.reserved_names ? "__cedar::" : "") +
               NameOf(type.kind);
    }
  }

  std::string Entity(const CaseEntityType& type) {
    std::string text = "entity " + LastOf(type.name);
    if (!type.enum_ids.empty()) {
      return text + " enum [" + Join(AllQuoted(type.enum_ids, Quoted)) + "];\n";
    }
    if (!type.parents.empty()) text += " in [" + Join(type.parents) + "]";
    text += " = " + Attributes(type.attributes);
    if (type.tagged) text += " tags " + Type(type.tags);
    return text + ";\n";
  }

  std::string Action(const CaseAction& action) {
    std::string text = "action " + Quoted(action.id);
    if (!action.parents.empty()) {
      text += " in [" + Join(AllQuoted(action.parents, Quoted)) + "]";
    }
    return text + " appliesTo { principal: [" + Join(action.principals) +
           "], resource: [" + Join(action.resources) +
           "], context: " + Attributes(action.context.attributes) + " };\n";
  }

  const CaseWorld& world_;
};

// The JSON syntax.
class SchemaJsoner {
 public:
  explicit SchemaJsoner(const CaseWorld& world) : world_(world) {}

  std::string All() {
    struct Space {
      std::vector<std::string> commons, entities, actions;
    };
    std::map<std::string, Space> spaces;
    for (const CaseCommonType& common : world_.commons) {
      spaces[""].commons.push_back(JsonQuoted(common.name) + ": " +
                                   Type(common.type));
    }
    for (const CaseEntityType& type : world_.types) {
      spaces[NamespaceOf(type.name)].entities.push_back(
          JsonQuoted(LastOf(type.name)) + ": " + Entity(type));
    }
    for (const CaseAction& action : world_.actions) {
      spaces[NamespaceOf(world_.action_type)].actions.push_back(
          JsonQuoted(action.id) + ": " + Action(action));
    }
    std::vector<std::string> parts;
    for (const auto& [name, space] : spaces) {
      parts.push_back(JsonQuoted(name) + ": {\"commonTypes\": {" +
                      Join(space.commons) + "}, \"entityTypes\": {" +
                      Join(space.entities) + "}, \"actions\": {" +
                      Join(space.actions) + "}}");
    }
    return "{" + Join(parts) + "}";
  }

 private:
  std::string Record(const std::vector<CaseType::Attribute>& attributes) {
    std::vector<std::string> fields;
    for (const CaseType::Attribute& attribute : attributes) {
      std::string type = Type(attribute.type);
      if (!attribute.required) {
        type.insert(type.size() - 1, ", \"required\": false");
      }
      fields.push_back(JsonQuoted(attribute.name) + ": " + type);
    }
    return "{\"type\": \"Record\", \"attributes\": {" + Join(fields) + "}}";
  }

  std::string Type(const CaseType& type) {
    if (!type.common.empty()) return Named("EntityOrCommon", type.common);
    switch (type.kind) {
      case Kind::kEntity:
        return Named("Entity", type.entity);
      case Kind::kSet:
        return "{\"type\": \"Set\", \"element\": " + Type(*type.element) + "}";
      case Kind::kRecord:
        return Record(type.attributes);
      case Kind::kBool:
        return world_.reserved_names ? Named("EntityOrCommon", "Bool")
                                     : "{\"type\": \"Boolean\"}";
      case Kind::kLong:
      case Kind::kString:
        return std::string("{\"type\": \"") + NameOf(type.kind) + "\"}";
      default:
        return Named("Extension", NameOf(type.kind));
    }
  }

  std::string Named(const char* kind, const std::string& name) {
    return std::string("{\"type\": \"") + kind +
           "\", \"name\": " + JsonQuoted(name) + "}";
  }

  std::string Entity(const CaseEntityType& type) {
    if (!type.enum_ids.empty()) {
      return "{\"enum\": [" + Join(AllQuoted(type.enum_ids, JsonQuoted)) + "]}";
    }
    return "{\"memberOfTypes\": [" + Join(AllQuoted(type.parents, JsonQuoted)) +
           "], \"shape\": " + Record(type.attributes) +
           (type.tagged ? ", \"tags\": " + Type(type.tags) : "") + "}";
  }

  std::string Action(const CaseAction& action) {
    std::vector<std::string> parents;
    for (const std::string& id : action.parents) {
      parents.push_back("{\"id\": " + JsonQuoted(id) + "}");
    }
    return "{\"memberOf\": [" + Join(parents) +
           "], \"appliesTo\": {\"principalTypes\": [" +
           Join(AllQuoted(action.principals, JsonQuoted)) +
           "], \"resourceTypes\": [" +
           Join(AllQuoted(action.resources, JsonQuoted)) +
           "], \"context\": " + Record(action.context.attributes) + "}}";
  }

  const CaseWorld& world_;
};

}  // namespace

std::string SchemaText(const CaseWorld& world) {
  return SchemaTexter(world).All();
}

std::string SchemaJson(const CaseWorld& world) {
  return SchemaJsoner(world).All();
}

std::string ValueWriter::Record(
    const std::vector<CaseType::Attribute>& attributes) {
  std::vector<std::string> fields;
  for (const CaseType::Attribute& attribute : attributes) {
    if (!attribute.required && dice_.Chance(40)) continue;
    if (odd_ && dice_.Chance(2)) continue;
    fields.push_back(JsonQuoted(attribute.name) + ": " + Value(attribute.type));
  }
  if (odd_ && dice_.Chance(2)) fields.push_back("\"extra\": 1");
  return "{" + Join(fields) + "}";
}

// The call spelled out, or what only the type explains.
std::string ValueWriter::Extension(const CaseType& type, const char* function) {
  const std::string literal = JsonQuoted(
      odd_ && dice_.Chance(2) ? "no such" : ExtensionText(type.kind, &dice_));
  const std::string call =
      std::string("{\"fn\": \"") + function + "\", \"arg\": " + literal + "}";
  if (odd_ && dice_.Chance(20)) return literal;
  if (odd_ && dice_.Chance(20)) return call;
  return "{\"__extn\": " + call + "}";
}

std::string ValueWriter::Value(const CaseType& type) {
  static const auto* longs = new std::vector<std::string>{
      "0", "1", "2", "-1", "30", "9223372036854775807", "-9223372036854775808"};
  static const auto* strings = new std::vector<std::string>{
      "", "a", "abc", "a*c", "\xc3\xa9", "ABC", "a\nb", "\xf0\x9f\x98\x80x"};
  static const auto* odd = new std::vector<std::string>{
      "9223372036854775808",
      "1.0",
      "1e2",
      "null",
      "-0",
      "[[1], \"x\"]",
      "{\"__extn\": 1}",
      "{\"__entity\": {\"type\": \"User\"}}",
      "{\"__extn\": {\"fn\": \"offset\", \"args\": [{\"__extn\": {\"fn\": "
      "\"datetime\", \"arg\": \"2024-01-01\"}}, {\"__extn\": {\"fn\": "
      "\"duration\", \"arg\": \"1d\"}}]}}"};
  if (odd_ && dice_.Chance(1)) {
    if (dice_.Chance(50)) return dice_.Pick(*odd);
    CaseType other;
    other.kind = dice_.Chance(50) ? Kind::kLong : Kind::kString;
    return Value(other);
  }
  switch (type.kind) {
    case Kind::kBool:
      return dice_.Chance(50) ? "true" : "false";
    case Kind::kLong:
      return dice_.Pick(*longs);
    case Kind::kString:
      return JsonQuoted(dice_.Pick(*strings));
    case Kind::kEntity: {
      const std::string uid =
          EntityJson(type.entity, dice_.Pick(IdsOf(world_.Find(type.entity))));
      return odd_ && dice_.Chance(30) ? uid : "{\"__entity\": " + uid + "}";
    }
    case Kind::kSet: {
      std::vector<std::string> items;
      for (size_t i = dice_.Below(4); i > 0; --i) {
        items.push_back(Value(*type.element));
      }
      return "[" + Join(items) + "]";
    }
    case Kind::kRecord:
      return Record(type.attributes);
    case Kind::kIp:
      return Extension(type, "ip");
    case Kind::kDecimal:
      return Extension(type, "decimal");
    case Kind::kDatetime:
      return Extension(type, "datetime");
    case Kind::kDuration:
      return Extension(type, "duration");
  }
  return "null";
}

std::vector<std::string> Tokens(const std::string& text) {
  const auto word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
  };
  std::vector<std::string> tokens;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (word(text[i])) {
      while (end < text.size() && word(text[end])) ++end;
    } else if (text[i] == '"') {
      while (end < text.size() && text[end] != '"') {
        end += text[end] == '\\' ? 2 : 1;
      }
      end = end < text.size() ? end + 1 : text.size();
    }
    tokens.push_back(text.substr(i, end - i));
    i = end;
  }
  return tokens;
}

std::string Mutated(const std::string& text, Dice* dice) {
  static const auto* spares =
      new std::vector<std::string>{"(",       ")",
                                   "{",       "}",
                                   "[",       "]",
                                   ",",       ";",
                                   ".",       "::",
                                   "!",       "-",
                                   "==",      "&&",
                                   "||",      "in",
                                   "is",      "has",
                                   "like",    "if",
                                   "\"\"",    "0",
                                   "true",    "principal",
                                   "?",       "@",
                                   "//",      "\n",
                                   "Set<",    "?principal",
                                   "*",       "=",
                                   "else",    "\"\\u{d800}\"",
                                   "\"\\q\"", "9223372036854775808",
                                   "Bool",    "ip",
                                   "Action",  "\xc2\xa0",
                                   "in {",    "<",
                                   "+",       "%"};
  std::vector<std::string> tokens = Tokens(text);
  if (tokens.empty()) return text;
  const size_t at = dice->Below(tokens.size());
  switch (dice->Below(4)) {
    case 0:
      tokens[at].clear();
      break;
    case 1:
      tokens[at] += tokens[at];
      break;
    case 2:
      tokens[at] = dice->Pick(tokens);
      break;
    default:
      tokens[at] = dice->Pick(*spares);
      break;
  }
  std::string out;
  for (const std::string& token : tokens) out += token;
  return out;
}

std::string MutatedJson(const std::string& text, Dice* dice) {
  using Json = nlohmann::json;
  static const auto* spares = new std::vector<Json>{
      nullptr, true, -1, 1.5, "", "x", "Var", Json::array(), Json::object()};
  Json root = Json::parse(text);
  std::vector<Json::json_pointer> all = {Json::json_pointer()};
  for (size_t i = 0; i < all.size(); ++i) {
    const Json& at = root[all[i]];
    if (at.is_object()) {
      for (const auto& member : at.items()) {
        all.push_back(all[i] / member.key());
      }
    } else if (at.is_array()) {
      for (size_t k = 0; k < at.size(); ++k) all.push_back(all[i] / k);
    }
  }
  if (all.size() < 2) return text;
  const Json::json_pointer at = all[1 + dice->Below(all.size() - 1)];
  const Json other = root[dice->Pick(all)];
  switch (dice->Below(4)) {
    case 0: {
      Json& parent = root[at.parent_pointer()];
      if (parent.is_object()) {
        parent.erase(at.back());
      } else {
        parent.erase(std::stoul(at.back()));
      }
      break;
    }
    case 1:
      root[at] = dice->Pick(*spares);
      break;
    default:
      root[at] = other;
      break;
  }
  return root.dump();
}

}  // namespace tarazy
