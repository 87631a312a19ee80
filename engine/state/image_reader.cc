// SPDX-License-Identifier: Apache-2.0
// The image's read sides: a walk over all of a task, and single entries and panes for its tables.
#include <algorithm>
#include <utility>

#include "engine/state/image.h"
#include "engine/state/keys.h"
#include "engine/state/rocks.h"

namespace sitrep {

class StateImage::Cursor final : public ImageCursor {
 public:
  Cursor(const Database& database, TaskId task)
      : database_(database),
        begin_(task_prefix(task)),
        end_(prefix_end(begin_)),
        iterator_(database_.scan(begin_slice_, end_slice_)) {}

  Result<std::optional<ImageEntry>> next() override {
    if (entered_) iterator_->Next();
    entered_ = true;
    if (!iterator_->Valid()) {
      if (!iterator_->status().ok()) return database_.error(iterator_->status(), "restore");
      done_ = true;
      return std::nullopt;
    }
    std::optional<EntryKey> key = parse_entry_key(view(iterator_->key()));
    if (!key) return database_.corrupt_value("an entry's key");
    key_ = *std::move(key);
    ASSIGN_OR_RETURN(const std::string_view value, database_.payload(view(iterator_->value())));
    return ImageEntry{
        .store = key_.store,
        .key = {.clock = key_.clock, .pane = key_.pane, .key = key_.key},
        .value = value};
  }

  void skip_pane() override {
    iterator_->Seek(prefix_end(std::string(key_.pane_prefix)));
    entered_ = false;
  }

  int percent() override {
    if (done_) return 100;
    if (!iterator_->Valid()) return percent_;
    const rocksdb::Range ranges[] = {{begin_slice_, iterator_->key()}, {begin_slice_, end_slice_}};
    std::uint64_t sizes[] = {0, 0};
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    rocksdb::DB& db = database_.db();
    const rocksdb::Status known =
        db.GetApproximateSizes(options, db.DefaultColumnFamily(), ranges, 2, sizes);
    if (!known.ok() || sizes[1] == 0) return percent_;
    // What lies in memtables is estimated by samples, which differ from call to call.
    const auto percent = static_cast<int>(std::min<std::uint64_t>(sizes[0] * 100 / sizes[1], 99));
    percent_ = std::max(percent_, percent);
    return percent_;
  }

 private:
  const Database& database_;
  const std::string begin_;
  const std::string end_;
  const rocksdb::Slice begin_slice_ = slice(begin_);
  const rocksdb::Slice end_slice_ = slice(end_);
  /// The image as it was when the walk began.
  const std::unique_ptr<rocksdb::Iterator> iterator_;
  EntryKey key_;
  bool entered_ = false;  // the iterator stands on an entry that next() gave
  bool done_ = false;
  int percent_ = 0;
};

class StateImage::Cold final : public ColdState {
 public:
  Cold(const StateImage& image, TaskId task) : image_(image), task_(task) {}

  Result<std::optional<std::string>> get(StoreId store, const StateKey& key) override {
    return image_.database_->get(entry_key(task_, store, key));
  }

  Result<void> scan_pane(
      StoreId store, std::string_view clock, Micros pane,
      const std::function<Result<void>(std::string_view key, std::string_view value)>& entry)
      override {
    const Database& database = *image_.database_;
    const std::string begin = pane_prefix(task_, store, clock, pane);
    const std::string end = prefix_end(begin);
    const rocksdb::Slice begin_slice = slice(begin);
    const rocksdb::Slice end_slice = slice(end);
    const auto at = database.scan(begin_slice, end_slice);
    for (; at->Valid(); at->Next()) {
      ASSIGN_OR_RETURN(const std::string_view value, database.payload(view(at->value())));
      TRY(entry(view(at->key()).substr(begin.size()), value));
    }
    if (!at->status().ok()) return database.error(at->status(), "scan a pane");
    return {};
  }

  std::optional<Epoch> flushed() override {
    const Result<std::optional<ImagePosition>> position = image_.position(task_);
    if (!position || !*position) return std::nullopt;
    return (*position)->task.epoch;
  }

 private:
  const StateImage& image_;
  const TaskId task_;
};

std::unique_ptr<ImageCursor> StateImage::walk(TaskId task) const {
  return std::make_unique<Cursor>(*database_, task);
}

std::unique_ptr<ColdState> StateImage::cold_state(TaskId task) const {
  return std::make_unique<Cold>(*this, task);
}

}  // namespace sitrep
