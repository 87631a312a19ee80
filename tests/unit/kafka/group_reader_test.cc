// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/group_reader.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/kafka/group_reader_testing.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Kind = AssignmentChange::Kind;

// Requests of Kafka's protocol.
constexpr std::int16_t kJoinGroup = 11;

class KafkaGroupReaderTest : public GroupReaderTesting {
 protected:
  /// The error that serving the group ends in.
  std::optional<Error> serve_until_error(GroupReader& group) {
    const Micros deadline = clock_.monotonic() + kPatience;
    while (clock_.monotonic() < deadline) {
      if (auto change = group.poll(kMicrosPerMilli); !change) return std::move(change).error();
    }
    return std::nullopt;
  }

  void fail_requests(std::int16_t request, rd_kafka_resp_err_t code) {
    rd_kafka_mock_push_request_errors(&cluster_.get(), request, 1, code);
  }
};

TEST_F(KafkaGroupReaderTest, a_sole_reader_has_every_partition_at_the_first_poll) {
  const auto log = open_log(/*sole_reader=*/true);
  const auto group = join(*log, "one");
  const auto change = group->poll(0);
  ASSERT_TRUE(change) << change.error().message();
  ASSERT_TRUE(*change);
  EXPECT_EQ((*change)->kind, Kind::kAssigned);
  EXPECT_THAT((*change)->partitions, ElementsAre(in(0), in(1)));
  serve(*group);
  EXPECT_TRUE(group->leave());
}

TEST_F(KafkaGroupReaderTest, committed_offsets_are_those_of_the_group) {
  const auto log = open_log(/*sole_reader=*/true);
  const auto group = join(*log, "one");
  ASSERT_TRUE(*group->poll(0));
  const Readers readers = assign(*group, {{in(0), Offset(0)}, {in(1), Offset(0)}});
  const std::vector<TopicPartition> both = {in(0), in(1)};
  const auto before = group->committed(both);
  ASSERT_TRUE(before) << before.error().message();
  EXPECT_THAT(*before, ElementsAre(std::nullopt, std::nullopt));

  const auto writer = *log->open_writer({.group = "job", .instance = "one"});
  const std::vector<CommittedPosition> positions = {
      {.partition = in(1), .next = Offset(7), .metadata = ""}};
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->commit(positions, {}));
  const Micros deadline = clock_.monotonic() + kPatience;
  const std::vector<std::optional<CommittedOffset>> expected = {std::nullopt,
                                                                CommittedOffset{Offset(7)}};
  std::vector<std::optional<CommittedOffset>> after;
  while (after != expected && clock_.monotonic() < deadline) {
    serve(*group);
    after = *group->committed(both);
  }
  EXPECT_EQ(after, expected);

  const auto other = log->join({.group = "other", .instance = "one", .topics = {"in"}});
  ASSERT_TRUE(other);
  EXPECT_THAT(*(*other)->committed(both), ElementsAre(std::nullopt, std::nullopt));
}

TEST_F(KafkaGroupReaderTest, a_member_that_is_replaced_twice_names_the_second_process) {
  fail_requests(kJoinGroup, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
  const auto log = open_log(/*sole_reader=*/false);
  auto group = join(*log, "one");
  const auto first = serve_until_error(*group);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, unavailable(concat("reading in group job at ", cluster_.options().brokers,
                                       ": the member of instance 'one' was replaced by another "
                                       "one")));
  group.reset();
  fail_requests(kJoinGroup, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
  group = join(*log, "one");
  const auto error = serve_until_error(*group);
  ASSERT_TRUE(error);
  EXPECT_EQ(*error,
            unavailable(concat("reading in group job at ", cluster_.options().brokers,
                               ": another process runs as instance 'one'; give each its own "
                               "'instance'"),
                        Retry::kNever));
}

TEST_F(KafkaGroupReaderTest, a_broker_that_goes_down_in_between_clears_the_suspicion) {
  fail_requests(kJoinGroup, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
  const auto log = open_log(/*sole_reader=*/false);
  auto group = join(*log, "one");
  ASSERT_TRUE(serve_until_error(*group));
  group.reset();
  group = join(*log, "one");
  serve(*group);
  rd_kafka_mock_broker_set_down(&cluster_.get(), MockCluster::kBroker);
  const Micros deadline = clock_.monotonic() + kMicrosPerSecond;
  while (clock_.monotonic() < deadline) serve(*group);
  fail_requests(kJoinGroup, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
  rd_kafka_mock_broker_set_up(&cluster_.get(), MockCluster::kBroker);
  group.reset();
  group = join(*log, "one");
  const auto error = serve_until_error(*group);
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->retriable()) << error->message();
}

TEST_F(KafkaGroupReaderTest, a_group_that_may_not_be_used_is_a_wrong_configuration) {
  fail_requests(kJoinGroup, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
  const auto log = open_log(/*sole_reader=*/false);
  const auto group = join(*log, "one");
  const auto error = serve_until_error(*group);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(error->message(), HasSubstr("reading in group job at "));
}

TEST_F(KafkaGroupReaderTest, committed_offsets_of_a_broker_that_is_down_are_unavailable) {
  const auto log = open_log(/*sole_reader=*/true);
  const auto group = join(*log, "one");
  ASSERT_TRUE(*group->poll(0));
  rd_kafka_mock_broker_set_down(&cluster_.get(), MockCluster::kBroker);
  const std::vector<TopicPartition> both = {in(0), in(1)};
  const auto committed = group->committed(both);
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(committed.error().retriable());
  EXPECT_THAT(committed.error().message(),
              HasSubstr("asking for committed offsets in group job at "));
}

}  // namespace
}  // namespace sitrep
