// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/committer.h"

#include <algorithm>
#include <utility>

#include "engine/base/logging.h"

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
      commits_(metrics.counter("sitrep_commits_total", "Epochs made durable")),
      commit_failures_(metrics.counter("sitrep_commit_failures_total",
                                       "Commits that failed and were tried again")),
      records_written_(metrics.counter("sitrep_records_written_total", "Records written")),
      commit_seconds_(metrics.histogram("sitrep_commit_seconds",
                                        "Time from asking for an epoch to its commit")) {}

bool Committer::step() {
  bool busy = serve_control();
  if (failed_) return busy;
  const Micros now = clock_.monotonic();
  busy = gather() || busy;
  switch (state_) {
    case State::kOpen: return ask_to_close(now) || busy;
    case State::kClosing:
      if (closed_workers_ < workers_.size()) return busy;
      state_ = State::kWriting;
      retry_at_ = 0;
      retry_wait_ = options_.retry_min;
      return write(now);
    case State::kWriting: return write(now) || busy;
    case State::kHandingOver: return hand_over() || busy;
  }
  ENSURE(false, "unknown state of the committer");
}

bool Committer::serve_control() {
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
  state_ = State::kClosing;
  return true;
}

bool Committer::gather() {
  bool busy = false;
  for (WorkerRings* worker : workers_) {
    // What belongs to the next epoch waits in the ring until this one is through.
    while (state_ == State::kOpen || state_ == State::kClosing) {
      auto message = worker->to_committer.try_pop();
      if (!message) break;
      busy = true;
      if (auto* part = std::get_if<PartOfEpoch>(&*message)) {
        parts_.push_back(std::move(part->part));
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

Result<void> Committer::write_parts() {
  TRY(writer_.begin());
  std::vector<CommittedPosition> positions;
  for (const EpochPart& part : parts_) {
    positions.insert(positions.end(), part.positions.begin(), part.positions.end());
    if (!part.outputs.empty()) TRY(writer_.append(part.outputs));
  }
  return writer_.commit(positions, {});
}

bool Committer::write(Micros now) {
  if (now < retry_at_) return false;
  if (!parts_.empty()) {
    auto committed = write_parts();
    if (!committed) {
      Error error = std::move(committed).error().with_context("committing an epoch");
      auto aborted = writer_.abort();
      if (!error.retriable() || (!aborted && !aborted.error().retriable())) {
        failed_ = true;
        answer(CommitterFailed{std::move(error)});
        return true;
      }
      commit_failures_.add();
      log_warning(error.message(), "; trying again in ", retry_wait_ / kMicrosPerMilli, " ms");
      retry_at_ = now + retry_wait_;
      retry_wait_ = std::min(retry_wait_ * 2, options_.retry_max);
      return true;
    }
    for (const EpochPart& part : parts_) records_written_.add(part.outputs.size());
    commits_.add();
    commit_seconds_.observe(clock_.monotonic() - asked_at_);
  }
  CommitterToFlusher deltas;
  for (EpochPart& part : parts_) deltas.push_back(std::move(part.delta));
  parts_.clear();
  if (has_flusher_ && !deltas.empty()) deltas_ = std::move(deltas);
  state_ = State::kHandingOver;
  (void)hand_over();
  return true;
}

bool Committer::hand_over() {
  if (deltas_ && !rings_.committer_to_flusher.try_push(*deltas_)) return false;
  deltas_.reset();
  last_commit_ = clock_.monotonic();
  state_ = State::kOpen;
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
  failed_ = false;
  state_ = State::kOpen;
}

void Committer::answer(CommitterToControl message) {
  ENSURE(rings_.committer_to_control.try_push(message), "control does not listen");
}

}  // namespace sitrep
