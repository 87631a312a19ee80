// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/handles.h"

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "engine/base/logging.h"

namespace sitrep {
namespace {

/// Closing a consumer takes a round trip or two; one whose brokers are down gives up in 5 s.
constexpr std::chrono::seconds kDestroyWait{10};

}  // namespace

void destroy_client(rd_kafka_t* client) {
  const std::string name = rd_kafka_name(client);
  std::promise<void> done;
  const std::future<void> destroyed = done.get_future();
  std::thread thread([client, done = std::move(done)]() mutable {
    rd_kafka_destroy(client);
    done.set_value();
  });
  if (destroyed.wait_for(kDestroyWait) == std::future_status::ready) {
    thread.join();
    return;
  }
  thread.detach();
  log_warning("the Kafka client ", name, " does not end; it is left behind");
}

}  // namespace sitrep
