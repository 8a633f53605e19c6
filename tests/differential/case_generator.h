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

// kPlain: the schema, the entities and the requests are in order, and values
// are in JSON's explicit forms. kOdd: all forms, and now and then a mistake in
// any part.
enum class CaseStyle { kPlain, kOdd };

struct Case {
  uint64_t seed = 0;
  std::string schema;    // human syntax, or JSON when it begins with a brace
  std::string policies;  // static policies and templates, text or JSON
  bool extra = false;    // compare translated schema and formatting as well
  std::vector<CaseLink> links;
  std::string entities;               // JSON
  std::vector<std::string> requests;  // JSON, one each

  // All of it as one JSON object on one line.
  std::string ToJson() const;
  static Case FromJson(const std::string& json);
};

// Seeds that follow each other share a schema and entities, kSeedsPerWorld of
// them.
constexpr uint64_t kSeedsPerWorld = 16;

Case GenerateCase(uint64_t seed, CaseStyle style);

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_CASE_GENERATOR_H_
