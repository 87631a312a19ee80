// SPDX-License-Identifier: Apache-2.0
#include "engine/state/image.h"

#include <rocksdb/write_batch.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/base/text.h"
#include "engine/data/time_text.h"
#include "engine/state/binary.h"
#include "engine/state/delta_merge.h"
#include "engine/state/keys.h"
#include "engine/state/mark_form.h"
#include "engine/state/position_form.h"
#include "engine/state/rocks.h"

namespace sitrep {

namespace {

/// Version of the layout of keys, as text under the meta key "format".
constexpr std::string_view kImageFormat = "3";
/// A removed pane with up to this many entries leaves by single deletes: thousands of small range
/// tombstones slow every read, and small panes are the many ones.
constexpr int kSingleDeletesMax = 16;

void put(rocksdb::WriteBatch& batch, std::string_view key, std::string_view payload) {
  const rocksdb::Slice key_part = slice(key);
  const std::array<rocksdb::Slice, 2> value_parts = {slice({&kImageValueVersion, 1}),
                                                     slice(payload)};
  // A batch without a size limit has nowhere to fail.
  (void)batch.Put(rocksdb::SliceParts(&key_part, 1),
                  rocksdb::SliceParts(value_parts.data(), static_cast<int>(value_parts.size())));
}

}  // namespace

StateImage::StateImage(std::unique_ptr<Database> database) : database_(std::move(database)) {}
StateImage::~StateImage() = default;

Result<std::unique_ptr<StateImage>> StateImage::open(const ImageOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::open(options));
  ASSIGN_OR_RETURN(const std::optional<std::string> format, database->get(meta_key("format")));
  ASSIGN_OR_RETURN(const std::optional<std::string> job, database->get(meta_key("job")));
  if (format && *format != kImageFormat) {
    return invalid_config(concat("state image ", options.directory, ": its format version is ",
                                 *format, ", this program knows ", kImageFormat));
  }
  if (job && *job != options.job) {
    return invalid_config(concat("state image ", options.directory, ": it belongs to job '", *job,
                                 "', not to '", options.job, "'"));
  }
  if (!format || !job) {
    rocksdb::WriteBatch batch;
    put(batch, meta_key("format"), kImageFormat);
    put(batch, meta_key("job"), options.job);
    const rocksdb::Status written = database->db().Write(rocksdb::WriteOptions(), &batch);
    if (!written.ok()) return database->error(written, "write the job's name");
  }
  return std::unique_ptr<StateImage>(new StateImage(std::move(database)));
}

Result<std::optional<ImagePosition>> StateImage::position(TaskId task) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes, database_->get(position_key(task)));
  if (!bytes) return std::nullopt;
  BinaryReader in(*bytes);
  ImagePosition position{.task = read_position(in), .mark = std::nullopt};
  if (in.left() != 0) position.mark = read_mark(in);
  if (!in.ok() || in.left() != 0) return database_->corrupt_value("a position");
  return position;
}

Result<std::vector<TaskId>> StateImage::tasks() const {
  const std::string begin = positions_prefix();
  const std::string end = prefix_end(begin);
  const rocksdb::Slice begin_slice = slice(begin);
  const rocksdb::Slice end_slice = slice(end);
  std::vector<TaskId> tasks;
  const auto at = database_->scan(begin_slice, end_slice);
  for (; at->Valid(); at->Next()) {
    const std::optional<TaskId> task = parse_position_key(view(at->key()));
    if (!task) return database_->corrupt_value("a position's key");
    tasks.push_back(*task);
  }
  if (!at->status().ok()) return database_->error(at->status(), "list tasks");
  return tasks;
}

namespace {

/// Writes what takes away the entries that the image holds of a pane. `at` stands on the first of
/// them; nothing is written when there are none.
rocksdb::Status remove_pane(std::unique_ptr<rocksdb::Iterator> at, const rocksdb::Slice& begin,
                            const rocksdb::Slice& end, rocksdb::WriteBatch& batch) {
  std::vector<std::string> keys;
  for (; at->Valid(); at->Next()) {
    if (keys.size() == kSingleDeletesMax) return batch.DeleteRange(begin, end);
    keys.push_back(at->key().ToString());
  }
  for (const std::string& key : keys) (void)batch.Delete(key);
  return at->status();
}

}  // namespace

Result<std::size_t> StateImage::write(std::span<const Delta> deltas) {
  DeltaMerge merge;
  for (const Delta& delta : deltas) TRY(merge.add(delta));
  rocksdb::DB& db = database_->db();
  // Memory that is not written to is not taken: better than to double what may be large.
  rocksdb::WriteBatch batch(merge.bytes_max());
  std::string unread;
  TRY(merge.finish([&](const MergedChange& change) -> Result<void> {
    switch (change.kind) {
      case Change::Kind::kPut:
        put(batch, change.key, change.value);
        break;
      case Change::Kind::kRemove:
        // Most entries that go were never flushed; a bloom filter tells for less than a delete
        // costs.
        if (!db.KeyMayExist(rocksdb::ReadOptions(), slice(change.key), &unread)) break;
        (void)batch.Delete(slice(change.key));
        break;
      case Change::Kind::kRemovePane: {
        const std::string end = prefix_end(std::string(change.key));
        const rocksdb::Slice begin_slice = slice(change.key);
        const rocksdb::Slice end_slice = slice(end);
        const rocksdb::Status removed =
            remove_pane(database_->scan(begin_slice, end_slice), begin_slice, end_slice, batch);
        if (!removed.ok()) return database_->error(removed, "remove a pane");
        break;
      }
    }
    return {};
  }));
  std::string bytes;
  for (const auto& [task, position] : merge.positions()) {
    bytes.clear();
    append_position(bytes, position.task);
    if (position.mark) append_mark(bytes, *position.mark);
    put(batch, position_key(task), bytes);
  }
  const rocksdb::Status written = db.Write(rocksdb::WriteOptions(), &batch);
  if (!written.ok()) return database_->error(written, "write");
  return batch.GetDataSize();
}

Result<std::string> set_aside_image(const std::string& directory, Micros now) {
  // Colons are not for every file system.
  std::string time = format_timestamp(now);
  std::erase(time, ':');
  std::string aside = concat(directory, ".damaged-", time);
  std::error_code failed;
  std::filesystem::rename(directory, aside, failed);
  if (failed) {
    return unavailable(concat("setting the damaged state image ", directory, " aside as ", aside,
                              ": ", failed.message()),
                       Retry::kNever);
  }
  return aside;
}

Result<void> StateImage::drop(TaskId task) {
  const std::string begin = task_prefix(task);
  const std::string end = prefix_end(begin);
  rocksdb::WriteBatch batch;
  (void)batch.DeleteRange(slice(begin), slice(end));
  (void)batch.Delete(position_key(task));
  const rocksdb::Status written = database_->db().Write(rocksdb::WriteOptions(), &batch);
  if (!written.ok()) return database_->error(written, "drop a task");
  return {};
}

Result<void> StateImage::restore(
    TaskId task,
    const std::function<Result<void>(StoreId, const StateKey&, std::string_view value)>& entry)
    const {
  const std::unique_ptr<ImageCursor> cursor = walk(task);
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<ImageEntry> next, cursor->next());
    if (!next) return {};
    TRY(entry(next->store, next->key, next->value));
  }
}

ImageMemory StateImage::memory() const { return database_->memory(); }

}  // namespace sitrep
