// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/instance.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/logging.h"
#include "engine/runtime/file_feed.h"
#include "engine/runtime/own_topics.h"
#include "engine/state/memory_budget.h"

namespace sitrep {
namespace {

/// Rebuilds that come sooner than this after the one before wait, longer each time.
constexpr Micros kRebuildCalm = 10 * kMicrosPerSecond;
constexpr Micros kRebuildWaitMin = 100 * kMicrosPerMilli;
constexpr Micros kRebuildWaitMax = 10 * kMicrosPerSecond;

}  // namespace

Instance::Instance(const Topology& topology, const InstanceOptions& options, Log& log,
                   const Clock& clock, MetricsRegistry& metrics)
    : topology_(topology),
      options_(options),
      log_(log),
      clock_(clock),
      metrics_(metrics),
      rebuilds_(metrics.counter("sitrep_rebuilds_total",
                                "Times the tasks were rebuilt because an epoch failed")) {}

Instance::~Instance() = default;

Result<std::unique_ptr<Instance>> Instance::make(const Topology& topology,
                                                 const InstanceOptions& options, Log& log,
                                                 const Clock& clock, MetricsRegistry& metrics) {
  std::unique_ptr<Instance> instance(new Instance(topology, options, log, clock, metrics));
  TRY(instance->open());
  return instance;
}

Result<void> Instance::open() {
  TRY(make_repartition_topics(log_, topology_));
  TRY(check_topics());
  const MemoryBudget memory = split_memory(std::max(options_.memory_bytes, kJobMemoryMin));
  if (!options_.state_dir.empty()) {
    ASSIGN_OR_RETURN(image_, StateImage::open({.directory = options_.state_dir,
                                               .job = topology_.job,
                                               .cache_bytes = memory.image_cache,
                                               .write_buffer_bytes = memory.image_write_buffers}));
  }
  // Before the writer: a log may take a group's positions from its members only.
  ASSIGN_OR_RETURN(group_, log_.join({.group = options_.group,
                                      .instance = options_.instance,
                                      .topics = topology_.input_topics(),
                                      .header_topics = topology_.header_topics()}));
  if (options_.bounded) {
    ASSIGN_OR_RETURN(bounded_end_, BoundedEnd::make(topology_, log_, *group_, clock_));
  }
  ASSIGN_OR_RETURN(writer_, log_.open_writer({.group = options_.group,
                                              .instance = options_.instance,
                                              .transactional = options_.exactly_once}));
  TRY(open_outputs());
  if (uses_state_log()) TRY(open_state_logs());
  TRY(open_tables(memory.stores / 2));
  const std::size_t tables = options_.state_bytes_max.value_or(memory.stores);
  const bool shared_tables = !topology_.shared_tables.empty();
  std::vector<WorkerRings*> rings;
  for (std::size_t i = 0; i < options_.workers; ++i) {
    worker_rings_.push_back(std::make_unique<WorkerRings>());
    rings.push_back(worker_rings_.back().get());
    workers_.push_back(std::make_unique<Worker>(
        WorkerOptions{
            .index = i,
            .batch_records_max = options_.batch_records_max,
            .epoch_bytes_max = memory.queues / 16 / options_.workers,
            .changed_bytes_max = memory.deltas / 4 / options_.workers,
            .state_bytes_max = tables / options_.workers},
        clock_, *worker_rings_.back(), metrics_));
  }
  committer_ = std::make_unique<Committer>(
      CommitterOptions{.exactly_once = options_.exactly_once,
                       .commit_interval = options_.commit_interval,
                       .snapshot_bytes_min = options_.snapshot_bytes_min,
                       .flusher_bytes_max = memory.deltas / 4,
                       .repartition_topics = repartition_topics(),
                       .trim_interval = options_.trim_interval},
      clock_, *writer_, rings_, rings, image_ != nullptr, metrics_);
  if (image_) {
    flusher_ = std::make_unique<FlushLoop>(
        *image_,
        Flusher::Options{.flush_interval = options_.flush_interval,
                         .pending_bytes_max = memory.deltas / 4},
        clock_, rings_,
        [this](TaskId task) -> WorkerRings& { return *worker_rings_[worker_of(task)]; },
        [this, granted = shared_tables ? tables / 2 : tables] { return unused_of(granted); },
        metrics_);
  }
  return {};
}

/// Every topic that must be there is. Inputs of one stage are read together, partition by
/// partition: their numbers agree. One answer names all that is wrong.
Result<void> Instance::check_topics() {
  std::vector<std::string> wrong;
  for (const Stage& stage : topology_.stages) {
    std::optional<std::pair<std::string, std::int32_t>> first;
    for (const SourceNode& source : stage.sources) {
      for (const std::string& topic : source.topics) {
        ASSIGN_OR_RETURN(const std::optional<std::int32_t> count, log_.partition_count(topic));
        if (!count) {
          // One that other stages write is made as soon as there is what those read.
          if (!source.senders.empty()) continue;
          wrong.push_back(concat("no topic ", topic, ", which ",
                                 source.loads_first ? "table " : "source ", source.name,
                                 " reads: create it"));
          continue;
        }
        if (!first) first = {topic, *count};
        if (first->second != *count) {
          wrong.push_back(
              concat("stage ", stage.name, " reads ", first->first, " with ", first->second,
                     " partitions and ", topic, " with ", *count,
                     ": topics that are read together need the same number of partitions"));
        }
      }
    }
  }
  for (const SharedTableNode& table : topology_.shared_tables) {
    if (!table.file.empty()) continue;
    const std::string& topic = table.source.topics.front();
    ASSIGN_OR_RETURN(const std::optional<std::int32_t> count, log_.partition_count(topic));
    if (!count) {
      wrong.push_back(concat("no topic ", topic, ", which table ", table.source.name,
                             " reads: create it"));
    }
  }
  for (const auto& [topic, creation] : topology_.output_topics) {
    if (creation) continue;
    ASSIGN_OR_RETURN(const std::optional<std::int32_t> count, log_.partition_count(topic));
    if (!count) {
      wrong.push_back(concat("no topic ", topic,
                             ": create it, or say `create: {partitions: n}` at the output"));
    }
  }
  if (wrong.empty()) return {};
  return invalid_config(concat("the topics at ", log_.description(), ":\n  ", join(wrong, "\n  ")));
}

Result<void> Instance::open_outputs() {
  for (const auto& [topic, creation] : topology_.output_topics) {
    if (creation) {
      ASSIGN_OR_RETURN(const std::optional<std::int32_t> count, log_.partition_count(topic));
      if (!count) {
        TRY(log_.create_topic(topic, *creation));
        log_info("created topic ", topic, " with ", creation->partitions, " partitions");
      }
    }
    ASSIGN_OR_RETURN(topics_[topic], writer_->open_topic(topic));
  }
  for (const Stage& stage : topology_.stages) {
    for (const RepartitionNode& sent : stage.repartitions) {
      ASSIGN_OR_RETURN(topics_[sent.topic], writer_->open_topic(sent.topic));
    }
  }
  return {};
}

Result<void> Instance::open_state_logs() {
  for (const Stage& stage : topology_.stages) {
    const std::string& topic = stage.state_topic;
    const std::string& first_input = stage.sources.front().topics.front();
    ASSIGN_OR_RETURN(const std::optional<std::int32_t> inputs, log_.partition_count(first_input));
    ASSIGN_OR_RETURN(const std::int32_t count,
                     make_own_topic(log_, topic, inputs.value_or(1),
                                    concat("the state of stage ", stage.name)));
    if (count < inputs.value_or(1)) {
      return invalid_config(concat("topic ", topic, " holds the state of stage ", stage.name,
                                   " in ", count, " partitions, and its input ", first_input,
                                   " has ", *inputs,
                                   " now: `sitrep reset` begins the stage anew"));
    }
    ASSIGN_OR_RETURN(topics_[topic], writer_->open_topic(topic));
  }
  return {};
}

std::map<std::string, TopicId> Instance::repartition_topics() const {
  std::map<std::string, TopicId> out;
  for (const Stage& stage : topology_.stages) {
    for (const RepartitionNode& sent : stage.repartitions) {
      out.emplace(sent.topic, topics_.at(sent.topic));
    }
  }
  return out;
}

Result<Instance::Progress> Instance::step(Micros wait) {
  TRY(serve_messages());
  ASSIGN_OR_RETURN(const bool tables_loaded, serve_tables());
  trim_own_topics();
  if (epoch_failed_ && clock_.monotonic() >= rebuilt_at_ + rebuild_wait_) TRY(rebuild());
  if (tables_loaded) TRY(restore());
  ASSIGN_OR_RETURN(const std::optional<AssignmentChange> change,
                   group_->poll(restoration_ ? 0 : wait));
  if (change) {
    switch (change->kind) {
      case AssignmentChange::Kind::kAssigned:
        owned_ = change->partitions;
        generation_ = change->generation;
        begin_restoration();
        if (tables_loaded) TRY(restore());
        break;
      case AssignmentChange::Kind::kRevoked:
        TRY(serve_revoked(/*lost=*/false));
        break;
      case AssignmentChange::Kind::kLost:
        TRY(serve_revoked(/*lost=*/true));
        break;
    }
  }
  if (!options_.bounded || !settled()) return Progress::kRunning;
  return finish_level();
}

/// A level of a bounded run is over when all its tasks are; what is sent to the next one ends then.
Result<Instance::Progress> Instance::finish_level() {
  for (const auto& [task, running] : running_) {
    if (running.level <= bounded_end_->level() && !running.finished) return Progress::kRunning;
  }
  if (!bounded_end_->others_are_done(owned_)) return Progress::kRunning;
  // Finished is what is committed; an epoch that failed is done again first.
  ASSIGN_OR_RETURN(const bool durable, commit_open_epoch());
  if (!durable) return Progress::kRunning;
  ASSIGN_OR_RETURN(const bool more, bounded_end_->begin_next_level());
  if (!more) return Progress::kFinished;
  tell_workers(TakeEnds{bounded_end_->ends()});
  return Progress::kRunning;
}

Result<void> Instance::open_tables(std::size_t memory_bytes_max) {
  for (const SharedTableNode& table : topology_.shared_tables) {
    const std::size_t mine = memory_bytes_max / topology_.shared_tables.size();
    if (!table.file.empty()) {
      tables_.push_back(std::make_unique<FileFeed>(table, mine, clock_, metrics_));
      continue;
    }
    ASSIGN_OR_RETURN(std::unique_ptr<TableFeed> feed,
                     TableFeed::open(table,
                                     {.bounded = options_.bounded, .memory_bytes_max = mine}, log_,
                                     clock_, metrics_));
    tables_.push_back(std::move(feed));
  }
  return {};
}

Result<bool> Instance::serve_tables() {
  bool loaded = true;
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    ASSIGN_OR_RETURN(const SharedTablePtr value, tables_[i]->step());
    loaded = loaded && tables_[i]->loaded();
    if (!value) continue;
    for (const auto& rings : worker_rings_) {
      ControlToWorker message = GiveTable{.table = i, .value = value};
      while (!rings->from_control.try_push(message)) (void)idle_();
    }
  }
  return loaded;
}

Result<void> Instance::serve_messages() {
  for (const auto& rings : worker_rings_) {
    while (auto message = rings->to_control.try_pop()) {
      if (auto* failed = std::get_if<TaskFailed>(&*message)) return std::move(failed->error);
      const auto* finished = std::get_if<TaskFinished>(&*message);
      if (finished == nullptr) continue;
      // One of an assignment that is over says nothing any more.
      const auto running = running_.find(finished->task);
      if (running != running_.end()) running->second.finished = true;
    }
  }
  while (auto message = rings_.committer_to_control.try_pop()) {
    if (auto* failed = std::get_if<CommitterFailed>(&*message)) return std::move(failed->error);
    if (std::holds_alternative<EpochFailed>(*message)) epoch_failed_ = true;
    if (const auto* trim = std::get_if<TrimLog>(&*message)) note_trim(*trim);
  }
  while (auto message = rings_.flusher_to_control.try_pop()) {
    if (auto* failed = std::get_if<FlusherFailed>(&*message)) return std::move(failed->error);
  }
  return {};
}

void Instance::note_trim(const TrimLog& trim) {
  for (const auto& [topic, number] : topics_) {
    if (number == trim.topic) trims_[{topic, trim.partition}] = trim.before;
  }
}

void Instance::trim_own_topics() {
  for (const auto& [partition, before] : std::exchange(trims_, {})) {
    if (auto trimmed = log_.trim(partition, before); !trimmed) {
      log_warning(trimmed.error().message(), "; the topic stays longer than it need");
    } else {
      log_debug("trimmed ", partition.topic, "[", partition.partition, "] to ", before);
    }
  }
}

std::size_t Instance::worker_of(TaskId task) const {
  // Neighbouring partitions go to different workers.
  return (task.stage.value() + static_cast<std::size_t>(task.partition.value())) %
         worker_rings_.size();
}

std::size_t Instance::unused_of(std::size_t granted) const {
  std::size_t used = 0;
  for (const auto& rings : worker_rings_) used += rings->table_bytes.get();
  return used < granted ? granted - used : 0;
}

void Instance::begin_restoration() {
  const MemoryBudget memory = split_memory(std::max(options_.memory_bytes, kJobMemoryMin));
  restoration_ = std::make_unique<Restoration>(
      Restoration::Context{
          .topology = topology_,
          .log = log_,
          .group = *group_,
          .image = image_.get(),
          .topics = topics_,
          .clock = clock_,
          .metrics = metrics_,
          .state_log = uses_state_log(),
          .bounded = options_.bounded,
          .memory_bytes_max = options_.state_bytes_max.value_or(memory.stores / 2)},
      owned_, generation_);
}

Result<void> Instance::restore() {
  if (!restoration_) return {};
  std::vector<OwnedTask> ready;
  ASSIGN_OR_RETURN(const bool all, restoration_->step(ready));
  for (OwnedTask& owned : ready) {
    const std::size_t worker = worker_of(owned.task->id());
    running_[owned.task->id()] = {.level = owned.task->level()};
    ControlToWorker message = GiveTask{std::move(owned)};
    while (!worker_rings_[worker]->from_control.try_push(message)) (void)idle_();
  }
  if (!all) return {};
  restoration_.reset();
  if (bounded_end_) tell_workers(TakeEnds{bounded_end_->ends()});
  tell_workers(Resume{});
  assigned_ = true;
  log_info("reading ", owned_.size(), " partitions");
  return {};
}

template <typename Answer>
Result<void> Instance::wait_for_workers() {
  for (const auto& rings : worker_rings_) {
    while (true) {
      auto message = rings->to_control.try_pop();
      if (!message) {
        TRY(idle_());
        continue;
      }
      if (std::holds_alternative<Answer>(*message)) break;
      if (auto* failed = std::get_if<TaskFailed>(&*message)) return std::move(failed->error);
    }
  }
  return {};
}

Result<bool> Instance::wait_for_commit() {
  while (true) {
    auto message = rings_.committer_to_control.try_pop();
    if (!message) {
      TRY(idle_());
      continue;
    }
    if (std::holds_alternative<Committed>(*message)) return true;
    if (const auto* trim = std::get_if<TrimLog>(&*message)) note_trim(*trim);
    if (std::holds_alternative<EpochFailed>(*message)) return false;
    if (auto* failed = std::get_if<CommitterFailed>(&*message)) return std::move(failed->error);
  }
}

Result<void> Instance::wait_for_image() {
  while (true) {
    auto message = rings_.flusher_to_control.try_pop();
    if (!message) {
      TRY(idle_());
      continue;
    }
    if (std::holds_alternative<ImageWritten>(*message)) return {};
    if (auto* failed = std::get_if<FlusherFailed>(&*message)) return std::move(failed->error);
  }
}

Result<bool> Instance::commit_open_epoch() {
  if (epoch_failed_) return false;
  ControlToCommitter commit = CommitNow{};
  ENSURE(rings_.control_to_committer.try_push(commit), "the committer does not listen");
  ASSIGN_OR_RETURN(const bool durable, wait_for_commit());
  if (!durable) {
    epoch_failed_ = true;
    return false;
  }
  if (!flusher_) return true;
  ControlToFlusher flush = FlushNow{};
  ENSURE(rings_.control_to_flusher.try_push(flush), "the flusher does not listen");
  TRY(wait_for_image());
  return true;
}

Result<void> Instance::take_tasks_back(bool commit) {
  tell_workers(Park{});
  TRY(wait_for_workers<Parked>());
  bool durable = false;
  if (commit) {
    ASSIGN_OR_RETURN(durable, commit_open_epoch());
  }
  tell_workers(Release{});
  TRY(wait_for_workers<Released>());
  // Also after a commit: the tasks may come back after others had them, and what the committer
  // knows of their state is old then.
  ControlToCommitter discard = DiscardOpen{};
  ENSURE(rings_.control_to_committer.try_push(discard), "the committer does not listen");
  // An epoch that was on its way may still fail first.
  ASSIGN_OR_RETURN(bool discarded, wait_for_commit());
  if (!discarded) {
    ASSIGN_OR_RETURN(discarded, wait_for_commit());
  }
  if (!durable && flusher_) {
    ControlToFlusher flush = FlushNow{};
    ENSURE(rings_.control_to_flusher.try_push(flush), "the flusher does not listen");
    TRY(wait_for_image());
  }
  epoch_failed_ = false;
  restoration_.reset();
  running_.clear();
  return {};
}

Result<void> Instance::rebuild() {
  rebuilds_.add();
  const Micros now = clock_.monotonic();
  // Failures that follow each other are given more and more time to pass.
  const bool again = now - rebuilt_at_ < kRebuildCalm;
  rebuild_wait_ =
      again ? std::min(std::max(2 * rebuild_wait_, kRebuildWaitMin), kRebuildWaitMax) : 0;
  rebuilt_at_ = now;
  // The partitions stay ours: giving them back here would answer a revocation that nobody has heard
  // of yet.
  TRY(take_tasks_back(/*commit=*/false));
  begin_restoration();
  return {};
}

Result<void> Instance::serve_revoked(bool lost) {
  TRY(take_tasks_back(/*commit=*/!lost));
  owned_.clear();
  assigned_ = false;
  log_info(lost ? "partitions were lost" : "partitions were given back");
  return group_->unassign();
}

Result<void> Instance::shut_down(bool leave) {
  if (assigned_ || restoration_) TRY(serve_revoked(/*lost=*/false));
  if (leave) TRY(group_->leave());
  return {};
}

}  // namespace sitrep
