// A small pack that is good and has one of everything.

#ifndef TARAZY_TESTS_POLICY_PACK_SMALL_PACK_H_
#define TARAZY_TESTS_POLICY_PACK_SMALL_PACK_H_

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace tarazy {

// Content by name inside the pack.
using PackFilesByName = std::map<std::string, std::string>;

inline PackFilesByName SmallPack() {
  PackFilesByName files;
  files["pack.yaml"] = R"(id: small
edition: small-1
title: {kk: Шағын, ru: Малый, en: Small}
schema: schema.cedarschema
published_on: 2025-11-18
commencement: {calendar_days_after_publication: 60}
valid_to: 2026-07-12
objection_term: {days: 3, counted_in: working_days}
readings:
  - id: one
    norms: [law/1]
    question: Which way?
    taken: This way.
    alternatives: [That way.]
)";
  files["schema.cedarschema"] = R"(entity Who;
entity What;
action act appliesTo {
  principal: Who,
  resource: What,
  context: { now: datetime, good: Bool, until: datetime, why?: String },
};
)";
  files["norms.yaml"] = R"(acts:
  law: {kk: Заң, ru: Закон, en: The law}
norms:
  - id: law/1
    citation: "1"
    form: prohibition
    source: here
    valid_from: 2026-01-18
    summary: {kk: Бір, ru: Один, en: One}
  - id: law/2
    citation: 2(1)
    form: definition
    facts: [context.good]
    summary: {kk: Екі, ru: Два, en: Two}
  - id: law/3
    citation: "3"
    form: reference
    decided_by: [law/1]
    summary: {kk: Үш, ru: Три, en: Three}
)";
  files["obligations.yaml"] = R"(obligations:
  - id: TELL
    norm: law/2
    addressee: OPERATOR
    due: {fact: context.until}
    text: {kk: Айт, ru: Скажи, en: Tell}
  - id: KEEP
    norm: law/2
    addressee: OWNER
    due: {days: 2}
    text: {kk: Сақта, ru: Храни, en: Keep}
)";
  files["decision/a.cedar"] = R"(@id("a.bad")
@norm("law/1")
@reason("BAD")
@retry_after("context.until")
forbid (principal, action == Action::"act", resource)
when { !context.good && context.now < context.until };

@id("a.good")
@norm("law/2")
@reason("GOOD")
permit (principal, action == Action::"act", resource)
when { context.good };
)";
  files["obligations/b.cedar"] = R"(@id("b.tell")
@norm("law/2")
@obligation("TELL")
@on("any")
@breach
permit (principal, action == Action::"act", resource)
when { context.now < context.until };

@id("b.keep")
@norm("law/2")
@obligation("KEEP")
permit (principal, action == Action::"act", resource);
)";
  files["calendar.yaml"] = R"(version: small-2026
first: 2026-01-01
last: 2026-12-31
days_off: [2026-03-09]
days_worked: [2026-03-14]
)";
  files["scenarios/s.yaml"] = "anything\n";
  files["README.md"] = "# Small\n";
  return files;
}

// Writes the files of a pack into `folder`, which is made.
inline void WritePack(const std::string& folder, const PackFilesByName& files) {
  std::filesystem::create_directories(folder);
  for (const auto& file : files) {
    const std::filesystem::path path =
        std::filesystem::path(folder) / file.first;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << file.second;
  }
}

}  // namespace tarazy

#endif  // TARAZY_TESTS_POLICY_PACK_SMALL_PACK_H_
