// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one task changed in one epoch, as one record in a binary form that the state log, the image
// and a restore share (grammar in docs/formats.md and at the top of delta.cc). DeltaBuilder makes
// it from the task's stores; decode_delta reads it. Thread-compatible.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/store.h"
#include "engine/state/task_id.h"

namespace sitrep {

inline constexpr std::uint8_t kDeltaFormatVersion = 3;

struct Delta {
  TaskId task;
  TaskPosition position;
  /// The encoded record; holds task and position too.
  std::string bytes;
  /// Where the state stands in the state log with this delta: known once it is written there.
  std::optional<StateMark> mark = {};
};

class DeltaBuilder final : public ChangeSink {
 public:
  void put(StoreId store, const StateKey& key, std::string_view value) override;
  void remove(StoreId store, const StateKey& key) override;
  void remove_pane(StoreId store, std::string_view clock, Micros pane) override;

  /// Encodes everything put and removed since the last finish.
  Delta finish(TaskId task, TaskPosition position);
  /// Bytes held for the delta so far, about.
  std::size_t bytes() const;

 private:
  /// Texts as the record keeps them: all lengths, then all bytes.
  struct TextColumn {
    std::string lengths;
    std::string bytes;

    void append(std::string_view text);
    void append_to(std::string& out) const;
    void clear();
  };
  /// A pane and how many entries of the columns belong to it.
  struct Group {
    std::uint32_t clock;
    Micros pane;
    bool remove_pane = false;
    std::uint64_t removes = 0;
    std::uint64_t puts = 0;
  };
  struct StoreChanges {
    StoreId id;
    std::vector<Group> groups;
    TextColumn removed_keys;
    TextColumn put_keys;
    TextColumn values;

    void clear();
  };

  StoreChanges& changes_of(StoreId store);
  Group& group(StoreChanges& changes, std::string_view clock, Micros pane);
  std::uint32_t clock_number(std::string_view clock);

  /// All stores that ever changed: the next epoch fills the memory of this one again. Those
  /// without groups did not change.
  std::vector<StoreChanges> stores_;
  std::vector<std::string> clocks_;
  std::map<std::string, std::uint32_t, std::less<>> clock_numbers_;
};

/// One change of a delta; views into its bytes.
struct Change {
  enum class Kind : std::uint8_t { kPut, kRemove, kRemovePane };
  Kind kind;
  StoreId store;
  /// Without `key` for kRemovePane.
  StateKey key;
  /// Of kPut.
  std::string_view value;
};

struct DecodedDelta {
  TaskId task;
  TaskPosition position;
  /// In the order in which they must be applied.
  std::vector<Change> changes;
};

/// Views point into `bytes`. kCorrupt when the bytes are not a delta, or damaged (checksum); names
/// the version when it is one that we do not know.
Result<DecodedDelta> decode_delta(std::string_view bytes);

}  // namespace sitrep
