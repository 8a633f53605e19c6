// Small models are gone through whole and compared with a plain reading of the
// header's words.

#include "server/registers/selection.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tarazy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kBin[] = "000140000002";
constexpr char kOtherBin[] = "991240999016";
constexpr char kPurpose[] = "benefit.assign";
constexpr int64_t kNow = 1000;

ConsentEntry Consent(bool mine, bool named, int64_t withdrawn, int64_t from,
                     int64_t until, bool in_person, bool state_service) {
  ConsentEntry entry;
  entry.consent.set_operator_bin(mine ? kBin : kOtherBin);
  entry.consent.add_purposes("something.else");
  if (named) entry.consent.add_purposes(kPurpose);
  entry.consent.set_given_by(in_person ? v1::SUBJECT_IN_PERSON
                                       : v1::REPRESENTATIVE);
  entry.consent.set_channel(state_service ? v1::STATE_SERVICE : v1::WRITTEN);
  entry.withdrawn_ms = withdrawn;
  entry.valid_from_ms = from;
  entry.valid_until_ms = until;
  return entry;
}

// All kinds of consent, as far as selection tells them apart; with the times
// at their edges.
std::vector<ConsentEntry> AllConsents(bool edges) {
  const std::vector<int64_t> withdrawals =
      edges ? std::vector<int64_t>{kNow, kNow + 1, ConsentEntry::kNever}
            : std::vector<int64_t>{kNow, ConsentEntry::kNever};
  std::vector<std::pair<int64_t, int64_t>> terms = {{0, ConsentEntry::kNever},
                                                    {0, kNow}};
  if (edges) {
    terms.push_back({kNow, kNow + 1});
    terms.push_back({kNow + 1, ConsentEntry::kNever});
  }
  std::vector<ConsentEntry> all;
  for (int bits = 0; bits < 16; ++bits) {
    for (int64_t withdrawn : withdrawals) {
      for (const auto& term : terms) {
        all.push_back(Consent(bits & 1, bits & 2, withdrawn, term.first,
                              term.second, bits & 4, bits & 8));
      }
    }
  }
  return all;
}

std::vector<const ConsentEntry*> SlowConsents(const SubjectEntries& entries,
                                              size_t max_tried) {
  std::vector<const ConsentEntry*> mine;
  for (const ConsentEntry& entry : entries.consents) {
    if (entry.consent.operator_bin() == kBin) mine.push_back(&entry);
  }
  const auto key = [](const ConsentEntry* e) {
    const auto& purposes = e->consent.purposes();
    return std::make_tuple(
        std::count(purposes.begin(), purposes.end(), kPurpose) > 0,
        e->withdrawn_ms == ConsentEntry::kNever,
        e->valid_from_ms <= kNow && e->valid_until_ms > kNow,
        e->consent.given_by() == v1::SUBJECT_IN_PERSON,
        e->consent.channel() == v1::STATE_SERVICE, e);
  };
  std::sort(mine.begin(), mine.end(),
            [&](const ConsentEntry* a, const ConsentEntry* b) {
              return key(a) > key(b);
            });
  if (mine.size() > max_tried) mine.resize(max_tried);
  return mine;
}

void ExpectSlowAnswer(const SubjectEntries& entries) {
  for (size_t max_tried = 0; max_tried <= entries.consents.size();
       ++max_tried) {
    ConsentQuery query;
    query.operator_bin = kBin;
    query.purpose = kPurpose;
    query.at_ms = kNow;
    query.max_tried = max_tried;
    const ConsentsTried tried = SelectConsents(&entries, query);
    const std::vector<const ConsentEntry*> fast(tried.begin(), tried.end());
    ASSERT_EQ(fast, SlowConsents(entries, max_tried)) << max_tried;
  }
}

TEST(SelectConsents, AllPairs) {
  const std::vector<ConsentEntry> all = AllConsents(true);
  SubjectEntries entries;
  entries.consents.resize(2);
  for (const ConsentEntry& first : all) {
    entries.consents[0] = first;
    for (const ConsentEntry& second : all) {
      entries.consents[1] = second;
      ASSERT_NO_FATAL_FAILURE(ExpectSlowAnswer(entries));
    }
  }
}

TEST(SelectConsents, AllTriplesOfTheOperatorsOwn) {
  std::vector<ConsentEntry> all = AllConsents(false);
  all.erase(std::remove_if(all.begin(), all.end(),
                           [](const ConsentEntry& e) {
                             return e.consent.operator_bin() != kBin;
                           }),
            all.end());
  ASSERT_EQ(all.size(), 32u);
  SubjectEntries entries;
  entries.consents.resize(3);
  for (const ConsentEntry& first : all) {
    entries.consents[0] = first;
    for (const ConsentEntry& second : all) {
      entries.consents[1] = second;
      for (const ConsentEntry& third : all) {
        entries.consents[2] = third;
        ASSERT_NO_FATAL_FAILURE(ExpectSlowAnswer(entries));
      }
    }
  }
}

TEST(SelectConsents, NoEntriesNoConsents) {
  EXPECT_THAT(SelectConsents(nullptr, ConsentQuery()), IsEmpty());
}

TEST(SelectConsents, AGoodConsentIsNotCrowdedOut) {
  SubjectEntries entries;
  entries.consents.push_back(Consent(true, true, ConsentEntry::kNever, 0,
                                     ConsentEntry::kNever, true, true));
  for (int i = 0; i < 500; ++i) {
    entries.consents.push_back(
        Consent(true, true, kNow, 0, ConsentEntry::kNever, true, true));
  }
  ConsentQuery query;
  query.operator_bin = kBin;
  query.purpose = kPurpose;
  query.at_ms = kNow;
  const ConsentsTried tried = SelectConsents(&entries, query);
  ASSERT_EQ(tried.size(), 16u);
  EXPECT_EQ(tried[0], &entries.consents[0]);
  EXPECT_EQ(tried[1], &entries.consents[500]);
}

TEST(SelectConsents, APurposeMustBeNamedInFull) {
  SubjectEntries entries;
  entries.consents.push_back(Consent(true, true, ConsentEntry::kNever, 0,
                                     ConsentEntry::kNever, true, true));
  entries.consents.push_back(Consent(true, false, ConsentEntry::kNever, 0,
                                     ConsentEntry::kNever, true, true));
  ConsentQuery query;
  query.operator_bin = kBin;
  query.at_ms = kNow;
  for (const char* near :
       {"", "benefit", "benefit.assign.x", "Benefit.assign"}) {
    query.purpose = near;
    // Neither names it: the newest first.
    EXPECT_EQ(SelectConsents(&entries, query)[0], &entries.consents[1]);
  }
}

ObjectionEntry Objection(bool mine, bool this_processing, int state) {
  ObjectionEntry entry;
  v1::Objection& objection = entry.objection;
  objection.set_operator_bin(mine ? kBin : kOtherBin);
  objection.set_processing_id(this_processing ? "p" : "q");
  objection.set_status(v1::Objection::DECIDED);
  entry.due_ms = 5;
  switch (state) {
    case 0:
      objection.set_status(v1::Objection::PENDING);
      entry.due_ms = 10;
      break;
    case 1:
      objection.set_status(v1::Objection::PENDING);
      entry.due_ms = 20;
      break;
    case 2:
      objection.set_result(v1::Objection::UPHELD);
      break;
    case 3:
      objection.set_result(v1::Objection::REJECTED);
      break;
    case 4:
      objection.set_result(v1::Objection::REJECTED);
      objection.mutable_notified_at()->set_seconds(1);
      break;
    case 5:
      // Decided, nobody knows how: taken as undecided.
      entry.due_ms = 30;
      break;
    default:
      ADD_FAILURE();
  }
  return entry;
}
constexpr int kStates = 6;

void ExpectSummary(const SubjectEntries& entries, bool any_processing) {
  ObjectionSummary slow;
  for (const ObjectionEntry& entry : entries.objections) {
    const v1::Objection& o = entry.objection;
    if (o.operator_bin() != kBin) continue;
    if (!any_processing && o.processing_id() != "p") continue;
    slow.found.push_back(&entry);
    if (o.status() == v1::Objection::PENDING ||
        o.result() == v1::Objection::RESULT_UNSPECIFIED) {
      slow.undecided = true;
      slow.due_ms = std::min(slow.due_ms, entry.due_ms);
    } else if (o.result() == v1::Objection::UPHELD) {
      slow.upheld = true;
    } else if (!o.has_notified_at()) {
      slow.rejected_not_notified = true;
    }
  }
  const ObjectionSummary fast =
      SummariseObjections(&entries, kBin, any_processing ? "" : "p");
  ASSERT_EQ(fast.undecided, slow.undecided);
  ASSERT_EQ(fast.due_ms, slow.due_ms);
  ASSERT_EQ(fast.upheld, slow.upheld);
  ASSERT_EQ(fast.rejected_not_notified, slow.rejected_not_notified);
  ASSERT_THAT(fast.found, testing::UnorderedElementsAreArray(slow.found));
}

TEST(SummariseObjections, AllTriples) {
  std::vector<ObjectionEntry> all;
  for (int bits = 0; bits < 4; ++bits) {
    for (int state = 0; state < kStates; ++state) {
      all.push_back(Objection(bits & 1, bits & 2, state));
    }
  }
  SubjectEntries entries;
  entries.objections.resize(3);
  for (const ObjectionEntry& first : all) {
    entries.objections[0] = first;
    for (const ObjectionEntry& second : all) {
      entries.objections[1] = second;
      for (const ObjectionEntry& third : all) {
        entries.objections[2] = third;
        ASSERT_NO_FATAL_FAILURE(ExpectSummary(entries, false));
        ASSERT_NO_FATAL_FAILURE(ExpectSummary(entries, true));
      }
    }
  }
}

TEST(SummariseObjections, WhatWeighsMostIsKept) {
  SubjectEntries entries;
  // 20 DECIDED and told of, then one of each other kind.
  for (int i = 0; i < 20; ++i) {
    entries.objections.push_back(Objection(true, true, 4));
  }
  for (int state : {3, 2, 1, 0}) {
    entries.objections.push_back(Objection(true, true, state));
  }
  const ObjectionSummary summary = SummariseObjections(&entries, kBin, "p");
  const ObjectionEntry* const base = entries.objections.data();
  EXPECT_THAT(summary.found,
              ElementsAre(base + 23, base + 22, base + 21, base + 20, base + 19,
                          base + 18, base + 17, base + 16));
  EXPECT_TRUE(summary.undecided);
  EXPECT_EQ(summary.due_ms, 10);
  EXPECT_TRUE(summary.upheld);
  EXPECT_TRUE(summary.rejected_not_notified);
}

TEST(SummariseObjections, NoEntriesNoObjections) {
  const ObjectionSummary summary = SummariseObjections(nullptr, kBin, "p");
  EXPECT_FALSE(summary.undecided);
  EXPECT_FALSE(summary.upheld);
  EXPECT_FALSE(summary.rejected_not_notified);
  EXPECT_THAT(summary.found, IsEmpty());
}

}  // namespace
}  // namespace tarazy
