// SPDX-License-Identifier: Apache-2.0
#include "engine/state/flusher.h"

#include <algorithm>
#include <utility>

namespace sitrep {

namespace {

/// More than this times pending_bytes_max at once is too much to write.
constexpr std::size_t kWrittenPart = 4;
constexpr int kPauseWrites = 100;

}  // namespace

Flusher::Flusher(StateImage& image, Options options) : image_(image), options_(options) {}

void Flusher::add(Delta delta) {
  pending_bytes_ += delta.bytes.size();
  pending_.push_back(std::move(delta));
}

Result<bool> Flusher::step(Micros now) {
  if (!due(now)) return false;
  ASSIGN_OR_RETURN(const std::size_t written, image_.write(pending_));
  learn_from(written);
  for (const Delta& delta : pending_) {
    const auto held =
        std::find_if(flushed_.begin(), flushed_.end(),
                     [&](const auto& flushed) { return flushed.first == delta.task; });
    if (held == flushed_.end()) {
      flushed_.emplace_back(delta.task, delta.position.epoch);
    } else {
      held->second = delta.position.epoch;
    }
  }
  pending_.clear();
  pending_bytes_ = 0;
  waiting_since_.reset();
  asked_ = false;
  return true;
}

void Flusher::learn_from(std::size_t written_bytes) {
  if (written_bytes > kWrittenPart * options_.pending_bytes_max) {
    taken_max_ = 0;
    pause_ = kPauseWrites;
  } else if (pause_ > 0) {
    --pause_;
  } else if (taken_max_ < lent_) {
    taken_max_ = std::max(options_.pending_bytes_max, 2 * taken_max_);
  }
}

bool Flusher::due(Micros now) {
  if (pending_.empty()) {
    asked_ = false;
    return false;
  }
  if (!waiting_since_) waiting_since_ = now;
  return asked_ || full() ||
         now - *waiting_since_ >= options_.flush_interval;
}

std::vector<std::pair<TaskId, Epoch>> Flusher::take_flushed() {
  return std::exchange(flushed_, {});
}

}  // namespace sitrep
