// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>

#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr int kBrokers = 1;

void log_line(const rd_kafka_t* /*client*/, int /*level*/, const char* facility, const char* text) {
  log_debug("embedded broker ", facility, ": ", text);
}

}  // namespace

Result<std::unique_ptr<DemoBroker>> DemoBroker::start() {
  std::array<char, 512> reason{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, log_line);
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
  if (client == nullptr) {
    rd_kafka_conf_destroy(conf);
    return unavailable(concat("cannot start the embedded broker: ", reason.data()), Retry::kNever);
  }
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(client, kBrokers);
  if (cluster == nullptr) {
    rd_kafka_destroy(client);
    return unavailable("cannot start the embedded broker: no port on 127.0.0.1 could be opened",
                       Retry::kNever);
  }
  return std::unique_ptr<DemoBroker>(new DemoBroker(client, cluster));
}

DemoBroker::DemoBroker(rd_kafka_s* client, rd_kafka_mock_cluster_s* cluster)
    : client_(client), cluster_(cluster), address_(rd_kafka_mock_cluster_bootstraps(cluster)) {}

DemoBroker::~DemoBroker() {
  rd_kafka_mock_cluster_destroy(cluster_);
  rd_kafka_destroy(client_);
}

Result<void> DemoBroker::create_topic(const std::string& topic, int partitions) {
  const auto code = rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, kBrokers);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    return {};
  }
  return internal_error(concat("the embedded broker cannot create topic ", topic, " with ",
                               partitions, " partitions: ", rd_kafka_err2str(code)));
}

}  // namespace sitrep
