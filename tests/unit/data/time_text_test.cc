// SPDX-License-Identifier: Apache-2.0
#include "engine/data/time_text.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kSecond = kMicrosPerSecond;

TEST(TimeText, reads_rfc_3339) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_timestamp("2026-01-26T15:55:19Z"), 1'769'442'919 * kSecond);
  EXPECT_EQ(parse_timestamp("2026-01-26 15:55:19z"), 1'769'442'919 * kSecond);
  EXPECT_EQ(parse_timestamp("2026-01-26T17:55:19+02:00"), 1'769'442'919 * kSecond);
  EXPECT_EQ(parse_timestamp("2026-01-26T10:10:19-05:45"), 1'769'442'919 * kSecond);
  EXPECT_EQ(parse_timestamp("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(parse_timestamp("2026-01-26T15:55:19.1Z"), 1'769'442'919 * kSecond + 100'000);
  EXPECT_EQ(parse_timestamp("2026-01-26T15:55:19.123456789Z"), 1'769'442'919 * kSecond + 123'456);
  EXPECT_EQ(parse_timestamp("2000-02-29T00:00:00Z"), 951'782'400 * kSecond);
  EXPECT_EQ(parse_timestamp("0001-01-01T00:00:00Z"), -62'135'596'800 * kSecond);
  EXPECT_EQ(parse_timestamp("9999-12-31T23:59:59Z"), 253'402'300'799 * kSecond);
}

TEST(TimeText, refuses_what_is_no_time) {
  for (const char* const text : {"",
                                 "2026",
                                 "2026-01-26",
                                 "2026-01-26T15:55:19",
                                 "2026-01-26T15:55Z",
                                 "2026-1-26T15:55:19Z",
                                 "2026-13-01T00:00:00Z",
                                 "2026-00-01T00:00:00Z",
                                 "2026-02-29T00:00:00Z",
                                 "1900-02-29T00:00:00Z",
                                 "2026-04-31T00:00:00Z",
                                 "2026-01-00T00:00:00Z",
                                 "2026-01-26T24:00:00Z",
                                 "2026-01-26T15:60:00Z",
                                 "2026-01-26T15:55:61Z",
                                 "2026-01-26T15:55:19.Z",
                                 "2026-01-26T15:55:19+2:00",
                                 "2026-01-26T15:55:19+02",
                                 "2026-01-26T15:55:19+24:00",
                                 "2026-01-26T15:55:19Zx",
                                 " 2026-01-26T15:55:19Z",
                                 "26-01-26T15:55:19Z",
                                 "2026-W05-1T00:00:00Z"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(TimeText, what_it_writes_it_reads_back) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    const auto millis =
        static_cast<std::int64_t>(random() % 315'537'897'599'999) - 62'135'596'800'000;
    const Micros time = millis * kMicrosPerMilli;
    const std::string text = format_timestamp(time);
    ASSERT_EQ(parse_timestamp(text), time) << text;
  }
  EXPECT_EQ(format_timestamp(-1), "1969-12-31T23:59:59.999Z");
}

TEST(TimeText, civil_dates_go_both_ways) {
  std::int64_t expected = days_from_civil({1899, 12, 31});
  for (std::int64_t year = 1900; year <= 2100; ++year) {
    for (unsigned month = 1; month <= 12; ++month) {
      for (unsigned day = 1; day <= days_in_month(year, month); ++day) {
        const std::int64_t days = days_from_civil({year, month, day});
        ASSERT_EQ(days, ++expected);
        const CivilDate back = civil_from_days(days);
        ASSERT_EQ(concat(back.year, "-", back.month, "-", back.day),
                  concat(year, "-", month, "-", day));
      }
    }
  }
  EXPECT_EQ(days_from_civil({1970, 1, 1}), 0);
}

TEST(TimeText, durations_of_the_job_file) {
  EXPECT_EQ(parse_duration("250us"), 250);
  EXPECT_EQ(parse_duration("100ms"), 100'000);
  EXPECT_EQ(parse_duration("30s"), 30 * kSecond);
  EXPECT_EQ(parse_duration("5min"), 300 * kSecond);
  EXPECT_EQ(parse_duration("1.5h"), 5'400 * kSecond);
  EXPECT_EQ(parse_duration("2d"), 172'800 * kSecond);
  for (const char* const text : {"", "30", "s", "-1s", "1 fortnight", "1 month", "1e400s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(TimeText, intervals_of_postgresql) {
  EXPECT_EQ(parse_interval("10 seconds"), 10 * kSecond);
  EXPECT_EQ(parse_interval("1 day 02:00:00"), 93'600 * kSecond);
  EXPECT_EQ(parse_interval("-5 min"), -300 * kSecond);
  EXPECT_EQ(parse_interval("1:30"), 5'400 * kSecond);
  EXPECT_EQ(parse_interval("2 days -3 hours"), 162'000 * kSecond);
  EXPECT_EQ(parse_interval("1 month"), std::nullopt);
  EXPECT_EQ(parse_interval("soon"), std::nullopt);
}

}  // namespace
}  // namespace sitrep
