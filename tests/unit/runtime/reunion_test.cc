// SPDX-License-Identifier: Apache-2.0
// Which tasks are called row by row: those where a source comes together again on several ways of
// which one holds rows, but for a node that takes rows in any order. And what such a node, before
// flood control, sends. What comes of it is compared in reunion_oracle_test.cc.
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/api/alert_schema.h"
#include "engine/runtime/repartition_record.h"
#include "engine/runtime/task.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

constexpr std::string_view kSource = R"(job: fleet
kafka: {brokers: nowhere}
sources:
  telemetry:
    topic: telemetry
    columns:
      k: {type: text, required: true}
      camp: text
      ts: {type: timestamp, unit: s, required: true}
      temp: double
      link: boolean
    partitioned_by: k
    time: {column: ts, out_of_orderness: 2s, max_future_skew: 100000d}
)";

constexpr std::string_view kAlerts = R"(alerts:
  hot:
    from: telemetry
    key: k
    raise: temp > 100
    group: "{camp}"
    text: "{k} at {temp} C"
    suppressed_by: link_down
    to: {topic: alerts}
  link_down:
    from: telemetry
    key: k
    raise: NOT link
    group: "{camp}"
    text: "no link to {camp}"
    to: {topic: alerts}
flood_control:
  to: {topic: alerts}
)";

constexpr std::string_view kUnion = R"(streams:
  both:
    sql: SELECT k FROM telemetry WHERE temp > 100 UNION ALL SELECT k FROM telemetry WHERE NOT link
    to: {topic: both}
)";

constexpr std::string_view kUnionWithWindow = R"(streams:
  counts:
    sql: SELECT k, count(*) AS n FROM telemetry GROUP BY k, tumble(interval '1 minute')
  both:
    sql: SELECT k FROM telemetry WHERE temp > 100 UNION ALL SELECT k FROM counts
    to: {topic: both}
)";

/// Hands everything on, and notes the rows of each batch.
class Counting final : public Operator {
 public:
  explicit Counting(std::vector<std::size_t>& sizes) : sizes_(sizes) {}
  Result<void> process(const ColumnBatch& batch, Emitter& out) override {
    sizes_.push_back(batch.selection.size());
    out.emit(batch);
    return {};
  }

 private:
  std::vector<std::size_t>& sizes_;
};

/// Rows of the batches that the first node of a stage is called with, for three rows that are read
/// at once.
std::vector<std::size_t> batches_of_three_rows(Stage stage) {
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> unread;
  stage.nodes.front().make_operator = [&sizes] { return std::make_unique<Counting>(sizes); };
  // What it hands on would be no rows of theirs.
  for (OperatorNode& node : std::span(stage.nodes).subspan(1)) {
    node.make_operator = [&unread] { return std::make_unique<Counting>(unread); };
  }
  stage.sinks.clear();
  stage.repartitions.clear();
  const TopicNumbers topics;
  MetricsRegistry metrics;
  auto task = Task::make({.stage = &stage,
                          .partition = PartitionId(0),
                          .topics = &topics,
                          .dead_letter_topic = {},
                          .cold = nullptr,
                          .metrics = &metrics,
                          .now = 0});
  ENSURE(task.has_value(), task.error().message());
  const Offset next[] = {Offset(0)};
  const std::optional<Offset> no_ends[1];
  ENSURE((*task)->start(std::nullopt, next, no_ends, 0), "the task does not start");
  RecordBatch records;
  for (const std::int64_t second : {1, 2, 3}) {
    records.append({.offset = Offset(second),
                    .timestamp = 0,
                    .key = std::nullopt,
                    .value = concat(R"({"k":"a","temp":105,"link":false,"ts":)", second, "}"),
                    .headers = {}});
  }
  ENSURE((*task)->process(0, records, Offset(4), 0), "the task fails");
  return sizes;
}

std::vector<std::size_t> batches_of_three_rows(std::string_view job) {
  return batches_of_three_rows(topology_of(job).stages.front());
}

TEST(Reunion, a_union_of_filters_of_one_source_is_not_called_row_by_row) {
  EXPECT_THAT(batches_of_three_rows(concat(kSource, kUnion)), ElementsAre(3));
}

TEST(Reunion, a_union_with_a_window_of_its_source_is) {
  EXPECT_THAT(batches_of_three_rows(concat(kSource, kUnionWithWindow)), ElementsAre(1, 1, 1));
}

TEST(Reunion, alerts_with_flood_control_are_not) {
  EXPECT_THAT(batches_of_three_rows(concat(kSource, kAlerts)), ElementsAre(3));
}

TEST(Reunion, alerts_beside_such_a_union_are_too) {
  EXPECT_THAT(batches_of_three_rows(concat(kSource, kUnionWithWindow, kAlerts)),
              ElementsAre(1, 1, 1));
}

TEST(Reunion, a_source_that_comes_together_behind_a_node_of_any_order_is_read_row_by_row) {
  Stage stage = topology_of(concat(kSource, kAlerts)).stages.front();
  const auto sent = std::ranges::find_if(stage.nodes, &OperatorNode::any_order);
  ASSERT_NE(sent, stage.nodes.end());
  const auto index = static_cast<std::size_t>(sent - stage.nodes.begin());
  stage.nodes.push_back({.name = "behind",
                         .inputs = {{.kind = NodeInput::Kind::kNode, .index = index}},
                         .make_operator = sent->make_operator});
  EXPECT_THAT(batches_of_three_rows(stage), ElementsAre(3));
  stage.nodes.back().inputs.push_back({.kind = NodeInput::Kind::kSource, .index = 0});
  EXPECT_THAT(batches_of_three_rows(stage), ElementsAre(1, 1, 1));
}

/// What the alerts of a task send to flood control.
class SentAlertsTest : public testing::Test {
 protected:
  SentAlertsTest() {
    for (const auto& [topic, creation] : topology_.output_topics) {
      topics_.emplace(topic, TopicId(static_cast<std::uint32_t>(topics_.size())));
    }
    const Stage& stage = topology_.stages.front();
    partitions_.emplace(stage.repartitions.front().topic, 1);
    topics_.emplace(stage.repartitions.front().topic, kSent);
    auto made = Task::make({.stage = &stage,
                            .partition = PartitionId(0),
                            .topics = &topics_,
                            .partitions = &partitions_,
                            .dead_letter_topic = {},
                            .cold = nullptr,
                            .metrics = &metrics_,
                            .now = 0});
    ENSURE(made.has_value(), made.error().message());
    task_ = *std::move(made);
    const Offset next[] = {Offset(0)};
    const std::optional<Offset> no_ends[1];
    ENSURE(task_->start(std::nullopt, next, no_ends, 0), "the task does not start");
  }

  /// One batch of rows.
  void read(const std::vector<std::string>& rows) {
    RecordBatch records;
    for (const std::string& row : rows) {
      records.append({.offset = next_,
                      .timestamp = 0,
                      .key = std::nullopt,
                      .value = row,
                      .headers = {}});
      ++next_;
    }
    ASSERT_TRUE(task_->process(0, records, next_, 0));
  }
  /// "alert key@seconds" per row that the epoch sends, in order; then "until seconds": its word of
  /// the clock.
  std::vector<std::string> sent() {
    std::vector<Type> types;
    for (const Field& field : alert_schema().fields) types.push_back(field.type);
    const auto part = task_->close_epoch();
    ENSURE(part.has_value(), "the epoch does not close");
    std::vector<std::string> out;
    for (const OutputRecord& record : part->outputs.records()) {
      ClockTable clocks;
      const auto read = decode_repartition_record(*record.value, types, clocks);
      ENSURE(read.has_value(), read.error().message());
      for (std::size_t n = 0; n < read->rows.selection.size(); ++n) {
        const std::vector<Value> cells = row_values(read->rows, read->rows.selection[n]);
        out.push_back(concat(std::get<std::string>(cells[*alert_schema().find("alert")]), " ",
                             std::get<std::string>(cells[*alert_schema().find("key")]), "@",
                             read->rows.meta->event_time[n] / kMicrosPerSecond));
      }
      for (const ClockWord& word : read->words) {
        out.push_back(concat("until ", word.watermark / kMicrosPerSecond));
      }
    }
    return out;
  }

  static constexpr TopicId kSent{99};
  const Topology topology_ = topology_of(concat(kSource, kAlerts));
  TopicNumbers topics_;
  PartitionCounts partitions_;
  MetricsRegistry metrics_;
  std::unique_ptr<Task> task_;
  Offset next_{0};
};

// What is said of the clock in an epoch stands behind all its rows, and none of the next is before
// it: no row is late at flood control, whichever alert's batch came first.
TEST_F(SentAlertsTest, come_by_event_time_and_before_the_word_of_the_clock) {
  read({R"({"k":"V1","temp":105,"ts":2})", R"({"k":"V2","temp":105,"ts":4})",
        R"({"k":"G1","link":false,"ts":3})", R"({"k":"G2","link":false,"ts":4})"});
  read({R"({"k":"V3","temp":105,"ts":7})", R"({"k":"G3","link":false,"ts":5})"});
  EXPECT_THAT(sent(), ElementsAre("hot V1@2", "link_down G1@3", "hot V2@4", "link_down G2@4",
                                  "link_down G3@5", "until 5"));
  read({R"({"k":"V4","temp":105,"ts":6})", R"({"k":"V5","temp":105,"ts":9})",
        R"({"k":"G4","link":false,"ts":8})", R"({"k":"V9","temp":20,"ts":11})"});
  EXPECT_THAT(sent(), ElementsAre("hot V4@6", "hot V3@7", "link_down G4@8", "hot V5@9", "until 9"));
}

}  // namespace
}  // namespace sitrep
