// SPDX-License-Identifier: Apache-2.0
#pragma once
// The clocks of one task by name. Clock 0 is the partition's own and is called ""; a key group's
// clock ("CAMP-03" with `clock: {per: camp}`) gets the next number when its first row comes.
// Numbers are the task's own; state is kept under names. Used only by its worker.

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/ensure.h"
#include "engine/data/column_batch.h"

namespace sitrep {

class ClockTable {
 public:
  ClockTable() { (void)intern(""); }
  ClockTable(const ClockTable&) = delete;
  ClockTable& operator=(const ClockTable&) = delete;

  /// The number of clock `name`, given now if it is new.
  ClockId intern(std::string_view name) {
    const auto found = ids_.find(name);
    if (found != ids_.end()) return found->second;
    const auto id = static_cast<ClockId>(names_.size());
    names_.emplace_back(name);
    ids_.emplace(names_.back(), id);
    return id;
  }
  const std::string& name(ClockId clock) const {
    ENSURE(clock < names_.size(), "a clock of another task");
    return names_[clock];
  }
  std::size_t size() const { return names_.size(); }

 private:
  std::deque<std::string> names_;  // addresses stay: ids_ points into them
  std::unordered_map<std::string_view, ClockId> ids_;
};

}  // namespace sitrep
