// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <thread>

#include "engine/base/logging.h"
#include "engine/base/stop_flag.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr int kBrokers = 1;

void log_line(const rd_kafka_t* /*client*/, int /*level*/, const char* facility, const char* text) {
  log_debug("embedded broker ", facility, ": ", text);
}

/// Keeps the broker awake while topics are created. Its thread now and then misses that it was
/// asked for something (librdkafka 2.0.2) and goes on sleeping for a second, so that 20 topics took
/// from 10 ms to 5 s; what comes over the network always wakes it.
class Knocker {
 public:
  explicit Knocker(const std::string& address) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string port = address.substr(address.rfind(':') + 1);
    address_.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    thread_ = std::thread([this] {
      while (!stop_.requested()) knock();
    });
  }
  ~Knocker() {
    stop_.request();
    thread_.join();
  }
  Knocker(const Knocker&) = delete;
  Knocker& operator=(const Knocker&) = delete;

 private:
  void knock() const {
    const int door = ::socket(AF_INET, SOCK_STREAM, 0);
    if (door >= 0) {
      // Whether anybody answers makes no difference.
      (void)::connect(door, reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
      ::close(door);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }

  sockaddr_in address_{};
  StopFlag stop_;
  std::thread thread_;
};

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

Result<void> DemoBroker::create_topics(const std::map<std::string, int>& topics) {
  const Knocker knocker(address_);
  for (const auto& [topic, partitions] : topics) {
    const auto code = rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, kBrokers);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      continue;
    }
    return internal_error(concat("the embedded broker cannot create topic ", topic, " with ",
                                 partitions, " partitions: ", rd_kafka_err2str(code)));
  }
  return {};
}

}  // namespace sitrep
