#include "server/command/pack/plain_clause.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/policy_text.h"
#include "server/command/pack/language.h"

namespace tarazy {
namespace {

// A sentence and its opposite; $0 and $1 are what it is about.
struct Sentence {
  Said yes;
  Said no;
};

constexpr Sentence kEqual = {
    {"$0 мәні – $1", "$0 равно $1", "$0 is $1"},
    {"$0 мәні $1 емес", "$0 не равно $1", "$0 is not $1"}};
constexpr Sentence kTrue = {{"$0 – иә", "$0 – да", "$0 is true"},
                            {"$0 – жоқ", "$0 – нет", "$0 is false"}};
constexpr Sentence kStated = {
    {"$0 берілген", "$0 указано", "$0 is stated"},
    {"$0 берілмеген", "$0 не указано", "$0 is not stated"}};
constexpr Sentence kLess = {
    {"$0 мәні $1 мәнінен кем", "$0 меньше $1", "$0 is less than $1"},
    {"$0 мәні $1 мәнінен кем емес", "$0 не меньше $1", "$0 is at least $1"}};
constexpr Sentence kGreater = {
    {"$0 мәні $1 мәнінен артық", "$0 больше $1", "$0 is more than $1"},
    {"$0 мәні $1 мәнінен артық емес", "$0 не больше $1", "$0 is at most $1"}};
constexpr Sentence kBefore = {
    {"$0 уақыты $1 уақытынан бұрын", "$0 раньше $1", "$0 is before $1"},
    {"$0 уақыты $1 уақытынан бұрын емес", "$0 не раньше $1",
     "$0 is not before $1"}};
constexpr Sentence kAfter = {
    {"$0 уақыты $1 уақытынан кейін", "$0 позже $1", "$0 is after $1"},
    {"$0 уақыты $1 уақытынан кейін емес", "$0 не позже $1",
     "$0 is not after $1"}};
constexpr Sentence kHolds = {
    {"$0 ішінде $1 бар", "$0 содержит $1", "$0 contains $1"},
    {"$0 ішінде $1 жоқ", "$0 не содержит $1", "$0 does not contain $1"}};
constexpr Sentence kOneOf = {
    {"$0 мәні мыналардың бірі: $1", "$0 – одно из: $1", "$0 is one of $1"},
    {"$0 мәні мыналардың ешқайсысы емес: $1", "$0 – ни одно из: $1",
     "$0 is none of $1"}};
constexpr Sentence kHoldsAll = {
    {"$0 ішінде мыналардың бәрі бар: $1", "$0 содержит всё из: $1",
     "$0 contains all of $1"},
    {"$0 ішінде мыналардың бәрі бірдей жоқ: $1", "$0 содержит не всё из: $1",
     "$0 does not contain all of $1"}};
constexpr Sentence kHoldsAny = {
    {"$0 ішінде мыналардың кемінде бірі бар: $1",
     "$0 содержит хотя бы одно из: $1", "$0 contains at least one of $1"},
    {"$0 ішінде мыналардың ешқайсысы жоқ: $1", "$0 не содержит ничего из: $1",
     "$0 contains none of $1"}};
constexpr Sentence kEmpty = {{"$0 бос", "$0 пусто", "$0 is empty"},
                             {"$0 бос емес", "$0 не пусто", "$0 is not empty"}};
constexpr Sentence kBelongs = {
    {"$0 мынаған жатады: $1", "$0 относится к $1", "$0 belongs to $1"},
    {"$0 мынаған жатпайды: $1", "$0 не относится к $1",
     "$0 does not belong to $1"}};
constexpr Sentence kOfType = {
    {"$0 түрі – $1", "$0 имеет тип $1", "$0 is of type $1"},
    {"$0 түрі $1 емес", "$0 не имеет тип $1", "$0 is not of type $1"}};
constexpr Sentence kOther = {
    {"орындалады: $0", "выполнено: $0", "this holds: $0"},
    {"орындалмайды: $0", "не выполнено: $0", "this does not hold: $0"}};
constexpr Sentence kConstant = {{"әрқашан", "всегда", "always"},
                                {"ешқашан", "никогда", "never"}};
constexpr Sentence kAll = {{"мыналардың бәрі орындалады:",
                            "выполнено всё следующее:", "all of these hold:"},
                           {"мыналардың кемінде бірі орындалмайды:",
                            "не выполнено хотя бы одно из следующего:",
                            "at least one of these does not hold:"}};
constexpr Sentence kAny = {
    {"мыналардың кемінде бірі орындалады:",
     "выполнено хотя бы одно из следующего:", "at least one of these holds:"},
    {"мыналардың ешқайсысы орындалмайды:", "не выполнено ничего из следующего:",
     "none of these holds:"}};
constexpr Sentence kDepends = {
    {"жағдайға қарай:", "в зависимости от условия:", "it depends:"},
    {"жағдайға қарай мынау орындалмайды:",
     "в зависимости от условия не выполнено:",
     "it depends, and this does not hold:"}};
constexpr Said kIf = {"егер:", "если:", "if:"};
constexpr Said kThen = {"онда:", "то:", "then:"};
constexpr Said kElse = {"әйтпесе:", "иначе:", "otherwise:"};
constexpr Said kActs = {"Әрекеттер: $0", "Действия: $0", "Acts: $0"};
constexpr Said kAnyAct = {"Кез келген әрекет", "Любое действие", "Any act"};

std::vector<PlainPiece> Fill(absl::string_view sentence, const std::string& a,
                             const std::string& b = "") {
  std::vector<PlainPiece> line;
  while (!sentence.empty()) {
    const size_t at = sentence.find('$');
    if (at != 0) {
      line.push_back({false, std::string(sentence.substr(0, at))});
    }
    if (at == absl::string_view::npos) break;
    line.push_back({true, sentence[at + 1] == '0' ? a : b});
    sentence.remove_prefix(at + 2);
  }
  return line;
}

class Speaker {
 public:
  Speaker(const ExprPool& exprs, v1::Language language)
      : exprs_(exprs), language_(language) {}

  PlainClause Say(ExprId id, bool holds) const {
    const Expr& e = exprs_[id];
    switch (e.kind) {
      case ExprKind::kNot:
        return Say(e.args[0], !holds);
      case ExprKind::kAnd:
        return Group(kAll, id, holds);
      case ExprKind::kOr:
        return Group(kAny, id, holds);
      case ExprKind::kIf:
        return Choice(e, holds);
      default:
        return {SayOne(e, id, holds), {}};
    }
  }

 private:
  // Terms joined by one operator are one list. A term of what does not hold is
  // named as if it did: the sentence above denies it.
  void AddTerms(ExprId id, ExprKind kind, PlainClause* clause) const {
    const Expr& e = exprs_[id];
    if (e.kind != kind) {
      clause->parts.push_back(Say(id, true));
      return;
    }
    for (const ExprId arg : e.args) AddTerms(arg, kind, clause);
  }

  PlainClause Group(const Sentence& sentence, ExprId id, bool holds) const {
    PlainClause clause{Words(sentence, holds), {}};
    AddTerms(id, exprs_[id].kind, &clause);
    return clause;
  }

  PlainClause Choice(const Expr& e, bool holds) const {
    PlainClause clause{Words(kDepends, holds), {}};
    const Said* leads[] = {&kIf, &kThen, &kElse};
    for (size_t i = 0; i < 3; ++i) {
      clause.parts.push_back(
          {Fill(leads[i]->In(language_), ""), {Say(e.args[i], true)}});
    }
    return clause;
  }

  std::vector<PlainPiece> Words(const Sentence& sentence, bool holds,
                                const std::string& a = "",
                                const std::string& b = "") const {
    return Fill((holds ? sentence.yes : sentence.no).In(language_), a, b);
  }

  std::string Written(ExprId id) const {
    const auto text = ExprToText(exprs_, id);
    return text.ok() ? *text : "?";
  }

  // An enumerated value by its id, a list without its brackets.
  std::string Operand(ExprId id) const {
    const Expr& e = exprs_[id];
    if (e.kind == ExprKind::kEntity && !e.text2.empty()) return e.text2;
    if (e.kind != ExprKind::kSet || e.args.empty()) return Written(id);
    return absl::StrJoin(e.args, ", ", [this](std::string* out, ExprId arg) {
      out->append(Operand(arg));
    });
  }

  bool IsTime(ExprId id) const {
    const Expr& e = exprs_[id];
    if (e.kind == ExprKind::kGetAttr && e.text == "now") return true;
    if (e.kind == ExprKind::kCall &&
        (e.text == "datetime" || e.text == "offset" || e.text == "toDate")) {
      return true;
    }
    return false;
  }

  std::vector<PlainPiece> SayOne(const Expr& e, ExprId id, bool holds) const {
    const auto both = [&](const Sentence& sentence, bool yes) {
      return Words(sentence, yes, Operand(e.args[0]), Operand(e.args[1]));
    };
    const bool time = e.args.size() == 2 && !e.method &&
                      (IsTime(e.args[0]) || IsTime(e.args[1]));
    switch (e.kind) {
      case ExprKind::kBool:
        return Words(kConstant, (e.number != 0) == holds);
      case ExprKind::kGetAttr:
        return Words(kTrue, holds, Written(id));
      case ExprKind::kEqual:
        return both(kEqual, holds);
      case ExprKind::kNotEqual:
        return both(kEqual, !holds);
      case ExprKind::kHas:
        return Words(
            kStated, holds,
            absl::StrCat(Written(e.args[0]), ".", absl::StrJoin(e.path, ".")));
      case ExprKind::kLess:
        return both(time ? kBefore : kLess, holds);
      case ExprKind::kGreaterEqual:
        return both(time ? kBefore : kLess, !holds);
      case ExprKind::kGreater:
        return both(time ? kAfter : kGreater, holds);
      case ExprKind::kLessEqual:
        return both(time ? kAfter : kGreater, !holds);
      case ExprKind::kContains:
        if (exprs_[e.args[0]].kind == ExprKind::kSet) {
          return Words(kOneOf, holds, Operand(e.args[1]), Operand(e.args[0]));
        }
        return both(kHolds, holds);
      case ExprKind::kContainsAll:
        return both(kHoldsAll, holds);
      case ExprKind::kContainsAny:
        return both(kHoldsAny, holds);
      case ExprKind::kIsEmpty:
        return Words(kEmpty, holds, Operand(e.args[0]));
      case ExprKind::kIn:
        return both(kBelongs, holds);
      case ExprKind::kIs:
        return Words(kOfType, holds, Operand(e.args[0]), e.text);
      default:
        return Words(kOther, holds, Written(id));
    }
  }

  const ExprPool& exprs_;
  const v1::Language language_;
};

// That a principal or a resource is what the scope asks for.
void AddConstraint(const char* variable, const ScopeConstraint& constraint,
                   v1::Language language, PlainClause* clause) {
  using Kind = ScopeConstraint::Kind;
  const auto add = [&](const Sentence& sentence, const std::string& what) {
    clause->parts.push_back(
        {Fill(sentence.yes.In(language), variable, what), {}});
  };
  const Kind kind = constraint.kind;
  if (kind == Kind::kIs || kind == Kind::kIsIn) add(kOfType, constraint.type);
  if (kind == Kind::kEqual) add(kEqual, ToString(constraint.entity));
  if (kind == Kind::kIn || kind == Kind::kIsIn) {
    add(kBelongs, ToString(constraint.entity));
  }
}

void AppendLine(const PlainClause& clause, std::string* text) {
  for (const PlainPiece& piece : clause.line) {
    absl::StrAppend(text, piece.code ? "`" : "", piece.text,
                    piece.code ? "`" : "");
  }
  if (clause.parts.empty()) return;
  text->append(" (");
  for (size_t i = 0; i < clause.parts.size(); ++i) {
    if (i != 0) text->append("; ");
    AppendLine(clause.parts[i], text);
  }
  text->append(")");
}

}  // namespace

PlainClause PlainScope(const Policy& policy, v1::Language language) {
  PlainClause clause;
  if (policy.action.kind == ActionConstraint::Kind::kAny) {
    clause.line = Fill(kAnyAct.In(language), "");
  } else {
    clause.line = Fill(kActs.In(language),
                       absl::StrJoin(policy.action.entities, ", ",
                                     [](std::string* out, const EntityUid& e) {
                                       out->append(e.id);
                                     }));
  }
  AddConstraint("principal", policy.principal, language, &clause);
  AddConstraint("resource", policy.resource, language, &clause);
  return clause;
}

std::vector<PlainClause> PlainConditions(const Policy& policy,
                                         v1::Language language) {
  const Speaker speaker(policy.exprs, language);
  std::vector<PlainClause> clauses;
  for (const Condition& condition : policy.conditions) {
    PlainClause clause = speaker.Say(condition.body, !condition.unless);
    // What one `when` joins by `&&` are conditions of their own.
    const bool list = !condition.unless &&
                      policy.exprs[condition.body].kind == ExprKind::kAnd;
    if (!list) {
      clauses.push_back(std::move(clause));
      continue;
    }
    for (PlainClause& part : clause.parts) clauses.push_back(std::move(part));
  }
  return clauses;
}

PlainClause PlainExpression(const ExprPool& exprs, ExprId id, bool holds,
                            v1::Language language) {
  return Speaker(exprs, language).Say(id, holds);
}

std::string OneLine(const PlainClause& clause) {
  std::string text;
  AppendLine(clause, &text);
  return text;
}

}  // namespace tarazy
