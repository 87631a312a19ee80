// SPDX-License-Identifier: Apache-2.0
#pragma once
// One input of a task: a partition of a topic from outside, with its decoder and clock, or of one
// that other tasks of the job write. Seen by task.cc and task_input.cc alone. Used only by its
// worker.

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "engine/runtime/task.h"

namespace sitrep {

inline constexpr std::size_t kDeadLetterReasons = 5;

/// One partition of one topic of a source.
struct Task::Input {
  std::size_t index = 0;  // in the task
  const SourceNode* source = nullptr;
  TopicPartition partition;
  /// Of a topic from outside.
  std::unique_ptr<Decoder> decoder;
  std::unique_ptr<SourceClock> clock;
  /// Of a repartition topic.
  std::unique_ptr<RepartitionClock> senders;
  std::vector<Type> types;
  std::vector<Edge> edges;
  Offset next{0};
  std::optional<Offset> end;
  bool moved = false;       // next differs from what the last epoch committed
  bool row_by_row = false;  // see Ways
  std::array<Counter*, kDeadLetterReasons> dead_letters{};  // by reason, made when first needed
  Counter* records = nullptr;
  Counter* rows = nullptr;
  Gauge* watermark = nullptr;
  Gauge* idle = nullptr;

  std::vector<ClockReading> readings() const {
    return senders ? senders->readings() : clock->readings();
  }
};

}  // namespace sitrep
