// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_config.h"

#include <array>
#include <utility>

#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::size_t kReasonBytesMax = 512;
// The levels of syslog, which librdkafka uses.
constexpr int kSyslogCritical = 2;
constexpr int kSyslogWarning = 4;
constexpr int kSyslogInfo = 6;

// Errors become warnings: a lost connection is retried, and whoever waits for it returns an Error.
LogLevel log_level(int level, std::string_view facility) {
  // "… is a consumer property and will be ignored by this producer": one job, one set of both.
  if (facility == "CONFWARN") return LogLevel::kDebug;
  // Brokers before 0.11, thus librdkafka's mock cluster, cannot be told not to create topics.
  if (facility == "AUTOCREATE" || level > kSyslogInfo) return LogLevel::kDebug;
  if (level <= kSyslogCritical) return LogLevel::kError;
  return level <= kSyslogWarning ? LogLevel::kWarning : LogLevel::kInfo;
}

void log_line(const rd_kafka_t* /*client*/, int level, const char* facility, const char* text) {
  write_log(log_level(level, facility), concat("kafka ", facility, ": ", text));
}

Result<void> set_property(rd_kafka_conf_t& conf, const std::string& name,
                          const std::string& value) {
  std::array<char, kReasonBytesMax> reason{};
  const auto outcome =
      rd_kafka_conf_set(&conf, name.c_str(), value.c_str(), reason.data(), reason.size());
  if (outcome == RD_KAFKA_CONF_OK) return {};
  // The value is not said: it may be a password, and that in the wrong property.
  std::string text = reason.data();
  const std::string said = concat(" \"", value, "\"");
  if (const std::size_t at = text.find(said); at != std::string::npos) text.erase(at, said.size());
  return invalid_config(concat("kafka property '", name, "': ", text));
}

/// Nothing of the user's is dropped in silence: what we must set may not be set otherwise.
Result<void> check_required(const KafkaOptions& options, const KafkaSetting& setting) {
  const auto property = options.properties.find(setting.name);
  if (property == options.properties.end() || property->second == setting.value) return {};
  return invalid_config(concat("kafka property '", setting.name, "': sitrep sets it to '",
                               setting.value, "'; remove it"));
}

}  // namespace

Result<KafkaConfPtr> make_kafka_conf(const KafkaOptions& options,
                                     std::span<const KafkaSetting> own) {
  KafkaConfPtr conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), log_line);
  const auto set_own = [&](KafkaSetting::Strength strength) -> Result<void> {
    for (const KafkaSetting& setting : own) {
      if (setting.strength != strength) continue;
      if (strength == KafkaSetting::Strength::kRequired) TRY(check_required(options, setting));
      TRY(set_property(*conf, setting.name, setting.value));
    }
    return {};
  };
  TRY(set_own(KafkaSetting::Strength::kDefault));
  for (const auto& [name, value] : options.properties) TRY(set_property(*conf, name, value));
  TRY(set_property(*conf, "bootstrap.servers", options.brokers));
  TRY(set_own(KafkaSetting::Strength::kRequired));
  return conf;
}

Result<KafkaClientPtr> make_kafka_client(rd_kafka_type_t type, KafkaConfPtr conf) {
  std::array<char, kReasonBytesMax> reason{};
  KafkaClientPtr client(rd_kafka_new(type, conf.get(), reason.data(), reason.size()));
  if (client == nullptr) {
    return invalid_config(concat("kafka properties do not go together: ", reason.data()));
  }
  // The client owns the configuration from here on.
  static_cast<void>(conf.release());
  return client;
}

}  // namespace sitrep
