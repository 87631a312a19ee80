// SPDX-License-Identifier: Apache-2.0
#include "config/job_spec.h"

#include "engine/base/ensure.h"

namespace sitrep {

std::string_view to_string(SinkFormat format) {
  switch (format) {
    case SinkFormat::kJson: return "json";
    case SinkFormat::kAlert: return "alert.v1";
    case SinkFormat::kCap: return "cap";
  }
  ENSURE(false, "unknown SinkFormat");
}

std::string_view to_string(Delivery delivery) {
  return delivery == Delivery::kExactlyOnce ? "exactly_once" : "at_least_once";
}

std::string_view to_string(LatePolicy policy) {
  switch (policy) {
    case LatePolicy::kSide: return "side";
    case LatePolicy::kUpdate: return "update";
    case LatePolicy::kDrop: return "drop";
  }
  ENSURE(false, "unknown LatePolicy");
}

std::string_view to_string(AlertSeverity severity) {
  switch (severity) {
    case AlertSeverity::kInfo: return "info";
    case AlertSeverity::kWarning: return "warning";
    case AlertSeverity::kCritical: return "critical";
  }
  ENSURE(false, "unknown AlertSeverity");
}

std::vector<std::string> severity_names() {
  std::vector<std::string> names;
  for (const auto severity :
       {AlertSeverity::kInfo, AlertSeverity::kWarning, AlertSeverity::kCritical}) {
    names.emplace_back(to_string(severity));
  }
  return names;
}

std::string_view to_string(AlertOrder order) {
  return order == AlertOrder::kArrival ? "arrival" : "event";
}

std::string_view to_string(StartPolicy start) {
  switch (start) {
    case StartPolicy::kEarliest: return "earliest";
    case StartPolicy::kLatest: return "latest";
    case StartPolicy::kFail: return "fail";
  }
  ENSURE(false, "unknown StartPolicy");
}

std::string_view to_string(GapPolicy policy) {
  return policy == GapPolicy::kSkip ? "skip" : "fail";
}

}  // namespace sitrep
