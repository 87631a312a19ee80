// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "config/job_binding.h"
#include "config/map_reader.h"
#include "engine/api/alert_schema.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

const AlertSpec* find_alert(const JobSpec& spec, std::string_view name) {
  const auto found = std::ranges::find_if(
      spec.alerts, [&](const AlertSpec& alert) { return alert.name.value == name; });
  return found == spec.alerts.end() ? nullptr : &*found;
}

/// Whether records that go to either are written alike.
bool writes_the_same(const SinkPlan& a, const SinkPlan& b) {
  return a.topic == b.topic && a.key == b.key && a.timestamps == b.timestamps &&
         a.format == b.format && a.cap == b.cap;
}

/// Whether following suppressed_by from `alert` leads to `target`.
bool leads_to(const JobSpec& spec, const AlertSpec& alert, std::string_view target,
              std::set<std::string>& seen) {
  for (const PlacedText& parent : alert.suppressed_by) {
    if (parent.value == target) return true;
    const AlertSpec* const next = find_alert(spec, parent.value);
    if (next == nullptr || !seen.insert(parent.value).second) continue;
    if (leads_to(spec, *next, target, seen)) return true;
  }
  return false;
}

}  // namespace

void JobBinding::check_parents(const AlertSpec& alert) {
  const bool asks = !alert.suppressed_by.empty() || alert.one_per_group;
  if (asks && !spec_.flood) {
    errors_.add(alert.name.place, concat("alert '", alert.name.value, "': 'suppressed_by' and "
                                         "'one_per_group' need a section 'flood_control'"));
  }
  if (asks && !alert.group) {
    errors_.add(alert.name.place, concat("alert '", alert.name.value, "': 'suppressed_by' and "
                                         "'one_per_group' are about alerts of one 'group'"));
  }
  std::vector<std::string> names;
  for (const AlertSpec& other : spec_.alerts) names.push_back(other.name.value);
  for (const PlacedText& parent : alert.suppressed_by) {
    const AlertSpec* const found = find_alert(spec_, parent.value);
    if (found == nullptr) {
      errors_.add(parent.place, concat("'suppressed_by': there is no alert '", parent.value, "'",
                                       did_you_mean(parent.value, names)));
    } else if (found == &alert) {
      errors_.add(parent.place, "'suppressed_by': an alert does not hold itself back; "
                                "'one_per_group: true' tells one of a group");
    } else if (!found->group) {
      errors_.add(parent.place, concat("'suppressed_by': alert '", parent.value,
                                       "' has no 'group' in which it could hold others back"));
    }
  }
}

void JobBinding::check_for_cycles() {
  for (const AlertSpec& alert : spec_.alerts) {
    for (const PlacedText& parent : alert.suppressed_by) {
      const AlertSpec* const found = find_alert(spec_, parent.value);
      std::set<std::string> seen;
      if (found == nullptr || found == &alert) continue;
      if (!leads_to(spec_, *found, alert.name.value, seen)) continue;
      errors_.add(parent.place, concat("'suppressed_by': '", alert.name.value, "' and '",
                                       parent.value, "' would hold each other back"));
      return;
    }
  }
}

void JobBinding::bind_flood() {
  for (const AlertSpec& alert : spec_.alerts) check_parents(alert);
  check_for_cycles();
  if (!spec_.flood) return;
  FloodPlan plan{
      .spec = *spec_.flood, .cut = 0, .commands = {}, .sinks = {}, .outputs = {}};
  plan.sinks = plan_alert_sinks(spec_.flood->to);
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (!spec_.flood->commands.empty() && tables_[i].source().name.value == spec_.flood->commands) {
      plan.commands = i;
    }
  }
  std::vector<std::pair<std::vector<std::string>, std::vector<SinkPlan>>> outputs;
  const auto goes_to = [&](const std::string& name, const std::vector<SinkPlan>& sinks) {
    const auto same = std::ranges::find_if(outputs, [&](const auto& output) {
      return std::ranges::equal(output.second, sinks, writes_the_same);
    });
    if (same != outputs.end()) {
      same->first.push_back(name);
    } else {
      outputs.push_back({{name}, sinks});
    }
  };
  for (BoundAlert& alert : alerts_) {
    for (const PlacedText& parent : alert.spec->suppressed_by) {
      alert.plan.suppressed_by.push_back(parent.value);
    }
    alert.plan.one_per_group = alert.spec->one_per_group;
    goes_to(alert.plan.name, alert.plan.sinks);
  }
  goes_to(std::string(kFloodName), plan.sinks);
  const sql::InputRow record = sql::InputRow::of(alert_schema());
  for (const auto& [names, sinks] : outputs) {
    sql::Diagnostics diagnostics;
    auto records = sql::bind_condition(concat("alert IN ('", join(names, "', '"), "')"),
                                       {.row = record, .functions = functions_}, diagnostics);
    ENSURE(records != nullptr, "names of alerts need no quotes");
    plan.outputs.push_back({.records = std::move(records), .sinks = sinks});
  }
  plan.cut = add_cut(std::string(kFloodName), {});
  cuts_.back().carries_alerts = true;
  flood_ = std::move(plan);
}

}  // namespace sitrep
