// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the threads of an instance say to each other, each over a ring of its own, named after its
// two ends. Plain data that moves.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/spsc_ring.h"
#include "engine/log/log.h"
#include "engine/runtime/task.h"
#include "engine/state/commit_metadata.h"

namespace sitrep {

/// Number of a commit of this process; never stored (what is stored is each task's epoch).
using CommitNumber = StrongInt<struct CommitNumberTag, std::uint64_t>;

/// What a task's state records go on from.
struct StateTail {
  /// The task's state log, as the writer numbered it.
  TopicId topic;
  StateMark mark;
  std::optional<SnapshotMark> snapshot = {};
  /// Partitions of the input topics.
  std::int32_t partition_count = 0;
};

/// What a task's commits go on from; rides with its first part, so that the committer knows it
/// neither too early nor too late.
struct CommitStart {
  /// Of the assignment that the task was made under.
  Generation generation;
  /// Nothing: its state is in no state log.
  std::optional<StateTail> state;
};

/// A task with its readers, one per input.
struct OwnedTask {
  /// What the task reads of the image; outlives it.
  std::unique_ptr<ColdState> cold;
  std::unique_ptr<Task> task;
  /// Nothing once the first part has taken it along.
  std::optional<CommitStart> commit_start;
  std::vector<std::unique_ptr<PartitionReader>> readers;
  /// Bounded runs: where each input ends; the task finishes when all are reached. kEndNotKnownYet
  /// where other tasks of the job still write.
  std::vector<std::optional<Offset>> ends;
  /// Of tables: where each ended when the task was made. The other inputs wait for them.
  std::vector<std::optional<Offset>> load_until;
};

struct GiveTask {
  OwnedTask task;
};
/// A shared table has another value; before the tasks that look it up.
struct GiveTable {
  std::size_t table;  ///< Position in Topology::shared_tables.
  SharedTablePtr value;
};
/// Stop draining inputs, but go on closing epochs; answered with Parked.
struct Park {};
/// Destroy all tasks and readers; answered with Released.
struct Release {};
/// Drain again.
struct Resume {};
/// Take every input of the tasks of one level as ended where it is now.
struct EndInputs {
  std::size_t level = 0;
};
/// Bounded runs: where inputs end that other tasks of the job wrote.
struct TakeEnds {
  std::map<TopicPartition, Offset> ends;
};
using ControlToWorker =
    std::variant<GiveTask, GiveTable, Park, Release, Resume, EndInputs, TakeEnds>;

struct Parked {};
struct Released {};
struct TaskFailed {
  Error error;
};
/// The task reached the end of its bounded input, and its last part is handed over.
struct TaskFinished {
  TaskId task;
};
using WorkerToControl = std::variant<Parked, Released, TaskFailed, TaskFinished>;

struct CloseEpoch {
  CommitNumber commit;
};
using CommitterToWorker = CloseEpoch;

struct PartOfEpoch {
  TaskId task;
  EpochPart part;
  /// With the first part of a task.
  std::optional<CommitStart> start = {};
};
/// All tasks of the worker have handed over their part of the commit.
struct EpochClosed {
  CommitNumber commit;
};
/// Someone waits for rows in the open epoch.
struct UrgentRows {};
/// The open epoch holds more than its bound of bytes.
struct EpochFull {};
using WorkerToCommitter = std::variant<PartOfEpoch, EpochClosed, UrgentRows, EpochFull>;

/// Commit everything that was done until now, then answer with Committed.
struct CommitNow {};
/// The assignment is over: forget its tasks, their open snapshot, and the open epoch if there is
/// one, whose partitions are lost. Answered with Committed too.
struct DiscardOpen {};
using ControlToCommitter = std::variant<CommitNow, DiscardOpen>;

struct Committed {};
/// The open epoch will never be committed as it is, or was without our knowing: rebuild the tasks
/// from what is committed, then DiscardOpen. The committer rests until then.
struct EpochFailed {
  Error error;
};
struct CommitterFailed {
  Error error;
};
/// What lies before `before` is needed by nobody any more.
struct TrimLog {
  TopicId topic;
  PartitionId partition;
  Offset before;
};
using CommitterToControl = std::variant<Committed, EpochFailed, CommitterFailed, TrimLog>;

/// Write everything to the image that is durable until now, then answer with ImageWritten.
struct FlushNow {};
using ControlToFlusher = FlushNow;

struct ImageWritten {};
struct FlusherFailed {
  Error error;
};
using FlusherToControl = std::variant<ImageWritten, FlusherFailed>;

/// Deltas of one durable commit.
using DurableDeltas = std::vector<Delta>;
inline std::size_t bytes_of(const DurableDeltas& deltas) {
  std::size_t sum = 0;
  for (const Delta& delta : deltas) sum += delta.bytes.size();
  return sum;
}
/// A snapshot of the task is to be taken from the image; `number` names it in the chunks. The one
/// before, if it is not done, is given up.
struct TakeSnapshot {
  TaskId task;
  std::uint64_t number = 0;
};
using CommitterToFlusher = std::variant<DurableDeltas, TakeSnapshot>;

struct SnapshotChunk {
  std::uint64_t number = 0;
  /// What the snapshot stands for.
  StateMark mark;
  Epoch epoch;
  std::uint32_t part = 0;
  bool last = false;
  std::string bytes;
};
/// Nothing (more) comes of it: the image does not hold the task yet, or cannot be read.
struct SnapshotGivenUp {
  std::uint64_t number = 0;
};
using FlusherToCommitter = std::variant<SnapshotChunk, SnapshotGivenUp>;

struct Flushed {
  TaskId task;
  Epoch epoch;
};
using FlusherToWorker = Flushed;

/// The rings of control, committer and flusher.
struct InstanceRings {
  static constexpr std::size_t kControl = 16;

  SpscRing<ControlToCommitter> control_to_committer{kControl};
  SpscRing<CommitterToControl> committer_to_control{kControl};
  SpscRing<ControlToFlusher> control_to_flusher{kControl};
  SpscRing<FlusherToControl> flusher_to_control{kControl};
  /// Full: the committer waits for the disk, and so do the workers behind it. Each side counts the
  /// bytes of the deltas that it puts in and takes out.
  SpscRing<CommitterToFlusher> committer_to_flusher{64};
  RingLoad committer_to_flusher_bytes;
  /// Few: a chunk has close to a megabyte.
  SpscRing<FlusherToCommitter> flusher_to_committer{2};
};

/// All rings of one worker, owned by the instance; each end is used by the thread it is named
/// after.
struct WorkerRings {
  static constexpr std::size_t kControl = 256;
  static constexpr std::size_t kEpochs = 1024;

  SpscRing<ControlToWorker> from_control{kControl};
  SpscRing<WorkerToControl> to_control{kControl};
  SpscRing<CommitterToWorker> from_committer{8};
  SpscRing<WorkerToCommitter> to_committer{kEpochs};
  SpscRing<FlusherToWorker> from_flusher{kEpochs};
  /// Bytes that the tables of the worker's tasks hold in memory.
  SaidNumber table_bytes;
};

}  // namespace sitrep
