// Compiles a Cedar policy and evaluates it, with no server at hand.
#include <tarazy/policy/cedar/parser.h>
#include <tarazy/policy/eval/evaluator.h>

#include <iostream>

struct Age : tarazy::FactReader {
  tarazy::Value Read(uint32_t) override { return tarazy::Value::Long(21); }
};

int main() {
  const tarazy::Source source(
      "age.cedar",
      "permit (principal, action, resource) when { context.age >= 18 };");
  tarazy::PolicySet policies;
  tarazy::Diagnostics diagnostics;
  tarazy::ParsePolicies(source, {}, &policies, &diagnostics);
  const auto program = tarazy::Program::Compile(policies, {}, &diagnostics);
  std::cout << tarazy::FormatDiagnostics(diagnostics, {&source});
  if (program == nullptr) return 1;

  const tarazy::EntityName user{"User", "alice"}, view{"Action", "view"},
      film{"Film", "film"};
  Age facts;
  tarazy::Evaluation evaluation;
  tarazy::Evaluate(*program, {&user, &view, &film}, &facts, &evaluation);
  std::cout << (evaluation.CedarAllows() ? "allow" : "deny") << "\n";
}
