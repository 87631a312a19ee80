// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/committer.h"

#include <algorithm>
#include <utility>

#include "engine/base/logging.h"
#include "engine/runtime/state_records.h"
#include "engine/state/state_record.h"

namespace sitrep {

Committer::Committer(const CommitterOptions& options, const Clock& clock, LogWriter& writer,
                     InstanceRings& rings, std::vector<WorkerRings*> workers, bool has_flusher,
                     MetricsRegistry& metrics)
    : options_(options),
      clock_(clock),
      writer_(writer),
      rings_(rings),
      workers_(std::move(workers)),
      has_flusher_(has_flusher),
      last_commit_(clock.monotonic()),
      snapshots_(metrics.counter("sitrep_snapshots_total", "Snapshots of tasks in state logs")),
      commits_(metrics.counter("sitrep_commits_total", "Epochs made durable")),
      commit_failures_(metrics.counter("sitrep_commit_failures_total",
                                       "Commits that failed and were tried again")),
      records_written_(metrics.counter("sitrep_records_written_total", "Records written")),
      commit_seconds_(metrics.histogram("sitrep_commit_seconds",
                                        "Time from asking for an epoch to its commit")) {}

bool Committer::step() {
  bool busy = serve_control();
  const Micros now = clock_.monotonic();
  switch (state_.state()) {
    case CommitterState::kOpen:
      busy = gather() || busy;
      return ask_to_close(now) || busy;
    case CommitterState::kClosing:
      busy = gather() || busy;
      if (closed_workers_ < workers_.size()) return busy;
      state_.enter(CommitterState::kWriting);
      retry_at_ = 0;
      retry_wait_ = options_.retry_min;
      return write(now);
    case CommitterState::kWriting:
      return write(now) || busy;
    case CommitterState::kHandingOver:
      return hand_over() || busy;
    case CommitterState::kSettling:
      return settle(now) || busy;
    case CommitterState::kResting:
    case CommitterState::kFailed:
      return busy;
  }
  ENSURE(false, "unknown state of the committer");
}

bool Committer::serve_control() {
  // What is on its way to the broker or to the flusher is brought to its end first.
  const CommitterState state = state_.state();
  if (state == CommitterState::kSettling || state == CommitterState::kHandingOver) return false;
  const auto message = rings_.control_to_committer.try_pop();
  if (!message) return false;
  if (std::holds_alternative<CommitNow>(*message)) {
    control_waits_ = true;
  } else {
    discard();
    answer(Committed{});
  }
  return true;
}

bool Committer::ask_to_close(Micros now) {
  const Micros waited = now - last_commit_;
  const bool due = control_waits_ || full_ || waited >= options_.commit_interval ||
                   (urgent_ && waited >= options_.urgent_interval);
  if (!due) return false;
  answer_due_ = std::exchange(control_waits_, false);
  full_ = false;
  urgent_ = false;
  ++asked_;
  asked_at_ = now;
  closed_workers_ = 0;
  for (WorkerRings* worker : workers_) {
    CommitterToWorker message{.commit = asked_};
    ENSURE(worker->from_committer.try_push(message), "one epoch is open at a time");
  }
  state_.enter(CommitterState::kClosing);
  return true;
}

bool Committer::gather() {
  bool busy = false;
  for (WorkerRings* worker : workers_) {
    while (auto message = worker->to_committer.try_pop()) {
      busy = true;
      if (auto* part = std::get_if<PartOfEpoch>(&*message)) {
        take_part(std::move(*part));
      } else if (auto* closed = std::get_if<EpochClosed>(&*message)) {
        ENSURE(closed->commit <= asked_, "a worker closed an epoch that nobody asked for");
        // An older one was discarded before the worker came to close it.
        if (closed->commit == asked_) ++closed_workers_;
      } else if (std::holds_alternative<UrgentRows>(*message)) {
        urgent_ = true;
      } else {
        full_ = true;
      }
    }
  }
  return busy;
}

void Committer::take_part(PartOfEpoch part) {
  if (part.start) {
    ENSURE(!snapshot_ || snapshot_->task != part.task,
           "a snapshot outlived the assignment that it was begun in");
    generation_ = std::move(part.start->generation);
    tails_.erase(part.task);
    if (part.start->state) {
      tails_.emplace(part.task, Tail{.state = *part.start->state, .next = Offset(0)});
    }
  }
  parts_.push_back(std::move(part.part));
}

/// How many records of outputs.
Result<std::size_t> Committer::write_parts() {
  TRY(writer_.begin());
  std::size_t records = 0;
  for (EpochPart& part : parts_) {
    records += part.outputs.size();
    if (!part.outputs.empty()) TRY(writer_.append(part.outputs));
    // An epoch that fails is written again only at least once.
    if (options_.exactly_once) part.outputs = OutputBatch();
  }
  if (!tails_.empty()) TRY(write_state());
  std::vector<CommittedPosition> positions;
  for (const EpochPart& part : parts_) add_positions(part, positions);
  TRY(writer_.commit(positions, generation_));
  // Without a state log a restart may go back behind what is committed.
  if (!tails_.empty()) trim_read(positions);
  return records;
}

void Committer::trim_read(std::span<const CommittedPosition> positions) {
  if (options_.repartition_topics.empty()) return;
  const Micros now = clock_.monotonic();
  for (const CommittedPosition& position : positions) {
    const auto topic = options_.repartition_topics.find(position.partition.topic);
    if (topic == options_.repartition_topics.end()) continue;
    Micros& trimmed_at = trimmed_at_.try_emplace(position.partition, now).first->second;
    if (now - trimmed_at < options_.trim_interval) continue;
    // Answers must always find room.
    if (rings_.committer_to_control.size() >= InstanceRings::kControl / 2) return;
    CommitterToControl message = TrimLog{.topic = topic->second,
                                         .partition = position.partition.partition,
                                         .before = position.next};
    // When control is busy, a later commit says it again.
    if (rings_.committer_to_control.try_push(message)) trimmed_at = now;
  }
}

Result<void> Committer::write_state() {
  OutputBatch records;
  std::vector<std::pair<Tail*, std::size_t>> last_records;
  for (const EpochPart& part : parts_) {
    const auto found = tails_.find(part.delta.task);
    if (found == tails_.end()) continue;
    append_state_records(part.delta, found->second.state, records);
    last_records.emplace_back(&found->second, records.size() - 1);
  }
  if (records.empty()) return {};
  const std::size_t first_of_chunk = records.size();
  if (chunk_) {
    append_chunk_records(*chunk_, snapshot_->task.partition, tails_.at(snapshot_->task).state,
                         records);
  }
  ASSIGN_OR_RETURN(const std::vector<Offset> offsets, writer_.append_located(records));
  ENSURE(offsets.size() == records.size(), "one offset per record");
  if (chunk_) chunk_offset_ = offsets[first_of_chunk];
  for (const auto& [tail, last] : last_records) tail->next = offsets[last] + 1;
  return {};
}

/// The newest complete snapshot, with the one that the epoch at hand completes.
std::optional<SnapshotMark> Committer::snapshot_with(const Tail& tail, TaskId task) const {
  if (!chunk_ || !chunk_->last || snapshot_->task != task) return tail.state.snapshot;
  return SnapshotMark{.first_chunk = snapshot_->first_chunk.value_or(chunk_offset_),
                      .position = chunk_->mark.next};
}

void Committer::take_chunk() {
  if (!snapshot_ || chunk_) return;
  const bool has_part = std::ranges::any_of(
      parts_, [&](const EpochPart& part) { return part.delta.task == snapshot_->task; });
  if (!has_part) return;
  while (auto message = rings_.flusher_to_committer.try_pop()) {
    if (const auto* given_up = std::get_if<SnapshotGivenUp>(&*message)) {
      if (given_up->number != snapshot_->number) continue;
      snapshot_.reset();
      return;
    }
    auto& chunk = std::get<SnapshotChunk>(*message);
    // Of one before.
    if (chunk.number != snapshot_->number) continue;
    chunk_ = std::move(chunk);
    return;
  }
}

void Committer::keep_chunk() {
  if (!chunk_) return;
  const SnapshotChunk chunk = *std::exchange(chunk_, std::nullopt);
  OpenSnapshot& open = *snapshot_;
  open.bytes += chunk.bytes.size();
  if (!open.first_chunk) open.first_chunk = chunk_offset_;
  if (!chunk.last) return;
  Tail& tail = tails_.at(open.task);
  tail.state.snapshot = SnapshotMark{.first_chunk = *open.first_chunk, .position = chunk.mark.next};
  tail.delta_bytes = 0;
  tail.snapshot_bytes = open.bytes;
  snapshots_.add();
  // The metadata of this very epoch names it, so what lies before is needed by nobody.
  answer(TrimLog{.topic = tail.state.topic,
                 .partition = open.task.partition,
                 .before = std::min(*open.first_chunk, chunk.mark.next)});
  snapshot_.reset();
}

void Committer::ask_for_snapshot() {
  if (snapshot_ || !has_flusher_) return;
  for (auto& [task, tail] : tails_) {
    if (tail.delta_bytes < std::max(options_.snapshot_bytes_min, 2 * tail.snapshot_bytes)) continue;
    CommitterToFlusher message = TakeSnapshot{.task = task, .number = snapshots_asked_ + 1};
    if (!rings_.committer_to_flusher.try_push(message)) return;
    snapshot_ = OpenSnapshot{.task = task, .number = ++snapshots_asked_};
    // If nothing comes of it, the next one is due after as many bytes again (SnapshotGivenUp).
    tail.delta_bytes = 0;
    return;
  }
}

void Committer::add_positions(const EpochPart& part, std::vector<CommittedPosition>& out) const {
  const auto found = tails_.find(part.delta.task);
  if (found == tails_.end()) {
    out.insert(out.end(), part.positions.begin(), part.positions.end());
    return;
  }
  const Tail& tail = found->second;
  for (CommittedPosition& position :
       positions_with_state(part.delta, tail.state, tail.next,
                            snapshot_with(tail, part.delta.task))) {
    out.push_back(std::move(position));
  }
}

bool Committer::write(Micros now) {
  if (now < retry_at_) return false;
  if (!parts_.empty()) {
    take_chunk();
    auto written = write_parts();
    if (!written) {
      Error error = std::move(written).error().with_context("committing an epoch");
      commit_failures_.add();
      if (options_.exactly_once) {
        epoch_error_ = std::move(error);
        retry_at_ = 0;
        state_.enter(CommitterState::kSettling);
        return settle(now);
      }
      auto aborted = writer_.abort();
      if (!error.retriable() || (!aborted && !aborted.error().retriable())) {
        fail(std::move(error));
        return true;
      }
      log_warning(error.message(), "; trying again in ", retry_wait_ / kMicrosPerMilli, " ms");
      wait_before_retry(now);
      return true;
    }
    records_written_.add(*written);
    commits_.add();
    commit_seconds_.observe(clock_.monotonic() - asked_at_);
  }
  keep_chunk();
  DurableDeltas deltas;
  for (EpochPart& part : parts_) {
    if (const auto tail = tails_.find(part.delta.task); tail != tails_.end()) {
      tail->second.state.mark.next = tail->second.next;
      tail->second.delta_bytes += part.delta.bytes.size();
      part.delta.mark = tail->second.state.mark;
    }
    deltas.push_back(std::move(part.delta));
  }
  parts_.clear();
  if (has_flusher_ && !deltas.empty()) deltas_ = std::move(deltas);
  state_.enter(CommitterState::kHandingOver);
  (void)hand_over();
  return true;
}

void Committer::wait_before_retry(Micros now) {
  retry_at_ = now + retry_wait_;
  retry_wait_ = std::min(retry_wait_ * 2, options_.retry_max);
}

bool Committer::settle(Micros now) {
  if (now < retry_at_) return false;
  auto settled = writer_.abort();
  if (settled) {
    // Rights can be given and topics made while we wait; a bug of ours stays one.
    if (epoch_error_->kind() == ErrorKind::kInternal) {
      fail(*std::exchange(epoch_error_, std::nullopt));
      return true;
    }
    log_warning(epoch_error_->message(), "; going back to what is committed");
    state_.enter(CommitterState::kResting);
    answer(EpochFailed{*std::exchange(epoch_error_, std::nullopt)});
    return true;
  }
  Error error = std::move(settled).error().with_context("settling an epoch that failed");
  if (!error.retriable()) {
    fail(std::move(error));
    return true;
  }
  log_warning(error.message(), "; trying again in ", retry_wait_ / kMicrosPerMilli, " ms");
  wait_before_retry(now);
  return true;
}

void Committer::fail(Error error) {
  state_.enter(CommitterState::kFailed);
  answer(CommitterFailed{std::move(error)});
}

bool Committer::hand_over() {
  if (deltas_) {
    RingLoad& on_their_way = rings_.committer_to_flusher_bytes;
    if (on_their_way.get() > options_.flusher_bytes_max) return false;
    const std::size_t bytes = bytes_of(std::get<DurableDeltas>(*deltas_));
    // Before they can be taken out.
    on_their_way.add(bytes);
    if (!rings_.committer_to_flusher.try_push(*deltas_)) {
      on_their_way.take_off(bytes);
      return false;
    }
    deltas_.reset();
  }
  ask_for_snapshot();
  last_commit_ = clock_.monotonic();
  state_.enter(CommitterState::kOpen);
  if (std::exchange(answer_due_, false)) answer(Committed{});
  return true;
}

void Committer::discard() {
  parts_.clear();
  for (WorkerRings* worker : workers_) {
    while (worker->to_committer.try_pop()) {
    }
  }
  // A worker that was asked to close answers into the void: its part is discarded by Release.
  deltas_.reset();
  urgent_ = false;
  full_ = false;
  control_waits_ = false;
  answer_due_ = false;
  tails_.clear();
  snapshot_.reset();
  chunk_.reset();
  generation_ = {};
  state_.enter(CommitterState::kOpen);
}

void Committer::answer(CommitterToControl message) {
  ENSURE(rings_.committer_to_control.try_push(message), "control does not listen");
}

}  // namespace sitrep
