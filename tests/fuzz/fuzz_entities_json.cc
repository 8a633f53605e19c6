// A schema, entities and a request in JSON, divided by lines `---`; the schema
// may be empty. What is read with the schema's checks is read without them
// too, and what is read can be decided on, twice alike.

#include <vector>

#include "absl/strings/str_split.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"
#include "tests/fuzz/check.h"

using namespace tarazy;  // NOLINT: a program of one file

namespace {

// Reads what the seeds write: attributes, tags, groups, each kind of value.
constexpr char kPolicies[] = R"(
permit(principal in G::"g", action, resource) when {
  principal.a == resource.a || principal has b.c && principal.b.c like "x*" };
permit(principal, action in Action::"all", resource is D in G::"g") when {
  context.n <= principal.n && context.s.contains(principal) };
forbid(principal, action, resource) when {
  principal.hasTag("t") && principal.getTag("t") == context.t };
forbid(principal, action, resource) when {
  context.ip.isInRange(ip("10.0.0.0/8")) ||
  context.d.lessThan(decimal("1.5")) ||
  context.at.offset(context.for) > datetime("2026-01-18") };
)";

const Program& Policies() {
  static const Program* const program = [] {
    PolicySet set;
    Diagnostics diagnostics;
    FUZZ_CHECK(
        ParsePolicies(Source("policies", kPolicies), {}, &set, &diagnostics));
    auto compiled = Program::Compile(set, {}, &diagnostics);
    FUZZ_CHECK(compiled != nullptr);
    return compiled.release();
  }();
  return *program;
}

// Whether both were read, and then decided on.
bool Decide(const std::string& entities, const std::string& text,
            const EntitiesJsonOptions& options) {
  Diagnostics diagnostics;
  const auto store = ReadEntities(Source("entities", entities), Policies(),
                                  options, &diagnostics);
  FUZZ_CHECK((store != nullptr) != HasErrors(diagnostics));
  if (store == nullptr) return false;
  Request request(&Policies(), store.get());
  const bool read =
      ReadRequest(Source("request", text), options, &request, &diagnostics);
  FUZZ_CHECK(read != HasErrors(diagnostics));
  if (!read) return false;
  Evaluation scratch;
  const Authorization once = Authorize(request, &scratch);
  const Authorization again = Authorize(request, &scratch);
  FUZZ_CHECK(once.allow == again.allow && once.reasons == again.reasons &&
             once.errors.size() == again.errors.size());
  FUZZ_CHECK(!once.allow || !once.reasons.empty());
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = FuzzText(data, size);
  const std::vector<std::string> parts =
      absl::StrSplit(text, absl::MaxSplits("\n---\n", 2));
  if (parts.size() != 3) return 0;
  EntitiesJsonOptions options;
  options.limits.max_entities = 1000;
  Diagnostics diagnostics;
  std::unique_ptr<const Schema> schema;
  if (!parts[0].empty()) {
    schema = Schema::ParseText(Source("schema", parts[0]), &diagnostics);
    if (schema == nullptr) return 0;
  }
  options.schema = schema.get();
  const bool checked = Decide(parts[1], parts[2], options);
  options.check = false;
  const bool unchecked = Decide(parts[1], parts[2], options);
  FUZZ_CHECK(!checked || unchecked);
  return 0;
}
