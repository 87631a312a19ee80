// SPDX-License-Identifier: Apache-2.0
#include "config/job_stages.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

namespace sitrep {
namespace {

/// Sources, cuts and tables (numbered on behind each other) joined into groups: each is to be a
/// stage.
class Homes {
 public:
  explicit Homes(std::size_t count) : parent_(count), used_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }

  std::size_t group_of(std::size_t home) const {
    while (parent_[home] != home) home = parent_[home];
    return home;
  }
  void join(const std::set<std::size_t>& homes) {
    for (const std::size_t home : homes) parent_[group_of(home)] = group_of(*homes.begin());
  }
  void use(std::size_t home) { used_[home] = true; }
  bool is_used(std::size_t home) const { return used_[home]; }

 private:
  std::vector<std::size_t> parent_;
  std::vector<bool> used_;
};

class StageCutter {
 public:
  explicit StageCutter(const JobPlan& plan)
      : plan_(plan),
        homes_(plan.sources.size() + plan.cuts.size() + plan.tables.size()),
        feeders_(plan.cuts.size()) {}

  std::vector<StagePlan> run() {
    for (const StreamPlan& stream : plan_.streams) place(stream);
    for (const AlertPlan& alert : plan_.alerts) {
      homes_of_alert_.push_back(place_keyed(alert.input, alert.cut));
    }
    if (plan_.flood) place_flood();
    std::map<std::size_t, StagePlan> stages;
    fill_inputs(stages);
    for (std::size_t i = 0; i < plan_.streams.size(); ++i) {
      for (const std::size_t group : groups_of(homes_of_stream_[i])) {
        stages[group].streams.push_back(i);
      }
    }
    for (std::size_t i = 0; i < plan_.alerts.size(); ++i) {
      stages[homes_.group_of(*homes_of_alert_[i].begin())].alerts.push_back(i);
    }
    if (plan_.flood) {
      stages[homes_.group_of(home_of_cut(plan_.flood->cut))].controls_floods = true;
    }
    std::vector<StagePlan> ordered;
    for (auto& [group, stage] : stages) ordered.push_back(std::move(stage));
    std::ranges::sort(ordered, [](const StagePlan& a, const StagePlan& b) {
      return std::tie(a.level, a.name) < std::tie(b.level, b.name);
    });
    return ordered;
  }

 private:
  std::size_t home_of_cut(std::size_t cut) const { return plan_.sources.size() + cut; }
  std::size_t home_of_table(std::size_t table) const {
    return plan_.sources.size() + plan_.cuts.size() + table;
  }

  std::set<std::size_t> homes_of(InputRef input) {
    if (input.kind == InputRef::Kind::kStream) return homes_of_stream_[input.index];
    homes_.use(input.index);
    return {input.index};
  }

  void place(const StreamPlan& stream) {
    std::set<std::size_t> homes;
    for (std::size_t i = 0; i < stream.inputs.size(); ++i) {
      place_tables(stream.inputs[i], stream.tables[i]);
      homes.merge(stream.query.branches[i].grouping
                      ? place_keyed(stream.inputs[i], stream.cuts[i])
                      : homes_of(stream.inputs[i]));
    }
    homes_of_stream_.push_back(std::move(homes));
  }

  /// A table is where the rows are that it is joined with, all of them.
  void place_tables(InputRef input, const std::vector<std::size_t>& tables) {
    std::set<std::size_t> homes = homes_of(input);
    const std::size_t rows_homes = homes.size();
    for (const std::size_t table : tables) {
      if (plan_.tables[table].broadcast) continue;
      homes_.use(home_of_table(table));
      homes.insert(home_of_table(table));
    }
    if (homes.size() > rows_homes) homes_.join(homes);
  }

  /// Rows of one key are to meet: behind the cut, or where all of them are already.
  std::set<std::size_t> place_keyed(InputRef input, std::optional<std::size_t> cut) {
    std::set<std::size_t> homes = homes_of(input);
    if (!cut) {
      homes_.join(homes);
      return homes;
    }
    feeders_[*cut] = std::move(homes);
    homes_.use(home_of_cut(*cut));
    return {home_of_cut(*cut)};
  }

  /// Records of all alerts meet behind the cut, wherever they come from.
  void place_flood() {
    std::set<std::size_t>& feeders = feeders_[plan_.flood->cut];
    for (const std::set<std::size_t>& homes : homes_of_alert_) {
      feeders.insert(homes.begin(), homes.end());
    }
    homes_.use(home_of_cut(plan_.flood->cut));
  }

  std::set<std::size_t> groups_of(const std::set<std::size_t>& homes) const {
    std::set<std::size_t> out;
    for (const std::size_t home : homes) out.insert(homes_.group_of(home));
    return out;
  }

  void fill_inputs(std::map<std::size_t, StagePlan>& stages) const {
    const auto add = [&](std::size_t home, const std::string& name) -> StagePlan& {
      StagePlan& stage = stages[homes_.group_of(home)];
      if (stage.name.empty() || name < stage.name) stage.name = name;
      stage.level = std::max(stage.level, level_of(home));
      return stage;
    };
    for (std::size_t i = 0; i < plan_.sources.size(); ++i) {
      if (homes_.is_used(i)) add(i, plan_.sources[i].name).sources.push_back(i);
    }
    for (std::size_t i = 0; i < plan_.cuts.size(); ++i) {
      add(home_of_cut(i), plan_.cuts[i].name).cuts_read.push_back(i);
      for (const std::size_t group : groups_of(feeders_[i])) {
        stages[group].cuts_written.push_back(i);
      }
    }
    // A stage has no name from its tables, so that one can be added.
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
      const std::size_t home = home_of_table(i);
      if (homes_.is_used(home)) stages[homes_.group_of(home)].tables.push_back(i);
    }
  }

  std::size_t level_of(std::size_t home) const {
    if (home < plan_.sources.size()) return 0;
    std::size_t level = 0;
    for (const std::size_t feeder : feeders_[home - plan_.sources.size()]) {
      level = std::max(level, level_of(feeder) + 1);
    }
    return level;
  }

  const JobPlan& plan_;
  Homes homes_;
  /// By cut: where the rows come from that go through it.
  std::vector<std::set<std::size_t>> feeders_;
  std::vector<std::set<std::size_t>> homes_of_stream_;
  std::vector<std::set<std::size_t>> homes_of_alert_;
};

}  // namespace

std::vector<StagePlan> cut_stages(const JobPlan& plan) { return StageCutter(plan).run(); }

}  // namespace sitrep
