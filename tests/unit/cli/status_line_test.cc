// SPDX-License-Identifier: Apache-2.0
#include "cli/status_line.h"

#include <gtest/gtest.h>

namespace sitrep {
namespace {

constexpr std::int64_t kNoon = 1'767'268'800;  // 2026-01-01T12:00:00Z

class StatusLineTest : public testing::Test {
 protected:
  Labels place(const std::string& topic, int partition) {
    return {{"topic", topic}, {"partition", std::to_string(partition)}};
  }
  void watermark(const std::string& topic, int partition, std::int64_t seconds) {
    metrics_.gauge("sitrep_watermark_seconds", "", place(topic, partition))
        .set(static_cast<double>(seconds));
  }

  MetricsRegistry metrics_;
  ManualClock clock_;
  StatusLine line_{metrics_, clock_, {{"power", {"use", "peak"}}}};
};

TEST_F(StatusLineTest, before_the_first_row_there_are_zeros) {
  EXPECT_EQ(line_.next(), "0 rows/s, 0 rows, lag 0, late 0, dead letters 0");
}

TEST_F(StatusLineTest, rates_are_those_since_the_last_line) {
  Counter& rows = metrics_.counter("sitrep_rows_total", "", place("power", 0));
  rows.add(100);
  clock_.advance(10 * kMicrosPerSecond);
  EXPECT_EQ(line_.next(), "10 rows/s, 100 rows, lag 0, late 0, dead letters 0");
  rows.add(40);
  clock_.advance(2 * kMicrosPerSecond);
  EXPECT_EQ(line_.next(), "20 rows/s, 140 rows, lag 0, late 0, dead letters 0");
}

TEST_F(StatusLineTest, figures_are_sums_over_partitions_and_streams) {
  metrics_.gauge("sitrep_lag_records", "", place("power", 0)).set(5);
  metrics_.gauge("sitrep_lag_records", "", place("power", 1)).set(7);
  metrics_.counter("sitrep_late_rows_total", "", {{"stream", "use"}}).add(2);
  metrics_.counter("sitrep_late_rows_total", "", {{"stream", "peak"}}).add(3);
  metrics_.counter("sitrep_dead_letters_total", "", {{"reason", "type"}}).add(1);
  metrics_.counter("sitrep_dead_letters_total", "", {{"reason", "range"}}).add(8);
  EXPECT_EQ(line_.next(), "0 rows/s, 0 rows, lag 12, late 5, dead letters 9");
}

TEST_F(StatusLineTest, the_partition_with_the_lowest_watermark_and_its_windows_are_named) {
  watermark("power", 0, kNoon + 1);
  watermark("power", 1, kNoon);
  watermark("power", 2, 0);           // has not spoken
  watermark("gates", 0, kNoon - 60);  // no window reads it
  EXPECT_EQ(line_.next(),
            "0 rows/s, 0 rows, lag 0, late 0, dead letters 0; windows of use, peak wait for "
            "power[1], whose watermark is 2026-01-01T12:00:00.000Z");
}

TEST_F(StatusLineTest, at_the_end_no_window_waits) {
  watermark("power", 0, kNoon);
  EXPECT_EQ(line_.last(), "0 rows/s, 0 rows, lag 0, late 0, dead letters 0");
}

TEST_F(StatusLineTest, an_idle_partition_holds_nothing_back) {
  watermark("power", 0, kNoon);
  watermark("power", 1, kNoon + 30);
  metrics_.gauge("sitrep_idle", "", place("power", 0)).set(1);
  metrics_.gauge("sitrep_idle", "", place("power", 1)).set(0);
  EXPECT_EQ(line_.next(),
            "0 rows/s, 0 rows, lag 0, late 0, dead letters 0; windows of use, peak wait for "
            "power[1], whose watermark is 2026-01-01T12:00:30.000Z");
}

}  // namespace
}  // namespace sitrep
