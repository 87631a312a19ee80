// SPDX-License-Identifier: Apache-2.0
#include "engine/log/memory_log.h"

#include <gmock/gmock.h>

#include "engine/base/text.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class MemoryLogTest : public testing::Test {
 protected:
  MemoryLogTest() {
    EXPECT_TRUE(log_.create_topic("in", {.partitions = 2, .settings = {}}));
    EXPECT_TRUE(log_.create_topic("out", {.partitions = 1, .settings = {}}));
  }
  void append(const std::string& value, PartitionId partition = PartitionId(0)) {
    log_.append({"in", partition}, {.offset = Offset(0),
                                    .timestamp = std::nullopt,
                                    .key = std::nullopt,
                                    .value = value,
                                    .headers = {}});
  }
  /// "offset: value" of what a reader that starts at `from` gets.
  std::vector<std::string> read(Offset from, std::size_t records_max = 100) {
    auto group = *log_.join({.group = "g", .instance = "i", .topics = {"in"}});
    (void)*group->poll(0);
    const StartPosition start{.partition = {"in", PartitionId(0)}, .offset = from};
    const auto readers = *group->assign({&start, 1});
    RecordBatch batch;
    EXPECT_TRUE(readers.front()->read(records_max, batch));
    std::vector<std::string> out;
    for (const RecordView& record : batch.records()) {
      out.push_back(concat(record.offset, ": ", *record.value));
    }
    return out;
  }
  std::vector<std::string> written() {
    std::vector<std::string> out;
    for (const auto& record : log_.records({"out", PartitionId(0)})) out.push_back(*record.value);
    return out;
  }
  OutputBatch batch_of(TopicId topic, std::string_view value) {
    OutputBatch batch;
    batch.append({.topic = topic,
                  .partition = std::nullopt,
                  .key = std::nullopt,
                  .value = value,
                  .headers = {},
                  .timestamp = std::nullopt});
    return batch;
  }
  std::vector<std::optional<CommittedOffset>> committed() {
    auto group = *log_.join({.group = "g", .instance = "i", .topics = {"in"}});
    const std::vector<TopicPartition> partitions = {{"in", PartitionId(0)}, {"in", PartitionId(1)}};
    return *group->committed(partitions);
  }

  ManualClock clock_;
  MemoryLog log_{clock_};
  const std::vector<CommittedPosition> positions_ = {
      {.partition = {"in", PartitionId(0)}, .next = Offset(5), .metadata = ""}};
};

TEST_F(MemoryLogTest, records_are_read_in_order_past_holes) {
  append("a");
  log_.skip_offsets({"in", PartitionId(0)}, 2);
  append("b");
  append("other", PartitionId(1));
  EXPECT_THAT(read(Offset(0)), ElementsAre("0: a", "3: b"));
  EXPECT_THAT(read(Offset(1)), ElementsAre("3: b"));
  EXPECT_THAT(read(Offset(0), 1), ElementsAre("0: a"));
  EXPECT_THAT(read(Offset(4)), IsEmpty());
}

TEST_F(MemoryLogTest, an_open_epoch_is_invisible_until_its_commit) {
  auto writer = *log_.open_writer({.group = "g", .instance = "i"});
  const TopicId topic = *writer->open_topic("out");
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(topic, "x")));
  EXPECT_THAT(written(), IsEmpty());
  ASSERT_TRUE(writer->commit(positions_, {}));
  EXPECT_THAT(written(), ElementsAre("x"));
  EXPECT_THAT(committed(), ElementsAre(CommittedOffset{Offset(5)}, std::nullopt));
}

TEST_F(MemoryLogTest, an_aborted_epoch_leaves_nothing) {
  auto writer = *log_.open_writer({.group = "g", .instance = "i"});
  const TopicId topic = *writer->open_topic("out");
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(topic, "x")));
  ASSERT_TRUE(writer->abort());
  EXPECT_THAT(written(), IsEmpty());
  EXPECT_THAT(committed(), ElementsAre(std::nullopt, std::nullopt));
}

TEST_F(MemoryLogTest, a_failed_commit_may_or_may_not_have_happened) {
  auto writer = *log_.open_writer({.group = "g", .instance = "i"});
  const TopicId topic = *writer->open_topic("out");
  for (const auto outcome :
       {MemoryLog::FailedCommit::kHadNoEffect, MemoryLog::FailedCommit::kHadCommitted}) {
    ASSERT_TRUE(writer->begin());
    ASSERT_TRUE(writer->append(batch_of(topic, "x")));
    log_.fail_next_commits(1, outcome);
    const auto result = writer->commit(positions_, {});
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().retriable());
    if (outcome == MemoryLog::FailedCommit::kHadNoEffect) {
      EXPECT_THAT(written(), IsEmpty());
      ASSERT_TRUE(writer->abort());
    } else {
      EXPECT_THAT(written(), ElementsAre("x"));
    }
  }
}

TEST_F(MemoryLogTest, an_unknown_topic_is_named) {
  auto writer = *log_.open_writer({.group = "g", .instance = "i"});
  const auto topic = writer->open_topic("nowhere");
  ASSERT_FALSE(topic);
  EXPECT_EQ(topic.error(), invalid_config("no topic nowhere"));
  EXPECT_EQ(*log_.partition_count("nowhere"), std::nullopt);
  EXPECT_EQ(*log_.partition_count("in"), 2);
}

}  // namespace
}  // namespace sitrep
