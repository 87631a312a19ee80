// SPDX-License-Identifier: Apache-2.0
#pragma once
// One process's share of a job, as objects with a step(): control (this class), workers, committer
// and flusher. Engine gives each a thread; PipelineDriver and the simulation step them on one.
// Control owns the group membership: it makes and restores tasks when partitions are assigned, and
// takes everything back in order when they are revoked or the job ends:
//
//   park the workers → commit the open epoch → write the image → destroy tasks and readers →
//   unassign.
//
// Partitions that are lost (someone else has them already) skip the second and third step. An epoch
// that failed exactly once goes the same way, and then the same partitions are restored from what
// is committed. Used only by its thread (the control thread).

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/log.h"
#include "engine/runtime/bounded_end.h"
#include "engine/runtime/committer.h"
#include "engine/runtime/flush_loop.h"
#include "engine/runtime/messages.h"
#include "engine/runtime/restoration.h"
#include "engine/runtime/table_feed.h"
#include "engine/runtime/topology.h"
#include "engine/runtime/worker.h"
#include "engine/state/image.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

struct InstanceOptions {
  std::string group;
  /// Stable name of this process within the group.
  std::string instance;
  /// Directory of the state image; empty: state is kept in memory only and lost at the end.
  std::string state_dir;
  /// What becomes visible is visible once; needs a log that keeps state.
  bool exactly_once = false;
  /// Keep state in the log too, where the log can.
  bool state_log = true;
  std::size_t workers = 1;
  std::size_t batch_records_max = 1000;
  Micros commit_interval = 100 * kMicrosPerMilli;
  Micros flush_interval = 3 * kMicrosPerSecond;
  /// See CommitterOptions.
  std::size_t snapshot_bytes_min = std::size_t{64} << 20;
  Micros trim_interval = 10 * kMicrosPerSecond;
  /// The job's memory number (MemoryBudget splits it).
  std::size_t memory_bytes = std::size_t{256} << 20;
  /// Bytes of hot state; nothing: the budget's share. Tests set 0 to hit the image always.
  std::optional<std::size_t> state_bytes_max;
  /// Read to the end offsets seen at the start, close all windows, commit, and be finished.
  bool bounded = false;
};

class Instance {
 public:
  enum class Progress {
    kRunning,
    /// Bounded: everything was read, closed and committed, by this instance or another one.
    kFinished,
  };

  /// Joins the group, opens topics and image. kInvalidConfig when a topic is missing or the image
  /// is of another job; retriable kUnavailable when the log cannot be reached yet. All references
  /// outlive the instance.
  static Result<std::unique_ptr<Instance>> make(const Topology& topology,
                                                const InstanceOptions& options, Log& log,
                                                const Clock& clock, MetricsRegistry& metrics);
  ~Instance();

  /// What control does while it waits for others: sleep, or step them. An Error ends a wait for
  /// what may never come (the log's answer), and with it the instance. Must be set first.
  void set_idle(std::function<Result<void>()> idle) { idle_ = std::move(idle); }
  /// Serves the group for at most `wait`, and whatever the others said. An Error ends the instance:
  /// destroy it (nothing that was committed is lost).
  Result<Progress> step(Micros wait);
  /// Makes everything done until now durable and writes the image; workers go on meanwhile. False
  /// when the epoch failed: the tasks are being rebuilt from what is committed, by step().
  Result<bool> commit_open_epoch();
  /// Takes the inputs of stages of `level` as ended where they are now: windows close as in a
  /// bounded run.
  void end_inputs(std::size_t level) { tell_workers(EndInputs{level}); }
  /// Ends in order: drains, commits, writes the image, leaves the group if `leave`.
  Result<void> shut_down(bool leave);
  /// Whether every task of the assignment runs.
  bool settled() const { return assigned_ && !restoration_ && !epoch_failed_; }
  /// Whether a first assignment was served.
  bool assigned() const { return assigned_; }

  /// The parts that the others' threads step.
  std::vector<std::unique_ptr<Worker>>& workers() { return workers_; }
  Committer& committer() { return *committer_; }
  /// Null without a state image.
  FlushLoop* flusher() { return flusher_.get(); }

 private:
  Instance(const Topology& topology, const InstanceOptions& options, Log& log, const Clock& clock,
           MetricsRegistry& metrics);
  Result<void> open();
  Result<void> check_topics();
  Result<void> open_outputs();
  /// Makes the topics of state logs, and refuses ones that would lose state.
  Result<void> open_state_logs();
  /// Topics that tasks send each other rows through, by name.
  std::map<std::string, TopicId> repartition_topics() const;
  Result<Progress> finish_level();
  bool uses_state_log() const { return options_.state_log && log_.keeps_state() && image_; }
  Result<void> open_tables(std::size_t memory_bytes_max);
  /// Gives workers what changed in shared tables; whether all are loaded.
  Result<bool> serve_tables();
  void begin_restoration();
  /// A piece of the restoration under way, if one is.
  Result<void> restore();
  Result<void> serve_revoked(bool lost);
  /// Takes the tasks back from the workers; with `commit`, after their last epoch is durable, if
  /// that succeeds.
  Result<void> take_tasks_back(bool commit);
  /// After an epoch that failed: the same partitions again, from what is committed.
  Result<void> rebuild();
  Result<void> serve_messages();
  void note_trim(const TrimLog& trim);
  /// Trims topics of our own; what fails is tried again with the next occasion.
  void trim_own_topics();
  /// Waits until every worker has answered so.
  template <typename Answer>
  Result<void> wait_for_workers();
  /// Waits for the committer's Committed; false when the epoch failed instead.
  Result<bool> wait_for_commit();
  Result<void> wait_for_image();
  template <typename Message>
  void tell_workers(const Message& what) {
    for (const auto& rings : worker_rings_) {
      ControlToWorker message = what;
      while (!rings->from_control.try_push(message)) (void)idle_();
    }
  }
  std::size_t worker_of(TaskId task) const;
  /// What the tables of all tasks leave of the memory that they may take. Any thread.
  std::size_t unused_of(std::size_t granted) const;

  const Topology& topology_;
  const InstanceOptions options_;
  Log& log_;
  const Clock& clock_;
  MetricsRegistry& metrics_;
  std::function<Result<void>()> idle_;
  std::unique_ptr<StateImage> image_;
  std::unique_ptr<LogWriter> writer_;
  TopicNumbers topics_;
  InstanceRings rings_;
  std::vector<std::unique_ptr<WorkerRings>> worker_rings_;
  // Tasks hold readers of the group, so workers go before it.
  std::unique_ptr<GroupReader> group_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<FlushLoop> flusher_;
  std::vector<std::unique_ptr<Feed>> tables_;  // as in Topology::shared_tables
  struct Running {
    std::size_t level = 0;
    bool finished = false;
  };
  std::map<TaskId, Running> running_;
  /// Of a bounded run only.
  std::unique_ptr<BoundedEnd> bounded_end_;
  std::vector<TopicPartition> owned_;
  Generation generation_;
  std::unique_ptr<Restoration> restoration_;
  std::map<TopicPartition, Offset> trims_;  // to be done
  bool assigned_ = false;
  bool epoch_failed_ = false;
  Micros rebuilt_at_ = 0;
  Micros rebuild_wait_ = 0;
  Counter& rebuilds_;
};

}  // namespace sitrep
