// SPDX-License-Identifier: Apache-2.0
// The operator of windows, against a loop over the rows. Cases in tests/unit/cli try whole jobs;
// here the operator is alone, so that late: update, where batches and epochs are cut, restarts and
// evictions can be tried in every combination, step by step.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "operators/window_aggregate.h"
#include "tests/unit/operators/operator_testing.h"

namespace sitrep {
namespace {

using Late = WindowAggregate::Late;

constexpr std::int64_t kNoRow = std::numeric_limits<std::int64_t>::min();

struct InputRow {
  int clock = 1;  // 1: "a", 2: "b"
  std::string key;
  std::int64_t id = 0;
  std::int64_t time = 0;  // seconds since 1970
  std::optional<std::int64_t> value;
};

struct Plan {
  std::int64_t width = 10;
  std::int64_t slide = 10;
  std::int64_t offset = 0;
  bool where = false;   // v <> 3, which a null does not pass
  bool having = false;  // count(*) > 1
  Late late = Late::kSide;
  std::int64_t lateness = 0;  // with kUpdate
};

/// What follows a batch.
enum class After { kNothing, kEpoch, kEviction, kRestart, kColdRestart };

/// An input, as it is cut: `after[i]` follows row i, nullopt where the batch goes on.
struct Input {
  std::int64_t out_of_orderness = 0;
  std::vector<InputRow> rows;
  std::vector<std::optional<After>> after;
};

/// What one batch and the end of the epoch behind it put out, and the end of the input (the last).
struct Step {
  std::vector<std::string> batch;
  std::vector<std::string> epoch;
  std::vector<std::string> late;

  friend bool operator==(const Step&, const Step&) = default;
};

std::string text_of(std::optional<std::int64_t> value) { return value ? concat(*value) : "null"; }

std::string text_of(const Plan& plan, const Input& input) {
  std::string out = concat("width ", plan.width, " slide ", plan.slide, " offset ", plan.offset,
                           plan.where ? " WHERE" : "", plan.having ? " HAVING" : "", " late ",
                           static_cast<int>(plan.late), " lateness ", plan.lateness,
                           " out_of_orderness ", input.out_of_orderness, "\n");
  for (std::size_t i = 0; i < input.rows.size(); ++i) {
    const InputRow& row = input.rows[i];
    out += concat("  clock ", row.clock, " key ", row.key, " id ", row.id, " time ", row.time,
                  " v ", text_of(row.value));
    if (input.after[i]) out += concat(" | after: ", static_cast<int>(*input.after[i]));
    out += "\n";
  }
  return out;
}

std::string text_of(const std::vector<Step>& steps) {
  std::string out;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    out += concat("  step ", i, "\n");
    for (const std::string& row : steps[i].batch) out += concat("    batch ", row, "\n");
    for (const std::string& row : steps[i].epoch) out += concat("    epoch ", row, "\n");
    for (const std::string& row : steps[i].late) out += concat("    late  ", row, "\n");
  }
  return out;
}

// --- The oracle: rows are kept, and looped over whenever a result is due.

class Oracle {
 public:
  Oracle(const Plan& plan, const Input& input) : plan_(plan), input_(input) {}

  std::vector<Step> run() {
    Step step;
    for (std::size_t i = 0; i < input_.rows.size(); ++i) {
      take(input_.rows[i], step);
      if (!input_.after[i]) continue;
      for (auto& [clock, at] : watermark_) reach(clock, at, step.batch);
      if (*input_.after[i] != After::kNothing) emit_corrections(step.epoch);
      close(step);
    }
    emit_corrections(step.batch);
    for (auto& [clock, at] : watermark_) reach(clock, 1'000'000, step.batch);
    close(step);
    return steps_;
  }

 private:
  struct Window {
    std::vector<InputRow> rows;
    bool fired = false;
    std::set<std::string> corrected;  // keys
    std::map<std::string, int> emitted;
  };

  void take(const InputRow& row, Step& step) {
    std::int64_t& at = watermark_.try_emplace(row.clock, kNoRow).first->second;
    const std::int64_t before = at;
    at = std::max(at, row.time - input_.out_of_orderness);
    if (plan_.where && row.value.value_or(3) == 3) return;
    reach(row.clock, before, step.batch);
    bool entered = false;
    for (std::int64_t start = plan_.offset - 1000 * plan_.slide; start <= row.time;
         start += plan_.slide) {
      const std::int64_t end = start + plan_.width;
      if (end <= row.time) continue;
      if (before != kNoRow && end + plan_.lateness <= before) continue;
      entered = true;
      Window& window = windows_[{row.clock, end}];
      window.rows.push_back(row);
      if (before == kNoRow || end > before) continue;
      window.fired = true;
      window.corrected.insert(row.key);
    }
    if (entered || plan_.late == Late::kDrop) return;
    step.late.push_back(
        concat("k", ",", row.key, ",", row.id, ",", text_of(row.value)));
  }

  /// The clock has come to `at`.
  void reach(int clock, std::int64_t at, std::vector<std::string>& out) {
    for (auto& [name, window] : windows_) {
      const auto& [of, end] = name;
      if (of != clock || end > at) continue;
      if (!window.fired) {
        std::set<std::string> keys;
        for (const InputRow& row : window.rows) keys.insert(row.key);
        for (const std::string& key : keys) emit(end, key, window, out);
        window.fired = true;
      }
      if (end + plan_.lateness > at) continue;
      for (const std::string& key : window.corrected) emit(end, key, window, out);
      window.corrected.clear();
    }
  }

  void emit_corrections(std::vector<std::string>& out) {
    for (auto& [name, window] : windows_) {
      for (const std::string& key : window.corrected) emit(name.second, key, window, out);
      window.corrected.clear();
    }
  }

  void emit(std::int64_t end, const std::string& key, Window& window,
            std::vector<std::string>& out) {
    std::int64_t count = 0, counted = 0, sum = 0, big = 0;
    std::optional<std::int64_t> low, high;
    const InputRow* first = nullptr;
    const InputRow* last = nullptr;
    for (const InputRow& row : window.rows) {
      if (row.key != key) continue;
      ++count;
      if (first == nullptr || row.time < first->time) first = &row;
      if (last == nullptr || row.time > last->time) last = &row;
      if (!row.value) continue;
      ++counted;
      sum += *row.value;
      if (*row.value > 2) ++big;
      if (!low || *row.value < *low) low = row.value;
      if (!high || *row.value > *high) high = row.value;
    }
    if (plan_.having && count <= 1) return;
    std::string text = concat("k,", key, ",", (end - plan_.width) * kMicrosPerSecond, ",",
                              end * kMicrosPerSecond, ",", count, ",", counted, ",",
                              counted > 0 ? concat(sum) : "null", ",", text_of(low), ",",
                              text_of(high), ",", first->id, ",", last->id, ",", big);
    if (plan_.late == Late::kUpdate) text += concat(",", window.emitted[key]++);
    out.push_back(std::move(text));
  }

  void close(Step& step) {
    std::sort(step.batch.begin(), step.batch.end());
    std::sort(step.epoch.begin(), step.epoch.end());
    steps_.push_back(std::exchange(step, Step()));
  }

  const Plan& plan_;
  const Input& input_;
  std::map<int, std::int64_t> watermark_;
  std::map<std::pair<int, std::int64_t>, Window> windows_;  // by clock and end
  std::vector<Step> steps_;
};

// --- The operator.

const Schema& schema() {
  static const Schema kSchema{
      {{"k", Type::kText}, {"kk", Type::kText}, {"id", Type::kBigint}, {"v", Type::kBigint}}};
  return kSchema;
}

WindowAggregate::Options options_of(const Plan& plan) {
  static const FunctionRegistry kFunctions = [] {
    FunctionRegistry registry;
    sql::add_builtin_functions(registry);
    return registry;
  }();
  const std::string offset =
      plan.offset == 0 ? "" : concat(", interval '", plan.offset, " seconds'");
  const std::string window =
      plan.width == plan.slide
          ? concat("tumble(interval '", plan.width, " seconds'", offset, ")")
          : concat("hop(interval '", plan.width, " seconds', interval '", plan.slide, " seconds'",
                   offset, ")");
  const std::string text = concat(
      "SELECT k, kk, window_start AS s, window_end AS e, count(*) AS n, count(v) AS c, "
      "sum(v) AS sum, min(v) AS lo, max(v) AS hi, first(id) AS f, last(id) AS l, "
      "count(*) FILTER (WHERE v > 2) AS big FROM rows",
      plan.where ? " WHERE v <> 3" : "", " GROUP BY k, kk, ", window,
      plan.having ? " HAVING count(*) > 1" : "");
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

std::vector<std::string> sorted_texts(const std::vector<KeptRows::Row>& rows) {
  std::vector<std::string> out;
  for (const KeptRows::Row& row : rows) out.push_back(row.text);
  std::sort(out.begin(), out.end());
  return out;
}

/// Plays an input, and looks after what must hold whatever comes out.
class Player {
 public:
  Player(const WindowAggregate::Options& options, const Input& input)
      : first_results_only_(options.late != Late::kUpdate),
        input_(input),
        run_([&options] { return std::make_unique<WindowAggregate>(options); }, {"a", "b"}),
        builder_(schema()) {}

  std::vector<Step> play() {
    for (std::size_t i = 0; i < input_.rows.size(); ++i) {
      add(input_.rows[i]);
      if (input_.after[i]) end_batch(*input_.after[i]);
    }
    KeptRows out;
    EXPECT_TRUE(run_.op().finish(out));
    steps_.push_back({.batch = sorted_texts(out.rows), .epoch = {}, .late = {}});
    KeptRows nothing;
    run_.end_epoch(nothing);
    EXPECT_TRUE(nothing.rows.empty());
    // One entry per clock says how far it has closed its windows; all groups are gone.
    EXPECT_LE(run_.image_entries(), watermark_.size());
    return steps_;
  }

 private:
  void add(const InputRow& row) {
    Micros& at = watermark_.try_emplace(row.clock, kMinWatermark).first->second;
    const Micros time = row.time * kMicrosPerSecond;
    const Value cells[] = {Value("k"), Value(row.key), Value(row.id),
                           row.value ? Value(*row.value) : Value(Null())};
    builder_.row(cells, time, at, static_cast<ClockId>(row.clock));
    at = std::max(at, time - input_.out_of_orderness * kMicrosPerSecond);
  }

  std::vector<ClockReading> readings() const {
    std::vector<ClockReading> out;
    for (const auto& [clock, at] : watermark_) {
      out.push_back({.clock = static_cast<ClockId>(clock), .watermark = at, .idle = false});
    }
    return out;
  }

  void end_batch(After after) {
    KeptRows out;
    EXPECT_TRUE(run_.op().process(builder_.finish(), out));
    EXPECT_TRUE(run_.op().advance(readings(), out));
    check_clocks(out.rows);
    Step step{.batch = sorted_texts(out.rows), .epoch = {}, .late = {}};
    for (const KeptRows::Row& row : out.late) step.late.push_back(row.text);
    if (after != After::kNothing) {
      KeptRows corrections;
      run_.end_epoch(corrections);
      step.epoch = sorted_texts(corrections.rows);
    }
    steps_.push_back(std::move(step));
    if (after == After::kEviction) run_.evict();
    if (after == After::kRestart || after == After::kColdRestart) {
      run_.restart(/*cold=*/after == After::kColdRestart);
      KeptRows nothing;
      EXPECT_TRUE(run_.op().advance(readings(), nothing));
      EXPECT_TRUE(nothing.rows.empty()) << "a restart alone makes nothing due";
    }
  }

  /// First results come in order of time and are never late for who reads them; the clock of the
  /// output never goes back and is never ahead of the input's.
  void check_clocks(const std::vector<KeptRows::Row>& rows) {
    if (first_results_only_) {
      std::map<ClockId, Micros> last;
      for (const KeptRows::Row& row : rows) {
        EXPECT_LE(row.watermark, row.event_time);
        EXPECT_LE(output_watermark_.try_emplace(row.clock, kMinWatermark).first->second,
                  row.event_time);
        Micros& before = last.try_emplace(row.clock, row.event_time).first->second;
        EXPECT_LE(before, row.event_time);
        before = row.event_time;
      }
    }
    for (const auto& [clock, at] : watermark_) {
      const auto id = static_cast<ClockId>(clock);
      const Micros now = run_.op().output_watermark(id, at);
      Micros& before = output_watermark_.try_emplace(id, kMinWatermark).first->second;
      EXPECT_LE(now, at);
      EXPECT_GE(now, before);
      before = now;
    }
  }

  const bool first_results_only_;
  const Input& input_;
  OperatorRun run_;
  BatchBuilder builder_;
  std::map<int, Micros> watermark_;
  std::map<ClockId, Micros> output_watermark_;
  std::vector<Step> steps_;
};

/// Empty, or the input with what should and what did come out.
std::string difference(const Plan& plan, const WindowAggregate::Options& options,
                       const Input& input) {
  const std::vector<Step> expected = Oracle(plan, input).run();
  const std::vector<Step> actual = Player(options, input).play();
  if (actual == expected && !testing::Test::HasFailure()) return "";
  return concat("\n", text_of(plan, input), "expected\n", text_of(expected), "actual\n",
                text_of(actual));
}

struct RandomInput {
  Plan plan;
  Input input;
};

RandomInput random_input(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  RandomInput made;
  Plan& plan = made.plan;
  plan.slide = 1 + below(8);
  plan.width = plan.slide * (1 + below(below(2) == 0 ? 4 : 13));
  plan.offset = below(2) == 0 ? 0 : below(static_cast<int>(plan.slide));
  plan.where = below(4) == 0;
  plan.having = below(4) == 0;
  plan.late = below(2) == 0 ? Late::kUpdate : below(2) == 0 ? Late::kSide : Late::kDrop;
  if (plan.late == Late::kUpdate) plan.lateness = below(3) * below(12);
  made.input.out_of_orderness = below(3) * below(5);
  const int clocks = 1 + below(2);
  const int jitter = 1 + below(30);
  const int cut = 1 + below(6);
  std::int64_t now = -30;  // some windows lie before 1970, some across
  const int count = 5 + below(40);
  for (int i = 0; i < count; ++i) {
    now += below(6) == 0 ? below(40) : below(4);
    const std::int64_t value = below(7) - 1;
    made.input.rows.push_back({.clock = 1 + below(clocks),
                               .key = concat("x", below(3)),
                               .id = i,
                               .time = now - below(jitter),
                               .value = below(6) == 0 ? std::nullopt : std::optional(value)});
    made.input.after.push_back(below(cut) == 0 ? std::optional(static_cast<After>(below(5)))
                                               : std::nullopt);
  }
  made.input.after.back() = static_cast<After>(below(5));
  return made;
}

TEST(WindowAggregateOracle, a_correction_holds_no_row_that_was_too_late_for_its_window) {
  const Plan plan{.width = 20, .slide = 10, .late = Late::kUpdate, .lateness = 5};
  Input input;
  // At 12 the window until 10 is over; 6 corrects it; at 17 it is closed for good, so that 7, which
  // shares a pane with 6, counts in the window until 20 only.
  for (const std::int64_t time : {5, 12, 6, 17, 7}) {
    input.rows.push_back({.clock = 1, .key = "x", .id = time, .time = time, .value = 1});
    input.after.push_back(std::nullopt);
  }
  input.after.back() = After::kEpoch;
  const std::vector<Step> expected = {
      {.batch = {"k,x,-10000000,10000000,1,1,1,1,1,5,5,0,0",
                 "k,x,-10000000,10000000,2,2,2,1,1,5,6,0,1"},
       .epoch = {},
       .late = {}},
      {.batch = {"k,x,0,20000000,5,5,5,1,1,5,17,0,0", "k,x,10000000,30000000,2,2,2,1,1,12,17,0,0"},
       .epoch = {},
       .late = {}}};
  EXPECT_EQ(text_of(Player(options_of(plan), input).play()), text_of(expected));
  EXPECT_EQ(difference(plan, options_of(plan), input), "");
}

TEST(WindowAggregateOracle, random_inputs_cut_into_batches_and_epochs) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const RandomInput made = random_input(seed);
    const std::string wrong = difference(made.plan, options_of(made.plan), made.input);
    ASSERT_TRUE(wrong.empty()) << "seed " << seed << wrong;
  }
}

/// Every sequence of four rows over three times and two keys, as one batch and row by row.
void try_all_small_inputs(const Plan& plan, const std::vector<std::int64_t>& times) {
  const WindowAggregate::Options options = options_of(plan);
  const std::optional<After> goes_on;
  const std::vector<std::vector<std::optional<After>>> cuts = {
      {goes_on, goes_on, goes_on, After::kEpoch},
      {After::kRestart, After::kNothing, After::kEviction, After::kColdRestart}};
  for (int sequence = 0; sequence < 6 * 6 * 6 * 6; ++sequence) {
    Input input;
    for (int rest = sequence, i = 0; i < 4; ++i, rest /= 6) {
      input.rows.push_back({.clock = 1,
                            .key = rest % 6 < 3 ? "x" : "y",
                            .id = i,
                            .time = times[static_cast<std::size_t>(rest % 3)],
                            .value = i});
    }
    for (const auto& cut : cuts) {
      input.after = cut;
      const std::string wrong = difference(plan, options, input);
      ASSERT_TRUE(wrong.empty()) << wrong;
    }
  }
}

TEST(WindowAggregateOracle, all_small_inputs_of_tumbling_windows) {
  try_all_small_inputs({.width = 10, .slide = 10}, {-1, 0, 10});
}

TEST(WindowAggregateOracle, all_small_inputs_of_hopping_windows) {
  try_all_small_inputs({.width = 10, .slide = 5}, {-1, 4, 10});
}

TEST(WindowAggregateOracle, all_small_inputs_of_corrected_tumbling_windows) {
  try_all_small_inputs({.width = 10, .slide = 10, .late = Late::kUpdate, .lateness = 10},
                       {-1, 0, 10});
}

TEST(WindowAggregateOracle, all_small_inputs_of_corrected_hopping_windows) {
  try_all_small_inputs({.width = 10, .slide = 5, .late = Late::kUpdate, .lateness = 5},
                       {-1, 4, 10});
}

}  // namespace
}  // namespace sitrep
