// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes the JSON of one made-up record, field by field, with what real senders do to it: a probe
// that gives no value, and the mishaps that make a dead letter. Used only by its caller.

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/seeded_random.h"
#include "engine/base/ids.h"

namespace sitrep {

/// What is wrong with a record as a whole. Each is a dead letter of another reason.
enum class Mishap : std::uint8_t {
  kNone,
  kCutOff,       ///< malformed: the text ends in the middle.
  kWrongType,    ///< type: the first number is a text.
  kOutOfRange,   ///< range: the first number is a sender's "not available".
  kNoCamp,       ///< required: the camp is missing.
  kFutureClock,  ///< future: the event time is a day ahead.
};

class TelemetryPayload {
 public:
  TelemetryPayload(Mishap mishap, SeededRandom& random) : mishap_(mishap), random_(random) {}

  /// The fields of every record.
  void origin(std::string_view camp, std::string_view id_name, std::string_view id, Micros time);
  /// Null for one in five hundred.
  void number(std::string_view name, double value, int decimals = 2);
  /// Always there.
  void count(std::string_view name, std::int64_t value);
  void flag(std::string_view name, bool value);
  void text(std::string_view name, std::string_view value);
  void begin_object(std::string_view name);
  void end_object();

  std::string take();

 private:
  void name(std::string_view name);
  /// Whether the mishap took the place of a number's value.
  bool spoilt();

  const Mishap mishap_;
  SeededRandom& random_;
  std::string text_ = "{";
  bool number_written_ = false;
};

}  // namespace sitrep
