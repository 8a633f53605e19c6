// Reads the configuration with yaml-cpp, which is asked for structure and
// lines only: what a value may be is decided here, since YAML's own notion of
// a number or a truth value ("no", "0x10", "1_000") is wider than an operator
// expects.

#include "server/ops/config.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/suggest.h"
#include "yaml-cpp/yaml.h"

namespace tarazy {
namespace {

constexpr size_t kMaxFileBytes = 1u << 20;
constexpr size_t kMaxPathBytes = 4096;
constexpr size_t kMaxCallers = 10000;
constexpr size_t kMaxEditions = 64;
constexpr size_t kMaxKeys = 64;
constexpr size_t kMaxKeyBytes = 256;
// sizeof(sockaddr_un::sun_path) less the closing zero.
constexpr size_t kMaxUnixPathBytes = 107;

// Collects what is wrong, so that one run shows all of it.
class Errors {
 public:
  explicit Errors(std::string file) : file_(std::move(file)) {}

  void Add(const YAML::Mark& mark, const std::string& message) {
    const int line = mark.is_null() ? 1 : mark.line + 1;
    found_.emplace_back(line, absl::StrCat(file_, ":", line, ": ", message));
  }

  absl::Status status() {
    if (found_.empty()) return absl::OkStatus();
    std::stable_sort(
        found_.begin(), found_.end(),
        [](const auto& a, const auto& b) { return a.first < b.first; });
    return absl::InvalidArgumentError(
        absl::StrJoin(found_, "\n", [](std::string* out, const auto& error) {
          absl::StrAppend(out, error.second);
        }));
  }

 private:
  std::string file_;
  std::vector<std::pair<int, std::string>> found_;
};

// One mapping of the file. Each reader takes its key and leaves `out` as it is
// when the key is absent; Finish reports the keys that nobody took.
class Section {
 public:
  Section(const YAML::Node& node, std::string prefix, Errors* errors)
      : prefix_(std::move(prefix)), mark_(node.Mark()), errors_(errors) {
    if (!node.IsDefined() || node.IsNull()) return;
    if (!node.IsMap()) {
      errors_->Add(node.Mark(),
                   absl::StrCat("`", Shown(), "` must be a mapping of keys"));
      return;
    }
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        errors_->Add(entry.first.Mark(), "a key must be a plain word");
        continue;
      }
      const std::string& key = entry.first.Scalar();
      for (const Entry& other : entries_) {
        if (other.key == key) {
          errors_->Add(entry.first.Mark(),
                       absl::StrCat("`", prefix_, key, "` is given twice"));
        }
      }
      entries_.push_back({key, entry.first.Mark(), entry.second});
    }
  }

  Section Sub(const std::string& key) {
    const Entry* entry = Take(key);
    return Section(entry == nullptr ? YAML::Node() : entry->value,
                   absl::StrCat(prefix_, key, "."), errors_);
  }

  // Whether `out` was set.
  bool Text(const std::string& key, size_t max_bytes, std::string* out) {
    const Entry* entry = TakeScalar(key, "a text; write \"\" for none");
    if (entry == nullptr) return false;
    const std::string& value = entry->value.Scalar();
    if (value.size() > max_bytes) {
      Fail(*entry, absl::StrCat("is longer than ", max_bytes, " bytes"));
    } else if (absl::StrContains(value, '\0')) {
      Fail(*entry, "holds a zero byte");
    } else {
      *out = value;
      return true;
    }
    return false;
  }

  // At most `max` of them.
  void Texts(const std::string& key, size_t max, size_t max_bytes,
             std::vector<std::string>* out) {
    const Entry* entry = Take(key);
    if (entry == nullptr || entry->value.IsNull()) return;
    if (!entry->value.IsSequence() || entry->value.size() > max) {
      Fail(*entry, absl::StrCat("must be a list of at most ", max, " texts"));
      return;
    }
    out->clear();
    for (const YAML::Node& item : entry->value) {
      if (!item.IsScalar() || item.Scalar().empty() ||
          item.Scalar().size() > max_bytes ||
          absl::StrContains(item.Scalar(), '\0')) {
        Fail(*entry, absl::StrCat("must be a list of texts of 1 to ", max_bytes,
                                  " bytes"));
        return;
      }
      out->push_back(item.Scalar());
    }
  }

  void TextByText(const std::string& key, size_t max, size_t max_bytes,
                  std::map<std::string, std::string>* out) {
    const Entry* entry = Take(key);
    if (entry == nullptr || entry->value.IsNull()) return;
    if (!entry->value.IsMap() || entry->value.size() > max) {
      Fail(*entry, absl::StrCat("must be a mapping of at most ", max, " keys"));
      return;
    }
    out->clear();
    for (const auto& item : entry->value) {
      const bool texts = item.first.IsScalar() && item.second.IsScalar() &&
                         item.first.Scalar().size() <= max_bytes &&
                         item.second.Scalar().size() <= max_bytes;
      if (!texts) {
        Fail(*entry, absl::StrCat("must be a mapping of texts to texts of at "
                                  "most ",
                                  max_bytes, " bytes"));
      } else if (!out->emplace(item.first.Scalar(), item.second.Scalar())
                      .second) {
        Fail(*entry, absl::StrCat("names `", item.first.Scalar(), "` twice"));
      } else {
        continue;
      }
      return;
    }
  }

  void Bool(const std::string& key, bool* out) {
    const Entry* entry = TakeScalar(key, "`true` or `false`");
    if (entry == nullptr) return;
    const std::string& value = entry->value.Scalar();
    if (entry->value.Tag() == "!" || (value != "true" && value != "false")) {
      Fail(*entry,
           absl::StrCat("must be `true` or `false`, not `", value, "`"));
    } else {
      *out = value == "true";
    }
  }

  template <typename T>
  void Number(const std::string& key, uint64_t min, uint64_t max, T* out) {
    const Entry* entry = TakeScalar(key, "a whole number");
    if (entry == nullptr) return;
    const std::string& value = entry->value.Scalar();
    uint64_t number = 0;
    const bool digits =
        !value.empty() &&
        value.find_first_not_of("0123456789") == std::string::npos;
    if (entry->value.Tag() == "!" || !digits) {
      Fail(*entry, absl::StrCat("must be a whole number, not `", value, "`"));
    } else if (!absl::SimpleAtoi(value, &number) || number < min ||
               number > max) {
      Fail(*entry,
           absl::StrCat("must be from ", min, " to ", max, ", not ", value));
    } else {
      *out = static_cast<T>(number);
    }
  }

  // The mappings of a list.
  std::vector<Section> List(const std::string& key, size_t max) {
    std::vector<Section> sections;
    const Entry* entry = Take(key);
    if (entry == nullptr || entry->value.IsNull()) return sections;
    if (!entry->value.IsSequence() || entry->value.size() > max) {
      Fail(*entry, absl::StrCat("must be a list of at most ", max));
      return sections;
    }
    for (size_t i = 0; i < entry->value.size(); ++i) {
      sections.emplace_back(entry->value[i],
                            absl::StrCat(prefix_, key, "[", i, "]."), errors_);
    }
    return sections;
  }

  // Reports that a key is missing.
  void Require(const std::string& key, const std::string& value) {
    if (value.empty()) {
      errors_->Add(mark_, absl::StrCat("`", prefix_, key, "` is missing"));
    }
  }

  // Reports the key's value; `problem` completes "`key` ...".
  void Refuse(const std::string& key, const std::string& problem) {
    for (const Entry& entry : entries_) {
      if (entry.key == key) Fail(entry, problem);
    }
  }

  void Finish() {
    for (const Entry& entry : entries_) {
      if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) {
        continue;
      }
      std::string message =
          absl::StrCat("unknown key `", prefix_, entry.key, "`");
      std::vector<absl::string_view> known(known_.begin(), known_.end());
      const absl::string_view nearest = Nearest(entry.key, known);
      if (nearest.empty()) {
        absl::StrAppend(&message, "; known here: ", absl::StrJoin(known, ", "));
      } else {
        absl::StrAppend(&message, "; did you mean `", prefix_, nearest, "`?");
      }
      errors_->Add(entry.mark, message);
    }
  }

 private:
  struct Entry {
    std::string key;
    YAML::Mark mark;
    YAML::Node value;
  };

  std::string Shown() const {
    return prefix_.empty() ? "the file" : prefix_.substr(0, prefix_.size() - 1);
  }

  const Entry* Take(const std::string& key) {
    known_.push_back(key);
    for (const Entry& entry : entries_) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }

  const Entry* TakeScalar(const std::string& key, const std::string& kind) {
    const Entry* entry = Take(key);
    if (entry == nullptr || entry->value.IsScalar()) return entry;
    Fail(*entry, absl::StrCat("must be ", kind));
    return nullptr;
  }

  void Fail(const Entry& entry, const std::string& problem) {
    errors_->Add(entry.mark,
                 absl::StrCat("`", prefix_, entry.key, "` ", problem));
  }

  std::string prefix_;
  YAML::Mark mark_;
  Errors* errors_;
  std::vector<Entry> entries_;
  std::vector<std::string> known_;
};

bool IsLogName(const std::string& name) {
  return !name.empty() &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyz"
             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/") == std::string::npos;
}

// The bindings name every member of a section, so that a key that is added to
// the struct does not compile until it is read here.

void ReadListen(Section section, Config::Listen* listen) {
  auto& [tcp, unix_socket] = *listen;
  section.Text("tcp", 300, &tcp);
  section.Text("unix_socket", kMaxUnixPathBytes, &unix_socket);
  if (!tcp.empty() && !IsHostPort(tcp)) {
    section.Refuse("tcp", absl::StrCat("must be host:port, not `", tcp, "`"));
  }
  if (tcp.empty() && unix_socket.empty()) {
    section.Refuse("tcp",
                   "and `listen.unix_socket` are both empty: the "
                   "server would listen nowhere");
  }
  section.Finish();
}

void ReadLog(Section section, Config::Log* log) {
  auto& [enabled, directory, name, segment_bytes, max_queue_bytes,
         seal_after_days, seal_beyond_bytes, retain_days, max_clock_jump_days] =
      *log;
  section.Bool("enabled", &enabled);
  section.Text("directory", kMaxPathBytes, &directory);
  section.Text("name", 64, &name);
  section.Number("segment_bytes", 1u << 20, uint64_t{1} << 32, &segment_bytes);
  section.Number("max_queue_bytes", 1u << 20, uint64_t{1} << 30,
                 &max_queue_bytes);
  section.Number("seal_after_days", 0, 36500, &seal_after_days);
  section.Number("seal_beyond_bytes", 0, uint64_t{1} << 50, &seal_beyond_bytes);
  section.Number("retain_days", 0, 36500, &retain_days);
  section.Number("max_clock_jump_days", 1, 36500, &max_clock_jump_days);
  if (!IsLogName(name)) {
    section.Refuse("name",
                   "must be 1 to 64 letters, digits, `-`, `.`, `_` "
                   "or `/`");
  }
  if (directory.empty()) section.Refuse("directory", "must not be empty");
  section.Finish();
}

void ReadPack(Section section, Config::Pack* pack) {
  auto& [directory, editions, readings, compare_with, keys, threshold] = *pack;
  section.Text("directory", kMaxPathBytes, &directory);
  section.Texts("editions", kMaxEditions, kMaxPathBytes, &editions);
  section.TextByText("readings", 1000, 128, &readings);
  section.Texts("compare_with", kMaxEditions, kMaxPathBytes, &compare_with);
  if (!directory.empty() && !editions.empty()) {
    section.Refuse(
        "editions",
        "and `pack.directory` are both given; name the packs in one");
  }
  section.Texts("keys", kMaxKeys, kMaxKeyBytes, &keys);
  section.Number("threshold", 1, kMaxKeys, &threshold);
  if (threshold > std::max<size_t>(keys.size(), 1)) {
    section.Refuse("threshold",
                   absl::StrCat("must be from 1 to the number of `pack.keys`, ",
                                keys.size(), ", not ", threshold));
  }
  section.Finish();
}

void ReadLimits(Section section, Config::Limits* limits) {
  auto& [message_bytes, batch_requests, consents_tried, drain_seconds,
         decision_time_skew_ms] = *limits;
  section.Number("message_bytes", 1024, 64u << 20, &message_bytes);
  section.Number("batch_requests", 1, 100000, &batch_requests);
  section.Number("consents_tried", 1, 1000, &consents_tried);
  section.Number("drain_seconds", 0, 3600, &drain_seconds);
  section.Number("decision_time_skew_ms", 0, 60000, &decision_time_skew_ms);
  section.Finish();
}

void ReadPseudonyms(Section section, Config::Pseudonyms* pseudonyms) {
  auto& [key_file, key_variable, create] = *pseudonyms;
  section.Text("key_file", kMaxPathBytes, &key_file);
  section.Text("key_variable", 128, &key_variable);
  section.Bool("create", &create);
  if (!key_variable.empty() && create) {
    section.Refuse("create",
                   "makes a key file, and `pseudonyms.key_variable` says that "
                   "the keys come from the environment");
  }
  if (key_file.empty()) section.Refuse("key_file", "must not be empty");
  section.Finish();
}

void ReadCheckpoints(Section section, Config::Checkpoints* checkpoints) {
  auto& [key_file, create, interval_ms] = *checkpoints;
  section.Text("key_file", kMaxPathBytes, &key_file);
  section.Bool("create", &create);
  section.Number("interval_ms", 10, 3600000, &interval_ms);
  section.Finish();
}

void ReadCaller(Section section, Config::Rights::Caller* caller) {
  auto& [name, token_file, role, service] = *caller;
  section.Text("name", 64, &name);
  section.Text("token_file", kMaxPathBytes, &token_file);
  section.Text("service", 64, &service);
  std::string word;
  section.Text("role", 16, &word);
  section.Require("name", name);
  section.Require("token_file", token_file);
  section.Require("role", word);
  if (word == "auditor") {
    role = Config::Rights::Role::kAuditor;
    if (!service.empty()) section.Refuse("service", "is for services alone");
  } else if (word == "service") {
    section.Require("service", service);
  } else if (!word.empty()) {
    section.Refuse("role", absl::StrCat("must be `auditor` or `service`, not `",
                                        word, "`"));
  }
  section.Finish();
}

void ReadRights(Section section, Config::Rights* rights) {
  auto& [assert_consent, choose_decision_time, callers] = *rights;
  section.Bool("assert_consent", &assert_consent);
  section.Bool("choose_decision_time", &choose_decision_time);
  for (Section& row : section.List("callers", kMaxCallers)) {
    callers.emplace_back();
    ReadCaller(std::move(row), &callers.back());
  }
  section.Finish();
}

void ReadLanguage(Section* root, v1::Language* language) {
  std::string text;
  if (!root->Text("default_language", 16, &text)) return;
  if (text == "kk") {
    *language = v1::LANGUAGE_KK;
  } else if (text == "ru") {
    *language = v1::LANGUAGE_RU;
  } else if (text == "en") {
    *language = v1::LANGUAGE_EN;
  } else {
    root->Refuse("default_language",
                 absl::StrCat("must be `kk`, `ru` or `en`, not `", text, "`"));
  }
}

void ReadRoot(const YAML::Node& node, Config* config, Errors* errors) {
  auto& [listen, threads, pack, log, checkpoints, index, http, salts, registers,
         pseudonyms, limits, rights, default_language] = *config;
  Section root(node, "", errors);
  ReadListen(root.Sub("listen"), &listen);
  {
    Section section = root.Sub("threads");
    auto& [completion_queues] = threads;
    section.Number("completion_queues", 1, 64, &completion_queues);
    section.Finish();
  }
  ReadPack(root.Sub("pack"), &pack);
  ReadLog(root.Sub("log"), &log);
  ReadCheckpoints(root.Sub("checkpoints"), &checkpoints);
  {
    Section section = root.Sub("index");
    auto& [path] = index;
    section.Text("path", kMaxPathBytes, &path);
    section.Finish();
  }
  {
    Section section = root.Sub("http");
    auto& [tiles] = http;
    section.Text("tiles", 300, &tiles);
    if (!tiles.empty() && !IsHostPort(tiles)) {
      section.Refuse("tiles",
                     absl::StrCat("must be host:port, not `", tiles, "`"));
    }
    section.Finish();
  }
  {
    Section section = root.Sub("salts");
    auto& [path] = salts;
    section.Text("path", kMaxPathBytes, &path);
    if (path.empty()) section.Refuse("path", "must not be empty");
    section.Finish();
  }
  {
    Section section = root.Sub("registers");
    auto& [path] = registers;
    section.Text("path", kMaxPathBytes, &path);
    if (path.empty()) section.Refuse("path", "must not be empty");
    section.Finish();
  }
  ReadPseudonyms(root.Sub("pseudonyms"), &pseudonyms);
  ReadLimits(root.Sub("limits"), &limits);
  ReadRights(root.Sub("rights"), &rights);
  ReadLanguage(&root, &default_language);
  root.Finish();
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("cannot open configuration `", path, "`"));
  }
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(&text[0], static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) {
    return absl::NotFoundError(
        absl::StrCat("cannot read configuration `", path, "`"));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is longer than ", kMaxFileBytes, " bytes"));
  }
  return text;
}

}  // namespace

bool IsHostPort(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  uint32_t number = 0;
  if (port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(port, &number) || number > 65535) {
    return false;
  }
  if (host.find_first_of(" \t/") != absl::string_view::npos) return false;
  const bool bracketed = host.front() == '[' && host.back() == ']';
  return bracketed ? host.size() > 2
                   : host.find_first_of(":[]") == absl::string_view::npos;
}

void ResolvePaths(absl::string_view folder, Config* config) {
  if (folder.empty()) return;
  std::vector<std::string*> paths = {
      &config->listen.unix_socket, &config->pack.directory,
      &config->log.directory,      &config->checkpoints.key_file,
      &config->registers.path,     &config->pseudonyms.key_file,
      &config->index.path,         &config->salts.path};
  for (Config::Rights::Caller& caller : config->rights.callers) {
    paths.push_back(&caller.token_file);
  }
  for (std::string& edition : config->pack.editions) paths.push_back(&edition);
  for (std::string& enacted : config->pack.compare_with) {
    paths.push_back(&enacted);
  }
  for (std::string* path : paths) {
    if (!path->empty() && path->front() != '/') {
      *path =
          absl::StrCat(folder, absl::EndsWith(folder, "/") ? "" : "/", *path);
    }
  }
}

absl::StatusOr<Config> ReadConfig(const std::string& path) {
  absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  Config config;
  Errors errors(path);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(*text);
    if (documents.size() > 1) {
      errors.Add(documents[1].Mark(), "a second document: there must be one");
    }
    ReadRoot(documents.empty() ? YAML::Node() : documents[0], &config, &errors);
  } catch (const YAML::Exception& e) {
    errors.Add(e.mark, e.msg);
  }
  if (absl::Status status = errors.status(); !status.ok()) return status;
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos) {
    ResolvePaths(path.substr(0, slash + 1), &config);
  }
  return config;
}

}  // namespace tarazy
