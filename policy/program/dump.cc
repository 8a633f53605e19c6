#include "policy/program/dump.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/ast.h"
#include "policy/eval/aggregate.h"
#include "policy/eval/extension.h"

namespace tarazy {
namespace {

std::string Quote(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
}

std::string NameText(const EntityName& name) {
  return absl::StrCat(name.type, "::", Quote(name.id));
}

std::string OperandText(const Program::Rep& rep, uint32_t operand) {
  constexpr const char* kVars[] = {"principal", "action", "resource"};
  const uint32_t index = IndexOf(operand);
  switch (KindOf(operand)) {
    case OperandKind::kRegister:
      return absl::StrCat("r", index);
    case OperandKind::kConstant:
      return FormatValue(rep.constants[index]);
    case OperandKind::kSlot:
      return absl::StrCat("s", index);
    case OperandKind::kVar:
      break;
  }
  return kVars[index];
}

std::string FieldText(const Program::Rep& rep, Field field, uint32_t value) {
  switch (field) {
    case Field::kOperand:
      return OperandText(rep, value);
    case Field::kSlot:
      return absl::StrCat("s", value);
    case Field::kType:
      return std::string(rep.symbols.types()[value - 1]);
    case Field::kPattern:
      return Quote(absl::StrJoin(rep.patterns[value].pieces, "*"));
    case Field::kName:
      return Quote(rep.names[value]);
    case Field::kShape:
      return absl::StrCat("{", absl::StrJoin(rep.shapes[value], ", "), "}");
    case Field::kFirstRegister:
      return absl::StrCat("r", value);
    case Field::kEntity:
      return NameText(rep.symbols.entities()[value - 1]);
    case Field::kCondition:
      return absl::StrCat("c", value);
    default:
      return absl::StrCat(value);
  }
}

std::string InstText(const Program::Rep& rep, const Inst& inst) {
  const OpInfo& info = Info(inst.op);
  std::string text;
  if (info.result == Result::kValue ||
      (info.result == Result::kBool && (inst.flags & kBranch) == 0)) {
    absl::StrAppend(&text, "r", inst.dst, " = ",
                    (inst.flags & kInvert) != 0 ? "not " : "");
  }
  absl::StrAppend(&text, info.name);
  if (info.a != Field::kNone) {
    absl::StrAppend(&text, " ", FieldText(rep, info.a, inst.a));
  }
  if (info.b != Field::kNone) {
    absl::StrAppend(&text, ", ", FieldText(rep, info.b, inst.b));
  }
  if (info.result == Result::kJumps) {
    absl::StrAppend(&text, " ", inst.target);
  } else if (info.result == Result::kBool && (inst.flags & kBranch) != 0) {
    absl::StrAppend(&text, (inst.flags & kWhen) != 0 ? " ? " : " ! ",
                    inst.target);
  }
  return text;
}

std::string PartText(const Program::Rep& rep, const ScopePart& part) {
  using Kind = ScopeConstraint::Kind;
  std::string text;
  if (part.kind == Kind::kAny) return "any";
  if (part.kind == Kind::kIs || part.kind == Kind::kIsIn) {
    absl::StrAppend(&text, "is ", rep.symbols.types()[part.type - 1]);
  }
  if (part.kind != Kind::kIs) {
    absl::StrAppend(&text, part.kind == Kind::kIsIn ? " " : "",
                    part.kind == Kind::kEqual ? "== " : "in ",
                    NameText(rep.symbols.entities()[part.entity - 1]));
  }
  return text;
}

std::string ActionText(const Program::Rep& rep, const ActionSet& set) {
  if (set.kind == ActionConstraint::Kind::kAny) return "any";
  return absl::StrCat(
      set.kind == ActionConstraint::Kind::kEqual ? "== " : "in ",
      absl::StrJoin(set.entities, ", ", [&](std::string* out, uint32_t n) {
        absl::StrAppend(out, NameText(rep.symbols.entities()[n - 1]));
      }));
}

void DumpBlock(const Program::Rep& rep, const CodeBlock& block,
               std::string* text) {
  for (uint32_t at = block.begin; at < block.end; ++at) {
    absl::StrAppendFormat(text, "  %4d  %s\n", at - block.begin,
                          InstText(rep, rep.code[at]));
  }
}

// The steps of a leaf, each under the guards that it depends on.
void DumpLeaf(const Program::Rep& rep, uint32_t leaf, std::string* text) {
  const std::vector<Step>& steps = rep.guards.steps();
  std::vector<uint32_t> open;  // ends of guards
  for (uint32_t at = rep.guards.begin(leaf); at < rep.guards.begin(leaf + 1);
       ++at) {
    while (!open.empty() && open.back() == at) open.pop_back();
    text->append(2 + open.size() * 2, ' ');
    const Step& step = steps[at];
    if (step.runs_policy()) {
      absl::StrAppend(text, "policy ", step.policy, " from ",
                      step.next - rep.blocks[step.policy].begin, "\n");
    } else if (step.kind() == StepKind::kSwitch) {
      absl::StrAppend(text, "switch ", OperandText(rep, step.test.a), " over ",
                      step.next - at - 1, " steps\n");
    } else {
      absl::StrAppend(text, InstText(rep, step.test), "\n");
      open.push_back(step.next);
    }
  }
}

}  // namespace

std::string FormatValue(const Value& value) {
  switch (value.tag()) {
    case ValueTag::kMissing:
      return "missing";
    case ValueTag::kBool:
      return value.as_bool() ? "true" : "false";
    case ValueTag::kLong:
      return absl::StrCat(value.as_number());
    case ValueTag::kString:
      return Quote(value.as_string());
    case ValueTag::kEntity:
      return NameText(value.as_entity());
    case ValueTag::kDecimal:
      return absl::StrCat("decimal(\"", FormatDecimal(value.as_number()),
                          "\")");
    case ValueTag::kDatetime:
      return absl::StrCat("datetime(\"1970-01-01\").offset(duration(\"",
                          FormatDuration(value.as_number()), "\"))");
    case ValueTag::kDuration:
      return absl::StrCat("duration(\"", FormatDuration(value.as_number()),
                          "\")");
    case ValueTag::kIp:
      return absl::StrCat("ip(\"", FormatIp(value.as_ip()), "\")");
    case ValueTag::kSet:
      return absl::StrCat(
          "[",
          absl::StrJoin(value.as_set(), ", ",
                        [](std::string* out, const Value& item) {
                          absl::StrAppend(out, FormatValue(item));
                        }),
          "]");
    case ValueTag::kRecord:
      return absl::StrCat(
          "{",
          absl::StrJoin(value.as_record(), ", ",
                        [](std::string* out, const RecordField& field) {
                          absl::StrAppend(out, Quote(field.name), ": ",
                                          FormatValue(field.value));
                        }),
          "}");
  }
  return "";
}

std::string DumpProgram(const Program::Rep& rep) {
  std::string text = absl::StrCat("digest ", rep.digest, "\n");
  for (size_t i = 0; i < rep.facts.size(); ++i) {
    absl::StrAppend(&text, "slot s", i, " ", rep.facts[i].ToString(),
                    rep.facts[i].presence_only ? " (presence)" : "", "\n");
  }
  for (const auto& pair : rep.groups.pairs()) {
    absl::StrAppend(&text, "group ",
                    NameText(rep.symbols.entities()[pair.first - 1]), " in ",
                    NameText(rep.symbols.entities()[pair.second - 1]), "\n");
  }
  for (size_t i = 0; i < rep.policies.size(); ++i) {
    const PolicyScope& scope = rep.scopes[i];
    absl::StrAppend(
        &text, "\n",
        rep.policies[i].effect == Effect::kPermit ? "permit " : "forbid ", i,
        "\n");
    for (const Annotation& annotation : rep.policies[i].annotations) {
      absl::StrAppend(&text, "  @", annotation.name, " ",
                      Quote(annotation.value), "\n");
    }
    absl::StrAppend(&text, "  principal ", PartText(rep, scope.principal),
                    "\n  action ",
                    ActionText(rep, rep.action_sets[scope.action_set]),
                    "\n  resource ", PartText(rep, scope.resource), "\n");
    DumpBlock(rep, rep.blocks[i], &text);
  }
  for (size_t i = 0; i < rep.conditions.size(); ++i) {
    absl::StrAppend(&text, "\ncondition c", i, "\n");
    DumpBlock(rep, rep.conditions[i], &text);
  }
  for (uint32_t leaf = 0; leaf < rep.index.LeafPolicies().size(); ++leaf) {
    absl::StrAppend(&text, "\nleaf ", leaf, "\n");
    DumpLeaf(rep, leaf, &text);
  }
  return text;
}

}  // namespace tarazy
