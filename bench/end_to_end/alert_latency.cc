// SPDX-License-Identifier: Apache-2.0
// Sends telemetry at a steady rate and waits for the alerts that a job makes of it:
//   alert_latency BROKERS INPUT ALERTS PARTITIONS RATE SECONDS
// Prints the milliseconds from the moment a record is handed to the producer (a little before the
// broker appends it) until a read_committed reader has the alert. The first third is warm-up and is
// not counted. One record in two hundred raises.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "alert_latency: %s: %s\n", what, why);
  std::exit(3);
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

rd_kafka_t* make_client(rd_kafka_type_t type, const char* brokers,
                        const std::vector<std::pair<const char*, const char*>>& settings) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers, error, sizeof error);
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
      fail(name, error);
    }
  }
  rd_kafka_t* client = rd_kafka_new(type, conf, error, sizeof error);
  if (client == nullptr) fail("client", error);
  return client;
}

void send(rd_kafka_t* producer, const char* topic, int partitions, std::int64_t number) {
  // Every hundredth record is of the one vehicle whose speed goes up and down.
  const bool marked = number % 100 == 0;
  char text[200];
  const int length = std::snprintf(
      text, sizeof text, R"({"vehicle_id":"%s%lld","ts":%lld,"speed":%d})", marked ? "M-" : "V-",
      static_cast<long long>(marked ? number / 100 % 50 : number % 1000),
      static_cast<long long>(now_us()), marked && number / 100 / 50 % 2 == 0 ? 120 : 60);
  const auto partition = static_cast<std::int32_t>(number % partitions);
  rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                    RD_KAFKA_V_VALUE(text, static_cast<std::size_t>(length)), RD_KAFKA_V_END);
}

/// When the record that raised an alert was sent, microseconds; 0 for other changes.
std::int64_t time_of(const rd_kafka_message_t& message) {
  const std::string text(static_cast<const char*>(message.payload), message.len);
  const std::size_t at = text.find("us=");
  if (at == std::string::npos || text.find("raised\"") == std::string::npos) return 0;
  return std::atoll(text.c_str() + at + 3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) fail("usage", "alert_latency BROKERS INPUT ALERTS PARTITIONS RATE SECONDS");
  const int partitions = std::atoi(argv[4]);
  const std::int64_t rate = std::atoll(argv[5]);
  const std::int64_t records = rate * std::atoll(argv[6]);
  rd_kafka_t* producer =
      make_client(RD_KAFKA_PRODUCER, argv[1], {{"linger.ms", "0"}, {"acks", "all"}});
  rd_kafka_t* consumer = make_client(RD_KAFKA_CONSUMER, argv[1],
                                     {{"isolation.level", "read_committed"},
                                      {"fetch.wait.max.ms", "5"},
                                      {"fetch.error.backoff.ms", "5"}});
  rd_kafka_topic_t* alerts = rd_kafka_topic_new(consumer, argv[3], nullptr);
  if (rd_kafka_consume_start(alerts, 0, RD_KAFKA_OFFSET_END) != 0) {
    fail("consume", rd_kafka_err2str(rd_kafka_last_error()));
  }
  std::vector<double> waits;
  const std::int64_t began = now_us();
  const std::int64_t counted_from = began + records / rate * 1'000'000 / 3;
  std::int64_t sent = 0;
  const std::int64_t ends = began + (records / rate + 2) * 1'000'000;
  while (now_us() < ends) {
    const std::int64_t due = std::min(records, (now_us() - began) * rate / 1'000'000);
    for (; sent < due; ++sent) send(producer, argv[2], partitions, sent);
    rd_kafka_poll(producer, 0);
    rd_kafka_message_t* message = rd_kafka_consume(alerts, 0, 1);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const std::int64_t from = time_of(*message);
      if (from >= counted_from) waits.push_back(static_cast<double>(now_us() - from) / 1000);
    }
    rd_kafka_message_destroy(message);
  }
  if (waits.size() < 100) fail("alerts", "too few came");
  std::sort(waits.begin(), waits.end());
  const auto at = [&](double part) {
    return waits[static_cast<std::size_t>(part * static_cast<double>(waits.size() - 1))];
  };
  std::printf("%zu alerts: p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms\n", waits.size(),
              at(0.5), at(0.9), at(0.99), waits.back());
  rd_kafka_consume_stop(alerts, 0);
  return 0;
}
