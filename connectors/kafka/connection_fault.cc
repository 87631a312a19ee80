// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/connection_fault.h"

#include <algorithm>
#include <utility>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/partition_count.h"

namespace sitrep {
namespace {

constexpr Micros kWaitMax = kMicrosPerSecond;

void note_fault(rd_kafka_t* /*client*/, int code, const char* reason, void* fault) {
  // "1/1 brokers are down" comes behind what says why.
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  *static_cast<std::string*>(fault) = reason;
}

}  // namespace

std::string find_connection_fault(const KafkaOptions& options) {
  std::string fault;
  auto conf = make_kafka_conf(options, {});
  if (!conf) return fault;
  rd_kafka_conf_set_opaque(conf->get(), &fault);
  rd_kafka_conf_set_error_cb(conf->get(), note_fault);
  // The client that failed has logged its faults already.
  rd_kafka_conf_set_log_cb(conf->get(), nullptr);
  const auto client = make_kafka_client(RD_KAFKA_PRODUCER, *std::move(conf));
  if (!client) return fault;
  const rd_kafka_metadata_t* answer = nullptr;
  const Micros wait = std::min(kWaitMax, options.request_timeout);
  const auto code = rd_kafka_metadata(client->get(), 0, nullptr, &answer, to_milliseconds(wait));
  const KafkaMetadataPtr metadata(answer);
  rd_kafka_poll(client->get(), 0);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR ? std::string() : fault;
}

}  // namespace sitrep
