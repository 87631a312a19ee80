// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_admin.h"

#include <array>
#include <span>

#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/partition_count.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr int kBrokersChooseReplicas = -1;
constexpr std::size_t kReasonBytesMax = 512;

/// One request and its answer.
class AdminCall {
 public:
  AdminCall(rd_kafka_t& client, const KafkaOptions& options, rd_kafka_admin_op_t operation)
      : timeout_ms_(to_milliseconds(options.request_timeout)),
        options_(rd_kafka_AdminOptions_new(&client, operation)),
        answers_(rd_kafka_queue_new(&client)) {
    rd_kafka_AdminOptions_set_request_timeout(options_.get(), timeout_ms_, nullptr, 0);
    // Only some operations know it; the others refuse it.
    rd_kafka_AdminOptions_set_operation_timeout(options_.get(), timeout_ms_, nullptr, 0);
  }

  const rd_kafka_AdminOptions_t* options() const { return options_.get(); }
  rd_kafka_queue_t* answers() const { return answers_.get(); }
  /// The answer to what was sent; an Error when there is none or it is one as a whole.
  Result<KafkaEventPtr> wait(const std::string& attempted) const {
    // Twice the time: librdkafka itself answers after the first.
    KafkaEventPtr event(rd_kafka_queue_poll(answers_.get(), 2 * timeout_ms_));
    if (event == nullptr) return kafka_error(attempted, RD_KAFKA_RESP_ERR__TIMED_OUT);
    const auto code = rd_kafka_event_error(event.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return kafka_error(attempted, code, rd_kafka_event_error_string(event.get()));
    }
    return event;
  }

 private:
  const int timeout_ms_;
  const KafkaAdminOptionsPtr options_;
  const KafkaQueuePtr answers_;
};

}  // namespace

Result<void> request_topic(rd_kafka_t& client, const KafkaOptions& options,
                           const std::string& topic, const TopicOptions& wanted) {
  const std::string attempted = concat("creating topic ", topic, " in Kafka at ", options.brokers);
  std::array<char, kReasonBytesMax> reason{};
  const KafkaNewTopicPtr made(rd_kafka_NewTopic_new(
      topic.c_str(), wanted.partitions, options.replication.value_or(kBrokersChooseReplicas),
      reason.data(), reason.size()));
  if (made == nullptr) return invalid_config(concat(attempted, ": ", reason.data()));
  for (const auto& [name, value] : wanted.settings) {
    const auto code = rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted, code, name);
  }
  const AdminCall call(client, options, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_NewTopic_t* topics = made.get();
  rd_kafka_CreateTopics(&client, &topics, 1, call.options(), call.answers());
  ASSIGN_OR_RETURN(const KafkaEventPtr event, call.wait(attempted));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (const rd_kafka_topic_result_t* result : std::span(results, count)) {
    const auto code = rd_kafka_topic_result_error(result);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      continue;
    }
    const char* text = rd_kafka_topic_result_error_string(result);
    return kafka_error(attempted, code, text != nullptr ? text : rd_kafka_err2str(code));
  }
  return {};
}

Result<std::map<std::string, std::string>> request_settings(rd_kafka_t& client,
                                                            const KafkaOptions& options,
                                                            const std::string& topic) {
  const std::string attempted =
      concat("asking Kafka at ", options.brokers, " for the settings of topic ", topic);
  const std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)>
      asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()),
            &rd_kafka_ConfigResource_destroy);
  const AdminCall call(client, options, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_ConfigResource_t* resources = asked.get();
  rd_kafka_DescribeConfigs(&client, &resources, 1, call.options(), call.answers());
  ASSIGN_OR_RETURN(const KafkaEventPtr event, call.wait(attempted));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** answered = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  std::map<std::string, std::string> settings;
  for (const rd_kafka_ConfigResource_t* resource : std::span(answered, count)) {
    const auto code = rd_kafka_ConfigResource_error(resource);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted, code);
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** list = rd_kafka_ConfigResource_configs(resource, &entries);
    for (const rd_kafka_ConfigEntry_t* entry : std::span(list, entries)) {
      const char* value = rd_kafka_ConfigEntry_value(entry);
      if (value != nullptr) settings[rd_kafka_ConfigEntry_name(entry)] = value;
    }
  }
  return settings;
}

Result<void> delete_records(rd_kafka_t& client, const KafkaOptions& options,
                            const TopicPartition& partition, Offset before) {
  const std::string attempted =
      concat("trimming topic ", partition.topic, ", partition ", partition.partition,
             " in Kafka at ", options.brokers, " to offset ", before);
  const KafkaPartitionListPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(),
                                    partition.partition.value())
      ->offset = before.value();
  const std::unique_ptr<rd_kafka_DeleteRecords_t, decltype(&rd_kafka_DeleteRecords_destroy)> wanted(
      rd_kafka_DeleteRecords_new(list.get()), &rd_kafka_DeleteRecords_destroy);
  const AdminCall call(client, options, RD_KAFKA_ADMIN_OP_DELETERECORDS);
  rd_kafka_DeleteRecords_t* requests = wanted.get();
  rd_kafka_DeleteRecords(&client, &requests, 1, call.options(), call.answers());
  ASSIGN_OR_RETURN(const KafkaEventPtr event, call.wait(attempted));
  const rd_kafka_topic_partition_list_t* const answered =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
  for (int i = 0; i < answered->cnt; ++i) {
    const auto code = answered->elems[i].err;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted, code);
  }
  return {};
}

Result<std::vector<GroupMember>> request_members(rd_kafka_t& client, const KafkaOptions& options,
                                                 const std::string& group) {
  const std::string attempted =
      concat("asking Kafka at ", options.brokers, " who is in group ", group);
  const AdminCall call(client, options, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
  const char* name = group.c_str();
  rd_kafka_DescribeConsumerGroups(&client, &name, 1, call.options(), call.answers());
  ASSIGN_OR_RETURN(const KafkaEventPtr event, call.wait(attempted));
  std::size_t count = 0;
  const rd_kafka_ConsumerGroupDescription_t** groups =
      rd_kafka_DescribeConsumerGroups_result_groups(
          rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  std::vector<GroupMember> out;
  for (const rd_kafka_ConsumerGroupDescription_t* described : std::span(groups, count)) {
    const rd_kafka_error_t* const error = rd_kafka_ConsumerGroupDescription_error(described);
    if (error != nullptr && rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) {
      continue;
    }
    if (error != nullptr) {
      return kafka_error(attempted, rd_kafka_error_code(error), rd_kafka_error_string(error));
    }
    for (std::size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(described); ++i) {
      const rd_kafka_MemberDescription_t* const member =
          rd_kafka_ConsumerGroupDescription_member(described, i);
      const char* const instance = rd_kafka_MemberDescription_group_instance_id(member);
      out.push_back({.instance = instance != nullptr ? instance
                                                     : rd_kafka_MemberDescription_client_id(member),
                     .host = rd_kafka_MemberDescription_host(member)});
    }
  }
  return out;
}

}  // namespace sitrep
