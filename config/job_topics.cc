// SPDX-License-Identifier: Apache-2.0
#include "config/job_topics.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/text.h"

namespace sitrep {
namespace {

class TopicCollector {
 public:
  TopicCollector(JobPlan& plan, ErrorList& errors) : plan_(plan), errors_(errors) {}

  void run() {
    for (const SourceSpec& source : plan_.spec.sources) collect_inputs(source);
    check_readers();
    for (const TableSpec& table : plan_.spec.tables) collect_table(table.source);
    for (const StagePlan& stage : plan_.stages) {
      internal_.insert(state_topic(plan_.spec.job.value, stage.name));
    }
    for (const CutPlan& cut : plan_.cuts) internal_.insert(cut.topic);
    for (const StreamSpec& stream : plan_.spec.streams) {
      for (const SinkSpec& sink : stream.to) add(sink.topic, sink.create_partitions);
    }
    for (const AlertSpec& alert : plan_.spec.alerts) {
      for (const SinkSpec& sink : alert.to) add(sink.topic, sink.create_partitions);
    }
    if (plan_.spec.flood) {
      for (const SinkSpec& sink : plan_.spec.flood->to) add(sink.topic, sink.create_partitions);
    }
    collect_late();
    add(plan_.spec.dead_letters.topic, plan_.spec.dead_letters.create_partitions);
    plan_.input_topics.assign(inputs_.begin(), inputs_.end());
    for (auto& [name, topic] : outputs_) plan_.output_topics.push_back(std::move(topic));
  }

 private:
  void collect_inputs(const SourceSpec& source) {
    std::set<std::string> own;
    for (const PlacedText& topic : source.topics) {
      if (!own.insert(topic.value).second) {
        errors_.add(topic.place, concat("source '", source.name.value, "' names the topic '",
                                        topic.value, "' twice"));
      }
    }
    inputs_.merge(own);
  }

  /// Offsets are committed by partition, so of two readers one would go on where the other stood.
  void check_readers() {
    std::map<std::string_view, std::string_view> reader;
    for (std::size_t i = 0; i < plan_.sources.size(); ++i) {
      const bool is_read = std::ranges::any_of(plan_.stages, [i](const StagePlan& stage) {
        return std::ranges::find(stage.sources, i) != stage.sources.end();
      });
      if (!is_read) continue;
      const SourceSpec& source = plan_.spec.sources[i];
      for (const PlacedText& topic : source.topics) {
        const auto [first, is_new] = reader.emplace(topic.value, source.name.value);
        if (is_new || first->second == source.name.value) continue;
        errors_.add(topic.place, concat("source '", source.name.value, "': the topic '",
                                        topic.value, "' is read by source '", first->second,
                                        "' too, and a job has one place in each partition; read "
                                        "it by one source and filter in streams, or make it two "
                                        "jobs"));
      }
    }
  }

  void collect_table(const SourceSpec& table) {
    for (const PlacedText& topic : table.topics) {
      if (inputs_.insert(topic.value).second) continue;
      errors_.add(topic.place, concat("table '", table.name.value, "': the topic '", topic.value,
                                      "' is read by a source or another table too"));
    }
  }

  void collect_late() {
    for (const StreamPlan& stream : plan_.streams) {
      if (!stream.late || stream.late->policy == LatePolicy::kDrop) continue;
      for (const StreamSpec& spec : plan_.spec.streams) {
        if (spec.name == stream.name) add(spec.late.topic, spec.late.create_partitions);
      }
    }
    for (const AlertPlan& alert : plan_.alerts) {
      if (alert.late.policy == LatePolicy::kDrop) continue;
      for (const AlertSpec& spec : plan_.spec.alerts) {
        if (spec.name == alert.name) add(spec.late.topic, spec.late.create_partitions);
      }
    }
  }

  void add(const PlacedText& topic, std::optional<int> partitions) {
    if (inputs_.contains(topic.value)) {
      errors_.add(topic.place, concat("the topic '", topic.value, "' is read by this job: writing "
                                      "to it would be a loop"));
    }
    if (internal_.contains(topic.value)) {
      errors_.add(topic.place, concat("the topic '", topic.value, "' holds what this job keeps for "
                                      "itself"));
    }
    OutputTopic& output = outputs_[topic.value];
    if (output.topic.empty()) output = {topic.value, partitions, topic.place};
    if (!output.create_partitions) output.create_partitions = partitions;
    if (partitions && partitions != output.create_partitions) {
      errors_.add(topic.place, concat("the topic '", topic.value, "' is to be created with ",
                                      *output.create_partitions, " and with ", *partitions,
                                      " partitions"));
    }
  }

  JobPlan& plan_;
  ErrorList& errors_;
  std::set<std::string> inputs_;
  std::set<std::string> internal_;
  std::map<std::string, OutputTopic> outputs_;
};

}  // namespace

void collect_topics(JobPlan& plan, ErrorList& errors) { TopicCollector(plan, errors).run(); }

std::string state_topic(std::string_view job, std::string_view stage) {
  return concat(job, ".", stage, ".state");
}

std::string repartition_topic(std::string_view job, std::string_view cut) {
  return concat(job, ".", cut, ".repartition");
}

}  // namespace sitrep
