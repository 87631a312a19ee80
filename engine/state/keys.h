// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of the image in RocksDB, made so that entries sort by task, store, clock, pane and key
// (docs/formats.md). Integers are big endian; a pane's sign bit is flipped; a clock name ends in 00
// 00 and a zero byte in it is 00 ff, so no clock is the prefix of another.
//
//   meta     := 00 name                                     "format", "job"
//   position := 01 stage:u32 partition:u32
//   entry    := 02 stage:u32 partition:u32 store:u32 clock pane:u64 key
//
// Thread-safe.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/api/store.h"
#include "engine/state/task_id.h"

namespace sitrep {

/// Bytes that all entries of one store of one task share.
inline constexpr std::size_t kStorePrefixBytes = 13;

std::string meta_key(std::string_view name);
std::string position_key(TaskId task);
/// What every position begins with.
std::string positions_prefix();
/// Nothing when `key` is not a position's.
std::optional<TaskId> parse_position_key(std::string_view key);

/// What every entry of the task, of the pane begins with.
std::string task_prefix(TaskId task);
std::string pane_prefix(TaskId task, StoreId store, std::string_view clock, Micros pane);
std::string entry_key(TaskId task, StoreId store, const StateKey& key);
/// Whether `key` is an entry's and more than its pane's prefix; no range of keys that leaves at
/// once begins with one.
bool is_inside_pane(std::string_view key);
/// The least key above every key that begins with `prefix`.
std::string prefix_end(std::string prefix);

/// An entry's key, taken apart.
struct EntryKey {
  StoreId store;
  std::string clock;
  Micros pane = 0;
  /// Views into the key that was parsed.
  std::string_view key;
  std::string_view pane_prefix;
};

/// Nothing when `key` is not an entry's.
std::optional<EntryKey> parse_entry_key(std::string_view key);

}  // namespace sitrep
