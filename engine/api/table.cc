// SPDX-License-Identifier: Apache-2.0
#include "engine/api/table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/api/table_pane.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {

namespace {

// Erased entries are forgotten by copying the others, so only when they are many among them.
constexpr std::size_t kErasedMin = 64;
// Likewise evicted ones: less than this part of a pane's entries is left alone.
constexpr std::size_t kEvictedPartMin = 8;

}  // namespace

void RowCodec::destroy(std::byte*) const {}
bool RowCodec::owns_heap() const { return true; }
std::size_t RowCodec::heap_bytes(const std::byte*) const { return 0; }

Table::Table(Options options)
    : name_(std::move(options.name)),
      id_(store_id(name_)),
      codec_(std::move(options.codec)),
      owns_heap_(codec_->owns_heap()),
      row_bytes_(Entry::aligned(codec_->row_bytes()) + (owns_heap_ ? sizeof(std::uint64_t) : 0)),
      clocks_(*options.clocks),
      cold_(options.cold) {}

Table::~Table() = default;

Table::Pane& Table::pane(PaneKey key) {
  std::unique_ptr<Pane>& pane = panes_[key];
  if (!pane) pane = std::make_unique<Pane>(*this, key);
  return *pane;
}

Table::Pane* Table::find_pane(PaneKey key) {
  const auto found = panes_.find(key);
  return found == panes_.end() ? nullptr : found->second.get();
}

std::optional<PaneKey> Table::first_pane(ClockId clock, Micros from) const {
  const auto found = panes_.lower_bound({.clock = clock, .end = from});
  if (found == panes_.end() || found->first.clock != clock) return std::nullopt;
  return found->first;
}

std::vector<PaneKey> Table::panes() const {
  std::vector<PaneKey> keys;
  keys.reserve(panes_.size());
  for (const auto& [key, pane] : panes_) keys.push_back(key);
  return keys;
}

void Table::drop(PaneKey key) {
  const auto found = panes_.find(key);
  if (found == panes_.end()) return;
  Pane& pane = *found->second;
  if (pane.saved) dropped_.push_back(key);
  forget_change(pane);
  panes_.erase(found);
}

void Table::forget_change(Pane& pane) {
  if (pane.dirty.empty()) return;
  // What a row holds on the heap is only ever counted down in between (destroy_row).
  for (Entry* const entry : pane.dirty) {
    changed_bytes_ -= pane.entry_bytes(*entry) + heap_bytes(*entry);
  }
  changed_.back()->change = pane.change;
  changed_[pane.change] = changed_.back();
  changed_.pop_back();
}

const KeyFilter& Table::filter(Pane& pane) { return pane.filter(); }

void Table::prefetch_slot(const Pane& pane, std::uint64_t hash) const { pane.prefetch_slot(hash); }
void Table::prefetch_row(const Pane& pane, std::uint64_t hash) const { pane.prefetch_row(hash); }

std::byte* Table::upsert(Pane& pane, std::string_view key, std::uint64_t hash) {
  Entry* const entry = pane.find(key, hash);
  if (entry == nullptr) return upsert_absent(pane, key, hash);
  if (entry->has(Entry::kErased)) {
    codec_->create(entry->row());
    entry->unset(Entry::kErased);
    --pane.erased;
  }
  pane.mark_dirty(*entry);
  return entry->row();
}

std::byte* Table::upsert_absent(Pane& pane, std::string_view key, std::uint64_t hash) {
  Entry* entry = nullptr;
  if (pane.cold()) {
    Result<Entry*> loaded = load_cold(pane, key, hash);
    if (!loaded) {
      error_ = std::move(loaded).error();
      return nullptr;
    }
    entry = *loaded;
  }
  if (entry == nullptr) {
    entry = pane.allocate(key);
    codec_->create(entry->row());
    pane.link(entry, hash);
  }
  pane.mark_dirty(*entry);
  return entry->row();
}

const std::byte* Table::find(Pane& pane, std::string_view key, std::uint64_t hash) {
  Entry* const entry = pane.find(key, hash);
  if (entry != nullptr) return entry->has(Entry::kErased) ? nullptr : entry->row();
  if (!pane.cold()) return nullptr;
  Result<Entry*> loaded = load_cold(pane, key, hash);
  if (!loaded) {
    error_ = std::move(loaded).error();
    return nullptr;
  }
  return *loaded == nullptr ? nullptr : (*loaded)->row();
}

/// The entry that the image has for a key that memory has not; null when it has none either.
Result<Table::Entry*> Table::load_cold(Pane& pane, std::string_view key, std::uint64_t hash) {
  const StateKey place{
      .clock = clocks_.name(pane.key.clock), .pane = pane.key.end, .key = key};
  Result<std::optional<std::string>> value = cold_->get(id_, place);
  if (!value) return std::move(value).error().with_context(concat("table ", name_));
  if (!value->has_value()) return nullptr;
  return insert_saved(pane, key, hash, **value);
}

Result<Table::Entry*> Table::insert_saved(Pane& pane, std::string_view key, std::uint64_t hash,
                                          std::string_view value) {
  Entry* const entry = pane.allocate(key);
  codec_->create(entry->row());
  if (Result<void> loaded = codec_->load(value, entry->row()); !loaded) {
    codec_->destroy(entry->row());
    pane.give_back(entry);
    return std::move(loaded).error().with_context(concat("table ", name_));
  }
  entry->set(Entry::kSaved);
  count_heap(*entry, codec_->heap_bytes(entry->row()));
  pane.link(entry, hash);
  pane.saved = true;
  return entry;
}

Result<void> Table::warm(Pane& pane, std::size_t rows_max) {
  if (!pane.cold()) return {};
  std::size_t rows = 0;
  const auto take = [&](std::string_view key, std::string_view value) -> Result<void> {
    if (++rows > rows_max) return unavailable("more rows than asked for");  // ends the scan
    const std::uint64_t hash = hash_bytes(key);
    if (pane.find(key, hash) != nullptr) return {};
    TRY(insert_saved(pane, key, hash, value));
    return {};
  };
  Result<void> scanned =
      cold_->scan_pane(id_, clocks_.name(pane.key.clock), pane.key.end, take);
  if (rows > rows_max) return {};
  if (!scanned) return std::move(scanned).error().with_context(concat("table ", name_));
  pane.set_cold(false);
  return {};
}

void Table::erase(Pane& pane, std::string_view key) {
  const std::uint64_t hash = hash_bytes(key);
  Entry* entry = pane.find(key, hash);
  if (entry == nullptr) {
    if (!pane.cold()) return;
    // The image may hold it: its removal is written without looking.
    entry = pane.allocate(key);
    entry->set(Entry::kSaved);
    pane.link(entry, hash);
  } else {
    if (entry->has(Entry::kErased)) return;
    destroy_row(*entry);
  }
  entry->set(Entry::kErased);
  ++pane.erased;
  pane.mark_dirty(*entry);
}

void Table::destroy_row(Entry& entry) {
  codec_->destroy(entry.row());
  count_heap(entry, 0);
}

void Table::count_heap(Entry& entry, std::size_t bytes) {
  if (!owns_heap_) {
    ENSURE(bytes == 0, "a codec says whether its rows own anything");
    return;
  }
  bytes_ += bytes - heap_bytes(entry);
  set_heap_bytes(entry, bytes);
}

std::uint64_t Table::heap_bytes(Entry& entry) const {
  if (!owns_heap_) return 0;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, entry.row() + row_bytes_ - sizeof bytes, sizeof bytes);
  return bytes;
}

void Table::set_heap_bytes(Entry& entry, std::uint64_t bytes) const {
  std::memcpy(entry.row() + row_bytes_ - sizeof bytes, &bytes, sizeof bytes);
}

Result<void> Table::for_each(
    Pane& pane, const std::function<void(std::string_view key, const std::byte* row)>& row) {
  if (pane.cold()) TRY(for_each_cold(pane, row));
  pane.visit([&](Entry& entry) {
    if (!entry.has(Entry::kErased)) row(entry.key(), entry.row());
  });
  return {};
}

Result<void> Table::drain(
    PaneKey key, const std::function<void(std::string_view key, const std::byte* row)>& row) {
  const auto found = panes_.find(key);
  if (found == panes_.end()) return {};
  Pane& pane = *found->second;
  if (pane.cold()) TRY(for_each_cold(pane, row));
  if (pane.saved) dropped_.push_back(key);
  forget_change(pane);
  pane.drain([&](Entry& entry) {
    if (entry.has(Entry::kErased)) return;
    row(entry.key(), entry.row());
    destroy_row(entry);
  });
  panes_.erase(found);
  return {};
}

/// Rows that only the image holds; they pass through one row's memory and are not kept.
Result<void> Table::for_each_cold(
    Pane& pane, const std::function<void(std::string_view key, const std::byte* row)>& row) {
  const auto bytes = std::make_unique<std::uint64_t[]>(row_bytes_ / 8 + 1);
  std::byte* const passing = reinterpret_cast<std::byte*>(bytes.get());
  const auto pass = [&](std::string_view key, std::string_view value) -> Result<void> {
    if (pane.find(key, hash_bytes(key)) != nullptr) return {};
    codec_->create(passing);
    Result<void> loaded = codec_->load(value, passing);
    if (loaded) row(key, passing);
    codec_->destroy(passing);
    return loaded;
  };
  Result<void> scanned =
      cold_->scan_pane(id_, clocks_.name(pane.key.clock), pane.key.end, pass);
  if (!scanned) return std::move(scanned).error().with_context(concat("table ", name_));
  return {};
}

std::optional<Error> Table::take_error() { return std::exchange(error_, std::nullopt); }

void Table::collect(Epoch epoch, ChangeSink& changes) {
  for (const PaneKey key : dropped_) changes.remove_pane(id_, clocks_.name(key.clock), key.end);
  dropped_.clear();
  changed_bytes_ = 0;
  std::optional<Epoch> flushed;
  for (Pane* const pane : std::exchange(changed_, {})) {
    for (Entry* const entry : pane->dirty) collect_entry(*pane, *entry, epoch, changes);
    pane->dirty.clear();
    if (pane->erased < kErasedMin || pane->erased * 2 < pane->entries()) continue;
    if (!flushed && cold_ != nullptr) flushed = cold_->flushed();
    trim(*pane, flushed);
  }
}

void Table::collect_entry(Pane& pane, Entry& entry, Epoch epoch, ChangeSink& changes) {
  const StateKey place{
      .clock = clocks_.name(pane.key.clock), .pane = pane.key.end, .key = entry.key()};
  entry.unset(Entry::kDirty);
  if (entry.has(Entry::kErased)) {
    if (!entry.has(Entry::kSaved)) return;
    changes.remove(id_, place);
    entry.unset(Entry::kSaved);
  } else {
    scratch_.clear();
    codec_->save(entry.row(), scratch_);
    changes.put(id_, place, scratch_);
    count_heap(entry, codec_->heap_bytes(entry.row()));
    entry.set(Entry::kSaved);
    pane.saved = true;
  }
  entry.set_stamp(epoch);
}

/// Forgets erased entries that nothing can bring back: the image, if there is one, has flushed
/// them.
void Table::trim(Pane& pane, std::optional<Epoch> flushed) {
  const Epoch settled = flushed.value_or(Epoch(0));
  pane.rebuild([&](const Entry& entry) {
    if (!entry.has(Entry::kErased) || entry.has(Entry::kDirty)) return true;
    return cold_ != nullptr && entry.stamp() != 0 && !(flushed && entry.settled(settled));
  });
}

Result<void> Table::restore(const StateKey& key, std::string_view value) {
  Pane& held = pane({.clock = clocks_.intern(key.clock), .end = key.pane});
  const std::uint64_t hash = hash_bytes(key.key);
  ENSURE(held.find(key.key, hash) == nullptr, "an entry is restored once, before any row");
  Result<Entry*> entry = insert_saved(held, key.key, hash, value);
  if (!entry) return std::move(entry).error();
  return {};
}

bool Table::restore_cold(std::string_view clock, Micros end) {
  if (cold_ == nullptr) return false;
  Pane& held = pane({.clock = clocks_.intern(clock), .end = end});
  held.set_cold(true);
  held.saved = true;
  return true;
}

std::size_t Table::memory_bytes() const {
  return sizeof(Table) + bytes_ + changed_.capacity() * sizeof(Pane*) +
         dropped_.capacity() * sizeof(PaneKey) + scratch_.capacity();
}

void Table::evict(Epoch flushed) {
  if (cold_ == nullptr) return;
  for (const auto& [key, pane] : panes_) {
    std::size_t rows = 0;
    std::size_t erased = 0;
    pane->visit([&](const Entry& entry) {
      if (entry.settled(flushed)) ++(entry.has(Entry::kErased) ? erased : rows);
    });
    if (rows + erased == 0 || (rows + erased) * kEvictedPartMin < pane->entries()) continue;
    pane->visit([&](Entry& entry) {
      if (entry.settled(flushed) && !entry.has(Entry::kErased)) destroy_row(entry);
    });
    pane->rebuild([&](const Entry& entry) { return !entry.settled(flushed); });
    if (rows > 0) pane->set_cold(true);
  }
}

}  // namespace sitrep
