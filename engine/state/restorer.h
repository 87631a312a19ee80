// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fills a task's stores from the image, a bounded step at a time, so that its worker can serve
// other tasks meanwhile. When the stores hold as much memory as they may, further panes are only
// registered: their rows are read when they are asked for. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/api/store.h"
#include "engine/base/result.h"
#include "engine/state/image.h"
#include "engine/state/task_id.h"

namespace sitrep {

class Restorer {
 public:
  struct Options {
    TaskId task;
    /// The task's stores, empty; they outlive the restorer.
    std::vector<Store*> stores;
    /// What the stores together may hold before panes stay in the image. Stores that keep
    /// everything in memory are filled regardless.
    std::size_t memory_bytes_max = 0;
    /// Entries (or panes left in the image) per step.
    std::size_t step_entries = 4096;
  };

  /// Takes the image as it is now; `image` outlives the restorer.
  Restorer(const StateImage& image, Options options);

  /// Whether all is restored. An Error leaves the stores half filled: throw them away.
  Result<bool> step();
  /// How much is done, by size: 0 to 100.
  int percent() const { return cursor_->percent(); }
  /// Entries put into stores.
  std::uint64_t restored_entries() const { return restored_entries_; }
  /// Entries of stores that the task no longer has: a stream was taken out of the job.
  std::uint64_t unknown_entries() const { return unknown_entries_; }
  /// Panes that stay in the image.
  std::uint64_t cold_panes() const { return cold_panes_; }

 private:
  Result<void> take(const ImageEntry& entry);
  Store* find(StoreId id) const;
  bool full() const;

  const Options options_;
  const std::unique_ptr<ImageCursor> cursor_;
  std::uint64_t restored_entries_ = 0;
  std::uint64_t unknown_entries_ = 0;
  std::uint64_t cold_panes_ = 0;
};

}  // namespace sitrep
