// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/reset_state.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "engine/base/logging.h"
#include "engine/base/text.h"
#include "engine/runtime/node_stores.h"
#include "engine/runtime/restoration.h"
#include "engine/runtime/state_records.h"
#include "engine/state/memory_budget.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {
namespace {

/// How long the other members of a group may take to leave it, or to be found gone.
constexpr Micros kGroupWait = 60 * kMicrosPerSecond;
constexpr Micros kPollWait = 50 * kMicrosPerMilli;

class Reset {
 public:
  Reset(const Topology& topology, const ResetOptions& options, Log& log, const Clock& clock)
      : topology_(topology), options_(options), log_(log), clock_(clock) {}

  Result<std::vector<std::string>> run() {
    if (!log_.keeps_state()) {
      return invalid_config(concat("the state of this job is in ", options_.state_dir,
                                   " alone, and can only be dropped whole: remove that directory, "
                                   "and the job begins anew"));
    }
    TRY(find_stages());
    TRY(open_image());
    TRY(wait_until_nobody_runs());
    TRY(join_group());
    auto done = options_.stream ? drop_stream() : begin_anew();
    if (auto left = group_->leave(); done && !left) done = std::move(left);
    if (!done) return std::move(done).error();
    return lines_;
  }

 private:
  Result<void> find_stages() {
    for (const Stage& stage : topology_.stages) {
      const bool has_stream = std::ranges::any_of(stage.nodes, [&](const OperatorNode& node) {
        return options_.stream && is_of_stream(node.name);
      });
      if (!options_.stream || has_stream) stages_.push_back(&stage);
    }
    if (!stages_.empty()) return {};
    return invalid_config(concat("the job has no stream or alert '", *options_.stream, "'"));
  }

  /// "sums" and the branches of a union, "sums#1".
  bool is_of_stream(std::string_view node) const {
    return stream_of(node) == *options_.stream;
  }

  /// While we have it open, no process of this place can run the job.
  Result<void> open_image() {
    was_here_ = std::filesystem::exists(options_.state_dir);
    if (!was_here_ && !options_.stream) return {};
    const MemoryBudget memory = split_memory(kJobMemoryMin);
    auto image = StateImage::open({.directory = options_.state_dir,
                                   .job = topology_.job,
                                   .cache_bytes = memory.image_cache,
                                   .write_buffer_bytes = memory.image_write_buffers});
    if (image) {
      image_ = *std::move(image);
      return {};
    }
    // What is dropped need not be whole.
    if (image.error().kind() == ErrorKind::kCorrupt && !options_.stream) return {};
    return std::move(image).error().with_context("the job must not run while it is reset");
  }

  /// Only looks: whoever joins the group takes partitions from those who run.
  Result<void> wait_until_nobody_runs() {
    const Micros deadline = clock_.monotonic() + kGroupWait;
    std::string said;
    while (true) {
      ASSIGN_OR_RETURN(const std::vector<GroupMember> members, log_.members(options_.group));
      std::vector<std::string> others;
      for (const GroupMember& member : members) {
        // One of our name in our place is dead: we have its image.
        if (member.instance == options_.instance && was_here_) continue;
        others.push_back(member.host.empty() ? member.instance
                                             : concat(member.instance, " at ", member.host));
      }
      if (others.empty()) return {};
      const std::string names = join(others, ", ");
      if (clock_.monotonic() >= deadline) {
        return invalid_config(concat("the job runs: instances in group ", options_.group, " are ",
                                     names, ". Stop them first"));
      }
      if (said != names) log_info("waiting until the group has given up ", names);
      said = names;
      options_.pause();
    }
  }

  /// Joins and waits until every partition is ours: nobody else runs the job then.
  Result<void> join_group() {
    ASSIGN_OR_RETURN(group_, log_.join({.group = options_.group,
                                        .instance = options_.instance,
                                        .topics = topology_.input_topics()}));
    std::size_t partitions = 0;
    for (const std::string& topic : topology_.input_topics()) {
      ASSIGN_OR_RETURN(const auto count, log_.partition_count(topic));
      if (!count) return invalid_config(concat("no topic ", topic));
      partitions += static_cast<std::size_t>(*count);
    }
    const Micros deadline = clock_.monotonic() + kGroupWait;
    while (clock_.monotonic() < deadline) {
      options_.pause();
      ASSIGN_OR_RETURN(const auto change, group_->poll(kPollWait));
      if (!change) continue;
      if (change->kind != AssignmentChange::Kind::kAssigned) {
        TRY(group_->unassign());
        continue;
      }
      partitions_ = change->partitions;
      generation_ = change->generation;
      if (partitions_.size() == partitions) return {};
      // Others have the rest; they may be gone already, and their sessions not yet.
    }
    return invalid_config(concat("other instances of the job hold ",
                                 partitions - std::min(partitions, partitions_.size()), " of ",
                                 partitions, " partitions: stop them first"));
  }

  Result<void> open_writer() {
    ASSIGN_OR_RETURN(writer_, log_.open_writer({.group = options_.group,
                                                .instance = options_.instance,
                                                .transactional = true}));
    for (const Stage* stage : stages_) {
      ASSIGN_OR_RETURN(topics_[stage->state_topic], writer_->open_topic(stage->state_topic));
    }
    return {};
  }

  std::vector<TopicPartition> inputs_of(const Stage& stage, PartitionId partition) const {
    std::vector<TopicPartition> out;
    for (const SourceNode& source : stage.sources) {
      for (const std::string& topic : source.topics) out.push_back({topic, partition});
    }
    return out;
  }

  Result<void> begin_anew() {
    std::vector<CommittedPosition> positions;
    ASSIGN_OR_RETURN(const std::string identity, log_.identity());
    for (const Stage* stage : stages_) {
      const std::string& first = stage->sources.front().topics.front();
      ASSIGN_OR_RETURN(const auto count, log_.partition_count(first));
      ASSIGN_OR_RETURN(const auto kept, log_.partition_count(stage->state_topic));
      if (kept && *kept < *count) {
        return invalid_config(concat("topic ", stage->state_topic, " has ", *kept,
                                     " partitions and the input has ", *count, ": delete ",
                                     stage->state_topic, ", then reset again"));
      }
      for (std::int32_t n = 0; n < *count; ++n) {
        Delta nothing{.task = {.stage = stage_id(stage->name), .partition = PartitionId(n)},
                      .position = {.epoch = Epoch(0), .inputs = {}},
                      .bytes = {}};
        for (const TopicPartition& input : inputs_of(*stage, PartitionId(n))) {
          ASSIGN_OR_RETURN(const Start start, start_of(*stage, input));
          nothing.position.inputs.push_back({.partition = input, .next = start.offset});
          lines_.push_back(concat("stage ", stage->name, ": the state is dropped; ", input.topic,
                                  "[", input.partition, "] is read from offset ", start.offset,
                                  " (", start.why, ")"));
        }
        const StateTail tail{.topic = TopicId(0),
                             .mark = {.incarnation = new_incarnation(identity), .next = Offset(0)},
                             .snapshot = {},
                             .partition_count = *count};
        for (CommittedPosition& position :
             positions_with_state(nothing, tail, Offset(0), std::nullopt)) {
          positions.push_back(std::move(position));
        }
      }
    }
    if (!options_.apply) return {};
    TRY(open_writer());
    TRY(writer_->begin());
    return writer_->commit(positions, generation_);
  }

  struct Start {
    Offset offset;
    std::string_view why;
  };
  Result<Start> start_of(const Stage& stage, const TopicPartition& input) {
    const auto source = std::ranges::find_if(stage.sources, [&](const SourceNode& one) {
      return std::ranges::find(one.topics, input.topic) != one.topics.end();
    });
    ENSURE(source != stage.sources.end(), "an input of a stage has a source");
    if (!source->senders.empty()) {
      ASSIGN_OR_RETURN(const Offset end, log_.written_end(input));
      return Start{.offset = end, .why = "behind what was sent before"};
    }
    ASSIGN_OR_RETURN(const OffsetRange range, log_.offset_range(input));
    if (source->start == StartFrom::kLatest) {
      return Start{.offset = range.end, .why = "`start: latest`"};
    }
    return Start{.offset = range.begin, .why = "`start: earliest`"};
  }

  Result<void> drop_stream() {
    if (options_.apply) TRY(open_writer());
    OutputBatch records;
    std::vector<std::pair<Delta, StateTail>> epochs;
    for (const Stage* stage : stages_) {
      const std::string& first = stage->sources.front().topics.front();
      ASSIGN_OR_RETURN(const auto count, log_.partition_count(first));
      for (std::int32_t n = 0; n < *count; ++n) {
        TRY(drop_stream_of(*stage, PartitionId(n), epochs));
      }
    }
    if (!options_.apply || epochs.empty()) return {};
    TRY(writer_->begin());
    std::vector<std::size_t> last_records;
    for (const auto& [delta, tail] : epochs) {
      append_state_records(delta, tail, records);
      last_records.push_back(records.size() - 1);
    }
    ASSIGN_OR_RETURN(const std::vector<Offset> offsets, writer_->append_located(records));
    std::vector<CommittedPosition> positions;
    for (std::size_t i = 0; i < epochs.size(); ++i) {
      const auto& [delta, tail] = epochs[i];
      for (CommittedPosition& position :
           positions_with_state(delta, tail, offsets[last_records[i]] + 1, tail.snapshot)) {
        positions.push_back(std::move(position));
      }
    }
    return writer_->commit(positions, generation_);
  }

  /// The epoch of one task that removes what the stream keeps.
  Result<void> drop_stream_of(const Stage& stage, PartitionId partition,
                              std::vector<std::pair<Delta, StateTail>>& epochs) {
    const TaskId task{.stage = stage_id(stage.name), .partition = partition};
    ASSIGN_OR_RETURN(const auto committed, group_->committed(inputs_of(stage, partition)));
    const auto known = std::ranges::find_if(
        committed, [](const auto& one) { return one && !one->metadata.empty(); });
    if (known == committed.end()) return {};
    ASSIGN_OR_RETURN(const CommitMetadata metadata, decode_commit_metadata((*known)->metadata));
    const auto mine = std::ranges::find(metadata.stages, task.stage, &StageCommit::stage);
    if (mine == metadata.stages.end()) return {};
    TailReplay replay(log_, *image_,
                      {.task = task,
                       .state_log = {stage.state_topic, partition},
                       .target = mine->mark,
                       .snapshot = mine->snapshot});
    while (true) {
      ASSIGN_OR_RETURN(const bool done, replay.step());
      if (done) break;
    }
    ASSIGN_OR_RETURN(const std::optional<ImagePosition> position, image_->position(task));
    if (!position) return {};
    ASSIGN_OR_RETURN(const std::set<StoreId> stores, stores_of_stream(stage));
    std::set<std::tuple<StoreId, std::string, Micros>> panes;
    std::size_t entries = 0;
    TRY(image_->restore(task,
                      [&](StoreId store, const StateKey& key, std::string_view) -> Result<void> {
                        if (!stores.contains(store)) return {};
                        panes.insert({store, std::string(key.clock), key.pane});
                        ++entries;
                        return {};
                      }));
    DeltaBuilder builder;
    // Shapes are kept by node in store 0.
    for (const OperatorNode& node : stage.nodes) {
      if (!is_of_stream(node.name)) continue;
      builder.remove(StoreId(0), {.clock = {}, .pane = 0, .key = node.name});
    }
    for (const auto& [store, clock, pane] : panes) builder.remove_pane(store, clock, pane);
    TaskPosition after = position->task;
    ++after.epoch;
    lines_.push_back(concat("task ", stage.name, "[", partition, "]: ", entries, " entries of ",
                            *options_.stream,
                            " are dropped; its inputs are read on "
                            "from where they are"));
    epochs.emplace_back(
        builder.finish(task, std::move(after)),
        StateTail{.topic = options_.apply ? topics_.at(stage.state_topic) : TopicId(0),
                  .mark = mine->mark,
                  .snapshot = mine->snapshot,
                  .partition_count = metadata.partition_count});
    return {};
  }

  Result<std::set<StoreId>> stores_of_stream(const Stage& stage) const {
    std::set<StoreId> out;
    for (const OperatorNode& node : stage.nodes) {
      if (!is_of_stream(node.name)) continue;
      ASSIGN_OR_RETURN(const std::set<StoreId> stores, stores_of(node));
      out.insert(stores.begin(), stores.end());
    }
    return out;
  }

  const Topology& topology_;
  const ResetOptions& options_;
  Log& log_;
  const Clock& clock_;
  std::vector<const Stage*> stages_;
  bool was_here_ = false;  // the job has run with this state_dir
  std::unique_ptr<StateImage> image_;
  std::unique_ptr<GroupReader> group_;
  std::vector<TopicPartition> partitions_;
  Generation generation_;
  std::unique_ptr<LogWriter> writer_;
  TopicNumbers topics_;
  std::vector<std::string> lines_;
};

}  // namespace

Result<std::vector<std::string>> reset_state(const Topology& topology, const ResetOptions& options,
                                             Log& log, const Clock& clock) {
  return Reset(topology, options, log, clock).run();
}

}  // namespace sitrep
