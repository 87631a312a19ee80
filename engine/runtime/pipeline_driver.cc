// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/pipeline_driver.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

namespace sitrep {
namespace {

/// Some minutes of the clock; what passes by itself has passed by then.
constexpr std::size_t kIdleStepsMax = 200'000;

}  // namespace

PipelineDriver::PipelineDriver(const Topology& topology, const Options& options, MemoryLog& log,
                               ManualClock& clock)
    : topology_(topology), options_(options), log_(log), clock_(clock) {}

PipelineDriver::~PipelineDriver() = default;

Result<void> PipelineDriver::start() {
  for (const auto& [topic, creation] : topology_.output_topics) {
    if (!log_.topics().contains(topic)) {
      TRY(log_.create_topic(topic, creation.value_or(TopicOptions())));
    }
  }
  ASSIGN_OR_RETURN(instance_, Instance::make(topology_,
                                             {.group = topology_.job,
                                              .instance = "driver",
                                              .state_dir = options_.state_dir,
                                              .exactly_once = options_.exactly_once,
                                              .state_log = options_.exactly_once,
                                              .workers = options_.workers,
                                              .batch_records_max = options_.batch_records_max,
                                              .flush_interval = 0,
                                              .snapshot_bytes_min = options_.snapshot_bytes_min,
                                              .memory_bytes = std::size_t{64} << 20,
                                              .state_bytes_max = options_.state_bytes_max,
                                              .bounded = false},
                                             log_, clock_, metrics_));
  instance_->set_idle([this]() -> Result<void> {
    const auto busy = step_all();
    // A commit that failed waits for its next try, and nothing else can happen: time goes on.
    if (busy && !*busy) clock_.advance(kMicrosPerMilli);
    return {};
  });
  return {};
}

Result<bool> PipelineDriver::step_all() {
  bool busy = false;
  for (auto& worker : instance_->workers()) busy = worker->step() || busy;
  busy = instance_->committer().step() || busy;
  if (instance_->flusher() != nullptr) busy = instance_->flusher()->step() || busy;
  return busy;
}

Result<void> PipelineDriver::read() {
  if (!instance_) TRY(start());
  return run_dry(/*with_crashes=*/true);
}

Result<void> PipelineDriver::run_dry(bool with_crashes) {
  std::size_t idle_steps = 0;
  while (true) {
    const double work_before = work_read();
    TRY(instance_->step(0));
    ASSIGN_OR_RETURN(const bool busy, step_all());
    if (!busy) {
      if (instance_->settled()) break;
      // It waits for something to pass.
      if (++idle_steps > kIdleStepsMax) return internal_error("the instance does not settle");
      clock_.advance(kMicrosPerMilli);
      continue;
    }
    idle_steps = 0;
    // Only steps that read count: a restore is work too, and crashing in it for ever proves
    // nothing.
    if (with_crashes && options_.crash_every > 0 && work_read() > work_before)
      TRY(after_batch());
  }
  return {};
}

Result<void> PipelineDriver::after_batch() {
  ++batches_;
  const bool crash_due = batches_ % options_.crash_every == 0;
  // Every other crash comes before the commit: what was done since the last one is done again.
  const bool commit_first = crash_due && crashes_ % 2 == 1;
  // Whether the epoch lasted or failed, what follows is the same.
  if (!crash_due || commit_first) TRY(instance_->commit_open_epoch());
  if (crash_due) TRY(crash());
  return {};
}

double PipelineDriver::records_read() const {
  double sum = 0;
  for (const MetricSample& sample : metrics_.samples()) {
    if (sample.name == "sitrep_records_total") sum += sample.value;
  }
  return sum;
}

double PipelineDriver::work_read() const {
  std::set<std::string> inner;
  for (const Stage& stage : topology_.stages) {
    for (const RepartitionNode& sent : stage.repartitions) inner.insert(sent.topic);
  }
  double sum = 0;
  for (const MetricSample& sample : metrics_.samples()) {
    const auto topic = sample.labels.find("topic");
    if (topic == sample.labels.end()) continue;
    const bool is_inner = inner.contains(topic->second);
    if (sample.name == (is_inner ? "sitrep_rows_total" : "sitrep_records_total")) {
      sum += sample.value;
    }
  }
  return sum;
}

Result<void> PipelineDriver::settle() {
  const bool one_stage_reads_another = levels() > 1;
  double records_before = -1;
  while (true) {
    TRY(read());
    ASSIGN_OR_RETURN(const bool durable, instance_->commit_open_epoch());
    if (!durable) continue;
    // What a stage sends to another can be read once it is committed.
    if (!one_stage_reads_another || records_read() == records_before) return {};
    records_before = records_read();
  }
}

std::size_t PipelineDriver::levels() const {
  std::size_t out = 0;
  for (const Stage& stage : topology_.stages) out = std::max(out, stage.level + 1);
  return out;
}

Result<void> PipelineDriver::finish() {
  for (std::size_t level = 0; level < levels();) {
    TRY(settle());
    instance_->end_inputs(level);
    TRY(run_dry(/*with_crashes=*/false));
    ASSIGN_OR_RETURN(const bool durable, instance_->commit_open_epoch());
    // An epoch that failed took the end along: it comes once more.
    if (durable) ++level;
  }
  TRY(instance_->shut_down(/*leave=*/true));
  instance_.reset();
  return {};
}

Result<void> PipelineDriver::crash() {
  ++crashes_;
  instance_.reset();
  if (options_.lose_disk) std::filesystem::remove_all(options_.state_dir);
  return start();
}

}  // namespace sitrep
