// Random expressions over a case's world.

#ifndef TARAZY_TESTS_DIFFERENTIAL_EXPRESSION_GENERATOR_H_
#define TARAZY_TESTS_DIFFERENTIAL_EXPRESSION_GENERATOR_H_

#include <string>
#include <vector>

#include "tests/differential/case_model.h"

namespace tarazy {

class ExpressionGenerator {
 public:
  // Policies that may meet this kind of request. Careful ones mostly pass
  // strict validation.
  ExpressionGenerator(const CaseWorld& world, const std::string& principal,
                      const CaseAction& action, const std::string& resource,
                      bool careful, Dice* dice);

  // A condition, mostly of type boolean.
  std::string Condition() { return Bool(4); }

 private:
  // An attribute access such as `principal.a["b c"]`, with the `has` that
  // makes it safe.
  struct Path {
    std::string text;
    std::string guard;
    CaseType type;
  };

  void AddPaths(const Path& base, int depth);
  void AddAttributes(const Path& base,
                     const std::vector<CaseType::Attribute>& attributes,
                     int depth);
  // Paths of this kind.
  const Path* FindPath(CaseType::Kind kind);

  std::string Of(CaseType::Kind kind, int depth);
  std::string Any(int depth);
  std::string Literal(CaseType::Kind kind);
  std::string Bool(int depth);
  std::string BoolOperator(int depth);
  std::string BoolOnSets(int depth);
  std::string BoolOnEntities(int depth);
  std::string BoolOnExtensions(int depth);
  std::string Has(int depth);
  std::string Long(int depth);
  std::string Extension(CaseType::Kind kind, int depth);
  std::string Set(int depth);
  std::string Record(int depth);
  std::string Entity();
  std::string EntityLiteral();
  std::string Pattern();
  // In parentheses, or as it is now and then.
  std::string Wrap(const std::string& text);

  // The path with what guards it: `if a has b then a.b else` a literal.
  std::string Guarded(const Path& path);

  const CaseWorld& world_;
  const bool careful_;
  Dice& dice_;
  std::vector<Path> paths_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_EXPRESSION_GENERATOR_H_
