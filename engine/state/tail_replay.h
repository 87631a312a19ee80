// SPDX-License-Identifier: Apache-2.0
#pragma once
// Brings the image of a task to where the state log says it must be: reads the state log from the
// image's mark (or the newest snapshot, or the beginning) to the target, a bounded step at a time,
// and writes the deltas that belong to it to the image. Deltas of epochs that never committed are
// recognised by their predecessor and skipped. Used only by its owner's thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/log/log.h"
#include "engine/state/commit_metadata.h"
#include "engine/state/image.h"
#include "engine/state/state_record.h"

namespace sitrep {

class TailReplay {
 public:
  struct Options {
    TaskId task;
    /// The task's partition of the state log.
    TopicPartition state_log;
    /// Where to end: the record before target.next is the last. Nothing: at the end of the log as
    /// it is at the first step, with the incarnation of its last record (the committed offsets are
    /// gone).
    std::optional<StateMark> target;
    /// The newest complete snapshot, when there is one.
    std::optional<SnapshotMark> snapshot;
    /// Records per step.
    std::size_t step_records = 256;
    /// Bytes of deltas that are gathered before they are written to the image.
    std::size_t write_bytes = std::size_t{8} << 20;
  };

  /// `log` and `image` outlive the replay.
  TailReplay(Log& log, StateImage& image, Options options);
  ~TailReplay();

  /// Whether the image stands at the target. The first step decides from where: an image of another
  /// incarnation, ahead of the target, or behind what the log still holds is dropped (with a line
  /// in the log that says so), and all is read from the snapshot or the beginning. kCorrupt when
  /// the log cannot give the state back: records are missing, damaged, or of another incarnation;
  /// the message names topic, partition and offset. Retriable kUnavailable when the log cannot be
  /// read now: call again.
  Result<bool> step();
  /// How much of the way is done, by offsets: 0 to 100.
  int percent() const;
  /// Bytes of the deltas written to the image.
  std::uint64_t replayed_bytes() const { return replayed_bytes_; }

 private:
  struct Pending;

  Log& log_;
  StateImage& image_;
  const Options options_;
  std::unique_ptr<Pending> pending_;
  std::uint64_t replayed_bytes_ = 0;
};

}  // namespace sitrep
