#include "policy/pack/yaml_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

std::string Known(const std::vector<absl::string_view>& names) {
  std::vector<absl::string_view> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return absl::StrCat("known: `", absl::StrJoin(sorted, "`, `"), "`");
}

}  // namespace

bool YamlFile::Parse(const Source& source, Diagnostics* diagnostics) {
  source_ = &source;
  diagnostics_ = diagnostics;
  const size_t bad = FindInvalidUtf8(source.text());
  if (bad != absl::string_view::npos) {
    const uint32_t at = static_cast<uint32_t>(bad);
    diagnostics->push_back({Severity::kError,
                            "pack/yaml",
                            std::string(source.name()),
                            {at, at + 1},
                            "the file is not UTF-8",
                            ""});
    return false;
  }
  try {
    const std::vector<YAML::Node> documents =
        YAML::LoadAll(std::string(source.text()));
    if (documents.size() != 1) {
      Error(documents.size() > 1 ? documents[1] : YAML::Node(), "yaml",
            absl::StrCat("expected one document, found ", documents.size()));
      return false;
    }
    root_ = documents[0];
    return true;
  } catch (const YAML::Exception& e) {
    const uint32_t at = static_cast<uint32_t>(
        std::max(0, std::min<int>(e.mark.pos, source.text().size())));
    diagnostics->push_back({Severity::kError,
                            "pack/yaml",
                            std::string(source.name()),
                            {at, at},
                            e.msg,
                            ""});
    return false;
  }
}

Span YamlFile::SpanOf(const YAML::Node& node) const {
  const YAML::Mark mark = node.Mark();
  if (mark.is_null() || mark.pos < 0) return {0, 0};
  const size_t size = source_->text().size();
  const size_t begin = std::min<size_t>(mark.pos, size);
  size_t length = 1;
  if (node.IsScalar()) {
    // The value where it stands as written; a folded or quoted text differs
    // from its source, and only its first byte is pointed at.
    const std::string& text = node.Scalar();
    if (source_->text().substr(begin, text.size()) == text) {
      length = std::max<size_t>(1, text.size());
    }
  }
  return {static_cast<uint32_t>(begin),
          static_cast<uint32_t>(std::min(size, begin + length))};
}

void YamlFile::Error(const YAML::Node& node, absl::string_view code,
                     std::string message, std::string help) {
  diagnostics_->push_back({Severity::kError, absl::StrCat("pack/", code),
                           std::string(source_->name()), SpanOf(node),
                           std::move(message), std::move(help)});
}

bool YamlFile::Text(const YAML::Node& node, absl::string_view what,
                    std::string* text) {
  if (!node.IsScalar()) {
    Error(node, "wrong-kind", absl::StrCat(what, " must be text"));
    return false;
  }
  if (node.Scalar().find_first_not_of(" \t\r\n") == std::string::npos) {
    Error(node, "empty-text", absl::StrCat(what, " is empty"));
    return false;
  }
  *text = node.Scalar();
  return true;
}

YamlMap::YamlMap(YamlFile* file, const YAML::Node& node, std::string what)
    : file_(file), node_(node), what_(std::move(what)) {
  if (!node.IsMap()) {
    file->Error(node, "wrong-kind",
                absl::StrCat(what_, " must be a map of keys and values"));
    return;
  }
  ok_ = true;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      file->Error(entry.first, "wrong-kind",
                  absl::StrCat("a key of ", what_, " must be text"));
      continue;
    }
    const std::string& key = entry.first.Scalar();
    const bool twice =
        std::any_of(keys_.begin(), keys_.end(),
                    [&](const auto& other) { return other.first == key; });
    if (twice) {
      file->Error(entry.first, "duplicate-key",
                  absl::StrCat("key `", key, "` stands twice in ", what_));
      continue;
    }
    keys_.emplace_back(key, entry.first);
    values_.push_back(entry.second);
  }
}

const YAML::Node* YamlMap::Optional(absl::string_view key) {
  asked_.push_back(key);
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].first == key) return &values_[i];
  }
  return nullptr;
}

const YAML::Node* YamlMap::Required(absl::string_view key) {
  const YAML::Node* value = Optional(key);
  if (value == nullptr && ok_) {
    file_->Error(node_, "missing-key",
                 absl::StrCat(what_, " has no key `", key, "`"));
  }
  return value;
}

bool YamlMap::RequiredText(absl::string_view key, std::string* text) {
  const YAML::Node* value = Required(key);
  return value != nullptr &&
         file_->Text(*value, absl::StrCat("`", key, "` of ", what_), text);
}

bool YamlMap::OptionalText(absl::string_view key, std::string* text) {
  const YAML::Node* value = Optional(key);
  return value != nullptr &&
         file_->Text(*value, absl::StrCat("`", key, "` of ", what_), text);
}

bool YamlMap::OptionalTexts(absl::string_view key,
                            std::vector<std::string>* texts) {
  const YAML::Node* value = Optional(key);
  if (value == nullptr) return false;
  const std::string what = absl::StrCat("`", key, "` of ", what_);
  if (!value->IsSequence()) {
    file_->Error(*value, "wrong-kind",
                 absl::StrCat(what, " must be a list of texts"));
    return false;
  }
  bool good = true;
  for (const YAML::Node& item : *value) {
    std::string text;
    if (file_->Text(item, absl::StrCat("an item of ", what), &text)) {
      texts->push_back(std::move(text));
    } else {
      good = false;
    }
  }
  return good;
}

bool YamlMap::RequiredWord(absl::string_view key,
                           const std::vector<absl::string_view>& names,
                           int* index) {
  std::string text;
  if (!RequiredText(key, &text)) return false;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) {
      *index = static_cast<int>(i);
      return true;
    }
  }
  const std::string near = DidYouMean(text, names);
  file_->Error(*Optional(key), "unknown-word",
               absl::StrCat("`", text, "` is not a `", key, "` that ", what_,
                            " can have"),
               near.empty() ? Known(names) : near);
  return false;
}

void YamlMap::Finish() {
  for (const auto& key : keys_) {
    if (std::find(asked_.begin(), asked_.end(), key.first) != asked_.end()) {
      continue;
    }
    const std::string near = DidYouMean(key.first, asked_);
    file_->Error(key.second, "unknown-key",
                 absl::StrCat("unknown key `", key.first, "` in ", what_),
                 near.empty() ? Known(asked_) : near);
  }
}

}  // namespace tarazy
