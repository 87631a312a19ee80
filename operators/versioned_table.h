// SPDX-License-Identifier: Apache-2.0
#pragma once
// A shared table of versions by key, and its builder. The table lies in shards that are shared
// between one value and the next, so that a change copies the shards that it touches and no more.
// VersionedTable: Thread-safe (const throughout). VersionedTableBuilder: Thread-compatible.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/api/shared_table.h"
#include "operators/table_versions.h"

namespace sitrep {

class VersionedTable final : public SharedTable {
 public:
  /// What a row of a stream at `time` sees of the key; null when nothing.
  const TableVersion* as_of(std::string_view key, Micros time) const;

 private:
  friend class VersionedTableBuilder;

  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const;
  };
  struct Row {
    TableVersions versions;
    std::size_t partition = 0;  // whose watermark its history goes by
  };
  using Shard = std::unordered_map<std::string, Row, KeyHash, std::equal_to<>>;
  static constexpr std::size_t kShards = 256;
  static std::size_t shard_of(std::string_view key);

  std::array<std::shared_ptr<const Shard>, kShards> shards_;
  std::vector<Micros> horizons_;  // by partition
};

class VersionedTableBuilder final : public SharedTableBuilder {
 public:
  struct Options {
    /// Columns of the table; a batch has one more.
    std::size_t columns = 0;
    std::vector<std::size_t> key;
    Micros history = 0;
    /// The watermark of a partition stays this far behind its newest row.
    Micros out_of_orderness = 0;
  };
  explicit VersionedTableBuilder(const Options& options) : options_(options) {}

  void add(const ColumnBatch& batch, PartitionId partition) override;
  SharedTablePtr snapshot() override;
  std::size_t memory_bytes() const override { return bytes_; }

 private:
  using Row = VersionedTable::Row;
  using Shard = VersionedTable::Shard;
  struct Partition {
    Micros watermark = kMinWatermark;
    std::multimap<Micros, std::string> deletions;  // when a deleted key can be forgotten
  };

  /// The shard of `key`, to be changed: a copy of its own when a snapshot has it.
  Shard& writable(std::string_view key);
  void forget(Shard& shard, const std::string& key, Micros horizon);
  void forget_deleted(Partition& partition);
  static std::size_t bytes_of(const std::string& key, const Row& row);

  const Options options_;
  std::array<std::shared_ptr<Shard>, VersionedTable::kShards> shards_;
  std::array<bool, VersionedTable::kShards> given_out_{};
  std::vector<Partition> partitions_;
  std::size_t bytes_ = 0;
};

}  // namespace sitrep
