// SPDX-License-Identifier: Apache-2.0
#pragma once
// A task's whole state as chunks for the state log, taken from the image as it is when the walk
// begins, while the image goes on. So that the log need not go back to the beginning. Used only by
// its owner's thread; to be made where nobody writes the image meanwhile.

#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/state/image.h"

namespace sitrep {

class SnapshotWalk {
 public:
  /// `image` outlives the walk. Nothing when the image of the task stands for no place in a state
  /// log.
  static Result<std::unique_ptr<SnapshotWalk>> begin(const StateImage& image, TaskId task);

  /// What the chunks together stand for.
  const StateMark& mark() const { return *position_.mark; }
  Epoch epoch() const { return position_.task.epoch; }
  /// The next chunk, in the form of a delta with puts alone; nothing behind the last. The first one
  /// is there even when there are no entries.
  Result<std::optional<std::string>> next(std::size_t bytes_max);

 private:
  SnapshotWalk(TaskId task, ImagePosition position, std::unique_ptr<ImageCursor> cursor);

  const TaskId task_;
  const ImagePosition position_;
  const std::unique_ptr<ImageCursor> cursor_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace sitrep
