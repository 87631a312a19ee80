// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/repartition_writer.h"

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <set>

#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Schema kSchema{.fields = {{.name = "k", .type = Type::kText},
                                {.name = "n", .type = Type::kBigint}}};
constexpr std::array kTypes{Type::kText, Type::kBigint};

class RepartitionWriterTest : public testing::Test {
 protected:
  RepartitionWriter make(std::int32_t partitions) {
    return RepartitionWriter({.topic = TopicId(3),
                              .partitions = partitions,
                              .key = {0},
                              .sender = {.stage = stage_id("s"), .partition = PartitionId(1)},
                              .clocks = &clocks_,
                              .settle_after = 100,
                              .started = 1'000,
                              .record_bytes_max = 400});
  }
  static ColumnBatch rows(const std::vector<std::pair<std::string, std::int64_t>>& cells) {
    BatchBuilder builder(kSchema);
    for (const auto& [k, n] : cells) {
      builder.row(std::vector<Value>{Value(k), Value(n)}, n * kMicrosPerSecond);
    }
    return builder.finish();
  }
  static ClockReading reading(std::int64_t seconds, bool idle = false) {
    return {.clock = 0, .watermark = seconds * kMicrosPerSecond, .idle = idle};
  }

  struct Sent {
    std::int32_t partition;
    std::vector<std::string> rows;
    std::vector<ClockWord> words;
    bool settled;
  };
  std::vector<Sent> close(RepartitionWriter& writer, Micros now) {
    OutputBatch out;
    writer.close_epoch(now, true, out);
    std::vector<Sent> sent;
    for (const OutputRecord& record : out.records()) {
      EXPECT_EQ(record.topic, TopicId(3));
      auto read = decode_repartition_record(*record.value, kTypes, receiver_);
      EXPECT_TRUE(read) << read.error().message();
      EXPECT_EQ(read->sender, (TaskId{.stage = stage_id("s"), .partition = PartitionId(1)}));
      Sent& one = sent.emplace_back();
      one = {.partition = record.partition->value(),
             .rows = {},
             .words = read->words,
             .settled = read->settled};
      read->rows.selection.for_each([&](std::size_t row) {
        const auto cells = row_values(read->rows, row);
        one.rows.push_back(concat(std::get<std::string>(cells[0]), "=",
                                  std::get<std::int64_t>(cells[1]), "@",
                                  read->rows.meta->event_time[row] / kMicrosPerSecond));
      });
    }
    return sent;
  }

  ClockTable clocks_;
  ClockTable receiver_;
};

TEST_F(RepartitionWriterTest, a_task_that_starts_tells_every_partition) {
  RepartitionWriter writer = make(3);
  const auto first = close(writer, 1'000);
  ASSERT_THAT(first, SizeIs(3));
  for (const Sent& sent : first) {
    EXPECT_THAT(sent.words, IsEmpty());
    EXPECT_FALSE(sent.settled);
  }
  EXPECT_THAT(close(writer, 1'001), IsEmpty()) << "nothing is new";
}

TEST_F(RepartitionWriterTest, rows_of_one_key_go_to_one_partition_with_the_words_behind_them) {
  RepartitionWriter writer = make(4);
  writer.write(rows({{"a", 1}, {"b", 2}, {"c", 3}, {"a", 4}}));
  writer.write(rows({{"b", 5}, {"a", 6}}));
  const ClockReading at = reading(6);
  writer.update({&at, 1});
  std::map<std::string, std::vector<std::string>> by_key;
  std::map<std::string, std::int32_t> partition_of;
  for (const Sent& sent : close(writer, 1'000)) {
    EXPECT_THAT(sent.words, ElementsAre(ClockWord{.clock = 0, .watermark = 6'000'000}));
    for (const std::string& row : sent.rows) {
      const std::string key = row.substr(0, 1);
      by_key[key].push_back(row);
      EXPECT_EQ(partition_of.try_emplace(key, sent.partition).first->second, sent.partition);
    }
  }
  EXPECT_THAT(by_key["a"], ElementsAre("a=1@1", "a=4@4", "a=6@6"));
  EXPECT_THAT(by_key["b"], ElementsAre("b=2@2", "b=5@5"));
  EXPECT_THAT(by_key["c"], ElementsAre("c=3@3"));
  EXPECT_EQ(writer.open_bytes(), 0U);
}

TEST_F(RepartitionWriterTest, only_what_changed_is_told) {
  RepartitionWriter writer = make(1);
  const ClockId camp = clocks_.intern("C1");
  const std::array both = {reading(1),
                           ClockReading{.clock = camp, .watermark = 7, .idle = false}};
  writer.update(both);
  EXPECT_THAT(close(writer, 1'000).at(0).words, SizeIs(2));
  const ClockReading moved = reading(2);
  writer.update({&moved, 1});
  EXPECT_THAT(close(writer, 1'001).at(0).words,
              ElementsAre(ClockWord{.clock = 0, .watermark = 2'000'000}));
}

TEST_F(RepartitionWriterTest, it_is_settled_when_it_has_read_long_enough) {
  RepartitionWriter writer = make(1);
  EXPECT_FALSE(close(writer, 1'000).at(0).settled);
  EXPECT_THAT(close(writer, 1'099), IsEmpty());
  EXPECT_TRUE(close(writer, 1'100).at(0).settled);
  EXPECT_THAT(close(writer, 1'200), IsEmpty());
}

TEST_F(RepartitionWriterTest, an_idle_clock_that_moves_goes_on) {
  RepartitionWriter writer = make(1);
  const ClockReading idle = reading(5, true);
  writer.update({&idle, 1});
  EXPECT_FALSE(close(writer, 1'000).at(0).words.at(0).goes_on);
  const ClockReading moved = reading(6, true);
  writer.update({&moved, 1});
  EXPECT_TRUE(close(writer, 1'000).at(0).words.at(0).goes_on);
}

TEST_F(RepartitionWriterTest, the_end_and_forgotten_clocks_are_told) {
  RepartitionWriter writer = make(1);
  const ClockId camp = clocks_.intern("C1");
  const std::array both = {reading(1), ClockReading{.clock = camp, .watermark = 7, .idle = false}};
  writer.update(both);
  writer.forget(camp);
  writer.finish();
  const Sent sent = close(writer, 1'000).at(0);
  ASSERT_THAT(sent.words, SizeIs(2));
  EXPECT_TRUE(sent.words[0].finished);
  EXPECT_TRUE(sent.words[1].forgotten);
  EXPECT_TRUE(sent.settled) << "it will meet no clock any more";
}

TEST_F(RepartitionWriterTest, a_large_record_is_split_and_the_words_come_last) {
  RepartitionWriter writer = make(1);
  std::vector<std::pair<std::string, std::int64_t>> many;
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    many.emplace_back("key", i);
    expected.push_back(concat("key=", i, "@", i));
  }
  writer.write(rows(many));
  const ClockReading at = reading(6);
  writer.update({&at, 1});
  const auto sent = close(writer, 1'000);
  ASSERT_GT(sent.size(), 2U);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    all.insert(all.end(), sent[i].rows.begin(), sent[i].rows.end());
    EXPECT_EQ(sent[i].words.size(), i + 1 == sent.size() ? 1U : 0U);
  }
  EXPECT_EQ(all, expected);
}

TEST_F(RepartitionWriterTest, of_many_partitions_those_without_rows_are_told_now_and_then) {
  RepartitionWriter writer = make(20);
  EXPECT_THAT(close(writer, 1'000), SizeIs(20));
  const ClockReading at = reading(1);
  writer.update({&at, 1});
  EXPECT_THAT(close(writer, 2'000), IsEmpty());
  writer.write(rows({{"a", 1}}));
  const auto with_row = close(writer, 3'000);
  ASSERT_THAT(with_row, SizeIs(1));
  EXPECT_THAT(with_row[0].words, SizeIs(1)) << "it is told behind its row";
  EXPECT_THAT(close(writer, 1'000 + 20 * 10 * kMicrosPerMilli), SizeIs(19));
}

}  // namespace
}  // namespace sitrep
