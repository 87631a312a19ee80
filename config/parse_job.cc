// SPDX-License-Identifier: Apache-2.0
#include "config/parse_job.h"

#include <algorithm>
#include <array>

#include "config/error_list.h"
#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/overrides.h"
#include "config/read_yaml.h"
#include "config/scalar_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kMemoryBytesMin = 1U << 20U;
constexpr std::size_t kSnapshotAfterMin = 1U << 10U;
constexpr Micros kCommitIntervalMax = 60 * kMicrosPerSecond;
constexpr IntegerRange kWorkers = {.min = 1, .max = 256};
constexpr IntegerRange kReplication = {.min = 1, .max = 100};

const Choices<Delivery> kDeliveries = {{"at_least_once", Delivery::kAtLeastOnce},
                                       {"exactly_once", Delivery::kExactlyOnce}};

/// Properties that other keys of the job file, or sitrep's guarantees, stand for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kOwnProperties = {{
    {"bootstrap.servers", "use 'kafka.brokers'"},
    {"metadata.broker.list", "use 'kafka.brokers'"},
    {"group.id", "use 'group'"},
    {"group.instance.id", "use 'instance'"},
    {"auto.offset.reset", "use 'start' of a source"},
    {"transactional.id", "sitrep sets it"},
    {"enable.auto.commit", "sitrep sets it"},
    {"enable.auto.offset.store", "sitrep sets it"},
    {"isolation.level", "sitrep sets it"},
    {"partition.assignment.strategy", "sitrep sets it"},
    {"partitioner", "sitrep sets it"},
}};

class JobReader {
 public:
  JobReader(const ConfigNode& root, JobSpec& job, ErrorList& errors)
      : map_(root, "the job file", errors), job_(job), errors_(errors) {}

  void read() {
    if (!map_.is_map()) return;
    read_name();
    read_scalars();
    read_log();
    read_sources();
    read_tables();
    read_streams();
    read_alerts();
    read_flood_control();
    read_dead_letters();
    read_metrics();
    map_.refuse_others();
  }

 private:
  void read_name() {
    if (const ConfigNode* name = map_.require("job")) {
      if (auto text = read_topic(*name, "job", errors_)) job_.job = *std::move(text);
    }
    job_.group = job_.job.value;
    job_.state_dir = concat("./.sitrep/", job_.job.value);
  }

  void read_scalars() {
    if (const ConfigNode* node = map_.find("memory")) {
      job_.memory_bytes = read_bytes(*node, "memory", errors_).value_or(job_.memory_bytes);
      if (job_.memory_bytes < kMemoryBytesMin) errors_.add(node->place, "'memory' is below 1MiB");
    }
    read_interval("commit_interval", kCommitIntervalMax, job_.commit_interval);
    read_interval("flush_interval", kMicrosPerDay, job_.flush_interval);
    if (const ConfigNode* node = map_.find("snapshot_after")) {
      job_.snapshot_after =
          read_bytes(*node, "snapshot_after", errors_).value_or(job_.snapshot_after);
      if (job_.snapshot_after < kSnapshotAfterMin) {
        errors_.add(node->place, "'snapshot_after' is below 1KiB");
      }
    }
    if (const ConfigNode* node = map_.find("workers")) {
      if (const auto count = read_integer(*node, "workers", kWorkers, errors_)) {
        job_.workers = static_cast<int>(*count);
      }
    }
    if (const ConfigNode* node = map_.find("state_dir")) {
      if (auto text = read_text(*node, "state_dir", errors_)) job_.state_dir = text->value;
    }
    if (const ConfigNode* node = map_.find("instance")) {
      if (auto text = read_topic(*node, "instance", errors_)) job_.instance = text->value;
    }
    if (const ConfigNode* node = map_.find("group")) {
      if (auto text = read_text(*node, "group", errors_)) job_.group = text->value;
    }
  }

  void read_interval(std::string_view key, Micros max, Micros& interval) {
    const ConfigNode* node = map_.find(key);
    if (node == nullptr) return;
    interval = read_duration(*node, key, errors_).value_or(interval);
    if (interval < kMicrosPerMilli || interval > max) {
      errors_.add(node->place, concat("'", key, "' must be from 1ms to ",
                                      max == kMicrosPerDay ? "1d" : "1min"));
    }
  }

  void read_log() {
    const ConfigNode* kafka = map_.find("kafka");
    const ConfigNode* files = map_.find("files");
    if ((kafka == nullptr) == (files == nullptr)) {
      errors_.add(files != nullptr ? files->place : map_.place(),
                  "a job reads and writes one log: expected either 'kafka' or 'files'");
    }
    if (kafka != nullptr) read_kafka(*kafka);
    if (files != nullptr) read_files(*files);
    job_.delivery = files != nullptr ? kDefaultDeliveryOfFiles : kDefaultDelivery;
    if (const ConfigNode* node = map_.find("delivery")) read_delivery(*node, files != nullptr);
  }

  void read_delivery(const ConfigNode& node, bool files) {
    const auto delivery = read_choice(node, kDeliveries, "delivery", errors_);
    if (!delivery) return;
    job_.delivery = *delivery;
    if (files && *delivery == Delivery::kExactlyOnce) {
      errors_.add(node.place, "'delivery': exactly_once needs 'kafka'; with 'files' expected "
                              "at_least_once");
    }
  }

  void read_kafka(const ConfigNode& node) {
    KafkaSpec& kafka = job_.kafka.emplace();
    kafka.place = node.place;
    MapReader map(node, "'kafka'", errors_);
    if (const ConfigNode* brokers = map.require("brokers")) {
      if (auto text = read_text(*brokers, "brokers", errors_)) kafka.brokers = *std::move(text);
    }
    if (const ConfigNode* properties = map.find("properties")) {
      read_properties(*properties, kafka);
    }
    if (const ConfigNode* replication = map.find("replication")) {
      if (const auto count = read_integer(*replication, "replication", kReplication, errors_)) {
        kafka.replication = static_cast<int>(*count);
      }
    }
    map.refuse_others();
  }

  void read_properties(const ConfigNode& node, KafkaSpec& kafka) {
    const MapReader checked(node, "'properties'", errors_);
    for (const auto& [name, value] : node.entries) {
      const auto own = std::find_if(kOwnProperties.begin(), kOwnProperties.end(),
                                    [&](const auto& known) { return known.first == name.value; });
      if (own != kOwnProperties.end()) {
        errors_.add(name.place,
                    concat("the property '", name.value, "' cannot be set: ", own->second));
        continue;
      }
      if (auto text = read_text(value, name.value, errors_)) {
        kafka.properties.emplace(name.value, *std::move(text));
      }
    }
  }

  void read_files(const ConfigNode& node) {
    FilesSpec& files = job_.files.emplace();
    files.place = node.place;
    MapReader map(node, "'files'", errors_);
    if (const ConfigNode* directory = map.require("directory")) {
      if (auto text = read_text(*directory, "directory", errors_)) {
        files.directory = *std::move(text);
      }
    }
    map.refuse_others();
  }

  /// The entries of a map of named things, each name fit for SQL.
  const std::vector<ConfigNode::Entry>& named(const ConfigNode* node, std::string_view key,
                                              std::string_view what) {
    static const std::vector<ConfigNode::Entry> kNone;
    if (node == nullptr) return kNone;
    const MapReader checked(*node, concat("'", key, "'"), errors_);
    for (const ConfigNode::Entry& entry : node->entries) {
      (void)check_identifier(entry.key, what, errors_);
    }
    return node->entries;
  }

  void read_sources() {
    const ConfigNode* sources = map_.require("sources");
    for (const auto& [name, node] : named(sources, "sources", "source")) {
      job_.sources.push_back(parse_source(name, node, errors_));
    }
    if (sources != nullptr && sources->kind == ConfigNode::Kind::kMap && job_.sources.empty()) {
      errors_.add(sources->place, "'sources' is empty");
    }
  }

  void read_tables() {
    for (const auto& [name, node] : named(map_.find("tables"), "tables", "table")) {
      job_.tables.push_back(parse_table(name, node, errors_));
    }
  }

  void read_streams() {
    for (const auto& [name, node] : named(map_.find("streams"), "streams", "stream")) {
      job_.streams.push_back(parse_stream(name, node, job_.job.value, errors_));
    }
  }

  void read_alerts() {
    for (const auto& [name, node] : named(map_.find("alerts"), "alerts", "alert")) {
      job_.alerts.push_back(parse_alert(name, node, job_.job.value, errors_));
    }
    if (job_.streams.empty() && job_.alerts.empty()) {
      errors_.add(map_.place(), "the job does nothing: expected 'streams' or 'alerts'");
    }
  }

  void read_flood_control() {
    const ConfigNode* const node = map_.find("flood_control");
    if (node == nullptr) return;
    job_.flood = parse_flood(*node, job_.tables, errors_);
    if (job_.files && !job_.flood->commands.empty()) {
      errors_.add(node->place, "'commands': messages in files have no time; commands need 'kafka'");
    }
    if (job_.alerts.empty()) errors_.add(node->place, "'flood_control': the job has no alerts");
  }

  void read_dead_letters() {
    job_.dead_letters.topic.value = concat(job_.job.value, ".dead_letters");
    job_.dead_letters.create_partitions = kUnnamedTopicPartitions;
    const ConfigNode* node = map_.find("dead_letters");
    if (node == nullptr) return;
    job_.dead_letters.place = node->place;
    MapReader map(*node, "'dead_letters'", errors_);
    if (const ConfigNode* topic = map.find("topic")) {
      if (auto name = read_topic(*topic, "topic", errors_)) {
        job_.dead_letters.topic = *std::move(name);
        job_.dead_letters.create_partitions.reset();
      }
    }
    if (const ConfigNode* create = map.find("create")) {
      job_.dead_letters.create_partitions = parse_create(create, errors_);
    }
    map.refuse_others();
  }

  void read_metrics() {
    job_.metrics_listen = kDefaultMetricsListen;
    const ConfigNode* node = map_.find("metrics");
    if (node == nullptr) return;
    MapReader map(*node, "'metrics'", errors_);
    if (const ConfigNode* listen = map.require("listen")) read_listen(*listen);
    map.refuse_others();
  }

  void read_listen(const ConfigNode& node) {
    const auto text = read_text(node, "listen", errors_);
    if (!text) return;
    job_.metrics_listen.reset();
    if (text->value == "off") return;
    const std::size_t colon = text->value.rfind(':');
    const std::string port = colon == std::string::npos ? "" : text->value.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 &&
                        std::all_of(port.begin(), port.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    if (colon == 0 || !digits || std::stoi(port) > 65535) {
      errors_.add(text->place, concat("'listen': expected host:port or off, found '", text->value,
                                      "'"));
      return;
    }
    job_.metrics_listen = text->value;
  }

  MapReader map_;
  JobSpec& job_;
  ErrorList& errors_;
};

}  // namespace

std::optional<JobSpec> parse_job(std::string_view text, std::string file_name,
                                 const Environment& environment, std::vector<ConfigError>& errors,
                                 std::span<const std::string> overrides) {
  JobSpec job;
  job.file = std::move(file_name);
  job.overrides.assign(overrides.begin(), overrides.end());
  ErrorList list(job.file, job.overrides, errors);
  if (text.size() > kJobFileBytesMax) {
    list.add({}, concat("the file has ", text.size(), " bytes; a job file has at most ",
                        kJobFileBytesMax));
    return std::nullopt;
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  auto root = read_yaml(SourceText(text), environment, list);
  if (!root) return std::nullopt;
  apply_overrides(overrides, environment, *root, list);
  JobReader(*root, job, list).read();
  if (list.empty()) return job;
  list.sort();
  return std::nullopt;
}

}  // namespace sitrep
