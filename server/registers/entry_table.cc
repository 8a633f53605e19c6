#include "server/registers/entry_table.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tarazy {
namespace {

int64_t Ms(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() * 1000 + timestamp.nanos() / 1000000;
}

const std::string& IdOf(const ConsentEntry& entry) {
  return entry.consent.id();
}
const std::string& IdOf(const ObjectionEntry& entry) {
  return entry.objection.id();
}

std::vector<ConsentEntry>& ListOf(SubjectEntries* entries,
                                  const ConsentEntry*) {
  return entries->consents;
}
std::vector<ObjectionEntry>& ListOf(SubjectEntries* entries,
                                    const ObjectionEntry*) {
  return entries->objections;
}

template <typename Entry>
const Entry* FindIn(const std::vector<Entry>& list, absl::string_view id) {
  const auto found =
      std::find_if(list.begin(), list.end(),
                   [id](const Entry& entry) { return IdOf(entry) == id; });
  return found == list.end() ? nullptr : &*found;
}

template <typename Entry>
void AddOrReplace(Entry entry, std::vector<Entry>* list) {
  const Entry* found = FindIn(*list, IdOf(entry));
  if (found == nullptr) {
    list->push_back(std::move(entry));
  } else {
    (*list)[static_cast<size_t>(found - list->data())] = std::move(entry);
  }
}

}  // namespace

ConsentEntry MakeEntry(v1::Consent consent) {
  ConsentEntry entry;
  if (consent.validity().has_from()) {
    entry.valid_from_ms = Ms(consent.validity().from());
  }
  if (consent.validity().has_until()) {
    entry.valid_until_ms = Ms(consent.validity().until());
  }
  if (consent.has_withdrawn_at()) {
    entry.withdrawn_ms = Ms(consent.withdrawn_at());
  }
  entry.withdrawal_barred = !consent.withdrawal_barred_reason().empty();
  entry.consent = std::move(consent);
  return entry;
}

ObjectionEntry MakeEntry(v1::Objection objection) {
  ObjectionEntry entry;
  entry.received_ms = Ms(objection.received_at());
  entry.due_ms = Ms(objection.due());
  entry.objection = std::move(objection);
  return entry;
}

const ConsentEntry* FindConsent(const SubjectEntries* entries,
                                absl::string_view id) {
  return entries == nullptr ? nullptr : FindIn(entries->consents, id);
}

const ObjectionEntry* FindObjection(const SubjectEntries* entries,
                                    absl::string_view id) {
  return entries == nullptr ? nullptr : FindIn(entries->objections, id);
}

template <typename Entry>
void EntryTable::Load(const Pseudonym& subject, Entry entry) {
  IndexOf(&entry).emplace(IdOf(entry), subject);
  std::shared_ptr<SubjectEntries>& entries = ShardOf(subject).entries[subject];
  if (entries == nullptr) entries = std::make_shared<SubjectEntries>();
  std::vector<Entry>& list = ListOf(entries.get(), &entry);
  AddOrReplace(std::move(entry), &list);
}

template <typename Entry>
void EntryTable::Put(const Pseudonym& subject, Entry entry) {
  {
    // First, so that whoever finds the entry also finds it by its id.
    std::lock_guard<std::mutex> lock(index_mutex_);
    IndexOf(&entry).emplace(IdOf(entry), subject);
  }
  const std::shared_ptr<const SubjectEntries> before = Find(subject);
  auto after = before == nullptr ? std::make_shared<SubjectEntries>()
                                 : std::make_shared<SubjectEntries>(*before);
  std::vector<Entry>& list = ListOf(after.get(), &entry);
  AddOrReplace(std::move(entry), &list);
  Shard& shard = ShardOf(subject);
  std::lock_guard<std::mutex> lock(shard.mutex);
  shard.entries[subject] = std::move(after);
}

std::shared_ptr<const SubjectEntries> EntryTable::Find(
    const Pseudonym& subject) const {
  const Shard& shard = ShardOf(subject);
  std::lock_guard<std::mutex> lock(shard.mutex);
  const auto found = shard.entries.find(subject);
  if (found == shard.entries.end()) return nullptr;
  return found->second;
}

template <typename Entry>
std::shared_ptr<const SubjectEntries> EntryTable::FindById(
    absl::string_view id) const {
  Pseudonym subject;
  {
    std::lock_guard<std::mutex> lock(index_mutex_);
    const Index& index = IndexOf(static_cast<const Entry*>(nullptr));
    const auto found = index.find(id);
    if (found == index.end()) return nullptr;
    subject = found->second;
  }
  return Find(subject);
}

template void EntryTable::Load(const Pseudonym&, ConsentEntry);
template void EntryTable::Load(const Pseudonym&, ObjectionEntry);
template void EntryTable::Put(const Pseudonym&, ConsentEntry);
template void EntryTable::Put(const Pseudonym&, ObjectionEntry);
template std::shared_ptr<const SubjectEntries>
    EntryTable::FindById<ConsentEntry>(absl::string_view) const;
template std::shared_ptr<const SubjectEntries>
    EntryTable::FindById<ObjectionEntry>(absl::string_view) const;

}  // namespace tarazy
