// SPDX-License-Identifier: Apache-2.0
#include "cli/telemetry_payload.h"

#include <array>
#include <charconv>

#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr double kNoValueChance = 0.002;

}  // namespace

void TelemetryPayload::origin(std::string_view camp, std::string_view id_name, std::string_view id,
                              Micros time) {
  if (mishap_ != Mishap::kNoCamp) text("camp", camp);
  text(id_name, id);
  count("ts", (mishap_ == Mishap::kFutureClock ? time + kMicrosPerDay : time) / kMicrosPerMilli);
  number_written_ = false;  // the time is not what kOutOfRange is about
}

void TelemetryPayload::number(std::string_view name_of_it, double value, int decimals) {
  name(name_of_it);
  if (spoilt()) return;
  if (random_.chance(kNoValueChance)) {
    text_ += "null";
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 std::chars_format::fixed, decimals);
  text_.append(digits.data(), end.ptr);
}

void TelemetryPayload::count(std::string_view name_of_it, std::int64_t value) {
  name(name_of_it);
  if (name_of_it != "ts" && spoilt()) return;
  append_text(text_, value);
}

void TelemetryPayload::flag(std::string_view name_of_it, bool value) {
  name(name_of_it);
  append_text(text_, value);
}

void TelemetryPayload::text(std::string_view name_of_it, std::string_view value) {
  name(name_of_it);
  text_ += '"';
  text_ += value;  // names of our own: nothing to escape
  text_ += '"';
}

void TelemetryPayload::begin_object(std::string_view name_of_it) {
  name(name_of_it);
  text_ += '{';
}

void TelemetryPayload::end_object() { text_ += '}'; }

std::string TelemetryPayload::take() {
  text_ += '}';
  if (mishap_ == Mishap::kCutOff) text_.resize(text_.size() * 2 / 3);
  return std::move(text_);
}

void TelemetryPayload::name(std::string_view name_of_it) {
  if (text_.back() != '{') text_ += ',';
  text_ += '"';
  text_ += name_of_it;
  text_ += "\":";
}

bool TelemetryPayload::spoilt() {
  const bool first = !number_written_;
  number_written_ = true;
  if (!first) return false;
  if (mishap_ == Mishap::kWrongType) text_ += "\"n/a\"";
  if (mishap_ == Mishap::kOutOfRange) text_ += "9999";
  return mishap_ == Mishap::kWrongType || mishap_ == Mishap::kOutOfRange;
}

}  // namespace sitrep
