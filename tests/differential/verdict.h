// What an engine says of a case, as JSON. The official engine's side is
// tests/bench/official/src/decide.rs; this is ours, in the same shape:
//
//   {"schema": TEXT}   the schema is refused; nothing else is there
//   {"parse": TEXT}    the policies are refused
//   {"link": TEXT}     a link is refused
//   {"strict", "permissive": {"invalid": [IDS], "impossible": [IDS]},
//    "json": {ID: POLICY}  null: the official engine has no text for it
//    and, of a case that has `extra`, "formatted": TEXT and "schema_json": the
//    JSON form of a schema in the human syntax, else null,
//    "entities": TEXT  the entities are refused, or
//    "answers": [{"request": TEXT} or {"allow", "reasons", "errors"}]}
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_TESTS_DIFFERENTIAL_VERDICT_H_
#define TARAZY_TESTS_DIFFERENTIAL_VERDICT_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "policy/cedar/schema.h"
#include "tests/differential/case_generator.h"

namespace tarazy {

// Our engine. It keeps the last schema: many cases in a row have the same one.
class OurEngine {
 public:
  nlohmann::json VerdictOf(const Case& c);

 private:
  std::string schema_text_;
  std::unique_ptr<const Schema> schema_;
  std::string schema_refusal_;
};

// Where the two differ: JSON pointers and what stands there, the official
// engine's text for a refusal included. Empty where they agree. Texts of
// errors are not compared.
struct Difference {
  std::string key;   // of the first: "strict", "answers", ...
  std::string text;  // for a person
  bool empty() const { return key.empty(); }
};
Difference Compare(const nlohmann::json& ours, const nlohmann::json& official);

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_VERDICT_H_
