// SPDX-License-Identifier: Apache-2.0
#pragma once
// One input of a task: a partition of a topic from outside, with its decoder and clock, or of one
// that other tasks of the job write. Seen by task.cc and task_input.cc alone. Used only by its
// worker.

#include <algorithm>
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
  /// What there was to read when the task began; nothing: not known yet.
  std::optional<Offset> end_at_start;
  /// What there was when it was asked last.
  std::optional<Offset> known_end;
  bool was_behind = false;  // that, at the last tick
  Micros read_at = 0;       // processing time at which `next` moved last
  bool moved = false;       // next differs from what the last epoch committed
  bool row_by_row = false;  // see Ways
  std::array<Counter*, kDeadLetterReasons> dead_letters{};  // by reason, made when first needed
  Counter* records = nullptr;
  Counter* rows = nullptr;
  Gauge* watermark = nullptr;
  Gauge* idle = nullptr;

  bool is_behind() const {
    if (!end_at_start) return false;
    return next < (end ? std::min(*end, *end_at_start) : *end_at_start);
  }
  std::vector<ClockReading> readings() const {
    return senders ? senders->readings() : clock->readings();
  }
};

}  // namespace sitrep
