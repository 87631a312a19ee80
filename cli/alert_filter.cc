// SPDX-License-Identifier: Apache-2.0
#include "cli/alert_filter.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "engine/data/arena.h"
#include "engine/sql/letter_case.h"

namespace sitrep {
namespace {

std::string lower(std::string_view text) {
  Arena arena;
  return std::string(sql::to_lower(text, arena));
}

bool is_one_of(const std::vector<std::string>& wanted, const std::string& word) {
  return wanted.empty() || std::ranges::find(wanted, word) != wanted.end();
}

}  // namespace

bool AlertFilter::is_empty() const {
  return severity.empty() && state.empty() && groups.empty() && alerts.empty() && text.empty();
}

bool AlertFilter::passes(const TopicAlert& alert) const {
  if (!severity.empty() && severity_rank(alert.severity) < severity_rank(severity)) return false;
  if (!state.empty() && alert.state != state) return false;
  if (!is_one_of(groups, alert.group) || !is_one_of(alerts, alert.alert)) return false;
  if (text.empty()) return true;
  const std::string words = lower(text);
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{alert.text, alert.alert, alert.key},
      [&](std::string_view in) { return lower(in).find(words) != std::string::npos; });
}

}  // namespace sitrep
