// SPDX-License-Identifier: Apache-2.0
#include "engine/api/numbered_times.h"

#include <array>
#include <limits>
#include <utility>

#include "engine/api/packed_words.h"
#include "engine/api/raw_bytes.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

/// What a time takes in a chunk, about; where numbers and times lie far apart, twice that.
constexpr std::size_t kTimeBytes = 6;
constexpr std::uint64_t kNumberMax = std::numeric_limits<std::uint32_t>::max();
/// Most clocks tell whole milliseconds, many whole seconds.
constexpr std::array<Micros, 3> kUnits = {1, kMicrosPerMilli, kMicrosPerSecond};

}  // namespace

std::uint32_t NumberedTimes::add(Micros time) {
  settle();
  std::uint32_t number = 0;
  if (free_.empty()) {
    number = static_cast<std::uint32_t>(times_.size());
    times_.push_back(kMinWatermark);
  } else {
    number = free_.back();
    free_.pop_back();
  }
  set(number, time);
  return number;
}

Micros NumberedTimes::at(std::uint32_t number) {
  settle();
  ENSURE(number < times_.size(), "a number that was not given out");
  return times_[number];
}

void NumberedTimes::set(std::uint32_t number, Micros time) {
  settle();
  ENSURE(number < times_.size(), "a number that was not given out");
  if (times_[number] == time) return;
  times_[number] = time;
  chunks_.mark_changed(number);
}

void NumberedTimes::remove(std::uint32_t number) {
  ENSURE(at(number) != kMinWatermark, "a number is given back once");
  set(number, kMinWatermark);
  free_.push_back(number);
}

// A saved chunk (docs/formats.md): how many numbers, 4 bytes, which unit all of its times are
// multiples of, 1 byte (its place in kUnits), and packed words, two of each number: how far it is
// behind the one before, and its time from that of the one before, in units, sign folded. The first
// stand as if number and time before were 0.
void NumberedTimes::collect(Epoch, ChangeSink& changes) {
  settle();
  if (chunks_.changed() == 0) return;
  if (free_.size() == times_.size()) {
    chunks_.forget_all(changes);
    times_.clear();
    free_.clear();
    return;
  }
  chunks_.collect(changes, [this](std::span<const std::uint32_t> numbers, std::string& out) {
    save(numbers, out);
    return numbers.size();
  });
}

void NumberedTimes::save(std::span<const std::uint32_t> numbers, std::string& out) {
  std::size_t unit = kUnits.size() - 1;
  for (const std::uint32_t number : numbers) {
    while (times_[number] % kUnits[unit] != 0) --unit;
  }
  append_raw(out, static_cast<std::uint32_t>(numbers.size()));
  append_raw(out, static_cast<std::uint8_t>(unit));
  std::uint32_t number_before = 0;
  std::uint64_t before = 0;
  words_.clear();
  for (const std::uint32_t number : numbers) {
    // Times may be further apart than a number can say: the difference wraps.
    const auto time = static_cast<std::uint64_t>(times_[number] / kUnits[unit]);
    words_.push_back(number - number_before);
    words_.push_back(fold_sign(static_cast<std::int64_t>(time - before)));
    number_before = number;
    before = time;
  }
  append_packed(words_, out);
}

Result<void> NumberedTimes::restore(const StateKey& key, std::string_view value) {
  EntryChunks::Chunk* const chunk = chunks_.begin_restore(key);
  std::uint32_t count = 0;
  std::uint8_t unit = 0;
  // A word takes half a byte at least.
  const bool is_whole = chunk != nullptr && take_raw(value, count) && take_raw(value, unit) &&
                        count > 0 && count <= value.size() && unit < kUnits.size();
  if (!is_whole) return corrupt("saved times are damaged");
  words_.resize(2 * std::size_t{count});
  if (!take_packed(value, words_) || !value.empty()) return corrupt("saved times are damaged");
  is_settled_ = false;
  std::uint64_t number = 0;
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < words_.size(); i += 2) {
    // They ascend, and are of 4 bytes.
    const bool may_follow = words_[i] <= kNumberMax && (i == 0 || words_[i] > 0);
    number += words_[i];
    if (!may_follow || number > kNumberMax) return corrupt("saved times are damaged");
    time += static_cast<std::uint64_t>(unfold_sign(words_[i + 1]));
    if (number >= times_.size()) times_.resize(number + 1, kMinWatermark);
    const auto place = static_cast<std::uint32_t>(number);
    const std::uint64_t micros = time * static_cast<std::uint64_t>(kUnits[unit]);
    if (chunks_.restore(*chunk, place)) times_[place] = static_cast<Micros>(micros);
  }
  return {};
}

void NumberedTimes::settle() {
  if (std::exchange(is_settled_, true)) return;
  chunks_.settle();
  for (std::uint32_t number = 0; number < times_.size(); ++number) {
    if (times_[number] == kMinWatermark) free_.push_back(number);
  }
}

std::size_t NumberedTimes::memory_bytes() const {
  return sizeof(NumberedTimes) + times_.capacity() * sizeof(times_[0]) +
         free_.capacity() * sizeof(free_[0]) + words_.capacity() * sizeof(words_[0]) +
         chunks_.memory_bytes();
}

std::size_t NumberedTimes::changed_bytes() const { return chunks_.changed() * kTimeBytes; }

}  // namespace sitrep
