// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/kafka_error.h"

namespace sitrep {
namespace {

using ::testing::HasSubstr;
using enum KafkaSetting::Strength;

std::string value_of(const KafkaConfPtr& conf, const char* name) {
  std::array<char, 512> value{};
  std::size_t size = value.size();
  if (rd_kafka_conf_get(conf.get(), name, value.data(), &size) != RD_KAFKA_CONF_OK) return "?";
  return value.data();
}

KafkaOptions options_with(std::map<std::string, std::string> properties) {
  return {.brokers = "a:1,b:2", .properties = std::move(properties)};
}

TEST(KafkaConfig, brokers_and_own_settings_arrive) {
  const std::vector<KafkaSetting> own = {{"linger.ms", "7", kDefault},
                                         {"enable.idempotence", "true", kRequired}};
  const auto conf = make_kafka_conf(options_with({}), own);
  ASSERT_TRUE(conf) << conf.error().message();
  EXPECT_EQ(value_of(*conf, "bootstrap.servers"), "a:1,b:2");
  EXPECT_EQ(value_of(*conf, "linger.ms"), "7");
  EXPECT_EQ(value_of(*conf, "enable.idempotence"), "true");
}

TEST(KafkaConfig, a_property_wins_over_a_default) {
  const std::vector<KafkaSetting> own = {{"linger.ms", "7", kDefault}};
  const auto conf = make_kafka_conf(options_with({{"linger.ms", "40"}}), own);
  ASSERT_TRUE(conf) << conf.error().message();
  EXPECT_EQ(value_of(*conf, "linger.ms"), "40");
}

TEST(KafkaConfig, a_property_against_a_required_setting_is_refused) {
  const std::vector<KafkaSetting> own = {{"enable.idempotence", "true", kRequired}};
  const auto conf = make_kafka_conf(options_with({{"enable.idempotence", "false"}}), own);
  ASSERT_FALSE(conf);
  EXPECT_EQ(conf.error(), invalid_config("kafka property 'enable.idempotence': sitrep sets it to "
                                         "'true'; remove it"));
}

TEST(KafkaConfig, an_unknown_property_is_named) {
  const auto conf = make_kafka_conf(options_with({{"lingre.ms", "40"}}), {});
  ASSERT_FALSE(conf);
  EXPECT_EQ(conf.error(), invalid_config("kafka property 'lingre.ms': No such configuration "
                                         "property: \"lingre.ms\""));
}

TEST(KafkaConfig, a_value_is_not_said_even_where_librdkafka_says_it) {
  const auto conf = make_kafka_conf(options_with({{"security.protocol", "hunter2"}}), {});
  ASSERT_FALSE(conf);
  EXPECT_EQ(conf.error().message(),
            "kafka property 'security.protocol': Invalid value for configuration property "
            "\"security.protocol\"");
}

TEST(KafkaConfig, an_invalid_value_is_named_with_the_reason) {
  const auto conf = make_kafka_conf(options_with({{"linger.ms", "soon"}}), {});
  ASSERT_FALSE(conf);
  EXPECT_EQ(conf.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(conf.error().message(), HasSubstr("kafka property 'linger.ms': Invalid value"));
}

TEST(KafkaConfig, properties_that_contradict_each_other_are_invalid) {
  const std::vector<KafkaSetting> own = {{"enable.idempotence", "true", kRequired}};
  auto conf = make_kafka_conf(options_with({{"acks", "1"}}), own);
  ASSERT_TRUE(conf) << conf.error().message();
  const auto client = make_kafka_client(RD_KAFKA_PRODUCER, *std::move(conf));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(client.error().message(), HasSubstr("acks"));
}

TEST(KafkaError, says_what_was_attempted_and_whether_to_try_again) {
  EXPECT_EQ(kafka_error("asking", RD_KAFKA_RESP_ERR__TRANSPORT),
            unavailable("asking: Local: Broker transport failure", Retry::kWithBackoff));
  EXPECT_EQ(kafka_error("asking", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            invalid_config("asking: Broker: Topic authorization failed"));
  EXPECT_EQ(kafka_error("reading", RD_KAFKA_RESP_ERR__BAD_MSG),
            corrupt("reading: Local: Bad message format"));
  EXPECT_EQ(kafka_error("asking", RD_KAFKA_RESP_ERR__STATE),
            unavailable("asking: Local: Erroneous state", Retry::kNever));
}

}  // namespace
}  // namespace sitrep
