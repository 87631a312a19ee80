// SPDX-License-Identifier: Apache-2.0
// The least that a reader can do: take every record of a topic, parse the six fields that job A
// groups by and aggregates (not the one that it filters by), update one hash table of 10-second
// windows per vehicle. No groups, no state, no output, no checks, one thread.
//   bare_reader BROKERS TOPIC PARTITIONS RECORDS [OUT EVERY]
// Prints the number of records and groups. The floor that scripts/bench compares sitrep with.
// With OUT it also writes the first kRowBytes of each EVERYth record there, in no transaction: what
// a job with as many rows cannot go below, whatever it computes.
#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t kWindowMs = 10'000;
constexpr std::size_t kBatch = 1000;
constexpr std::size_t kRowBytes = 160;

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "bare_reader: %s: %s\n", what, why);
  std::exit(3);
}

struct Group {
  std::uint64_t hash = 0;  // 0: free
  std::int64_t count = 0;
  double speed_sum = 0;
  std::int64_t highest_rpm = 0;
  double lowest_fuel = 0;
  double highest_coolant = 0;
};

/// Open addressing, linear probing, never more than half full.
class Groups {
 public:
  Groups() : slots_(std::size_t{1} << 17) {}

  Group& at(std::uint64_t hash) {
    if (used_ * 2 > slots_.size()) grow();
    return find(hash);
  }
  std::size_t size() const { return used_; }

 private:
  Group& find(std::uint64_t hash) {
    std::size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot].hash != 0 && slots_[slot].hash != hash) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    if (slots_[slot].hash == 0) {
      slots_[slot].hash = hash;
      ++used_;
    }
    return slots_[slot];
  }
  void grow() {
    std::vector<Group> old(slots_.size() * 2);
    old.swap(slots_);
    used_ = 0;
    for (const Group& group : old) {
      if (group.hash != 0) find(group.hash) = group;
    }
  }

  std::vector<Group> slots_;
  std::size_t used_ = 0;
};

std::uint64_t hash_of(std::string_view vehicle, std::int64_t window) {
  std::uint64_t hash = 1469598103934665603ULL ^ static_cast<std::uint64_t>(window);
  for (const char c : vehicle) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash | 1;
}

class Reader {
 public:
  void take(const rd_kafka_message_t& message) {
    if (buffer_.size() < message.len + simdjson::SIMDJSON_PADDING) {
      buffer_.resize(message.len * 2 + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(buffer_.data(), message.payload, message.len);
    auto document = parser_.iterate(buffer_.data(), message.len, buffer_.size());
    simdjson::ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) fail("record", "not an object");
    std::string_view vehicle;
    std::int64_t time_ms = 0;
    double speed = 0;
    std::int64_t rpm = 0;
    double fuel = 0;
    double coolant = 0;
    const bool bad =
        object["vehicle_id"].get_string().get(vehicle) || object["ts"].get_int64().get(time_ms) ||
        object["speed"].get_double().get(speed) || object["rpm"].get_int64().get(rpm) ||
        object["fuel_pct"].get_double().get(fuel) || object["coolant_c"].get_double().get(coolant);
    if (bad) fail("record", "a field is missing");
    Group& group = groups_.at(hash_of(vehicle, time_ms / kWindowMs));
    ++group.count;
    group.speed_sum += speed;
    if (rpm > group.highest_rpm) group.highest_rpm = rpm;
    if (group.count == 1 || fuel < group.lowest_fuel) group.lowest_fuel = fuel;
    if (coolant > group.highest_coolant) group.highest_coolant = coolant;
  }
  std::size_t groups() const { return groups_.size(); }

 private:
  simdjson::ondemand::parser parser_;
  std::vector<char> buffer_;
  Groups groups_;
};

using Settings = std::vector<std::pair<const char*, const char*>>;

rd_kafka_t* open_client(rd_kafka_type_t type, const Settings& settings) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
      fail(name, error);
    }
  }
  rd_kafka_t* const client = rd_kafka_new(type, conf, error, sizeof error);
  if (client == nullptr) fail("client", error);
  return client;
}

/// Writes some of the records, with sitrep's settings for batches.
class Writer {
 public:
  Writer(const char* brokers, const char* topic, std::int64_t every)
      : every_(every),
        producer_(open_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                                  {"compression.codec", "lz4"},
                                                  {"enable.idempotence", "true"},
                                                  {"batch.size", "1000000"},
                                                  {"linger.ms", "100"}})),
        topic_(rd_kafka_topic_new(producer_, topic, nullptr)) {}
  ~Writer() {
    rd_kafka_flush(producer_, 60'000);
    rd_kafka_topic_destroy(topic_);
    rd_kafka_destroy(producer_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void take(const rd_kafka_message_t& message, std::int64_t number) {
    if (number % every_ != 0) return;
    while (rd_kafka_produce(topic_, message.partition, RD_KAFKA_MSG_F_COPY, message.payload,
                            std::min(message.len, kRowBytes), message.key, message.key_len,
                            nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        fail("writing", rd_kafka_err2str(rd_kafka_last_error()));
      }
      rd_kafka_poll(producer_, 1);
    }
  }

 private:
  const std::int64_t every_;
  rd_kafka_t* const producer_;
  rd_kafka_topic_t* const topic_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 7) {
    fail("usage", "bare_reader BROKERS TOPIC PARTITIONS RECORDS [OUT EVERY]");
  }
  const int partitions = std::atoi(argv[3]);
  const std::int64_t records = std::atoll(argv[4]);
  rd_kafka_t* consumer =
      open_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", argv[1]},
                                      {"group.id", "bare"},
                                      {"enable.auto.commit", "false"},
                                      {"queued.min.messages", "1000000"},
                                      {"queued.max.messages.kbytes", "65536"}});
  std::optional<Writer> writer;
  if (argc == 7) writer.emplace(argv[1], argv[5], std::atoll(argv[6]));
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, argv[2], i)->offset = 0;
  }
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
  Reader reader;
  std::vector<rd_kafka_message_t*> batch(kBatch);
  std::int64_t read = 0;
  while (read < records) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, 5, batch.data(), batch.size());
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* const message = batch[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        reader.take(*message);
        if (writer) writer->take(*message, read);
        ++read;
      }
      rd_kafka_message_destroy(message);
    }
  }
  std::printf("records %lld groups %zu\n", static_cast<long long>(read), reader.groups());
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return 0;
}
