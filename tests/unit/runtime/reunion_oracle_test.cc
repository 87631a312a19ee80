// SPDX-License-Identifier: Apache-2.0
// What a source gives that comes together again on several ways, read in batches of any size,
// against the same job read row by row.
#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/task.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

constexpr std::string_view kSources = R"(job: fleet
kafka: {brokers: nowhere}
sources:
  cars:
    topics: #
    columns: &columns
      k: {type: text, required: true}
      camp: {type: text, required: true}
      ts: {type: timestamp, unit: s, required: true}
      v: bigint
    partitioned_by: k
    time: &time {column: ts, out_of_orderness: 2s, max_future_skew: 100000d, idle_after: 20s%}
  trucks:
    topic: trucks
    columns: *columns
    partitioned_by: k
    time: *time
tables:
  owners:
    topic: owners
    columns: {k: text, owner: text}
    key: k
)";

/// Behind a stream `u` of k, kind and v: a sink, a window, an alert, and a stream of it in order.
constexpr std::string_view kReaders = R"(  out:
    sql: SELECT k, kind, v, k || kind AS name FROM u WHERE v <> 13
    to: {topic: out, key: k}
  counts:
    sql: |
      SELECT k, window_end AS e, count(*) AS n, first(kind) AS a, last(kind) AS z, sum(v) AS sum
      FROM u GROUP BY k, tumble(interval '5 seconds')
    late: {policy: side, topic: late}
    to: {topic: counts, key: k}
alerts:
  high:
    from: u
    key: k
    raise: v > 12 AND kind <> 'low'
    for: 2s
    text: "{k} {kind} at {v}"
    late: {policy: drop}
    to: {topic: alerts}
)";

struct Shape {
  std::string_view name;
  std::string_view union_of;
  /// Ways stand in the statement as their streams are declared: row by row, a task takes these.
  bool in_order_of_streams = true;
};

constexpr Shape kShapes[] = {
    {"two ways", R"(streams:
  u:
    sql: |
      SELECT k, 'high' AS kind, v FROM cars WHERE v > 10
      UNION ALL SELECT k, camp, v FROM cars WHERE v < 15
    to: {topic: u, key: k}
)"},
    {"three ways, of which one lets nothing through", R"(streams:
  u:
    sql: |
      SELECT k, camp AS kind, v FROM cars
      UNION ALL SELECT k, 'none', v FROM cars WHERE v > 1000
      UNION ALL SELECT k, camp || 'low', v * 2 FROM cars WHERE k = 'a'
    to: {topic: u, key: k}
)"},
    {"a union of a union", R"(streams:
  some_rows:
    sql: |
      SELECT k, 'odd' AS kind, v FROM cars WHERE v % 2 = 1
      UNION ALL SELECT k, 'big', v FROM cars WHERE v > 9
    to: {topic: some_rows, key: k}
  u:
    sql: |
      SELECT k, kind, v FROM some_rows WHERE v <> 7
      UNION ALL SELECT k, 'any', v FROM cars WHERE v > 5
    to: {topic: u, key: k}
)"},
    {"a union of which the statement has another order than the streams", R"(streams:
  some_rows:
    sql: |
      SELECT k, 'odd' AS kind, v FROM cars WHERE v % 2 = 1
      UNION ALL SELECT k, 'big', v FROM cars WHERE v > 9
    to: {topic: some_rows, key: k}
  u:
    sql: |
      SELECT k, 'any' AS kind, v FROM cars WHERE v > 5
      UNION ALL SELECT k, kind, v FROM some_rows WHERE v <> 7
      UNION ALL SELECT k, kind || '!', v FROM some_rows
    to: {topic: u, key: k}
)", /*in_order_of_streams=*/false},
    {"another source between the ways", R"(streams:
  u:
    sql: |
      SELECT k, 'low' AS kind, v FROM cars WHERE v < 12
      UNION ALL SELECT k, 'truck', v FROM trucks
      UNION ALL SELECT k, camp, v FROM cars WHERE v > 6
    to: {topic: u, key: k}
)"},
    {"two sources, each on two ways", R"(streams:
  moving:
    sql: SELECT k, 'car' AS kind, v FROM cars UNION ALL SELECT k, 'truck', v FROM trucks
  u:
    sql: |
      SELECT k, kind, v FROM moving WHERE v > 6
      UNION ALL SELECT k, kind || '2', v FROM moving WHERE v < 12
    to: {topic: u, key: k}
)"},
    {"ways with a table", R"(streams:
  u:
    sql: |
      SELECT c.k, o.owner AS kind, v FROM cars c JOIN owners o ON o.k = c.k
      UNION ALL SELECT c.k, coalesce(o.owner, 'nobody'), v FROM cars c
        LEFT JOIN owners o ON o.k = c.k WHERE v > 8
    to: {topic: u, key: k}
)"},
    {"a way with another clock, which is read row by row", R"(streams:
  moving:
    sql: SELECT k, 'car' AS kind, v FROM cars UNION ALL SELECT k, 'truck', v FROM trucks
  u:
    sql: |
      SELECT k, kind, v FROM moving WHERE v > 6
      UNION ALL SELECT k, kind || '2', v FROM moving WHERE v < 12
      UNION ALL SELECT k, 'low', v FROM cars
    to: {topic: u, key: k}
)"},
};

/// How the sources are read.
struct Sources {
  std::string_view name;
  std::string_view topics_of_cars = "[cars]";
  std::string_view clock = "";
};

std::string job_of(const Shape& shape, const Sources& how) {
  std::string sources(kSources);
  sources.replace(sources.find('#'), 1, how.topics_of_cars);
  sources.replace(sources.find('%'), 1, how.clock);
  return concat(sources, shape.union_of, kReaders);
}

/// One call of a task, or a row for one.
struct Step {
  enum class Kind { kRow, kTick, kEpoch };
  Kind kind = Kind::kRow;
  std::string topic = {};
  std::string row = {};
  Micros now = 0;
};

std::vector<Step> random_steps(std::mt19937& random) {
  const auto below = [&](int bound) { return static_cast<int>(random() % unsigned(bound)); };
  std::vector<Step> steps;
  Micros now = 0;
  int second = 10;
  while (steps.size() < 120) {
    const int what = below(30);
    if (what == 0) {
      now += below(25) * kMicrosPerSecond;
      steps.push_back({.kind = Step::Kind::kTick, .now = now});
    } else if (what == 1) {
      steps.push_back({.kind = Step::Kind::kEpoch});
    } else if (what == 2) {
      steps.push_back({.topic = "owners",
                       .row = concat(R"({"k":")", below(2) == 0 ? "a" : "b", R"(","owner":"o)",
                                     below(9), R"("})"),
                       .now = now});
    } else {
      // Mostly several rows of one source after each other.
      const int one_of = below(6);
      const std::string topic = one_of == 0 ? "trucks" : one_of == 1 ? "vans" : "cars";
      for (int left = 1 + below(9); left > 0; --left) {
        second += below(2);
        steps.push_back({.topic = topic,
                         .row = concat(R"({"k":")", below(2) == 0 ? "a" : "b", R"(","camp":"c)",
                                       below(2), R"(","v":)", below(20), R"(,"ts":)",
                                       second - below(5), "}"),
                         .now = now});
      }
    }
  }
  steps.push_back({.kind = Step::Kind::kEpoch});
  return steps;
}

/// What an epoch writes: the records of each topic, in order; of each key of a topic where keys
/// have clocks of their own, among which there is no order.
using Written = std::map<std::string, std::vector<std::string>>;

/// A task that is taken through the steps, in batches of up to so many rows.
class TaskRun {
 public:
  TaskRun(const Topology& topology, bool by_key = false)
      : stage_(topology.stages.at(0)), by_key_(by_key) {
    for (const auto& [topic, creation] : topology.output_topics) {
      topics_.emplace(topic, TopicId(static_cast<std::uint32_t>(names_.size())));
      names_.push_back(topic);
    }
  }

  std::vector<Written> written(const std::vector<Step>& steps, std::size_t batch_rows) {
    open();
    std::vector<Written> epochs;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Step& step = steps[i];
      if (step.kind == Step::Kind::kTick) {
        ENSURE(task_->tick(step.now), "the tick fails");
      } else if (step.kind == Step::Kind::kEpoch) {
        epochs.push_back(close());
      } else {
        std::size_t count = 1;
        while (count < batch_rows && i + count < steps.size() &&
               steps[i + count].topic == step.topic) {
          ++count;
        }
        read(std::span(steps).subspan(i, count));
        i += count - 1;
      }
    }
    ENSURE(task_->finish(), "the end fails");
    epochs.push_back(close());
    return epochs;
  }

 private:
  void open() {
    auto made = Task::make({.stage = &stage_,
                            .partition = PartitionId(0),
                            .topics = &topics_,
                            .dead_letter_topic = {},
                            .cold = nullptr,
                            .metrics = &metrics_,
                            .now = 0});
    ENSURE(made.has_value(), made.error().message());
    task_ = *std::move(made);
    const std::size_t inputs = task_->inputs().size();
    const std::vector<std::optional<Offset>> no_ends(inputs);
    next_.assign(inputs, Offset(0));
    ENSURE(task_->start(std::nullopt, next_, no_ends, 0), "the task does not start");
  }

  void read(std::span<const Step> rows) {
    std::size_t input = 0;
    while (input < task_->inputs().size() && task_->inputs()[input].topic != rows.front().topic) {
      ++input;
    }
    if (input == task_->inputs().size()) return;  // a job without this topic
    RecordBatch records;
    for (const Step& row : rows) {
      records.append({.offset = next_[input],
                      .timestamp = 0,
                      .key = std::nullopt,
                      .value = row.row,
                      .headers = {}});
      ++next_[input];
    }
    ENSURE(task_->process(input, records, next_[input], rows.front().now), "the task fails");
  }

  Written close() {
    const auto part = task_->close_epoch();
    ENSURE(part.has_value(), "the epoch does not close");
    Written out;
    for (const OutputRecord& record : part->outputs.records()) {
      std::string text = concat(record.key.value_or("-"), " ", record.value.value_or("-"));
      for (const HeaderView& header : record.headers) {
        text += concat(" ", header.name, "=", header.value.value_or("-"));
      }
      const std::string& topic = names_[record.topic.value()];
      out[by_key_ ? concat(topic, " of ", record.key.value_or("-")) : topic].push_back(
          std::move(text));
    }
    return out;
  }

  const Stage stage_;
  const bool by_key_;
  TopicNumbers topics_;
  std::vector<std::string> names_;
  MetricsRegistry metrics_;
  std::unique_ptr<Task> task_;
  std::vector<Offset> next_;
};

/// The job as it is when no operator says that it is row-wise: sources are read row by row.
Topology read_row_by_row(Topology topology) {
  for (Stage& stage : topology.stages) {
    for (OperatorNode& node : stage.nodes) node.row_wise = false;
  }
  return topology;
}

class ReunionOracle : public testing::TestWithParam<Sources> {};

TEST_P(ReunionOracle, batches_of_any_size_give_what_single_rows_give) {
  for (const Shape& shape : kShapes) {
    const Topology topology = topology_of(job_of(shape, GetParam()));
    ASSERT_EQ(topology.stages.size(), 1);
    const bool by_key = !GetParam().clock.empty();
    TaskRun plain(shape.in_order_of_streams ? read_row_by_row(topology) : topology, by_key);
    TaskRun whole(topology, by_key);
    for (unsigned seed = 1; seed <= 6; ++seed) {
      std::mt19937 random(seed);
      const std::vector<Step> steps = random_steps(random);
      const std::vector<Written> expected = plain.written(steps, 1);
      for (const std::size_t batch_rows : {1, 2, 3, 5, 1000}) {
        SCOPED_TRACE(concat(shape.name, ", seed ", seed, ", batches of ", batch_rows));
        ASSERT_EQ(whole.written(steps, batch_rows), expected);
        ASSERT_EQ(plain.written(steps, batch_rows), expected);
      }
    }
  }
}

constexpr std::string_view kClockPerKey = ", clock: {per: k}, clock_expire: 60s";

INSTANTIATE_TEST_SUITE_P(
    Sources, ReunionOracle,
    testing::Values(Sources{.name = "one_clock"},
                    Sources{.name = "clock_per_key", .clock = kClockPerKey},
                    Sources{.name = "two_topics", .topics_of_cars = "[cars, vans]"},
                    Sources{.name = "two_topics_and_clock_per_key",
                            .topics_of_cars = "[cars, vans]",
                            .clock = kClockPerKey}),
    [](const auto& sources) { return std::string(sources.param.name); });

// Streams are declared in another order than the statement has them in.
TEST(Reunion, rows_of_one_source_row_come_in_the_order_of_the_statement) {
  constexpr Shape kShape = {"", R"(streams:
  first:
    sql: SELECT k, 'first' AS kind, v FROM cars WHERE v > 2
  second:
    sql: SELECT k, 'second' AS kind, v FROM cars
  u:
    sql: SELECT k, kind, v FROM second UNION ALL SELECT k, kind, v FROM first
    to: {topic: u, key: k}
)"};
  TaskRun run(topology_of(job_of(kShape, {.name = ""})));
  const std::vector<Step> steps = {
      {.topic = "cars", .row = R"({"k":"a","camp":"c","v":3,"ts":1})"},
      {.topic = "cars", .row = R"({"k":"a","camp":"c","v":1,"ts":2})"},
      {.topic = "cars", .row = R"({"k":"b","camp":"c","v":4,"ts":2})"}};
  for (const std::size_t batch_rows : {1, 2, 3}) {
    EXPECT_THAT(run.written(steps, batch_rows).back().at("u"),
                ElementsAre(R"(a {"k":"a","kind":"second","v":3})",
                            R"(a {"k":"a","kind":"first","v":3})",
                            R"(a {"k":"a","kind":"second","v":1})",
                            R"(b {"k":"b","kind":"second","v":4})",
                            R"(b {"k":"b","kind":"first","v":4})"));
  }
}

}  // namespace
}  // namespace sitrep
