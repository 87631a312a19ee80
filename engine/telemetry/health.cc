// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/health.h"

namespace sitrep {

std::string Health::text() const {
  if (!live()) {
    return R"({"status":"stuck","reason":"the control loop has not gone round for 30 s"})";
  }
  switch (stage()) {
    case Stage::kStarting:
      return R"({"status":"starting","reason":"no partitions are read yet: waiting for the log, )"
             R"(for the group, or for the state to be restored"})";
    case Stage::kReading: return R"({"status":"ready"})";
    case Stage::kEnding: return R"({"status":"ending","reason":"the process was asked to stop"})";
  }
  return R"({"status":"unknown"})";
}

}  // namespace sitrep
