// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs tasks: drains their readers in turn, a bounded batch each, and closes the epoch at a batch
// boundary when the committer asks. Never waits: step() does what can be done now and says whether
// it did anything; a thread (or a test) calls it again. When its ring to the committer is full, or
// the open epoch is, it stops draining: that is the back-pressure. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/runtime/messages.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

struct WorkerOptions {
  std::size_t index = 0;
  /// Records per read of one partition.
  std::size_t batch_records_max = 1000;
  /// Output bytes of one worker's open epoch at which it asks for a commit, and twice that many at
  /// which it stops draining.
  std::size_t epoch_bytes_max = 8 << 20;
  /// The same for bytes of state that the open epoch changed.
  std::size_t changed_bytes_max = 8 << 20;
  /// Bytes of all hot tables of this worker above which flushed state is evicted.
  std::size_t state_bytes_max = 64 << 20;
};

class Worker {
 public:
  /// `clock`, `rings` and `metrics` outlive the worker.
  Worker(const WorkerOptions& options, const Clock& clock, WorkerRings& rings,
         MetricsRegistry& metrics);
  ~Worker();

  /// Does what can be done now, at most one batch per input; false when there was nothing.
  bool step();

  /// The tasks it owns, for status; only while the worker rests or from its own thread.
  const std::vector<OwnedTask>& tasks() const { return tasks_; }

 private:
  bool serve_control();
  bool serve_committer();
  bool serve_flusher();
  /// The open epoch's part of what it may hold: above 1 it asks for a commit, above 2 it waits.
  double open_part() const;
  bool drain_tasks();
  bool drain_inputs();
  bool drain(OwnedTask& owned);
  void give_tables(OwnedTask& owned);
  /// Whether a table is still to be read to where it ended at the start.
  static bool is_loading(const OwnedTask& owned);
  void finish_ended(OwnedTask& owned);
  void take_ends(const std::map<TopicPartition, Offset>& ends);
  /// Tells control of tasks whose end has been handed over.
  void announce();
  void tick();
  void close_epoch(CommitNumber commit);
  /// Pushes what waits for room in the ring to the committer; false while some still waits.
  bool push_waiting();
  std::size_t task_bytes() const;
  void evict_above_budget();
  void publish_metrics(Micros now);
  void publish_lag();
  void fail(Error error);

  const WorkerOptions options_;
  const Clock& clock_;
  WorkerRings& rings_;
  std::vector<SharedTablePtr> tables_;  // by position in Topology::shared_tables
  std::vector<OwnedTask> tasks_;
  /// Whether the end of a task's bounded input was reached, and control told.
  enum class Finish : std::uint8_t { kNot, kDone, kAnnounced };
  std::vector<Finish> finished_;
  std::deque<WorkerToControl> announcements_;  // bounded: one per task
  std::deque<WorkerToCommitter> waiting_;  // bounded: parts of one commit, at most tasks + 1
  std::map<TaskId, Epoch> flushed_;
  RecordBatch records_;
  /// What tables leave of state_bytes_max.
  std::size_t unused_bytes_ = 0;
  bool parked_ = false;
  bool failed_ = false;
  bool urgent_sent_ = false;
  bool full_sent_ = false;
  /// Whose turn is next.
  std::size_t first_task_ = 0;
  Micros last_tick_ = 0;
  Micros last_published_ = 0;
  Counter& backpressure_;
  Gauge& state_bytes_;
  std::map<TopicPartition, Gauge*> lag_;
  MetricsRegistry& metrics_;
};

}  // namespace sitrep
