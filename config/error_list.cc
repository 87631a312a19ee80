// SPDX-License-Identifier: Apache-2.0
#include "config/error_list.h"

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep {

void ErrorList::add(SourcePlace place, std::string message) {
  if (muted_.contains(place)) return;
  const auto number = static_cast<std::size_t>(place.column);
  if (place.line == 0 && number >= 1 && number <= overrides_.size()) {
    out_.push_back({.file = concat("--set ", overrides_[number - 1]),
                    .line = 0,
                    .column = 0,
                    .message = std::move(message)});
    return;
  }
  out_.push_back({.file = file_,
                  .line = place.line,
                  .column = place.line == 0 ? 0 : place.column,
                  .message = std::move(message)});
}

void ErrorList::sort() {
  const auto first = out_.begin() + static_cast<std::ptrdiff_t>(size_before_);
  std::sort(first, out_.end());
  out_.erase(std::unique(first, out_.end()), out_.end());
}

}  // namespace sitrep
