#include <cstdio>

#include "policy/cedar/formatter.h"
#include "policy/cedar/policy_json.h"
#include "policy/cedar/policy_text.h"
#include "policy/cedar/schema_json.h"
#include "policy/cedar/schema_text.h"
#include "server/command/cedar/commands.h"
#include "server/command/cedar/inputs.h"

namespace tarazy {
namespace {

struct Flags {
  std::string direction;
  std::string policies;
  std::string schema;
};

int TranslatePolicies(const Flags& flags) {
  Inputs inputs;
  PolicyFlags from;
  from.policies = flags.policies;
  const bool to_json = flags.direction == "cedar-to-json";
  from.policy_format = to_json ? "cedar" : "json";
  PolicySet set;
  if (!inputs.LoadPolicies(from, &set)) return inputs.Report();
  if (to_json) {
    std::puts(PolicySetToJson(set, JsonStyle::kIndented).c_str());
  } else {
    const auto text = PolicySetToText(set);
    if (!text.ok()) return inputs.Refuse("translate/refused", text.status());
    const Source* source = inputs.Keep("<policies>", *text);
    const auto laid_out =
        FormatPolicies(*source, FormatOptions(), inputs.diagnostics());
    if (!laid_out) return inputs.Report();
    std::fputs(laid_out->c_str(), stdout);
  }
  return 0;
}

int TranslateSchema(const Flags& flags) {
  Inputs inputs;
  const Source* source = inputs.Open(flags.schema);
  if (source == nullptr) return inputs.Report();
  const bool to_json = flags.direction == "cedar-to-json";
  const auto fragment =
      to_json ? ParseSchemaText(*source, SchemaLimits(), inputs.diagnostics())
              : ParseSchemaJson(*source, SchemaLimits(), inputs.diagnostics());
  if (!fragment) return inputs.Report();
  if (to_json) {
    std::puts(PrintSchemaJson(*fragment).c_str());
    return 0;
  }
  const auto text = PrintSchemaText(*fragment, inputs.diagnostics());
  if (!text) return inputs.Report();
  std::fputs(text->c_str(), stdout);
  return 0;
}

}  // namespace

void AddTranslate(CLI::App* app, std::function<int()>* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app->add_subcommand(
      "translate", "Translates policies and schemas between text and JSON.");
  command
      ->add_option("--direction", flags->direction,
                   "`cedar-to-json` or `json-to-cedar`")
      ->required()
      ->check(CLI::IsMember({"cedar-to-json", "json-to-cedar"}));
  CLI::Option_group* what = command->add_option_group("what");
  what->add_option("-p,--policies", flags->policies, "file of policies");
  what->add_option("-s,--schema", flags->schema, "file of a schema");
  what->require_option(1);
  command->callback([flags, run] {
    *run = [flags] {
      return flags->policies.empty() ? TranslateSchema(*flags)
                                     : TranslatePolicies(*flags);
    };
  });
}

}  // namespace tarazy
