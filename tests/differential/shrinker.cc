#include "tests/differential/shrinker.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/differential/case_text.h"

namespace tarazy {
namespace {

using Json = nlohmann::json;

class Shrinker {
 public:
  Shrinker(const Case& failing, const std::function<bool(const Case&)>& fails)
      : best_(failing), fails_(fails) {}

  Case Run() {
    bool smaller = true;
    while (smaller) {
      smaller = ShrinkList(&Case::requests);
      smaller |= ShrinkList(&Case::links);
      smaller |= ShrinkText(&Case::policies);
      smaller |= ShrinkJson(best_.entities, [](Case* c, std::string text) {
        c->entities = std::move(text);
      });
      for (size_t i = 0; i < best_.requests.size(); ++i) {
        smaller |= ShrinkJson(best_.requests[i], [i](Case* c, std::string t) {
          c->requests[i] = std::move(t);
        });
      }
      smaller |= ShrinkText(&Case::schema);
    }
    return best_;
  }

 private:
  bool Try(Case next) {
    if (!fails_(next)) return false;
    best_ = std::move(next);
    return true;
  }

  // Items one by one.
  template <typename T>
  bool ShrinkList(std::vector<T> Case::*list) {
    bool smaller = false;
    for (size_t i = 0; i < (best_.*list).size();) {
      Case next = best_;
      (next.*list).erase((next.*list).begin() + i);
      if (Try(std::move(next))) {
        smaller = true;
      } else {
        ++i;
      }
    }
    return smaller;
  }

  // Text that may be JSON.
  bool ShrinkText(std::string Case::*text) {
    if ((best_.*text)[0] != '{') return ShrinkTokens(text);
    return ShrinkJson(best_.*text, [text](Case* c, std::string smaller) {
      c->*text = std::move(smaller);
    });
  }

  bool TryTokens(std::string Case::*text,
                 const std::vector<std::string>& tokens) {
    Case next = best_;
    (next.*text).clear();
    for (const std::string& token : tokens) next.*text += token;
    return Try(std::move(next));
  }

  // Runs of tokens, then pairs of brackets with or without their content.
  bool ShrinkTokens(std::string Case::*text) {
    bool smaller = false;
    std::vector<std::string> tokens = Tokens(best_.*text);
    for (size_t run = tokens.size() / 2; run > 0; run /= 2) {
      for (size_t at = 0; at + run <= tokens.size();) {
        std::vector<std::string> fewer = tokens;
        fewer.erase(fewer.begin() + at, fewer.begin() + at + run);
        if (TryTokens(text, fewer)) {
          tokens = std::move(fewer);
          smaller = true;
        } else {
          ++at;
        }
      }
    }
    for (size_t at = 0; at < tokens.size(); ++at) {
      smaller |= ShrinkBrackets(text, at, &tokens);
    }
    return smaller;
  }

  // At an opening bracket: something simple for the whole, or its content.
  bool ShrinkBrackets(std::string Case::*text, size_t open,
                      std::vector<std::string>* tokens) {
    const std::string brackets = "([{)]}";
    const auto side = [&](const std::string& token) {
      const size_t at = token.size() == 1 ? brackets.find(token) : 6;
      return at < 3 ? 1 : at < 6 ? -1 : 0;
    };
    if (side((*tokens)[open]) != 1) return false;
    size_t close = open;
    for (int depth = 0; close < tokens->size(); ++close) {
      depth += side((*tokens)[close]);
      if (depth == 0) break;
    }
    if (close >= tokens->size()) return false;
    for (const char* whole : {"", "true", "1", "\"\""}) {
      if (close == open + 1) break;
      std::vector<std::string> fewer = *tokens;
      fewer.erase(fewer.begin() + open, fewer.begin() + close + 1);
      fewer.insert(fewer.begin() + open, whole);
      if (TryTokens(text, fewer)) {
        *tokens = std::move(fewer);
        return true;
      }
    }
    std::vector<std::string> bare = *tokens;
    bare.erase(bare.begin() + close);
    bare.erase(bare.begin() + open);
    if (!TryTokens(text, bare)) return false;
    *tokens = std::move(bare);
    return true;
  }

  // Members and items, from the outside in; text that is no JSON is left.
  template <typename Put>
  bool ShrinkJson(const std::string& text, const Put& put) {
    Json root = Json::parse(text, nullptr, false);
    if (root.is_discarded()) return false;
    bool smaller = false;
    std::vector<Json::json_pointer> open = {Json::json_pointer()};
    while (!open.empty()) {
      const Json::json_pointer at = open.back();
      open.pop_back();
      for (size_t i = 0; i < root[at].size() && root[at].is_structured();) {
        Json fewer = root;
        auto item = std::next(fewer[at].begin(), static_cast<ptrdiff_t>(i));
        fewer[at].erase(item);
        Case next = best_;
        put(&next, fewer.dump());
        if (Try(std::move(next))) {
          root = std::move(fewer);
          smaller = true;
        } else {
          ++i;
        }
      }
      if (root[at].is_object()) {
        for (const auto& member : root[at].items()) {
          open.push_back(at / member.key());
        }
      } else if (root[at].is_array()) {
        for (size_t i = 0; i < root[at].size(); ++i) open.push_back(at / i);
      }
    }
    return smaller;
  }

  Case best_;
  const std::function<bool(const Case&)>& fails_;
};

}  // namespace

Case Shrink(const Case& failing,
            const std::function<bool(const Case&)>& fails) {
  return Shrinker(failing, fails).Run();
}

}  // namespace tarazy
