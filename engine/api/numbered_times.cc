// SPDX-License-Identifier: Apache-2.0
#include "engine/api/numbered_times.h"

#include <string>
#include <utility>

#include "engine/api/raw_bytes.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

constexpr std::size_t kTimeBytes = sizeof(std::uint32_t) + sizeof(Micros);

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

// A saved chunk (docs/formats.md): of each number the number, 4 bytes, and its time.
void NumberedTimes::collect(Epoch, ChangeSink& changes) {
  settle();
  if (chunks_.changed() == 0) return;
  if (free_.size() == times_.size()) {
    chunks_.forget_all(changes);
    times_.clear();
    free_.clear();
    return;
  }
  chunks_.collect(changes, [this](std::uint32_t number, std::string& out) {
    append_raw(out, number);
    append_raw(out, times_[number]);
  });
}

Result<void> NumberedTimes::restore(const StateKey& key, std::string_view value) {
  const bool is_whole = !value.empty() && value.size() % kTimeBytes == 0;
  EntryChunks::Chunk* const chunk = is_whole ? chunks_.begin_restore(key) : nullptr;
  if (chunk == nullptr) return corrupt("saved times are damaged");
  is_settled_ = false;
  while (!value.empty()) {
    std::uint32_t number = 0;
    Micros time = 0;
    (void)take_raw(value, number);
    (void)take_raw(value, time);
    if (number >= times_.size()) times_.resize(std::size_t{number} + 1, kMinWatermark);
    if (chunks_.restore(*chunk, number)) times_[number] = time;
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
         free_.capacity() * sizeof(free_[0]) + chunks_.memory_bytes();
}

std::size_t NumberedTimes::changed_bytes() const { return chunks_.changed() * kTimeBytes; }

}  // namespace sitrep
