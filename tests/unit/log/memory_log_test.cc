// SPDX-License-Identifier: Apache-2.0
#include "engine/log/memory_log.h"

#include <gmock/gmock.h>

#include <set>
#include <utility>

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
  /// The same of one header, as a group reads it that names the topic with its headers, or not.
  std::vector<std::string> read_header(std::set<std::string> header_topics) {
    auto group = *log_.join({.group = "g",
                             .instance = "i",
                             .topics = {"in"},
                             .header_topics = std::move(header_topics)});
    (void)*group->poll(0);
    const StartPosition start{.partition = {"in", PartitionId(0)}, .offset = Offset(0)};
    const auto readers = *group->assign({&start, 1});
    RecordBatch batch;
    EXPECT_TRUE(readers.front()->read(100, batch));
    std::vector<std::string> out;
    for (const RecordView& record : batch.records()) {
      for (const HeaderView& header : record.headers) {
        out.push_back(concat(header.name, ": ", header.value.value_or("null")));
      }
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

TEST_F(MemoryLogTest, headers_come_with_the_topics_that_were_named_with_them) {
  log_.append({"in", PartitionId(0)}, {.offset = Offset(0),
                                       .timestamp = std::nullopt,
                                       .key = std::nullopt,
                                       .value = "a",
                                       .headers = {{.name = "unit", .value = "m"}}});
  EXPECT_THAT(read_header({}), IsEmpty());
  EXPECT_THAT(read_header({"in"}), ElementsAre("unit: m"));
}

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

class TransactionTest : public MemoryLogTest {
 protected:
  std::unique_ptr<LogWriter> writer(const std::string& instance) {
    auto made = *log_.open_writer({.group = "g", .instance = instance, .transactional = true});
    topic_ = *made->open_topic("out");
    return made;
  }
  /// "offset: value" of what a reader of `out` gets from the beginning, and where it then stands.
  std::vector<std::string> read_out() {
    const auto reader = *log_.open_reader({.partition = {"out", PartitionId(0)},
                                           .offset = Offset(0)});
    RecordBatch batch;
    EXPECT_TRUE(reader->read(100, batch));
    std::vector<std::string> out;
    for (const RecordView& record : batch.records()) {
      out.push_back(concat(record.offset, ": ", *record.value));
    }
    out.push_back(concat("at ", reader->position()));
    return out;
  }
  /// A member of group g that holds its partitions, and its generation.
  std::pair<std::unique_ptr<GroupReader>, Generation> member(const std::string& instance) {
    auto group = *log_.join({.group = "g", .instance = instance, .topics = {"in"}});
    const auto change = *group->poll(0);
    return {std::move(group), change ? change->generation : Generation()};
  }

  TopicId topic_{0};
};

class Faults final : public MemoryLogFaults {
 public:
  explicit Faults(Point point) : point_(point) {}
  bool happens(Point point) override { return point == point_; }

 private:
  const Point point_;
};

TEST_F(TransactionTest, what_is_undecided_hides_itself_and_what_comes_behind) {
  const auto first = writer("a");
  const auto second = writer("b");
  ASSERT_TRUE(first->append(batch_of(topic_, "x")));
  ASSERT_TRUE(second->append(batch_of(topic_, "y")));
  ASSERT_TRUE(second->commit({}, {}));
  EXPECT_THAT(read_out(), ElementsAre("at 0"));
  EXPECT_THAT(written(), IsEmpty());
  ASSERT_TRUE(first->abort());
  EXPECT_THAT(read_out(), ElementsAre("1: y", "at 4")) << "past two markers";
  EXPECT_THAT(written(), ElementsAre("y"));
}

TEST_F(TransactionTest, offsets_are_known_before_the_commit) {
  const auto one = writer("a");
  EXPECT_THAT(*one->append_located(batch_of(topic_, "x")), ElementsAre(Offset(0)));
  EXPECT_THAT(*one->append_located(batch_of(topic_, "y")), ElementsAre(Offset(1)));
  ASSERT_TRUE(one->commit({}, {}));
  EXPECT_THAT(*one->append_located(batch_of(topic_, "z")), ElementsAre(Offset(3)));
}

TEST_F(TransactionTest, a_commit_may_answer_before_its_markers) {
  Faults late(MemoryLogFaults::Point::kMarkersLate);
  log_.set_faults(&late);
  const auto one = writer("a");
  ASSERT_TRUE(one->append(batch_of(topic_, "x")));
  const auto [group, generation] = member("a");
  ASSERT_TRUE(one->commit(positions_, generation));
  EXPECT_THAT(read_out(), ElementsAre("at 0"));
  const std::vector<TopicPartition> asked = {{"in", PartitionId(0)}};
  const auto unstable = group->committed(asked);
  ASSERT_FALSE(unstable);
  EXPECT_TRUE(unstable.error().retriable());
  log_.settle_markers();
  EXPECT_THAT(read_out(), ElementsAre("0: x", "at 2"));
  EXPECT_THAT(*group->committed(asked), ElementsAre(CommittedOffset{Offset(5)}));
}

TEST_F(TransactionTest, a_lost_answer_leaves_a_commit_that_abort_does_not_undo) {
  Faults lost(MemoryLogFaults::Point::kCommitAnswerLost);
  log_.set_faults(&lost);
  const auto one = writer("a");
  ASSERT_TRUE(one->append(batch_of(topic_, "x")));
  EXPECT_FALSE(one->commit({}, {}));
  ASSERT_TRUE(one->abort());
  EXPECT_THAT(written(), ElementsAre("x"));
}

TEST_F(TransactionTest, a_second_writer_of_a_name_ends_and_fences_the_first) {
  const auto first = writer("a");
  ASSERT_TRUE(first->append(batch_of(topic_, "x")));
  const auto second = writer("a");
  EXPECT_THAT(read_out(), ElementsAre("at 2")) << "what the first had open is aborted";
  EXPECT_FALSE(first->append(batch_of(topic_, "y")));
  ASSERT_TRUE(first->abort()) << "it may have been a time-out of its own";
  EXPECT_FALSE(second->append(batch_of(topic_, "z")));
  ASSERT_TRUE(second->abort());
  EXPECT_FALSE(first->append(batch_of(topic_, "y")));
  const auto twice = first->abort();
  ASSERT_FALSE(twice);
  EXPECT_FALSE(twice.error().retriable());
}

TEST_F(TransactionTest, a_commit_is_fenced_by_generation_and_never_by_ownership) {
  const auto one = writer("a");
  auto [group, old_generation] = member("a");
  const auto other = *log_.join({.group = "g", .instance = "b", .topics = {"in"}});
  EXPECT_EQ((*group->poll(0))->kind, AssignmentChange::Kind::kRevoked);
  ASSERT_TRUE(one->commit(positions_, old_generation)) << "the last word before giving back";
  ASSERT_TRUE(group->unassign());
  const auto taken = *group->poll(0);
  ASSERT_TRUE(taken);
  EXPECT_THAT(taken->partitions, ElementsAre(TopicPartition{"in", PartitionId(0)}));
  EXPECT_FALSE(one->commit(positions_, old_generation));
  ASSERT_TRUE(one->abort());
  const std::vector<CommittedPosition> not_its_own = {
      {.partition = {"in", PartitionId(1)}, .next = Offset(9), .metadata = ""}};
  EXPECT_TRUE(one->commit(not_its_own, taken->generation));
  EXPECT_TRUE(one->commit(positions_, Generation())) << "who names no member is not checked";
}

TEST_F(TransactionTest, a_member_whose_session_ended_hears_that_it_lost_everything) {
  auto [group, generation] = member("a");
  log_.expire_member("g", "a");
  const auto one = writer("a");
  EXPECT_FALSE(one->commit(positions_, generation));
  const auto lost = *group->poll(0);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->kind, AssignmentChange::Kind::kLost);
  ASSERT_TRUE(group->unassign());
  const auto taken = *group->poll(0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->kind, AssignmentChange::Kind::kAssigned);
  EXPECT_EQ(taken->partitions.size(), 2U);
}

TEST_F(TransactionTest, a_member_that_comes_back_under_its_name_keeps_its_partitions) {
  auto [before, generation] = member("a");
  const auto after = *log_.join({.group = "g", .instance = "a", .topics = {"in"}});
  const auto taken = *after->poll(0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->partitions.size(), 2U);
  const auto fenced = before->poll(0);
  ASSERT_FALSE(fenced);
  EXPECT_TRUE(fenced.error().retriable());
}

TEST_F(MemoryLogTest, a_reader_outside_of_what_is_kept_is_told) {
  append("a");
  append("b");
  ASSERT_TRUE(log_.trim({"in", PartitionId(0)}, Offset(1)));
  EXPECT_THAT(read(Offset(1)), ElementsAre("1: b"));
  for (const std::int64_t from : {0, 3}) {
    const auto reader = *log_.open_reader({.partition = {"in", PartitionId(0)},
                                           .offset = Offset(from)});
    RecordBatch batch;
    const auto outside = reader->read(10, batch);
    ASSERT_FALSE(outside);
    EXPECT_EQ(outside.error().message(),
              concat("reading in[0] from offset ", from, ": it has 1 to 2"));
  }
}

}  // namespace
}  // namespace sitrep
