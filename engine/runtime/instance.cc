// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/instance.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/logging.h"
#include "engine/state/memory_budget.h"
#include "engine/state/restorer.h"

namespace sitrep {

Instance::Instance(const Topology& topology, const InstanceOptions& options, Log& log,
                   const Clock& clock, MetricsRegistry& metrics)
    : topology_(topology), options_(options), log_(log), clock_(clock), metrics_(metrics) {}

Instance::~Instance() = default;

Result<std::unique_ptr<Instance>> Instance::make(const Topology& topology,
                                                 const InstanceOptions& options, Log& log,
                                                 const Clock& clock, MetricsRegistry& metrics) {
  std::unique_ptr<Instance> instance(new Instance(topology, options, log, clock, metrics));
  TRY(instance->open());
  return instance;
}

Result<void> Instance::open() {
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
                                      .topics = topology_.input_topics()}));
  ASSIGN_OR_RETURN(writer_,
                   log_.open_writer({.group = options_.group, .instance = options_.instance}));
  TRY(open_outputs());
  std::vector<WorkerRings*> rings;
  for (std::size_t i = 0; i < options_.workers; ++i) {
    worker_rings_.push_back(std::make_unique<WorkerRings>());
    rings.push_back(worker_rings_.back().get());
    workers_.push_back(std::make_unique<Worker>(
        WorkerOptions{
            .index = i,
            .batch_records_max = options_.batch_records_max,
            .epoch_bytes_max = memory.queues / 2 / options_.workers,
            .state_bytes_max = options_.state_bytes_max.value_or(memory.stores) / options_.workers},
        clock_, *worker_rings_.back(), metrics_));
  }
  tasks_of_worker_.assign(options_.workers, 0);
  finished_.assign(options_.workers, false);
  committer_ =
      std::make_unique<Committer>(CommitterOptions{.commit_interval = options_.commit_interval},
                                  clock_, *writer_, rings_, rings, image_ != nullptr, metrics_);
  if (image_) {
    flusher_ = std::make_unique<FlushLoop>(
        *image_,
        Flusher::Options{.flush_interval = options_.flush_interval,
                         .pending_bytes_max = memory.deltas},
        clock_, rings_,
        [this](TaskId task) -> WorkerRings& { return *worker_rings_[worker_of(task)]; }, metrics_);
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
          wrong.push_back(
              concat("no topic ", topic, ", which source ", source.name, " reads: create it"));
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
  return {};
}

Result<Instance::Progress> Instance::step(Micros wait) {
  TRY(serve_messages());
  ASSIGN_OR_RETURN(const std::optional<AssignmentChange> change, group_->poll(wait));
  if (change) {
    switch (change->kind) {
      case AssignmentChange::Kind::kAssigned:
        TRY(serve_assigned(change->partitions));
        break;
      case AssignmentChange::Kind::kRevoked:
        TRY(serve_revoked(/*lost=*/false));
        break;
      case AssignmentChange::Kind::kLost:
        TRY(serve_revoked(/*lost=*/true));
        break;
    }
  }
  if (!options_.bounded || !assigned_) return Progress::kRunning;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (tasks_of_worker_[i] > 0 && !finished_[i]) return Progress::kRunning;
  }
  return Progress::kFinished;
}

Result<void> Instance::serve_messages() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    while (auto message = worker_rings_[i]->to_control.try_pop()) {
      if (auto* failed = std::get_if<TaskFailed>(&*message)) return std::move(failed->error);
      if (std::holds_alternative<AllFinished>(*message)) finished_[i] = true;
    }
  }
  while (auto message = rings_.committer_to_control.try_pop()) {
    if (auto* failed = std::get_if<CommitterFailed>(&*message)) return std::move(failed->error);
  }
  while (auto message = rings_.flusher_to_control.try_pop()) {
    if (auto* failed = std::get_if<FlusherFailed>(&*message)) return std::move(failed->error);
  }
  return {};
}

std::size_t Instance::worker_of(TaskId task) const {
  // Neighbouring partitions go to different workers.
  return (task.stage.value() + static_cast<std::size_t>(task.partition.value())) %
         worker_rings_.size();
}

Result<void> Instance::serve_assigned(const std::vector<TopicPartition>& partitions) {
  owned_ = partitions;
  const std::set<TopicPartition> mine(partitions.begin(), partitions.end());
  std::set<std::pair<std::size_t, PartitionId>> wanted;
  for (std::size_t s = 0; s < topology_.stages.size(); ++s) {
    for (const SourceNode& source : topology_.stages[s].sources) {
      for (const std::string& topic : source.topics) {
        for (const TopicPartition& partition : partitions) {
          if (partition.topic == topic) wanted.insert({s, partition.partition});
        }
      }
    }
  }
  std::vector<OwnedTask> tasks;
  std::vector<StartPosition> starts;
  for (const auto& [stage, partition] : wanted) {
    ASSIGN_OR_RETURN(OwnedTask owned, make_task(topology_.stages[stage], partition, starts));
    for (const TopicPartition& input : owned.task->inputs()) {
      if (!mine.contains(input)) {
        return internal_error(concat("the group gave ", partitions.size(), " partitions, but not ",
                                     input.topic, "[", input.partition, "], which task ",
                                     owned.task->name(), " reads too"));
      }
    }
    tasks.push_back(std::move(owned));
  }
  ASSIGN_OR_RETURN(std::vector<std::unique_ptr<PartitionReader>> readers, group_->assign(starts));
  std::size_t next = 0;
  for (OwnedTask& owned : tasks) {
    for (std::size_t i = 0; i < owned.task->inputs().size(); ++i) {
      owned.readers.push_back(std::move(readers[next++]));
    }
    const std::size_t worker = worker_of(owned.task->id());
    ++tasks_of_worker_[worker];
    finished_[worker] = false;
    ControlToWorker message = GiveTask{std::move(owned)};
    while (!worker_rings_[worker]->from_control.try_push(message)) idle_();
  }
  tell_workers<Resume>();
  assigned_ = true;
  log_info("reading ", starts.size(), " partitions in ", wanted.size(), " tasks");
  return {};
}

Result<OwnedTask> Instance::make_task(const Stage& stage, PartitionId partition,
                                      std::vector<StartPosition>& starts) {
  const TaskId id{.stage = stage_id(stage.name), .partition = partition};
  ColdState* cold = nullptr;
  if (image_) {
    cold_[id] = image_->cold_state(id);
    cold = cold_[id].get();
  }
  OwnedTask owned;
  ASSIGN_OR_RETURN(owned.task, Task::make({.stage = &stage,
                                           .partition = partition,
                                           .topics = &topics_,
                                           .dead_letter_topic = topology_.dead_letter_topic,
                                           .cold = cold,
                                           .metrics = &metrics_,
                                           .now = clock_.now()}));
  std::optional<TaskPosition> position;
  if (image_) {
    ASSIGN_OR_RETURN(const std::optional<ImagePosition> saved, image_->position(id));
    if (saved) {
      position = saved->task;
      TRY(restore(*owned.task));
    }
  }
  std::vector<Offset> next;
  std::size_t index = 0;
  for (const SourceNode& source : stage.sources) {
    for (std::size_t t = 0; t < source.topics.size(); ++t, ++index) {
      const TopicPartition& input = owned.task->inputs()[index];
      std::optional<Offset> known;
      if (position) {
        for (const InputPosition& saved : position->inputs) {
          if (saved.partition == input) known = saved.next;
        }
      }
      if (!known) {
        ASSIGN_OR_RETURN(known, start_offset(source, input));
      }
      next.push_back(*known);
      starts.push_back({.partition = input, .offset = *known});
      std::optional<Offset> end;
      if (options_.bounded) {
        ASSIGN_OR_RETURN(const OffsetRange range, log_.offset_range(input));
        end = range.end;
      }
      owned.ends.push_back(end);
    }
  }
  TRY(owned.task->start(position, next, clock_.now()));
  return owned;
}

Result<void> Instance::restore(Task& task) {
  const MemoryBudget memory = split_memory(std::max(options_.memory_bytes, kJobMemoryMin));
  Restorer restorer(*image_,
                    {.task = task.id(),
                     .stores = {task.stores().begin(), task.stores().end()},
                     .memory_bytes_max = options_.state_bytes_max.value_or(memory.stores / 2)});
  Micros said = clock_.monotonic();
  while (true) {
    ASSIGN_OR_RETURN(const bool done, restorer.step());
    if (done) break;
    if (const Micros now = clock_.monotonic(); now - said > 2 * kMicrosPerSecond) {
      said = now;
      log_info("restoring ", task.name(), ": ", restorer.percent(), " %");
    }
  }
  if (restorer.unknown_entries() > 0) {
    log_warning(task.name(), ": ", restorer.unknown_entries(),
                " entries of the state belong to streams that the job no longer has");
  }
  log_debug("restored ", task.name(), ": ", restorer.restored_entries(), " entries");
  return {};
}

Result<Offset> Instance::start_offset(const SourceNode& source, const TopicPartition& partition) {
  if (source.start == StartFrom::kFail) {
    return invalid_config(
        concat("source ", source.name, " says `start: fail`, and there is no saved position for ",
               partition.topic, "[", partition.partition, "]; say `start: earliest` or `latest`"));
  }
  ASSIGN_OR_RETURN(const OffsetRange range, log_.offset_range(partition));
  return source.start == StartFrom::kLatest ? range.end : range.begin;
}

template <typename Answer>
Result<void> Instance::wait_for_workers() {
  for (const auto& rings : worker_rings_) {
    while (true) {
      auto message = rings->to_control.try_pop();
      if (!message) {
        idle_();
        continue;
      }
      if (std::holds_alternative<Answer>(*message)) break;
      if (auto* failed = std::get_if<TaskFailed>(&*message)) return std::move(failed->error);
    }
  }
  return {};
}

template <typename Answer, typename Message, typename Failure>
Result<void> Instance::wait_for(SpscRing<Message>& ring) {
  while (true) {
    auto message = ring.try_pop();
    if (!message) {
      idle_();
      continue;
    }
    if (std::holds_alternative<Answer>(*message)) return {};
    if (auto* failed = std::get_if<Failure>(&*message)) return std::move(failed->error);
  }
}

Result<void> Instance::commit_open_epoch() {
  ControlToCommitter commit = CommitNow{};
  ENSURE(rings_.control_to_committer.try_push(commit), "the committer does not listen");
  TRY((wait_for<Committed, CommitterToControl, CommitterFailed>(rings_.committer_to_control)));
  if (!flusher_) return {};
  ControlToFlusher flush = FlushNow{};
  ENSURE(rings_.control_to_flusher.try_push(flush), "the flusher does not listen");
  return wait_for<ImageWritten, FlusherToControl, FlusherFailed>(rings_.flusher_to_control);
}

Result<void> Instance::serve_revoked(bool lost) {
  tell_workers<Park>();
  TRY(wait_for_workers<Parked>());
  if (lost) {
    tell_workers<Release>();
    TRY(wait_for_workers<Released>());
    ControlToCommitter discard = DiscardOpen{};
    ENSURE(rings_.control_to_committer.try_push(discard), "the committer does not listen");
    TRY((wait_for<Committed, CommitterToControl, CommitterFailed>(rings_.committer_to_control)));
  } else {
    TRY(commit_open_epoch());
    tell_workers<Release>();
    TRY(wait_for_workers<Released>());
  }
  tasks_of_worker_.assign(workers_.size(), 0);
  cold_.clear();
  owned_.clear();
  log_info(lost ? "partitions were lost" : "partitions were given back");
  return group_->unassign();
}

Result<void> Instance::shut_down(bool leave) {
  if (assigned_) TRY(serve_revoked(/*lost=*/false));
  if (leave) TRY(group_->leave());
  return {};
}

}  // namespace sitrep
