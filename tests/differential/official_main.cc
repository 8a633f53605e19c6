// Random cases through this engine and the official one; prints what differs.
//
//   differential_official OFFICIAL FIRST_SEED CASES
//
// OFFICIAL is the program of tests/bench/official. Compared for each case:
// whether it parses, the verdict of strict validation, each policy's JSON,
// whether entities and requests are accepted, decisions, reasons and errors.
// The last line is "N cases, M differences"; exit code 2 on any difference.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/validator.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"
#include "tests/differential/case_generator.h"

namespace tarazy {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kBatch = 500;

std::unique_ptr<EntityUid> Filled(const std::vector<std::string>& named) {
  if (named.empty()) return nullptr;
  return std::make_unique<EntityUid>(EntityUid{named[0], named[1]});
}

void Link(const Case& c, PolicySet* set) {
  for (const CaseLink& link : c.links) {
    TemplateLink made;
    made.id = link.id;
    made.template_id = link.template_id;
    made.principal = Filled(link.principal);
    made.resource = Filled(link.resource);
    set->links.push_back(std::move(made));
  }
}

Json Answer(const Request& request) {
  Evaluation scratch;
  const Authorization answer = Authorize(request, &scratch);
  std::set<std::string> errors;
  for (const auto& error : answer.errors) errors.insert(error.policy);
  return {
      {"allow", answer.allow}, {"reasons", answer.reasons}, {"errors", errors}};
}

// What this engine says of a case, in the shape of the other's answer. Texts
// of errors are not compared.
Json Decide(const Case& c) {
  Diagnostics diagnostics;
  const auto schema =
      Schema::ParseText(Source("schema", c.schema), &diagnostics);
  if (schema == nullptr) return {{"schema", ""}};
  PolicySet set;
  if (!ParsePolicies(Source("policies", c.policies), ParseOptions(), &set,
                     &diagnostics)) {
    return {{"parse", ""}};
  }
  Link(c, &set);
  Json out;
  out["valid"] =
      ValidatePolicies(set, *schema, ValidationMode::kStrict, &diagnostics);
  out["json"] = Json::object();
  for (const auto* policies : {&set.policies, &set.templates}) {
    for (const Policy& policy : *policies) {
      out["json"][policy.id] =
          Json::parse(PolicyToJson(policy, JsonStyle::kCompact));
    }
  }
  CompileOptions options;
  options.schema = schema.get();
  const auto program = Program::Compile(set, options, &diagnostics);
  if (program == nullptr) return {{"compile", diagnostics.back().message}};
  EntitiesJsonOptions checked;
  checked.schema = schema.get();
  const auto store = ReadEntities(Source("entities", c.entities), *program,
                                  checked, &diagnostics);
  if (store == nullptr) {
    out["entities"] = diagnostics.back().message;
    return out;
  }
  out["answers"] = Json::array();
  for (const std::string& text : c.requests) {
    Request request(program.get(), store.get());
    const bool accepted =
        ReadRequest(Source("request", text), checked, &request, &diagnostics);
    out["answers"].push_back(
        accepted ? Answer(request)
                 : Json{{"invalid", diagnostics.back().message}});
  }
  return out;
}

// Reasons and errors are sets; texts of errors are left out.
void Normalise(Json* json) {
  for (const char* key : {"schema", "parse", "entities"}) {
    if (json->contains(key)) (*json)[key] = "";
  }
  if (!json->contains("answers")) return;
  for (Json& answer : (*json)["answers"]) {
    if (answer.contains("invalid")) {
      answer["invalid"] = "";
      continue;
    }
    for (const char* key : {"reasons", "errors"}) {
      answer[key] = answer[key].get<std::set<std::string>>();
    }
  }
}

uint64_t CompareBatch(const std::string& official, uint64_t first,
                      uint64_t count) {
  char path[] = "/tmp/tarazy-cases-XXXXXX";
  const int file = mkstemp(path);
  if (file < 0) std::abort();
  FILE* cases = fdopen(file, "w");
  for (uint64_t seed = first; seed < first + count; ++seed) {
    std::fprintf(cases, "%s\n", GenerateCase(seed).ToJson().c_str());
  }
  std::fclose(cases);
  FILE* answers = popen(("'" + official + "' decide < " + path).c_str(), "r");
  uint64_t differences = 0;
  char* line = nullptr;
  size_t size = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    if (getline(&line, &size, answers) < 0) {
      std::printf("seed %llu: the official engine gave no answer\n",
                  static_cast<unsigned long long>(seed));
      ++differences;
      break;
    }
    Json theirs = Json::parse(line);
    Json ours = Decide(GenerateCase(seed));
    const Json raw_ours = ours;
    const Json raw_theirs = theirs;
    Normalise(&ours);
    Normalise(&theirs);
    if (ours == theirs) continue;
    ++differences;
    std::printf("seed %llu differs: %s\n",
                static_cast<unsigned long long>(seed),
                Json::diff(theirs, ours).dump().c_str());
    for (const char* key : {"schema", "parse", "entities", "compile"}) {
      for (const Json* side : {&raw_ours, &raw_theirs}) {
        if (side->contains(key)) {
          std::printf("  %s says %s: %s\n",
                      side == &raw_ours ? "tarazy" : "official", key,
                      (*side)[key].dump().c_str());
        }
      }
    }
  }
  std::free(line);
  pclose(answers);
  std::remove(path);
  return differences;
}

int Main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--case") {
    std::puts(
        GenerateCase(std::strtoull(argv[2], nullptr, 10)).ToJson().c_str());
    return 0;
  }
  if (argc != 4) {
    std::fputs(
        "usage: differential_official OFFICIAL FIRST_SEED CASES\n"
        "       differential_official --case SEED\n",
        stderr);
    return 1;
  }
  const uint64_t first = std::strtoull(argv[2], nullptr, 10);
  const uint64_t count = std::strtoull(argv[3], nullptr, 10);
  uint64_t differences = 0;
  for (uint64_t done = 0; done < count; done += kBatch) {
    differences +=
        CompareBatch(argv[1], first + done, std::min(kBatch, count - done));
  }
  std::printf("%llu cases, %llu differences\n",
              static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(differences));
  return differences == 0 ? 0 : 2;
}

}  // namespace
}  // namespace tarazy

int main(int argc, char** argv) { return tarazy::Main(argc, argv); }
