#include "policy/program/canonical.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "policy/eval/aggregate.h"

namespace tarazy {
namespace {

// Feeds numbers and texts to SHA-256, each text after its length, so that no
// two sequences give the same bytes.
class Digester {
 public:
  void Number(uint64_t n) {
    for (int i = 0; i < 8; ++i) {
      buffer_.push_back(static_cast<char>(n >> (8 * i)));
    }
  }
  void Text(absl::string_view text) {
    Number(text.size());
    buffer_.append(text.data(), text.size());
  }
  template <typename E>
  void Enum(E e) {
    Number(static_cast<uint64_t>(e));
  }
  std::string Take() { return std::move(buffer_); }
  std::string Finish() {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    EVP_Digest(buffer_.data(), buffer_.size(),
               reinterpret_cast<unsigned char*>(&digest[0]), &size,
               EVP_sha256(), nullptr);
    digest.resize(size);
    return digest;
  }

 private:
  std::string buffer_;
};

void AddScope(const PolicyInstance& instance, const ScopeConstraint& scope,
              Var var, Digester* out) {
  out->Enum(scope.kind);
  out->Text(scope.type);
  const EntityUid* uid = instance.Entity(scope, var);
  out->Text(uid ? uid->type : "");
  out->Text(uid ? uid->id : "");
}

void AddExpr(const PolicyInstance& instance, ExprId id, Digester* out) {
  const Expr& e = instance.policy->exprs[id];
  if (e.kind == ExprKind::kSlot) {
    const EntityUid* uid = instance.Filled(static_cast<Var>(e.number));
    if (uid != nullptr) {
      out->Enum(ExprKind::kEntity);
      out->Text(uid->type);
      return out->Text(uid->id);
    }
  }
  out->Enum(e.kind);
  out->Number(static_cast<uint64_t>(e.number));
  out->Text(e.text);
  out->Text(e.text2);
  out->Number(e.path.size());
  for (const std::string& name : e.path) out->Text(name);
  out->Number(e.pattern.size());
  for (const PatternElement& element : e.pattern) {
    out->Number(element.wildcard ? ~uint64_t{0} : element.code_point);
  }
  out->Number(e.args.size());
  for (ExprId arg : e.args) AddExpr(instance, arg, out);
}

void AddAnnotations(const std::vector<Annotation>& annotations, Digester* out) {
  std::vector<std::pair<absl::string_view, absl::string_view>> sorted;
  for (const Annotation& annotation : annotations) {
    sorted.emplace_back(annotation.name, annotation.value);
  }
  std::sort(sorted.begin(), sorted.end());
  out->Number(sorted.size());
  for (const auto& annotation : sorted) {
    out->Text(annotation.first);
    out->Text(annotation.second);
  }
}

void AddValue(const Value& value, Digester* out) {
  out->Enum(value.tag());
  switch (value.tag()) {
    case ValueTag::kString:
      return out->Text(value.as_string());
    case ValueTag::kEntity:
      return out->Number(value.as_entity().known);
    case ValueTag::kSet:
      out->Number(value.as_set().size);
      for (const Value& item : value.as_set()) AddValue(item, out);
      return;
    case ValueTag::kRecord:
      out->Number(value.as_record().size);
      for (const RecordField& field : value.as_record()) {
        out->Text(field.name);
        AddValue(field.value, out);
      }
      return;
    case ValueTag::kIp:
      out->Number(value.as_ip().high);
      out->Number(value.as_ip().low);
      out->Number(value.as_ip().prefix);
      return out->Number(value.as_ip().v6 ? 1 : 0);
    default:
      return out->Number(static_cast<uint64_t>(value.as_number()));
  }
}

void AddTables(const Program::Rep& rep, Digester* out) {
  out->Number(rep.symbols.types().size());
  for (absl::string_view type : rep.symbols.types()) out->Text(type);
  out->Number(rep.symbols.entities().size());
  for (const EntityName& name : rep.symbols.entities()) {
    out->Number(name.known_type);
    out->Text(name.id);
  }
  out->Number(rep.groups.pairs().size());
  for (const auto& pair : rep.groups.pairs()) {
    out->Number(pair.first);
    out->Number(pair.second);
  }
  out->Number(rep.facts.size());
  for (const FactPath& fact : rep.facts) {
    out->Enum(fact.root);
    out->Number(fact.presence_only ? 1 : 0);
    out->Number(fact.attributes.size());
    for (const std::string& name : fact.attributes) out->Text(name);
  }
  out->Number(rep.constants.size());
  for (const Value& value : rep.constants) AddValue(value, out);
  out->Number(rep.patterns.size());
  for (const LikePattern& pattern : rep.patterns) {
    out->Number(pattern.pieces.size());
    for (const std::string& piece : pattern.pieces) out->Text(piece);
  }
  out->Number(rep.names.size());
  for (absl::string_view name : rep.names) out->Text(name);
  out->Number(rep.shapes.size());
  for (const auto& shape : rep.shapes) {
    out->Number(shape.size());
    for (absl::string_view name : shape) out->Text(name);
  }
  out->Number(rep.action_sets.size());
  for (const ActionSet& set : rep.action_sets) {
    out->Enum(set.kind);
    out->Number(set.entities.size());
    for (uint32_t entity : set.entities) out->Number(entity);
  }
}

void AddPart(const ScopePart& part, Digester* out) {
  out->Enum(part.kind);
  out->Number(part.type);
  out->Number(part.entity);
}

void AddCode(const Program::Rep& rep, const CodeBlock& block, Digester* out) {
  out->Number(block.end - block.begin);
  for (uint32_t at = block.begin; at < block.end; ++at) {
    const Inst& inst = rep.code[at];
    out->Enum(inst.op);
    out->Number(inst.flags);
    out->Number(inst.dst);
    out->Number(inst.a);
    out->Number(inst.b);
    out->Number(inst.target);
  }
}

}  // namespace

std::string ContentOf(const PolicyInstance& instance, ExprId id) {
  Digester out;
  AddExpr(instance, id, &out);
  return out.Take();
}

std::string ContentDigest(const PolicyInstance& instance) {
  const Policy& policy = *instance.policy;
  Digester out;
  out.Enum(policy.effect);
  AddAnnotations(policy.annotations, &out);
  AddScope(instance, policy.principal, Var::kPrincipal, &out);
  out.Enum(policy.action.kind);
  std::vector<EntityUid> actions = policy.action.entities;
  std::sort(actions.begin(), actions.end());
  for (const EntityUid& uid : actions) {
    out.Text(uid.type);
    out.Text(uid.id);
  }
  AddScope(instance, policy.resource, Var::kResource, &out);
  for (const Condition& condition : policy.conditions) {
    out.Number(condition.unless ? 1 : 0);
    AddExpr(instance, condition.body, &out);
  }
  return out.Finish();
}

std::string ProgramDigest(const Program::Rep& rep) {
  Digester out;
  out.Text("tarazy program 1");
  AddTables(rep, &out);
  out.Number(rep.policies.size());
  for (size_t i = 0; i < rep.policies.size(); ++i) {
    out.Enum(rep.policies[i].effect);
    AddAnnotations(rep.policies[i].annotations, &out);
    AddPart(rep.scopes[i].principal, &out);
    AddPart(rep.scopes[i].resource, &out);
    out.Number(rep.scopes[i].action_set);
    AddCode(rep, rep.blocks[i], &out);
  }
  out.Number(rep.conditions.size());
  for (const CodeBlock& block : rep.conditions) AddCode(rep, block, &out);
  return absl::BytesToHexString(out.Finish());
}

}  // namespace tarazy
