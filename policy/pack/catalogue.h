// The catalogues of a pack, norms.yaml and obligations.yaml, and its manifest,
// pack.yaml, as they stand in the files. policy/pack/README.md documents the
// keys.
//
// Failures: each function reports every error of its file as a diagnostic and
// returns what could be read; the caller looks at the diagnostics.
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_PACK_CATALOGUE_H_
#define TARAZY_POLICY_PACK_CATALOGUE_H_

#include <memory>
#include <string>
#include <vector>

#include "policy/cedar/diagnostic.h"
#include "policy/cedar/source.h"
#include "policy/pack/calendar.h"
#include "policy/pack/pack.h"

namespace tarazy {

// An entry and where its id stands.
template <typename T>
struct Placed {
  T value;
  const Source* source;
  Span span;
};

struct Manifest {
  std::string id;
  std::string edition;
  int version = 0;  // 0: none is stated
  Texts title;
  // The pack beside this one that it is written as changes of; empty: none.
  std::string base;
  // What of the base does not stand any more: ids.
  std::vector<Placed<std::string>> without_policies;
  std::vector<Placed<std::string>> without_norms;
  std::vector<Placed<std::string>> without_obligations;
  std::vector<Placed<std::string>> without_readings;
  std::string schema;  // file name; empty: the base's
  int64_t valid_from_ms = 0;
  int64_t valid_to_ms = INT64_MAX;
  ObjectionTerm objection_term;
  std::vector<Placed<Reading>> readings;
};

Manifest ReadManifest(const Source& source, Diagnostics* diagnostics);

std::vector<Placed<Norm>> ReadNorms(const Source& source,
                                    Diagnostics* diagnostics);

std::vector<Placed<ObligationDef>> ReadObligations(const Source& source,
                                                   Diagnostics* diagnostics);

// The calendar of days off, calendar.yaml. Null, with the reasons in
// `diagnostics`, when anything is wrong.
std::shared_ptr<const WorkingDays> ReadCalendar(const Source& source,
                                                Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_CATALOGUE_H_
