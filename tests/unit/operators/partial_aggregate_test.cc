// SPDX-License-Identifier: Apache-2.0
// A window in two halves puts out what the whole one does, when the whole one meets the rows where
// the second half does: at the end of each sender's epoch, under the minimum of the senders'
// clocks.
#include "operators/partial_aggregate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/runtime/repartition_record.h"
#include "operators/merged_aggregate.h"
#include "operators/window_aggregate.h"
#include "tests/unit/operators/operator_testing.h"

namespace sitrep {
namespace {

using Late = WindowAggregate::Late;

const Schema& schema() {
  static const Schema kSchema{
      {{"k", Type::kText}, {"id", Type::kBigint}, {"v", Type::kBigint}, {"d", Type::kDouble}}};
  return kSchema;
}

struct Plan {
  std::int64_t width = 10;
  std::int64_t slide = 10;
  bool where = false;
  Late late = Late::kSide;
  std::int64_t lateness = 0;
};

WindowAggregate::Options options_of(const Plan& plan) {
  static const FunctionRegistry kFunctions = [] {
    FunctionRegistry registry;
    sql::add_builtin_functions(registry);
    return registry;
  }();
  const std::string text = concat(
      "SELECT k, v % 2 AS odd, window_start AS s, window_end AS e, count(*) AS n, count(v) AS c, "
      "sum(v) AS sum, avg(v) AS mean, min(k) AS lo, max(v) AS hi, first(id) AS f, last(id) AS l, "
      "count(DISTINCT v) AS different, approx_percentile(d, 0.5) AS median, "
      "stddev(v) AS spread, count(*) FILTER (WHERE v > 2) AS big FROM rows",
      plan.where ? " WHERE v <> 3" : "", " GROUP BY k, v % 2, hop(interval '", plan.width,
      " seconds', interval '", plan.slide, " seconds') HAVING count(*) <> 4");
  const sql::Catalog catalog = [](std::string_view) { return &schema(); };
  const std::vector<std::string> known = {"rows"};
  sql::Diagnostics diagnostics;
  const auto query = sql::bind_query(
      text, {.catalog = catalog, .known_streams = known, .functions = kFunctions}, diagnostics);
  ENSURE(query.has_value(), diagnostics.empty() ? text : diagnostics.front().message);
  const sql::Select& select = query->branches.front();
  return {.where = select.where,
          .grouping = *select.grouping,
          .projections = select.projections,
          .late = plan.late,
          .allowed_lateness = plan.lateness * kMicrosPerSecond};
}

PartialAggregate::Options first_half(const WindowAggregate::Options& whole) {
  return {.where = whole.where,
          .grouping = whole.grouping,
          .allowed_lateness = whole.allowed_lateness,
          .input = schema()};
}

WindowAggregate::Options second_half(const WindowAggregate::Options& whole) {
  WindowAggregate::Options out = whole;
  out.where = nullptr;
  out.grouping = merging(whole.grouping);
  return out;
}

class KeptBatches final : public Emitter {
 public:
  void emit(ColumnBatch batch) override { rows.push_back(std::move(batch)); }
  void emit_late(ColumnBatch batch) override { late.push_back(std::move(batch)); }

  std::vector<ColumnBatch> rows;
  std::vector<ColumnBatch> late;
};

/// Doubles agree to nine digits behind the point: sums depend on their order beyond.
std::string rounded_text(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return number == nullptr ? text_of(value) : concat(std::round(*number * 1e9) / 1e9);
}

/// The rows as text, sorted, from column `first` on.
std::vector<std::string> texts(const std::vector<ColumnBatch>& batches, std::size_t first = 0) {
  std::vector<std::string> out;
  for (const ColumnBatch& batch : batches) {
    batch.selection.for_each([&](std::size_t row) {
      const std::vector<Value> values = row_values(batch, row);
      std::string text = concat("at ", batch.meta->event_time[row], " of ",
                                batch.meta->clock_of(row), ":");
      for (std::size_t i = first; i < values.size(); ++i) text += "," + rounded_text(values[i]);
      out.push_back(std::move(text));
    });
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The batch with the receiver's watermark in each row.
ColumnBatch stamped(ColumnBatch batch, const std::map<ClockId, Micros>& watermarks) {
  auto meta = std::make_shared<RowMeta>(*batch.meta);
  for (std::size_t row = 0; row < meta->watermark.size(); ++row) {
    meta->watermark[row] = watermarks.at(meta->clock_of(row));
  }
  batch.meta = std::move(meta);
  return batch;
}

class Play {
 public:
  Play(const Plan& plan, unsigned seed)
      : random_(seed),
        options_(options_of(plan)),
        first_(first_half(options_)),
        second_(second_half(options_)),
        whole_run_([this] { return std::make_unique<WindowAggregate>(options_); }, kClocks),
        second_run_([this] { return std::make_unique<WindowAggregate>(second_); }, kClocks) {
    for (Sender& sender : senders_) {
      sender.run.emplace([this] { return std::make_unique<PartialAggregate>(first_); }, kClocks);
    }
  }

  void play() {
    for (int i = 0; i < 60; ++i) {
      Sender& sender = senders_[below(senders_.size())];
      take_row(sender, i);
      if (below(3) == 0) end_batch(sender);
      if (below(6) == 0) end_epoch(sender);
      if (testing::Test::HasFailure()) return;
    }
    for (Sender& sender : senders_) end_epoch(sender);
    finish();
  }
  std::size_t late_rows() const { return late_rows_; }

 private:
  static const inline std::vector<std::string> kClocks = {"a", "b"};

  struct Sender {
    std::optional<OperatorRun> run;
    BatchBuilder batch{schema()};
    BatchBuilder epoch{schema()};
    std::size_t in_batch = 0;
    std::map<ClockId, Micros> watermarks = {{1, kMinWatermark}, {2, kMinWatermark}};
    std::map<ClockId, Micros> told = watermarks;
  };

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  void take_row(Sender& sender, int id) {
    now_ += static_cast<std::int64_t>(below(6) == 0 ? below(30) : below(4));
    const auto clock = static_cast<ClockId>(1 + below(2));
    const Micros time = (now_ - static_cast<std::int64_t>(below(35))) * kMicrosPerSecond;
    const auto value = static_cast<std::int64_t>(below(7));
    const std::array<Value, 4> cells = {
        Value(concat("x", below(3))), Value(std::int64_t{id}),
        below(5) == 0 ? Value(Null()) : Value(value), Value(static_cast<double>(value) / 2)};
    Micros& watermark = sender.watermarks[clock];
    sender.batch.row(cells, time, watermark, clock);
    sender.epoch.row(cells, time, kMinWatermark, clock);
    ++sender.in_batch;
    watermark = std::max(watermark, time - 2 * kMicrosPerSecond);
  }

  void end_batch(Sender& sender) {
    if (std::exchange(sender.in_batch, 0) == 0) return;
    KeptBatches out;
    ASSERT_TRUE(sender.run->op().process(sender.batch.finish(), out));
    EXPECT_TRUE(out.rows.empty() && out.late.empty()) << "all waits for the end of the epoch";
  }

  void end_epoch(Sender& sender) {
    end_batch(sender);
    KeptBatches sent;
    sender.run->end_epoch(sent);
    const std::map<ClockId, Micros> before = merged();
    KeptBatches halves;
    KeptBatches whole;
    for (ColumnBatch& batch : sent.rows) {
      const auto crossed = cross(std::move(batch));
      ASSERT_TRUE(second_run_.op().process(stamped(crossed, before), halves));
    }
    ASSERT_TRUE(whole_run_.op().process(stamped(sender.epoch.finish(), before), whole));
    sender.told = sender.watermarks;
    advance(halves, whole);
    second_run_.end_epoch(halves);
    whole_run_.end_epoch(whole);
    compare(halves, whole);
    if (below(4) != 0) return;
    second_run_.restart(/*cold=*/below(2) == 0);
    KeptBatches nothing;
    ASSERT_TRUE(second_run_.op().advance(readings(), nothing));
    EXPECT_TRUE(nothing.rows.empty());
  }

  void finish() {
    KeptBatches halves;
    KeptBatches whole;
    ASSERT_TRUE(second_run_.op().finish(halves));
    ASSERT_TRUE(whole_run_.op().finish(whole));
    compare(halves, whole);
  }

  /// Through a repartition topic.
  ColumnBatch cross(ColumnBatch batch) {
    ClockTable clocks;
    for (const std::string& name : kClocks) (void)clocks.intern(name);
    std::vector<Type> types;
    for (const Field& field : PartialAggregate::output_schema(first_).fields) {
      types.push_back(field.type);
    }
    const RepartitionRecord record{.rows = std::move(batch), .words = {}, .settled = false};
    auto read =
        decode_repartition_record(encode_repartition_record(record, clocks), types, clocks);
    EXPECT_TRUE(read) << read.error().message();
    return std::move(read->rows);
  }

  std::map<ClockId, Micros> merged() const {
    std::map<ClockId, Micros> out = senders_[0].told;
    for (const Sender& sender : senders_) {
      for (const auto& [clock, watermark] : sender.told) {
        out[clock] = std::min(out[clock], watermark);
      }
    }
    return out;
  }
  std::vector<ClockReading> readings() const {
    std::vector<ClockReading> out;
    for (const auto& [clock, watermark] : merged()) {
      out.push_back({.clock = clock, .watermark = watermark, .idle = false});
    }
    return out;
  }

  void advance(Emitter& halves, Emitter& whole) {
    ASSERT_TRUE(second_run_.op().advance(readings(), halves));
    ASSERT_TRUE(whole_run_.op().advance(readings(), whole));
  }

  void compare(const KeptBatches& halves, const KeptBatches& whole) {
    EXPECT_EQ(texts(halves.rows), texts(whole.rows));
    EXPECT_EQ(texts(halves.late, PartialAggregate::first_input_column(options_.grouping)),
              texts(whole.late));
    late_rows_ += texts(whole.late).size();
  }

  std::mt19937 random_;
  const WindowAggregate::Options options_;
  const PartialAggregate::Options first_;
  const WindowAggregate::Options second_;
  std::array<Sender, 2> senders_;
  OperatorRun whole_run_;
  OperatorRun second_run_;
  std::int64_t now_ = -20;
  std::size_t late_rows_ = 0;
};

TEST(PartialAggregate, two_halves_are_a_whole) {
  std::size_t late = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
    Plan plan;
    plan.slide = 1 + below(8);
    plan.width = plan.slide * (1 + below(4));
    plan.where = below(3) == 0;
    plan.late = static_cast<Late>(below(3));
    if (plan.late == Late::kUpdate) plan.lateness = below(3) * below(12);
    Play play(plan, seed);
    play.play();
    late += play.late_rows();
    ASSERT_FALSE(testing::Test::HasFailure())
        << "seed " << seed << " width " << plan.width << " slide " << plan.slide << " late "
        << static_cast<int>(plan.late) << " lateness " << plan.lateness;
  }
  EXPECT_GT(late, 100U) << "late rows were tried too";
}

/// A sender alone, with the time of its processing.
class BehindTest : public testing::Test {
 protected:
  static constexpr Micros kSecond = kMicrosPerSecond;

  void SetUp() override {
    options_ = first_half(options_of({}));
    options_.settle_after = 30 * kSecond;
    options_.ahead_max = 5 * kSecond;
    run_.emplace([this] { return std::make_unique<PartialAggregate>(options_); },
                 std::vector<std::string>{"a", "b"});
  }
  void tick(std::int64_t seconds) {
    KeptBatches out;
    ASSERT_TRUE(run_->op().tick(seconds * kSecond, out));
  }
  void idle(ClockId clock, std::int64_t watermark) {
    const ClockReading reading{.clock = clock, .watermark = watermark * kSecond, .idle = true};
    KeptBatches out;
    ASSERT_TRUE(run_->op().advance({&reading, 1}, out));
  }
  /// How a row at `time` crosses whose clock stands at `watermark` before it.
  std::string crosses(ClockId clock, std::int64_t time, std::int64_t watermark) {
    BatchBuilder batch(schema());
    const std::array<Value, 4> cells = {Value(std::string("x")), Value(std::int64_t{7}),
                                        Value(std::int64_t{1}), Value(1.0)};
    batch.row(cells, time * kSecond, watermark * kSecond, clock);
    KeptBatches out;
    EXPECT_TRUE(run_->op().process(batch.finish(), out));
    run_->end_epoch(out);
    EXPECT_EQ(out.rows.size(), 1U);
    const std::vector<Value> row = row_values(out.rows.at(0), 0);
    return is_null(row.at(PartialAggregate::first_input_column(options_.grouping) + 1))
               ? "added up"
               : "alone";
  }

  PartialAggregate::Options options_;
  std::optional<OperatorRun> run_;
};

TEST_F(BehindTest, a_clock_that_returns_crosses_alone_until_it_has_caught_up) {
  tick(1'000);
  EXPECT_EQ(crosses(1, 900, 890), "added up");
  EXPECT_EQ(crosses(2, 900, 890), "added up");
  idle(1, 890);
  tick(2'000);
  EXPECT_EQ(crosses(1, 901, 890), "alone");
  tick(2'100);
  EXPECT_EQ(crosses(1, 2'005, 2'000), "alone") << "the others may be at 2,005 s";
  EXPECT_EQ(crosses(1, 2'010, 2'007), "added up");
  EXPECT_EQ(crosses(2, 901, 890), "added up") << "it was never idle";
}

TEST_F(BehindTest, a_clock_that_is_new_when_nobody_waits_for_it_is_behind) {
  tick(1'000);
  EXPECT_EQ(crosses(1, 900, 890), "added up");
  tick(1'030);
  EXPECT_EQ(crosses(2, 900, 890), "alone");
  EXPECT_EQ(crosses(1, 900, 890), "added up");
}

TEST_F(BehindTest, what_is_behind_survives_a_restart) {
  tick(1'000);
  EXPECT_EQ(crosses(1, 900, 890), "added up");
  EXPECT_EQ(crosses(2, 900, 890), "added up");
  idle(1, 890);
  KeptBatches out;
  run_->end_epoch(out);
  for (const bool cold : {false, true}) {
    run_->restart(cold);
    EXPECT_EQ(crosses(1, 901, 890), "alone") << "before the first tick too";
    tick(3'000);
    EXPECT_EQ(crosses(2, 901, 890), "added up");
  }
}

TEST_F(BehindTest, after_the_end_of_a_bounded_run_every_clock_is) {
  tick(1'000);
  EXPECT_EQ(crosses(1, 900, 890), "added up");
  KeptBatches out;
  ASSERT_TRUE(run_->op().finish(out));
  EXPECT_EQ(crosses(1, 901, 890), "alone");
}

TEST_F(BehindTest, a_forgotten_clock_begins_anew) {
  tick(1'000);
  idle(1, 890);
  EXPECT_EQ(crosses(1, 901, 890), "alone");
  KeptBatches out;
  ASSERT_TRUE(run_->op().forget(1, out));
  EXPECT_EQ(crosses(1, 901, 890), "added up") << "it is new, and new ones are waited for";
  run_->end_epoch(out);
  EXPECT_EQ(run_->image_entries(), 1U);
}

}  // namespace
}  // namespace sitrep
