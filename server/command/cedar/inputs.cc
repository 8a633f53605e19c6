#include "server/command/cedar/inputs.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/json.h"
#include "policy/cedar/json_fields.h"
#include "policy/cedar/links.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"

namespace tarazy {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 30;
constexpr uint32_t kMaxErrors = 100;

EntitiesJsonOptions OptionsFor(const Schema* schema) {
  EntitiesJsonOptions options;
  options.schema = schema;
  return options;
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) {
      return absl::NotFoundError(absl::StrCat("can't read `", path, "`"));
    }
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof(buffer)) || in.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(in.gcount()));
    if (text.size() > kMaxFileBytes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "`", path, "` is larger than ", kMaxFileBytes, " bytes"));
    }
  }
  if (in.bad()) {
    return absl::UnavailableError(absl::StrCat("can't read `", path, "`"));
  }
  return text;
}

void PolicyFlags::Add(CLI::App* command) {
  command->add_option("-p,--policies", policies,
                      "file of policies (default: standard input)");
  command
      ->add_option("--policy-format", policy_format,
                   "`cedar` or `json` (default: cedar)")
      ->check(CLI::IsMember({"cedar", "json"}));
  command->add_option("-k,--template-linked", template_linked,
                      "JSON file of links to templates");
}

void SchemaFlags::Add(CLI::App* command, bool required) {
  CLI::Option* option =
      command->add_option("-s,--schema", schema, "file of the schema");
  if (required) option->required();
  command
      ->add_option("--schema-format", schema_format,
                   "`cedar` or `json` (default: by the name of the file)")
      ->check(CLI::IsMember({"cedar", "json"}));
}

void RequestFlags::Add(CLI::App* command) {
  command->add_option("--entities", entities, "JSON file of entities");
  command->add_option("--request,--request-json", request,
                      "JSON file of the request");
  command->add_option("-l,--principal", principal, "`Type::\"id\"`");
  command->add_option("-a,--action", action, "`Action::\"id\"`");
  command->add_option("-r,--resource", resource, "`Type::\"id\"`");
  command->add_option("-c,--context", context, "JSON file of the context");
}

const Source* Inputs::Keep(const std::string& name, std::string text) {
  sources_.emplace_back(name, std::move(text));
  return &sources_.back();
}

const Source* Inputs::Open(const std::string& path) {
  auto text = ReadTextFile(path);
  if (text.ok()) return Keep(path, *std::move(text));
  Add("file/unreadable", text.status());
  return nullptr;
}

void Inputs::Add(const char* code, const absl::Status& status) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::string(status.message());
  diagnostics_.push_back(std::move(diagnostic));
}

int Inputs::Refuse(const char* code, const absl::Status& status) {
  Add(code, status);
  return Report();
}

bool Inputs::ReadSlots(const Source& source, const JsonValue& json,
                       TemplateLink* link) {
  JsonErrors errors(source, kMaxErrors, &diagnostics_);
  if (!errors.CheckKeys(json, {}, {"?principal", "?resource"})) return false;
  for (const JsonMember& member : json.members) {
    const auto uid = ParseEntityUid(member.value.text);
    if (!uid) {
      return errors.Add("links/entity", member.value.span,
                        "an entity like `\"User::\\\"alice\\\"\"` is expected");
    }
    auto& slot = member.key == "?principal" ? link->principal : link->resource;
    slot = std::make_unique<EntityUid>(*uid);
  }
  return true;
}

bool Inputs::LoadLinks(const std::string& path, PolicySet* set) {
  const Source* source = Open(path);
  if (source == nullptr) return false;
  if (source->text().empty()) return true;
  const auto json = ParseJson(*source, JsonOptions(), &diagnostics_);
  if (!json) return false;
  JsonErrors errors(*source, kMaxErrors, &diagnostics_);
  if (json->kind != JsonKind::kArray)
    return errors.WrongKind(*json, "an array");
  for (const JsonValue& item : json->items) {
    TemplateLink link;
    if (!errors.CheckKeys(item, {"template_id", "link_id", "args"}) ||
        !errors.ReadString(item, "template_id", &link.template_id) ||
        !errors.ReadString(item, "link_id", &link.id) ||
        !ReadSlots(*source, *item.Find("args"), &link)) {
      return false;
    }
    set->links.push_back(std::move(link));
  }
  return true;
}

bool Inputs::LoadJsonPolicies(const Source& source, PolicySet* set) {
  const PolicyJsonOptions options;
  const auto json = ParseJson(source, JsonOptions(), &diagnostics_);
  if (!json) return false;
  if (json->Find("effect") == nullptr) {
    return PolicySetFromJson(source, options, set, &diagnostics_);
  }
  auto policy = PolicyFromJson(source, "JSON policy", options, &diagnostics_);
  if (!policy) return false;
  auto& list = policy->is_template() ? set->templates : set->policies;
  list.push_back(*std::move(policy));
  return true;
}

bool Inputs::LoadPolicies(const PolicyFlags& flags, PolicySet* set) {
  const Source* source = Open(flags.policies);
  if (source == nullptr) return false;
  if (flags.policy_format == "json") {
    if (!LoadJsonPolicies(*source, set)) return false;
  } else {
    if (!ParsePolicies(*source, ParseOptions(), set, &diagnostics_)) {
      return false;
    }
    for (auto* list : {&set->policies, &set->templates}) {
      for (Policy& policy : *list) {
        const std::string* id = policy.annotation("id");
        if (id != nullptr) policy.id = *id;
      }
    }
  }
  if (!flags.template_linked.empty() &&
      !LoadLinks(flags.template_linked, set)) {
    return false;
  }
  return CheckPolicySet(*set, &diagnostics_);
}

bool Inputs::LoadSchema(const SchemaFlags& flags,
                        std::unique_ptr<const Schema>* schema) {
  if (flags.schema.empty()) return true;
  const Source* source = Open(flags.schema);
  if (source == nullptr) return false;
  const bool json = flags.schema_format.empty()
                        ? absl::EndsWith(flags.schema, ".json")
                        : flags.schema_format == "json";
  *schema = json ? Schema::ParseJson(*source, &diagnostics_)
                 : Schema::ParseText(*source, &diagnostics_);
  return *schema != nullptr;
}

std::unique_ptr<const EntityStore> Inputs::LoadEntities(
    const RequestFlags& flags, const Program& program, const Schema* schema) {
  const Source* source = flags.entities.empty() ? Keep("<no entities>", "[]")
                                                : Open(flags.entities);
  if (source == nullptr) return nullptr;
  return ReadEntities(*source, program, OptionsFor(schema), &diagnostics_);
}

std::string Inputs::RequestText(const RequestFlags& flags, bool* sound) {
  std::string text = absl::StrCat("{\"principal\":", JsonQuote(flags.principal),
                                  ",\"action\":", JsonQuote(flags.action),
                                  ",\"resource\":", JsonQuote(flags.resource));
  if (!flags.context.empty()) {
    const Source* context = Open(flags.context);
    *sound = context != nullptr;
    if (*sound) absl::StrAppend(&text, ",\"context\":", context->text());
  }
  return text + "}";
}

bool Inputs::LoadRequest(const RequestFlags& flags, const Schema* schema,
                         Request* request) {
  bool sound = true;
  const Source* source = flags.request.empty()
                             ? Keep("<request>", RequestText(flags, &sound))
                             : Open(flags.request);
  if (source == nullptr || !sound) return false;
  return ReadRequest(*source, OptionsFor(schema), request, &diagnostics_);
}

int Inputs::Report() {
  std::vector<const Source*> sources;
  for (const Source& source : sources_) sources.push_back(&source);
  SortDiagnostics(&diagnostics_);
  std::fputs(FormatDiagnostics(diagnostics_, sources).c_str(), stderr);
  return 1;
}

}  // namespace tarazy
