#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
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
  return json && inputs->ReadSlots(*source, *json, link);
}

std::string LinksJson(absl::Span<const TemplateLink> links) {
  JsonWriter json(JsonStyle::kIndented);
  json.BeginArray();
  for (const TemplateLink& link : links) {
    json.BeginObject();
    json.Key("template_id");
    json.String(link.template_id);
    json.Key("link_id");
    json.String(link.id);
    json.Key("args");
    json.BeginObject();
    if (link.principal != nullptr) {
      json.Key("?principal");
      json.String(ToString(*link.principal));
    }
    if (link.resource != nullptr) {
      json.Key("?resource");
      json.String(ToString(*link.resource));
    }
    json.EndObject();
    json.EndObject();
  }
  json.EndArray();
  return json.Take() + "\n";
}

// In one step: a reader finds the old links or the new ones.
absl::Status WriteLinks(const std::string& path, const std::string& text) {
  const std::string next = path + ".new";
  std::ofstream out(next, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out || std::rename(next.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("can't write `", path, "`"));
  }
  return absl::OkStatus();
}

int Run(Flags flags) {
  Inputs inputs;
  PolicySet set;
  TemplateLink link;
  link.id = flags.new_id;
  link.template_id = flags.template_id;
  // Links of a JSON policy set stay there; the file has those after them, and
  // is made when it is not there yet.
  const std::string links = flags.policies.template_linked;
  flags.policies.template_linked.clear();
  if (!inputs.LoadPolicies(flags.policies, &set)) return inputs.Report();
  const size_t first = set.links.size();
  if ((!links.empty() && std::filesystem::exists(links) &&
       !inputs.LoadLinks(links, &set)) ||
      !ReadArguments(flags.arguments, &inputs, &link)) {
    return inputs.Report();
  }
  const auto found = std::find_if(
      set.templates.begin(), set.templates.end(),
      [&](const Policy& policy) { return policy.id == flags.template_id; });
  if (found == set.templates.end()) {
    return inputs.Refuse("links/refused", absl::NotFoundError(absl::StrCat(
                                              "there is no template `",
                                              flags.template_id, "`")));
  }
  const auto linked = LinkTemplate(*found, link);
  if (!linked.ok()) return inputs.Refuse("links/refused", linked.status());
  set.links.push_back(std::move(link));
  if (!CheckPolicySet(set, inputs.diagnostics())) return inputs.Report();
  if (!links.empty()) {
    const absl::Status written = WriteLinks(
        links, LinksJson(absl::MakeConstSpan(set.links).subspan(first)));
    if (!written.ok()) return inputs.Refuse("links/unwritable", written);
  }
  std::puts(PolicyToJson(*linked, JsonStyle::kIndented).c_str());
  return 0;
}

}  // namespace

void AddLink(CLI::App* app, std::function<int()>* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app->add_subcommand(
      "link",
      "Fills the slots of a template, prints the policy as JSON and, with -k, "
      "adds it to the file of links.");
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
