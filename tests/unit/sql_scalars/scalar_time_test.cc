// SPDX-License-Identifier: Apache-2.0
// Expectations from PostgreSQL 15's documentation (9.9) and its regression tests timestamp, date.
#include "engine/sql/scalar_time.h"

#include <limits>

#include "engine/sql/time_field.h"
#include "tests/unit/sql_scalars/scalars_testing.h"

namespace sitrep::sql {
namespace {

std::string extracted(std::string_view field, std::string_view timestamp) {
  return call("extract", {text(std::string(field)), time(timestamp)});
}

std::string truncated(std::string_view unit, std::string_view timestamp) {
  return call("date_trunc", {text(std::string(unit)), time(timestamp)});
}

TEST(Extract, fields_of_a_timestamp) {
  constexpr std::string_view kTime = "2001-02-16 20:38:40.12";
  EXPECT_EQ(extracted("century", kTime), "21");
  EXPECT_EQ(extracted("day", kTime), "16");
  EXPECT_EQ(extracted("decade", kTime), "200");
  EXPECT_EQ(extracted("dow", kTime), "5");
  EXPECT_EQ(extracted("doy", kTime), "47");
  EXPECT_EQ(extracted("epoch", kTime), "982355920.12");
  EXPECT_EQ(extracted("hour", kTime), "20");
  EXPECT_EQ(extracted("isodow", "2001-02-18 20:38:40"), "7");
  EXPECT_EQ(extracted("dow", "2001-02-18 20:38:40"), "0");
  EXPECT_EQ(extracted("isoyear", "2006-01-01"), "2005");
  EXPECT_EQ(extracted("isoyear", "2006-01-02"), "2006");
  EXPECT_EQ(extracted("julian", "2006-01-01"), "2453737");
  EXPECT_EQ(extracted("julian", "2006-01-01 12:00"), "2453737.5");
  EXPECT_EQ(extracted("microseconds", kTime), "40120000");
  EXPECT_EQ(extracted("millennium", kTime), "3");
  EXPECT_EQ(extracted("milliseconds", kTime), "40120");
  EXPECT_EQ(extracted("minute", kTime), "38");
  EXPECT_EQ(extracted("month", kTime), "2");
  EXPECT_EQ(extracted("quarter", kTime), "1");
  EXPECT_EQ(extracted("second", kTime), "40.12");
  EXPECT_EQ(extracted("week", kTime), "7");
  EXPECT_EQ(extracted("year", kTime), "2001");
}

TEST(Extract, names_are_case_insensitive_and_have_short_forms) {
  EXPECT_EQ(extracted("HOUR", "2001-02-16 20:38:40"), "20");
  EXPECT_EQ(extracted("mins", "2001-02-16 20:38:40"), "38");
  EXPECT_EQ(extracted("m", "2001-02-16 20:38:40"), "38");
  EXPECT_EQ(extracted("yrs", "2001-02-16 20:38:40"), "2001");
  EXPECT_EQ(call("date_part", {text("Day"), time("2001-02-16 20:38:40")}), "16");
  EXPECT_EQ(extracted("fortnight", "2001-02-16 20:38:40"), "error");
  EXPECT_EQ(extracted("a name of many bytes", "2001-02-16 20:38:40"), "error");
  EXPECT_EQ(extracted("", "2001-02-16 20:38:40"), "error");
}

TEST(Extract, iso_weeks_around_new_year) {
  EXPECT_EQ(extracted("week", "2005-01-01"), "53");
  EXPECT_EQ(extracted("week", "2006-01-01"), "52");
  EXPECT_EQ(extracted("week", "2012-12-31"), "1");
  EXPECT_EQ(extracted("isoyear", "2012-12-31"), "2013");
  EXPECT_EQ(extracted("week", "2020-12-31"), "53");
  EXPECT_EQ(extracted("doy", "2020-12-31"), "366");
}

TEST(Extract, times_before_1970_count_forwards) {
  EXPECT_EQ(extracted("hour", "1969-12-31 23:59:59.5"), "23");
  EXPECT_EQ(extracted("second", "1969-12-31 23:59:59.5"), "59.5");
  EXPECT_EQ(extracted("epoch", "1969-12-31 23:59:59.5"), "-0.5");
  EXPECT_EQ(extracted("isodow", "1969-12-31 23:59:59.5"), "3");
  EXPECT_EQ(extracted("doy", "1969-12-31 23:59:59.5"), "365");
}

TEST(Extract, centuries_begin_with_one) {
  EXPECT_EQ(extracted("century", "2000-12-16"), "20");
  EXPECT_EQ(extracted("century", "1900-12-31"), "19");
  EXPECT_EQ(extracted("century", "0001-01-01"), "1");
  EXPECT_EQ(extracted("millennium", "2000-12-31"), "2");
  EXPECT_EQ(extracted("millennium", "2001-01-01"), "3");
}

TEST(Extract, there_is_no_year_0) {
  const auto of = [](TimeField field, std::int64_t year) {
    const Micros time = days_from_civil({.year = year, .month = 8, .day = 1}) * kMicrosPerDay;
    return extract_from_timestamp(field, time);
  };
  EXPECT_EQ(of(TimeField::kYear, 0), -1);
  EXPECT_EQ(of(TimeField::kCentury, 0), -1);
  EXPECT_EQ(of(TimeField::kCentury, -99), -1);
  EXPECT_EQ(of(TimeField::kCentury, -100), -2);
  EXPECT_EQ(of(TimeField::kDecade, 0), 0);
  EXPECT_EQ(of(TimeField::kDecade, -1), -1);
  EXPECT_EQ(of(TimeField::kDecade, -10), -1);
  EXPECT_EQ(of(TimeField::kDecade, -11), -2);
}

TEST(Extract, fields_of_an_interval) {
  const auto of = [](std::string field, std::string_view duration) {
    return call("extract", {text(std::move(field)), interval(duration)});
  };
  EXPECT_EQ(of("epoch", "1 day 02:00:00.5"), "93600.5");
  EXPECT_EQ(of("day", "40 days 1 minute"), "40");
  EXPECT_EQ(of("hour", "1 day 02:03:04.5"), "2");
  EXPECT_EQ(of("minute", "1 day 02:03:04.5"), "3");
  EXPECT_EQ(of("second", "1 day 02:03:04.5"), "4.5");
  EXPECT_EQ(of("milliseconds", "1 day 02:03:04.5"), "4500");
  EXPECT_EQ(of("microseconds", "1 day 02:03:04.5"), "4500000");
  EXPECT_EQ(of("minute", "-90 min"), "-30");
  EXPECT_EQ(of("hour", "-90 min"), "-1");
  EXPECT_EQ(of("year", "400 days"), "0");
  EXPECT_EQ(of("quarter", "400 days"), "1");
  EXPECT_EQ(of("dow", "1 day"), "error");
  EXPECT_EQ(of("week", "1 day"), "error");
}

TEST(DateTrunc, units_of_a_timestamp) {
  constexpr std::string_view kTime = "2001-02-16 20:38:40.123456";
  EXPECT_EQ(truncated("microseconds", kTime), "2001-02-16T20:38:40.123456Z");
  EXPECT_EQ(truncated("milliseconds", kTime), "2001-02-16T20:38:40.123Z");
  EXPECT_EQ(truncated("second", kTime), "2001-02-16T20:38:40.000Z");
  EXPECT_EQ(truncated("minute", kTime), "2001-02-16T20:38:00.000Z");
  EXPECT_EQ(truncated("Hours", kTime), "2001-02-16T20:00:00.000Z");
  EXPECT_EQ(truncated("day", kTime), "2001-02-16T00:00:00.000Z");
  EXPECT_EQ(truncated("week", kTime), "2001-02-12T00:00:00.000Z");
  EXPECT_EQ(truncated("month", kTime), "2001-02-01T00:00:00.000Z");
  EXPECT_EQ(truncated("quarter", "2001-06-30 23:59:59"), "2001-04-01T00:00:00.000Z");
  EXPECT_EQ(truncated("year", kTime), "2001-01-01T00:00:00.000Z");
  EXPECT_EQ(truncated("decade", "1993-12-25"), "1990-01-01T00:00:00.000Z");
  EXPECT_EQ(truncated("century", "1970-03-20"), "1901-01-01T00:00:00.000Z");
  EXPECT_EQ(truncated("century", "2000-03-20"), "1901-01-01T00:00:00.000Z");
  EXPECT_EQ(truncated("millennium", "1970-03-20"), "1001-01-01T00:00:00.000Z");
  EXPECT_EQ(truncated("epoch", kTime), "error");
  EXPECT_EQ(truncated("dow", kTime), "error");
}

TEST(DateTrunc, goes_into_the_past_before_1970) {
  EXPECT_EQ(truncated("second", "1969-12-31 23:59:59.5"), "1969-12-31T23:59:59.000Z");
  EXPECT_EQ(truncated("hour", "1969-12-31 23:59:59.5"), "1969-12-31T23:00:00.000Z");
  EXPECT_EQ(truncated("week", "1970-01-01"), "1969-12-29T00:00:00.000Z");
}

TEST(DateTrunc, intervals_go_towards_zero) {
  const auto of = [](std::string unit, std::string_view duration) {
    return call("date_trunc", {text(std::move(unit)), interval(duration)});
  };
  EXPECT_EQ(of("hour", "3 days 02:47:33"), concat(74 * 3600, "000000 us"));
  EXPECT_EQ(of("day", "3 days 02:47:33"), concat(72 * 3600, "000000 us"));
  EXPECT_EQ(of("hour", "-90 min"), "-3600000000 us");
  EXPECT_EQ(of("month", "40 days"), "0 us");
  EXPECT_EQ(of("week", "40 days"), "error");
}

TEST(DateTrunc, the_first_timestamp_does_not_overflow) {
  constexpr Micros kMin = std::numeric_limits<Micros>::min();
  EXPECT_EQ(truncate_timestamp(TimeField::kDay, kMin), std::nullopt);
  EXPECT_EQ(truncate_timestamp(TimeField::kWeek, kMin), std::nullopt);
  EXPECT_EQ(truncate_timestamp(TimeField::kMillennium, kMin), std::nullopt);
  EXPECT_EQ(truncate_timestamp(TimeField::kMicroseconds, kMin), kMin);
}

TEST(DateBin, bins_begin_at_the_origin) {
  const auto bin = [](std::string_view stride, std::string_view at, std::string_view origin) {
    return call("date_bin", {interval(stride), time(at), time(origin)});
  };
  EXPECT_EQ(bin("15 minutes", "2020-02-11 15:44:17", "2001-01-01"), "2020-02-11T15:30:00.000Z");
  EXPECT_EQ(bin("15 minutes", "2020-02-11 15:44:17", "2001-01-01 00:02:30"),
            "2020-02-11T15:32:30.000Z");
  EXPECT_EQ(bin("5 min", "2020-02-01 01:01:01", "2020-02-01 00:02:30"),
            "2020-02-01T00:57:30.000Z");
  EXPECT_EQ(bin("30 minutes", "2024-02-01 15:00:00", "2024-02-01 17:00:00"),
            "2024-02-01T15:00:00.000Z");
  EXPECT_EQ(bin("30 minutes", "2024-02-01 14:59:00", "2024-02-01 17:00:00"),
            "2024-02-01T14:30:00.000Z");
  EXPECT_EQ(bin("0 min", "2020-02-01 01:01:01", "2020-02-01"), "error");
  EXPECT_EQ(bin("-1 min", "2020-02-01 01:01:01", "2020-02-01"), "error");
}

TEST(DateBin, overflow_cannot_be_computed) {
  const Argument first{Type::kTimestamp, std::numeric_limits<std::int64_t>::min()};
  EXPECT_EQ(call("date_bin", {interval("1 day"), first, time("2020-02-01")}), "error");
  EXPECT_EQ(call("date_bin", {interval("1 day"), first, time("1969-01-01")}), "error");
}

TEST(ToTimestamp, takes_seconds_with_a_fraction) {
  expect_all({{"to_timestamp", {real(1284352323)}, "2010-09-13T04:32:03.000Z"},
              {"to_timestamp", {real(1262349296.7890123)}, "2010-01-01T12:34:56.789012Z"},
              {"to_timestamp", {real(-0.5)}, "1969-12-31T23:59:59.500Z"},
              {"to_timestamp", {real(1e13)}, "error"},
              {"to_timestamp", {real(-1e12)}, "error"},
              {"to_timestamp", {real(std::numeric_limits<double>::quiet_NaN())}, "error"},
              {"to_timestamp", {real(std::numeric_limits<double>::infinity())}, "error"}});
}

TEST(Extract, a_column_of_fields_is_read_row_by_row) {
  Column fields(Type::kText);
  Column times(Type::kTimestamp);
  for (const char* field : {"hour", "day", "day", "nonsense", "hour"}) {
    fields.append_text(field);
    times.append_int(*parse_sql_timestamp("2001-02-16 20:38:40"));
  }
  const auto function = make_scalar("extract", {Type::kText, Type::kTimestamp});
  ASSERT_TRUE(function.has_value());
  Column out(Type::kDouble, 5);
  const std::vector<const Column*> arguments = {&fields, &times};
  const Selection selection(5);
  Arena arena;
  EXPECT_EQ((*function)->evaluate(
                {.arguments = arguments, .selection = selection, .arena = arena}, out),
            1u);
  EXPECT_EQ(std::vector<double>(out.doubles().begin(), out.doubles().end()),
            (std::vector<double>{20, 16, 16, 0, 20}));
  EXPECT_TRUE(out.is_null(3));
}

}  // namespace
}  // namespace sitrep::sql
