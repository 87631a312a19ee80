// SPDX-License-Identifier: Apache-2.0
#include "engine/state/snapshot_walk.h"

#include <utility>

#include "engine/state/delta.h"

namespace sitrep {

Result<std::unique_ptr<SnapshotWalk>> SnapshotWalk::begin(const StateImage& image, TaskId task) {
  ASSIGN_OR_RETURN(std::optional<ImagePosition> position, image.position(task));
  if (!position || !position->mark) return std::unique_ptr<SnapshotWalk>();
  return std::unique_ptr<SnapshotWalk>(
      new SnapshotWalk(task, *std::move(position), image.walk(task)));
}

SnapshotWalk::SnapshotWalk(TaskId task, ImagePosition position, std::unique_ptr<ImageCursor> cursor)
    : task_(task), position_(std::move(position)), cursor_(std::move(cursor)) {}

Result<std::optional<std::string>> SnapshotWalk::next(std::size_t bytes_max) {
  if (ended_) return std::optional<std::string>();
  DeltaBuilder builder;
  std::size_t entries = 0;
  while (builder.bytes() < bytes_max) {
    ASSIGN_OR_RETURN(const std::optional<ImageEntry> entry, cursor_->next());
    if (!entry) {
      ended_ = true;
      break;
    }
    builder.put(entry->store, entry->key, entry->value);
    ++entries;
  }
  if (entries == 0 && begun_) return std::optional<std::string>();
  begun_ = true;
  return std::optional(builder.finish(task_, position_.task).bytes);
}

}  // namespace sitrep
