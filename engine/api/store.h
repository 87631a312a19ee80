// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the engine asks of anything that holds a task's state: hand over what changed at an epoch's
// end, take entries back at a restart, and give memory back. Operators do not write stores; they
// use Table and TimeQueue. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/result.h"

namespace sitrep {

/// Derived from the store's name (stream and purpose), so it survives edits of the job.
using StoreId = StrongInt<struct StoreIdTag, std::uint32_t>;

/// "fleet_summary/groups" → its id: the low 32 bits of hash_bytes.
StoreId store_id(std::string_view name);

/// Where an entry of a store lives. Entries sort by clock group, then pane, then key.
struct StateKey {
  /// Name of the clock (ClockTable); empty for the partition's own.
  std::string_view clock;
  /// End of the pane, or time of a timer; 0 for stores without panes.
  Micros pane = 0;
  std::string_view key;
};

/// Takes what changed in an epoch. Views need only live during the call. An entry is named at most
/// once per epoch, by put or by remove; remove_pane comes before any put to the same pane.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void put(StoreId store, const StateKey& key, std::string_view value) = 0;
  virtual void remove(StoreId store, const StateKey& key) = 0;
  /// Removes every entry of the pane that an earlier epoch put.
  virtual void remove_pane(StoreId store, std::string_view clock, Micros pane) = 0;
};

/// Reads entries that memory no longer holds. kUnavailable or kCorrupt when the image cannot be
/// read.
class ColdState {
 public:
  virtual ~ColdState() = default;
  virtual Result<std::optional<std::string>> get(StoreId store, const StateKey& key) = 0;
  /// Calls `entry` for every entry of the pane, ascending by key, until it returns an Error.
  virtual Result<void> scan_pane(
      StoreId store, std::string_view clock, Micros pane,
      const std::function<Result<void>(std::string_view key, std::string_view value)>& entry) = 0;
  /// The newest epoch that the image is known to hold whole; lets stores forget what they only keep
  /// until it is flushed. Default: nothing is known.
  virtual std::optional<Epoch> flushed();
};

class Store {
 public:
  virtual ~Store() = default;
  virtual StoreId id() const = 0;
  /// Hands over every change since the last call and remembers that `epoch` holds it.
  virtual void collect(Epoch epoch, ChangeSink& changes) = 0;
  /// Takes one entry back at a restart, before any row; kCorrupt when `value` is not of our form.
  virtual Result<void> restore(const StateKey& key, std::string_view value) = 0;
  /// Takes note that the image holds entries of this pane, without reading them; false when the
  /// store keeps everything in memory and must be given each entry. Default: false.
  virtual bool restore_cold(std::string_view clock, Micros pane);
  /// Bytes of memory held.
  virtual std::size_t memory_bytes() const = 0;
  /// Bytes that collect() would hand over now, about. Default: 0, for what is always small.
  virtual std::size_t changed_bytes() const;
  /// Gives back entries that are unchanged since `flushed` or an earlier epoch, which the image
  /// holds. Default: keeps everything.
  virtual void evict(Epoch flushed);
};

}  // namespace sitrep
