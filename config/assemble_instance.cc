// SPDX-License-Identifier: Apache-2.0
#include "config/assemble_instance.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "config/kafka_properties.h"
#include "connectors/file/file_log.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/text.h"
#include "engine/state/memory_budget.h"

namespace sitrep {
namespace {

/// A random name that stays with the state directory, so that a restart is the same group member.
Result<std::string> kept_instance_name(const std::string& state_dir) {
  const std::filesystem::path file = std::filesystem::path(state_dir) / "instance";
  std::string name;
  if (std::ifstream in(file); in && std::getline(in, name) && !name.empty()) return name;
  std::random_device entropy;
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) name += kDigits[entropy() % kDigits.size()];
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  std::ofstream out(file);
  out << name << '\n';
  out.flush();
  if (error || !out) {
    return unavailable(concat("cannot write ", file.string(), ": ",
                              error ? error.message() : "is the directory writable?"),
                       Retry::kNever);
  }
  return name;
}

}  // namespace

Result<InstanceOptions> assemble_instance_options(const JobSpec& spec, bool bounded) {
  InstanceOptions options{.group = spec.group,
                          .instance = {},
                          .state_dir = spec.state_dir + "/image",
                          .exactly_once = spec.delivery == Delivery::kExactlyOnce,
                          .workers = 1,
                          .commit_interval = spec.commit_interval,
                          .flush_interval = spec.flush_interval,
                          .snapshot_bytes_min = spec.snapshot_after,
                          .memory_bytes = spec.memory_bytes,
                          .state_bytes_max = std::nullopt,
                          .bounded = bounded};
  // One CPU is the broker client's: its thread decompresses and checks what workers then read.
  const unsigned cpus = std::max(1U, std::thread::hardware_concurrency());
  options.workers = spec.workers ? static_cast<std::size_t>(*spec.workers)
                                 : std::max<std::size_t>(1, cpus / 2);
  if (spec.instance) {
    options.instance = *spec.instance;
  } else {
    ASSIGN_OR_RETURN(options.instance, kept_instance_name(spec.state_dir));
  }
  return options;
}

Result<std::unique_ptr<Log>> open_log(const JobSpec& spec, bool bounded, const Clock& clock) {
  if (spec.files) {
    return open_file_log({.root = spec.files->directory.value, .complete_last_line = bounded});
  }
  ENSURE(spec.kafka.has_value(), "a job has a log");
  KafkaOptions options;
  options.brokers = spec.kafka->brokers.value;
  ASSIGN_OR_RETURN(options.properties, read_kafka_properties(spec));
  options.replication = spec.kafka->replication;
  options.queue_bytes_max = split_memory(std::max(spec.memory_bytes, kJobMemoryMin)).queues / 2;
  return open_kafka_log(options, clock);
}

}  // namespace sitrep
