// SPDX-License-Identifier: Apache-2.0
// Each class of error that a broker may answer the requests of a transaction with leads to the
// right road: the same call again, an epoch that failed and is aborted, or a new producer. On
// librdkafka's mock cluster, which answers transactions and makes nothing invisible: what readers
// see is tested on a real Kafka (tests/integration, tests/torture).
#include "connectors/kafka/transactional_writer.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/kafka/mock_cluster.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Numbers of Kafka's protocol.
constexpr std::int16_t kInitProducerId = 22;
constexpr std::int16_t kAddPartitionsToTxn = 24;
constexpr std::int16_t kAddOffsetsToTxn = 25;
constexpr std::int16_t kEndTxn = 26;
constexpr std::int16_t kTxnOffsetCommit = 28;

class TransactionalWriterTest : public ::testing::Test {
 protected:
  TransactionalWriterTest() {
    cluster_.create_topic("out", 1);
    cluster_.create_topic("in", 1);
    writer_ = open();
    topic_ = writer_->open_topic("out").value();
  }
  std::unique_ptr<LogWriter> open() {
    KafkaOptions options = cluster_.options();
    // Nobody is a member of the mock's group.
    options.sole_reader = true;
    auto writer = KafkaTransactionalWriter::open(
        options, {.group = "job", .instance = "one", .transactional = true}, clock_);
    EXPECT_TRUE(writer) << writer.error().message();
    return *std::move(writer);
  }
  void fail(std::int16_t request, rd_kafka_resp_err_t code, std::size_t times = 1) {
    const std::vector<rd_kafka_resp_err_t> errors(times, code);
    rd_kafka_mock_push_request_errors_array(&cluster_.get(), request, errors.size(), errors.data());
  }
  /// Writes an epoch; what became of it.
  Result<void> epoch(std::int64_t next) {
    TRY(writer_->begin());
    OutputBatch batch;
    const std::string value = concat("epoch ", next);
    batch.append({.topic = topic_,
                  .partition = PartitionId(0),
                  .key = std::nullopt,
                  .value = value,
                  .headers = {},
                  .timestamp = std::nullopt});
    TRY(writer_->append_located(batch));
    const CommittedPosition position{
        .partition = {"in", PartitionId(0)}, .next = Offset(next), .metadata = "where"};
    return writer_->commit({&position, 1}, {});
  }

  const SystemClock clock_;
  MockCluster cluster_;
  std::unique_ptr<LogWriter> writer_;
  TopicId topic_{0};
};

TEST_F(TransactionalWriterTest, offsets_of_records_are_told_in_order) {
  ASSERT_TRUE(epoch(1));
  OutputBatch batch;
  for (const std::string_view value : {"a", "b"}) {
    batch.append({.topic = topic_,
                  .partition = PartitionId(0),
                  .key = std::nullopt,
                  .value = value,
                  .headers = {},
                  .timestamp = std::nullopt});
  }
  ASSERT_TRUE(writer_->begin());
  EXPECT_THAT(*writer_->append_located(batch), ElementsAre(Offset(1), Offset(2)));
  ASSERT_TRUE(writer_->commit({}, {}));
}

TEST_F(TransactionalWriterTest, an_epoch_of_nothing_asks_the_broker_nothing) {
  rd_kafka_mock_broker_set_down(&cluster_.get(), MockCluster::kBroker);
  ASSERT_TRUE(writer_->begin());
  EXPECT_TRUE(writer_->commit({}, {}));
}

TEST_F(TransactionalWriterTest, what_passes_by_itself_is_asked_again) {
  const std::pair<std::int16_t, rd_kafka_resp_err_t> kPassing[] = {
      {kAddPartitionsToTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
      {kAddPartitionsToTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR},
      {kAddOffsetsToTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
      {kAddOffsetsToTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE},
      {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS},
      {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_NOT_COORDINATOR},
      {kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE},
      {kEndTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS}};
  std::int64_t next = 0;
  for (const auto& [request, code] : kPassing) {
    fail(request, code);
    const auto done = epoch(++next);
    EXPECT_TRUE(done) << rd_kafka_err2name(code) << " to request " << request << ": "
                      << done.error().message();
  }
}

TEST_F(TransactionalWriterTest, what_fails_the_epoch_leaves_the_next_one_well) {
  const std::pair<std::int16_t, rd_kafka_resp_err_t> kFailing[] = {
      {kAddPartitionsToTxn, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED},
      {kAddPartitionsToTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID},
      {kAddOffsetsToTxn, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED},
      {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION},
      {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID},
      {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID},
      {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS},
      {kEndTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID},
      // Fatal to the producer: a new one settles it.
      {kAddPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE},
      {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING},
      {kEndTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE}};
  std::int64_t next = 0;
  for (const auto& [request, code] : kFailing) {
    SCOPED_TRACE(concat(rd_kafka_err2name(code), " to request ", request));
    fail(request, code);
    const auto failed = epoch(++next);
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().kind(), ErrorKind::kInternal) << failed.error().message();
    const auto aborted = writer_->abort();
    ASSERT_TRUE(aborted) << aborted.error().message();
    const auto well = epoch(++next);
    ASSERT_TRUE(well) << well.error().message();
  }
}

TEST_F(TransactionalWriterTest, fenced_once_it_may_have_been_our_own_time_out) {
  fail(kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
  ASSERT_FALSE(epoch(1));
  ASSERT_TRUE(writer_->abort());
  EXPECT_TRUE(epoch(2));
  // A commit in between makes it a first time again.
  fail(kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
  ASSERT_FALSE(epoch(3));
  EXPECT_TRUE(writer_->abort());
}

TEST_F(TransactionalWriterTest, fenced_twice_another_process_has_our_name) {
  fail(kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
  ASSERT_FALSE(epoch(1));
  ASSERT_TRUE(writer_->abort());
  fail(kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
  ASSERT_FALSE(epoch(2));
  const auto aborted = writer_->abort();
  ASSERT_FALSE(aborted);
  EXPECT_FALSE(aborted.error().retriable());
  EXPECT_THAT(aborted.error().message(),
              HasSubstr("another process runs with transactional.id job-one; give each its own "
                        "'instance'"));
}

TEST_F(TransactionalWriterTest, rights_that_lack_at_the_start_are_said) {
  fail(kInitProducerId, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  KafkaOptions options = cluster_.options();
  const auto writer = KafkaTransactionalWriter::open(
      options, {.group = "job", .instance = "two", .transactional = true}, clock_);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(writer.error().message(), HasSubstr("job-two"));
}

TEST_F(TransactionalWriterTest, a_member_never_commits_without_its_generation) {
  auto writer = KafkaTransactionalWriter::open(
      cluster_.options(), {.group = "job", .instance = "three", .transactional = true}, clock_);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->begin());
  const CommittedPosition position{
      .partition = {"in", PartitionId(0)}, .next = Offset(1), .metadata = ""};
  EXPECT_EQ((*writer)->commit({&position, 1}, {}).error(),
            internal_error("positions without a generation"));
}

}  // namespace
}  // namespace sitrep
