// SPDX-License-Identifier: Apache-2.0
#include "engine/state/rocks.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/base/text.h"
#include "engine/state/keys.h"

namespace sitrep {

namespace {

constexpr double kBloomBitsPerKey = 10;
/// Memtables are this part of what all of them may hold: small ones are cheaper to insert into
/// (427 ns a key at 4 MB, 960 ns at 64 MB).
constexpr std::size_t kMemtablesMax = 4;
constexpr std::size_t kMemtableBytesMin = 1 << 20;
/// Of a memtable, for the filter over its keys.
constexpr double kMemtableFilterPart = 0.01;
constexpr int kCacheShardBits = 2;
constexpr std::size_t kInfoLogBytes = 1 << 20;

/// Entries of a write come sorted: each is put into the memtable from where the one before went.
/// RocksDB 7.8.3 keeps one such place for entries and range tombstones, which lie in another list,
/// and breaks when it uses one for the other: what can begin a range has no place.
class OneRun final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "sitrep.OneRun"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), 1}; }
  bool InDomain(const rocksdb::Slice& key) const override { return is_inside_pane(view(key)); }
};

/// RocksDB leaves the filters and indexes of files that it deleted in the cache, where they go only
/// when it is full: it would grow for minutes under a load that stays the same. So with each
/// compaction a quarter of what nobody uses at that moment goes, what was not used for longest.
class CacheTrimmer final : public rocksdb::EventListener {
 public:
  explicit CacheTrimmer(std::shared_ptr<rocksdb::Cache> cache)
      : cache_(std::move(cache)), capacity_(cache_->GetCapacity()) {}

  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    constexpr std::size_t kTrimmedPart = 4;
    const std::size_t used = cache_->GetUsage();
    const std::size_t pinned = std::min(used, cache_->GetPinnedUsage());
    cache_->SetCapacity(used - (used - pinned) / kTrimmedPart);
    cache_->SetCapacity(capacity_);
  }

 private:
  const std::shared_ptr<rocksdb::Cache> cache_;
  const std::size_t capacity_;
};

/// RocksDB has no code for a directory that someone else has open; these are its words.
bool is_locked(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() && (text.find("While lock file") != std::string::npos ||
                                text.find("lock hold by current process") != std::string::npos);
}

Error to_error(const rocksdb::Status& status, std::string_view directory, std::string_view doing) {
  std::string message = concat("state image ", directory, ": ", doing, ": ", status.ToString());
  if (is_locked(status)) {
    return unavailable(concat("state image ", directory,
                              ": another process has it open; end that one, or give this one a "
                              "`state_dir` and an `instance` of its own"));
  }
  // A file that is gone is damage, not weather.
  if (status.IsCorruption() || status.IsPathNotFound()) return corrupt(std::move(message));
  if (status.IsInvalidArgument()) return internal_error(std::move(message));
  if (status.IsNotSupported()) return invalid_config(std::move(message));
  return unavailable(std::move(message));
}

}  // namespace

StateImage::Database::Database(std::string directory, Bounds bounds,
                               std::unique_ptr<rocksdb::DB> db)
    : directory_(std::move(directory)), bounds_(std::move(bounds)), db_(std::move(db)) {}

rocksdb::Options StateImage::Database::rocks_options(const ImageOptions& options,
                                                     const Bounds& bounds) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = bounds.cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::Options rocks;
  rocks.create_if_missing = true;
  rocks.paranoid_checks = true;
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocks.compression = rocksdb::kLZ4Compression;
  // Charged to the cache: one number bounds both.
  rocks.write_buffer_manager = bounds.memtables;
  rocks.listeners.push_back(std::make_shared<CacheTrimmer>(bounds.cache));
  rocks.write_buffer_size = std::max(options.write_buffer_bytes / kMemtablesMax, kMemtableBytesMin);
  rocks.memtable_insert_with_hint_prefix_extractor = std::make_shared<OneRun>();
  // Most of what is removed was never written (StateImage::write): that a memtable tells by these.
  rocks.memtable_prefix_bloom_size_ratio = kMemtableFilterPart;
  rocks.memtable_whole_key_filtering = true;
  rocks.max_write_buffer_number = 2;
  rocks.allow_concurrent_memtable_write = false;
  rocks.skip_stats_update_on_db_open = true;
  rocks.stats_dump_period_sec = 0;
  rocks.stats_persist_period_sec = 0;
  rocks.info_log_level = rocksdb::WARN_LEVEL;
  rocks.keep_log_file_num = 2;
  rocks.max_log_file_size = kInfoLogBytes;
  return rocks;
}

Result<std::unique_ptr<StateImage::Database>> StateImage::Database::open(
    const ImageOptions& options) {
  std::error_code failed;
  std::filesystem::create_directories(options.directory, failed);
  if (failed) {
    return unavailable(concat("state image ", options.directory,
                              ": cannot make the directory: ", failed.message()));
  }
  rocksdb::LRUCacheOptions cache_options;
  cache_options.capacity = options.cache_bytes + options.write_buffer_bytes;
  cache_options.num_shard_bits = kCacheShardBits;
  cache_options.high_pri_pool_ratio = 0.1;
  Bounds bounds{.cache = rocksdb::NewLRUCache(cache_options), .memtables = nullptr};
  bounds.memtables =
      std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes, bounds.cache);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(rocks_options(options, bounds), options.directory, &db);
  if (!opened.ok()) return to_error(opened, options.directory, "open");
  return std::unique_ptr<Database>(
      new Database(options.directory, std::move(bounds), std::unique_ptr<rocksdb::DB>(db)));
}

ImageMemory StateImage::Database::memory() const {
  std::uint64_t readers = 0;
  (void)db_->GetIntProperty(rocksdb::DB::Properties::kEstimateTableReadersMem, &readers);
  const std::size_t charged = bounds_.memtables->dummy_entries_in_cache_usage();
  const std::size_t cached = bounds_.cache->GetUsage();
  return {.memtables = bounds_.memtables->memory_usage(),
          .cache = cached - std::min(charged, cached),
          .readers = static_cast<std::size_t>(readers)};
}

Error StateImage::Database::error(const rocksdb::Status& status, std::string_view doing) const {
  return to_error(status, directory_, doing);
}

Error StateImage::Database::corrupt_value(std::string_view what) const {
  return corrupt(concat("state image ", directory_, ": ", what, " is not of its form"));
}

Result<std::optional<std::string>> StateImage::Database::get(std::string_view key) const {
  std::string value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return error(status, "read");
  ASSIGN_OR_RETURN(const std::string_view checked, payload(value));
  value.erase(0, value.size() - checked.size());
  return value;
}

Result<std::string_view> StateImage::Database::payload(std::string_view value) const {
  if (value.empty()) return corrupt_value("an empty value");
  if (value.front() != kImageValueVersion) {
    return invalid_config(concat("state image ", directory_, ": a value has format version ",
                                 static_cast<int>(value.front()), ", this program knows ",
                                 static_cast<int>(kImageValueVersion)));
  }
  return value.substr(1);
}

std::unique_ptr<rocksdb::Iterator> StateImage::Database::scan(const rocksdb::Slice& begin,
                                                              const rocksdb::Slice& end) const {
  rocksdb::ReadOptions bounded;
  // What is scanned is not asked for again soon: a snapshot's walk would fill the cache with all.
  bounded.fill_cache = false;
  bounded.iterate_lower_bound = &begin;
  bounded.iterate_upper_bound = &end;
  std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(bounded));
  iterator->Seek(begin);
  return iterator;
}

}  // namespace sitrep
