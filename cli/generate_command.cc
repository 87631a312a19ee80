// SPDX-License-Identifier: Apache-2.0
#include "cli/generate_command.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <thread>
#include <utility>

#include "cli/telemetry_scenario.h"
#include "cli/telemetry_sender.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/clock.h"
#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kStep = 20 * kMicrosPerMilli;
/// What of the past is made up at once: it is held in memory.
constexpr Micros kPastStep = 60 * kMicrosPerSecond;
constexpr std::int32_t kNewTopicPartitions = 4;

using Records = std::vector<TelemetryRecord>;

/// Plays the scenario, in real time or at once what would have come before now, until it ends or
/// `stop`; `take` gets what is sent in each step.
Result<std::uint64_t> play(const GenerateOptions& options, const StopFlag& stop,
                           const std::function<Result<void>(const Records&)>& take) {
  const SystemClock clock;
  const Micros begun = clock.now();
  const Micros start = begun - options.past.value_or(0);
  const Micros end = options.past      ? begun
                     : options.seconds
                         ? start + static_cast<Micros>(*options.seconds * kMicrosPerSecond)
                         : std::numeric_limits<Micros>::max();
  ASSIGN_OR_RETURN(auto scenario,
                   TelemetryScenario::make({.name = options.scenario,
                                            .seed = options.seed,
                                            .records_per_second = options.records_per_second,
                                            .start = start}));
  std::uint64_t count = 0;
  Micros now = start;
  while (!stop.requested()) {
    now = std::min(options.past ? now + kPastStep : clock.now(), end);
    Records records = scenario.advance(now);
    // A clock that was a day ahead then is not ahead of today's: nothing would refuse it, and
    // everything behind it would be late.
    if (options.past) {
      std::erase_if(records, [](const auto& r) { return r.mishap == Mishap::kFutureClock; });
    }
    if (options.topic) {
      std::erase_if(records, [&](const auto& record) { return record.topic != *options.topic; });
    }
    TRY(take(records));
    count += records.size();
    if (now >= end) break;
    if (!options.past) std::this_thread::sleep_for(std::chrono::microseconds(kStep));
  }
  return count;
}

Result<void> create_if_absent(Log& log, const std::string& topic, bool is_table) {
  ASSIGN_OR_RETURN(const auto partitions, log.partition_count(topic));
  if (partitions) return {};
  log_info("creating topic ", topic, " with ", kNewTopicPartitions, " partitions");
  std::map<std::string, std::string> settings;
  if (is_table) settings.emplace("cleanup.policy", "compact");
  return log.create_topic(topic, {.partitions = kNewTopicPartitions, .settings = settings});
}

Result<void> generate_to_kafka(const GenerateOptions& options, const StopFlag& stop) {
  const SystemClock clock;
  KafkaOptions kafka;
  kafka.brokers = *options.brokers;
  ASSIGN_OR_RETURN(const auto log, open_kafka_log(std::move(kafka), clock));
  ASSIGN_OR_RETURN(const auto scenario, TelemetryScenario::make({.name = options.scenario}));
  const std::vector<std::string> topics = scenario.topics();
  for (const std::string& topic : topics) {
    TRY(create_if_absent(*log, topic, scenario.table_topics().contains(topic)));
  }
  ASSIGN_OR_RETURN(TelemetrySender sender, TelemetrySender::open(*log, "sitrep-generate", topics));
  log_info("sending ", options.scenario, " telemetry to ", join(topics, ", "), " of ",
           log->description());
  const Micros start = clock.monotonic();
  ASSIGN_OR_RETURN(const std::uint64_t count, play(options, stop, [&](const Records& records) {
                     return sender.send(records);
                   }));
  const double seconds =
      std::max(1e-3, static_cast<double>(clock.monotonic() - start) / kMicrosPerSecond);
  log_info("sent ", count, " records in ", static_cast<std::int64_t>(seconds), " s");
  return {};
}

}  // namespace

Result<void> generate(const GenerateOptions& options, const StopFlag& stop, std::ostream& out) {
  if (options.brokers) return generate_to_kafka(options, stop);
  auto played = play(options, stop, [&](const Records& records) -> Result<void> {
    for (const TelemetryRecord& record : records) out << record.payload << '\n';
    out.flush();
    if (!out) return cancelled("nobody reads the output any more");
    return {};
  });
  // `| head` is a way to end, not a failure.
  if (!played && played.error().kind() != ErrorKind::kCancelled) return std::move(played).error();
  return {};
}

}  // namespace sitrep
