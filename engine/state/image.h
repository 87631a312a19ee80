// SPDX-License-Identifier: Apache-2.0
#pragma once
// The local image of a job's state in RocksDB: a lazily written copy of the state log, with the
// input positions it stands for. Written only from deltas of epochs known to be durable; never
// ahead of the log. One RocksDB per process, one column family, WAL on and not synced (a killed
// process loses nothing, a machine that loses power loses at most the tail, and reads that part of
// its input again). Key layout in docs/formats.md. Thread-safe.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/api/store.h"
#include "engine/state/delta.h"
#include "engine/state/task_id.h"

namespace sitrep {

struct ImageOptions {
  /// Directory of the database; made when absent. Locked while open.
  std::string directory;
  /// Names the owner of the state: an image of another job is refused.
  std::string job;
  /// Block cache, index and filter blocks included.
  std::size_t cache_bytes = 32 << 20;
  /// All memtables together.
  std::size_t write_buffer_bytes = 16 << 20;
};

/// What the image of a task stands for.
struct ImagePosition {
  TaskPosition task;
  /// Nothing for state that is in no state log.
  std::optional<StateMark> mark;

  friend bool operator==(const ImagePosition&, const ImagePosition&) = default;
};

/// One entry of a task, as the image holds it.
struct ImageEntry {
  StoreId store;
  StateKey key;
  std::string_view value;
};

/// Bytes that RocksDB holds of the process's memory.
struct ImageMemory {
  std::size_t memtables = 0;
  /// Blocks of data, indexes and filters, whether pinned or not.
  std::size_t cache = 0;
  /// What open tables hold beside the cache.
  std::size_t readers = 0;
};

/// Walks a task's entries as they were when the walk began, ascending by store, clock, pane, key.
/// Thread-compatible.
class ImageCursor {
 public:
  virtual ~ImageCursor() = default;
  /// The next entry, or nothing at the end. Views are valid until the next call.
  virtual Result<std::optional<ImageEntry>> next() = 0;
  /// Leaves out the rest of the pane of the entry that next() gave last.
  virtual void skip_pane() = 0;
  /// About how much of the task lies behind, by size: 0 to 100, never going back.
  virtual int percent() = 0;
};

/// Renames the directory of a damaged image, so that a new one can be made, and says how.
Result<std::string> set_aside_image(const std::string& directory, Micros now);

class StateImage {
 public:
  /// kUnavailable naming the directory when it is locked by another process or cannot be written;
  /// kCorrupt when the database is damaged; kInvalidConfig when it belongs to another job or has a
  /// format version that this program does not know (both are named).
  static Result<std::unique_ptr<StateImage>> open(const ImageOptions& options);
  ~StateImage();

  /// What the image of `task` stands for; nothing when it has none.
  Result<std::optional<ImagePosition>> position(TaskId task) const;
  /// Every task that the image knows.
  Result<std::vector<TaskId>> tasks() const;
  /// Applies deltas, oldest first, several tasks mixed, as one atomic write: last value per key
  /// wins, panes that were never written leave no trace. The bytes that were left to write.
  Result<std::size_t> write(std::span<const Delta> deltas);
  /// Calls `entry` for every entry of `task`, ascending by store, clock, pane, key.
  Result<void> restore(TaskId task,
                       const std::function<Result<void>(StoreId, const StateKey&,
                                                        std::string_view value)>& entry) const;
  /// The same, entry by entry; the image outlives the cursor.
  std::unique_ptr<ImageCursor> walk(TaskId task) const;
  /// Forgets a task's state and position.
  Result<void> drop(TaskId task);
  /// The read side for the tables of `task`; the image outlives it.
  std::unique_ptr<ColdState> cold_state(TaskId task) const;
  ImageMemory memory() const;

 private:
  class Database;
  class Cursor;
  class Cold;
  explicit StateImage(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace sitrep
