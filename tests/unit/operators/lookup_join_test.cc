// SPDX-License-Identifier: Apache-2.0
// The as-of join, against a loop over everything that came: every small input, and seeded large
// ones that are cut, evicted and restarted anywhere.
#include "operators/lookup_join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "engine/api/group_key.h"
#include "tests/unit/operators/operator_testing.h"

namespace sitrep {
namespace {

/// What happens, in the order in which it does. Times are in microseconds, small.
struct Event {
  enum class Kind { kStream, kPut, kDelete, kStreamIdle, kTableIdle };
  Kind kind = Kind::kStream;
  Micros time = 0;
  std::string key = "k";  // empty: null, of a stream row
  ClockId clock = 0;
};

struct Setting {
  bool keeps_unmatched = true;
  Micros history = 100;
  Micros wait = 0;
  Micros out_of_orderness = 0;
  bool shared = false;  // the table is held whole, outside of the operator
};

enum class Cut { kNothing, kBatch, kEpoch, kEviction, kRestart, kColdRestart };

/// A row that came out: the number of the event that it was, and of the version that it saw (-1:
/// none).
struct Joined {
  std::size_t row = 0;
  std::int64_t version = -1;
  Micros watermark = 0;
  ClockId clock = 0;

  auto operator<=>(const Joined&) const = default;
};

void PrintTo(const Joined& joined, std::ostream* out) {
  *out << "#" << joined.row << " sees " << joined.version << " at W " << joined.watermark
       << " of clock " << joined.clock;
}

// --- The oracle: everything is kept, and looped over whenever a row goes out.

class Oracle {
 public:
  Oracle(const Setting& setting, const std::vector<Event>& events)
      : setting_(setting), events_(events) {}

  std::vector<Joined> run() {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const Event& event = events_[i];
      switch (event.kind) {
        case Event::Kind::kStream: take_row(i); break;
        case Event::Kind::kPut:
        case Event::Kind::kDelete:
          table_idle_ = false;
          versions_.push_back(i);
          table_at_ = std::max(table_at_, event.time - setting_.out_of_orderness);
          forget();
          break;
        case Event::Kind::kStreamIdle: release(event.clock, true); break;
        case Event::Kind::kTableIdle: table_idle_ = true; break;
      }
      for (const auto& [clock, at] : at_) release(clock, false);
    }
    for (const auto& [clock, at] : at_) release(clock, true);
    return out_;
  }

 private:
  struct Held {
    std::size_t row;
    Micros place;
  };

  void take_row(std::size_t i) {
    const Event& event = events_[i];
    Micros& at = at_.try_emplace(event.clock, kMinWatermark).first->second;
    const Micros reached = reached_by(event.clock);
    const Micros place = std::max(event.time, reached);
    if (setting_.wait == 0) {
      join(i, at);
    } else if (due(place, at)) {
      join(i, reached);
    } else {
      held_[event.clock].push_back({i, place});
    }
    at = std::max(at, event.time - setting_.out_of_orderness);
  }

  Micros reached_by(ClockId clock) {
    Micros reached = at_.at(clock);
    for (const Held& held : held_[clock]) reached = std::min(reached, held.place);
    return reached;
  }

  bool due(Micros place, Micros at) const {
    if (table_idle_ || (table_at_ != kMinWatermark && place <= table_at_)) return true;
    return at != kMinWatermark && at >= place + setting_.wait;
  }

  void release(ClockId clock, bool all) {
    const Micros at = at_.try_emplace(clock, kMinWatermark).first->second;
    std::vector<Held>& held = held_[clock];
    while (true) {
      const auto sooner = [](const Held& a, const Held& b) {
        return std::tie(a.place, a.row) < std::tie(b.place, b.row);
      };
      const auto next = std::min_element(held.begin(), held.end(), sooner);
      if (next == held.end() || (!all && !due(next->place, at))) return;
      const Held row = *next;
      held.erase(next);
      // Up to the instant before the row, unless it is late there.
      const bool late = events_[row.row].time < row.place;
      join(row.row, std::min(at, late ? row.place : row.place - 1));
    }
  }

  bool is_delete(std::size_t version) const {
    return events_[version].kind == Event::Kind::kDelete;
  }

  /// The newest version of `key` at or before `time`; -1: none.
  std::int64_t newest(const std::string& key, Micros time) const {
    std::int64_t found = -1;
    for (const std::size_t version : versions_) {
      if (events_[version].key != key || events_[version].time > time) continue;
      const bool newer =
          found < 0 || std::tie(events_[static_cast<std::size_t>(found)].time, found) <
                           std::make_tuple(events_[version].time,
                                           static_cast<std::int64_t>(version));
      if (newer) found = static_cast<std::int64_t>(version);
    }
    return found;
  }

  /// Of each key, only the newest version at or before the horizon is kept, and no delete.
  void forget() {
    const Micros horizon = table_at_ - setting_.history;
    std::erase_if(versions_, [&, all = versions_](std::size_t version) {
      const Event& event = events_[version];
      if (event.time > horizon) return false;
      if (is_delete(version)) return true;
      return std::any_of(all.begin(), all.end(), [&](std::size_t other) {
        const bool later = std::tie(event.time, version) < std::tie(events_[other].time, other);
        return events_[other].key == event.key && later && events_[other].time <= horizon;
      });
    });
  }

  void join(std::size_t i, Micros watermark) {
    const Event& row = events_[i];
    std::int64_t seen = newest(row.key, row.time);
    if (seen >= 0 && is_delete(static_cast<std::size_t>(seen))) seen = -1;
    if (seen < 0 && !setting_.keeps_unmatched) return;
    out_.push_back({i, seen, watermark, row.clock});
  }

  const Setting& setting_;
  const std::vector<Event>& events_;
  std::vector<std::size_t> versions_;
  std::map<ClockId, Micros> at_;
  std::map<ClockId, std::vector<Held>> held_;
  Micros table_at_ = kMinWatermark;
  bool table_idle_ = false;
  std::vector<Joined> out_;
};

// --- The operator.

const Schema kStream{{{"id", Type::kBigint}, {"key", Type::kText}}};
const Schema kTable{{{"number", Type::kBigint}, {"name", Type::kText}}};
const Schema kTableWithDeletes{
    {{"number", Type::kBigint}, {"name", Type::kText}, {"_deleted", Type::kBoolean}}};

class Player {
 public:
  Player(const Setting& setting, const std::vector<Event>& events)
      : setting_(setting),
        events_(events),
        run_(
            [&setting] {
              return std::make_unique<LookupJoin>(
                  LookupJoin::Options{.input = kStream,
                                      .table = kTable,
                                      .keys = {1},
                                      .table_keys = {1},
                                      .keeps_unmatched = setting.keeps_unmatched,
                                      .shared = setting.shared,
                                      .history = setting.history,
                                      .wait = setting.wait});
            },
            {"", "a", "b"}),
        shared_({.columns = kTable.size(),
                 .key = {1},
                 .history = setting.history,
                 .out_of_orderness = setting.out_of_orderness}) {
    give_table();
  }

  /// `cuts[i]` follows event i.
  std::vector<Joined> play(const std::vector<Cut>& cuts) {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const Event::Kind kind = events_[i].kind;
      if (kind == Event::Kind::kStream) {
        add_row(i);
      } else if (kind == Event::Kind::kStreamIdle) {
        const Micros at = at_.try_emplace(events_[i].clock, kMinWatermark).first->second;
        const ClockReading idle{events_[i].clock, at, true};
        ENSURE(run_.op().advance({&idle, 1}, kept_), "advance failed");
      } else if (kind == Event::Kind::kTableIdle) {
        table_idle_ = true;
        advance_table();
      } else {
        add_version(i);
      }
      const bool same_input = i + 1 < events_.size() && is_table(i) == is_table(i + 1) &&
                              !is_idle(i) && !is_idle(i + 1);
      if (same_input && cuts[i] == Cut::kNothing) continue;
      end_batch(i);
      cut(cuts[i]);
    }
    ENSURE(run_.op().finish(kept_), "finish failed");
    return joined();
  }

  std::size_t entries_left() {
    run_.end_epoch(kept_);
    return run_.image_entries();
  }

 private:
  bool is_table(std::size_t i) const {
    return events_[i].kind == Event::Kind::kPut || events_[i].kind == Event::Kind::kDelete;
  }
  bool is_idle(std::size_t i) const {
    return events_[i].kind == Event::Kind::kStreamIdle ||
           events_[i].kind == Event::Kind::kTableIdle;
  }

  void add_row(std::size_t i) {
    const Event& event = events_[i];
    Micros& at = at_.try_emplace(event.clock, kMinWatermark).first->second;
    std::vector<Value> cells = {static_cast<std::int64_t>(i), event.key};
    if (event.key.empty()) cells[1] = Null{};
    rows_.row(cells, event.time, at, event.clock);
    at = std::max(at, event.time - setting_.out_of_orderness);
  }

  void add_version(std::size_t i) {
    const Event& event = events_[i];
    table_idle_ = false;
    const bool deleted = event.kind == Event::Kind::kDelete;
    std::vector<Value> cells = {static_cast<std::int64_t>(i), event.key, deleted};
    if (deleted) cells[0] = Null{};
    versions_.row(cells, event.time, table_at_);
    table_at_ = std::max(table_at_, event.time - setting_.out_of_orderness);
  }

  void end_batch(std::size_t i) {
    if (is_idle(i)) return;
    if (is_table(i) && setting_.shared) {
      shared_.add(versions_.finish(), PartitionId(0));
      give_table();
    } else if (is_table(i)) {
      ENSURE(run_.op().process_side(versions_.finish(), kept_), "process_side failed");
      advance_table();
    } else {
      ENSURE(run_.op().process(rows_.finish(), kept_), "process failed");
      advance_stream();
    }
  }

  void give_table() {
    if (setting_.shared) ENSURE(run_.op().take_table(shared_.snapshot()), "take_table failed");
  }
  void advance_table() {
    if (setting_.shared) return;
    const ClockReading reading{0, table_at_, table_idle_};
    ENSURE(run_.op().advance_side({&reading, 1}, kept_), "advance_side failed");
  }
  void advance_stream() {
    for (const auto& [clock, at] : at_) {
      const ClockReading reading{clock, at, false};
      ENSURE(run_.op().advance({&reading, 1}, kept_), "advance failed");
    }
  }

  void cut(Cut cut) {
    if (cut == Cut::kNothing || cut == Cut::kBatch) return;
    run_.end_epoch(kept_);
    if (cut == Cut::kEviction) run_.evict();
    if (cut != Cut::kRestart && cut != Cut::kColdRestart) return;
    run_.restart(cut == Cut::kColdRestart);
    give_table();
    advance_stream();
    advance_table();
  }

  std::vector<Joined> joined() const {
    std::vector<Joined> out;
    for (const KeptRows::Row& row : kept_.rows) {
      // id, key, number, name
      std::vector<std::string> cells(1);
      for (const char c : row.text) {
        if (c == ',') cells.emplace_back();
        else cells.back() += c;
      }
      const auto id = static_cast<std::size_t>(std::stoul(cells[0]));
      const bool matched = cells[2] != "null";
      EXPECT_EQ(cells[3], matched ? cells[1] : "null");
      EXPECT_EQ(row.event_time, events_[id].time);
      out.push_back({id, matched ? std::stol(cells[2]) : -1, row.watermark, row.clock});
    }
    return out;
  }

  const Setting& setting_;
  const std::vector<Event>& events_;
  OperatorRun run_;
  VersionedTableBuilder shared_;
  KeptRows kept_;
  BatchBuilder rows_{kStream};
  BatchBuilder versions_{kTableWithDeletes};
  std::map<ClockId, Micros> at_;
  Micros table_at_ = kMinWatermark;
  bool table_idle_ = false;
};

std::string text_of(const Setting& setting, const std::vector<Event>& events,
                    const std::vector<Cut>& cuts) {
  static const char* const kKinds[] = {"row", "put", "delete", "stream idle", "table idle"};
  std::string out = concat(setting.shared ? "shared, " : "", "left ",
                           setting.keeps_unmatched ? 1 : 0, " history ", setting.history,
                           " wait ", setting.wait, " out of order ", setting.out_of_orderness,
                           "\n");
  for (std::size_t i = 0; i < events.size(); ++i) {
    out += concat("  #", i, " ", kKinds[static_cast<int>(events[i].kind)], " ", events[i].key,
                  " at ", events[i].time, " clock ", events[i].clock, " cut ",
                  static_cast<int>(cuts[i]), "\n");
  }
  return out;
}

void expect_as_the_oracle(const Setting& setting, const std::vector<Event>& events,
                          const std::vector<Cut>& cuts) {
  // The order between clocks is nobody's promise.
  const auto by_clock = [](std::vector<Joined> rows) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Joined& a, const Joined& b) { return a.clock < b.clock; });
    return rows;
  };
  const std::vector<Joined> expected = by_clock(Oracle(setting, events).run());
  const std::vector<Joined> actual = by_clock(Player(setting, events).play(cuts));
  // Texts are only made for a failure: they cost more than the test.
  if (expected == actual) return;
  const auto [mine, theirs] =
      std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end());
  EXPECT_EQ(std::vector<Joined>(mine, actual.end()), std::vector<Joined>(theirs, expected.end()))
      << text_of(setting, events, cuts);
}

TEST(LookupJoin, every_small_input_is_joined_as_the_oracle_does) {
  using Kind = Event::Kind;
  std::vector<Event> letters;
  for (const Micros time : {1, 2, 3}) {
    for (const Kind kind : {Kind::kStream, Kind::kPut, Kind::kDelete}) {
      letters.push_back({.kind = kind, .time = time});
    }
  }
  letters.push_back({.kind = Kind::kStreamIdle});
  letters.push_back({.kind = Kind::kTableIdle});
  const Setting settings[] = {
      {.keeps_unmatched = true},
      {.keeps_unmatched = false, .history = 0},
      {.keeps_unmatched = true, .history = 1, .wait = 1},
      {.keeps_unmatched = true, .wait = 2},
      {.keeps_unmatched = true, .history = 1, .shared = true},
      {.keeps_unmatched = true, .history = 0, .out_of_orderness = 1, .shared = true},
      {.keeps_unmatched = false, .history = 1, .wait = 1, .out_of_orderness = 1},
  };
  constexpr std::size_t kLength = 4;
  std::size_t inputs = 1;
  for (std::size_t i = 0; i < kLength; ++i) inputs *= letters.size();
  for (const Setting& setting : settings) {
    for (std::size_t input = 0; input < inputs && !testing::Test::HasFailure(); ++input) {
      std::vector<Event> events;
      for (std::size_t rest = input; events.size() < kLength; rest /= letters.size()) {
        events.push_back(letters[rest % letters.size()]);
      }
      expect_as_the_oracle(setting, events, std::vector<Cut>(kLength, Cut::kNothing));
      expect_as_the_oracle(setting, events, std::vector<Cut>(kLength, Cut::kRestart));
    }
  }
}

TEST(LookupJoin, large_inputs_cut_anywhere_are_joined_as_the_oracle_does) {
  for (unsigned seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    std::mt19937 random(seed);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
    Setting setting{.keeps_unmatched = below(2) == 0,
                    .history = below(3) == 0 ? 0 : static_cast<Micros>(below(60)),
                    .wait = below(2) == 0 ? 0 : static_cast<Micros>(1 + below(30)),
                    .out_of_orderness = static_cast<Micros>(below(10))};
    setting.shared = setting.wait == 0 && below(2) == 0;
    std::vector<Event> events;
    std::vector<Cut> cuts;
    const unsigned keys = 1 + below(6);
    for (unsigned i = 0; i < 400; ++i) {
      const unsigned dice = below(100);
      Event event{.kind = Event::Kind::kStream,
                  .time = static_cast<Micros>(i / 2 + below(25)),
                  .key = concat("key ", below(keys)),
                  .clock = below(3)};
      if (dice < 40) event.kind = Event::Kind::kPut;
      if (dice >= 40 && dice < 50) event.kind = Event::Kind::kDelete;
      if (dice == 97 && event.kind == Event::Kind::kStream) event.key.clear();
      if (dice == 98) event.kind = Event::Kind::kTableIdle;
      if (dice == 99) event.kind = Event::Kind::kStreamIdle;
      events.push_back(event);
      const unsigned cut = below(40);
      cuts.push_back(cut < 6 ? static_cast<Cut>(cut) : Cut::kNothing);
    }
    expect_as_the_oracle(setting, events, cuts);
  }
}

TEST(LookupJoin, a_deleted_key_leaves_nothing_behind_when_its_history_is_over) {
  using Kind = Event::Kind;
  const Setting setting{.history = 10};
  const std::vector<Event> events = {{.kind = Kind::kPut, .time = 1},
                                     {.kind = Kind::kDelete, .time = 2},
                                     {.kind = Kind::kPut, .time = 11, .key = "other"}};
  Player kept(setting, events);
  (void)kept.play(std::vector<Cut>(3, Cut::kEpoch));
  EXPECT_EQ(kept.entries_left(), 3U);  // both keys, and when the first may go
  std::vector<Event> longer = events;
  longer.push_back({.kind = Kind::kPut, .time = 12, .key = "other"});
  Player gone(setting, longer);
  (void)gone.play(std::vector<Cut>(4, Cut::kEpoch));
  EXPECT_EQ(gone.entries_left(), 1U);
}

TEST(LookupJoin, a_shared_table_does_not_change_when_its_builder_goes_on) {
  VersionedTableBuilder builder({.columns = 2, .key = {1}, .history = 100});
  const auto add = [&](std::int64_t number, std::string key, Micros time, bool deleted) {
    builder.add(BatchBuilder(kTableWithDeletes)
                    .row(std::vector<Value>{number, std::move(key), deleted}, time)
                    .finish(),
                PartitionId(0));
  };
  const auto versions_of = [](const SharedTablePtr& table, const std::string& key, Micros time) {
    Column column(Type::kText);
    column.append_text(key);
    const std::vector<ColumnPtr> keys = {std::make_shared<const Column>(std::move(column))};
    std::string encoded;
    encode_group_key(keys, 0, encoded);
    const TableVersion* found = static_cast<const VersionedTable&>(*table).as_of(encoded, time);
    return found == nullptr ? Micros{-1} : found->time;
  };
  add(1, "k", 10, false);
  const SharedTablePtr first = builder.snapshot();
  add(2, "k", 20, false);
  add(3, "other", 30, false);
  const SharedTablePtr second = builder.snapshot();
  add(4, "k", 40, true);
  const std::size_t bytes = builder.memory_bytes();
  add(5, "other", 500, false);  // the delete is forgotten with all before it
  const SharedTablePtr third = builder.snapshot();
  EXPECT_EQ(versions_of(first, "k", 100), 10);
  EXPECT_EQ(versions_of(first, "other", 100), -1);
  EXPECT_EQ(versions_of(second, "k", 19), 10);
  EXPECT_EQ(versions_of(second, "k", 100), 20);
  EXPECT_EQ(versions_of(second, "other", 100), 30);
  EXPECT_EQ(versions_of(third, "k", 30), -1);
  EXPECT_EQ(versions_of(third, "other", 1000), 500);
  EXPECT_LT(builder.memory_bytes(), bytes);
}

TEST(LookupJoin, a_held_row_survives_a_job_that_reads_other_columns) {
  const Schema before{{{"id", Type::kBigint}, {"key", Type::kText}, {"gone", Type::kDouble}}};
  const Schema after{{{"new", Type::kBoolean}, {"key", Type::kText}, {"id", Type::kBigint}}};
  const ColumnBatch batch =
      BatchBuilder(before).row(std::vector<Value>{std::int64_t{7}, std::string("k"), 1.5}).finish();
  std::string saved;
  HeldRow(before).save(batch.columns, 0, 42, saved);
  std::vector<std::shared_ptr<Column>> columns;
  for (const Field& field : after.fields) columns.push_back(std::make_shared<Column>(field.type));
  Arena arena;
  const auto time = HeldRow(after).load(saved, columns, arena);
  ASSERT_TRUE(time);
  EXPECT_EQ(*time, 42);
  EXPECT_EQ(columns[0]->value(0), Value(Null{}));
  EXPECT_EQ(columns[1]->value(0), Value(std::string("k")));
  EXPECT_EQ(columns[2]->value(0), Value(std::int64_t{7}));
  std::vector<std::shared_ptr<Column>> cut;
  for (const Field& field : before.fields) cut.push_back(std::make_shared<Column>(field.type));
  saved.pop_back();
  EXPECT_FALSE(HeldRow(before).load(saved, cut, arena));
}

}  // namespace
}  // namespace sitrep
