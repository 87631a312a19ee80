// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sends a scenario's records to a log. Used only by its caller.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/telemetry_scenario.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

class TelemetrySender {
 public:
  /// Opens a writer for `topics`; kInvalidConfig when one does not exist. `log` outlives it.
  static Result<TelemetrySender> open(Log& log, const std::string& name,
                                      const std::vector<std::string>& topics);

  /// Returns when all of them are durable.
  Result<void> send(std::span<const TelemetryRecord> records);

 private:
  explicit TelemetrySender(std::unique_ptr<LogWriter> writer) : writer_(std::move(writer)) {}

  std::unique_ptr<LogWriter> writer_;
  std::map<std::string, TopicId> topics_;
};

}  // namespace sitrep
