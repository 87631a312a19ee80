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
  };

  bool serve_control();
  bool ask_to_close(Micros now);
  bool gather();
  bool write(Micros now);
  bool settle(Micros now);
  void fail(Error error);
  void wait_before_retry(Micros now);
  void take_part(PartOfEpoch part);
  Result<void> write_parts();
  /// Appends the state records of the open parts and learns where they are.
  Result<void> write_state();
  /// What is committed for a part's inputs.
  void add_positions(const EpochPart& part, std::vector<CommittedPosition>& out) const;
  bool hand_over();
  void discard();
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
  Generation generation_;
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
  Counter& commits_;
  Counter& commit_failures_;
  Counter& records_written_;
  DurationHistogram& commit_seconds_;
};

}  // namespace sitrep
