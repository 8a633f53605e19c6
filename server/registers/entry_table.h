// The entries of all subjects in memory.
//
// A subject's entries are one immutable value. A write copies it, changes the
// copy and puts it in the place of the old one, so a reader holds what it read
// for as long as it likes and never waits for a writer's work: it locks one of
// many shards for the time of copying a pointer.
//
// Thread-safety: Find and FindById from any thread; Load and Put by one thread
// at a time, and Load before all others.

#ifndef TARAZY_SERVER_REGISTERS_ENTRY_TABLE_H_
#define TARAZY_SERVER_REGISTERS_ENTRY_TABLE_H_

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/registers/pseudonym.h"
#include "server/registers/registers.h"
#include "tarazy/v1/registers.pb.h"

namespace tarazy {

ConsentEntry MakeEntry(v1::Consent consent);
ObjectionEntry MakeEntry(v1::Objection objection);

// The entry with this id, or null. `entries` may be null.
const ConsentEntry* FindConsent(const SubjectEntries* entries,
                                absl::string_view id);
const ObjectionEntry* FindObjection(const SubjectEntries* entries,
                                    absl::string_view id);

// `Entry` is ConsentEntry or ObjectionEntry.
class EntryTable {
 public:
  // Adds the entry, or replaces the one with its id. Load changes the
  // subject's value in place.
  template <typename Entry>
  void Load(const Pseudonym& subject, Entry entry);
  template <typename Entry>
  void Put(const Pseudonym& subject, Entry entry);

  // Null when the subject has no entries.
  std::shared_ptr<const SubjectEntries> Find(const Pseudonym& subject) const;

  // The entries that hold the one with this id; null when there is none.
  template <typename Entry>
  std::shared_ptr<const SubjectEntries> FindById(absl::string_view id) const;

 private:
  using Index = absl::flat_hash_map<std::string, Pseudonym>;
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<Pseudonym, std::shared_ptr<SubjectEntries>> entries;
  };
  static constexpr size_t kShards = 64;

  // Pseudonyms are evenly spread: any byte will do.
  const Shard& ShardOf(const Pseudonym& subject) const {
    return shards_[subject.bytes[0] % kShards];
  }
  Shard& ShardOf(const Pseudonym& subject) {
    return shards_[subject.bytes[0] % kShards];
  }
  Index& IndexOf(const ConsentEntry*) { return consents_; }
  Index& IndexOf(const ObjectionEntry*) { return objections_; }
  const Index& IndexOf(const ConsentEntry*) const { return consents_; }
  const Index& IndexOf(const ObjectionEntry*) const { return objections_; }

  std::array<Shard, kShards> shards_;
  mutable std::mutex index_mutex_;
  Index consents_;
  Index objections_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_ENTRY_TABLE_H_
