// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/restoration.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/logging.h"

namespace sitrep {
namespace {

constexpr Micros kSayEvery = 2 * kMicrosPerSecond;

std::string name_of(const TopicPartition& partition) {
  return concat(partition.topic, "[", partition.partition, "]");
}

const SourceNode& source_of(const Stage& stage, const std::string& topic) {
  for (const SourceNode& source : stage.sources) {
    if (std::ranges::find(source.topics, topic) != source.topics.end()) return source;
  }
  ENSURE(false, "an input of a task has a source");
}

}  // namespace

Incarnation new_incarnation(std::string_view log_identity) {
  Incarnation made{.log = hash_bytes(log_identity), .id = {}};
  std::random_device random;
  for (std::uint8_t& byte : made.id) byte = static_cast<std::uint8_t>(random());
  return made;
}

/// A task on its way.
struct Restoration::Item {
  const Stage* stage = nullptr;
  PartitionId partition;
  StateMachine<TaskPhase> phase{kTaskTransitions, TaskPhase::kWaiting};
  std::unique_ptr<ColdState> cold;
  std::unique_ptr<Task> task;
  /// What its state stands for; nothing for a new task.
  std::optional<TaskPosition> position;
  /// By input: what to read next, as soon as it is known, and where a bounded run ends.
  std::vector<std::optional<Offset>> next;
  std::vector<std::optional<Offset>> ends;
  /// By input: what the group had as committed.
  std::vector<std::optional<Offset>> told;
  /// Of tables: where they begin, and are to be read to before the others.
  std::vector<Offset> begins;
  std::vector<std::optional<Offset>> load_until;
  bool has_tables = false;
  bool filled = false;
  std::optional<StateTail> tail;
  std::unique_ptr<TailReplay> replay;
  std::unique_ptr<Restorer> restorer;
  std::vector<std::unique_ptr<PartitionReader>> readers;

  TaskId id() const { return task->id(); }
};

Restoration::Restoration(const Context& context, std::vector<TopicPartition> partitions,
                         Generation generation)
    : context_(context),
      partitions_(std::move(partitions)),
      generation_(std::move(generation)),
      began_(context.clock.monotonic()),
      said_(began_),
      percent_(context.metrics.gauge("sitrep_restore_percent",
                                     "How much of the state is restored; 100 when all is")) {}

Restoration::~Restoration() = default;

Result<bool> Restoration::step(std::vector<OwnedTask>& ready) {
  if (items_.empty() && !partitions_.empty()) TRY(make_items());
  if (!asked_) {
    ASSIGN_OR_RETURN(asked_, ask_positions());
    if (!asked_) return false;
  }
  bool positions_known = true;
  for (const auto& item : items_) {
    if (item->phase.state() == TaskPhase::kReplaying) TRY(replay(*item));
    // Where a table is read from depends on what of it is in the state.
    if (item->phase.state() == TaskPhase::kLoading && item->has_tables) TRY(fill(*item));
    positions_known =
        positions_known && (item->filled || !item->has_tables) &&
        std::ranges::all_of(item->next, [](const auto& next) { return next.has_value(); });
  }
  if (positions_known && !assigned_) {
    TRY(assign_readers());
    assigned_ = true;
  }
  bool all_running = true;
  for (const auto& item : items_) {
    if (item->phase.state() == TaskPhase::kLoading && assigned_) {
      ASSIGN_OR_RETURN(const bool loaded, load(*item));
      if (loaded) {
        item->phase.enter(TaskPhase::kRunning);
        OwnedTask owned;
        owned.commit_start = CommitStart{.generation = generation_, .state = item->tail};
        owned.readers = std::move(item->readers);
        owned.ends = item->ends;
        owned.load_until = std::move(item->load_until);
        owned.task = std::move(item->task);
        owned.cold = std::move(item->cold);
        ready.push_back(std::move(owned));
      }
    }
    all_running = all_running && item->phase.state() == TaskPhase::kRunning;
  }
  percent_.set(percent());
  if (!all_running) say_progress();
  return all_running;
}

int Restoration::percent() const {
  int lowest = 100;
  for (const auto& item : items_) {
    int mine = 100;
    // Reading the tail is the longer half.
    if (item->phase.state() == TaskPhase::kWaiting) mine = 0;
    if (item->phase.state() == TaskPhase::kReplaying) mine = item->replay->percent() * 8 / 10;
    if (item->phase.state() == TaskPhase::kLoading) {
      mine = 80 + (item->restorer ? item->restorer->percent() / 5 : 0);
    }
    lowest = std::min(lowest, mine);
  }
  return lowest;
}

Result<PartitionCounts> Restoration::count_partitions() const {
  PartitionCounts out;
  const bool sends = std::ranges::any_of(
      context_.topology.stages, [](const Stage& stage) { return !stage.repartitions.empty(); });
  if (!sends) return out;
  for (const std::string& topic : context_.topology.input_topics()) {
    ASSIGN_OR_RETURN(const auto count, context_.log.partition_count(topic));
    if (!count) return unavailable(concat("topic ", topic, " is gone"), Retry::kNever);
    out[topic] = *count;
  }
  return out;
}

Result<void> Restoration::make_items() {
  ASSIGN_OR_RETURN(const PartitionCounts counts, count_partitions());
  const std::set<TopicPartition> mine(partitions_.begin(), partitions_.end());
  for (const Stage& stage : context_.topology.stages) {
    std::set<PartitionId> wanted;
    for (const SourceNode& source : stage.sources) {
      for (const std::string& topic : source.topics) {
        for (const TopicPartition& partition : partitions_) {
          if (partition.topic == topic) wanted.insert(partition.partition);
        }
      }
    }
    for (const PartitionId partition : wanted) {
      auto item = std::make_unique<Item>();
      item->stage = &stage;
      item->partition = partition;
      if (context_.image != nullptr) {
        item->cold =
            context_.image->cold_state({.stage = stage_id(stage.name), .partition = partition});
      }
      ASSIGN_OR_RETURN(item->task,
                       Task::make({.stage = &stage,
                                   .partition = partition,
                                   .topics = &context_.topics,
                                   .partitions = &counts,
                                   .text_records = !context_.log.keeps_bytes(),
                                   .dead_letter_topic = context_.topology.dead_letter_topic,
                                   .cold = item->cold.get(),
                                   .metrics = &context_.metrics,
                                   .now = context_.clock.now()}));
      for (const TopicPartition& input : item->task->inputs()) {
        if (mine.contains(input)) continue;
        return internal_error(concat("the group gave ", partitions_.size(), " partitions, but not ",
                                     name_of(input), ", which task ", item->task->name(),
                                     " reads too"));
      }
      item->next.resize(item->task->inputs().size());
      item->ends.resize(item->task->inputs().size());
      item->told.resize(item->task->inputs().size());
      item->load_until.resize(item->task->inputs().size());
      item->begins.resize(item->task->inputs().size());
      item->has_tables = std::ranges::any_of(stage.sources, &SourceNode::loads_first);
      items_.push_back(std::move(item));
    }
  }
  return {};
}

Result<bool> Restoration::ask_positions() {
  // Asked as a whole: nothing is decided before all is known.
  std::vector<TopicPartition> inputs;
  for (const auto& item : items_) {
    inputs.insert(inputs.end(), item->task->inputs().begin(), item->task->inputs().end());
  }
  std::vector<std::optional<CommittedOffset>> committed(inputs.size());
  if (context_.state_log) {
    auto identity = context_.log.identity();
    auto answer = identity ? context_.group.committed(inputs)
                           : Result<std::vector<std::optional<CommittedOffset>>>(identity.error());
    if (!answer) {
      if (!answer.error().retriable()) return std::move(answer).error();
      say_waiting(answer.error());
      return false;
    }
    log_identity_ = *std::move(identity);
    committed = *std::move(answer);
  }
  auto at = committed.begin();
  for (const auto& item : items_) {
    const auto count = static_cast<std::ptrdiff_t>(item->task->inputs().size());
    if (item->phase.state() == TaskPhase::kWaiting) {
      if (auto decided = decide_start(*item, {at, at + count}); !decided) {
        if (!decided.error().retriable()) return std::move(decided).error();
        say_waiting(decided.error());
        return false;
      }
    }
    at += count;
  }
  return true;
}

Result<void> Restoration::decide_start(
    Item& item, const std::vector<std::optional<CommittedOffset>>& committed) {
  if (context_.state_log) return decide_from_log(item, committed);
  if (context_.image != nullptr) {
    ASSIGN_OR_RETURN(const std::optional<ImagePosition> saved, context_.image->position(item.id()));
    if (saved) item.position = saved->task;
  }
  TRY(choose_offsets(item));
  item.phase.enter(TaskPhase::kLoading);
  return {};
}

Result<void> Restoration::decide_from_log(
    Item& item, const std::vector<std::optional<CommittedOffset>>& committed) {
  const std::vector<TopicPartition>& inputs = item.task->inputs();
  const TopicPartition state_log{item.stage->state_topic, item.partition};
  ASSIGN_OR_RETURN(const std::optional<std::int32_t> partition_count,
                   context_.log.partition_count(inputs.front().topic));
  item.tail = StateTail{.topic = context_.topics.at(state_log.topic),
                        .mark = {},
                        .snapshot = {},
                        .partition_count = partition_count.value_or(0)};
  std::optional<StageCommit> stands;
  std::size_t said_by = 0;
  bool set_by_others = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!committed[i]) continue;
    item.next[i] = committed[i]->next;
    item.told[i] = committed[i]->next;
    if (committed[i]->metadata.empty()) {
      set_by_others = true;
      continue;
    }
    auto metadata = decode_commit_metadata(committed[i]->metadata);
    if (!metadata) {
      return std::move(metadata).error().with_context(
          concat("what is committed for ", name_of(inputs[i])));
    }
    TRY(check_partition_count(item, metadata->partition_count));
    item.ends[i] = metadata->end;
    const StageId stage = item.id().stage;
    const auto mine = std::ranges::find(metadata->stages, stage, &StageCommit::stage);
    if (mine == metadata->stages.end()) continue;
    if (stands && *stands != *mine) {
      return invalid_config(concat("task ", item.task->name(), ": what is committed for ",
                                   name_of(inputs[said_by]), " and for ", name_of(inputs[i]),
                                   " does not agree about its state; `sitrep reset` begins anew"));
    }
    stands = *mine;
    said_by = i;
  }
  if (stands) {
    if (stands->mark.incarnation.log != hash_bytes(log_identity_)) {
      return invalid_config(
          concat("task ", item.task->name(), ": what is committed for ", name_of(inputs[said_by]),
                 " was written at another cluster; offsets differ between clusters. `sitrep reset` "
                 "begins anew here"));
    }
    log_debug("task ", item.task->name(), " stands at epoch ", stands->epoch, ", ",
              name_of(inputs[said_by]), " at ", *item.next[said_by], ", its state at ",
              stands->mark.next);
    item.tail->mark = stands->mark;
    item.tail->snapshot = stands->snapshot;
    item.replay = std::make_unique<TailReplay>(context_.log, *context_.image,
                                               TailReplay::Options{.task = item.id(),
                                                                   .state_log = state_log,
                                                                   .target = stands->mark,
                                                                   .snapshot = stands->snapshot});
    item.phase.enter(TaskPhase::kReplaying);
    return choose_offsets(item);
  }
  ASSIGN_OR_RETURN(const OffsetRange kept, context_.log.offset_range(state_log));
  if (kept.end == kept.begin) {
    // Offsets that someone else committed are where we begin; there is no state yet.
    TRY(begin_anew(item));
    return choose_offsets(item);
  }
  if (set_by_others) {
    return invalid_config(concat("task ", item.task->name(), ": the committed offset of ",
                                 name_of(inputs.front()),
                                 " was set by another program, and the state in ", state_log.topic,
                                 " does not go with it; `sitrep reset` begins anew from there"));
  }
  log_warning("task ", item.task->name(), ": the group has no committed offsets (any more); ",
              state_log.topic, " says where it stands");
  item.replay = std::make_unique<TailReplay>(context_.log, *context_.image,
                                             TailReplay::Options{.task = item.id(),
                                                                 .state_log = state_log,
                                                                 .target = std::nullopt,
                                                                 .snapshot = std::nullopt});
  item.phase.enter(TaskPhase::kReplaying);
  return {};
}

Result<void> Restoration::begin_anew(Item& item) {
  ASSIGN_OR_RETURN(const std::optional<ImagePosition> saved, context_.image->position(item.id()));
  if (saved) {
    log_warning("task ", item.task->name(),
                ": the local image holds state that nothing in the log belongs to; it is dropped");
    TRY(context_.image->drop(item.id()));
  }
  item.tail->mark = {.incarnation = new_incarnation(log_identity_), .next = Offset(0)};
  item.phase.enter(TaskPhase::kLoading);
  return {};
}

Result<void> Restoration::check_partition_count(const Item& item,
                                                std::int32_t committed_count) const {
  const std::int32_t now = item.tail->partition_count;
  if (committed_count == now || !item.task->keeps_keyed_state()) return {};
  return invalid_config(concat(
      "topic ", item.task->inputs().front().topic, " has ", now, " partitions and had ",
      committed_count, " when the state of stage ", item.stage->name,
      " was written: keys have moved to other partitions, and their state has not. `sitrep reset` "
      "begins the stage anew; or give the topic its old number of partitions back"));
}

/// What to read next of each input, where the log still has it.
Result<void> Restoration::choose_offsets(Item& item) {
  const std::vector<TopicPartition>& inputs = item.task->inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (item.position && !item.next[i]) {
      for (const InputPosition& saved : item.position->inputs) {
        if (saved.partition != inputs[i]) continue;
        item.next[i] = saved.next;
        item.ends[i] = saved.end;
      }
    }
    const SourceNode& source = source_of(*item.stage, inputs[i].topic);
    ASSIGN_OR_RETURN(const OffsetRange range, context_.log.offset_range(inputs[i]));
    if (!context_.bounded) {
      item.ends[i].reset();
    } else if (!source.senders.empty()) {
      item.ends[i] = kEndNotKnownYet;
    } else if (!item.ends[i]) {
      item.ends[i] = range.end;
    }
    if (source.loads_first) {
      item.begins[i] = range.begin;
      item.load_until[i] = item.ends[i].value_or(range.end);
    }
    if (!item.next[i]) {
      if (source.start == StartFrom::kFail) {
        return invalid_config(concat("source ", source.name,
                                     " says `start: fail`, and there is no saved position for ",
                                     name_of(inputs[i]), "; say `start: earliest` or `latest`"));
      }
      item.next[i] = source.start == StartFrom::kLatest ? range.end : range.begin;
    }
    if (*item.next[i] < range.begin) {
      const std::string lost =
          concat(range.begin.value() - item.next[i]->value(), " offsets of ", name_of(inputs[i]),
                 " are gone: the job stands at ", *item.next[i], ", the topic begins at ",
                 range.begin, " (retention removed them before they were read)");
      if (!source.senders.empty()) return moved_on(inputs[i], range.begin, lost);
      if (!source.skip_gaps) {
        return invalid_config(
            concat(lost, ". Say `on_gap: skip` in source ", source.name, " to go on without them"));
      }
      log_warning(lost, "; going on behind them, as `on_gap: skip` says");
      item.next[i] = range.begin;
    }
    if (*item.next[i] > range.end) {
      return invalid_config(
          concat("the job stands at offset ", *item.next[i], " of ", name_of(inputs[i]),
                 ", and the topic ends at ", range.end,
                 ": it was made anew, or lost records. `sitrep reset` begins the stage anew"));
    }
  }
  return {};
}

/// sitrep trims what is committed as read. If that is beyond what we were told, others have the
/// partition by now (we were stopped past our session); if not, somebody else trimmed the topic.
Error Restoration::moved_on(const TopicPartition& input, Offset begin,
                            const std::string& lost) const {
  const auto committed = context_.group.committed({&input, 1});
  if (!committed) return committed.error();
  const std::optional<CommittedOffset>& now = committed->front();
  if (now && now->next >= begin) {
    return unavailable(concat("others went on with ", name_of(input), " to ", now->next,
                              " while this instance was restoring it"));
  }
  return invalid_config(concat(lost, ". Nobody but sitrep may trim its own topics; `sitrep reset` "
                                     "begins the job anew"));
}

/// Whether the group says something else by now than what this restore goes by. True when it cannot
/// be asked: it is asked again.
bool Restoration::others_went_on(const Item& item) const {
  const auto committed = context_.group.committed(item.task->inputs());
  if (!committed) return true;
  for (std::size_t i = 0; i < committed->size(); ++i) {
    const std::optional<CommittedOffset>& now = (*committed)[i];
    if (now && now->next != item.told[i]) return true;
  }
  return false;
}

Result<bool> Restoration::replay(Item& item) {
  auto done = item.replay->step();
  if (!done) {
    Error error = std::move(done).error();
    // What the log lacks may be what others trimmed who went on while we were stopped: the group
    // will tell us so.
    const bool lacks = item.replay->outrun() || !error.retriable();
    if (lacks && error.kind() == ErrorKind::kUnavailable && others_went_on(item)) {
      say_waiting(error);
      return false;
    }
    if (item.replay->outrun()) {
      return unavailable(concat("restoring ", item.task->name(), ": ", error.message(),
                                ", and nothing else is committed. Nobody but sitrep may trim its "
                                "own topics; `sitrep reset` begins the stage anew"),
                         Retry::kNever);
    }
    if (!error.retriable()) {
      return std::move(error).with_context(concat("restoring ", item.task->name()));
    }
    say_waiting(error);
    return false;
  }
  if (!*done) return false;
  ASSIGN_OR_RETURN(const std::optional<ImagePosition> stands, context_.image->position(item.id()));
  if (stands && stands->mark) {
    item.position = stands->task;
    item.tail->mark = *stands->mark;
  } else if (item.tail->mark == StateMark()) {
    // All that the state log holds are epochs that never committed.
    item.tail->mark.incarnation = new_incarnation(log_identity_);
  }
  TRY(choose_offsets(item));
  item.phase.enter(TaskPhase::kLoading);
  return true;
}

/// Brings the image's entries into the tables; true when all are.
Result<bool> Restoration::fill(Item& item) {
  if (item.filled) return true;
  if (item.position && !item.restorer) {
    item.restorer = std::make_unique<Restorer>(
        *context_.image,
        Restorer::Options{.task = item.id(),
                          .stores = {item.task->stores().begin(), item.task->stores().end()},
                          .memory_bytes_max = context_.memory_bytes_max / items_.size()});
  }
  if (item.restorer) {
    const auto done = item.restorer->step();
    if (!done) {
      Error error = done.error();
      return std::move(error).with_context(concat("restoring ", item.task->name()));
    }
    if (!*done) return false;
    if (item.restorer->unknown_entries() > 0) {
      log_warning(item.task->name(), ": ", item.restorer->unknown_entries(),
                  " entries of the state belong to streams that the job no longer has");
    }
    log_debug("restored ", item.task->name(), ": ", item.restorer->restored_entries(), " entries");
  }
  for (std::size_t i = 0; i < item.next.size(); ++i) {
    if (item.task->begins_anew(i)) item.next[i] = item.begins[i];
  }
  item.filled = true;
  return true;
}

Result<bool> Restoration::load(Item& item) {
  ASSIGN_OR_RETURN(const bool filled, fill(item));
  if (!filled) return false;
  std::vector<Offset> next;
  for (const auto& offset : item.next) next.push_back(*offset);
  TRY(item.task->start(item.position, next, item.ends, context_.clock.now()));
  return true;
}

Result<void> Restoration::assign_readers() {
  std::vector<StartPosition> starts;
  for (const auto& item : items_) {
    for (std::size_t i = 0; i < item->next.size(); ++i) {
      starts.push_back({.partition = item->task->inputs()[i], .offset = *item->next[i]});
    }
  }
  ASSIGN_OR_RETURN(std::vector<std::unique_ptr<PartitionReader>> readers,
                   context_.group.assign(starts));
  auto reader = readers.begin();
  for (const auto& item : items_) {
    for (std::size_t i = 0; i < item->next.size(); ++i) {
      item->readers.push_back(std::move(*reader++));
    }
  }
  return {};
}

void Restoration::say_waiting(const Error& error) {
  const Micros now = context_.clock.monotonic();
  if (now - said_ < kSayEvery) return;
  said_ = now;
  log_warning(error.message(), "; waiting");
}

void Restoration::say_progress() {
  const Micros now = context_.clock.monotonic();
  if (now - said_ < kSayEvery) return;
  said_ = now;
  const int done = percent();
  const Micros spent = now - began_;
  const std::string left = done == 0 ? std::string("unknown")
                                     : concat(spent * (100 - done) / done / kMicrosPerSecond, " s");
  log_info("restoring state: ", done, " %, about ", left, " left");
}

}  // namespace sitrep
