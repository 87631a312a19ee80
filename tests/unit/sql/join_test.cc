// SPDX-License-Identifier: Apache-2.0
// JOIN of a stream with tables: what it is bound to, and how everything else is refused.
#include <gtest/gtest.h>

#include "tests/unit/sql/sql_testing.h"

namespace sitrep::sql {
namespace {

const Schema& stream() {
  static const Schema kStream{{{"vehicle", Type::kText},
                               {"zone", Type::kBigint},
                               {"speed", Type::kDouble},
                               {"_key", Type::kText}}};
  return kStream;
}

const TableShape& vehicles() {
  static const TableShape kVehicles{
      .schema = {{{"vehicle", Type::kText}, {"owner", Type::kText}, {"since", Type::kTimestamp}}},
      .key = {0}};
  return kVehicles;
}

const TableShape& limits() {
  static const TableShape kLimits{
      .schema = {{{"top", Type::kDouble}, {"zone", Type::kBigint}, {"owner", Type::kText}}},
      .key = {2, 1}};
  return kLimits;
}

std::optional<Query> bind(std::string_view text, Diagnostics& diagnostics) {
  const Catalog catalog = [](std::string_view name) {
    return name == "s" || name == "other" ? &stream() : nullptr;
  };
  const TableCatalog tables = [](std::string_view name) -> const TableShape* {
    if (name == "vehicles") return &vehicles();
    return name == "limits" ? &limits() : nullptr;
  };
  const std::vector<std::string> known = {"s", "other"};
  return bind_query(text,
                    {.catalog = catalog,
                     .known_streams = known,
                     .functions = testing_functions(),
                     .tables = tables,
                     .known_tables = {"vehicles", "limits"}},
                    diagnostics);
}

std::vector<std::string> join_complaints(std::string_view text) {
  Diagnostics diagnostics;
  bind(text, diagnostics);
  return lines_of(diagnostics);
}

std::vector<std::string> only(std::string line) { return {std::move(line)}; }

Query bound(std::string_view text) {
  Diagnostics diagnostics;
  auto query = bind(text, diagnostics);
  EXPECT_EQ(lines_of(diagnostics), std::vector<std::string>()) << text;
  return query.value_or(Query());
}

/// The columns that the select list reads, one per item.
std::vector<std::size_t> listed(const Select& select) {
  std::vector<std::size_t> columns;
  for (const ExpressionPtr& item : select.projections) columns.push_back(item->column);
  return columns;
}

using Columns = std::vector<std::size_t>;
using Names = std::vector<std::string>;

TEST(Join, columns_of_the_table_stand_behind_those_of_the_stream) {
  const Query query = bound(
      "SELECT s.vehicle, owner, speed, v.vehicle AS same FROM s "
      "JOIN vehicles AS v ON v.vehicle = s.vehicle WHERE owner <> '' AND s._key IS NULL");
  const Select& select = query.branches[0];
  ASSERT_EQ(select.joins.size(), 1U);
  EXPECT_EQ(select.from, "s");
  EXPECT_EQ(select.joins[0].table, "vehicles");
  EXPECT_EQ(select.joins[0].alias, "v");
  EXPECT_FALSE(select.joins[0].keeps_unmatched);
  EXPECT_EQ(select.joins[0].keys, Columns({0}));
  EXPECT_EQ(select.joins[0].table_keys, Columns({4}));
  EXPECT_EQ(select.joins[0].first_column, 4U);
  EXPECT_EQ(listed(select), Columns({0, 5, 2, 4}));
  EXPECT_EQ(query.output.names(), Names({"vehicle", "owner", "speed", "same"}));
  EXPECT_EQ(columns_read(*select.where), Columns({3, 5}));
}

TEST(Join, keys_go_by_the_order_of_the_tables_key_and_see_tables_before) {
  const Query query = bound(
      "SELECT s.vehicle, top FROM s LEFT JOIN vehicles v ON s.vehicle = v.vehicle "
      "LEFT JOIN limits l ON s.zone = l.zone AND l.owner = v.owner");
  const Select& select = query.branches[0];
  ASSERT_EQ(select.joins.size(), 2U);
  EXPECT_TRUE(select.joins[1].keeps_unmatched);
  EXPECT_EQ(select.joins[1].keys, Columns({5, 1}));
  EXPECT_EQ(select.joins[1].table_keys, Columns({9, 8}));
  EXPECT_EQ(select.joins[1].first_column, 7U);
  EXPECT_EQ(listed(select), Columns({0, 7}));
}

TEST(Join, a_star_gives_the_columns_of_one_side_or_of_both) {
  const Query one = bound("SELECT s.* FROM s JOIN vehicles v ON v.vehicle = s.vehicle");
  EXPECT_EQ(one.output.names(), Names({"vehicle", "zone", "speed"}));
  const Query other = bound("SELECT v.* FROM s JOIN vehicles v ON v.vehicle = s.vehicle");
  EXPECT_EQ(listed(other.branches[0]), Columns({4, 5, 6}));
  const Query both = bound("SELECT * FROM s JOIN vehicles v ON v.vehicle = s.vehicle");
  EXPECT_EQ(listed(both.branches[0]), Columns({0, 1, 2, 4, 5, 6}));
}

TEST(Join, a_group_is_told_by_the_column_not_by_its_name) {
  const Query query = bound(
      "SELECT s.vehicle, l.zone, count(l.zone) AS n FROM s LEFT JOIN limits l "
      "ON l.zone = s.zone AND l.owner = s.vehicle "
      "GROUP BY s.vehicle, l.zone, tumble(interval '1 minute')");
  EXPECT_EQ(query.branches[0].grouping->key_columns[1], 5U);
  EXPECT_EQ(join_complaints("SELECT l.zone, count(*) AS n FROM s LEFT JOIN limits l "
                            "ON l.zone = s.zone AND l.owner = s.vehicle "
                            "GROUP BY s.zone, tumble(interval '1 minute')"),
            only("7: column 'zone' is not in GROUP BY; add it there, or take one of its values "
                 "with last(zone)"));
}

TEST(Join, tables_are_named_for_the_order_of_streams) {
  EXPECT_EQ(referenced_streams("SELECT 1 FROM a JOIN b ON b.x = a.x LEFT JOIN c ON c.x = a.x"),
            Names({"a", "b", "c"}));
}

TEST(Join, what_can_mean_two_things_is_refused) {
  EXPECT_EQ(join_complaints("SELECT vehicle FROM s JOIN vehicles ON vehicles.vehicle = s.vehicle"),
            only("7: 'vehicle' can mean s.vehicle and vehicles.vehicle; write which"));
  EXPECT_EQ(join_complaints("SELECT x.owner FROM s JOIN vehicles v ON v.vehicle = s.vehicle"),
            only("7: there is no 'x' to take a column from; FROM names 's', 'v'"));
  EXPECT_EQ(join_complaints("SELECT s.speed FROM s JOIN vehicles s ON s.vehicle = s.vehicle"),
            only("27: FROM names 's' twice; give one of them another name with AS"));
}

TEST(Join, other_joins_are_refused_by_name) {
  const std::pair<std::string, std::string> kCases[] = {
      {"RIGHT JOIN vehicles v ON v.vehicle = s.vehicle",
       "RIGHT JOIN is not supported: the rows are the stream's; name the stream first and use LEFT "
       "JOIN"},
      {"FULL JOIN vehicles v ON v.vehicle = s.vehicle",
       "FULL JOIN is not supported: the rows are the stream's; use LEFT JOIN with the table"},
      {"NATURAL JOIN vehicles v",
       "NATURAL JOIN is not supported; write ON table.key = stream.column"},
      {"JOIN vehicles v USING (vehicle)",
       "USING is not supported; write ON table.key = stream.column"},
      {"CROSS JOIN vehicles v",
       "CROSS JOIN is not supported; write JOIN … ON table.key = stream.column"},
      {"JOIN other o ON o.vehicle = s.vehicle",
       "'other' is a stream, and JOIN is with tables; UNION ALL brings two streams together"},
      {"JOIN vehicle v ON v.vehicle = s.vehicle",
       "there is no table 'vehicle'; did you mean 'vehicles'?"},
      {"JOIN (SELECT 1) v ON v.vehicle = s.vehicle",
       "a subquery in FROM is not supported; write it as a stream of its own and name that"},
  };
  for (const auto& [join, complaint] : kCases) {
    const auto lines = join_complaints("SELECT s.speed FROM s " + join);
    ASSERT_EQ(lines.size(), 1U) << join;
    EXPECT_EQ(lines[0].substr(lines[0].find(' ') + 1), complaint) << join;
  }
  EXPECT_EQ(join_complaints("SELECT owner FROM vehicles"),
            only("18: 'vehicles' is a table, and rows come from a stream; write FROM the stream "
                 "JOIN vehicles ON …"));
}

TEST(Join, other_conditions_are_refused_by_name) {
  const std::pair<std::string, std::string> kCases[] = {
      {"v.vehicle > s.vehicle",
       "39: ON compares the key of the table (vehicle) by = with columns of the stream, combined "
       "with AND; other conditions go into WHERE"},
      {"v.vehicle = lower(s.vehicle)",
       "39: ON compares the key of the table (vehicle) by = with columns of the stream, combined "
       "with AND; other conditions go into WHERE"},
      {"v.vehicle = s.vehicle OR v.owner = s.vehicle",
       "39: ON compares the key of the table (vehicle) by = with columns of the stream, combined "
       "with AND; other conditions go into WHERE"},
      {"v.vehicle = s.vehicle AND v.owner = s.vehicle",
       "65: 'owner' is not in the key of table 'vehicles' (vehicle); other conditions go into "
       "WHERE"},
      {"v.vehicle = s.zone",
       "39: 'vehicle' is text and 'zone' is bigint; cast it in a stream of its own, and join that"},
      {"v.vehicle = s.vehicle AND v.vehicle = s._key",
       "65: ON compares 'vehicle' twice, expected once"},
      {"s.vehicle = s._key",
       "39: ON compares two columns of the stream; expected one of the table's key (vehicle) and "
       "one of the stream"},
      {"v.vehicle = v.owner",
       "39: ON compares two columns of the table; expected one of the table's key (vehicle) and "
       "one of the stream"},
  };
  for (const auto& [condition, complaint] : kCases) {
    EXPECT_EQ(join_complaints("SELECT speed FROM s JOIN vehicles v ON " + condition),
              only(complaint))
        << condition;
  }
  EXPECT_EQ(join_complaints("SELECT speed FROM s JOIN limits l ON l.zone = s.zone"),
            only("37: ON leaves out owner: a table is joined by its whole key (owner, zone)"));
}

}  // namespace
}  // namespace sitrep::sql
