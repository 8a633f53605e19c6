// A case's world and its values as text.

#ifndef TARAZY_TESTS_DIFFERENTIAL_CASE_TEXT_H_
#define TARAZY_TESTS_DIFFERENTIAL_CASE_TEXT_H_

#include <string>
#include <vector>

#include "tests/differential/case_model.h"

namespace tarazy {

std::string SchemaText(const CaseWorld& world);
std::string SchemaJson(const CaseWorld& world);

// Values of a type in JSON.
class ValueWriter {
 public:
  // With `odd`, forms that only a schema explains, and now and then a value
  // of another type, a field too many or a field too few.
  ValueWriter(const CaseWorld& world, bool odd, Dice* dice)
      : world_(world), odd_(odd), dice_(*dice) {}

  std::string Value(const CaseType& type);
  std::string Record(const std::vector<CaseType::Attribute>& attributes);

 private:
  std::string Extension(const CaseType& type, const char* function);

  const CaseWorld& world_;
  const bool odd_;
  Dice& dice_;
};

// Strings, words and single characters, in order: together they are the text.
std::vector<std::string> Tokens(const std::string& text);

// The text with one token left out, doubled, moved or replaced: most often no
// longer Cedar.
std::string Mutated(const std::string& text, Dice* dice);

// The JSON text with one value left out or replaced, most often by another of
// its own.
std::string MutatedJson(const std::string& text, Dice* dice);

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_CASE_TEXT_H_
