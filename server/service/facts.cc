#include "server/service/facts.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tarazy {
namespace {

// From the beginning of time, as a Timestamp can say it: 0001-01-01.
constexpr int64_t kBeginningMs = -62135596800000;

struct Act {
  const char* action;
  const char* resource_type;
};

const Act kActs[kActKinds] = {
    {"", ""},
    {"automatedProcessing", "PersonalData"},
    {"dataCollection", "PersonalData"},
    {"biometricUse", "PersonalData"},
    {"databaseBuild", "PersonalData"},
    {"naipSupply", "PersonalData"},
    {"confidentialAccess", "InformationResource"},
    {"eGovAiSystem", "AiSystem"},
    {"mediaDistribution", "MediaProduct"},
    {"consumerProduct", "Product"},
};

// What the act is about, as the schema's resource types say.
absl::string_view ResourceId(const v1::DecideRequest& request) {
  switch (request.operation().kind_case()) {
    case v1::Operation::kConfidentialAccess:
      return request.operation().confidential_access().resource_id();
    case v1::Operation::kEGovAiSystem:
      return request.operation().e_gov_ai_system().system_id();
    case v1::Operation::kMediaDistribution:
    case v1::Operation::kConsumerProduct:
      return "";
    default:
      return request.subject().pseudonym();
  }
}

EntityName Named(const Program& program, absl::string_view type,
                 uint32_t known_type, absl::string_view id) {
  EntityName name;
  name.type = type;
  name.id = id;
  name.known_type = known_type;
  if (const EntityName* known = program.FindEntity(type, id)) {
    name.known = known->known;
  }
  return name;
}

bool IsExtension(const FactPath& path) {
  return path.root == Var::kContext && path.attributes.size() == 2 &&
         path.attributes[0] == "ext";
}

}  // namespace

int64_t TimestampMs(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() * 1000 + timestamp.nanos() / 1000000;
}

ConsentFacts FromRegister(const ConsentEntry& entry) {
  ConsentFacts facts;
  facts.given_by = entry.consent.given_by();
  facts.channel = entry.consent.channel();
  facts.purposes = &entry.consent.purposes();
  facts.items = &entry.consent.data_items();
  facts.has_validity = true;
  facts.valid_from_ms = entry.valid_from_ms;
  facts.valid_until_ms = entry.valid_until_ms;
  facts.withdrawn_ms = entry.withdrawn_ms;
  facts.withdrawal_barred = entry.withdrawal_barred;
  facts.has_covers_automated = true;
  facts.covers_automated = entry.consent.covers_automated_processing();
  return facts;
}

ConsentFacts FromCaller(const v1::AssertedConsent& asserted) {
  static const google::protobuf::RepeatedPtrField<std::string> kNoItems;
  ConsentFacts facts;
  facts.given_by = asserted.given_by();
  facts.channel = asserted.channel();
  facts.purposes = &asserted.purposes();
  // As in a registered consent, naming no items means all of them.
  facts.items = &kNoItems;
  facts.has_validity = asserted.has_validity();
  const v1::Period& validity = asserted.validity();
  facts.valid_from_ms =
      validity.has_from() ? TimestampMs(validity.from()) : kBeginningMs;
  if (validity.has_until()) {
    facts.valid_until_ms = TimestampMs(validity.until());
  }
  facts.has_covers_automated = asserted.has_covers_automated_processing();
  facts.covers_automated = asserted.covers_automated_processing();
  facts.asserted = true;
  return facts;
}

std::string EnumValueId(const google::protobuf::EnumValueDescriptor& value) {
  // HumanParticipation becomes HUMAN_PARTICIPATION_.
  std::string prefix;
  for (char c : value.type()->name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  prefix += '_';
  const std::string& name = value.name();
  return absl::StartsWith(name, prefix) ? name.substr(prefix.size()) : name;
}

absl::Status EnumNames::Resolve(const Program& program,
                                const std::vector<bool>& required) {
  const std::vector<EnumType>& enums = AllEnums();
  names_.resize(enums.size());
  std::vector<std::string> unknown;
  for (size_t e = 0; e < enums.size(); ++e) {
    const auto& descriptor = *enums[e].descriptor;
    for (int i = 0; i < descriptor.value_count(); ++i) {
      const auto& value = *descriptor.value(i);
      const size_t number = static_cast<size_t>(value.number());
      if (names_[e].size() <= number) names_[e].resize(number + 1);
      if (number == 0) continue;
      ids_.push_back(EnumValueId(value));
      const EntityName* name =
          program.FindEntity(enums[e].entity_type, ids_.back());
      if (name == nullptr) {
        if (required[e]) {
          unknown.push_back(
              absl::StrCat(enums[e].entity_type, "::\"", ids_.back(), "\""));
        }
        own_.push_back(Named(program, enums[e].entity_type,
                             program.FindType(enums[e].entity_type),
                             ids_.back()));
        name = &own_.back();
      }
      names_[e][number] = name;
    }
  }
  if (unknown.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the pack's schema lacks values that requests can carry: ",
                   absl::StrJoin(unknown, ", ")));
}

absl::StatusOr<std::unique_ptr<const ResolvedProgram>> ResolvedProgram::Resolve(
    const Program& program) {
  std::unique_ptr<ResolvedProgram> resolved(new ResolvedProgram);
  resolved->program_ = &program;
  std::vector<bool> enums(AllEnums().size(), false);
  std::vector<std::string> unknown;
  const std::vector<FactPath>& paths = program.facts();
  for (int kind = 1; kind < kActKinds; ++kind) {
    resolved->slots_[kind].resize(paths.size());
  }
  for (size_t i = 0; i < paths.size(); ++i) {
    const bool extension = IsExtension(paths[i]);
    const std::string path = paths[i].ToString();
    bool found = false;
    for (int kind = 1; kind < kActKinds; ++kind) {
      Slot& slot = resolved->slots_[kind][i];
      slot.fact = extension ? &ExtensionFact()
                            : FindFact(path, static_cast<ActKind>(kind));
      if (slot.fact == nullptr) continue;
      // A record is not a value that a request could carry.
      if (slot.fact->record && !paths[i].presence_only) {
        slot.fact = nullptr;
        continue;
      }
      if (extension) slot.extension = paths[i].attributes[1];
      if (slot.fact->enumeration >= 0) enums[slot.fact->enumeration] = true;
      found = true;
    }
    if (!found) unknown.push_back(absl::StrCat("`", path, "`"));
  }
  if (!unknown.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("policies read facts that no request carries: ",
                     absl::StrJoin(unknown, ", ")));
  }
  const absl::Status named = resolved->names_.Resolve(program, enums);
  if (!named.ok()) return named;

  resolved->operator_type_ = program.FindType("Operator");
  const uint32_t action_type = program.FindType("Action");
  for (int kind = 1; kind < kActKinds; ++kind) {
    resolved->own_actions_[kind] =
        Named(program, "Action", action_type, ActionId(kind));
    const EntityName* known = program.FindEntity("Action", ActionId(kind));
    resolved->actions_[kind] =
        known != nullptr ? known : &resolved->own_actions_[kind];
    resolved->resource_types_[kind] = program.FindType(ResourceType(kind));
  }
  return std::unique_ptr<const ResolvedProgram>(std::move(resolved));
}

std::string ResolvedProgram::Field(const Binding& binding,
                                   uint32_t slot) const {
  const int kind = binding.request->operation().kind_case();
  const Slot& s = slots_[kind][slot];
  if (s.fact == nullptr) return "";
  const absl::string_view field = s.fact->field;
  if (!s.extension.empty()) {
    return absl::StrCat(field, "[", s.extension, "]");
  }
  if (absl::StartsWith(field, ".")) {
    return absl::StrCat("operation.", OperationField(kind), field);
  }
  if (absl::StartsWith(field, "asserted_consent") &&
      (binding.consent == nullptr || !binding.consent->asserted)) {
    return "";
  }
  return std::string(field);
}

ScopeRequest ResolvedProgram::Scope(const v1::DecideRequest& request,
                                    ScopeNames* names) const {
  const ActKind kind = request.operation().kind_case();
  names->principal =
      Named(*program_, "Operator", operator_type_, request.operator_().bin());
  names->resource = Named(*program_, ResourceType(kind), resource_types_[kind],
                          ResourceId(request));
  ScopeRequest scope;
  scope.principal = &names->principal;
  scope.action = actions_[kind];
  scope.resource = &names->resource;
  return scope;
}

const Fact* FindFact(absl::string_view path, ActKind kind) {
  for (const Fact& fact : AllFacts()) {
    if (path == fact.path && (fact.kinds >> kind & 1) != 0) return &fact;
  }
  return nullptr;
}

const std::string& OperationField(int kind) {
  static const std::vector<std::string>* const names = [] {
    auto* all = new std::vector<std::string>(1);
    for (int k = 1; k < kActKinds; ++k) {
      all->push_back(v1::Operation::descriptor()->FindFieldByNumber(k)->name());
    }
    return all;
  }();
  return (*names)[static_cast<size_t>(kind)];
}

const char* ActionId(int kind) { return kActs[kind].action; }

const char* ResourceType(int kind) { return kActs[kind].resource_type; }

std::vector<ExtensionType> DeclaredExtensions(const Schema& schema) {
  std::vector<ExtensionType> extensions;
  for (const SchemaAction& action : schema.actions()) {
    if (action.context == nullptr) continue;
    const AttributeType* ext = action.context->FindAttribute("ext");
    if (ext == nullptr || ext->type->kind != TypeKind::kRecord) continue;
    for (const AttributeType& attribute : ext->type->attributes) {
      extensions.push_back({attribute.name, attribute.type});
    }
  }
  std::sort(extensions.begin(), extensions.end(),
            [](const ExtensionType& a, const ExtensionType& b) {
              return a.name < b.name;
            });
  return extensions;
}

}  // namespace tarazy
