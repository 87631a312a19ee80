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
    TaskId task = {};
    /// The task's partition of the state log.
    TopicPartition state_log = {};
    /// Where to end: the record before target.next is the last. Nothing: at the last delta of the
    /// log as it is at the first step (the committed offsets are gone).
    std::optional<StateMark> target = {};
    /// The newest complete snapshot, when there is one.
    std::optional<SnapshotMark> snapshot = {};
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
  /// in the log that says so), and all is read from the snapshot or the beginning. kUnavailable,
  /// not to be tried again, when the log cannot give the state back: records are missing, damaged,
  /// or of another incarnation; the message names topic, partition and offset. Retriable when the
  /// log cannot be read now: call again. kCorrupt is the image's.
  Result<bool> step();
  /// Whether the last step failed because the log begins behind the snapshot that was named, or
  /// behind what the snapshot stands for: another owner has gone on and named a younger one, or
  /// nobody can restore the state.
  bool outrun() const { return outrun_; }
  /// How much of the way is done, by offsets: 0 to 100.
  int percent() const;
  /// Bytes of the deltas written to the image.
  std::uint64_t replayed_bytes() const { return replayed_bytes_; }
  /// Deltas of epochs that never committed.
  std::uint64_t orphans() const { return orphans_; }

 private:
  enum class Phase { kDeciding, kScanning, kSnapshot, kDeltas, kDone };
  /// A delta or chunk, its pieces joined.
  struct Whole {
    StateRecordHead head;
    std::string bytes;
    /// Of its first record.
    Offset begin;
    /// Behind its last record.
    Offset end;
  };

  Result<void> decide();
  Result<void> choose_begin();
  void read_from(Offset from);
  /// Reads some records and calls the phase's function for each whole; false when none came.
  Result<bool> read_some();
  Result<void> take_record(const RecordView& record);
  Result<void> take_whole(Whole whole);
  void scan(const Whole& whole);
  Result<void> end_scan();
  Result<void> take_chunk(Whole whole);
  Result<void> take_delta(Whole whole);
  Result<void> apply(Whole whole, std::optional<StateMark> mark);
  Result<void> write();
  Error lost(std::string_view what) const;
  bool snapshot_is_gone(const OffsetRange& kept) const;

  Log& log_;
  StateImage& image_;
  const Options options_;
  Phase phase_ = Phase::kDeciding;
  StateMark target_;
  std::optional<SnapshotMark> snapshot_;
  /// What is applied so far.
  Offset applied_{0};
  Offset from_{0};
  Offset end_{0};
  /// Where the reader begins that the next step opens, when there is none.
  Offset reading_from_{0};
  bool outrun_ = false;
  std::unique_ptr<PartitionReader> reader_;
  std::optional<Whole> partial_;
  /// Follows what is applied, and waits for the next delta to say whether it was committed.
  std::optional<Whole> candidate_;
  /// While scanning: the snapshot whose chunks are being met.
  std::optional<SnapshotMark> open_snapshot_;
  bool scanned_any_ = false;
  std::vector<Delta> gathered_;
  std::size_t gathered_bytes_ = 0;
  std::uint64_t replayed_bytes_ = 0;
  std::uint64_t orphans_ = 0;
};

}  // namespace sitrep
