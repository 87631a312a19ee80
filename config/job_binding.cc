// SPDX-License-Identifier: Apache-2.0
#include "config/job_binding.h"

#include "config/job_topics.h"
#include "config/map_reader.h"
#include "engine/base/text.h"

namespace sitrep {

JobBinding::JobBinding(const JobSpec& spec, const FunctionRegistry& functions, ErrorList& errors)
    : spec_(spec), functions_(functions), errors_(errors) {}

void JobBinding::bind_sources() {
  for (const SourceSpec& source : spec_.sources) {
    sources_.emplace_back(source).check(spec_.kafka.has_value(), errors_);
  }
}

std::optional<InputRef> JobBinding::find(std::string_view name) const {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].source().name == name) return InputRef{InputRef::Kind::kSource, i};
  }
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].plan.name == name) return InputRef{InputRef::Kind::kStream, i};
  }
  return std::nullopt;
}

std::vector<std::string> JobBinding::names() const {
  std::vector<std::string> names;
  for (const SourceSpec& source : spec_.sources) names.push_back(source.name.value);
  for (const StreamSpec& stream : spec_.streams) names.push_back(stream.name.value);
  return names;
}

Schema JobBinding::visible(InputRef input, std::span<const std::string_view> texts) const {
  return input.kind == InputRef::Kind::kSource ? sources_[input.index].visible_to(texts)
                                               : streams_[input.index].plan.output;
}

Lineage JobBinding::lineage(InputRef input, const Schema& visible) const {
  return input.kind == InputRef::Kind::kSource
             ? source_lineage(sources_[input.index].source(), visible)
             : streams_[input.index].lineage;
}

void JobBinding::need(InputRef input, const Schema& visible,
                      const std::vector<std::size_t>& columns) {
  if (input.kind != InputRef::Kind::kSource) return;
  for (const std::size_t column : columns) {
    sources_[input.index].need(visible.fields[column].name);
  }
}

void JobBinding::need_whole_rows(InputRef input) {
  if (input.kind == InputRef::Kind::kSource) sources_[input.index].need_declared();
}

std::size_t JobBinding::add_cut(std::string name, InputRef input) {
  cuts_.push_back({.name = name,
                   .topic = repartition_topic(spec_.job.value, name),
                   .input = input});
  return cuts_.size() - 1;
}

std::vector<SinkPlan> JobBinding::plan_sinks(const std::vector<SinkSpec>& sinks,
                                             const Schema& schema) {
  std::vector<SinkPlan> plans;
  for (const SinkSpec& sink : sinks) {
    SinkPlan& plan = plans.emplace_back();
    plan.topic = sink.topic.value;
    plan.timestamps = sink.timestamps;
    plan.create_partitions = sink.create_partitions;
    plan.place = sink.topic.place;
    plan.format = sink.format;
    plan.cap = sink.cap;
    for (const PlacedText& name : sink.key) {
      const auto column = schema.find(name.value);
      if (column) {
        plan.key.push_back(*column);
        continue;
      }
      errors_.add(name.place, concat("'key': what is written has no column '", name.value, "'",
                                     did_you_mean(name.value, schema.names()),
                                     "; it has ", join(schema.names(), ", ")));
    }
  }
  return plans;
}

void JobBinding::complain(const PlacedText& text, const sql::Diagnostics& diagnostics) {
  for (const sql::Diagnostic& diagnostic : diagnostics) {
    errors_.add(text.place_of(diagnostic.position), diagnostic.message);
  }
}

}  // namespace sitrep
