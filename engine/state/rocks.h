// SPDX-License-Identifier: Apache-2.0
#pragma once
// How RocksDB is opened for the image, and how its answers become Errors: one place for both.
// Private to the image (the only header of ours that shows RocksDB's).
//
// Facts about RocksDB 7.8.3 that the options rest on, all in its release notes: atomic_flush
// without a WAL can lose data (fixed in 8.1), so there is one column family with a WAL; ingested
// files mixed with memtable writes can be misordered (7.10), so nothing is ingested; more than two
// memtables can be flushed out of order after a failed flush (7.9). Range tombstones make
// SeekToFirst slow (26 ms where a Seek to a live key takes 2.5 µs), so every iterator has bounds
// and begins with a Seek. Thread-safe.

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/slice.h>
#include <rocksdb/status.h>
#include <rocksdb/write_buffer_manager.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/state/image.h"

namespace sitrep {

/// First byte of every value in the image.
inline constexpr char kImageValueVersion = 1;

inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

class StateImage::Database {
 public:
  static Result<std::unique_ptr<Database>> open(const ImageOptions& options);

  /// The Error of a status that is not ok: "state image DIRECTORY: DOING: what RocksDB says".
  Error error(const rocksdb::Status& status, std::string_view doing) const;
  Error corrupt_value(std::string_view what) const;

  /// A value without its version byte; nothing when there is none.
  Result<std::optional<std::string>> get(std::string_view key) const;
  /// Strips the version byte. kInvalidConfig when the version is unknown.
  Result<std::string_view> payload(std::string_view value) const;
  /// An iterator over the keys from `begin` on and below `end`, which must outlive it.
  std::unique_ptr<rocksdb::Iterator> scan(const rocksdb::Slice& begin,
                                          const rocksdb::Slice& end) const;

  rocksdb::DB& db() const { return *db_; }
  ImageMemory memory() const;

 private:
  /// What bounds the memory of a database.
  struct Bounds {
    std::shared_ptr<rocksdb::Cache> cache;
    std::shared_ptr<rocksdb::WriteBufferManager> memtables;
  };

  Database(std::string directory, Bounds bounds, std::unique_ptr<rocksdb::DB> db);
  static rocksdb::Options rocks_options(const ImageOptions& options, const Bounds& bounds);

  const std::string directory_;
  const Bounds bounds_;
  const std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace sitrep
