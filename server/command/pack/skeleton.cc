#include "server/command/pack/skeleton.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "policy/pack/calendar.h"

namespace tarazy {
namespace {

// {NAME}, {DATE} (the first day) and {YEAR} (its year) are replaced.
struct Template {
  const char* name;
  const char* text;
};

constexpr Template kTemplates[] = {
    {"pack.yaml", R"(# What this pack is and when it is in force.
# policy/pack/README.md documents every key.
id: "{NAME}"
edition: "{NAME}"
# The next one with each change that is handed out; servers take no lower one.
version: 1
title:
  kk: Жаңа құқық пакеті
  ru: Новый пакет права
  en: A new pack of law
schema: schema.cedarschema
# In force from 00:00 in Almaty of this day. Instead, `published_on` and
# `commencement` count days from publication; `valid_to` would end it.
valid_from: {DATE}
objection_term:
  days: 3
  counted_in: calendar_days
# An ambiguous text: its question, what is taken and what else it could mean go
# under `readings`, never into a policy alone.
)"},
    {"schema.cedarschema",
     R"(// The facts that the policies may read. Paths are those that requests carry:
// policy/law/seed-bill/schema.cedarschema has all of them, to take over from.
//
// A required attribute that a request does not state is a missing fact: the
// policy that reads it denies, and the answer names it.

// Who answers for the act; the id is the BIN.
entity Operator;
// Whose data it is about; the id is the subject's pseudonym.
entity PersonalData;

type Purpose = {
  specific: Bool,
};

action dataCollection appliesTo {
  principal: Operator,
  resource: PersonalData,
  context: {
    now: datetime,
    purpose: Purpose,
  },
};
)"},
    {"norms.yaml",
     R"(# Every norm that the pack carries out, by act, article and paragraph. Each
# policy names one (@norm), and `tarazy pack coverage` fails for a norm that
# nothing carries out.

# Short names, by the first part of a norm's id.
acts:
  law:
    kk: Мысал заң
    ru: Закон-пример
    en: Example law

norms:
  - id: law/1/1
    citation: 1(1)
    # prohibition, permission, obligation, definition, repeal, reference,
    # commencement or base.
    form: permission
    # In your own words, one or two sentences that an answer can carry.
    summary:
      kk: Дербес деректер алдын ала белгіленген нақты мақсат үшін ғана жиналады.
      ru: Персональные данные собираются только для заранее определённой конкретной цели.
      en: Personal data are collected only for a specific purpose that was set beforehand.
)"},
    {"decision/first.cedar",
     R"(// One norm, one clause, one policy. A permit holds all that its norm asks for;
// what no policy permits is denied.
//
// Next: a prohibition is a `forbid` with a @reason of its own that says which
// clause failed; its exceptions stand in `unless`.

@id("collection.specific-purpose")
@norm("law/1/1")
@reason("SPECIFIC_PURPOSE")
permit (principal, action == Action::"dataCollection", resource)
when { context.purpose.specific };
)"},
    {"obligations.yaml",
     R"(# The duties that decisions carry: id, norm, addressee, text in three
# languages, and when they are due.
obligations: []
)"},
    {"obligations/first.cedar",
     R"(// Policies that say when a duty applies: `permit` with @id, @norm and
// @obligation, evaluated after each decision. There is none yet.
)"},
    {"calendar.yaml",
     R"(# Days off besides Saturdays and Sundays, and days worked in their place. Fill
# them in before a limit counts working days; what lies out of the span is
# refused.
version: "{NAME}.1"
first: {YEAR}-01-01
last: {YEAR}-12-31
days_off: []
days_worked: []
)"},
    {"scenarios/first.yaml",
     R"(# Requests with the answer that the law gives: both sides of every boundary,
# and what happens where a fact is not stated. `tarazy pack explain` says why an
# answer is what it is.
defaults:
  clock: {DATE}T10:00:00+05:00
  request:
    operator: {bin: "050140000021", kind: PRIVATE_ENTITY, role: OPERATOR}
    purpose: {specific: true}
    operation: {data_collection: {}}

scenarios:
  - id: "1"
    title: The purpose is specific
    expect: {effect: PERMIT, outcome: PERMITTED, reasons: [SPECIFIC_PURPOSE]}

  - id: "1-not-specific"
    title: The purpose is not specific
    request: {purpose: {specific: false}}
    expect: {effect: DENY, outcome: NOT_PERMITTED, reasons: [NOT_PERMITTED]}

  - id: "1-not-stated"
    title: Nothing is stated of the purpose
    request: {purpose: {specific: ~}}
    expect: {effect: DENY, outcome: INDETERMINATE, norms: [law/1/1], missing: [context.purpose.specific]}
)"},
};

}  // namespace

std::vector<SkeletonFile> PackSkeleton(absl::string_view name,
                                       int64_t valid_from) {
  const std::string date = FormatDay(valid_from);
  std::vector<SkeletonFile> files;
  for (const Template& file : kTemplates) {
    files.push_back(
        {file.name,
         absl::StrReplaceAll(file.text, {{"{NAME}", name},
                                         {"{DATE}", date},
                                         {"{YEAR}", date.substr(0, 4)}})});
  }
  return files;
}

}  // namespace tarazy
