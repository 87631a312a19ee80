// SPDX-License-Identifier: Apache-2.0
#include "engine/state/flusher.h"

#include <algorithm>
#include <utility>

namespace sitrep {

Flusher::Flusher(StateImage& image, Options options) : image_(image), options_(options) {}

void Flusher::add(Delta delta) {
  pending_bytes_ += delta.bytes.size();
  pending_.push_back(std::move(delta));
}

Result<bool> Flusher::step(Micros now) {
  if (!due(now)) return false;
  TRY(image_.write(pending_));
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
