// SPDX-License-Identifier: Apache-2.0
// Fills a topic with telemetry of a fleet, records of about 210 bytes as JSON, lz4-compressed:
//   fill_topic BROKERS TOPIC PARTITIONS RECORDS [VEHICLES [SKEW [PER_SECOND [INTERVAL]]]]
// Each of 10,000 (or VEHICLES) vehicles has one record per event second, or per INTERVAL seconds,
// whose key is its id; every second vehicle is a second behind, so records of a partition are out
// of order by at most two. Each of 40 camps has vehicles in all partitions. 5 % have
// engine_on=false, 1 % a speed over 110. SKEW: partition 0 gets so many times the records of any
// other. PER_SECOND: so many records per second; else as fast as they go. Deterministic.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

namespace {

constexpr unsigned kSeed = 20'260'126;
constexpr std::int64_t kVehicles = 10'000;  // unless told
constexpr std::int64_t kStartMs = 1'764'000'000'000;
constexpr std::int64_t kPacedRecords = 500;

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "fill_topic: %s: %s\n", what, why);
  std::exit(3);
}

struct Record {
  std::int64_t vehicle = 0;
  int key_length = 0;
  char key[24];
  int length = 0;
  char text[400];
};

/// `interval`: seconds between two records of a vehicle, over which the vehicles are spread.
void write(std::mt19937& random, std::int64_t number, std::int64_t vehicles, std::int64_t interval,
           Record& out) {
  const auto tenths = [&](unsigned below) { return static_cast<double>(random() % below) / 10; };
  const auto millionths = [&](unsigned below) {
    return static_cast<double>(random() % below) / 1'000'000;
  };
  out.vehicle = number % vehicles;
  const std::int64_t second = number * interval / vehicles - out.vehicle % 2;
  const std::int64_t time_ms =
      kStartMs + second * 1000 + static_cast<std::int64_t>(random() % 1000);
  out.key_length = std::snprintf(out.key, sizeof out.key, "UNM-V%05lld",
                                 static_cast<long long>(out.vehicle));
  const double latitude = 4 + millionths(2'000'000);
  const double longitude = 31 + millionths(2'000'000);
  const double speed = tenths(1112);
  const auto rpm = static_cast<unsigned>(700 + random() % 2500);
  const double fuel = tenths(1000);
  const double coolant = 70 + tenths(400);
  const double odometer = tenths(1'000'000);
  const bool engine_on = random() % 20 != 0;
  out.length = std::snprintf(
      out.text, sizeof out.text,
      R"({"vehicle_id":"%s","camp":"CAMP-%02lld","ts":%lld,"lat":%.6f,"lon":%.6f,"speed":%.1f,)"
      R"("rpm":%u,"fuel_pct":%.1f,"coolant_c":%.1f,"odometer_km":%.1f,"engine_on":%s})",
      out.key, static_cast<long long>(out.vehicle / 7 % 40), static_cast<long long>(time_ms),
      latitude, longitude, speed, rpm, fuel, coolant, odometer, engine_on ? "true" : "false");
}

/// Where a vehicle's records go: of `skew + partitions - 1` equal shares the first `skew` are those
/// of partition 0.
std::int32_t partition_of(std::int64_t vehicle, std::int32_t partitions, std::int32_t skew) {
  const auto share = static_cast<std::int32_t>(vehicle % (skew + partitions - 1));
  return std::max(0, share - skew + 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || argc > 9) {
    fail("usage", "fill_topic BROKERS TOPIC PARTITIONS RECORDS [VEHICLES [SKEW [PER_SECOND "
                  "[INTERVAL]]]]");
  }
  const std::int64_t vehicles = argc > 5 ? std::atoll(argv[5]) : kVehicles;
  const std::int32_t skew = argc > 6 ? std::atoi(argv[6]) : 1;
  const std::int64_t per_second = argc > 7 ? std::atoll(argv[7]) : 0;
  const std::int64_t interval = argc > 8 ? std::atoll(argv[8]) : 1;
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
  Record record;
  const auto began = std::chrono::steady_clock::now();
  for (std::int64_t number = 0; number < records; ++number) {
    if (per_second > 0 && number % kPacedRecords == 0) {
      std::this_thread::sleep_until(began + std::chrono::microseconds(number) * 1'000'000 /
                                                per_second);
    }
    write(random, number, vehicles, interval, record);
    const std::int32_t partition = partition_of(record.vehicle, partitions, skew);
    while (true) {
      const rd_kafka_resp_err_t answer = rd_kafka_producev(
          producer, RD_KAFKA_V_TOPIC(argv[2]), RD_KAFKA_V_PARTITION(partition),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
          RD_KAFKA_V_KEY(record.key, static_cast<std::size_t>(record.key_length)),
          RD_KAFKA_V_VALUE(record.text, static_cast<std::size_t>(record.length)), RD_KAFKA_V_END);
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
