// SPDX-License-Identifier: Apache-2.0
// Fills a topic with vehicle positions of about 200 bytes, as JSON, lz4-compressed:
//   fill_topic BROKERS TOPIC PARTITIONS RECORDS [VEHICLES]
// Vehicle v is always in partition v % PARTITIONS, and those of each of 40 camps are in all of
// them; each reports once a second. Without VEHICLES
// there are 10,000. Deterministic.
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace {

constexpr unsigned kSeed = 20'260'126;
constexpr std::int64_t kVehicles = 10'000;  // unless told
constexpr std::int64_t kStartMs = 1'769'442'900'000;

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "fill_topic: %s: %s\n", what, why);
  std::exit(3);
}

int write_position(std::mt19937& random, std::int64_t number, std::int64_t vehicles,
                   char (&text)[400]) {
  const auto tenths = [&](unsigned below) { return static_cast<double>(random() % below) / 10; };
  const std::int64_t vehicle = number % vehicles;
  const std::int64_t time_ms = kStartMs + number / vehicles * 1000 +
                               static_cast<std::int64_t>(random() % 1000);
  return std::snprintf(
      text, sizeof text,
      R"({"vehicle_id":"V-%05lld","camp":"CAMP-%02lld","ts":%lld,"lat":%.5f,"lon":%.5f,)"
      R"("speed":%.1f,"heading":%.1f,"fuel_pct":%.1f,"engine_on":%s,"odometer_m":%u,)"
      R"("battery_v":%.2f,"driver":"D-%05u"})",
      static_cast<long long>(vehicle), static_cast<long long>(vehicle / 7 % 40),
      static_cast<long long>(time_ms), tenths(900) - 45, tenths(3600) - 180, tenths(1300),
      tenths(3600), tenths(1000), random() % 8 == 0 ? "false" : "true",
      static_cast<unsigned>(random() % 900'000), 11 + tenths(40),
      static_cast<unsigned>(random() % 100'000));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    fail("usage", "fill_topic BROKERS TOPIC PARTITIONS RECORDS [VEHICLES]");
  }
  const std::int64_t vehicles = argc == 6 ? std::atoll(argv[5]) : kVehicles;
  const auto partitions = static_cast<std::int32_t>(std::atoi(argv[3]));
  const std::int64_t records = std::atoll(argv[4]);
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const char* const settings[][2] = {{"bootstrap.servers", argv[1]},
                                     {"compression.codec", "lz4"},
                                     {"linger.ms", "20"},
                                     {"batch.size", "1000000"},
                                     {"queue.buffering.max.messages", "500000"},
                                     {"acks", "all"}};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
      fail(name, error);
    }
  }
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (producer == nullptr) fail("producer", error);
  std::mt19937 random(kSeed);
  char text[400];
  for (std::int64_t number = 0; number < records; ++number) {
    const int length = write_position(random, number, vehicles, text);
    const auto partition = static_cast<std::int32_t>(number % vehicles % partitions);
    while (true) {
      const rd_kafka_resp_err_t answer = rd_kafka_producev(
          producer, RD_KAFKA_V_TOPIC(argv[2]), RD_KAFKA_V_PARTITION(partition),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
          RD_KAFKA_V_VALUE(text, static_cast<std::size_t>(length)), RD_KAFKA_V_END);
      if (answer == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (answer != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(answer));
      rd_kafka_poll(producer, 10);
    }
    if (number % 1000 == 0) rd_kafka_poll(producer, 0);
  }
  if (rd_kafka_flush(producer, 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("flush", "timed out");
  rd_kafka_destroy(producer);
  return 0;
}
