#include <cstdio>

#include "absl/strings/str_cat.h"
#include "policy/cedar/json_fields.h"
#include "policy/cedar/links.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "server/command/cedar/commands.h"
#include "server/command/cedar/inputs.h"

namespace tarazy {
namespace {

struct Flags {
  PolicyFlags policies;
  std::string template_id;
  std::string new_id;
  std::string arguments;
};

bool ReadArguments(const std::string& text, Inputs* inputs,
                   TemplateLink* link) {
  const Source* source = inputs->Keep("<arguments>", text);
  const auto json = ParseJson(*source, JsonOptions(), inputs->diagnostics());
  if (!json) return false;
  JsonErrors errors(*source, 100, inputs->diagnostics());
  if (!errors.CheckKeys(*json, {}, {"?principal", "?resource"})) return false;
  for (const JsonMember& member : json->members) {
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

int Run(const Flags& flags) {
  Inputs inputs;
  PolicySet set;
  TemplateLink link;
  link.id = flags.new_id;
  link.template_id = flags.template_id;
  if (!inputs.LoadPolicies(flags.policies, &set) ||
      !ReadArguments(flags.arguments, &inputs, &link)) {
    return inputs.Report();
  }
  for (const Policy& policy : set.templates) {
    if (policy.id != flags.template_id) continue;
    const auto linked = LinkTemplate(policy, link);
    if (!linked.ok()) {
      return inputs.Refuse("links/refused", linked.status());
    }
    set.links.push_back(std::move(link));
    if (!CheckPolicySet(set, inputs.diagnostics())) return inputs.Report();
    std::puts(PolicyToJson(*linked, JsonStyle::kIndented).c_str());
    return 0;
  }
  return inputs.Refuse("links/refused",
                       absl::NotFoundError(absl::StrCat(
                           "there is no template `", flags.template_id, "`")));
}

}  // namespace

void AddLink(CLI::App* app, std::function<int()>* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app->add_subcommand(
      "link", "Fills the slots of a template and prints the policy as JSON.");
  flags->policies.Add(command);
  command->add_option("--template-id", flags->template_id, "the template")
      ->required();
  command->add_option("-n,--new-id", flags->new_id, "id of the policy")
      ->required();
  command
      ->add_option("-a,--arguments", flags->arguments,
                   "JSON: {\"?principal\": \"User::\\\"alice\\\"\"}")
      ->required();
  command->callback([flags, run] { *run = [flags] { return Run(*flags); }; });
}

}  // namespace tarazy
