#include "policy/pack/readings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/suggest.h"

namespace tarazy {
namespace {

bool IsContext(const ExprPool& exprs, ExprId id) {
  return exprs[id].kind == ExprKind::kVar &&
         exprs[id].number == static_cast<int64_t>(Var::kContext);
}

// `context.reading`
bool IsReadings(const ExprPool& exprs, ExprId id) {
  const Expr& e = exprs[id];
  return e.kind == ExprKind::kGetAttr && e.text == "reading" &&
         IsContext(exprs, e.args[0]);
}

// `context.reading["…"]`
bool IsReading(const ExprPool& exprs, ExprId id) {
  const Expr& e = exprs[id];
  return e.kind == ExprKind::kGetAttr && IsReadings(exprs, e.args[0]);
}

// A comparison of a reading with a text, and the two.
struct Comparison {
  const Expr* reading = nullptr;
  const Expr* alternative = nullptr;
};

Comparison FindComparison(const ExprPool& exprs, const Expr& e) {
  Comparison found;
  if (e.kind != ExprKind::kEqual && e.kind != ExprKind::kNotEqual) return found;
  for (int side = 0; side < 2; ++side) {
    if (IsReading(exprs, e.args[side]) &&
        exprs[e.args[1 - side]].kind == ExprKind::kString) {
      found.reading = &exprs[e.args[side]];
      found.alternative = &exprs[e.args[1 - side]];
    }
  }
  return found;
}

const Reading* Find(const std::vector<Reading>& readings,
                    const std::string& id) {
  const auto found =
      std::find_if(readings.begin(), readings.end(),
                   [&](const Reading& reading) { return reading.id == id; });
  return found == readings.end() ? nullptr : &*found;
}

std::vector<absl::string_view> KnownReadings(
    const std::vector<Reading>& readings) {
  std::vector<absl::string_view> ids;
  for (const Reading& reading : readings) ids.push_back(reading.id);
  return ids;
}

// Those that can be chosen.
std::vector<absl::string_view> KnownAlternatives(const Reading& reading) {
  std::vector<absl::string_view> ids = {kDefaultReading};
  for (const ReadingAlternative& alternative : reading.alternatives) {
    if (!alternative.id.empty()) ids.push_back(alternative.id);
  }
  return ids;
}

bool Knows(const Reading& reading, absl::string_view alternative) {
  const auto known = KnownAlternatives(reading);
  return std::find(known.begin(), known.end(), alternative) != known.end();
}

class UseChecker {
 public:
  UseChecker(const Policy& policy, const std::vector<Reading>& readings,
             std::vector<std::string>* used, Diagnostics* diagnostics)
      : policy_(policy),
        readings_(readings),
        used_(used),
        diagnostics_(diagnostics) {}

  void Check() {
    const ExprPool& exprs = policy_.exprs;
    std::vector<bool> compared(exprs.size());
    std::vector<bool> named(exprs.size());
    for (const Expr& e : exprs) {
      const Comparison found = FindComparison(exprs, e);
      if (found.reading != nullptr) {
        compared[static_cast<size_t>(found.reading - exprs.data())] = true;
        CheckComparison(found);
      }
      if (e.kind == ExprKind::kGetAttr && IsReadings(exprs, e.args[0])) {
        named[e.args[0]] = true;
      }
    }
    for (ExprId i = 0; i < exprs.size(); ++i) {
      const bool asked = exprs[i].kind == ExprKind::kHas &&
                         IsContext(exprs, exprs[i].args[0]) &&
                         exprs[i].path[0] == "reading";
      if ((IsReading(exprs, i) && !compared[i]) ||
          (IsReadings(exprs, i) && !named[i]) || asked) {
        Error(exprs[i].span, "bad-reading-use",
              "a reading is used otherwise than compared with an alternative",
              "write `context.reading[\"ID\"] == \"ALTERNATIVE\"`, or `!=`");
      }
    }
  }

 private:
  void Error(const Span& span, absl::string_view code, std::string message,
             std::string help) {
    diagnostics_->push_back({Severity::kError, absl::StrCat("pack/", code),
                             policy_.source, span, std::move(message),
                             std::move(help)});
  }

  void CheckComparison(const Comparison& found) {
    const std::string& id = found.reading->text;
    const std::string& alternative = found.alternative->text;
    const Reading* reading = Find(readings_, id);
    if (reading == nullptr) {
      Error(found.reading->span, "unknown-reading",
            absl::StrCat("the pack has no reading `", id, "`"),
            DidYouMean(id, KnownReadings(readings_)));
    } else if (!Knows(*reading, alternative)) {
      Error(found.alternative->span, "unknown-alternative",
            absl::StrCat("reading `", id, "` has no alternative `", alternative,
                         "`"),
            DidYouMean(alternative, KnownAlternatives(*reading)));
    } else {
      used_->push_back(absl::StrCat(id, "=", alternative));
    }
  }

  const Policy& policy_;
  const std::vector<Reading>& readings_;
  std::vector<std::string>* const used_;
  Diagnostics* const diagnostics_;
};

// Replaces comparisons in a policy and folds what follows from them. Children
// stand before their parents, so that one pass does.
class Folder {
 public:
  Folder(Policy* policy, const ReadingChoice& choice)
      : policy_(policy),
        exprs_(policy->exprs),
        choice_(choice),
        known_(policy->exprs.size(), Truth::kUnknown),
        same_as_(policy->exprs.size()) {}

  // False: the policy can't be satisfied.
  bool Fold() {
    for (ExprId i = 0; i < exprs_.size(); ++i) {
      same_as_[i] = i;
      const Comparison found = FindComparison(exprs_, exprs_[i]);
      if (found.reading != nullptr) {
        const auto chosen = choice_.find(found.reading->text);
        const bool equal =
            found.alternative->text ==
            (chosen == choice_.end() ? kDefaultReading : chosen->second);
        Set(i, equal == (exprs_[i].kind == ExprKind::kEqual));
        continue;
      }
      for (ExprId& arg : exprs_[i].args) arg = same_as_[arg];
      FoldOne(i);
    }
    std::vector<Condition> left;
    for (Condition condition : policy_->conditions) {
      condition.body = same_as_[condition.body];
      const Truth truth = known_[condition.body];
      if (truth == Truth::kUnknown) {
        left.push_back(condition);
      } else if ((truth == Truth::kTrue) == condition.unless) {
        return false;
      }
    }
    policy_->conditions = std::move(left);
    return true;
  }

 private:
  enum class Truth : uint8_t { kUnknown, kTrue, kFalse };

  void Set(ExprId i, bool value) {
    known_[i] = value ? Truth::kTrue : Truth::kFalse;
    Expr folded;
    folded.kind = ExprKind::kBool;
    folded.number = value ? 1 : 0;
    folded.span = exprs_[i].span;
    exprs_[i] = std::move(folded);
  }

  // The operands that are left out are those that Cedar would not look at, and
  // a `true` beside `&&` or `false` beside `||`, which change nothing.
  void FoldOne(ExprId i) {
    const Expr& e = exprs_[i];
    const auto truth = [&](size_t arg) { return known_[e.args[arg]]; };
    if (e.kind == ExprKind::kNot && truth(0) != Truth::kUnknown) {
      Set(i, truth(0) == Truth::kFalse);
    } else if (e.kind == ExprKind::kAnd || e.kind == ExprKind::kOr) {
      const Truth neutral =
          e.kind == ExprKind::kAnd ? Truth::kTrue : Truth::kFalse;
      if (truth(0) == neutral) {
        same_as_[i] = e.args[1];
      } else if (truth(0) != Truth::kUnknown) {
        Set(i, neutral == Truth::kFalse);
      } else if (truth(1) == neutral) {
        same_as_[i] = e.args[0];
      }
    } else if (e.kind == ExprKind::kIf && truth(0) != Truth::kUnknown) {
      same_as_[i] = e.args[truth(0) == Truth::kTrue ? 1 : 2];
    }
  }

  Policy* const policy_;
  ExprPool& exprs_;
  const ReadingChoice& choice_;
  std::vector<Truth> known_;
  std::vector<ExprId> same_as_;
};

}  // namespace

void CheckReadingUses(const PolicySet& policies,
                      const std::vector<Reading>& readings,
                      std::vector<std::string>* used,
                      Diagnostics* diagnostics) {
  for (const Policy& policy : policies.policies) {
    UseChecker(policy, readings, used, diagnostics).Check();
  }
}

PolicySet UnderReadings(const PolicySet& policies,
                        const ReadingChoice& choice) {
  PolicySet folded;
  for (const Policy& policy : policies.policies) {
    Policy copy = policy;
    if (Folder(&copy, choice).Fold()) {
      folded.policies.push_back(std::move(copy));
    }
  }
  return folded;
}

absl::Status CheckChoice(const Pack& pack, const ReadingChoice& choice) {
  for (const auto& [id, alternative] : choice) {
    const Reading* reading = Find(pack.readings(), id);
    if (reading == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "pack `", pack.id(), "` has no reading `", id,
          "`; known: ", absl::StrJoin(KnownReadings(pack.readings()), ", ")));
    }
    if (!Knows(*reading, alternative)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "reading `", id, "` of pack `", pack.id(), "` has no alternative `",
          alternative, "` that can be chosen; known: ",
          absl::StrJoin(KnownAlternatives(*reading), ", ")));
    }
  }
  return absl::OkStatus();
}

}  // namespace tarazy
