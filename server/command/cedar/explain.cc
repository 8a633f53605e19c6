#include "policy/eval/explain.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "server/command/cedar/commands.h"
#include "server/command/cedar/inputs.h"

namespace tarazy {
namespace {

struct Flags {
  PolicyFlags policies;
  SchemaFlags schema;
  RequestFlags request;
};

std::string Text(const PolicyExplanation& policy) {
  using Outcome = PolicyExplanation::Outcome;
  std::string text =
      absl::StrCat(policy.effect == Effect::kPermit ? "permit" : "forbid", " `",
                   policy.id, "`: ");
  const std::string condition =
      absl::StrCat("condition ", policy.condition + 1);
  switch (policy.outcome) {
    case Outcome::kOutOfScope:
      absl::StrAppend(&text, "the scope does not match");
      break;
    case Outcome::kNotSatisfied:
      absl::StrAppend(&text, "the scope matches, ", condition,
                      " does not hold");
      break;
    case Outcome::kSatisfied:
      absl::StrAppend(&text, "satisfied");
      break;
    case Outcome::kError:
      absl::StrAppend(&text, "the scope matches, ", condition,
                      " errs: ", policy.error);
  }
  absl::StrAppend(&text, "\n");
  for (const auto& value : policy.values) {
    absl::StrAppend(&text, "  ", value.first, " = ", value.second, "\n");
  }
  return text;
}

int Run(const Flags& flags) {
  Inputs inputs;
  PolicySet set;
  std::unique_ptr<const Schema> schema;
  if (!inputs.LoadPolicies(flags.policies, &set) ||
      !inputs.LoadSchema(flags.schema, &schema)) {
    return inputs.Report();
  }
  CompileOptions options;
  options.schema = schema.get();
  const auto explainer = Explainer::Create(set, options, inputs.diagnostics());
  if (explainer == nullptr) return inputs.Report();
  const auto store =
      inputs.LoadEntities(flags.request, explainer->program(), schema.get());
  if (store == nullptr) return inputs.Report();
  Request request(&explainer->program(), store.get());
  if (!inputs.LoadRequest(flags.request, schema.get(), &request)) {
    return inputs.Report();
  }
  bool permitted = false;
  bool forbidden = false;
  for (const PolicyExplanation& policy : explainer->Explain(request)) {
    std::fputs(Text(policy).c_str(), stdout);
    if (policy.outcome != PolicyExplanation::Outcome::kSatisfied) continue;
    (policy.effect == Effect::kPermit ? permitted : forbidden) = true;
  }
  const bool allow = permitted && !forbidden;
  std::puts(allow       ? "allow: a permit is satisfied and no forbid"
            : forbidden ? "deny: a forbid is satisfied"
                        : "deny: no permit is satisfied");
  return allow ? 0 : 2;
}

}  // namespace

void AddExplain(CLI::App* app, std::function<int()>* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app->add_subcommand(
      "explain", "Says of each policy why it does or does not apply.");
  flags->policies.Add(command);
  flags->schema.Add(command, false);
  flags->request.Add(command);
  command->callback([flags, run] { *run = [flags] { return Run(*flags); }; });
}

}  // namespace tarazy
