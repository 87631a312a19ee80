// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes epochs durable: asks the workers to close one, gathers their parts, writes outputs and
// positions through the one LogWriter, and hands the deltas on to the flusher once the commit is
// known to have happened. Workers go on with the next epoch meanwhile. An epoch closes every
// commit_interval, or when a worker's part is full, or early when someone waits for rows in it.
// Where state is in the log, each part's delta becomes a record of it, and what is committed beside
// the positions says where the state stands (decision 0006). A commit that fails: at least once,
// the same parts are tried again (what was already written may repeat); exactly once, the writer
// settles it and control rebuilds the tasks. Used only by its thread.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/runtime/committer_state.h"
#include "engine/runtime/messages.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

struct CommitterOptions {
  bool exactly_once = false;
  Micros commit_interval = 100 * kMicrosPerMilli;
  /// Urgent epochs keep this distance from the commit before.
  Micros urgent_interval = 10 * kMicrosPerMilli;
  /// Bytes of deltas after which a task's state is written whole, so that the log can be trimmed;
  /// or twice the size of the last snapshot, if that is more.
  std::size_t snapshot_bytes_min = std::size_t{64} << 20;
  /// The flusher is given nothing more while deltas of so many bytes are on their way to it.
  std::size_t flusher_bytes_max = std::size_t{32} << 20;
  /// Inputs that other tasks of the job write: what is committed as read of them is needed by
  /// nobody, and is trimmed every trim_interval.
  std::map<std::string, TopicId> repartition_topics = {};
  Micros trim_interval = 10 * kMicrosPerSecond;
  /// First wait after a failed commit; doubles up to retry_max.
  Micros retry_min = 100 * kMicrosPerMilli;
  Micros retry_max = 10 * kMicrosPerSecond;
};

class Committer {
 public:
  /// All references outlive the committer. `workers` has the rings of every worker. Without an
  /// image (`has_flusher` false) deltas end here.
  Committer(const CommitterOptions& options, const Clock& clock, LogWriter& writer,
            InstanceRings& rings, std::vector<WorkerRings*> workers, bool has_flusher,
            MetricsRegistry& metrics);

  /// Does what can be done now; false when there was nothing. What trying again does not mend is
  /// said to control, once, and the committer rests. May wait inside the writer's commit.
  bool step();

 private:
  /// A task whose state is in the log.
  struct Tail {
    StateTail state;
    /// Offset behind the state record of the epoch at hand.
    Offset next;
    /// Bytes of deltas since the last snapshot, and of that one.
    std::size_t delta_bytes = 0;
    std::size_t snapshot_bytes = 0;
  };
  /// The one snapshot that is being written.
  struct OpenSnapshot {
    TaskId task;
    std::uint64_t number = 0;
    std::optional<Offset> first_chunk = {};
    std::size_t bytes = 0;
  };

  bool serve_control();
  bool ask_to_close(Micros now);
  bool gather();
  bool write(Micros now);
  bool settle(Micros now);
  void fail(Error error);
  void wait_before_retry(Micros now);
  void take_part(PartOfEpoch part);
  Result<std::size_t> write_parts();
  /// Appends the state records of the open parts and learns where they are.
  Result<void> write_state();
  /// Takes the next chunk of the open snapshot along, if its task has a part in this epoch.
  void take_chunk();
  /// The epoch is durable: so is its chunk.
  void keep_chunk();
  void ask_for_snapshot();
  std::optional<SnapshotMark> snapshot_with(const Tail& tail, TaskId task) const;
  /// What is committed for a part's inputs.
  void add_positions(const EpochPart& part, std::vector<CommittedPosition>& out) const;
  bool hand_over();
  void discard();
  /// These positions are committed.
  void trim_read(std::span<const CommittedPosition> positions);
  void answer(CommitterToControl message);

  const CommitterOptions options_;
  const Clock& clock_;
  LogWriter& writer_;
  InstanceRings& rings_;
  const std::vector<WorkerRings*> workers_;
  const bool has_flusher_;
  StateMachine<CommitterState> state_{kCommitterTransitions, CommitterState::kOpen};
  CommitNumber asked_{0};
  std::size_t closed_workers_ = 0;
  std::vector<EpochPart> parts_;
  std::map<TaskId, Tail> tails_;
  std::optional<OpenSnapshot> snapshot_;
  std::uint64_t snapshots_asked_ = 0;
  /// Goes with the epoch at hand, and where it then lies.
  std::optional<SnapshotChunk> chunk_;
  Offset chunk_offset_{0};
  Generation generation_;
  std::map<TopicPartition, Micros> trimmed_at_;
  std::optional<Error> epoch_error_;
  bool urgent_ = false;
  bool full_ = false;
  bool control_waits_ = false;  // for the next commit to be asked for
  bool answer_due_ = false;     // when the open commit is durable
  Micros last_commit_ = 0;
  Micros asked_at_ = 0;
  Micros retry_at_ = 0;
  Micros retry_wait_ = 0;
  std::optional<CommitterToFlusher> deltas_;
  Counter& snapshots_;
  Counter& commits_;
  Counter& commit_failures_;
  Counter& records_written_;
  DurationHistogram& commit_seconds_;
};

}  // namespace sitrep
