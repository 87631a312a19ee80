// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_error.h"

#include <gtest/gtest.h>

namespace sitrep {
namespace {

Error refused(std::string_view reason) {
  return kafka_error("creating topic out", RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, reason);
}

TEST(KafkaError, of_more_replicas_than_there_are_brokers_is_the_users) {
  const Error error = refused(
      "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be "
      "reached because only 1 broker(s) are registered.");
  EXPECT_EQ(error.kind(), ErrorKind::kInvalidConfig);
  EXPECT_FALSE(error.retriable());
}

TEST(KafkaError, of_brokers_that_are_just_starting_passes) {
  const Error error =
      refused("Unable to replicate the partition 1 time(s): All brokers are currently fenced.");
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(error.retriable());
  EXPECT_EQ(error.message(),
            "creating topic out: Unable to replicate the partition 1 time(s): All brokers are "
            "currently fenced.");
}

}  // namespace
}  // namespace sitrep
