#include "server/service/remedy.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "policy/cedar/policy_text.h"
#include "policy/cedar/schema.h"
#include "policy/eval/aggregate.h"
#include "policy/pack/calendar.h"
#include "policy/pack/readings.h"
#include "policy/program/dump.h"

namespace tarazy {
namespace {

constexpr int kMaxRounds = 16;
constexpr size_t kMaxEdits = 32;
constexpr int kImpossible = 1 << 20;

bool Joins(ExprKind kind) {
  return kind == ExprKind::kAnd || kind == ExprKind::kOr ||
         kind == ExprKind::kNot || kind == ExprKind::kIf;
}

// "context.consent.channel"; empty for anything but a path.
std::string PathOf(const ExprPool& exprs, ExprId id) {
  const Expr& e = exprs[id];
  if (e.kind == ExprKind::kVar) {
    switch (static_cast<Var>(e.number)) {
      case Var::kContext:
        return "context";
      case Var::kPrincipal:
        return "principal";
      default:
        return "";
    }
  }
  if (e.kind != ExprKind::kGetAttr) return "";
  const std::string base = PathOf(exprs, e.args[0]);
  return base.empty() ? "" : absl::StrCat(base, ".", e.text);
}

// How far off it is to change a fact from `given` to `needed`: to get consent
// is nearer than to find a law; to do what was left undone nearer than to do
// something else; to be somebody else is furthest.
int Weight(absl::string_view path, const Value& given, const Value& needed) {
  if (absl::StartsWith(path, "principal.")) return 24;
  if (path == "context.statutoryBasis") return 8;
  if (path == "context.mandate") return 6;
  if (path == "context.consent") return 4;
  if (absl::StartsWith(path, "context.statutoryBasis.") ||
      absl::StartsWith(path, "context.mandate.") ||
      absl::StartsWith(path, "context.consent.")) {
    return given.missing() ? 1 : 3;
  }
  if (given.missing()) return 2;
  const bool fulfils = needed.tag() == ValueTag::kBool && needed.as_bool();
  return fulfils ? 4 : 8;
}

enum class Truth : uint8_t { kFalse, kTrue, kError };

}  // namespace

absl::StatusOr<std::unique_ptr<const Remedies>> Remedies::Make(
    const Pack& pack) {
  std::unique_ptr<Remedies> made(new Remedies);
  made->policies_ = UnderReadings(pack.decision_policies(), pack.choice());
  absl::flat_hash_map<std::string, uint32_t> indexes;
  const auto& infos = pack.decision().policies();
  for (uint32_t i = 0; i < infos.size(); ++i) indexes.emplace(infos[i].id, i);

  PolicySet set;
  absl::flat_hash_map<std::string, int> known;  // clauses by their text
  const auto add = [&set](const Policy& from, std::string id) -> Policy& {
    set.policies.push_back(from);
    set.policies.back().id = std::move(id);
    return set.policies.back();
  };
  const size_t count = made->policies_.policies.size();
  for (size_t r = 0; r < count; ++r) {
    const Policy& policy = made->policies_.policies[r];
    Rule rule{&policy, indexes[policy.id], {}};
    rule.clauses.assign(policy.exprs.size(), -1);
    add(policy, absl::StrCat(r));
    std::vector<ExprId> open;
    for (const Condition& c : policy.conditions) open.push_back(c.body);
    while (!open.empty()) {
      const ExprId id = open.back();
      open.pop_back();
      if (Joins(policy.exprs[id].kind)) {
        open.insert(open.end(), policy.exprs[id].args.begin(),
                    policy.exprs[id].args.end());
        continue;
      }
      const auto text = ExprToText(policy.exprs, id);
      if (!text.ok()) return text.status();
      const int next = static_cast<int>(known.size());
      const auto [found, fresh] = known.emplace(*text, next);
      rule.clauses[id] = found->second;
      if (!fresh) continue;
      Policy& clause = add(policy, absl::StrCat(count + next));
      clause.effect = Effect::kPermit;
      clause.principal = ScopeConstraint();
      clause.action = ActionConstraint();
      clause.resource = ScopeConstraint();
      clause.conditions = {Condition{false, id, Span()}};
    }
    made->rules_.push_back(std::move(rule));
  }
  made->clause_count_ = known.size();
  for (size_t r = 0; r < count; ++r) {
    Policy& scope = add(made->policies_.policies[r],
                        absl::StrCat(count + made->clause_count_ + r));
    scope.effect = Effect::kPermit;
    scope.conditions.clear();
  }
  CompileOptions options;
  options.schema = &pack.schema();
  Diagnostics diagnostics;
  made->program_ = Program::Compile(set, options, &diagnostics);
  if (made->program_ == nullptr) {
    return absl::InternalError(FormatDiagnostics(diagnostics, {}));
  }
  for (const PolicyInfo& info : made->program_->policies()) {
    uint32_t number = 0;
    if (!absl::SimpleAtoi(info.id, &number))
      return absl::InternalError(info.id);
    made->meaning_.push_back(number);
  }
  auto resolved = ResolvedProgram::Resolve(*made->program_);
  if (!resolved.ok()) return resolved.status();
  made->resolved_ = *std::move(resolved);
  return std::unique_ptr<const Remedies>(std::move(made));
}

// One search.
class RemedySearch {
 public:
  RemedySearch(const Remedies& all, const Binding& binding)
      : all_(all), binding_(binding) {
    binding_.names = &all.resolved_->names();
    const auto& facts = all.program_->facts();
    for (uint32_t i = 0; i < facts.size(); ++i) {
      slots_[facts[i].ToString()].push_back(i);
    }
  }

  std::vector<Requirement> Run() {
    Edits best;
    int best_cost = kImpossible;
    Look({});
    const std::vector<bool> in_scope = in_scope_;
    for (uint32_t r = 0; r < all_.rules_.size(); ++r) {
      if (all_.rules_[r].policy->effect != Effect::kPermit || !in_scope[r]) {
        continue;
      }
      Edits edits;
      if (!Reach(r, &edits)) continue;
      Prune(&edits);
      int cost = 0;
      for (const auto& edit : edits) cost += edit.second.weight;
      if (cost >= best_cost) continue;
      best_cost = cost;
      best = std::move(edits);
    }
    std::vector<Requirement> found;
    for (const auto& [path, edit] : best) {
      const Value given = ReadBase(path);
      found.push_back(
          {path, FieldOf(path), edit.needed,
           given.missing() ? "" : FormatValue(given),
           all_.rules_[edit.rule].index,
           *ExprToText(all_.rules_[edit.rule].policy->exprs, edit.clause)});
    }
    return found;
  }

 private:
  struct Edit {
    Value value;  // kMissing: taken away
    std::string needed;
    int weight = 0;
    uint32_t rule = 0;
    ExprId clause = 0;
  };
  using Edits = std::map<std::string, Edit>;
  struct Turn {
    ExprId clause;
    bool want;
  };
  struct Way {
    int cost = kImpossible;
    std::vector<Turn> turns;
  };

  // The facts with the edits over them.
  class Facts final : public FactReader {
   public:
    Facts(const RemedySearch& search, const Edits& edits) {
      const auto& paths = search.all_.program_->facts();
      values_.resize(paths.size());
      for (uint32_t i = 0; i < paths.size(); ++i) {
        const auto edit = edits.find(paths[i].ToString());
        values_[i] = edit != edits.end()
                         ? edit->second.value
                         : search.all_.resolved_->Read(search.binding_, i);
      }
    }
    Value Read(uint32_t slot) override { return values_[slot]; }

   private:
    std::vector<Value> values_;
  };

  Value ReadBase(const std::string& path) const {
    const auto found = slots_.find(path);
    if (found == slots_.end()) return Value::Missing();
    return all_.resolved_->Read(binding_, found->second[0]);
  }
  Value Read(const std::string& path, const Edits& edits) const {
    const auto edit = edits.find(path);
    return edit != edits.end() ? edit->second.value : ReadBase(path);
  }
  std::string FieldOf(const std::string& path) const {
    const auto found = slots_.find(path);
    return found == slots_.end()
               ? ""
               : all_.resolved_->Field(binding_, found->second[0]);
  }

  // Evaluates with the edits. True: permit.
  bool Look(const Edits& edits) {
    const size_t rules = all_.rules_.size();
    truth_.assign(all_.clause_count_, Truth::kFalse);
    rule_.assign(rules, Truth::kFalse);
    in_scope_.assign(rules, false);
    Facts facts(*this, edits);
    ResolvedProgram::ScopeNames names;
    const ScopeRequest scope = all_.resolved_->Scope(*binding_.request, &names);
    Evaluate(*all_.program_, scope, &facts, &evaluation_);
    const auto mark = [&](uint32_t policy, Truth truth) {
      const uint32_t number = all_.meaning_[policy];
      if (number < rules) {
        rule_[number] = truth;
      } else if (number < rules + all_.clause_count_) {
        truth_[number - rules] = truth;
      } else {
        in_scope_[number - rules - all_.clause_count_] = true;
      }
    };
    for (uint32_t p : evaluation_.permits()) mark(p, Truth::kTrue);
    for (uint32_t p : evaluation_.forbids()) mark(p, Truth::kTrue);
    for (const PolicyError& e : evaluation_.errors()) {
      mark(e.policy, Truth::kError);
    }
    bool permitted = false;
    for (size_t r = 0; r < rules; ++r) {
      if (rule_[r] == Truth::kError) return false;
      if (rule_[r] != Truth::kTrue) continue;
      if (all_.rules_[r].policy->effect == Effect::kForbid) return false;
      permitted = true;
    }
    return permitted;
  }

  // Edits under which the policies permit, rule `target` among those that do.
  bool Reach(uint32_t target, Edits* edits) {
    for (int round = 0; round < kMaxRounds; ++round) {
      if (Look(*edits)) return true;
      const size_t before = edits->size();
      for (uint32_t r = 0; r < all_.rules_.size(); ++r) {
        const bool forbids = all_.rules_[r].policy->effect == Effect::kForbid;
        Way way;
        if (r == target) {
          if (rule_[r] == Truth::kTrue) continue;
          way = Satisfy(r, true, *edits);
        } else if (forbids && rule_[r] != Truth::kFalse) {
          way = Satisfy(r, false, *edits);
        } else if (!forbids && rule_[r] == Truth::kError) {
          way = std::min(
              Satisfy(r, true, *edits), Satisfy(r, false, *edits),
              [](const Way& a, const Way& b) { return a.cost < b.cost; });
        } else {
          continue;
        }
        if (way.cost >= kImpossible) return false;
        if (!Apply(r, way, edits)) return false;
        // What follows is another matter with these facts.
        if (edits->size() != before) break;
      }
      if (edits->size() == before || edits->size() > kMaxEdits) return false;
    }
    return false;
  }

  // False: a fact would have to be two things at once.
  bool Apply(uint32_t r, const Way& way, Edits* edits) {
    for (const Turn& turn : way.turns) {
      std::string path;
      auto edit = EditFor(r, turn, *edits, &path);
      if (!edit) return false;
      const auto known = edits->find(path);
      // A presence may be made a value, nothing else is changed again.
      if (known != edits->end() && known->second.needed != "present" &&
          !(known->second.value.tag() == ValueTag::kSet &&
            edit->value.tag() == ValueTag::kSet)) {
        if (known->second.needed == edit->needed) continue;
        return false;
      }
      if (known != edits->end() && edit->needed == "present") continue;
      edit->rule = r;
      edit->clause = turn.clause;
      (*edits)[path] = *std::move(edit);
    }
    return true;
  }

  // Leaves out what the permit does not need.
  void Prune(Edits* edits) {
    std::vector<std::string> paths;
    for (const auto& edit : *edits) paths.push_back(edit.first);
    for (const std::string& path : paths) {
      Edits fewer = *edits;
      fewer.erase(path);
      if (Look(fewer)) *edits = std::move(fewer);
    }
  }

  // The nearest way to make rule `r` satisfied, or not satisfied without an
  // error. Conditions are read in their order, as the language does.
  Way Satisfy(uint32_t r, bool want, const Edits& edits) {
    Way all;
    all.cost = 0;
    Way best;
    for (const Condition& c : all_.rules_[r].policy->conditions) {
      if (!want) {
        Way here = Need(r, c.body, c.unless, edits);
        Add(all, &here);
        if (here.cost < best.cost) best = std::move(here);
      }
      const Way step = Need(r, c.body, !c.unless, edits);
      if (step.cost >= kImpossible) return want ? step : best;
      Add(step, &all);
    }
    return want ? all : best;
  }

  static void Add(const Way& more, Way* way) {
    way->cost = std::min(kImpossible, way->cost + more.cost);
    way->turns.insert(way->turns.end(), more.turns.begin(), more.turns.end());
  }

  Truth TruthOf(const Remedies::Rule& rule, ExprId id) const {
    const Expr& e = rule.policy->exprs[id];
    if (!Joins(e.kind)) return truth_[rule.clauses[id]];
    const Truth first = TruthOf(rule, e.args[0]);
    if (first == Truth::kError) return first;
    switch (e.kind) {
      case ExprKind::kNot:
        return first == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
      case ExprKind::kAnd:
        return first == Truth::kFalse ? first : TruthOf(rule, e.args[1]);
      case ExprKind::kOr:
        return first == Truth::kTrue ? first : TruthOf(rule, e.args[1]);
      default:
        return TruthOf(rule, e.args[first == Truth::kTrue ? 1 : 2]);
    }
  }

  // The nearest way to make an expression come to `want`.
  Way Need(uint32_t r, ExprId id, bool want, const Edits& edits) {
    const Remedies::Rule& rule = all_.rules_[r];
    const Expr& e = rule.policy->exprs[id];
    Way way;
    if (TruthOf(rule, id) == (want ? Truth::kTrue : Truth::kFalse)) {
      way.cost = 0;
      return way;
    }
    const auto then = [&](bool first, ExprId second, bool wanted) {
      Way both = Need(r, e.args[0], first, edits);
      Add(Need(r, second, wanted, edits), &both);
      return both;
    };
    const auto nearer = [](Way a, Way b) {
      return b.cost < a.cost ? std::move(b) : std::move(a);
    };
    switch (e.kind) {
      case ExprKind::kNot:
        return Need(r, e.args[0], !want, edits);
      case ExprKind::kAnd:
        if (want) return then(true, e.args[1], true);
        return nearer(Need(r, e.args[0], false, edits),
                      then(true, e.args[1], false));
      case ExprKind::kOr:
        if (!want) return then(false, e.args[1], false);
        return nearer(Need(r, e.args[0], true, edits),
                      then(false, e.args[1], true));
      case ExprKind::kIf:
        return nearer(then(true, e.args[1], want),
                      then(false, e.args[2], want));
      default:
        break;
    }
    std::string path;
    const auto edit = EditFor(r, {id, want}, edits, &path);
    if (!edit) return way;
    way.cost = edit->weight;
    way.turns.push_back({id, want});
    return way;
  }

  // A literal, or the fact that a path names; kMissing for anything else.
  Value ValueOf(const ExprPool& exprs, ExprId id, const Edits& edits) const {
    const Expr& e = exprs[id];
    switch (e.kind) {
      case ExprKind::kBool:
        return Value::Bool(e.number != 0);
      case ExprKind::kString:
        return Value::String(e.text);
      case ExprKind::kEntity: {
        const EntityName* name = all_.program_->FindEntity(e.text, e.text2);
        return name == nullptr ? Value::Missing() : Value::Entity(name);
      }
      default:
        return Read(PathOf(exprs, id), edits);
    }
  }

  // Another value of the same enumeration, that none of `not_these` is.
  Value OtherThan(const std::string& path,
                  const std::vector<Value>& not_these) const {
    const Fact* fact =
        FindFact(path, binding_.request->operation().kind_case());
    if (fact == nullptr || fact->enumeration < 0) return Value::Missing();
    const auto& type = AllEnums()[static_cast<size_t>(fact->enumeration)];
    for (int i = 0; i < type.descriptor->value_count(); ++i) {
      const int number = type.descriptor->value(i)->number();
      if (number == 0) continue;
      const Value other =
          Value::Entity(binding_.names->Get(fact->enumeration, number));
      if (std::none_of(not_these.begin(), not_these.end(),
                       [&](const Value& v) { return EqualValues(v, other); })) {
        return other;
      }
    }
    return Value::Missing();
  }

  Value WithElement(const Value& set, const Value& element, bool with) const {
    std::vector<Value> kept;
    if (set.tag() == ValueTag::kSet) {
      for (const Value& v : set.as_set()) {
        if (!EqualValues(v, element)) kept.push_back(v);
      }
    }
    if (with) kept.push_back(element);
    Value* values = binding_.arena->Allocate<Value>(kept.size());
    std::copy(kept.begin(), kept.end(), values);
    return MakeSet(values, kept.size(), binding_.arena);
  }

  absl::optional<Edit> Make(const std::string& path, const Value& value,
                            std::string needed = "") const {
    if (value.missing() || slots_.count(path) == 0 || path == "context.now") {
      return absl::nullopt;
    }
    Edit edit;
    edit.value = value;
    edit.needed = needed.empty() ? FormatValue(value) : std::move(needed);
    edit.weight = Weight(path, ReadBase(path), value);
    return edit;
  }

  // The fact whose change turns a clause, and the change; nothing where this
  // search knows none.
  absl::optional<Edit> EditFor(uint32_t r, const Turn& turn, const Edits& edits,
                               std::string* path) const {
    const ExprPool& exprs = all_.rules_[r].policy->exprs;
    const Expr& e = exprs[turn.clause];
    const auto path_of = [&](size_t arg) {
      return *path = PathOf(exprs, e.args[arg]);
    };
    switch (e.kind) {
      case ExprKind::kGetAttr:
        *path = PathOf(exprs, turn.clause);
        return Make(*path, Value::Bool(turn.want));
      case ExprKind::kHas: {
        *path = absl::StrCat(path_of(0), ".", e.path[0]);
        if (e.path.size() != 1 || slots_.count(*path) == 0) break;
        if (turn.want) return Make(*path, Value::Bool(true), "present");
        Edit edit;
        edit.needed = "absent";
        edit.weight = Weight(*path, ReadBase(*path), edit.value);
        return edit;
      }
      case ExprKind::kEqual:
      case ExprKind::kNotEqual:
        return EqualEdit(exprs, e, turn, edits, path);
      case ExprKind::kLess:
      case ExprKind::kLessEqual:
      case ExprKind::kGreater:
      case ExprKind::kGreaterEqual:
        return OrderEdit(exprs, e, turn, edits, path);
      case ExprKind::kIsEmpty:
        if (!turn.want) break;
        return Make(path_of(0), MakeSet(nullptr, 0, binding_.arena));
      case ExprKind::kContains:
        return ContainsEdit(exprs, e, turn, edits, path);
      case ExprKind::kContainsAll: {
        const Value all = ValueOf(exprs, e.args[1], edits);
        if (!turn.want || all.tag() != ValueTag::kSet) break;
        return Make(path_of(0), all);
      }
      case ExprKind::kContainsAny:
        if (turn.want) break;
        return Make(path_of(0), MakeSet(nullptr, 0, binding_.arena));
      default:
        break;
    }
    return absl::nullopt;
  }

  absl::optional<Edit> EqualEdit(const ExprPool& exprs, const Expr& e,
                                 const Turn& turn, const Edits& edits,
                                 std::string* path) const {
    const bool equal = (e.kind == ExprKind::kEqual) == turn.want;
    for (size_t side = 0; side < 2; ++side) {
      *path = PathOf(exprs, e.args[side]);
      const Value other = ValueOf(exprs, e.args[1 - side], edits);
      if (path->empty() || slots_.count(*path) == 0 || other.missing()) {
        continue;
      }
      if (equal) return Make(*path, other);
      if (other.tag() == ValueTag::kString) {
        return Make(*path, Value::String("-"), "stated otherwise");
      }
      return Make(*path, OtherThan(*path, {other}));
    }
    return absl::nullopt;
  }

  absl::optional<Edit> ContainsEdit(const ExprPool& exprs, const Expr& e,
                                    const Turn& turn, const Edits& edits,
                                    std::string* path) const {
    const Expr& set = exprs[e.args[0]];
    if (set.kind == ExprKind::kSet) {
      // A fact among listed values.
      *path = PathOf(exprs, e.args[1]);
      std::vector<Value> listed;
      for (const ExprId arg : set.args) {
        listed.push_back(ValueOf(exprs, arg, edits));
      }
      if (path->empty() || listed.empty()) return absl::nullopt;
      return Make(*path, turn.want ? listed[0] : OtherThan(*path, listed));
    }
    *path = PathOf(exprs, e.args[0]);
    const Value element = ValueOf(exprs, e.args[1], edits);
    if (path->empty() || element.missing()) return absl::nullopt;
    return Make(*path, WithElement(Read(*path, edits), element, turn.want));
  }

  absl::optional<Edit> OrderEdit(const ExprPool& exprs, const Expr& e,
                                 const Turn& turn, const Edits& edits,
                                 std::string* path) const {
    for (size_t side = 0; side < 2; ++side) {
      *path = PathOf(exprs, e.args[side]);
      const Value other = ValueOf(exprs, e.args[1 - side], edits);
      if (*path == "context.now" || slots_.count(*path) == 0 ||
          other.tag() != ValueTag::kDatetime) {
        continue;
      }
      const bool less =
          e.kind == ExprKind::kLess || e.kind == ExprKind::kLessEqual;
      // Whether the fact has to be the earlier one.
      const bool earlier = (less == (side == 0)) == turn.want;
      const int64_t ms = other.as_number() + (earlier ? -1 : 1) * kDayMs;
      return Make(
          *path, Value::Datetime(ms),
          absl::StrCat(earlier ? "before " : "after ", FormatValue(other)));
    }
    return absl::nullopt;
  }

  const Remedies& all_;
  Binding binding_;
  Evaluation evaluation_;
  std::map<std::string, std::vector<uint32_t>> slots_;
  // What the last Look found.
  std::vector<Truth> truth_;  // of clauses
  std::vector<Truth> rule_;
  std::vector<bool> in_scope_;
};

std::vector<Requirement> Remedies::Find(const Binding& binding) const {
  return RemedySearch(*this, binding).Run();
}

}  // namespace tarazy
