// Random cases for comparing evaluators: a schema, policies, entities and
// requests, made from one seed.
//
// Expressions are made by the type that is wanted, so that most of them get
// past their first operator; a few are made of a wrong type on purpose. Every
// operator, sugar and extension function can come out, as can missing
// entities, absent attributes, overflow, bad literals and odd characters.
//
// Thread-safety: belongs to one thread.

#ifndef TARAZY_TESTS_DIFFERENTIAL_CASE_GENERATOR_H_
#define TARAZY_TESTS_DIFFERENTIAL_CASE_GENERATOR_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tarazy {

struct CaseLink {
  std::string id;
  std::string template_id;
  // Empty: the template has no such slot. Otherwise type and id.
  std::vector<std::string> principal;
  std::vector<std::string> resource;
};

struct Case {
  uint64_t seed = 0;
  std::string schema;    // human syntax
  std::string policies;  // static policies and templates
  std::vector<CaseLink> links;
  std::string entities;               // JSON
  std::vector<std::string> requests;  // JSON, one each

  // All of it as one JSON object on one line.
  std::string ToJson() const;
};

Case GenerateCase(uint64_t seed);

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_CASE_GENERATOR_H_
