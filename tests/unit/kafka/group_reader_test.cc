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
constexpr std::int16_t kHeartbeat = 12;

/// A member that answers changes at once and remembers them.
struct Member {
  std::unique_ptr<GroupReader> group;
  std::vector<TopicPartition> held;
  std::vector<std::string> changes;
  std::vector<std::unique_ptr<PartitionReader>> readers;

  void serve() {
    const auto change = group->poll(kMicrosPerMilli);
    ASSERT_TRUE(change) << change.error().message();
    if (*change) take(**change);
  }

  void take(AssignmentChange change) {
    std::ranges::sort(change.partitions);
    changes.push_back(change.kind == Kind::kAssigned  ? "assigned"
                      : change.kind == Kind::kRevoked ? "revoked"
                                                      : "lost");
    for (const TopicPartition& partition : change.partitions) {
      changes.back() += concat(" ", partition.partition);
    }
    readers.clear();
    held.clear();
    if (change.kind != Kind::kAssigned) {
      ASSERT_TRUE(group->unassign());
      return;
    }
    std::vector<StartPosition> starts;
    for (const TopicPartition& partition : change.partitions) {
      starts.push_back({partition, Offset(0)});
    }
    auto assigned = group->assign(starts);
    ASSERT_TRUE(assigned) << assigned.error().message();
    readers = *std::move(assigned);
    held = change.partitions;
  }
};

class KafkaGroupReaderTest : public GroupReaderTesting {
 protected:
  Member join_as(Log& log, const std::string& instance) {
    return {.group = join(log, instance), .held = {}, .changes = {}, .readers = {}};
  }

  /// Serves all members until `condition` holds; false when it never did.
  template <typename Condition>
  bool serve_until(std::initializer_list<Member*> members, const Condition& condition) {
    const Micros deadline = clock_.monotonic() + kPatience;
    while (!condition() && clock_.monotonic() < deadline) {
      for (Member* const member : members) member->serve();
    }
    return condition();
  }

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

TEST_F(KafkaGroupReaderTest, members_share_the_partitions_as_they_come_and_go) {
  write(0, {"a"});
  write(1, {"x"});
  const auto log_of_one = open_log(/*sole_reader=*/false);
  Member one = join_as(*log_of_one, "one");
  ASSERT_TRUE(serve_until({&one}, [&] { return !one.held.empty(); }));
  EXPECT_THAT(one.changes, ElementsAre("assigned 0 1"));
  EXPECT_THAT(read(*one.group, *one.readers[1], 1), ElementsAre("0: x"));

  const auto log_of_two = open_log(/*sole_reader=*/false);
  Member two = join_as(*log_of_two, "two");
  ASSERT_TRUE(serve_until(
      {&one, &two}, [&] { return one.held.size() == 1 && two.held.size() == 1; }));
  EXPECT_EQ(one.changes[1], "revoked 0 1");
  std::vector<TopicPartition> held = {one.held[0], two.held[0]};
  std::ranges::sort(held);
  EXPECT_THAT(held, ElementsAre(in(0), in(1)));
  EXPECT_THAT(read(*two.group, *two.readers[0], 1),
              ElementsAre(two.held[0] == in(0) ? "0: a" : "0: x"));

  two.readers.clear();
  ASSERT_TRUE(two.group->leave());
  ASSERT_TRUE(serve_until({&one}, [&] { return one.held.size() == 2; }));
  EXPECT_THAT(one.held, ElementsAre(in(0), in(1)));
}

TEST_F(KafkaGroupReaderTest, a_member_that_the_broker_forgot_has_lost_its_partitions) {
  const auto log = open_log(/*sole_reader=*/false);
  Member one = join_as(*log, "one");
  ASSERT_TRUE(serve_until({&one}, [&] { return !one.held.empty(); }));
  fail_requests(kHeartbeat, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
  ASSERT_TRUE(serve_until({&one}, [&] { return one.changes.size() >= 3; }));
  EXPECT_THAT(one.changes, ElementsAre("assigned 0 1", "lost 0 1", "assigned 0 1"));
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
  ASSERT_TRUE(writer->commit(positions));
  const Micros deadline = clock_.monotonic() + kPatience;
  std::vector<std::optional<Offset>> after;
  while (after != std::vector<std::optional<Offset>>{std::nullopt, Offset(7)} &&
         clock_.monotonic() < deadline) {
    serve(*group);
    after = *group->committed(both);
  }
  EXPECT_THAT(after, ElementsAre(std::nullopt, Offset(7)));

  const auto other = log->join({.group = "other", .instance = "one", .topics = {"in"}});
  ASSERT_TRUE(other);
  EXPECT_THAT(*(*other)->committed(both), ElementsAre(std::nullopt, std::nullopt));
}

TEST_F(KafkaGroupReaderTest, a_second_process_of_the_same_instance_is_named_and_final) {
  fail_requests(kJoinGroup, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
  const auto log = open_log(/*sole_reader=*/false);
  const auto group = join(*log, "one");
  const auto error = serve_until_error(*group);
  ASSERT_TRUE(error);
  EXPECT_EQ(*error,
            unavailable(concat("reading in group job at ", cluster_.options().brokers,
                               ": another process runs as instance 'one'; give each its own "
                               "'instance'"),
                        Retry::kNever));
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
