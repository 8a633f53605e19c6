// The files that the subcommands of `tarazy cedar` read, under the flags of
// the official command line.
//
// Thread-safety: one thread.

#ifndef TARAZY_SERVER_COMMAND_CEDAR_INPUTS_H_
#define TARAZY_SERVER_COMMAND_CEDAR_INPUTS_H_

#include <deque>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/json.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/source.h"
#include "policy/eval/entities_json.h"
#include "policy/eval/request.h"

namespace tarazy {

// "-" is standard input. Refuses a file over the limit of a Source.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

struct PolicyFlags {
  std::string policies = "-";
  std::string policy_format = "cedar";
  std::string template_linked;
  void Add(CLI::App* command);
};

struct SchemaFlags {
  std::string schema;
  std::string schema_format;  // empty: by the name of the file
  void Add(CLI::App* command, bool required);
};

struct RequestFlags {
  std::string entities;
  std::string request;
  std::string principal, action, resource, context;
  void Add(CLI::App* command);
};

// Texts that were read and what was wrong with them.
class Inputs {
 public:
  // Each returns false or null after any error, which Report prints.

  // Policies and links, whose ids and slots are in order. A policy in text has
  // the id that its `@id` gives, as with the official command line; one policy
  // alone in JSON is "JSON policy" there.
  bool LoadPolicies(const PolicyFlags& flags, PolicySet* set);
  // Appends the links of a file; their ids and slots are not checked.
  bool LoadLinks(const std::string& path, PolicySet* set);
  // `{"?principal": "User::\"alice\""}` into the slots of `link`.
  bool ReadSlots(const Source& source, const JsonValue& json,
                 TemplateLink* link);
  // Nothing to load gives true and no schema.
  bool LoadSchema(const SchemaFlags& flags,
                  std::unique_ptr<const Schema>* schema);
  std::unique_ptr<const EntityStore> LoadEntities(const RequestFlags& flags,
                                                  const Program& program,
                                                  const Schema* schema);
  bool LoadRequest(const RequestFlags& flags, const Schema* schema,
                   Request* request);

  // Null, with a diagnostic, when the file can't be read.
  const Source* Open(const std::string& path);
  const Source* Keep(const std::string& name, std::string text);

  Diagnostics* diagnostics() { return &diagnostics_; }
  // Adds the failure as a diagnostic and reports.
  int Refuse(const char* code, const absl::Status& status);
  // Prints to standard error; returns 1, the exit code of unusable input.
  int Report();

 private:
  void Add(const char* code, const absl::Status& status);
  bool LoadJsonPolicies(const Source& source, PolicySet* set);
  std::string RequestText(const RequestFlags& flags, bool* sound);

  std::deque<Source> sources_;
  Diagnostics diagnostics_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_CEDAR_INPUTS_H_
