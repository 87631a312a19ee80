// SPDX-License-Identifier: Apache-2.0
// A node's clock over several inputs, row by row, against its definition: the minimum over the
// inputs that are not left out, and never back. Rows are given in batches, as a task does it.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "engine/runtime/clock_gate.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

constexpr Micros kGrace = 30;
constexpr ClockId kClocks = 2;

/// One clock of the node, as the semantics say it.
class Definition {
 public:
  explicit Definition(std::size_t inputs) : inputs_(inputs) {}

  void row(std::size_t input, Micros watermark, Micros now) {
    if (!first_spoken_) first_spoken_ = now;
    inputs_[input].idle = false;
    inputs_[input].at = std::max(inputs_[input].at.value_or(watermark), watermark);
    move();
  }
  void idle(std::size_t input, Micros now) {
    if (!first_spoken_) first_spoken_ = now;
    inputs_[input].idle = true;
    move();
  }
  void tick(Micros now) {
    if (first_spoken_ && now - *first_spoken_ >= kGrace) grace_over_ = true;
    move();
  }
  /// A row of `input` is judged against this; the input's own clock stands at `own` before it.
  Micros before(std::size_t input, Micros own) const {
    Micros lowest = own;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (i == input || !counts(i)) continue;
      lowest = std::min(lowest, inputs_[i].at.value_or(kMinWatermark));
    }
    return std::max(at_, lowest);
  }
  Micros at() const { return at_; }
  Micros of_input(std::size_t input) const { return inputs_[input].at.value_or(kMinWatermark); }

 private:
  struct Input {
    std::optional<Micros> at;  // nothing: no row yet
    bool idle = false;
  };
  bool counts(std::size_t input) const {
    return !inputs_[input].idle && (inputs_[input].at || !grace_over_);
  }
  void move() {
    std::optional<Micros> lowest;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!counts(i)) continue;
      const Micros at = inputs_[i].at.value_or(kMinWatermark);
      lowest = std::min(lowest.value_or(at), at);
    }
    if (lowest) at_ = std::max(at_, *lowest);
  }

  std::vector<Input> inputs_;
  std::optional<Micros> first_spoken_;
  bool grace_over_ = false;
  Micros at_ = kMinWatermark;
};

class KeptState final : public ChangeSink {
 public:
  void put(StoreId, const StateKey& key, std::string_view value) override {
    values[std::string(key.clock)] = value;
  }
  void remove(StoreId, const StateKey&) override {}
  void remove_pane(StoreId, std::string_view, Micros) override {}

  std::map<std::string, std::string> values;
};

void try_seed(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  const std::size_t inputs = 2 + below(2);
  ClockTable clocks;
  (void)clocks.intern("A");  // clocks 0 and 1
  const auto make = [&] {
    return std::make_unique<ClockGate>(ClockGate::Options{
        .name = "n/gate", .inputs = inputs, .grace = kGrace, .clocks = &clocks});
  };
  auto gate = make();
  KeptState kept;
  std::vector<Definition> expected(kClocks, Definition(inputs));
  Micros now = 1;
  std::vector<ClockReading> changed;
  for (int step = 0; step < 60; ++step) {
    now += static_cast<Micros>(below(8));
    const std::size_t input = below(inputs);
    const auto clock = static_cast<ClockId>(below(kClocks));
    SCOPED_TRACE(concat("seed ", seed, ", step ", step, ", input ", input));
    const std::vector<Micros> before = {expected[0].at(), expected[1].at()};
    changed.clear();
    if (const std::size_t action = below(6); action == 0) {
      expected[clock].idle(input, now);
      const ClockReading reading{
          .clock = clock, .watermark = expected[clock].of_input(input), .idle = true};
      gate->update(input, {&reading, 1}, now, changed);
    } else if (action == 1) {
      for (Definition& one : expected) one.tick(now);
      gate->tick(now, changed);
    } else {
      // A batch of rows; each says where its clock stands after it.
      auto meta = std::make_shared<RowMeta>();
      std::vector<Micros> judged;
      std::vector<ClockReading> readings;
      Micros own[kClocks] = {expected[0].of_input(input), expected[1].of_input(input)};
      std::vector<Definition> stepped = expected;
      for (std::size_t rows = 1 + below(4); rows > 0; --rows) {
        const auto of = static_cast<ClockId>(below(kClocks));
        meta->clock.push_back(of);
        meta->event_time.push_back(0);
        meta->watermark.push_back(own[of]);
        judged.push_back(stepped[of].before(input, own[of]));
        own[of] = std::max(own[of], now * 2 + static_cast<Micros>(below(60)) - 30);
        stepped[of].row(input, own[of], now);
        std::erase_if(readings, [&](const ClockReading& one) { return one.clock == of; });
        readings.push_back({.clock = of, .watermark = own[of], .idle = false});
      }
      ColumnBatch batch;
      batch.selection = Selection(judged.size());
      batch.meta = meta;
      EXPECT_THAT(gate->adjust({{input}}, batch).meta->watermark,
                  testing::ElementsAreArray(judged));
      gate->update(input, readings, now, changed);
      expected = stepped;
    }
    for (ClockId one = 0; one < kClocks; ++one) {
      ASSERT_EQ(gate->watermark(one), expected[one].at()) << "clock " << one;
      if (expected[one].at() == before[one]) continue;
      EXPECT_EQ(std::ranges::count_if(
                    changed,
                    [&](const ClockReading& reading) {
                      return reading.clock == one && reading.watermark == expected[one].at();
                    }),
                1)
          << "clock " << one << " moved once";
    }
    if (testing::Test::HasFailure()) return;
    gate->collect(Epoch(1), kept);
    for (ClockId one = 0; one < kClocks; ++one) {
      const auto saved = kept.values.find(clocks.name(one));
      Micros at = kMinWatermark;
      if (saved != kept.values.end()) std::memcpy(&at, saved->second.data(), sizeof at);
      ASSERT_EQ(at, expected[one].at()) << "what is saved of clock " << one;
    }
  }
  auto again = make();
  for (const auto& [name, value] : kept.values) {
    ASSERT_TRUE(again->restore({.clock = name, .pane = 0, .key = {}}, value));
  }
  for (ClockId one = 0; one < kClocks; ++one) {
    EXPECT_EQ(again->watermark(one), expected[one].at()) << "after a restart";
  }
}

TEST(ClockGateOracle, random_rows_idleness_and_ticks) {
  for (unsigned seed = 1; seed <= 2'000; ++seed) {
    try_seed(seed);
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sitrep
