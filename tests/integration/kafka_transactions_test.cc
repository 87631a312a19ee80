// SPDX-License-Identifier: Apache-2.0
// What exactly once rests on, on a real broker: records, positions and metadata become visible
// together or not at all; who writes without the right to it is refused; and what the log says of
// partitions is so. librdkafka's mock cluster only pretends all this.
#include <gmock/gmock.h>

#include "tests/integration/kafka_transactions_testing.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = AssignmentChange::Kind;

class KafkaTransactions : public KafkaTransactionsTesting {};

TEST_F(KafkaTransactions, an_epoch_becomes_visible_as_a_whole_with_its_positions) {
  const std::string in = make_topic("in");
  const std::string out = make_topic("out");
  const std::string state = make_topic("state");
  const auto group = join(*log_, in);
  const Generation generation = assigned(*group, 1);
  const std::vector<TopicPartition> asked = {{in, PartitionId(0)}};
  ASSERT_EQ((*group->committed(asked))[0], std::nullopt);

  const auto writer = open_writer(*log_);
  const TopicId out_id = *writer->open_topic(out);
  const TopicId state_id = *writer->open_topic(state);
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(out_id, {"a", "b"})));
  ASSERT_TRUE(writer->append_located(batch_of(state_id, {"delta"})));
  // Stored, and hidden.
  EXPECT_THAT(consume(state, "read_uncommitted"), ElementsAre("delta"));
  EXPECT_THAT(consume(out), IsEmpty());
  EXPECT_THAT(consume(state), IsEmpty());

  const auto position = position_of(in, Offset(7), "state stands at 1");
  const auto committed = writer->commit({&position, 1}, generation);
  ASSERT_TRUE(committed) << committed.error().message();
  EXPECT_THAT(consume(out), ElementsAre("a", "b"));
  EXPECT_THAT(consume(state), ElementsAre("delta"));
  EXPECT_EQ((*group->committed(asked))[0],
            (CommittedOffset{.next = Offset(7), .metadata = "state stands at 1"}));
  expect_ok(group->unassign());
  expect_ok(group->leave());
}

TEST_F(KafkaTransactions, records_lie_where_append_located_says) {
  const std::string out = make_topic("out", 2);
  const auto writer = open_writer(*log_);
  const TopicId id = *writer->open_topic(out);
  // Markers and records of others take offsets too.
  ASSERT_TRUE(write_epoch(*writer, out, {"before", "before"}));
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(id, {"plain"})));
  OutputBatch batch;
  for (const auto& [value, partition] :
       std::vector<std::pair<std::string, std::int32_t>>{{"x", 0}, {"y", 1}, {"z", 0}}) {
    batch.append(batch_of(id, {value}, partition).records().front());
  }
  const auto offsets = writer->append_located(batch);
  ASSERT_TRUE(offsets) << offsets.error().message();
  EXPECT_THAT(*offsets, ElementsAre(Offset(4), Offset(0), Offset(5)));
  ASSERT_TRUE(writer->commit({}, {}));

  const auto reader = log_->open_reader({.partition = {out, PartitionId(0)}, .offset = Offset(0)});
  ASSERT_TRUE(reader) << reader.error().message();
  EXPECT_THAT(read_to(**reader, Offset(7)),
              ElementsAre("0: before", "1: before", "3: plain", "4: x", "5: z"));
}

TEST_F(KafkaTransactions, an_epoch_that_is_given_up_leaves_nothing_to_be_seen) {
  const std::string in = make_topic("in");
  const std::string out = make_topic("out");
  const auto group = join(*log_, in);
  const Generation generation = assigned(*group, 1);
  const auto writer = open_writer(*log_);
  const TopicId id = *writer->open_topic(out);
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append_located(batch_of(id, {"given up"})));
  expect_ok(writer->abort());
  EXPECT_THAT(consume(out), IsEmpty());
  EXPECT_THAT(consume(out, "read_uncommitted"), ElementsAre("given up"));

  // Nothing of it was stored yet.
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(id, {"on its way"})));
  expect_ok(writer->abort());

  const auto position = position_of(in, Offset(1), "");
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(id, {"kept"})));
  expect_ok(writer->commit({&position, 1}, generation));
  EXPECT_THAT(consume(out), ElementsAre("kept"));
}

TEST_F(KafkaTransactions, a_second_writer_of_the_name_fences_the_first) {
  const std::string out = make_topic("out");
  const auto first = open_writer(*log_);
  ASSERT_TRUE(write_epoch(*first, out, {"of the first"}));
  const auto second = open_writer(*log_);
  EXPECT_FALSE(write_epoch(*first, out, {"of a zombie"}));
  ASSERT_TRUE(write_epoch(*second, out, {"of the second"}));

  // Once it may have been a time-out of our own: it takes the name back. Twice it is not.
  expect_ok(first->abort());
  EXPECT_FALSE(write_epoch(*second, out, {"of a zombie"}));
  expect_ok(second->abort());
  EXPECT_FALSE(write_epoch(*first, out, {"of a zombie"}));
  const auto settled = first->abort();
  ASSERT_FALSE(settled);
  EXPECT_FALSE(settled.error().retriable());
  EXPECT_THAT(settled.error().message(), HasSubstr("give each its own 'instance'"));
  EXPECT_THAT(consume(out), ElementsAre("of the first", "of the second"));
}

TEST_F(KafkaTransactions, a_transaction_that_a_process_left_open_is_ended_by_its_successor) {
  const std::string out = make_topic("out");
  auto dead = open_writer(*log_);
  ASSERT_TRUE(dead->begin());
  ASSERT_TRUE(dead->append_located(batch_of(*dead->open_topic(out), {"left open"})));
  dead.reset();
  const auto writer = open_writer(*log_);
  ASSERT_TRUE(write_epoch(*writer, out, {"of the successor"}));
  // It would not be seen behind an open transaction.
  EXPECT_THAT(consume(out), ElementsAre("of the successor"));
}

TEST_F(KafkaTransactions, an_epoch_that_outlived_the_transaction_is_given_up_once) {
  const std::string out = make_topic("out");
  const auto log = open_log({{"transaction.timeout.ms", "1000"}, {"message.timeout.ms", "1000"}});
  const auto writer = open_writer(*log);
  const TopicId id = *writer->open_topic(out);
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append_located(batch_of(id, {"too slow"})));
  // The broker ends it: readers come to the end of what it had written.
  const auto reader = log_->open_reader({.partition = {out, PartitionId(0)}, .offset = Offset(0)});
  ASSERT_TRUE(reader);
  EXPECT_THAT(read_to(**reader, Offset(2)), IsEmpty());
  EXPECT_FALSE(writer->commit({}, {}));
  expect_ok(writer->abort());
  expect_ok(write_epoch(*writer, out, {"again"}));
  EXPECT_THAT(consume(out), ElementsAre("again"));
}

TEST_F(KafkaTransactions, positions_of_an_earlier_assignment_are_refused) {
  const std::string in = make_topic("in", 2);
  const std::string out = make_topic("out");
  const auto group = join(*log_, in);
  const Generation earlier = assigned(*group, 2);
  const auto other_log = open_log();
  const auto other = join(*other_log, in, "two");
  ASSERT_EQ(next_change(*group).kind, Kind::kRevoked);
  expect_ok(group->unassign());
  const Generation generation = assigned(*group, 1);
  EXPECT_NE(generation, earlier);

  const auto writer = open_writer(*log_);
  const TopicId id = *writer->open_topic(out);
  const std::vector<TopicPartition> asked = {{in, PartitionId(0)}};
  const auto position = position_of(in, Offset(3), "m");
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(id, {"of the earlier"})));
  const auto refused = writer->commit({&position, 1}, earlier);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().retriable()) << refused.error().message();
  expect_ok(writer->abort());
  EXPECT_EQ((*group->committed(asked))[0], std::nullopt);

  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(id, {"of this one"})));
  expect_ok(writer->commit({&position, 1}, generation));
  EXPECT_THAT(consume(out), ElementsAre("of this one"));
  EXPECT_EQ((*group->committed(asked))[0], (CommittedOffset{.next = Offset(3), .metadata = "m"}));
}

TEST_F(KafkaTransactions, positions_of_an_open_transaction_are_waited_for) {
  const std::string in = make_topic("in");
  const std::string out = make_topic("out");
  KafkaOptions options = options_;
  options.sole_reader = true;
  options.request_timeout = kMicrosPerSecond;
  const auto log = open_kafka_log(options, clock_);
  ASSERT_TRUE(log);
  const std::vector<KafkaSetting> settings = {{"transactional.id", own("open")}};
  auto conf = make_kafka_conf(options_, settings);
  ASSERT_TRUE(conf);
  const auto producer = make_kafka_client(RD_KAFKA_PRODUCER, *std::move(conf));
  ASSERT_TRUE(producer);
  ASSERT_EQ(rd_kafka_init_transactions(producer->get(), 30'000), nullptr);
  ASSERT_EQ(rd_kafka_begin_transaction(producer->get()), nullptr);
  const KafkaPartitionListPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), in.c_str(), 0)->offset = 5;
  const KafkaGroupMetadataPtr outsider(rd_kafka_consumer_group_metadata_new(own("group").c_str()));
  ASSERT_EQ(rd_kafka_send_offsets_to_transaction(producer->get(), list.get(), outsider.get(), -1),
            nullptr);

  const auto group = join(**log, in);
  const std::vector<TopicPartition> asked = {{in, PartitionId(0)}};
  const auto unstable = group->committed(asked);
  ASSERT_FALSE(unstable);
  EXPECT_EQ(unstable.error().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(unstable.error().retriable()) << unstable.error().message();
  ASSERT_EQ(rd_kafka_commit_transaction(producer->get(), 30'000), nullptr);
  // The coordinator answers before the group has heard of it.
  auto known = group->committed(asked);
  for (int i = 0; i < 20 && !known; ++i) known = group->committed(asked);
  ASSERT_TRUE(known) << known.error().message();
  EXPECT_EQ((*known)[0], CommittedOffset{.next = Offset(5)});
}

TEST_F(KafkaTransactions, a_sole_reader_commits_as_an_outsider) {
  const std::string in = make_topic("in");
  const std::string out = make_topic("out");
  KafkaOptions options = options_;
  options.sole_reader = true;
  const auto log = open_kafka_log(options, clock_);
  ASSERT_TRUE(log);
  const auto group = join(**log, in);
  const Generation generation = assigned(*group, 1);
  const auto writer = open_writer(**log);
  const auto position = position_of(in, Offset(4), "m");
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(*writer->open_topic(out), {"a"})));
  expect_ok(writer->commit({&position, 1}, generation));
  const std::vector<TopicPartition> asked = {position.partition};
  EXPECT_EQ((*group->committed(asked))[0], (CommittedOffset{.next = Offset(4), .metadata = "m"}));
}

TEST_F(KafkaTransactions, a_reader_outside_groups_passes_what_it_cannot_see) {
  const std::string out = make_topic("out");
  const auto writer = open_writer(*log_);
  ASSERT_TRUE(write_epoch(*writer, out, {"a", "b"}));  // 0, 1; 2 is the marker
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append_located(batch_of(*writer->open_topic(out), {"no", "no"})));
  ASSERT_TRUE(writer->abort());                   // 3, 4; 5
  ASSERT_TRUE(write_epoch(*writer, out, {"c"}));  // 6; 7
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append_located(batch_of(*writer->open_topic(out), {"no"})));
  ASSERT_TRUE(writer->abort());  // 8; 9
  const auto reader = log_->open_reader({.partition = {out, PartitionId(0)}, .offset = Offset(1)});
  ASSERT_TRUE(reader) << reader.error().message();
  EXPECT_THAT(read_to(**reader, Offset(10)), ElementsAre("1: b", "6: c"));
  EXPECT_EQ((*reader)->known_end(), Offset(10));
}

TEST_F(KafkaTransactions, readers_outside_groups_do_not_disturb_each_other) {
  const std::string out = make_topic("out", 2);
  const auto writer = open_writer(*log_);
  const TopicId id = *writer->open_topic(out);
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(id, {"a", "b", "c"}, 0)));
  ASSERT_TRUE(writer->append(batch_of(id, {"x", "y"}, 1)));
  ASSERT_TRUE(writer->commit({}, {}));
  const auto open = [&](std::int32_t partition, std::int64_t offset) {
    auto reader =
        log_->open_reader({.partition = {out, PartitionId(partition)}, .offset = Offset(offset)});
    EXPECT_TRUE(reader) << reader.error().message();
    return *std::move(reader);
  };
  auto reader = open(0, 0);
  const auto other = open(1, 1);
  EXPECT_THAT(read_to(*other, Offset(3)), ElementsAre("1: y"));
  EXPECT_THAT(read_to(*reader, Offset(4)), ElementsAre("0: a", "1: b", "2: c"));
  // As a restore does between a snapshot and the records behind it: the next one of a partition is
  // opened before the one before is gone.
  reader = open(0, 1);
  EXPECT_THAT(read_to(*reader, Offset(4)), ElementsAre("1: b", "2: c"));
  const auto beside = open(0, 2);
  EXPECT_THAT(read_to(*beside, Offset(4)), ElementsAre("2: c"));
  EXPECT_THAT(read_to(*open(0, 0), Offset(4)), ElementsAre("0: a", "1: b", "2: c"));
}

TEST_F(KafkaTransactions, trimming_moves_the_beginning) {
  const std::string out = make_topic("out");
  const TopicPartition partition{out, PartitionId(0)};
  const auto writer = open_writer(*log_);
  ASSERT_TRUE(write_epoch(*writer, out, {"a", "b", "c"}));
  expect_ok(log_->trim(partition, Offset(2)));
  const auto range = log_->offset_range(partition);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->begin, Offset(2));
  EXPECT_EQ(range->end, Offset(4));
  EXPECT_THAT(consume(out), ElementsAre("c"));

  const auto reader = log_->open_reader({.partition = partition, .offset = Offset(0)});
  ASSERT_TRUE(reader);
  Result<void> read;
  const Micros deadline = clock_.monotonic() + kPatience;
  while (read && clock_.monotonic() < deadline) {
    RecordBatch batch;
    read = (*reader)->read(10, batch);
    EXPECT_TRUE(batch.empty());
  }
  ASSERT_FALSE(read);
  EXPECT_FALSE(read.error().retriable());
  EXPECT_THAT(read.error().message(), HasSubstr("from offset 0: the broker does not have it"));
}

TEST_F(KafkaTransactions, the_settings_of_a_topic_are_told) {
  const auto made = log_->create_topic(
      own("out"),
      {.partitions = 1, .settings = {{"cleanup.policy", "compact"}, {"retention.ms", "12345"}}});
  ASSERT_TRUE(made) << made.error().message();
  const auto settings = log_->topic_settings(own("out"));
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->at("cleanup.policy"), "compact");
  EXPECT_EQ(settings->at("retention.ms"), "12345");
  EXPECT_FALSE(log_->topic_settings(own("nowhere")));
}

TEST_F(KafkaTransactions, a_topic_has_as_many_copies_as_the_options_say) {
  KafkaOptions options = options_;
  options.replication = 2;
  const auto log = open_kafka_log(options, clock_);
  ASSERT_TRUE(log);
  const auto refused = (*log)->create_topic(own("out"), {.partitions = 1, .settings = {}});
  ASSERT_FALSE(refused) << "there is one broker";
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(refused.error().message(), HasSubstr("eplication factor"));
}

TEST_F(KafkaTransactions, a_cluster_has_one_name) {
  const auto name = log_->identity();
  ASSERT_TRUE(name) << name.error().message();
  EXPECT_FALSE(name->empty());
  EXPECT_EQ(*open_log()->identity(), *name);
  EXPECT_TRUE(log_->keeps_state());
}

TEST_F(KafkaTransactions, at_least_once_positions_are_committed_when_commit_returns) {
  const std::string in = make_topic("in");
  const std::string out = make_topic("out");
  const auto group = join(*log_, in);
  const Generation generation = assigned(*group, 1);
  const auto writer = *log_->open_writer({.group = own("group"), .instance = "one"});
  ASSERT_TRUE(writer->begin());
  const auto offsets = writer->append_located(batch_of(*writer->open_topic(out), {"a", "b"}));
  ASSERT_TRUE(offsets);
  EXPECT_THAT(*offsets, ElementsAre(Offset(0), Offset(1)));
  const auto position = position_of(in, Offset(9), "where");
  expect_ok(writer->commit({&position, 1}, generation));
  const std::vector<TopicPartition> asked = {position.partition};
  EXPECT_EQ((*group->committed(asked))[0],
            (CommittedOffset{.next = Offset(9), .metadata = "where"}));
}

}  // namespace
}  // namespace sitrep
