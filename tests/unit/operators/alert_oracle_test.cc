// SPDX-License-Identifier: Apache-2.0
// The alert rule against a loop over the rows of a key in the order of event time, with random
// rules, rows that arrive in any order inside out_of_orderness, batches, epochs, restarts and
// evictions anywhere: the records are always the same. All keys have one clock, or each its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/sql/query.h"
#include "operators/alert_rule.h"
#include "operators/episode_id.h"
#include "tests/unit/operators/operator_testing.h"
#include "tests/unit/operators/ordered_operator.h"

namespace sitrep {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

struct InputRow {
  std::string key;
  std::int64_t id = 0;
  std::int64_t time = 0;  // seconds since 1970; no two rows of a key have the same
  bool raise = false;
  bool clear = false;
  std::optional<std::string> severity;
};

/// Seconds; kNever where the rule has none.
struct Plan {
  std::int64_t hold_for = 0;
  std::int64_t clear_for = 0;
  std::int64_t renotify_every = kNever;
  std::int64_t expire_after = kNever;
  bool rows_say_severity = false;
  std::int64_t out_of_orderness = 0;
  bool forgets_keys = false;
};

enum class After { kNothing, kEpoch, kEviction, kRestart, kColdRestart };

// --- The oracle

/// What becomes of one key.
class Oracle {
 public:
  /// `rows` by time. Until `end` time is known to have gone on without a row.
  Oracle(const Plan& plan, std::string key, std::int64_t end)
      : plan_(plan), key_(std::move(key)), end_(end) {}

  std::vector<std::string> run(const std::vector<InputRow>& rows) {
    for (const InputRow& row : rows) {
      pass_time(row.time - 1);
      take(row);
    }
    pass_time(end_);
    return records_;
  }

 private:
  enum class Phase { kWell, kAboutToRaise, kUp, kAboutToClear };

  bool is_up() const { return phase_ == Phase::kUp || phase_ == Phase::kAboutToClear; }

  /// Second by second.
  void pass_time(std::int64_t until) {
    for (; now_ <= until; ++now_) happen();
  }
  /// All that is due now.
  void happen() {
    if (phase_ == Phase::kAboutToRaise && now_ == since_ + plan_.hold_for) raise();
    if (phase_ == Phase::kAboutToClear && now_ == since_ + plan_.clear_for) clear();
    if (is_up() && plan_.expire_after != kNever && now_ == raised_at_ + plan_.expire_after) {
      phase_ = Phase::kWell;
      tell("expired", now_, told_);
    }
    if (is_up() && plan_.renotify_every != kNever && now_ > raised_at_ &&
        (now_ - raised_at_) % plan_.renotify_every == 0) {
      tell("renotified", now_, told_);
    }
  }
  void raise() {
    phase_ = Phase::kUp;
    before_ = revision_ > 0 && raised_at_ == now_ ? before_ + 1 : 0;
    raised_at_ = now_;
    revision_ = 0;
    tell("raised", now_, text_);
  }
  /// A row is looked at before what is due at its instant.
  void take(const InputRow& row) {
    now_ = row.time;
    const std::string text = concat("row ", row.id);
    if (phase_ == Phase::kWell && row.raise) {
      phase_ = Phase::kAboutToRaise;
      since_ = now_;
      severity_ = row.severity.value_or("");
      text_ = text;
    } else if (phase_ == Phase::kAboutToRaise) {
      if (!row.raise) phase_ = Phase::kWell;
      text_ = text;
      if (row.raise && row.severity) severity_ = *row.severity;
    } else if (is_up()) {
      const bool clears_at_once = row.clear && plan_.clear_for == 0 && phase_ == Phase::kUp;
      if (row.severity && !clears_at_once) {
        const bool changes = *row.severity != (severity_.empty() ? "warning" : severity_);
        severity_ = *row.severity;
        if (changes) tell("updated", now_, text);
      }
      if (row.clear && phase_ == Phase::kUp) {
        phase_ = Phase::kAboutToClear;
        since_ = now_;
      } else if (!row.clear) {
        phase_ = Phase::kUp;
      }
      text_ = text;
    }
    // What has no delay is not waited for.
    if (phase_ == Phase::kAboutToRaise && plan_.hold_for == 0) raise();
    if (phase_ == Phase::kAboutToClear && plan_.clear_for == 0) clear();
  }
  void clear() {
    phase_ = Phase::kWell;
    tell("cleared", now_, text_);
  }
  void tell(const std::string& change, std::int64_t at, const std::string& text) {
    const bool raised = change == "raised";
    const auto micros = [](std::int64_t seconds) { return seconds * kMicrosPerSecond; };
    // The key of one text column, as docs/formats.md has it.
    std::string group = "\x01";
    for (std::size_t i = 0; i < 4; ++i) group += static_cast<char>(key_.size() >> 8 * i & 0xff);
    records_.push_back(
        concat(episode_id("job", "alert", group + key_, micros(raised_at_), before_), ",",
               ++revision_, ",alert,", key_, ",null,",
               change == "cleared" || change == "expired" ? "cleared" : "active", ",", change, ",",
               micros(at), ",", raised ? concat(micros(since_)) : "null", ",",
               raised ? "null" : concat(micros(raised_at_)), ",",
               severity_.empty() ? "warning" : severity_, ",", text,
               ",null,null,null,null,v1,null"));
    told_ = text;
  }

  const Plan& plan_;
  const std::string key_;
  const std::int64_t end_;
  std::int64_t now_ = -1'000;
  Phase phase_ = Phase::kWell;
  std::int64_t since_ = 0;
  std::int64_t raised_at_ = 0;
  std::uint32_t before_ = 0;
  std::int64_t revision_ = 0;
  std::string severity_;
  std::string text_;
  std::string told_;
  std::vector<std::string> records_;
};

// --- The operator

const Schema& schema() {
  static const Schema kSchema{{{"k", Type::kText},
                               {"id", Type::kBigint},
                               {"up", Type::kBoolean},
                               {"down", Type::kBoolean},
                               {"sev", Type::kText}}};
  return kSchema;
}

AlertRule::Options options_of(const Plan& plan) {
  static const FunctionRegistry kFunctions;
  const sql::Catalog catalog = [](std::string_view) { return &schema(); };
  const std::vector<std::string> known = {"rows"};
  sql::Diagnostics diagnostics;
  const auto query = sql::bind_query(
      "SELECT up, down, sev FROM rows",
      {.catalog = catalog, .known_streams = known, .functions = kFunctions}, diagnostics);
  ENSURE(query.has_value(), "the query is not understood");
  const auto& columns = query->branches.front().projections;
  const auto time = [](std::int64_t seconds) {
    return seconds == kNever ? std::nullopt : std::optional(seconds * kMicrosPerSecond);
  };
  AlertIdentity identity;
  identity.job = "job";
  identity.name = "alert";
  identity.version = "v1";
  identity.text = {{.literal = "row ", .column = {}}, {.literal = {}, .column = 1}};
  identity.renotify_every = time(plan.renotify_every);
  identity.expire_after = time(plan.expire_after);
  identity.key_columns = {0};
  identity.key_text = [](const ColumnBatch& batch, std::size_t row, std::string& out) {
    out = batch.column(0).texts()[row];
  };
  return {.identity = identity,
          .raise = columns[0],
          .clear = columns[1],
          .severity = plan.rows_say_severity ? columns[2] : nullptr,
          .hold_for = plan.hold_for * kMicrosPerSecond,
          .clear_for = plan.clear_for * kMicrosPerSecond,
          .forgets_keys = plan.forgets_keys};
}

/// The rule behind what puts its rows in order.
std::unique_ptr<Operator> make_rule(const AlertRule::Options& options) {
  return std::make_unique<OrderedOperator>(
      EventOrder::Options{.input = schema(), .read = {0, 1, 2, 3, 4}},
      std::make_unique<AlertRule>(options));
}

/// The records of each key, in the order in which they came.
using Records = std::map<std::string, std::vector<std::string>>;

void add_to(Records& records, const KeptRows& out) {
  EXPECT_TRUE(out.late.empty());
  for (const KeptRows::Row& row : out.rows) {
    const std::size_t key = row.text.find(",alert,") + 7;
    records[row.text.substr(key, row.text.find(',', key) - key)].push_back(row.text);
  }
}

constexpr int kKeys = 3;

enum class Clocks { kOne, kPerKey };

ClockId clock_of(const InputRow& row, Clocks clocks) {
  return clocks == Clocks::kOne ? 0 : static_cast<ClockId>(row.key.back() - '0' + 1);
}

struct Played {
  Records records;
  std::vector<std::int64_t> watermarks;  // by clock
};

/// `after[i]` follows row i, nullopt where the batch goes on.
Played play(const Plan& plan, const std::vector<InputRow>& rows,
            const std::vector<std::optional<After>>& after, Clocks clocks) {
  const AlertRule::Options options = options_of(plan);
  OperatorRun run([&options] { return make_rule(options); }, {"k0", "k1", "k2"});
  BatchBuilder builder(schema());
  Played played;
  std::vector<Micros> watermarks(kKeys + 1, kMinWatermark);
  const auto readings = [&] {
    std::vector<ClockReading> out;
    for (ClockId clock = 0; clock < watermarks.size(); ++clock) {
      if (watermarks[clock] == kMinWatermark) continue;
      out.push_back({.clock = clock, .watermark = watermarks[clock], .idle = false});
    }
    return out;
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const InputRow& row = rows[i];
    const Value cells[] = {row.key, row.id, row.raise, row.clear,
                           row.severity ? Value(*row.severity) : Value(Null())};
    Micros& watermark = watermarks[clock_of(row, clocks)];
    builder.row(cells, row.time * kMicrosPerSecond, watermark, clock_of(row, clocks));
    watermark =
        std::max(watermark, (row.time - plan.out_of_orderness) * kMicrosPerSecond);
    if (!after[i]) continue;
    KeptRows out;
    EXPECT_TRUE(run.op().process(builder.finish(), out));
    EXPECT_TRUE(run.op().advance(readings(), out));
    if (*after[i] != After::kNothing) run.end_epoch(out);
    if (*after[i] == After::kEviction) run.evict();
    if (*after[i] == After::kRestart || *after[i] == After::kColdRestart) {
      run.restart(/*cold=*/*after[i] == After::kColdRestart);
      EXPECT_TRUE(run.op().advance(readings(), out));
    }
    add_to(played.records, out);
  }
  KeptRows out;
  EXPECT_TRUE(run.op().finish(out));
  add_to(played.records, out);
  for (const Micros watermark : watermarks) {
    played.watermarks.push_back(watermark / kMicrosPerSecond);
  }
  return played;
}

class AlertOracleTest : public testing::TestWithParam<unsigned> {
 protected:
  void play_and_compare(Clocks clocks);
};

void AlertOracleTest::play_and_compare(Clocks clocks) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  Plan plan;
  plan.hold_for = below(2) * below(10);
  plan.clear_for = below(2) * below(10);
  if (below(2) == 0) plan.renotify_every = 1 + below(12);
  if (below(2) == 0) plan.expire_after = 1 + below(30);
  plan.rows_say_severity = below(2) == 0;
  plan.out_of_orderness = below(3) * below(8);
  plan.forgets_keys = GetParam() % 2 == 0;
  std::vector<InputRow> rows;
  std::int64_t now = -20;
  const std::int64_t count = 5 + below(60);
  for (std::int64_t id = 0; id < count; ++id) {
    now += 1 + (below(8) == 0 ? below(40) : below(4));
    const std::int64_t level = below(10);
    InputRow row{.key = concat("k", below(kKeys)),
                 .id = id,
                 .time = now,
                 .raise = level > 5,
                 .clear = level < 3,
                 .severity = {}};
    const char* const severities[] = {"info", "warning", "critical"};
    if (plan.rows_say_severity && below(3) > 0) row.severity = severities[below(3)];
    rows.push_back(row);
  }
  // Any order that keeps each row within the bound: by time and some lateness.
  std::vector<std::pair<std::int64_t, InputRow>> shuffled;
  for (const InputRow& row : rows) {
    shuffled.emplace_back(row.time + below(plan.out_of_orderness + 1), row);
  }
  std::stable_sort(shuffled.begin(), shuffled.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<InputRow> arriving;
  std::vector<std::optional<After>> after;
  for (const auto& [at, row] : shuffled) {
    arriving.push_back(row);
    after.push_back(below(4) == 0 ? std::optional(static_cast<After>(below(5))) : std::nullopt);
  }
  after.back() = static_cast<After>(below(5));

  const Played played = play(plan, arriving, after, clocks);
  Records expected;
  for (int number = 0; number < kKeys; ++number) {
    const std::string key = concat("k", number);
    std::vector<InputRow> mine;
    for (const InputRow& row : rows) {
      if (row.key == key) mine.push_back(row);
    }
    if (mine.empty()) continue;
    // A row of another key of its clock shows that time went on up to before it.
    const InputRow& last = clocks == Clocks::kOne ? rows.back() : mine.back();
    const std::int64_t end =
        std::max(played.watermarks[clock_of(last, clocks)], last.time - 1);
    auto records = Oracle(plan, key, end).run(mine);
    if (!records.empty()) expected[key] = std::move(records);
  }
  EXPECT_EQ(played.records, expected);
}

TEST_P(AlertOracleTest, records_are_those_of_rows_in_order) { play_and_compare(Clocks::kOne); }

TEST_P(AlertOracleTest, records_are_those_of_rows_in_order_where_each_key_has_a_clock) {
  play_and_compare(Clocks::kPerKey);
}

TEST(AlertReminders, follow_settings_that_changed_at_a_restart) {
  const AlertRule::Options before = options_of({.renotify_every = 10});
  const AlertRule::Options after = options_of({.renotify_every = 15});
  const AlertRule::Options* options = &before;
  OperatorRun run([&options] { return make_rule(*options); }, {});
  const auto advance_to = [&](std::int64_t second) {
    const ClockReading reading{
        .clock = 0, .watermark = second * kMicrosPerSecond, .idle = false};
    KeptRows out;
    EXPECT_TRUE(run.op().advance({&reading, 1}, out));
    std::vector<Micros> times;
    for (const KeptRows::Row& row : out.rows) times.push_back(row.event_time / kMicrosPerSecond);
    return times;
  };
  BatchBuilder builder(schema());
  const Value cells[] = {Value("k"), Value(std::int64_t{1}), Value(true), Value(false),
                         Value(Null())};
  KeptRows out;
  ASSERT_TRUE(run.op().process(builder.row(cells, 0, kMinWatermark).finish(), out));
  EXPECT_EQ(advance_to(5), std::vector<Micros>({0}));
  run.end_epoch(out);
  options = &after;
  run.restart(/*cold=*/false);
  EXPECT_EQ(advance_to(40), std::vector<Micros>({15, 30}));
}

/// A key that is well is forgotten only when the watermark has reached its last row: not before, if
/// the clock was idle.
TEST(AlertKeys, last_word_of_an_idle_clock_is_known_when_older_rows_follow) {
  const AlertRule::Options options = options_of({.forgets_keys = true});
  OperatorRun run([&options] { return make_rule(options); }, {});
  BatchBuilder builder(schema());
  const auto play_row = [&](std::int64_t second, bool raise, bool idle) {
    const Value cells[] = {Value("k"), Value(second), Value(raise), Value(!raise), Value(Null())};
    const ClockReading reading{.clock = 0, .watermark = 35 * kMicrosPerSecond, .idle = idle};
    KeptRows out;
    EXPECT_TRUE(run.op().process(
        builder.row(cells, second * kMicrosPerSecond, 35 * kMicrosPerSecond).finish(), out));
    EXPECT_TRUE(run.op().advance({&reading, 1}, out));
    return out.rows.size();
  };
  EXPECT_EQ(play_row(40, false, true), 0U);
  EXPECT_EQ(play_row(36, false, true), 0U);
  EXPECT_EQ(play_row(38, true, true), 0U);
  EXPECT_EQ(run.counted("stale_rows"), 2U);
}

TEST(AlertKeys, rows_of_keys_that_are_well_do_not_ask_the_image_after_a_restart) {
  const AlertRule::Options options = options_of({.forgets_keys = true});
  OperatorRun run([&options] { return make_rule(options); }, {});
  BatchBuilder builder(schema());
  const auto play_row = [&](const std::string& key, std::int64_t second, bool raise) {
    const Value cells[] = {key, second, raise, !raise, Null()};
    const Micros time = second * kMicrosPerSecond;
    const ClockReading reading{.clock = 0, .watermark = time, .idle = false};
    KeptRows out;
    EXPECT_TRUE(run.op().process(builder.row(cells, time, time - 1).finish(), out));
    EXPECT_TRUE(run.op().advance({&reading, 1}, out));
    return out.rows.size();
  };
  EXPECT_EQ(play_row("ill", 1, true), 1U);
  KeptRows out;
  run.end_epoch(out);
  run.restart(/*cold=*/true);
  EXPECT_EQ(play_row("well 1", 2, false), 0U);
  const std::size_t reads = run.image_reads();
  EXPECT_EQ(play_row("well 2", 3, false), 0U);
  EXPECT_EQ(play_row("ill", 4, false), 1U);
  EXPECT_EQ(run.image_reads(), reads);
}

TEST(AlertVersion, episode_goes_on_under_the_rule_that_a_restart_brings) {
  const AlertRule::Options before = options_of({});
  AlertRule::Options after = options_of({});
  after.identity.version = "v2";
  const AlertRule::Options* options = &before;
  OperatorRun run([&options] { return make_rule(*options); }, {});
  BatchBuilder builder(schema());
  const auto texts_of = [&](std::int64_t second, bool raise) {
    const Value cells[] = {Value("k"), Value(second), Value(raise), Value(!raise), Value(Null())};
    builder.row(cells, second * kMicrosPerSecond, kMinWatermark);
    const ClockReading reading{
        .clock = 0, .watermark = second * kMicrosPerSecond, .idle = false};
    KeptRows out;
    EXPECT_TRUE(run.op().process(builder.finish(), out));
    EXPECT_TRUE(run.op().advance({&reading, 1}, out));
    run.end_epoch(out);
    std::vector<std::string> texts;
    for (const KeptRows::Row& row : out.rows) texts.push_back(row.text);
    return texts;
  };
  const std::string id = episode_id("job", "alert", std::string("\1\1\0\0\0k", 6), 0, 0);
  EXPECT_EQ(texts_of(0, /*raise=*/true),
            std::vector({id + ",1,alert,k,null,active,raised,0,0,null,warning,row 0,null,null,"
                              "null,null,v1,null"}));
  options = &after;
  run.restart(/*cold=*/false);
  EXPECT_EQ(texts_of(5, /*raise=*/false),
            std::vector({id + ",2,alert,k,null,cleared,cleared,5000000,null,0,warning,row 5,null,"
                              "null,null,null,v2,null"}));
}

INSTANTIATE_TEST_SUITE_P(Seeds, AlertOracleTest, testing::Range(1U, 301U));

}  // namespace
}  // namespace sitrep
