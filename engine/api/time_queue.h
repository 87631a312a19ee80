// SPDX-License-Identifier: Apache-2.0
#pragma once
// Things that wait for a time, as state: timers (no payload) and held rows (their bytes). Ordered
// by clock, time and key; an item that comes and goes within one epoch leaves no trace in the state
// log. Held in memory whole. Used only by its worker.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/api/store.h"

namespace sitrep {

class TimeQueue final : public Store {
 public:
  struct Item {
    Micros time;
    std::string key;
    std::string payload;
  };

  /// `name` is unique in the job: "<stream>/<purpose>". `clocks` outlives the queue.
  TimeQueue(std::string_view name, ClockTable& clocks);

  /// An item with the same clock, time and key is replaced.
  void push(ClockId clock, Item item);
  /// Takes an item back; false when there is none such.
  bool erase(ClockId clock, Micros time, std::string_view key);
  /// Time of the first item of `clock`; nothing when it has none.
  std::optional<Micros> first_time(ClockId clock) const;
  /// Takes the first item of `clock` whose time is at most `until`.
  std::optional<Item> pop(ClockId clock, Micros until);
  /// Clocks that have an item.
  std::vector<ClockId> clocks() const;
  std::size_t size() const { return size_; }

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override;
  std::size_t changed_bytes() const override;

 private:
  using ItemKey = std::pair<Micros, std::string>;
  using ItemView = std::pair<Micros, std::string_view>;
  /// Lets an item be found by a view of its key.
  struct Before {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const {
      return a.first != b.first ? a.first < b.first
                                : std::string_view(a.second) < std::string_view(b.second);
    }
  };
  static constexpr std::size_t kUnchanged = static_cast<std::size_t>(-1);
  struct Held {
    std::string payload;
    bool saved = false;                 // an earlier epoch holds it: its removal must be written
    std::size_t change = kUnchanged;    // its place in changed_
  };
  using Items = std::map<ItemKey, Held, Before>;
  struct Changed {
    ClockId clock;
    Items::iterator item;
  };

  Item take(ClockId clock, Items& items, Items::iterator item);
  static std::size_t item_bytes(const Items::value_type& item);

  const StoreId id_;
  ClockTable& clocks_;
  std::map<ClockId, Items> items_;
  std::vector<Changed> changed_;
  std::vector<std::pair<ClockId, ItemKey>> removed_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace sitrep
