// Strict reading of the YAML files of a pack.
//
// YAML is asked for structure and places only. Every value is text here and
// turned into what it means by the reader of its file. A key that is not
// known, a key twice, a value of the wrong kind: each is a diagnostic with its
// place, and reading goes on, so that all errors of a file are told at once.
//
// Thread-safety: one reader belongs to one thread.

#ifndef TARAZY_POLICY_PACK_YAML_READER_H_
#define TARAZY_POLICY_PACK_YAML_READER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/source.h"
#include "yaml-cpp/yaml.h"

namespace tarazy {

// What reading one file needs.
class YamlFile {
 public:
  // Parses. False, with a diagnostic, when the text is no YAML or not exactly
  // one document. `source` and `diagnostics` outlive the file.
  bool Parse(const Source& source, Diagnostics* diagnostics);

  const YAML::Node& root() const { return root_; }
  const Source& source() const { return *source_; }
  // Where a node stands.
  Span SpanOf(const YAML::Node& node) const;

  // "pack/CODE" at `node`.
  void Error(const YAML::Node& node, absl::string_view code,
             std::string message, std::string help = "");

  // The text of a scalar. False, with a diagnostic that calls it `what`, for
  // anything else and for empty text.
  bool Text(const YAML::Node& node, absl::string_view what, std::string* text);

 private:
  const Source* source_ = nullptr;
  Diagnostics* diagnostics_ = nullptr;
  YAML::Node root_;
};

// The keys of one map. Finish() must be called once all keys were asked for:
// what nobody asked for is unknown.
class YamlMap {
 public:
  // `what` names the map in messages, for example "norm `pd-2013/7/12`".
  YamlMap(YamlFile* file, const YAML::Node& node, std::string what);

  // False when the node is no map; then nothing is found in it, and the error
  // has been told.
  bool ok() const { return ok_; }

  // Null when absent; an absent required key is an error.
  const YAML::Node* Optional(absl::string_view key);
  const YAML::Node* Required(absl::string_view key);

  // Text under a key. False when absent or wrong; a wrong one is told.
  bool RequiredText(absl::string_view key, std::string* text);
  bool OptionalText(absl::string_view key, std::string* text);
  // A list of texts; absent: leaves `texts` alone.
  bool OptionalTexts(absl::string_view key, std::vector<std::string>* texts);
  // One of `names`; `*index` is its place in the list.
  bool RequiredWord(absl::string_view key,
                    const std::vector<absl::string_view>& names, int* index);

  void Finish();

  const std::string& what() const { return what_; }
  const YAML::Node& node() const { return node_; }

 private:
  YamlFile* file_;
  YAML::Node node_;
  std::string what_;
  bool ok_ = false;
  std::vector<std::pair<std::string, YAML::Node>> keys_;  // key, key node
  std::vector<YAML::Node> values_;                        // of keys_
  std::vector<absl::string_view> asked_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_YAML_READER_H_
