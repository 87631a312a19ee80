// SPDX-License-Identifier: Apache-2.0
#include "operators/versioned_table.h"

#include <algorithm>
#include <utility>

#include "engine/api/cell_form.h"
#include "engine/api/group_key.h"
#include "engine/base/hash.h"

namespace sitrep {
namespace {

// A node of the map, its key and the row, besides what they point to.
constexpr std::size_t kRowBytes = 128;

}  // namespace

std::size_t VersionedTable::KeyHash::operator()(std::string_view key) const {
  return hash_bytes(key);
}

std::size_t VersionedTable::shard_of(std::string_view key) {
  // Not the low bits: those choose the bucket in the shard.
  return hash_bytes(key) >> 56;
}

const TableVersion* VersionedTable::as_of(std::string_view key, Micros time) const {
  const auto& shard = shards_[shard_of(key)];
  if (!shard) return nullptr;
  const auto found = shard->find(key);
  if (found == shard->end()) return nullptr;
  return version_as_of(found->second.versions, time, horizons_[found->second.partition]);
}

std::size_t VersionedTableBuilder::bytes_of(const std::string& key, const Row& row) {
  std::size_t bytes = kRowBytes + key.size() + row.versions.capacity() * sizeof(TableVersion);
  for (const TableVersion& version : row.versions) bytes += version.cells.capacity();
  return bytes;
}

VersionedTableBuilder::Shard& VersionedTableBuilder::writable(std::string_view key) {
  const std::size_t number = VersionedTable::shard_of(key);
  std::shared_ptr<Shard>& shard = shards_[number];
  if (!shard) {
    shard = std::make_shared<Shard>();
  } else if (given_out_[number]) {
    shard = std::make_shared<Shard>(*shard);
  }
  given_out_[number] = false;
  return *shard;
}

void VersionedTableBuilder::forget(Shard& shard, const std::string& key, Micros horizon) {
  const auto found = shard.find(key);
  if (found == shard.end()) return;
  bytes_ -= bytes_of(key, found->second);
  forget_versions(found->second.versions, horizon);
  if (found->second.versions.empty()) {
    shard.erase(found);
  } else {
    bytes_ += bytes_of(key, found->second);
  }
}

void VersionedTableBuilder::forget_deleted(Partition& partition) {
  const Micros horizon = history_horizon(partition.watermark, options_.history);
  auto& deletions = partition.deletions;
  while (!deletions.empty() && deletions.begin()->first <= partition.watermark) {
    const auto gone = deletions.extract(deletions.begin());
    forget(writable(gone.mapped()), gone.mapped(), horizon);
  }
}

void VersionedTableBuilder::add(const ColumnBatch& batch, PartitionId number) {
  const auto index = static_cast<std::size_t>(number.value());
  if (index >= partitions_.size()) partitions_.resize(index + 1);
  Partition& partition = partitions_[index];
  std::vector<ColumnPtr> keys;
  for (const std::size_t column : options_.key) keys.push_back(batch.columns[column]);
  std::string key;
  batch.selection.for_each([&](std::size_t row) {
    forget_deleted(partition);
    encode_group_key(keys, row, key);
    TableVersion version{.time = batch.meta->event_time[row],
                         .deleted = batch.column(options_.columns).booleans()[row] != 0,
                         .cells = {}};
    if (version.deleted) {
      partition.deletions.emplace(version.time + options_.history, key);
    } else {
      for (std::size_t i = 0; i < options_.columns; ++i) {
        append_cell(batch.column(i), row, version.cells);
      }
    }
    Shard& shard = writable(key);
    const auto [at, added] = shard.try_emplace(key);
    if (!added) bytes_ -= bytes_of(key, at->second);
    at->second.partition = index;
    const Micros reached = version.time - options_.out_of_orderness;
    add_version(at->second.versions, std::move(version));
    bytes_ += bytes_of(key, at->second);
    forget(shard, key, history_horizon(partition.watermark, options_.history));
    partition.watermark = std::max(partition.watermark, reached);
  });
}

SharedTablePtr VersionedTableBuilder::snapshot() {
  for (Partition& partition : partitions_) forget_deleted(partition);
  auto table = std::make_shared<VersionedTable>();
  std::copy(shards_.begin(), shards_.end(), table->shards_.begin());
  given_out_.fill(true);
  for (const Partition& partition : partitions_) {
    table->horizons_.push_back(history_horizon(partition.watermark, options_.history));
  }
  return table;
}

}  // namespace sitrep
