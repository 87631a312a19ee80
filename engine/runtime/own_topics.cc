// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/own_topics.h"

#include <algorithm>
#include <map>
#include <vector>

#include "engine/base/logging.h"

namespace sitrep {

Result<std::int32_t> make_own_topic(Log& log, const std::string& topic, std::int32_t partitions,
                                    std::string_view holds) {
  static const std::map<std::string, std::string> kSettings = {
      {"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}};
  ASSIGN_OR_RETURN(const std::optional<std::int32_t> count, log.partition_count(topic));
  if (!count) {
    TRY(log.create_topic(topic, {.partitions = partitions, .settings = kSettings}));
    log_info("created topic ", topic, " for ", holds);
    return partitions;
  }
  ASSIGN_OR_RETURN(const auto settings, log.topic_settings(topic));
  for (const auto& [name, value] : kSettings) {
    const auto found = settings.find(name);
    if (found == settings.end() || found->second == value) continue;
    return invalid_config(concat("topic ", topic, " has ", name, "=", found->second,
                                 ", so it would lose ", holds, "; set it to ", value));
  }
  return *count;
}

Result<void> make_repartition_topics(Log& log, const Topology& topology) {
  std::vector<const Stage*> stages;
  for (const Stage& stage : topology.stages) stages.push_back(&stage);
  // What a stage sends to is made after what it reads.
  std::ranges::stable_sort(stages, {}, &Stage::level);
  for (const Stage* stage : stages) {
    std::int32_t partitions = 0;
    for (const SourceNode& source : stage->sources) {
      for (const SenderStage& sender : source.senders) {
        ASSIGN_OR_RETURN(const auto count, log.partition_count(sender.input_topic));
        partitions = std::max(partitions, count.value_or(0));
      }
    }
    for (const SourceNode& source : stage->sources) {
      if (source.senders.empty() || partitions == 0) continue;
      TRY(make_own_topic(log, source.topics.front(), partitions,
                         concat("the rows on their way to ", source.name)));
    }
  }
  return {};
}

}  // namespace sitrep
