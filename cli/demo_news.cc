// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_news.h"

#include <algorithm>

#include "connectors/formats/json_decoder.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

// Streams that pass rows on as they come carry the time of receipt in this column.
constexpr std::string_view kReceivedAt = "received_at";
constexpr std::size_t kLatenciesMax = 20'000;

ColumnSpec column(const Field& field) {
  ColumnSpec spec;
  spec.name = field.name;
  spec.type = field.type;
  spec.path = concat("/", field.name);
  return spec;
}

/// What is shown of an alert: members that json and alert.v1 write alike.
const Schema& shown_columns() {
  static const Schema kShown{{{"alert", Type::kText},
                              {"key", Type::kText},
                              {"change", Type::kText},
                              {"at", Type::kTimestamp},
                              {"severity", Type::kText},
                              {"text", Type::kText}}};
  return kShown;
}

std::vector<ColumnSpec> alert_columns() {
  std::vector<ColumnSpec> columns;
  for (const Field& field : shown_columns().fields) columns.push_back(column(field));
  return columns;
}

std::string text_of(const DecodedRows& rows, std::string_view name) {
  const Column& column = *rows.columns[*shown_columns().find(name)];
  return column.is_null(0) ? std::string() : std::string(column.texts()[0]);
}

}  // namespace

DemoNews::DemoNews()
    : alert_decoder_(make_json_decoder(alert_columns())),
      event_decoder_(
          make_json_decoder({column({std::string(kReceivedAt), Type::kTimestamp})})) {}

void DemoNews::watch(const JobPlan& plan) {
  for (const AlertPlan& alert : plan.alerts) {
    for (const SinkPlan& sink : alert.sinks) {
      if (sink.format != SinkFormat::kCap) alert_topics_.insert(sink.topic);
    }
  }
  for (const StreamPlan& stream : plan.streams) {
    auto& topics = stream.output.find(kReceivedAt) ? event_topics_ : summary_topics_;
    for (const SinkPlan& sink : stream.sinks) topics.insert(sink.topic);
  }
}

std::vector<std::string> DemoNews::topics() const {
  std::vector<std::string> all;
  for (const auto* topics : {&alert_topics_, &event_topics_, &summary_topics_}) {
    all.insert(all.end(), topics->begin(), topics->end());
  }
  return all;
}

std::optional<AlertNews> DemoNews::take(const TopicPartition& origin, const RecordView& record,
                                        Micros now) {
  if (!record.value) return std::nullopt;
  if (summary_topics_.contains(origin.topic)) {
    summaries_[origin.topic] = *record.value;
    return std::nullopt;
  }
  batch_.clear();
  batch_.append(record);
  if (alert_topics_.contains(origin.topic)) return take_alert();
  take_event(now);
  return std::nullopt;
}

std::optional<AlertNews> DemoNews::take_alert() {
  const DecodedRows rows = alert_decoder_->decode(batch_, PartitionId(0));
  if (rows.rows() == 0) return std::nullopt;
  const Column& at = *rows.columns[*shown_columns().find("at")];
  AlertNews news{.alert = text_of(rows, "alert"),
                 .key = text_of(rows, "key"),
                 .change = text_of(rows, "change"),
                 .at = at.is_null(0) ? 0 : at.ints()[0],
                 .severity = text_of(rows, "severity"),
                 .text = text_of(rows, "text")};
  if (news.change == "cleared") {
    ++cleared_;
    open_.erase({news.alert, news.key});
  } else {
    if (news.change == "raised") ++raised_;
    open_[{news.alert, news.key}] = news;
  }
  newest_.push_front(news);
  if (newest_.size() > kNewestAlerts) newest_.pop_back();
  return news;
}

void DemoNews::take_event(Micros now) {
  const DecodedRows rows = event_decoder_->decode(batch_, PartitionId(0));
  if (rows.rows() == 0 || rows.columns[0]->is_null(0)) return;
  const Micros received = rows.columns[0]->ints()[0];
  if (!measured_from_ || received < *measured_from_) return;
  latencies_.push_back(now - received);
  if (latencies_.size() > kLatenciesMax) latencies_.pop_front();
}

std::optional<Micros> DemoNews::latency(double quantile) const {
  if (latencies_.empty()) return std::nullopt;
  std::vector<Micros> sorted(latencies_.begin(), latencies_.end());
  const auto rank = static_cast<std::ptrdiff_t>(quantile * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end());
  return sorted[static_cast<std::size_t>(rank)];
}

}  // namespace sitrep
