// Runs tests in the shape of the official integration tests: a file names
// policies, entities and a schema, says whether the policies validate, and
// lists requests with the decision, reasons and errors to expect. Reasons and
// errors are compared as sets of policy ids.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_EVAL_CONFORMANCE_H_
#define TARAZY_POLICY_EVAL_CONFORMANCE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tarazy {

// Gives the text of a file that a test names, for example
// "corpus-tests/1.cedar".
using ConformanceFiles =
    std::function<absl::StatusOr<std::string>(const std::string& name)>;

struct ConformanceReport {
  uint64_t passed = 0;
  uint64_t failed = 0;
  // "corpus-tests/1.json: request `r`: decision is deny, expected allow".
  std::vector<std::string> failures;

  void Add(const ConformanceReport& other);
};

// One test file. A check is the verdict of validation or one request; a test
// that can't be set up is one failure.
ConformanceReport RunConformanceTest(const std::string& name,
                                     const std::string& test_json,
                                     const ConformanceFiles& files);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_CONFORMANCE_H_
