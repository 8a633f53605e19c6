#include "tests/differential/expression_generator.h"

#include <algorithm>

namespace tarazy {
namespace {

using Kind = CaseType::Kind;

constexpr size_t kMaxPaths = 200;

bool IsPlainName(const std::string& name) {
  static const auto* reserved =
      new std::vector<std::string>{"if", "in", "true", "", "weird key"};
  return std::find(reserved->begin(), reserved->end(), name) ==
             reserved->end() &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
         });
}

std::string Access(const std::string& base, const std::string& name, bool dot) {
  return dot && IsPlainName(name) ? base + "." + name
                                  : base + "[" + Quoted(name) + "]";
}

}  // namespace

ExpressionGenerator::ExpressionGenerator(const CaseWorld& world,
                                         const std::string& principal,
                                         const CaseAction& action,
                                         const std::string& resource,
                                         bool careful, Dice* dice)
    : world_(world), careful_(careful), dice_(*dice) {
  CaseType entity;
  entity.kind = Kind::kEntity;
  entity.entity = principal;
  AddPaths({"principal", "", entity}, 3);
  entity.entity = resource;
  AddPaths({"resource", "", entity}, 3);
  entity.entity = world.action_type;
  paths_.push_back({"action", "", entity});
  AddPaths({"context", "", action.context}, 4);
}

void ExpressionGenerator::AddAttributes(
    const Path& base, const std::vector<CaseType::Attribute>& attributes,
    int depth) {
  for (const CaseType::Attribute& attribute : attributes) {
    if (paths_.size() > kMaxPaths) return;
    Path path;
    path.text = Access(base.text, attribute.name, dice_.Chance(80));
    path.type = attribute.type;
    path.guard = base.guard;
    if (!attribute.required || dice_.Chance(20)) {
      path.guard += (base.guard.empty() ? "" : " && ") + base.text + " has " +
                    (IsPlainName(attribute.name) ? attribute.name
                                                 : Quoted(attribute.name));
    }
    AddPaths(path, depth - 1);
  }
}

void ExpressionGenerator::AddPaths(const Path& base, int depth) {
  paths_.push_back(base);
  if (depth <= 0) return;
  if (base.type.kind == Kind::kRecord) {
    AddAttributes(base, base.type.attributes, depth);
  } else if (base.type.kind == Kind::kEntity) {
    AddAttributes(base, world_.Find(base.type.entity).attributes, depth);
  }
}

const ExpressionGenerator::Path* ExpressionGenerator::FindPath(Kind kind) {
  const size_t start = dice_.Below(paths_.size());
  for (size_t i = 0; i < paths_.size(); ++i) {
    const Path& path = paths_[(start + i) % paths_.size()];
    if (path.type.kind == kind) return &path;
  }
  return nullptr;
}

std::string ExpressionGenerator::Wrap(const std::string& text) {
  return dice_.Chance(careful_ ? 99 : 92) ? "(" + text + ")" : text;
}

std::string ExpressionGenerator::EntityLiteral() {
  if (dice_.Chance(15)) {
    return EntityText(world_.action_type, dice_.Pick(world_.actions).id);
  }
  const CaseEntityType& type = dice_.Pick(world_.types);
  return EntityText(type.name, dice_.Pick(IdsOf(type)));
}

std::string ExpressionGenerator::Entity() {
  const Path* path = FindPath(Kind::kEntity);
  return path != nullptr && dice_.Chance(60) ? Guarded(*path) : EntityLiteral();
}

std::string ExpressionGenerator::Literal(Kind kind) {
  static const auto* longs =
      new std::vector<std::string>{"0",
                                   "1",
                                   "2",
                                   "-1",
                                   "30",
                                   "007",
                                   "9223372036854775807",
                                   "-9223372036854775808"};
  static const auto* strings = new std::vector<std::string>{
      "\"\"",        "\"a\"",       "\"abc\"",   "\"a*c\"",
      "\"\\u{e9}\"", "\"\\x41BC\"", "\"a\\nb\"", "\"\xf0\x9f\x98\x80x\"",
      "\"\\0\"",     "\"it\\'s\""};
  switch (kind) {
    case Kind::kBool:
      return dice_.Chance(50) ? "true" : "false";
    case Kind::kLong:
      return dice_.Pick(*longs);
    case Kind::kString:
      return dice_.Pick(*strings);
    case Kind::kEntity:
      return EntityLiteral();
    case Kind::kSet:
      return Set(1);
    case Kind::kRecord:
      return Record(1);
    default:
      return Extension(kind, 0);
  }
}

std::string ExpressionGenerator::Guarded(const Path& path) {
  const bool guard = careful_ ? !dice_.Chance(2) : dice_.Chance(30);
  if (path.guard.empty() || !guard) return path.text;
  if (path.type.kind == Kind::kBool) {
    return "(" + path.guard + " && " + path.text + ")";
  }
  return "(if " + path.guard + " then " + path.text + " else " +
         Literal(path.type.kind) + ")";
}

std::string ExpressionGenerator::Of(Kind kind, int depth) {
  if (!careful_ && dice_.Chance(3)) kind = static_cast<Kind>(dice_.Below(10));
  const Path* path = FindPath(kind);
  if (path != nullptr && dice_.Chance(depth <= 0 ? 70 : 35)) {
    return Guarded(*path);
  }
  if (depth <= 0) return Literal(kind);
  if (dice_.Chance(7)) {
    return "(if " + Bool(depth - 1) + " then " + Of(kind, depth - 1) +
           " else " + Of(kind, depth - 1) + ")";
  }
  if (dice_.Chance(4)) {
    return Wrap("{\"k\": " + Of(kind, depth - 1) +
                ", \"other\": " + Any(depth - 1) + "}") +
           (dice_.Chance(50) ? ".k" : "[\"k\"]");
  }
  if (dice_.Chance(careful_ ? 1 : 5)) {
    static const auto* tags =
        new std::vector<std::string>{"\"t\"", "\"\"", "\"role\""};
    return Entity() + ".getTag(" + dice_.Pick(*tags) + ")";
  }
  switch (kind) {
    case Kind::kBool:
      return "(" + Bool(depth - 1) + ")";
    case Kind::kLong:
      return Long(depth);
    case Kind::kString:
      return Literal(kind);
    case Kind::kEntity:
      return Entity();
    case Kind::kSet:
      return Set(depth);
    case Kind::kRecord:
      return Record(depth);
    default:
      return Extension(kind, depth);
  }
}

std::string ExpressionGenerator::Any(int depth) {
  return Of(static_cast<Kind>(dice_.Below(10)), depth);
}

std::string ExpressionGenerator::Long(int depth) {
  static const auto* operators =
      new std::vector<std::string>{" + ", " - ", " * "};
  static const auto* methods = new std::vector<std::string>{
      "toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"};
  switch (dice_.Below(5)) {
    case 0:
      return "-" + Wrap(Of(Kind::kLong, depth - 1));
    case 1:
      return Of(Kind::kDuration, depth - 1) + "." + dice_.Pick(*methods) + "()";
    case 2:
      return Literal(Kind::kLong);
    default:
      return Wrap(Of(Kind::kLong, depth - 1) + dice_.Pick(*operators) +
                  Of(Kind::kLong, depth - 1));
  }
}

std::string ExpressionGenerator::Extension(Kind kind, int depth) {
  static const auto* bad = new std::vector<std::string>{"",
                                                        "x",
                                                        "1",
                                                        "1.2.3",
                                                        "1.23456",
                                                        "1970-1-1",
                                                        "1h1d",
                                                        "1.2.3.4/33",
                                                        "::ffff:1.2.3.4",
                                                        "2023-02-29",
                                                        "9223372036854775808ms",
                                                        "01.2.3.4"};
  if (depth > 0 && kind == Kind::kDatetime && dice_.Chance(40)) {
    const std::string time = Of(kind, depth - 1);
    return dice_.Chance(50)
               ? time + ".toDate()"
               : time + ".offset(" + Of(Kind::kDuration, depth - 1) + ")";
  }
  if (depth > 0 && kind == Kind::kDuration && dice_.Chance(40)) {
    const std::string time = Of(Kind::kDatetime, depth - 1);
    return dice_.Chance(50) ? time + ".toTime()"
                            : time + ".durationSince(" +
                                  Of(Kind::kDatetime, depth - 1) + ")";
  }
  const char* function = kind == Kind::kIp         ? "ip"
                         : kind == Kind::kDecimal  ? "decimal"
                         : kind == Kind::kDatetime ? "datetime"
                                                   : "duration";
  if (!careful_ && depth > 0 && dice_.Chance(5)) {
    return std::string(function) + "(" + Of(Kind::kString, depth - 1) + ")";
  }
  return std::string(function) + "(" +
         Quoted(dice_.Chance(careful_ ? 1 : 4) ? dice_.Pick(*bad)
                                               : ExtensionText(kind, &dice_)) +
         ")";
}

std::string ExpressionGenerator::Set(int depth) {
  const Kind kind = static_cast<Kind>(dice_.Below(careful_ ? 3 : 10));
  std::vector<std::string> items;
  for (size_t i = careful_ ? 1 + dice_.Below(4) : dice_.Below(5); i > 0; --i) {
    const bool other = !careful_ && dice_.Chance(5);
    items.push_back(other ? Any(depth - 1) : Of(kind, depth - 1));
  }
  return "[" + Join(items) + "]";
}

std::string ExpressionGenerator::Record(int depth) {
  static const auto* names =
      new std::vector<std::string>{"a", "\"b\"", "\"weird key\"", "c"};
  std::vector<std::string> fields;
  for (const std::string& name : *names) {
    if (dice_.Chance(40)) fields.push_back(name + ": " + Any(depth - 1));
  }
  return "{" + Join(fields) + "}";
}

std::string ExpressionGenerator::Pattern() {
  static const auto* patterns = new std::vector<std::string>{
      "\"*\"",     "\"a*\"",    "\"*c\"",   "\"a*b*c\"",
      "\"\"",      "\"a\\*c\"", "\"**\"",   "\"\\u{e9}*\"",
      "\"*\\nb\"", "\"*x\"",    "\"*a*a*\""};
  return dice_.Pick(*patterns);
}

std::string ExpressionGenerator::Has(int depth) {
  static const auto* names = new std::vector<std::string>{
      "a",   "b",     "age",       "\"weird key\"", "\"\"",      "\"\xc3\xa9\"",
      "a.b", "a.b.c", "owner.age", "context",       "c.name.x_1"};
  if (dice_.Chance(50)) {
    const Path& path = dice_.Pick(paths_);
    if (!path.guard.empty()) return path.guard;
  }
  const std::string left =
      dice_.Chance(70) ? dice_.Pick(paths_).text : Wrap(Any(depth - 1));
  return left + " has " + dice_.Pick(*names);
}

std::string ExpressionGenerator::BoolOnEntities(int depth) {
  const std::string type = dice_.Pick(world_.types).name;
  switch (dice_.Below(5)) {
    case 0:
      return Of(Kind::kEntity, depth - 1) + " is " + type;
    case 1:
      return Of(Kind::kEntity, depth - 1) + " is " + type + " in " +
             (dice_.Chance(70) ? Entity() : Wrap(Set(depth - 1)));
    case 2: {
      static const auto* tags =
          new std::vector<std::string>{"\"t\"", "\"\"", "\"role\""};
      const std::string entity = Entity();
      const std::string tag =
          dice_.Chance(80) ? dice_.Pick(*tags) : Of(Kind::kString, depth - 1);
      if (dice_.Chance(40)) return entity + ".hasTag(" + tag + ")";
      return entity + ".hasTag(" + tag + ") && " + entity + ".getTag(" + tag +
             ") == " + Any(depth - 1);
    }
    case 3: {
      std::vector<std::string> items;
      for (size_t i = dice_.Below(4); i > 0; --i) items.push_back(Entity());
      return Of(Kind::kEntity, depth - 1) + " in [" + Join(items) + "]";
    }
    default:
      return Of(Kind::kEntity, depth - 1) + " in " +
             Of(Kind::kEntity, depth - 1);
  }
}

std::string ExpressionGenerator::BoolOnSets(int depth) {
  static const auto* methods =
      new std::vector<std::string>{"containsAll", "containsAny"};
  const std::string set = Of(Kind::kSet, depth - 1);
  switch (dice_.Below(3)) {
    case 0:
      if (careful_) {
        const Kind kind = static_cast<Kind>(dice_.Below(3));
        return "[" + Of(kind, depth - 1) + ", " + Literal(kind) +
               "].contains(" + Of(kind, depth - 1) + ")";
      }
      return set + ".contains(" + Any(depth - 1) + ")";
    case 1:
      return set + ".isEmpty()";
    default:
      return set + "." + dice_.Pick(*methods) + "(" +
             Of(Kind::kSet, depth - 1) + ")";
  }
}

std::string ExpressionGenerator::BoolOnExtensions(int depth) {
  static const auto* unary = new std::vector<std::string>{
      "isIpv4", "isIpv6", "isLoopback", "isMulticast"};
  static const auto* decimals = new std::vector<std::string>{
      "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"};
  if (!careful_ && dice_.Chance(3)) return "ip().isIpv4()";
  if (!careful_ && dice_.Chance(3)) return "ip(\"::1\").isIpv4(1)";
  switch (dice_.Below(3)) {
    case 0:
      return Of(Kind::kIp, depth - 1) + "." + dice_.Pick(*unary) + "()";
    case 1:
      return Of(Kind::kIp, depth - 1) + ".isInRange(" +
             Of(Kind::kIp, depth - 1) + ")";
    default:
      return Of(Kind::kDecimal, depth - 1) + "." + dice_.Pick(*decimals) + "(" +
             Of(Kind::kDecimal, depth - 1) + ")";
  }
}

std::string ExpressionGenerator::BoolOperator(int depth) {
  static const auto* equality = new std::vector<std::string>{" == ", " != "};
  static const auto* order =
      new std::vector<std::string>{" < ", " <= ", " > ", " >= "};
  static const auto* ordered =
      new std::vector<Kind>{Kind::kLong, Kind::kDatetime, Kind::kDuration};
  if (dice_.Chance(50)) {
    const Kind kind = dice_.Pick(*ordered);
    return Of(kind, depth - 1) + dice_.Pick(*order) + Of(kind, depth - 1);
  }
  const Kind kind = static_cast<Kind>(dice_.Below(careful_ ? 3 : 10));
  return Of(kind, depth - 1) + dice_.Pick(*equality) +
         (!careful_ && dice_.Chance(10) ? Any(depth - 1) : Of(kind, depth - 1));
}

std::string ExpressionGenerator::Bool(int depth) {
  if (depth <= 0) {
    const Path* path = FindPath(Kind::kBool);
    if (path == nullptr || dice_.Chance(20)) return Literal(Kind::kBool);
    return Guarded(*path);
  }
  switch (dice_.Below(11)) {
    case 0:
    case 1:
      return Wrap(Bool(depth - 1) + " && " + Bool(depth - 1));
    case 2:
      return Wrap(Bool(depth - 1) + " || " + Bool(depth - 1));
    case 3:
      return "!" + Wrap(Bool(depth - 1));
    case 4:
      return Wrap("if " + Bool(depth - 1) + " then " + Bool(depth - 1) +
                  " else " + Bool(depth - 1));
    case 5:
      return Wrap(Has(depth));
    case 6:
      return Wrap(Of(Kind::kString, depth - 1) + " like " + Pattern());
    case 7:
      return Wrap(BoolOnEntities(depth));
    case 8:
      return Wrap(BoolOnSets(depth));
    case 9:
      return Wrap(BoolOnExtensions(depth));
    default:
      return Wrap(BoolOperator(depth));
  }
}

}  // namespace tarazy
