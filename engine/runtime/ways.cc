// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/ways.h"

#include <algorithm>
#include <utility>

namespace sitrep {

Ways::Ways(const std::vector<std::vector<std::size_t>>& inputs_of_source)
    : inputs_of_source_(inputs_of_source) {
  for (const auto& inputs : inputs_of_source_) clocks_ += inputs.size();
}

std::vector<Ways::Way> Ways::ways_to(const OperatorNode& node) const {
  std::vector<Way> ways;
  for (const NodeInput& from : node.inputs) {
    if (from.side) continue;
    if (from.kind == NodeInput::Kind::kNode) {
      ways.push_back(behind_[from.index]);
      continue;
    }
    // Each topic of a source is an input of the node.
    for (const std::size_t input : inputs_of_source_[from.index]) {
      ways.push_back({.fed_by = {input}, .clock = input});
    }
  }
  return ways;
}

std::set<std::size_t> Ways::fed_aside(const OperatorNode& node) const {
  std::set<std::size_t> aside;
  if (node.row_wise) return aside;
  for (const NodeInput& from : node.inputs) {
    if (!from.side) continue;
    if (from.kind == NodeInput::Kind::kNode) {
      aside.insert(behind_[from.index].fed_by.begin(), behind_[from.index].fed_by.end());
    } else {
      aside.insert(inputs_of_source_[from.index].begin(), inputs_of_source_[from.index].end());
    }
  }
  return aside;
}

std::set<std::size_t> Ways::meeting(const std::vector<Way>& ways,
                                    const std::set<std::size_t>& aside) {
  std::set<std::size_t> met;
  std::set<std::size_t> seen = aside;
  for (const Way& way : ways) {
    for (const std::size_t input : way.fed_by) {
      if (!seen.insert(input).second) met.insert(input);
    }
  }
  return met;
}

std::vector<Ways::Meeting::Group> Ways::groups(const std::vector<Way>& ways,
                                               const std::set<std::size_t>& meeting,
                                               const std::set<std::size_t>& aside) {
  std::map<std::size_t, Meeting::Group> by_clock;
  std::map<std::size_t, std::size_t> clock_of;  // by input of the task
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const Way& way = ways[i];
    Meeting::Group& group = by_clock[way.clock];
    group.inputs.push_back(i);
    group.fed_by = way.fed_by;
    for (const std::size_t input : way.fed_by) {
      if (!meeting.contains(input)) continue;
      const bool one_clock = clock_of.try_emplace(input, way.clock).first->second == way.clock;
      if (!one_clock || !way.row_wise || aside.contains(input)) return {};
    }
  }
  std::vector<Meeting::Group> out;
  for (auto& [clock, group] : by_clock) {
    if (group.inputs.size() > 1) out.push_back(std::move(group));
  }
  return out;
}

std::size_t Ways::merged_clock(const std::vector<Way>& ways) {
  std::set<std::size_t> clocks;
  for (const Way& way : ways) clocks.insert(way.clock);
  if (clocks.size() == 1) return *clocks.begin();
  const auto [found, is_new] = merged_.try_emplace(std::move(clocks), clocks_);
  if (is_new) ++clocks_;
  return found->second;
}

Ways::Meeting Ways::add(const OperatorNode& node) {
  const std::vector<Way> ways = ways_to(node);
  const std::set<std::size_t> aside = fed_aside(node);
  const std::set<std::size_t> met = meeting(ways, aside);
  Meeting out;
  if (!met.empty() && !node.any_order) {
    out.groups = groups(ways, met, aside);
    if (out.groups.empty()) out.row_by_row = met;
  }
  Way behind{.fed_by = aside, .clock = 0, .row_wise = node.row_wise && out.row_by_row.empty()};
  for (const Way& way : ways) {
    behind.fed_by.insert(way.fed_by.begin(), way.fed_by.end());
    behind.row_wise = behind.row_wise && way.row_wise;
  }
  // A node that is not row-wise may hold its clock back.
  behind.clock = behind.row_wise ? merged_clock(ways) : clocks_++;
  behind_.push_back(std::move(behind));
  return out;
}

}  // namespace sitrep
