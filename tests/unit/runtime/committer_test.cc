// SPDX-License-Identifier: Apache-2.0
// The committer step by step, between rings that the test holds the other ends of and a writer that
// says what it was asked to do.
#include "engine/runtime/committer.h"

#include <gmock/gmock.h>

#include <deque>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "engine/state/state_record.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Keeps what it was asked to do as text; fails as it was told.
class TalkingWriter final : public LogWriter {
 public:
  Result<TopicId> open_topic(const std::string&) override { return TopicId(0); }
  Result<void> begin() override { return say("begin"); }
  Result<void> append(const OutputBatch& batch) override {
    std::vector<std::string> values;
    for (const OutputRecord& record : batch.records()) values.emplace_back(*record.value);
    return say(concat("append ", join(values, ",")));
  }
  Result<void> commit(std::span<const CommittedPosition> positions,
                      const Generation& generation) override {
    std::vector<std::string> all;
    for (const CommittedPosition& position : positions) {
      all.push_back(concat(position.partition.topic, "[", position.partition.partition, "]=",
                           position.next));
      if (position.metadata.empty()) continue;
      const CommitMetadata beside = decode_commit_metadata(position.metadata).value();
      all.back() += concat(" state ", beside.stages.at(0).mark.next);
    }
    const std::string by = generation.bytes.empty() ? "" : concat(" by ", generation.bytes);
    return say(concat("commit ", join(all, ","), by));
  }
  Result<std::vector<Offset>> append_located(const OutputBatch& batch) override {
    std::vector<std::string> all;
    std::vector<Offset> offsets;
    for (const OutputRecord& record : batch.records()) {
      const StateRecordHead head = decode_state_head(*record.key).value();
      all.push_back(concat(*record.value, " after ", head.predecessor));
      offsets.push_back(next_offset_);
      next_offset_ = next_offset_ + 10;
    }
    TRY(say(concat("state ", join(all, ","))));
    return offsets;
  }
  Result<void> abort() override { return say("abort"); }

  /// The next call that begins with `call` fails; later ones go well, or as told again.
  void fail(std::string call, Error error) { failures_.emplace_back(std::move(call), error); }
  /// Calls since the last time this was asked.
  std::vector<std::string> take() { return std::exchange(said_, {}); }

 private:
  Result<void> say(std::string call) {
    said_.push_back(call);
    for (auto failure = failures_.begin(); failure != failures_.end(); ++failure) {
      if (!call.starts_with(failure->first)) continue;
      Error error = std::move(failure->second);
      failures_.erase(failure);
      return error;
    }
    return {};
  }

  Offset next_offset_{100};
  std::vector<std::string> said_;
  std::deque<std::pair<std::string, Error>> failures_;
};

class CommitterTest : public testing::Test {
 protected:
  static constexpr Micros kInterval = 100 * kMicrosPerMilli;
  static constexpr Micros kUrgent = 10 * kMicrosPerMilli;
  static constexpr std::size_t kFlusherBytesMax = 1000;

  explicit CommitterTest(bool has_flusher = true, bool exactly_once = false)
      : committer_({.exactly_once = exactly_once,
                    .commit_interval = kInterval,
                    .urgent_interval = kUrgent,
                    .flusher_bytes_max = kFlusherBytesMax,
                    .repartition_topics = {{"job.rows.repartition", TopicId(7)}},
                    .trim_interval = 10 * kInterval,
                    .retry_min = 100 * kMicrosPerMilli,
                    .retry_max = 250 * kMicrosPerMilli},
                   clock_, writer_, rings_, {&workers_[0], &workers_[1]}, has_flusher, metrics_) {}

  void settle() {
    while (committer_.step()) {
    }
  }
  void wait(Micros time) {
    clock_.advance(time);
    settle();
  }
  void say(WorkerRings& worker, WorkerToCommitter message) {
    ASSERT_TRUE(worker.to_committer.try_push(message));
  }
  /// Number of the commit that `worker` is asked to close its epoch for; 0: it is not.
  std::uint64_t asked(WorkerRings& worker) {
    const auto close = worker.from_committer.try_pop();
    return close ? close->commit.value() : 0;
  }
  /// A part that read `topic`[0] up to `next` and put out `value`.
  void give_part(WorkerRings& worker, const std::string& topic, std::int64_t next,
                 const std::string& value) {
    PartOfEpoch message{.task = {}, .part = {}};
    message.part.outputs.append({.topic = TopicId(0),
                                 .partition = std::nullopt,
                                 .key = std::nullopt,
                                 .value = value,
                                 .headers = {},
                                 .timestamp = std::nullopt});
    message.part.positions.push_back(
        {.partition = {topic, PartitionId(0)}, .next = Offset(next), .metadata = {}});
    message.part.delta.bytes = "state of " + value;
    message.part.empty = false;
    say(worker, std::move(message));
  }
  void close(WorkerRings& worker, std::uint64_t commit) {
    say(worker, EpochClosed{.commit = CommitNumber(commit)});
  }
  /// Both workers close their epochs for `commit`; the first one's holds a part.
  void close_both(std::uint64_t commit, std::int64_t next, const std::string& value) {
    give_part(workers_[0], "in", next, value);
    close(workers_[0], commit);
    close(workers_[1], commit);
    settle();
  }
  /// What control hears: "committed", or the failure.
  std::vector<std::string> answers() {
    std::vector<std::string> out;
    while (const auto message = rings_.committer_to_control.try_pop()) {
      const auto* failed = std::get_if<CommitterFailed>(&*message);
      const bool rebuild = std::holds_alternative<EpochFailed>(*message);
      out.push_back(failed != nullptr ? failed->error.message() : rebuild ? "rebuild"
                                                                          : "committed");
    }
    return out;
  }
  /// What the flusher gets: the deltas of each commit, joined by commas.
  std::vector<std::string> flushed() {
    std::vector<std::string> out;
    while (const auto message = rings_.committer_to_flusher.try_pop()) {
      const auto* const deltas = std::get_if<DurableDeltas>(&*message);
      if (deltas == nullptr) continue;
      std::vector<std::string> all;
      for (const Delta& delta : *deltas) all.push_back(delta.bytes);
      out.push_back(join(all, ","));
    }
    return out;
  }
  void tell(ControlToCommitter message) {
    ASSERT_TRUE(rings_.control_to_committer.try_push(message));
    settle();
  }

  ManualClock clock_{1'000 * kMicrosPerSecond};
  TalkingWriter writer_;
  MetricsRegistry metrics_;
  InstanceRings rings_;
  WorkerRings workers_[2];
  Committer committer_;
};

class CommitterWithoutImageTest : public CommitterTest {
 protected:
  CommitterWithoutImageTest() : CommitterTest(/*has_flusher=*/false) {}
};

// --- When an epoch closes.

TEST_F(CommitterTest, an_epoch_closes_every_interval_for_all_workers) {
  wait(kInterval - 1);
  EXPECT_EQ(asked(workers_[0]), 0U);
  wait(1);
  EXPECT_EQ(asked(workers_[0]), 1U);
  EXPECT_EQ(asked(workers_[1]), 1U);
  wait(10 * kInterval);
  EXPECT_EQ(asked(workers_[0]), 0U) << "one epoch is open at a time";
}

TEST_F(CommitterTest, urgent_rows_close_it_early_but_not_at_once) {
  say(workers_[1], UrgentRows{});
  wait(kUrgent - 1);
  EXPECT_EQ(asked(workers_[0]), 0U);
  wait(1);
  EXPECT_EQ(asked(workers_[0]), 1U);
}

TEST_F(CommitterTest, a_full_part_closes_it_at_once) {
  say(workers_[1], EpochFull{});
  settle();
  EXPECT_EQ(asked(workers_[0]), 1U);
  EXPECT_EQ(asked(workers_[1]), 1U);
}

TEST_F(CommitterTest, the_interval_counts_from_the_commit_before) {
  wait(kInterval);
  clock_.advance(70 * kMicrosPerMilli);
  close_both(1, 5, "a");
  EXPECT_EQ(asked(workers_[0]), 1U);
  wait(kInterval - 1);
  EXPECT_EQ(asked(workers_[0]), 0U);
  wait(1);
  EXPECT_EQ(asked(workers_[0]), 2U);
}

// --- What is written.

TEST_F(CommitterTest, outputs_go_before_the_positions_and_state_after_both) {
  wait(kInterval);
  give_part(workers_[1], "b", 7, "y");
  close(workers_[1], 1);
  settle();
  give_part(workers_[0], "a", 3, "x");
  settle();
  EXPECT_THAT(writer_.take(), IsEmpty()) << "worker 0 has more to say";
  EXPECT_THAT(flushed(), IsEmpty());
  close(workers_[0], 1);
  settle();
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append y", "append x", "commit b[0]=7,a[0]=3"));
  EXPECT_THAT(flushed(), ElementsAre("state of y,state of x"));
  EXPECT_THAT(answers(), IsEmpty()) << "control asked for nothing";
}

TEST_F(CommitterTest, an_epoch_without_parts_writes_nothing) {
  wait(kInterval);
  close(workers_[0], 1);
  close(workers_[1], 1);
  settle();
  EXPECT_THAT(writer_.take(), IsEmpty());
  EXPECT_THAT(flushed(), IsEmpty());
  wait(kInterval);
  EXPECT_EQ(asked(workers_[0]), 1U);
  EXPECT_EQ(asked(workers_[0]), 2U);
}

TEST_F(CommitterWithoutImageTest, state_ends_here) {
  wait(kInterval);
  close_both(1, 5, "a");
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append a", "commit in[0]=5"));
  EXPECT_THAT(flushed(), IsEmpty());
}

TEST_F(CommitterTest, a_flusher_that_lags_holds_the_next_epoch_back) {
  for (std::size_t i = 0; i < rings_.committer_to_flusher.capacity(); ++i) {
    CommitterToFlusher earlier;
    ASSERT_TRUE(rings_.committer_to_flusher.try_push(earlier));
  }
  tell(CommitNow{});
  close_both(1, 5, "a");
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append a", "commit in[0]=5"));
  EXPECT_THAT(answers(), IsEmpty());
  wait(kInterval);
  EXPECT_EQ(asked(workers_[0]), 1U);
  EXPECT_EQ(asked(workers_[0]), 0U);
  ASSERT_TRUE(rings_.committer_to_flusher.try_pop());
  settle();
  EXPECT_THAT(answers(), ElementsAre("committed"));
  EXPECT_THAT(writer_.take(), IsEmpty()) << "what is durable is not written again";
  EXPECT_EQ(flushed().back(), "state of a");
}

TEST_F(CommitterTest, many_bytes_on_their_way_to_the_flusher_hold_it_back_too) {
  rings_.committer_to_flusher_bytes.add(kFlusherBytesMax + 1);
  tell(CommitNow{});
  close_both(1, 5, "a");
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append a", "commit in[0]=5"));
  EXPECT_THAT(answers(), IsEmpty());
  EXPECT_THAT(flushed(), IsEmpty());
  rings_.committer_to_flusher_bytes.take_off(1);
  settle();
  EXPECT_THAT(answers(), ElementsAre("committed"));
  EXPECT_THAT(flushed(), ElementsAre("state of a"));
  EXPECT_EQ(rings_.committer_to_flusher_bytes.get(),
            kFlusherBytesMax + std::string("state of a").size());
}

// --- What control hears.

TEST_F(CommitterTest, control_is_answered_by_a_commit_that_was_asked_for_after_it_spoke) {
  wait(kInterval);
  tell(CommitNow{});
  close_both(1, 5, "a");
  EXPECT_THAT(answers(), IsEmpty()) << "rows between commit 1 and control's word are not in it";
  EXPECT_EQ(asked(workers_[0]), 1U);
  EXPECT_EQ(asked(workers_[0]), 2U) << "control does not wait for the interval";
  close_both(2, 6, "b");
  EXPECT_THAT(answers(), ElementsAre("committed"));
}

// --- Failures.

TEST_F(CommitterTest, a_failed_commit_is_tried_again_with_the_same_parts_at_growing_intervals) {
  const Error lost = unavailable("no broker");
  for (int i = 0; i < 4; ++i) writer_.fail("commit", lost);
  tell(CommitNow{});
  close_both(1, 5, "a");
  // The next epoch's part waits its turn.
  give_part(workers_[0], "in", 9, "b");
  const auto tried = ElementsAre("begin", "append a", "commit in[0]=5", "abort");
  EXPECT_THAT(writer_.take(), tried);
  for (const Micros millis : {100, 200, 250}) {
    wait(millis * kMicrosPerMilli - 1);
    EXPECT_THAT(writer_.take(), IsEmpty()) << "before " << millis;
    wait(1);
    EXPECT_THAT(writer_.take(), tried) << "after " << millis;
    EXPECT_THAT(flushed(), IsEmpty()) << "the image is never ahead of the log";
    EXPECT_THAT(answers(), IsEmpty());
  }
  EXPECT_EQ(asked(workers_[0]), 1U);
  EXPECT_EQ(asked(workers_[0]), 0U);
  wait(250 * kMicrosPerMilli);
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append a", "commit in[0]=5"));
  EXPECT_THAT(flushed(), ElementsAre("state of a"));
  EXPECT_THAT(answers(), ElementsAre("committed"));
  // The waits begin anew.
  writer_.fail("begin", lost);
  wait(kInterval);
  close(workers_[0], 2);
  close(workers_[1], 2);
  settle();
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "abort"));
  wait(100 * kMicrosPerMilli);
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append b", "commit in[0]=9"));
  EXPECT_THAT(flushed(), ElementsAre("state of b"));
}

TEST_F(CommitterTest, outputs_that_cannot_be_handed_over_leave_the_positions_alone) {
  writer_.fail("append y", unavailable("the buffer is full"));
  wait(kInterval);
  give_part(workers_[0], "a", 3, "x");
  close(workers_[0], 1);
  give_part(workers_[1], "b", 7, "y");
  close(workers_[1], 1);
  settle();
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append x", "append y", "abort"));
  wait(100 * kMicrosPerMilli);
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append x", "append y", "commit a[0]=3,b[0]=7"));
}

TEST_F(CommitterTest, what_trying_again_does_not_mend_is_said_once_and_it_rests) {
  writer_.fail("commit", invalid_config("another member has the partitions"));
  tell(CommitNow{});
  close_both(1, 5, "a");
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append a", "commit in[0]=5", "abort"));
  EXPECT_THAT(answers(), ElementsAre("committing an epoch: another member has the partitions"));
  say(workers_[0], EpochFull{});
  wait(10 * kInterval);
  EXPECT_THAT(writer_.take(), IsEmpty());
  EXPECT_THAT(answers(), IsEmpty());
  EXPECT_THAT(flushed(), IsEmpty());
  EXPECT_FALSE(committer_.step());
}

TEST_F(CommitterTest, an_epoch_that_cannot_be_given_up_ends_it_too) {
  writer_.fail("commit", unavailable("no broker"));
  writer_.fail("abort", invalid_config("fenced"));
  tell(CommitNow{});
  close_both(1, 5, "a");
  EXPECT_THAT(answers(), ElementsAre("committing an epoch: no broker"));
  wait(10 * kInterval);
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append a", "commit in[0]=5", "abort"));
}

TEST_F(CommitterTest, an_epoch_that_cannot_be_given_up_for_now_is_tried_again) {
  writer_.fail("commit", unavailable("no broker"));
  writer_.fail("abort", unavailable("no broker"));
  tell(CommitNow{});
  close_both(1, 5, "a");
  EXPECT_THAT(answers(), IsEmpty());
  wait(100 * kMicrosPerMilli);
  EXPECT_THAT(answers(), ElementsAre("committed"));
}

// --- Partitions that are lost.

TEST_F(CommitterTest, what_is_discarded_is_never_written) {
  wait(kInterval);
  EXPECT_EQ(asked(workers_[0]), 1U);
  EXPECT_EQ(asked(workers_[1]), 1U);
  give_part(workers_[0], "in", 5, "lost");
  settle();
  give_part(workers_[1], "in", 6, "lost too");
  tell(DiscardOpen{});
  EXPECT_THAT(answers(), ElementsAre("committed"));
  wait(kInterval);
  EXPECT_EQ(asked(workers_[0]), 2U);
  close_both(2, 7, "mine");
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append mine", "commit in[0]=7"));
  EXPECT_THAT(flushed(), ElementsAre("state of mine"));
}

TEST_F(CommitterTest, a_commit_that_fails_is_given_up_when_its_partitions_are_lost) {
  writer_.fail("commit", unavailable("fenced for now"));
  wait(kInterval);
  close_both(1, 5, "lost");
  (void)writer_.take();
  tell(DiscardOpen{});
  EXPECT_THAT(answers(), ElementsAre("committed"));
  wait(kInterval);
  close_both(2, 7, "mine");
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append mine", "commit in[0]=7"));
  EXPECT_THAT(flushed(), ElementsAre("state of mine"));
}

TEST_F(CommitterTest, a_worker_may_answer_an_epoch_that_was_discarded_meanwhile) {
  wait(kInterval);
  tell(DiscardOpen{});
  EXPECT_THAT(answers(), ElementsAre("committed"));
  wait(kInterval);
  close(workers_[0], 1);
  settle();
  give_part(workers_[1], "in", 7, "mine");
  close(workers_[1], 1);
  close(workers_[1], 2);
  settle();
  EXPECT_THAT(writer_.take(), IsEmpty()) << "worker 0 has not closed epoch 2";
  close(workers_[0], 2);
  settle();
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "append mine", "commit in[0]=7"));
}

// --- Exactly once.

class ExactlyOnceCommitterTest : public CommitterTest {
 protected:
  ExactlyOnceCommitterTest() : CommitterTest(/*has_flusher=*/true, /*exactly_once=*/true) {}

  /// Both workers close; the first one's part is of a task with state in the log.
  void close_with_state(std::uint64_t commit, std::int64_t next, const std::string& value,
                        bool first_part) {
    PartOfEpoch message{.task = kTask, .part = {}};
    message.part.delta.task = kTask;
    message.part.delta.position = {
        .epoch = Epoch(commit),
        .inputs = {{.partition = {"in", PartitionId(0)}, .next = Offset(next)}}};
    message.part.delta.bytes = value;
    message.part.empty = false;
    if (first_part) {
      message.start = CommitStart{.generation = {"member 1"},
                                  .state = StateTail{.topic = TopicId(0), .mark = {}}};
    }
    say(workers_[0], std::move(message));
    close(workers_[0], commit);
    close(workers_[1], commit);
    settle();
  }

  static constexpr TaskId kTask{.stage = StageId(1), .partition = PartitionId(0)};
};

TEST_F(ExactlyOnceCommitterTest, state_is_written_with_the_epoch_and_named_beside_the_positions) {
  wait(kInterval);
  close_with_state(1, 5, "s1", /*first_part=*/true);
  EXPECT_THAT(writer_.take(),
              ElementsAre("begin", "state s1 after 0", "commit in[0]=5 state 101 by member 1"));
  const auto message = rings_.committer_to_flusher.try_pop();
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<DurableDeltas>(*message).at(0).mark,
            (StateMark{.incarnation = {}, .next = Offset(101)}));
  wait(kInterval);
  close_with_state(2, 7, "s2", /*first_part=*/false);
  EXPECT_THAT(writer_.take(),
              ElementsAre("begin", "state s2 after 101", "commit in[0]=7 state 111 by member 1"));
}

TEST_F(ExactlyOnceCommitterTest, a_failed_epoch_is_settled_and_never_written_again) {
  writer_.fail("commit", unavailable("no broker"));
  writer_.fail("abort", unavailable("still none"));
  wait(kInterval);
  close_with_state(1, 5, "s1", /*first_part=*/true);
  EXPECT_THAT(writer_.take(), ElementsAre("begin", "state s1 after 0",
                                          "commit in[0]=5 state 101 by member 1", "abort"));
  EXPECT_THAT(answers(), IsEmpty());
  wait(100 * kMicrosPerMilli);
  EXPECT_THAT(writer_.take(), ElementsAre("abort"));
  EXPECT_THAT(answers(), ElementsAre("rebuild"));
  wait(10 * kInterval);
  EXPECT_THAT(writer_.take(), IsEmpty()) << "it rests until control has discarded";
  EXPECT_FALSE(rings_.committer_to_flusher.try_pop()) << "the image is never ahead of the log";
  tell(DiscardOpen{});
  settle();
  EXPECT_THAT(answers(), ElementsAre("committed"));
  EXPECT_EQ(asked(workers_[0]), 1U);
  EXPECT_EQ(asked(workers_[0]), 2U);
}

// Of a topic with many partitions: control must find room to hear that its commit is done.
TEST_F(ExactlyOnceCommitterTest, what_is_read_is_trimmed_in_turns_that_leave_room_for_answers) {
  constexpr std::int32_t kPartitions = 40;
  std::set<std::int32_t> trimmed;
  for (std::uint64_t commit = 1; commit <= 16; ++commit) {
    PartOfEpoch message{.task = kTask, .part = {}};
    message.part.delta.task = kTask;
    message.part.delta.position = {.epoch = Epoch(commit), .inputs = {}};
    for (std::int32_t n = 0; n < kPartitions; ++n) {
      message.part.delta.position.inputs.push_back(
          {.partition = {"job.rows.repartition", PartitionId(n)},
           .next = Offset(static_cast<std::int64_t>(commit))});
    }
    message.part.empty = false;
    if (commit == 1) {
      message.start = CommitStart{.generation = {"member 1"},
                                  .state = StateTail{.topic = TopicId(0), .mark = {}}};
    }
    say(workers_[0], std::move(message));
    clock_.advance(kInterval);
    tell(CommitNow{});
    for (WorkerRings& worker : workers_) ASSERT_EQ(asked(worker), commit);
    close(workers_[0], commit);
    close(workers_[1], commit);
    settle();
    ASSERT_TRUE(rings_.committer_to_flusher.try_pop());
    bool answered = false;
    while (const auto answer = rings_.committer_to_control.try_pop()) {
      answered = answered || std::holds_alternative<Committed>(*answer);
      const auto* trim = std::get_if<TrimLog>(&*answer);
      if (trim == nullptr) continue;
      EXPECT_EQ(trim->topic, TopicId(7));
      EXPECT_EQ(trim->before, Offset(static_cast<std::int64_t>(commit)));
      trimmed.insert(trim->partition.value());
    }
    EXPECT_TRUE(answered);
  }
  EXPECT_EQ(trimmed.size(), static_cast<std::size_t>(kPartitions)) << "none is forgotten";
}

TEST_F(ExactlyOnceCommitterTest, another_writer_of_the_same_name_ends_it) {
  writer_.fail("append", unavailable("fenced"));
  writer_.fail("begin", unavailable("fenced"));
  writer_.fail("abort", unavailable("another process runs as i1", Retry::kNever));
  wait(kInterval);
  close_with_state(1, 5, "s1", /*first_part=*/true);
  EXPECT_THAT(answers(),
              ElementsAre("settling an epoch that failed: another process runs as i1"));
}

}  // namespace
}  // namespace sitrep
