// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/topology.h"

#include <set>

namespace sitrep {

std::string_view stream_of(std::string_view node) {
  return node.substr(0, node.find_first_of("#/"));
}

std::vector<std::string> Topology::input_topics() const {
  std::set<std::string> topics;
  for (const Stage& stage : stages) {
    for (const SourceNode& source : stage.sources) {
      topics.insert(source.topics.begin(), source.topics.end());
    }
  }
  return {topics.begin(), topics.end()};
}

std::set<std::string> Topology::header_topics() const {
  std::set<std::string> topics;
  for (const Stage& stage : stages) {
    for (const SourceNode& source : stage.sources) {
      if (source.reads_headers) topics.insert(source.topics.begin(), source.topics.end());
    }
  }
  return topics;
}

}  // namespace sitrep
