// SPDX-License-Identifier: Apache-2.0
// The silence rule against a loop over all keys after every row, with rows in any order on clocks
// that go idle, batches, ticks, epochs, restarts and evictions anywhere: the records are the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "operators/episode_id.h"
#include "tests/unit/operators/silence_testing.h"

namespace sitrep {
namespace {

constexpr std::int64_t kNever = SilenceRun::kNoWatermark;
constexpr std::int64_t kSilentAfter = 60;
constexpr std::int64_t kIdleAfter = 30;
constexpr std::int64_t kSettle = 30;  // after a restart

/// An episode at hand, or the last one.
struct Episode {
  std::int64_t last = kNever;  // when it was heard
  std::int64_t raised_at = kNever;
  bool up = false;
  int before = 0;
};

struct Clock {
  std::int64_t watermark = kNever;
  bool idle = false;
  std::optional<std::int64_t> idle_since;  // whatever restarts came between
  std::int64_t idle_from = kNever;
  bool recalled = false;
  std::optional<std::int64_t> counted_since;  // in this run
  std::int64_t counted_from = kNever;
  Episode gateway;
  bool returning = false;
  std::int64_t returned_at = kNever;
  std::map<std::string, Episode> keys;
};

class Oracle {
 public:
  explicit Oracle(std::int64_t out_of_orderness) : out_of_orderness_(out_of_orderness) {}

  /// The watermark before the row.
  std::int64_t row(ClockId clock, const std::string& key, std::int64_t time) {
    Clock& mine = clocks_[clock];
    const std::int64_t before = mine.watermark;
    const std::int64_t at = std::max(time, before);
    Episode& gateway = mine.gateway;
    const bool returns = mine.returning || gateway.up || mine.idle;
    mine.returning = mine.returning || gateway.up;
    if (gateway.last != kNever && at >= gateway.last + kSilentAfter && returns) {
      mine.returned_at = at;
      mine.returning = false;
    }
    hear(gateway, at, name(clock), "gateway silent");
    hear(mine.keys[key], at, key, "silent");
    mine.idle = false;
    mine.idle_since.reset();
    mine.counted_since.reset();
    mine.watermark = std::max(before, time - out_of_orderness_);
    for (auto& [each, episode] : mine.keys) {
      const std::int64_t deadline = std::max(episode.last, mine.returned_at) + kSilentAfter;
      if (!episode.up && deadline <= mine.watermark) raise(episode, deadline, each, "silent");
    }
    return before;
  }
  void idle(ClockId clock) { clocks_[clock].idle = true; }
  void restart() {
    started_.reset();
    for (auto& [id, clock] : clocks_) {
      clock.counted_since.reset();
      clock.recalled = true;
    }
  }
  void tick(std::int64_t now) {
    if (!started_) started_ = now;
    for (auto& [id, clock] : clocks_) {
      if (!clock.idle) continue;
      Episode& gateway = clock.gateway;
      if (!clock.counted_since) {
        clock.counted_since = now;
        clock.counted_from = clock.watermark;
      }
      if (!clock.idle_since) {
        clock.idle_since = now;
        clock.idle_from = clock.watermark;
        clock.recalled = false;
      }
      std::int64_t time = clock.counted_from + now - *clock.counted_since;
      if (!clock.recalled || now - *started_ >= kSettle) {
        time = std::max(time, clock.idle_from + now - *clock.idle_since);
      }
      const std::int64_t deadline = gateway.last + kSilentAfter;
      if (gateway.up || time < deadline) continue;
      keys_ = clock.keys.size();
      raise(gateway, deadline, name(id), "gateway silent");
    }
  }
  const Clock& clock(ClockId clock) { return clocks_[clock]; }
  const std::map<std::string, std::vector<std::string>>& records() const { return records_; }

 private:
  static std::string name(ClockId clock) { return concat("C", clock); }

  void hear(Episode& episode, std::int64_t at, const std::string& key, const std::string& cause) {
    if (episode.up) {
      episode.up = false;
      tell(episode, "cleared", std::max(at, episode.raised_at), key, cause);
    }
    episode.last = std::max(episode.last, at);
  }
  void raise(Episode& episode, std::int64_t at, const std::string& key, const std::string& cause) {
    episode.before = episode.raised_at == at ? episode.before + 1 : 0;
    episode.raised_at = at;
    episode.up = true;
    texts_[key] = cause == "silent"
                      ? concat("nothing of ", key)
                      : concat("gateway ", key, " silent: nothing from ",
                               keys_ == 1 ? "its only key" : concat("any of its ", keys_, " keys"),
                               " for 1min");
    tell(episode, "raised", at, key, cause);
  }
  void tell(const Episode& episode, const std::string& change, std::int64_t at,
            const std::string& key, const std::string& cause) {
    const bool raised = change == "raised";
    const auto micros = [](std::int64_t seconds) { return seconds * kMicrosPerSecond; };
    // As docs/formats.md has it: a gateway's mark, or one text column.
    std::string group = "\x02";
    if (cause == "silent") group = {'\1', static_cast<char>(key.size()), '\0', '\0', '\0'};
    records_[key].push_back(concat(
        episode_id("job", "alert", group + key, micros(episode.raised_at),
                   static_cast<std::uint32_t>(episode.before)),
        raised ? ",1,alert," : ",2,alert,", key, ",null,", raised ? "active," : "cleared,", change,
        ",", micros(at), ",", raised ? concat(micros(episode.last)) : "null", ",",
        raised ? "null" : concat(micros(episode.raised_at)), ",warning,", texts_[key],
        ",null,null,", cause, ",null,v1,null"));
  }

  const std::int64_t out_of_orderness_;
  std::map<ClockId, Clock> clocks_;
  std::optional<std::int64_t> started_;  // processing time
  std::size_t keys_ = 0;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::vector<std::string>> records_;
};

class SilenceOracleTest : public testing::TestWithParam<unsigned> {};

TEST_P(SilenceOracleTest, records_are_those_of_a_loop_over_all_keys) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  Oracle oracle(below(3) * 5);
  SilenceRun run(SilenceRun::options(kSilentAfter));
  std::map<std::string, std::vector<std::string>> records;
  std::map<ClockId, std::int64_t> heard;  // processing time
  std::int64_t now = 10'000;
  for (int step = 0; step < 300; ++step) {
    if (below(3) > 0) {
      std::vector<SilenceRun::Row> rows;
      // Some camps are quiet for long.
      const ClockId clock = static_cast<ClockId>(1 + (now / 200 + below(2)) % 3);
      for (std::int64_t count = 1 + below(4); count > 0; --count) {
        const std::string key = concat("V", clock + 3 * static_cast<ClockId>(below(5)));
        const std::int64_t last = oracle.clock(clock).gateway.last;
        const bool kept = last != kNever && below(2) == 0;
        const std::int64_t time = kept ? last + below(20) - 5 : now - below(10);
        rows.push_back({clock, key, time, oracle.row(clock, key, time)});
      }
      heard[clock] = now;
      run.rows(rows);
      run.reading(clock, oracle.clock(clock).watermark, /*idle=*/false);
    } else {
      now += 1 + below(20);
      for (const auto& [clock, last] : heard) {
        if (now - last < kIdleAfter || oracle.clock(clock).idle) continue;
        oracle.idle(clock);
        run.reading(clock, oracle.clock(clock).watermark, /*idle=*/true);
      }
      oracle.tick(now);
      run.tick(now);
    }
    const std::int64_t then = below(12);
    if (then == 0) run.end_epoch();
    if (then == 1) {
      run.end_epoch();
      run.evict();
    }
    if (then == 2) {
      run.restart(/*cold=*/below(2) == 0);
      oracle.restart();
      for (const auto& [clock, last] : heard) {
        run.reading(clock, oracle.clock(clock).watermark, oracle.clock(clock).idle);
      }
    }
    for (const std::string& row : run.take_rows()) {
      const std::size_t key = row.find(",alert,") + 7;
      records[row.substr(key, row.find(',', key) - key)].push_back(row);
    }
    ASSERT_EQ(records, oracle.records()) << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SilenceOracleTest, testing::Range(1U, 201U));

}  // namespace
}  // namespace sitrep
