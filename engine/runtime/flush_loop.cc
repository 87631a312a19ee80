// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/flush_loop.h"

#include <utility>

#include "engine/base/logging.h"

namespace sitrep {
namespace {

constexpr Micros kRetryWait = kMicrosPerSecond;
/// Below what a record may hold, with room for one large entry.
constexpr std::size_t kSnapshotChunkBytes = 600'000;
/// The part of the unused memory of tables that deltas may fill: a write doubles them for a moment,
/// and tables that grow find the rest.
constexpr std::size_t kLentPart = 3;
constexpr Micros kPublishInterval = kMicrosPerSecond;

Gauge& image_gauge(MetricsRegistry& metrics, const char* part) {
  return metrics.gauge("sitrep_image_bytes", "Memory that RocksDB holds for the local state image",
                       {{"part", part}});
}

}  // namespace

FlushLoop::FlushLoop(StateImage& image, Flusher::Options options, const Clock& clock,
                     InstanceRings& rings, WorkerOf worker_of, UnusedMemory unused,
                     MetricsRegistry& metrics)
    : image_(image),
      flusher_(image, options),
      clock_(clock),
      rings_(rings),
      worker_of_(std::move(worker_of)),
      unused_(std::move(unused)),
      pending_bytes_(metrics.gauge("sitrep_flush_pending_bytes",
                                   "Bytes of durable deltas that the image does not hold yet")),
      flushes_(metrics.counter("sitrep_flushes_total", "Writes of the local state image")),
      memtable_bytes_(image_gauge(metrics, "memtables")),
      cache_bytes_(image_gauge(metrics, "cache")),
      reader_bytes_(image_gauge(metrics, "readers")) {}

bool FlushLoop::step() {
  if (failed_) return false;
  bool busy = false;
  if (rings_.control_to_flusher.try_pop()) {
    busy = true;
    answer_due_ = true;
    retry_at_ = 0;
  }
  flusher_.lend(unused_() / kLentPart);
  busy = take_deltas() || busy;
  if (auto prepared = prepare_chunk(); !prepared) {
    // Without it the log stays longer; nothing is lost.
    log_warning(prepared.error().message(), "; giving the snapshot up");
    give_up(snapshot_->number);
  }
  busy = hand_over() || busy;
  pending_bytes_.set(static_cast<double>(flusher_.pending_bytes()));
  const Micros now = clock_.monotonic();
  publish_memory(now);
  if (now < retry_at_) return busy;
  if (answer_due_) flusher_.flush_now();
  auto written = flusher_.step(now);
  if (!written) {
    Error error = std::move(written).error().with_context("writing the state image");
    if (!error.retriable()) {
      fail(std::move(error));
      return true;
    }
    log_warning(error.message());
    retry_at_ = now + kRetryWait;
    return true;
  }
  if (*written) flushes_.add();
  for (const auto& [task, epoch] : flusher_.take_flushed()) {
    Flushed message{.task = task, .epoch = epoch};
    // A full ring loses nothing: a later flush of the task says more.
    (void)worker_of_(task).from_flusher.try_push(message);
  }
  const bool all_written =
      flusher_.pending_bytes() == 0 && rings_.committer_to_flusher.empty();
  if (answer_due_ && all_written) {
    answer_due_ = false;
    FlusherToControl message = ImageWritten{};
    ENSURE(rings_.flusher_to_control.try_push(message), "control does not listen");
  }
  return busy || *written;
}

/// No more at once than may wait for a write.
bool FlushLoop::take_deltas() {
  bool busy = false;
  while (!flusher_.full()) {
    auto message = rings_.committer_to_flusher.try_pop();
    if (!message) break;
    busy = true;
    if (const auto* wanted = std::get_if<TakeSnapshot>(&*message)) {
      begin_snapshot(*wanted);
      continue;
    }
    auto& deltas = std::get<DurableDeltas>(*message);
    rings_.committer_to_flusher_bytes.take_off(bytes_of(deltas));
    for (Delta& delta : deltas) flusher_.add(std::move(delta));
  }
  return busy;
}

void FlushLoop::begin_snapshot(const TakeSnapshot& wanted) {
  answer_.reset();
  snapshot_.reset();
  auto walk = SnapshotWalk::begin(image_, wanted.task);
  if (!walk) {
    log_warning(walk.error().message(), "; no snapshot is taken");
    return give_up(wanted.number);
  }
  if (!*walk) return give_up(wanted.number);
  snapshot_ = Snapshot{
      .number = wanted.number, .walk = *std::move(walk), .part = 0, .next = std::nullopt};
}

void FlushLoop::give_up(std::uint64_t number) {
  snapshot_.reset();
  answer_ = SnapshotGivenUp{.number = number};
}

Result<void> FlushLoop::prepare_chunk() {
  if (answer_ || !snapshot_) return {};
  Snapshot& from = *snapshot_;
  if (!from.next) {
    ASSIGN_OR_RETURN(from.next, from.walk->next(kSnapshotChunkBytes));
  }
  ASSIGN_OR_RETURN(std::optional<std::string> behind, from.walk->next(kSnapshotChunkBytes));
  const bool last = !behind.has_value();
  answer_ = SnapshotChunk{.number = from.number,
                          .mark = from.walk->mark(),
                          .epoch = from.walk->epoch(),
                          .part = from.part++,
                          .last = last,
                          .bytes = *std::exchange(from.next, std::move(behind))};
  if (last) snapshot_.reset();
  return {};
}

bool FlushLoop::hand_over() {
  if (!answer_ || !rings_.flusher_to_committer.try_push(*answer_)) return false;
  answer_.reset();
  return true;
}

void FlushLoop::publish_memory(Micros now) {
  if (now < publish_at_) return;
  publish_at_ = now + kPublishInterval;
  const ImageMemory memory = image_.memory();
  memtable_bytes_.set(static_cast<double>(memory.memtables));
  cache_bytes_.set(static_cast<double>(memory.cache));
  reader_bytes_.set(static_cast<double>(memory.readers));
}

void FlushLoop::fail(Error error) {
  failed_ = true;
  FlusherToControl message = FlusherFailed{std::move(error)};
  ENSURE(rings_.flusher_to_control.try_push(message), "control does not listen");
}

}  // namespace sitrep
