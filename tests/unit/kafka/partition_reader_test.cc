// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/partition_reader.h"

#include <gmock/gmock.h>

#include "tests/unit/kafka/group_reader_testing.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Fetch is request 1 of Kafka's protocol.
constexpr std::int16_t kFetch = 1;

/// Reads as the sole member: no group is formed, which takes a broker three seconds.
class KafkaPartitionReaderTest : public GroupReaderTesting {
 protected:
  Readers read_from(Offset first, Offset second) {
    return assign(*group_, {{in(0), first}, {in(1), second}});
  }

  std::unique_ptr<Log> log_ = open_log(/*sole_reader=*/true);
  std::unique_ptr<GroupReader> group_ = join(*log_, "one");
};

TEST_F(KafkaPartitionReaderTest, each_reads_its_own_partition_from_where_it_is_told) {
  write(0, {"a", "b", "c"});
  write(1, {"x", "y"});
  ASSERT_TRUE(*group_->poll(0));
  const Readers readers = read_from(Offset(1), Offset(0));
  EXPECT_EQ(readers[0]->position(), Offset(1));
  EXPECT_THAT(read(*group_, *readers[0], 2), ElementsAre("1: b", "2: c"));
  EXPECT_THAT(read(*group_, *readers[1], 2), ElementsAre("0: x", "1: y"));
  EXPECT_EQ(readers[0]->position(), Offset(3));
  EXPECT_EQ(readers[0]->known_end(), Offset(3));
  write(1, {"z"});
  EXPECT_THAT(read(*group_, *readers[1], 1), ElementsAre("2: z"));
}

TEST_F(KafkaPartitionReaderTest, a_reader_that_rests_keeps_its_records_and_stops_no_other) {
  write(0, {"a", "b", "c"});
  write(1, {"x", "y", "z"});
  ASSERT_TRUE(*group_->poll(0));
  const Readers readers = read_from(Offset(0), Offset(0));
  EXPECT_THAT(read(*group_, *readers[1], 3), ElementsAre("0: x", "1: y", "2: z"));
  EXPECT_EQ(readers[0]->position(), Offset(0));
  EXPECT_THAT(read(*group_, *readers[0], 3, /*records_max=*/1),
              ElementsAre("0: a", "1: b", "2: c"));
}

TEST_F(KafkaPartitionReaderTest, headers_come_with_the_topics_that_were_named_with_them) {
  write(0, {"a"}, {{.name = "unit", .value = "m"}, {.name = "by", .value = std::nullopt}});
  ASSERT_TRUE(*group_->poll(0));
  const Readers without = read_from(Offset(0), Offset(0));
  EXPECT_THAT(read(*group_, *without[0], 1), ElementsAre("0: a"));
  const auto named = join(*log_, "two", {"in"});
  ASSERT_TRUE(*named->poll(0));
  const Readers with = assign(*named, {{in(0), Offset(0)}, {in(1), Offset(0)}});
  EXPECT_THAT(read(*named, *with[0], 1), ElementsAre("0: a unit=m by=null"));
}

TEST_F(KafkaPartitionReaderTest, after_unassign_it_is_read_again_from_another_offset) {
  write(0, {"a", "b", "c"});
  ASSERT_TRUE(*group_->poll(0));
  Readers readers = read_from(Offset(0), Offset(0));
  EXPECT_THAT(read(*group_, *readers[0], 3), ElementsAre("0: a", "1: b", "2: c"));
  readers.clear();
  ASSERT_TRUE(group_->unassign());
  readers = read_from(Offset(1), Offset(0));
  EXPECT_THAT(read(*group_, *readers[0], 2), ElementsAre("1: b", "2: c"));
}

TEST_F(KafkaPartitionReaderTest, an_offset_that_the_broker_lacks_ends_the_job) {
  write(0, {"a", "b", "c"});
  ASSERT_TRUE(*group_->poll(0));
  const Readers readers = read_from(Offset(1000), Offset(0));
  const auto error = read_until_error(*group_, *readers[0]);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::kUnavailable);
  EXPECT_FALSE(error->retriable());
  EXPECT_THAT(error->message(),
              HasSubstr("reading topic in, partition 0 from offset 1000: the broker does not"));
}

TEST_F(KafkaPartitionReaderTest, a_topic_that_may_not_be_read_is_a_wrong_configuration) {
  write(0, {"a"});
  ASSERT_TRUE(*group_->poll(0));
  // Many: the answer to a request from before the assignment is dropped, and the error with it.
  const std::vector<rd_kafka_resp_err_t> errors(100, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  rd_kafka_mock_push_request_errors_array(&cluster_.get(), kFetch, errors.size(), errors.data());
  const Readers readers = read_from(Offset(0), Offset(0));
  const auto error = read_until_error(*group_, *readers[0]);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(error->message(), HasSubstr("reading topic in, partition 0"));
}

TEST_F(KafkaPartitionReaderTest, a_broker_that_comes_back_is_read_on) {
  write(0, {"a"});
  ASSERT_TRUE(*group_->poll(0));
  const Readers readers = read_from(Offset(0), Offset(0));
  EXPECT_THAT(read(*group_, *readers[0], 1), ElementsAre("0: a"));
  rd_kafka_mock_broker_set_down(&cluster_.get(), MockCluster::kBroker);
  for (int i = 0; i < 20; ++i) {
    RecordBatch batch;
    const auto result = readers[0]->read(100, batch);
    ASSERT_TRUE(result) << result.error().message();
    serve(*group_);
  }
  rd_kafka_mock_broker_set_up(&cluster_.get(), MockCluster::kBroker);
  write(0, {"b"});
  EXPECT_THAT(read(*group_, *readers[0], 1), ElementsAre("1: b"));
}

}  // namespace
}  // namespace sitrep
