// SPDX-License-Identifier: Apache-2.0
#include "cli/open_alerts.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace sitrep {

void OpenAlerts::take(TopicAlert alert) {
  const auto cleared = cleared_.find(alert.id);
  if (cleared != cleared_.end() && cleared->second >= alert.revision) return;
  const auto known = up_.find(alert.id);
  if (known != up_.end() && known->second.revision > alert.revision) return;
  if (alert.is_up()) {
    up_.insert_or_assign(alert.id, std::move(alert));
    return;
  }
  if (known != up_.end()) up_.erase(known);
  note_cleared(alert);
}

void OpenAlerts::note_cleared(const TopicAlert& alert) {
  if (!cleared_.insert_or_assign(alert.id, alert.revision).second) return;
  cleared_order_.push_back(alert.id);
  if (cleared_order_.size() <= kClearedMax) return;
  cleared_.erase(cleared_order_.front());
  cleared_order_.pop_front();
}

std::vector<TopicAlert> OpenAlerts::list() const {
  std::vector<TopicAlert> alerts;
  for (const auto& [id, alert] : up_) alerts.push_back(alert);
  const auto order = [](const TopicAlert& alert) {
    return std::tuple(-severity_rank(alert.severity), std::string_view(alert.severity),
                      alert.raised_at.value_or(alert.at), std::string_view(alert.id));
  };
  std::ranges::sort(alerts, {}, order);
  return alerts;
}

}  // namespace sitrep
