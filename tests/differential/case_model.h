// The types and entities of a random case, and their text.

#ifndef TARAZY_TESTS_DIFFERENTIAL_CASE_MODEL_H_
#define TARAZY_TESTS_DIFFERENTIAL_CASE_MODEL_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tarazy {

// Numbers and choices from one seed.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  // 0 to n - 1.
  size_t Below(size_t n) { return n == 0 ? 0 : engine_() % n; }
  bool Chance(int percent) { return Below(100) < static_cast<size_t>(percent); }
  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[Below(items.size())];
  }

 private:
  std::mt19937_64 engine_;
};

struct CaseType {
  enum class Kind {
    kBool,
    kLong,
    kString,
    kEntity,
    kSet,
    kRecord,
    kIp,
    kDecimal,
    kDatetime,
    kDuration,
  };
  struct Attribute;
  Kind kind = Kind::kBool;
  std::string common;                       // declared under this name
  std::string entity;                       // kEntity
  std::shared_ptr<const CaseType> element;  // kSet
  std::vector<Attribute> attributes;        // kRecord
};

struct CaseType::Attribute {
  std::string name;
  CaseType type;
  bool required = true;
};

struct CaseEntityType {
  std::string name;
  std::vector<CaseType::Attribute> attributes;
  bool tagged = false;
  CaseType tags;
  std::vector<std::string> parents;
  std::vector<std::string> enum_ids;
};

struct CaseAction {
  std::string id;
  std::vector<std::string> parents;
  std::vector<std::string> principals;
  std::vector<std::string> resources;
  CaseType context;
};

struct CaseCommonType {
  std::string name;
  CaseType type;
};

struct CaseWorld {
  std::vector<CaseCommonType> commons;
  std::vector<CaseEntityType> types;
  std::string action_type;  // "Action", or that of a namespace
  std::vector<CaseAction> actions;
  bool reserved_names = false;  // `__cedar::Long` for `Long`

  const CaseEntityType& Find(const std::string& name) const;
};

CaseWorld MakeWorld(Dice* dice);

// Ids that entities of a type may have.
std::vector<std::string> IdsOf(const CaseEntityType& type);

// A string as Cedar and as JSON text.
std::string Quoted(const std::string& text);
std::string JsonQuoted(const std::string& text);
std::string EntityText(const std::string& type, const std::string& id);
std::string EntityJson(const std::string& type, const std::string& id);
std::string Join(const std::vector<std::string>& parts);

// Literals of the type's constructor: most parse.
std::string ExtensionText(CaseType::Kind kind, Dice* dice);

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_CASE_MODEL_H_
