#include "policy/eval/authorizer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/eval/aggregate.h"

namespace tarazy {

Value GeneralFacts::Walk(uint32_t slot, EvalErrorCode* why) const {
  const FactPath& path = request_.program().facts()[slot];
  Value value;
  switch (path.root) {
    case Var::kPrincipal:
      value = Value::Entity(request_.principal);
      break;
    case Var::kAction:
      value = Value::Entity(request_.action);
      break;
    case Var::kResource:
      value = Value::Entity(request_.resource);
      break;
    case Var::kContext:
      value = request_.context;
  }
  for (const std::string& attribute : path.attributes) {
    const RecordValue* record = nullptr;
    if (value.tag() == ValueTag::kRecord) {
      record = &value.as_record();
    } else if (value.tag() == ValueTag::kEntity) {
      const EntityStore::Entity* entity =
          request_.store().Find(value.as_entity());
      if (entity == nullptr) {
        *why = EvalErrorCode::kMissingEntity;
        return Value::Missing();
      }
      record = &entity->attributes;
    } else {
      *why = EvalErrorCode::kTypeError;
      return Value::Missing();
    }
    const Value* found = record->Find(attribute);
    if (found == nullptr) {
      *why = EvalErrorCode::kMissingAttribute;
      return Value::Missing();
    }
    value = *found;
  }
  return value;
}

Value GeneralFacts::Read(uint32_t slot) {
  EvalErrorCode why;
  return Walk(slot, &why);
}

EvalErrorCode GeneralFacts::WhyMissing(uint32_t slot) {
  EvalErrorCode why = EvalErrorCode::kMissingAttribute;
  Walk(slot, &why);
  return why;
}

ScopeRequest ScopeOf(const Request& request) {
  ScopeRequest scope;
  scope.principal = request.principal;
  scope.action = request.action;
  scope.resource = request.resource;
  scope.entities = &request.store();
  return scope;
}

std::string ErrorText(const Program& program, const PolicyError& error) {
  std::string text =
      absl::StrCat("policy `", program.policies()[error.policy].id,
                   "`: ", Describe(error.code));
  if (error.slot != PolicyError::kNoSlot) {
    absl::StrAppend(&text, ": `", program.facts()[error.slot].ToString(), "`");
  }
  return text;
}

Authorization Authorize(const Request& request, Evaluation* scratch) {
  const Program& program = request.program();
  GeneralFacts facts(&request);
  Evaluate(program, ScopeOf(request), &facts, scratch);
  Authorization answer;
  answer.allow = scratch->CedarAllows();
  const auto determining =
      scratch->forbids().empty() ? scratch->permits() : scratch->forbids();
  for (uint32_t policy : determining) {
    answer.reasons.push_back(program.policies()[policy].id);
  }
  for (const PolicyError& error : scratch->errors()) {
    answer.errors.push_back(
        {program.policies()[error.policy].id, ErrorText(program, error)});
  }
  std::sort(answer.reasons.begin(), answer.reasons.end());
  std::sort(answer.errors.begin(), answer.errors.end(),
            [](const Authorization::Error& a, const Authorization::Error& b) {
              return a.policy < b.policy;
            });
  return answer;
}

}  // namespace tarazy
