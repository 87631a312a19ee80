// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/worker.h"

#include <algorithm>
#include <utility>

#include "engine/base/logging.h"

namespace sitrep {
namespace {

constexpr Micros kTickEvery = 50 * kMicrosPerMilli;
constexpr Micros kPublishEvery = kMicrosPerSecond;
/// Of the parts of Worker::open_part: above it the worker waits.
constexpr double kOpenPartMax = 2;
/// The part of the unused memory of tables that is lent to the open epoch's outputs, and again to
/// its changes.
constexpr std::size_t kLentPart = 24;

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

Worker::Worker(const WorkerOptions& options, const Clock& clock, WorkerRings& rings,
               MetricsRegistry& metrics)
    : options_(options),
      clock_(clock),
      rings_(rings),
      backpressure_(metrics.counter("sitrep_backpressure_total",
                                    "Steps in which a worker could not drain its inputs",
                                    {{"worker", concat(options.index)}})),
      state_bytes_(metrics.gauge("sitrep_hot_state_bytes", "Bytes of hot tables",
                                 {{"worker", concat(options.index)}})),
      metrics_(metrics) {}

Worker::~Worker() = default;

bool Worker::step() {
  bool busy = serve_control();
  busy = serve_flusher() || busy;
  busy = serve_committer() || busy;
  if (!push_waiting() || failed_) return busy;
  announce();
  if (!parked_) busy = drain_inputs() || busy;
  return busy;
}

bool Worker::serve_control() {
  bool busy = false;
  while (auto message = rings_.from_control.try_pop()) {
    busy = true;
    std::optional<WorkerToControl> answer;
    std::visit(Overloaded{[&](GiveTask& give) {
                            tasks_.push_back(std::move(give.task));
                            finished_.push_back(Finish::kNot);
                            give_tables(tasks_.back());
                            last_tick_ = 0;
                          },
                          [&](GiveTable& give) {
                            if (give.table >= tables_.size()) tables_.resize(give.table + 1);
                            tables_[give.table] = std::move(give.value);
                            for (OwnedTask& owned : tasks_) give_tables(owned);
                          },
                          [&](Park&) {
                            parked_ = true;
                            answer = Parked{};
                          },
                          [&](Release&) {
                            publish_lag();
                            tasks_.clear();
                            finished_.clear();
                            waiting_.clear();
                            announcements_.clear();
                            flushed_.clear();
                            failed_ = false;
                            answer = Released{};
                          },
                          [&](Resume&) { parked_ = false; },
                          [&](EndInputs& end) {
                            for (OwnedTask& owned : tasks_) {
                              if (owned.task->level() != end.level) continue;
                              for (std::size_t i = 0; i < owned.readers.size(); ++i) {
                                owned.ends[i] = owned.readers[i]->position();
                              }
                            }
                          },
                          [&](TakeEnds& take) { take_ends(take.ends); }},
               *message);
    if (answer) ENSURE(rings_.to_control.try_push(*answer), "control does not listen");
  }
  return busy;
}

void Worker::take_ends(const std::map<TopicPartition, Offset>& ends) {
  for (OwnedTask& owned : tasks_) {
    for (std::size_t i = 0; i < owned.ends.size(); ++i) {
      const auto end = ends.find(owned.task->inputs()[i]);
      if (owned.ends[i] != kEndNotKnownYet || end == ends.end()) continue;
      owned.ends[i] = end->second;
      owned.task->set_end(i, end->second);
    }
  }
}

void Worker::give_tables(OwnedTask& owned) {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (!tables_[i]) continue;
    if (auto taken = owned.task->take_table(i, tables_[i]); !taken) fail(std::move(taken).error());
  }
}

bool Worker::serve_committer() {
  if (!waiting_.empty()) return false;
  const auto close = rings_.from_committer.try_pop();
  if (!close) return false;
  close_epoch(close->commit);
  return true;
}

bool Worker::serve_flusher() {
  bool busy = false;
  while (const auto flushed = rings_.from_flusher.try_pop()) {
    flushed_[flushed->task] = flushed->epoch;
    busy = true;
  }
  return busy;
}

double Worker::open_part() const {
  std::size_t output_bytes = 0;
  std::size_t changed_bytes = 0;
  for (const OwnedTask& owned : tasks_) {
    output_bytes += owned.task->open_bytes();
    changed_bytes += owned.task->changed_bytes();
  }
  const auto part = [](std::size_t bytes, std::size_t of) {
    return static_cast<double>(bytes) / static_cast<double>(of);
  };
  const std::size_t lent = unused_bytes_ / kLentPart;
  return std::max(part(output_bytes, options_.epoch_bytes_max + lent),
                  part(changed_bytes, options_.changed_bytes_max + lent));
}

bool Worker::drain_inputs() {
  const double open = open_part();
  if (open > 1 && !full_sent_) {
    WorkerToCommitter message = EpochFull{};
    full_sent_ = rings_.to_committer.try_push(message);
  }
  if (open > kOpenPartMax) {
    backpressure_.add();
    return false;
  }
  // A task is told the time before its first rows.
  const Micros now = clock_.monotonic();
  if (now - last_tick_ >= kTickEvery || last_tick_ == 0) {
    last_tick_ = now;
    tick();
  }
  bool busy = !failed_ && drain_tasks();
  const bool urgent =
      std::ranges::any_of(tasks_, [](const OwnedTask& owned) { return owned.task->urgent(); });
  if (!failed_) {
    for (std::size_t i = 0; i < tasks_.size() && !failed_ && open_part() <= kOpenPartMax; ++i) {
      if (finished_[i] != Finish::kNot) continue;
      finish_ended(tasks_[i]);
      busy = busy || finished_[i] != Finish::kNot;
    }
  }
  if (urgent && !urgent_sent_) {
    WorkerToCommitter message = UrgentRows{};
    urgent_sent_ = rings_.to_committer.try_push(message);
  }
  evict_above_budget();
  publish_metrics(now);
  return busy;
}

/// In turn, until the open epoch is large enough: one task alone may close windows of millions.
bool Worker::drain_tasks() {
  bool busy = false;
  const std::size_t count = tasks_.size();
  for (std::size_t n = 0; n < count && !failed_; ++n) {
    const std::size_t i = (first_task_ + n) % count;
    if (!drain(tasks_[i])) continue;
    busy = true;
    if (n + 1 < count && open_part() > kOpenPartMax) {
      first_task_ = (i + 1) % count;
      break;
    }
  }
  return busy;
}

bool Worker::is_loading(const OwnedTask& owned) {
  for (std::size_t i = 0; i < owned.readers.size(); ++i) {
    if (owned.load_until[i] && owned.readers[i]->position() < *owned.load_until[i]) return true;
  }
  return false;
}

bool Worker::drain(OwnedTask& owned) {
  bool busy = false;
  const bool loading = is_loading(owned);
  for (std::size_t i = 0; i < owned.readers.size(); ++i) {
    if (loading && !owned.load_until[i]) continue;
    PartitionReader& reader = *owned.readers[i];
    std::size_t records_max = options_.batch_records_max;
    const Offset before = reader.position();
    if (owned.ends[i]) {
      if (before >= *owned.ends[i]) continue;
      // Offsets may have gaps, so this many records at most lie before the end.
      records_max = std::min(records_max, static_cast<std::size_t>(*owned.ends[i] - before));
    }
    records_.clear();
    if (auto read = reader.read(records_max, records_); !read) {
      const TopicPartition& input = owned.task->inputs()[i];
      Error error = std::move(read).error().with_context(
          concat("reading ", input.topic, "[", input.partition, "]"));
      if (error.retriable()) {
        log_warning(error.message());
        continue;
      }
      // What was trimmed there others have read: the partition is theirs, and we have not heard of
      // it yet (we were stopped past our session). Starting over says who is right.
      if (owned.task->is_inner(i)) error = unavailable(error.message());
      fail(std::move(error));
      return busy;
    }
    const Offset after = reader.position();
    if (records_.empty() && after == before) continue;
    busy = true;
    if (auto done = owned.task->process(i, records_, after, clock_.now()); !done) {
      fail(std::move(done).error());
      return busy;
    }
  }
  return busy;
}

void Worker::finish_ended(OwnedTask& owned) {
  for (std::size_t i = 0; i < owned.readers.size(); ++i) {
    if (!owned.ends[i] || owned.readers[i]->position() < *owned.ends[i]) return;
  }
  if (auto done = owned.task->finish(); !done) return fail(std::move(done).error());
  finished_[static_cast<std::size_t>(&owned - tasks_.data())] = Finish::kDone;
}

void Worker::tick() {
  for (OwnedTask& owned : tasks_) {
    for (std::size_t i = 0; i < owned.readers.size(); ++i) {
      if (const auto end = owned.readers[i]->known_end()) owned.task->note_end(i, *end);
    }
    if (auto done = owned.task->tick(clock_.now()); !done) return fail(std::move(done).error());
  }
}

void Worker::close_epoch(CommitNumber commit) {
  urgent_sent_ = false;
  full_sent_ = false;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    OwnedTask& owned = tasks_[i];
    if (failed_) break;
    auto part = owned.task->close_epoch();
    if (!part) {
      fail(std::move(part).error());
      break;
    }
    if (!part->empty) {
      waiting_.push_back(PartOfEpoch{.task = owned.task->id(),
                                     .part = *std::move(part),
                                     .start = std::exchange(owned.commit_start, std::nullopt)});
    }
    // A bounded run goes on behind the epoch that holds the last window.
    if (finished_[i] == Finish::kDone) {
      announcements_.push_back(TaskFinished{owned.task->id()});
      finished_[i] = Finish::kAnnounced;
    }
  }
  waiting_.push_back(EpochClosed{.commit = commit});
  (void)push_waiting();
}

void Worker::announce() {
  while (!announcements_.empty() && rings_.to_control.try_push(announcements_.front())) {
    announcements_.pop_front();
  }
}

bool Worker::push_waiting() {
  while (!waiting_.empty()) {
    if (!rings_.to_committer.try_push(waiting_.front())) {
      backpressure_.add();
      return false;
    }
    waiting_.pop_front();
  }
  return true;
}

std::size_t Worker::task_bytes() const {
  std::size_t bytes = 0;
  for (const OwnedTask& owned : tasks_) bytes += owned.task->memory_bytes();
  return bytes;
}

void Worker::evict_above_budget() {
  std::size_t bytes = task_bytes();
  state_bytes_.set(static_cast<double>(bytes));
  rings_.table_bytes.say(bytes);
  unused_bytes_ = options_.state_bytes_max - std::min(bytes, options_.state_bytes_max);
  if (bytes <= options_.state_bytes_max) return;
  for (const OwnedTask& owned : tasks_) owned.task->drop_caches();
  bytes = task_bytes();
  if (bytes <= options_.state_bytes_max) return;
  // The largest first, and no more than needed: what is evicted is read again row by row.
  std::vector<std::pair<std::size_t, Task*>> largest;
  for (const OwnedTask& owned : tasks_) {
    largest.emplace_back(owned.task->memory_bytes(), owned.task.get());
  }
  std::sort(largest.begin(), largest.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [before, task] : largest) {
    if (bytes <= options_.state_bytes_max / 8 * 7) return;
    const auto flushed = flushed_.find(task->id());
    if (flushed == flushed_.end()) continue;
    task->evict(flushed->second);
    bytes -= before - std::min(before, task->memory_bytes());
  }
}

void Worker::publish_metrics(Micros now) {
  if (now - last_published_ < kPublishEvery) return;
  last_published_ = now;
  publish_lag();
}

void Worker::publish_lag() {
  std::map<TopicPartition, std::int64_t> behind;
  for (const OwnedTask& owned : tasks_) {
    for (std::size_t i = 0; i < owned.readers.size(); ++i) {
      const auto end = owned.readers[i]->known_end();
      if (!end) continue;
      behind[owned.task->inputs()[i]] =
          std::max<std::int64_t>(0, *end - owned.readers[i]->position());
    }
  }
  for (const auto& [input, records] : behind) {
    Gauge*& lag = lag_[input];
    if (lag != nullptr) continue;
    lag = &metrics_.gauge("sitrep_lag_records", "Records behind the end of the partition",
                          {{"topic", input.topic}, {"partition", concat(input.partition)}});
  }
  // What another instance reads by now is no lag of this one.
  for (const auto& [input, lag] : lag_) {
    const auto found = behind.find(input);
    lag->set(found == behind.end() ? 0 : static_cast<double>(found->second));
  }
}

void Worker::fail(Error error) {
  if (failed_) return;
  failed_ = true;
  WorkerToControl message = TaskFailed{std::move(error)};
  ENSURE(rings_.to_control.try_push(message), "control does not listen");
}

}  // namespace sitrep
