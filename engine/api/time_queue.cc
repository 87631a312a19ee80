// SPDX-License-Identifier: Apache-2.0
#include "engine/api/time_queue.h"

#include "engine/base/ensure.h"

namespace sitrep {

namespace {

// A node of the map: its links and the allocator's own word beside the value.
constexpr std::size_t kNodeBytes = 40;

std::size_t heap_bytes(const std::string& text) {
  constexpr std::size_t kInside = 15;  // libstdc++ keeps this much in the string itself
  return text.capacity() <= kInside ? 0 : text.capacity() + 1;
}

}  // namespace

TimeQueue::TimeQueue(std::string_view name, ClockTable& clocks)
    : id_(store_id(name)), clocks_(clocks) {}

std::size_t TimeQueue::item_bytes(const Items::value_type& item) {
  return kNodeBytes + sizeof(item) + heap_bytes(item.first.second) +
         heap_bytes(item.second.payload);
}

void TimeQueue::push(ClockId clock, Item item) {
  Items& items = items_[clock];
  const auto [at, added] = items.try_emplace(ItemKey(item.time, std::move(item.key)));
  if (added) {
    ++size_;
  } else {
    bytes_ -= item_bytes(*at);
  }
  Held& held = at->second;
  held.payload = std::move(item.payload);
  bytes_ += item_bytes(*at);
  if (held.change != kUnchanged) return;
  held.change = changed_.size();
  changed_.push_back({.clock = clock, .item = at});
}

bool TimeQueue::erase(ClockId clock, Micros time, std::string_view key) {
  const auto items = items_.find(clock);
  if (items == items_.end()) return false;
  const auto item = items->second.find(ItemView(time, key));
  if (item == items->second.end()) return false;
  (void)take(clock, items->second, item);
  return true;
}

std::optional<Micros> TimeQueue::first_time(ClockId clock) const {
  const auto items = items_.find(clock);
  if (items == items_.end()) return std::nullopt;
  return items->second.begin()->first.first;
}

std::optional<TimeQueue::Item> TimeQueue::pop(ClockId clock, Micros until) {
  const auto items = items_.find(clock);
  if (items == items_.end()) return std::nullopt;
  const auto first = items->second.begin();
  if (first->first.first > until) return std::nullopt;
  return take(clock, items->second, first);
}

std::vector<ClockId> TimeQueue::clocks() const {
  std::vector<ClockId> clocks;
  clocks.reserve(items_.size());
  for (const auto& [clock, items] : items_) clocks.push_back(clock);
  return clocks;
}

/// Takes the item out of everything, and its clock too when it was the last.
TimeQueue::Item TimeQueue::take(ClockId clock, Items& items, Items::iterator item) {
  --size_;
  bytes_ -= item_bytes(*item);
  if (const std::size_t change = item->second.change; change != kUnchanged) {
    changed_[change] = changed_.back();
    changed_[change].item->second.change = change;
    changed_.pop_back();
  }
  auto node = items.extract(item);
  if (node.mapped().saved) removed_.emplace_back(clock, node.key());
  if (items.empty()) items_.erase(clock);
  return {.time = node.key().first,
          .key = std::move(node.key().second),
          .payload = std::move(node.mapped().payload)};
}

void TimeQueue::collect(Epoch, ChangeSink& changes) {
  for (const auto& [clock, key] : removed_) {
    // One that was taken and pushed again in this epoch is put below.
    const auto items = items_.find(clock);
    if (items != items_.end() && items->second.contains(key)) continue;
    changes.remove(id_, {.clock = clocks_.name(clock), .pane = key.first, .key = key.second});
  }
  removed_.clear();
  for (const auto& [clock, item] : changed_) {
    const auto& [time, key] = item->first;
    changes.put(id_, {.clock = clocks_.name(clock), .pane = time, .key = key},
                item->second.payload);
    item->second.saved = true;
    item->second.change = kUnchanged;
  }
  changed_.clear();
}

Result<void> TimeQueue::restore(const StateKey& key, std::string_view value) {
  Items& items = items_[clocks_.intern(key.clock)];
  const auto [at, added] = items.try_emplace(ItemKey(key.pane, key.key));
  ENSURE(added, "an item is restored once");
  at->second.payload = value;
  at->second.saved = true;
  ++size_;
  bytes_ += item_bytes(*at);
  return {};
}

std::size_t TimeQueue::changed_bytes() const {
  return size_ == 0 ? 0 : bytes_ / size_ * changed_.size();
}

std::size_t TimeQueue::memory_bytes() const {
  return sizeof(TimeQueue) + bytes_ + changed_.capacity() * sizeof(Changed) +
         removed_.capacity() * sizeof(removed_[0]);
}

}  // namespace sitrep
