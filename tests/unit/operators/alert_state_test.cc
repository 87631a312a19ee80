// SPDX-License-Identifier: Apache-2.0
#include "operators/alert_state.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/api/memory_image.h"

namespace sitrep {
namespace {

TEST(AlertState, texts_survive_an_eviction_of_the_rows_around_them) {
  ClockTable clocks;
  MemoryImage image;
  Table table({.name = "alert/keys",
               .codec = std::make_unique<AlertStateRow>(),
               .clocks = &clocks,
               .cold = &image});
  Table::Pane& pane = table.pane({.clock = 0, .end = 0});
  for (int i = 0; i < 20; ++i) {
    AlertState& state = AlertStateRow::get(table.upsert(pane, concat("key", i)));
    state.key_text = concat("V", i);
    state.words = "hot";
  }
  table.collect(Epoch(1), image);
  image.close(Epoch(1));
  image.flush(Epoch(1));
  const AlertState* const changed = &AlertStateRow::get(table.upsert(pane, "key3"));
  const char* const text = changed->key_text.data();
  table.evict(Epoch(1));  // moves the changed row, frees the others
  const AlertState& moved = AlertStateRow::get(table.upsert(pane, "key3"));
  EXPECT_EQ(&moved, changed) << "the state stays where it is";
  EXPECT_EQ(moved.key_text.data(), text);
  EXPECT_EQ(moved.key_text, "V3");
  EXPECT_EQ(AlertStateRow::get(table.upsert(pane, "key4")).key_text, "V4");
}

TEST(AlertState, phase_and_severity_share_a_byte_and_come_back) {
  const AlertStateRow codec;
  std::vector<std::uint64_t> words(codec.row_bytes() / sizeof(std::uint64_t) + 1);
  std::byte* const row = reinterpret_cast<std::byte*>(words.data());
  codec.create(row);
  AlertState& state = AlertStateRow::get(row);
  state.phase = AlertState::Phase::kClearing;
  state.severity = AlertSeverityLevel::kCritical;
  state.key_text = "V1";
  std::string saved;
  codec.save(row, saved);
  EXPECT_EQ(saved.front(), '\x33');
  state = AlertState();
  ASSERT_TRUE(codec.load(saved, row).has_value());
  EXPECT_EQ(state.phase, AlertState::Phase::kClearing);
  EXPECT_EQ(state.severity, AlertSeverityLevel::kCritical);
  EXPECT_EQ(state.key_text, "V1");
  // As it was saved before there were severities.
  saved.front() = '\x02';
  ASSERT_TRUE(codec.load(saved, row).has_value());
  EXPECT_EQ(state.phase, AlertState::Phase::kActive);
  EXPECT_EQ(state.severity, AlertSeverityLevel::kNone);
  for (const char damaged : {'\x04', '\x42'}) {
    saved.front() = damaged;
    EXPECT_FALSE(codec.load(saved, row).has_value());
  }
  codec.destroy(row);
}

}  // namespace
}  // namespace sitrep
