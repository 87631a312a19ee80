// SPDX-License-Identifier: Apache-2.0
#include "config/job_stages.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace sitrep {
namespace {

/// Sources joined into groups; each group is known by one of its sources.
class SourceGroups {
 public:
  explicit SourceGroups(std::size_t sources) : parent_(sources), read_(sources) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }

  std::size_t group_of(std::size_t source) const {
    while (parent_[source] != source) source = parent_[source];
    return source;
  }
  void join(std::size_t a, std::size_t b) { parent_[group_of(a)] = group_of(b); }
  void mark_read(std::size_t source) { read_[source] = true; }
  bool is_read(std::size_t source) const { return read_[source]; }

 private:
  std::vector<std::size_t> parent_;
  std::vector<bool> read_;
};

}  // namespace

std::vector<StagePlan> cut_stages(const JobPlan& plan) {
  SourceGroups groups(plan.sources.size());
  std::vector<std::size_t> source_of_stream;  // any source that the stream's rows come from
  const auto source_of = [&](InputRef input) {
    if (input.kind == InputRef::Kind::kStream) return source_of_stream[input.index];
    groups.mark_read(input.index);
    return input.index;
  };
  for (const StreamPlan& stream : plan.streams) {
    source_of_stream.push_back(source_of(stream.inputs.front()));
    for (const InputRef input : stream.inputs) {
      groups.join(source_of(input), source_of_stream.back());
    }
  }
  std::vector<std::size_t> source_of_alert;
  for (const AlertPlan& alert : plan.alerts) source_of_alert.push_back(source_of(alert.input));

  std::map<std::size_t, StagePlan> stages;
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    if (!groups.is_read(i)) continue;
    StagePlan& stage = stages[groups.group_of(i)];
    stage.sources.push_back(i);
    const std::string& name = plan.sources[i].name;
    if (stage.name.empty() || name < stage.name) stage.name = name;
  }
  for (std::size_t i = 0; i < plan.streams.size(); ++i) {
    stages[groups.group_of(source_of_stream[i])].streams.push_back(i);
  }
  for (std::size_t i = 0; i < plan.alerts.size(); ++i) {
    stages[groups.group_of(source_of_alert[i])].alerts.push_back(i);
  }
  std::vector<StagePlan> ordered;
  for (auto& [group, stage] : stages) ordered.push_back(std::move(stage));
  std::sort(ordered.begin(), ordered.end(),
            [](const StagePlan& a, const StagePlan& b) { return a.name < b.name; });
  return ordered;
}

}  // namespace sitrep
