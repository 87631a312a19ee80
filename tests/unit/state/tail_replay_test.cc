// SPDX-License-Identifier: Apache-2.0
// The image after a replay is what the epochs that committed made of it: random histories with
// orphans, split deltas, snapshots and earlier lives of the state, from any image.
#include "engine/state/tail_replay.h"

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <random>
#include <tuple>

#include "engine/base/text.h"
#include "engine/log/memory_log.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using testing::HasSubstr;

constexpr TaskId kTask{.stage = StageId(7), .partition = PartitionId(0)};
const TopicPartition kStateLog{"job.stage.state", PartitionId(0)};

Incarnation incarnation(std::uint8_t number) {
  return {.log = 1, .id = {number}};
}

/// Entries by store, clock, pane and key.
using Entries = std::map<std::tuple<std::uint32_t, std::string, Micros, std::string>, std::string>;

/// What an epoch left behind: where the state stood, and what it was.
struct Moment {
  StateMark mark;
  TaskPosition position;
  Entries entries;
};

/// Writes a history to a state log, and remembers every moment of it.
class History {
 public:
  explicit History(unsigned seed, bool orphans = true)
      : random_(seed), orphans_(orphans), log_(clock_) {
    EXPECT_TRUE(log_.create_topic(kStateLog.topic, {.partitions = 1, .settings = {}}));
    begin_life();
  }

  void begin_life() {
    ++life_;
    now_ = {.mark = {.incarnation = incarnation(life_), .next = Offset(0)},
            .position = {},
            .entries = {}};
    snapshot_.reset();
    moments_ = {now_};
  }

  /// An epoch; one that fails leaves records, and nothing else.
  void epoch(bool commits) {
    commits = commits || !orphans_;
    Moment next = now_;
    ++next.position.epoch;
    next.position.inputs = {{.partition = {"in", PartitionId(0)},
                             .next = Offset(static_cast<std::int64_t>(below(1'000)))}};
    DeltaBuilder builder;
    for (std::uint32_t store = 1; store <= 2; ++store) change_store(store, builder, next.entries);
    const Delta delta = builder.finish(kTask, next.position);
    next.mark.next = append({.kind = StateRecordKind::kDelta,
                             .incarnation = now_.mark.incarnation,
                             .epoch = next.position.epoch,
                             .predecessor = now_.mark.next},
                            split_state_value(delta.bytes, 1 + below(200)))
                         .end;
    if (!commits) return;
    now_ = next;
    moments_.push_back(now_);
    if (below(3) == 0) log_.skip_offsets(kStateLog, static_cast<std::int64_t>(below(3)));
  }

  /// A snapshot of an earlier moment, in chunks, with epochs in between.
  void snapshot() {
    const Moment& of = moments_[below(moments_.size())];
    std::vector<std::string> chunks;
    auto entry = of.entries.begin();
    do {
      DeltaBuilder builder;
      for (std::size_t n = 1 + below(4); n > 0 && entry != of.entries.end(); --n, ++entry) {
        const auto& [store, clock, pane, key] = entry->first;
        builder.put(StoreId(store), {.clock = clock, .pane = pane, .key = key}, entry->second);
      }
      chunks.push_back(builder.finish(kTask, of.position).bytes);
    } while (entry != of.entries.end());
    const Offset position = of.mark.next;
    const Epoch epoch_of = of.position.epoch;
    std::optional<Offset> first;
    const bool completes = below(4) != 0;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (i + 1 == chunks.size() && !completes) return;
      const StateRecordHead head{
          .kind = StateRecordKind::kSnapshotChunk,
          .incarnation = now_.mark.incarnation,
          .epoch = epoch_of,
          .predecessor = position,
          .chunk = static_cast<std::uint32_t>(i),
          .chunks = i + 1 == chunks.size() ? static_cast<std::uint32_t>(i + 1) : kMoreChunksCome};
      // One that was not written whole, and is written again behind the next epoch's delta.
      if (below(4) == 0) {
        auto pieces = split_state_value(chunks[i], 1 + below(100));
        const std::vector<std::string_view> all = pieces;
        pieces.resize(below(pieces.size()));
        append(head, pieces, all.size());
        epoch(/*commits=*/true);
      }
      const Appended written = append(head, split_state_value(chunks[i], 1 + below(200)));
      if (!first) first = written.begin;
      if (below(2) == 0) epoch(/*commits=*/below(4) != 0);
    }
    epoch(/*commits=*/true);
    snapshot_ = SnapshotMark{.first_chunk = *first, .position = position};
  }

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  MemoryLog& log() { return log_; }
  const Moment& now() const { return now_; }
  const std::vector<Moment>& moments() const { return moments_; }
  const std::optional<SnapshotMark>& newest_snapshot() const { return snapshot_; }

 private:
  void change_store(std::uint32_t store, DeltaBuilder& builder, Entries& entries) {
    if (below(5) == 0) return;
    for (const Micros pane : {10, 20}) {
      if (below(6) == 0) {
        builder.remove_pane(StoreId(store), "c", pane);
        std::erase_if(entries, [&](const auto& entry) {
          return std::get<0>(entry.first) == store && std::get<2>(entry.first) == pane;
        });
      }
      for (const std::string key : {"a", "b", "d"}) {
        const auto at = std::make_tuple(store, std::string("c"), pane, key);
        const std::size_t what = below(3);
        if (what == 0) {
          const std::string value(1 + below(60), static_cast<char>('a' + below(26)));
          builder.put(StoreId(store), {.clock = "c", .pane = pane, .key = key}, value);
          entries[at] = value;
        } else if (what == 1 && entries.contains(at)) {
          builder.remove(StoreId(store), {.clock = "c", .pane = pane, .key = key});
          entries.erase(at);
        }
      }
    }
  }
  struct Appended {
    Offset begin{0};
    Offset end{0};
  };
  Appended append(StateRecordHead head, const std::vector<std::string_view>& pieces) {
    return append(head, pieces, pieces.size());
  }
  /// The first of so many pieces.
  Appended append(StateRecordHead head, const std::vector<std::string_view>& pieces,
                  std::size_t of) {
    Appended out;
    head.pieces = static_cast<std::uint32_t>(of);
    head.partition_count = 1;
    for (head.piece = 0; head.piece < pieces.size(); ++head.piece) {
      const Offset at = put(head, pieces[head.piece]);
      if (head.piece == 0) out.begin = at;
      out.end = at + 1;
    }
    return out;
  }
  Offset put(const StateRecordHead& head, std::string_view value) {
    return log_.append(kStateLog, {.offset = Offset(0),
                                   .timestamp = 0,
                                   .key = encode_state_head(head),
                                   .value = std::string(value),
                                   .headers = {}});
  }

  std::mt19937 random_;
  const bool orphans_;
  ManualClock clock_{0};
  MemoryLog log_;
  std::uint8_t life_ = 0;
  Moment now_;
  std::vector<Moment> moments_;
  std::optional<SnapshotMark> snapshot_;
};

class TailReplayTest : public testing::Test {
 protected:
  TailReplayTest()
      : image_(*StateImage::open({.directory = directory_.path().string(), .job = "job"})) {}

  /// The image as some process left it at `moment`.
  void make_image(const Moment& moment) {
    ASSERT_TRUE(image_->drop(kTask));
    DeltaBuilder builder;
    for (const auto& [at, value] : moment.entries) {
      const auto& [store, clock, pane, key] = at;
      builder.put(StoreId(store), {.clock = clock, .pane = pane, .key = key}, value);
    }
    Delta delta = builder.finish(kTask, moment.position);
    delta.mark = moment.mark;
    ASSERT_TRUE(image_->write({&delta, 1}));
  }
  /// Runs a replay to its end; the error, if it has one.
  std::optional<Error> replay(MemoryLog& log, TailReplay::Options options) {
    options.task = kTask;
    options.state_log = kStateLog;
    TailReplay replay(log, *image_, options);
    for (int step = 0; step < 10'000; ++step) {
      const auto done = replay.step();
      if (!done) return done.error();
      if (*done) return std::nullopt;
    }
    return internal_error("it does not end");
  }
  Entries entries() {
    Entries out;
    EXPECT_TRUE(image_->restore(
        kTask, [&](StoreId store, const StateKey& key, std::string_view value) -> Result<void> {
          out[{store.value(), std::string(key.clock), key.pane, std::string(key.key)}] = value;
          return {};
        }));
    return out;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<StateImage> image_;
};

TEST_F(TailReplayTest, any_image_is_brought_to_any_committed_moment) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    History history(seed);
    std::optional<Moment> earlier_life;
    for (std::size_t step = 10 + history.below(20); step > 0; --step) {
      const std::size_t what = history.below(12);
      if (what == 0 && !earlier_life) {
        earlier_life = history.now();
        history.begin_life();
      } else if (what == 1) {
        history.snapshot();
      } else {
        history.epoch(/*commits=*/history.below(3) != 0);
      }
    }
    history.epoch(/*commits=*/true);
    const Moment& target = history.now();
    switch (history.below(4)) {
      case 0:
        ASSERT_TRUE(image_->drop(kTask));
        break;
      case 1:
        make_image(earlier_life.value_or(history.moments().front()));
        break;
      case 2:
        make_image(history.moments()[history.below(history.moments().size())]);
        break;
      default: {
        Moment ahead = target;
        ahead.mark.next = ahead.mark.next + 5;
        make_image(ahead);
      }
    }
    const auto error = replay(history.log(), {.target = target.mark,
                                              .snapshot = history.newest_snapshot(),
                                              .step_records = 1 + history.below(7),
                                              .write_bytes = 1 + history.below(500)});
    ASSERT_FALSE(error) << error->message();
    EXPECT_EQ(entries(), target.entries);
    EXPECT_EQ(image_->position(kTask).value(),
              (ImagePosition{.task = target.position, .mark = target.mark}));
  }
}

TEST_F(TailReplayTest, without_committed_offsets_the_last_delta_is_the_target) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    // Transactions leave no orphans.
    History history(seed, /*orphans=*/false);
    for (int life = 0; life < 2; ++life) {
      if (life == 1) history.begin_life();
      for (int step = 0; step < 8; ++step) {
        if (history.below(5) == 0) {
          history.snapshot();
        } else {
          history.epoch(/*commits=*/true);
        }
      }
    }
    ASSERT_TRUE(image_->drop(kTask));
    const auto error = replay(history.log(), {.target = std::nullopt, .snapshot = std::nullopt});
    ASSERT_FALSE(error) << error->message();
    EXPECT_EQ(entries(), history.now().entries);
    EXPECT_EQ(image_->position(kTask).value(),
              (ImagePosition{.task = history.now().position, .mark = history.now().mark}));
  }
}

TEST_F(TailReplayTest, a_target_at_the_beginning_needs_nothing) {
  History history(1);
  make_image(history.now());
  EXPECT_FALSE(replay(history.log(), {.target = history.now().mark, .snapshot = std::nullopt}));
  ASSERT_TRUE(image_->drop(kTask));
  EXPECT_FALSE(replay(history.log(), {.target = history.now().mark, .snapshot = std::nullopt}));
  EXPECT_EQ(image_->position(kTask).value(), std::nullopt);
}

TEST_F(TailReplayTest, what_was_trimmed_is_missed_unless_a_snapshot_stands_for_it) {
  History history(3);
  for (int i = 0; i < 6; ++i) history.epoch(/*commits=*/true);
  const Moment target = history.now();
  ASSERT_TRUE(history.log().trim(kStateLog, history.moments()[3].mark.next));
  const auto error = replay(history.log(), {.target = target.mark, .snapshot = std::nullopt});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message(),
            concat("state log job.stage.state[0] cannot give the state back: offset ",
                   target.mark.next.value() - 1,
                   " holds no delta that follows what came before. `sitrep reset` begins the stage "
                   "anew"));
  make_image(history.moments()[3]);
  EXPECT_FALSE(replay(history.log(), {.target = target.mark, .snapshot = std::nullopt}));
  EXPECT_EQ(entries(), target.entries);
}

TEST_F(TailReplayTest, what_is_trimmed_while_it_reads_is_taken_from_the_snapshot) {
  History history(5, /*orphans=*/false);
  for (int i = 0; i < 6; ++i) history.epoch(/*commits=*/true);
  while (!history.newest_snapshot()) history.snapshot();
  const Moment target = history.now();
  make_image(history.moments()[1]);
  TailReplay replay(history.log(), *image_,
                    {.task = kTask,
                     .state_log = kStateLog,
                     .target = target.mark,
                     .snapshot = history.newest_snapshot(),
                     .step_records = 1});
  for (int step = 0; step < 3; ++step) ASSERT_FALSE(replay.step().value());
  // The owner before says its last word.
  const SnapshotMark snapshot = *history.newest_snapshot();
  ASSERT_TRUE(history.log().trim(kStateLog, std::min(snapshot.first_chunk, snapshot.position)));
  for (int step = 0; step < 10'000; ++step) {
    const auto done = replay.step();
    ASSERT_TRUE(done) << done.error().message();
    if (*done) break;
  }
  EXPECT_EQ(entries(), target.entries);
}

TEST_F(TailReplayTest, a_snapshot_that_was_trimmed_away_is_said_and_the_image_is_kept) {
  History history(5, /*orphans=*/false);
  for (int i = 0; i < 6; ++i) history.epoch(/*commits=*/true);
  while (!history.newest_snapshot()) history.snapshot();
  for (int i = 0; i < 6; ++i) history.epoch(/*commits=*/true);
  const SnapshotMark snapshot = *history.newest_snapshot();
  make_image(history.moments()[1]);
  const Entries before = entries();
  const Offset begin = std::max(snapshot.first_chunk, snapshot.position) + 1;
  ASSERT_TRUE(history.log().trim(kStateLog, begin));
  TailReplay replay(history.log(), *image_,
                    {.task = kTask,
                     .state_log = kStateLog,
                     .target = history.now().mark,
                     .snapshot = snapshot});
  for (int step = 0; step < 3; ++step) {
    const auto done = replay.step();
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().retriable()) << "somebody may have gone on with the task";
    EXPECT_EQ(done.error().message(),
              concat("state log job.stage.state[0] begins at ", begin, "; the snapshot at ",
                     snapshot.first_chunk, ", of ", snapshot.position, ", is gone"));
    EXPECT_TRUE(replay.outrun());
  }
  EXPECT_EQ(entries(), before);
}

TEST_F(TailReplayTest, a_damaged_delta_is_named_with_its_offset) {
  History history(4);
  DeltaBuilder builder;
  builder.put(StoreId(1), {.clock = "", .pane = 0, .key = "a"}, "value");
  std::string bytes = builder.finish(kTask, {}).bytes;
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const StateRecordHead head{.incarnation = incarnation(1)};
  const Offset at = history.log().append(kStateLog, {.offset = Offset(0),
                                                     .timestamp = 0,
                                                     .key = encode_state_head(head),
                                                     .value = bytes,
                                                     .headers = {}});
  const auto error =
      replay(history.log(), {.target = StateMark{.incarnation = head.incarnation, .next = at + 1},
                             .snapshot = std::nullopt});
  ASSERT_TRUE(error);
  EXPECT_THAT(error->message(), HasSubstr(concat("state log job.stage.state[0], offset ", at)));
  EXPECT_THAT(error->message(), HasSubstr("the checksum does not match"));
  EXPECT_FALSE(error->retriable());
}

}  // namespace
}  // namespace sitrep
