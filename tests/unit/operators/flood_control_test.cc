// SPDX-License-Identifier: Apache-2.0
// Flood control against a few loops over all that came before: random alerts of three rules in two
// groups, with time that goes on, commands, epochs, restarts and evictions anywhere.
#include "operators/flood_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/alert_schema.h"
#include "engine/base/text.h"
#include "tests/unit/operators/operator_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

constexpr std::size_t kMoreThan = 3;
constexpr std::size_t kFewerThan = 2;
constexpr std::int64_t kWithin = 60;  // seconds

FloodControl::Options options_for_test() {
  FloodControl::Options options{.identity = {},
                                .rules = {{.name = "link"},
                                          {.name = "hot", .suppressed_by = {"link"}},
                                          {.name = "low", .one_per_group = true}},
                                .more_than = kMoreThan,
                                .fewer_than = kFewerThan,
                                .within = kWithin * kMicrosPerSecond,
                                .has_commands = true};
  options.identity.job = "job";
  options.identity.name = "flood";
  return options;
}

/// A record that a rule puts out.
struct Record {
  std::string id;
  std::string alert;
  std::string group;
  std::string change;  // raised, updated, cleared
  bool critical = false;
  std::int64_t at = 0;  // seconds
};

std::vector<Value> cells_of(const Record& record, std::int64_t revision) {
  std::vector<Value> cells(alert_schema().size(), Null{});
  const auto set = [&](std::string_view column, Value value) {
    cells[*alert_schema().find(column)] = std::move(value);
  };
  set("id", record.id);
  set("revision", revision);
  set("alert", record.alert);
  set("key", concat("key of ", record.id));
  if (!record.group.empty()) set("group", record.group);
  set("state", std::string(record.change == "cleared" ? "cleared" : "active"));
  set("change", record.change);
  set("at", record.at * kMicrosPerSecond);
  set("severity", std::string(record.critical ? "critical" : "warning"));
  set("text", concat("text of ", record.id));
  return cells;
}

/// "id #revision state change at by" of records of rules; of floods "flood group change at text".
std::vector<std::string> lines_of(const KeptRows& out) {
  std::vector<std::string> lines;
  for (const KeptRows::Row& row : out.rows) {
    std::map<std::string, std::string> cells;
    std::size_t from = 0;
    for (const Field& field : alert_schema().fields) {
      const std::size_t end = std::min(row.text.find(',', from), row.text.size());
      cells[field.name] = row.text.substr(from, end - from);
      from = end + 1;
    }
    const std::int64_t at = std::stoll(cells["at"]) / kMicrosPerSecond;
    lines.push_back(cells["alert"] == "flood"
                        ? concat("flood ", cells["key"], " ", cells["change"], " ", at, ": ",
                                 cells["text"])
                        : concat(cells["id"], " #", cells["revision"], " ", cells["state"], " ",
                                 cells["change"], " ", at, " by ", cells["by"]));
  }
  return lines;
}

// --- The oracle

class Oracle {
 public:
  void shelve(const std::string& target, std::optional<std::int64_t> until) {
    shelves_[target] = until;
  }

  std::vector<std::string> take(const Record& record) {
    std::vector<Up>& up = groups_[record.group].up;
    const auto found =
        std::ranges::find_if(up, [&](const Up& known) { return known.record.id == record.id; });
    if (record.change == "raised") {
      Up& mine = up.emplace_back(Up{.record = record});
      mine.by = reason(record.group, up.size() - 1);
      if (mine.by == "null") {
        mine.held_back = count(record);
        mine.by = reason(record.group, up.size() - 1);
      }
      tell(mine, record.change, record.at, "active");
    } else if (record.change == "updated") {
      found->record.critical = record.critical;
      if (found->held_back && record.critical) {
        found->held_back = false;
        found->by = reason(record.group, static_cast<std::size_t>(found - up.begin()));
      }
      tell(*found, record.change, record.at, "active");
    } else {
      found->by = "null";
      tell(*found, record.change, record.at, "cleared");
      up.erase(found);
    }
    settle(record.group, record.at);
    return told();
  }

  std::vector<std::string> pass_time_to(std::int64_t now) {
    now_ = now;
    for (auto& [name, group] : groups_) {
      std::erase_if(group.raises, [&](std::int64_t raise) { return raise <= now - kWithin; });
      if (group.flood && group.raises.size() < kFewerThan) {
        group.flood = false;
        for (Up& up : group.up) up.held_back = false;
        floods_.push_back(concat("flood ", name, " cleared ", now, ": the flood in ", name,
                                " is over; ", group.held_back, " were held back"));
      } else if (group.flood && group.held_back > group.told && now - group.told_at >= 60) {
        tell_flood(name, group, "updated");
      }
      settle(name, now);
    }
    return told();
  }

 private:
  struct Up {
    Record record;
    int revision = 0;
    std::string by = "null";
    bool held_back = false;
  };
  struct Group {
    std::vector<Up> up;  // in the order in which they were raised
    std::vector<std::int64_t> raises;
    bool flood = false;
    int held_back = 0;
    int told = 0;
    std::int64_t told_at = 0;
  };

  /// What a call brought, floods first.
  std::vector<std::string> told() {
    std::vector<std::string> lines = std::exchange(floods_, {});
    lines.insert(lines.end(), lines_.begin(), lines_.end());
    lines_.clear();
    return lines;
  }

  std::string reason(const std::string& name, std::size_t index) {
    const Group& group = groups_[name];
    const Up& mine = group.up[index];
    for (const std::string& target :
         {mine.record.id, concat(mine.record.alert, "/key of ", mine.record.id),
          mine.record.alert, concat("group:", name)}) {
      const auto shelf = shelves_.find(target);
      if (shelf == shelves_.end() || !shelf->second || *shelf->second <= now_) continue;
      return concat("shelf ", target, " by Osei until ", time_text(*shelf->second));
    }
    for (std::size_t i = 0; i < group.up.size(); ++i) {
      const Record& other = group.up[i].record;
      if (mine.record.alert == "hot" && other.alert == "link") return concat("link/", other.id);
    }
    for (std::size_t i = 0; i < index; ++i) {
      const Up& other = group.up[i];
      if (mine.record.alert == "low" && other.record.alert == "low" && other.by == "null") {
        return concat("low/", other.record.id);
      }
    }
    return mine.held_back ? concat("flood/", name) : "null";
  }
  static std::string time_text(std::int64_t seconds) {
    // All are within the first minutes of 1970.
    const auto two = [](std::int64_t n) { return concat(n < 10 ? "0" : "", n); };
    return concat("1970-01-01T", two(seconds / 3600), ":", two(seconds / 60 % 60), ":",
                  two(seconds % 60), ".000Z");
  }

  bool count(const Record& record) {
    Group& group = groups_[record.group];
    group.raises.push_back(now_);
    std::erase_if(group.raises, [&](std::int64_t raise) { return raise <= now_ - kWithin; });
    if (!group.flood) {
      if (group.raises.size() <= kMoreThan) return false;
      group.flood = true;
      group.held_back = record.critical ? 0 : 1;
      tell_flood(record.group, group, "raised");
    } else if (!record.critical) {
      ++group.held_back;
    }
    return !record.critical;
  }
  void tell_flood(const std::string& name, Group& group, const std::string& change) {
    group.told = group.held_back;
    group.told_at = now_;
    floods_.push_back(concat("flood ", name, " ", change, " ", now_, ": more than 3 alerts in ",
                            name, " in 1min; ", group.held_back,
                            group.held_back == 1 ? " is" : " are", " held back"));
  }
  void settle(const std::string& name, std::int64_t at) {
    Group& group = groups_[name];
    // By rule, in the order in which they were raised.
    std::vector<std::size_t> order(group.up.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, {}, [&](std::size_t i) { return group.up[i].record.alert; });
    for (const std::size_t i : order) {
      Up& up = group.up[i];
      const std::string by = reason(name, i);
      if (by == up.by) continue;
      // Held back by another than before is no news.
      const bool shelves = by.starts_with("shelf") && !up.by.starts_with("shelf");
      const bool news = (by == "null") != (up.by == "null") || shelves;
      up.by = by;
      if (!news) continue;
      tell(up, by == "null" ? "unsuppressed" : shelves ? "shelved" : "suppressed",
           at, "active");
    }
  }
  void tell(Up& up, const std::string& change, std::int64_t at, const std::string& state) {
    lines_.push_back(concat(up.record.id, " #", ++up.revision, " ",
                            up.by == "null" ? state : "suppressed", " ", change, " ", at, " by ",
                            up.by));
  }

  std::map<std::string, Group> groups_;
  std::map<std::string, std::optional<std::int64_t>> shelves_;
  std::int64_t now_ = 0;
  std::vector<std::string> floods_;
  std::vector<std::string> lines_;
};

// --- The operator

class Control {
 public:
  Control() : run_([] { return std::make_unique<FloodControl>(options_for_test()); }, {}) {
    give_table();
    tick(0);
  }

  std::vector<std::string> take(const Record& record) {
    KeptRows out;
    EXPECT_TRUE(run_.op().process(
        BatchBuilder(alert_schema()).row(cells_of(record, ++revisions_[record.id])).finish(), out));
    return lines_of(out);
  }
  std::vector<std::string> tick(std::int64_t now) {
    KeptRows out;
    EXPECT_TRUE(run_.op().tick(now * kMicrosPerSecond, out));
    return lines_of(out);
  }
  /// No time: the command is deleted.
  void command(const std::string& target, std::optional<std::int64_t> until, bool acknowledge,
               std::int64_t at) {
    Schema schema = alert_commands_schema();
    schema.fields.push_back({"_deleted", Type::kBoolean});
    const Value cells[] = {target,
                           until ? Value(*until * kMicrosPerSecond) : Value(Null{}),
                           acknowledge,
                           "Osei",
                           Null{},
                           !until && !acknowledge};
    builder_.add(BatchBuilder(schema).row(cells, at * kMicrosPerSecond).finish(), PartitionId(0));
    give_table();
  }
  void end_epoch() {
    KeptRows out;
    run_.end_epoch(out);
    EXPECT_TRUE(out.rows.empty());
  }
  void evict() { run_.evict(); }
  void restart(bool cold) {
    run_.restart(cold);
    give_table();
  }

 private:
  void give_table() { EXPECT_TRUE(run_.op().take_table(builder_.snapshot())); }

  OperatorRun run_;
  VersionedTableBuilder builder_{{.columns = alert_commands_schema().size(),
                                  .key = {0},
                                  .history = 3600 * kMicrosPerSecond,
                                  .out_of_orderness = 0}};
  std::map<std::string, std::int64_t> revisions_;
};

class FloodOracleTest : public testing::TestWithParam<unsigned> {};

TEST_P(FloodOracleTest, records_are_those_of_the_definition) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  Control run;
  Oracle oracle;
  std::map<std::string, Record> up;
  std::int64_t now = 1;
  EXPECT_EQ(run.tick(now), oracle.pass_time_to(now));
  for (int step = 0; step < 150; ++step) {
    SCOPED_TRACE(concat("step ", step));
    const std::int64_t what = below(12);
    if (what < 6 || up.empty()) {
      const char* const rules[] = {"hot", "low", "hot", "low", "link"};
      Record record{.id = concat("e", step),
                    .alert = rules[below(5)],
                    .group = concat("g", below(2)),
                    .change = "raised",
                    .critical = below(6) == 0,
                    .at = 1000 + step};
      up[record.id] = record;
      ASSERT_EQ(run.take(record), oracle.take(record));
    } else if (what < 9) {
      const auto picked = std::next(up.begin(), below(static_cast<std::int64_t>(up.size())));
      Record& record = picked->second;
      record.at = 1000 + step;
      record.change = below(3) == 0 ? "updated" : "cleared";
      record.critical = record.critical || below(2) == 0;
      ASSERT_EQ(run.take(record), oracle.take(record));
      if (record.change == "cleared") up.erase(picked);
    } else if (what == 9) {
      const std::string targets[] = {"hot", "group:g0", concat("low/key of e", below(step + 1)),
                                     concat("e", below(step + 1))};
      const std::string& target = targets[below(4)];
      std::optional<std::int64_t> until;
      if (below(3) > 0) until = now + 1 + below(60);
      run.command(target, until, false, now);
      oracle.shelve(target, until);
      ASSERT_EQ(run.tick(now), oracle.pass_time_to(now));
    } else {
      now += 1 + below(3) * below(30);
      ASSERT_EQ(run.tick(now), oracle.pass_time_to(now));
    }
    const std::int64_t cut = below(8);
    if (cut < 3) run.end_epoch();
    if (cut == 0) run.evict();
    if (cut > 0 && cut < 3) {
      run.restart(/*cold=*/cut == 1);
      ASSERT_THAT(run.tick(now), ElementsAre());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FloodOracleTest, testing::Range(1U, 101U));

TEST(FloodControl, acknowledges_an_alert_once_whatever_happens_between) {
  Control run;
  const Record record{.id = "e1", .alert = "hot", .group = "g", .change = "raised", .at = 7};
  EXPECT_THAT(run.take(record), ElementsAre("e1 #1 active raised 7 by null"));
  run.command("e1", {}, true, 1);
  EXPECT_THAT(run.tick(2), ElementsAre("e1 #2 active acknowledged 2 by Osei"));
  run.end_epoch();
  run.restart(/*cold=*/true);
  EXPECT_THAT(run.tick(3), ElementsAre());
  run.command("e1", {}, true, 3);
  EXPECT_THAT(run.tick(4), ElementsAre());
}

TEST(FloodControl, passes_on_the_end_of_an_alert_that_it_does_not_know) {
  Control run;
  Record record{.id = "e1", .alert = "hot", .group = "g", .change = "cleared", .at = 7};
  EXPECT_THAT(run.take(record), ElementsAre("e1 #1 cleared cleared 7 by null"));
}

TEST(FloodControl, tells_what_other_settings_do_not_hold_back_any_more) {
  FloodControl::Options options = options_for_test();
  OperatorRun run([&] { return std::make_unique<FloodControl>(options); }, {});
  const auto take = [&](const Record& record) {
    KeptRows out;
    EXPECT_TRUE(
        run.op().process(BatchBuilder(alert_schema()).row(cells_of(record, 1)).finish(), out));
    return lines_of(out);
  };
  const auto tick = [&](std::int64_t now) {
    KeptRows out;
    EXPECT_TRUE(run.op().tick(now * kMicrosPerSecond, out));
    return lines_of(out);
  };
  EXPECT_THAT(tick(1), ElementsAre());
  EXPECT_THAT(
      take({.id = "p", .alert = "link", .group = "g", .change = "raised", .at = 7}),
      ElementsAre("p #1 active raised 7 by null"));
  EXPECT_THAT(take({.id = "c", .alert = "hot", .group = "g", .change = "raised", .at = 8}),
              ElementsAre("c #1 suppressed raised 8 by link/p"));
  KeptRows out;
  run.end_epoch(out);
  // The parent is not one any more, and its rule is gone too.
  options.rules = {{.name = "hot"}, {.name = "low"}};
  run.restart(/*cold=*/false);
  EXPECT_THAT(tick(2), ElementsAre("c #2 active unsuppressed 2 by null"));
}

TEST(FloodControl, alerts_without_a_group_do_not_hold_each_other_back) {
  Control run;
  EXPECT_THAT(run.take({.id = "p", .alert = "link", .group = "", .change = "raised", .at = 7}),
              ElementsAre("p #1 active raised 7 by null"));
  EXPECT_THAT(run.take({.id = "c", .alert = "hot", .group = "", .change = "raised", .at = 8}),
              ElementsAre("c #1 active raised 8 by null"));
}

TEST(FloodControl, what_was_told_before_it_began_is_no_raise) {
  Control run;
  for (int i = 0; i < 6; ++i) {
    const std::string id = concat("e", i);
    EXPECT_THAT(run.take({.id = id, .alert = "hot", .group = "g", .change = "updated", .at = 7}),
                ElementsAre(concat(id, " #1 active updated 7 by null")));
  }
}

TEST(FloodControl, leaves_nothing_behind) {
  Control run;
  Record record{.id = "e1", .alert = "hot", .group = "g", .change = "raised", .at = 7};
  EXPECT_THAT(run.take(record), ElementsAre("e1 #1 active raised 7 by null"));
  record.change = "cleared";
  EXPECT_THAT(run.take(record), ElementsAre("e1 #2 cleared cleared 7 by null"));
  EXPECT_THAT(run.tick(kWithin), ElementsAre());
  run.end_epoch();
}

}  // namespace
}  // namespace sitrep
