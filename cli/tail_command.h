// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sitrep tail`: prints what is in a topic, and what comes, one line per record: partition:offset,
// key, value, headers. Used only by its caller.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "engine/base/result.h"
#include "engine/base/stop_flag.h"
#include "engine/log/log.h"

namespace sitrep {

struct TailOptions {
  std::string topic;
  std::string brokers = "localhost:9092";
  bool from_start = false;
  /// Ends after so many records; absent: when stopped.
  std::optional<std::uint64_t> count;
};

Result<void> tail(const TailOptions& options, const StopFlag& stop, std::ostream& out);

/// `0:17<TAB>key<TAB>value<TAB>name=value …`; `-` where there is no key or value. Bytes that would
/// break the line are written as \xNN.
std::string format_record(PartitionId partition, const RecordView& record);

}  // namespace sitrep
