// SPDX-License-Identifier: Apache-2.0
#pragma once
// Owners of librdkafka's C handles. Each closes its handle as the library demands; order matters to
// the library, so members are declared parent first: a client before its topics, queues, messages.
// Destroying a consumer client closes it first, which may call its rebalance callback. Destroying a
// producer drops what it has not delivered. Thread-compatible.

#include <librdkafka/rdkafka.h>

#include <memory>

namespace sitrep {

/// Destroys a client, and waits for that, but not for ever: librdkafka 2.0.2 does not come back
/// from it when a topic that it read was deleted, or (seldom) after brokers restarted (its issues
/// 3954, 4131 and 4362). Such a client is left behind, with a warning; it is no group's member any
/// more, and a transaction of its own ends by time-out or by its successor.
void destroy_client(rd_kafka_t* client);

struct KafkaDeleter {
  void operator()(rd_kafka_t* client) const { destroy_client(client); }
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
  void operator()(rd_kafka_consumer_group_metadata_t* metadata) const {
    rd_kafka_consumer_group_metadata_destroy(metadata);
  }
};

using KafkaClientPtr = std::unique_ptr<rd_kafka_t, KafkaDeleter>;
/// For a member of a group: its reader and what commits its positions are on different threads.
using SharedKafkaClient = std::shared_ptr<rd_kafka_t>;
using KafkaConfPtr = std::unique_ptr<rd_kafka_conf_t, KafkaDeleter>;
using KafkaTopicPtr = std::unique_ptr<rd_kafka_topic_t, KafkaDeleter>;
using KafkaPartitionListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaDeleter>;
using KafkaQueuePtr = std::unique_ptr<rd_kafka_queue_t, KafkaDeleter>;
using KafkaEventPtr = std::unique_ptr<rd_kafka_event_t, KafkaDeleter>;
using KafkaMessagePtr = std::unique_ptr<rd_kafka_message_t, KafkaDeleter>;
using KafkaHeadersPtr = std::unique_ptr<rd_kafka_headers_t, KafkaDeleter>;
using KafkaErrorPtr = std::unique_ptr<rd_kafka_error_t, KafkaDeleter>;
using KafkaAdminOptionsPtr = std::unique_ptr<rd_kafka_AdminOptions_t, KafkaDeleter>;
using KafkaNewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, KafkaDeleter>;
using KafkaMetadataPtr = std::unique_ptr<const rd_kafka_metadata_t, KafkaDeleter>;
using KafkaGroupMetadataPtr = std::unique_ptr<rd_kafka_consumer_group_metadata_t, KafkaDeleter>;

}  // namespace sitrep
