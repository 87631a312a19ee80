// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/query.h"

#include <gmock/gmock.h>

#include "tests/unit/sql/sql_testing.h"

namespace sitrep::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Query bound(std::string_view text) {
  Diagnostics diagnostics;
  auto query = bind_over_s(text, diagnostics);
  EXPECT_THAT(lines_of(diagnostics), IsEmpty()) << text;
  return query ? *std::move(query) : Query();
}

TEST(Query, star_takes_the_columns_but_not_the_metadata) {
  EXPECT_THAT(bound("SELECT * FROM s").output.names(), ElementsAre("b", "i", "d", "t", "ts", "v"));
}

TEST(Query, names_come_from_aliases_columns_and_functions) {
  EXPECT_THAT(bound("SELECT s.i, lower(t), d AS speed, i::text, _key FROM s").output.names(),
              ElementsAre("i", "lower", "speed", "i", "_key"));
  EXPECT_THAT(complaints("SELECT i + 1 FROM s"),
              ElementsAre("9: this expression has no name; give it one with AS"));
}

TEST(Query, a_field_of_a_time_is_checked_once_and_not_for_every_row) {
  EXPECT_THAT(complaints("SELECT extract(hours FROM ts) AS h, date_trunc('DAY', ts) AS d FROM s"),
              IsEmpty());
  EXPECT_THAT(complaints("SELECT extract(minut FROM ts) AS m FROM s"),
              ElementsAre("15: extract knows no field 'minut'; did you mean 'minute'?"));
  EXPECT_THAT(complaints("SELECT date_trunc('forthnight', ts) AS d FROM s"),
              ElementsAre(::testing::StartsWith(
                  "18: date_trunc knows no field 'forthnight'; there are microseconds, ")));
  EXPECT_THAT(complaints("SELECT date_part(t, ts) AS d FROM s"), IsEmpty());
}

TEST(Query, a_grouping_has_keys_a_window_and_each_aggregate_once) {
  const Query query = bound(
      "SELECT t, window_end, count(*) AS n, 2 * count(*) AS twice, avg(d) FILTER (WHERE b) AS mean "
      "FROM s WHERE i > 0 GROUP BY t, tumble(interval '10 seconds', interval '2s') "
      "HAVING count(*) > 1");
  ASSERT_EQ(query.branches.size(), 1U);
  const Select& select = query.branches[0];
  ASSERT_TRUE(select.grouping);
  EXPECT_EQ(select.grouping->window,
            (Window{.width = 10'000'000, .slide = 10'000'000, .offset = 2'000'000}));
  EXPECT_THAT(select.grouping->key_columns, ElementsAre(std::optional<std::size_t>(3)));
  ASSERT_EQ(select.grouping->aggregates.size(), 2U);
  EXPECT_EQ(select.grouping->aggregates[0].text, "count(*)");
  EXPECT_EQ(select.grouping->aggregates[1].text, "avg(d) FILTER (WHERE b)");
  EXPECT_NE(select.grouping->having, nullptr);
  EXPECT_EQ(query.output.fields,
            (std::vector<Field>{{"t", Type::kText},
                                {"window_end", Type::kTimestamp},
                                {"n", Type::kBigint},
                                {"twice", Type::kBigint},
                                {"mean", Type::kDouble}}));
}

TEST(Query, group_by_takes_expressions_aliases_and_numbers) {
  for (const std::string_view by : {"lower(t)", "kind", "1"}) {
    const Query query = bound(concat("SELECT lower(t) AS kind, count(*) AS n FROM s GROUP BY ", by,
                                     ", hop('1 min', '30 s')"));
    ASSERT_EQ(query.branches.size(), 1U);
    const Grouping& grouping = *query.branches[0].grouping;
    ASSERT_EQ(grouping.keys.size(), 1U) << by;
    EXPECT_EQ(grouping.keys[0]->name, "lower");
    EXPECT_EQ(grouping.window, (Window{.width = 60'000'000, .slide = 30'000'000, .offset = 0}));
  }
}

TEST(Query, the_branches_of_a_union_agree_on_types) {
  const Query query = bound("SELECT i AS x, 'a' AS kind FROM s UNION ALL SELECT d, NULL FROM s");
  ASSERT_EQ(query.branches.size(), 2U);
  EXPECT_EQ(query.output.fields,
            (std::vector<Field>{{"x", Type::kDouble}, {"kind", Type::kText}}));
  EXPECT_EQ(query.branches[0].projections[0]->type, Type::kDouble);
  EXPECT_THAT(
      complaints("SELECT i AS x FROM s UNION ALL SELECT t FROM s"),
      ElementsAre("38: column 'x' of the UNION ALL has different types (bigint, text); cast "
                  "them to one"));
  EXPECT_THAT(
      complaints("SELECT i FROM s UNION ALL SELECT i, t FROM s"),
      ElementsAre("33: found 2 columns, expected 1 as in the first SELECT of the UNION ALL"));
}

TEST(Query, all_complaints_are_made_at_once_in_order_of_place) {
  EXPECT_THAT(complaints("SELECT ii AS a, lowwer(t) AS b FROM s WHERE t > 3"),
              ElementsAre("7: there is no column 'ii'; did you mean 'i'?",
                          "16: there is no function 'lowwer'; did you mean 'lower'?",
                          "46: text > bigint cannot be compared; cast one of them"));
}

TEST(Query, an_unknown_stream_is_named_with_the_nearest) {
  EXPECT_THAT(complaints("SELECT i FROM ss"),
              ElementsAre("14: there is no source or stream 'ss'; did you mean 's'?"));
}

TEST(Query, a_column_outside_of_the_group_is_refused) {
  EXPECT_THAT(complaints("SELECT i FROM s GROUP BY t, tumble('1 min')"),
              ElementsAre("7: column 'i' is not in GROUP BY; add it there, or take one of its "
                          "values "
                          "with last(i)"));
}

struct Refusal {
  std::string_view sql;
  std::string_view complaint;
};

TEST(Query, what_is_not_supported_says_what_to_use_instead) {
  const Refusal kRefusals[] = {
      {"SELECT count(*) AS n FROM s",
       "7: 'count' is an aggregate; add GROUP BY with a window, like GROUP BY tumble(interval '1 "
       "minute')"},
      {"SELECT i FROM s GROUP BY i",
       "25: GROUP BY has no window, and a stream has no end; add tumble(interval '1 minute') or "
       "hop(interval '5 minutes', interval '1 minute')"},
      {"SELECT i FROM s WHERE count(*) > 1",
       "22: 'count' is an aggregate; WHERE looks at single rows; use HAVING for groups"},
      {"SELECT i FROM s ORDER BY i",
       "25: ORDER BY is not supported: rows of a stream come as their windows close; sort where "
       "they "
       "are shown"},
      {"SELECT i FROM s LIMIT 3",
       "22: LIMIT is not supported on a stream without end; use WHERE or HAVING"},
      {"SELECT a.i FROM s a JOIN s c ON true",
       "25: 's' is a stream, and JOIN is with tables; UNION ALL brings two streams together"},
      {"SELECT (SELECT 1) AS x FROM s",
       "7: a subquery is not supported; write the inner SELECT as a stream of its own and read it"},
      {"SELECT i FROM s UNION SELECT i FROM s",
       "29: UNION is not supported on streams without end; use UNION ALL"},
      {"SELECT now() AS x FROM s",
       "7: the wall clock is not supported in SQL: a row must give the same result when it is read "
       "again after a restart; use the event time column, or _timestamp"},
      {"SELECT t ~ 'a' AS x FROM s", "9: regular expressions ('~') are not supported; use LIKE"},
      {"SELECT t::date AS x FROM s",
       "10: there is no type 'date'; known are boolean, bigint, double, text, timestamp, interval"},
      {"SELECT i FROM s GROUP BY i, session('1 min')",
       "28: session windows are not supported yet; use tumble(…) or hop(…)"},
      {"SELECT t FROM s GROUP BY t, hop('1 min', '7 s')",
       "28: the width (1min) is not a multiple of the slide (7s); rows are kept in panes of one "
       "slide"},
      {"SELECT t FROM s GROUP BY t, tumble('abc')",
       "35: tumble: 'abc' is no interval; write it like '10 seconds'"},
      {"INSERT INTO s VALUES (1)", "0: found a statement of another kind, expected a SELECT"},
      {"SELECT 1 AS x", "0: found no FROM, expected one source or stream to read"},
      {"", "0: found no SQL, expected a SELECT"},
  };
  for (const Refusal& refusal : kRefusals) {
    const auto found = complaints(refusal.sql);
    ASSERT_FALSE(found.empty()) << refusal.sql;
    EXPECT_EQ(found.front(), refusal.complaint) << refusal.sql;
  }
}

TEST(Query, hostile_texts_are_refused_with_a_complaint) {
  std::string deep = "SELECT ";
  for (int i = 0; i < 20'000; ++i) deep += '(';
  EXPECT_FALSE(complaints(deep).empty());
  EXPECT_FALSE(complaints("SELECT '\xff\xfe' AS x FROM s WHERE").empty());
  EXPECT_FALSE(complaints(std::string_view("SELECT i\0 FROM s", 16)).empty());
}

TEST(Query, the_streams_that_it_reads_are_known_before_binding) {
  EXPECT_THAT(referenced_streams("SELECT x FROM a UNION ALL SELECT y FROM b UNION ALL "
                                 "SELECT 1 FROM c"),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(referenced_streams("SELECT FROM FROM"), IsEmpty());
}

}  // namespace
}  // namespace sitrep::sql
