// The language that a command's output is in: Kazakh, Russian or English.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_COMMAND_PACK_LANGUAGE_H_
#define TARAZY_SERVER_COMMAND_PACK_LANGUAGE_H_

#include <string>

#include "CLI/CLI.hpp"
#include "policy/pack/pack.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

// A word or a sentence of our own in the three languages.
struct Said {
  const char* kk;
  const char* ru;
  const char* en;

  const char* In(v1::Language language) const {
    return language == v1::LANGUAGE_EN   ? en
           : language == v1::LANGUAGE_RU ? ru
                                         : kk;
  }
};

// One of a pack's.
inline const std::string& InLanguage(v1::Language language,
                                     const Texts& texts) {
  return language == v1::LANGUAGE_EN   ? texts.en
         : language == v1::LANGUAGE_RU ? texts.ru
                                       : texts.kk;
}

// "kk", as in HTML.
inline const char* Tag(v1::Language language) {
  return Said{"kk", "ru", "en"}.In(language);
}

// `--language kk|ru|en` into `tag`, kk by default.
inline void AddLanguage(CLI::App* command, std::string* tag) {
  *tag = "kk";
  command->add_option("--language", *tag, "of texts: kk, ru or en")
      ->check(CLI::IsMember({"kk", "ru", "en"}))
      ->capture_default_str();
}

inline v1::Language LanguageOf(const std::string& tag) {
  return tag == "en"   ? v1::LANGUAGE_EN
         : tag == "ru" ? v1::LANGUAGE_RU
                       : v1::LANGUAGE_KK;
}

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_LANGUAGE_H_
