// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/unit/sql/sql_testing.h"

namespace sitrep::sql {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> complaints_about(std::string_view condition) {
  Diagnostics diagnostics;
  const InputRow row = InputRow::of(testing_schema());
  const ExpressionPtr bound =
      bind_condition(condition, {.row = row, .functions = testing_functions()}, diagnostics);
  EXPECT_EQ(bound == nullptr, !diagnostics.empty());
  return lines_of(diagnostics);
}

TEST(Condition, reads_the_columns_that_it_names) {
  Diagnostics diagnostics;
  const InputRow row = InputRow::of(testing_schema());
  const ExpressionPtr bound =
      bind_condition("d > 110 AND b AND d < i", {.row = row, .functions = testing_functions()},
                     diagnostics);
  ASSERT_NE(bound, nullptr);
  EXPECT_THAT(columns_read(*bound), ElementsAre(0, 1, 2));
}

TEST(Condition, places_count_from_its_own_first_byte) {
  EXPECT_THAT(complaints_about("dd > 110"),
              ElementsAre("0: there is no column 'dd'; did you mean 'd'?"));
  EXPECT_THAT(complaints_about("b AND é.x > 1"),
              ElementsAre("6: there is no 'é' to take a column from"));
}

TEST(Condition, names_of_several_parts_mean_the_first_that_has_them) {
  InputRow row = InputRow::of(testing_schema());
  row.first_part_wins = true;
  row.add("limits", {{{"d", Type::kDouble}, {"top", Type::kDouble}}});
  const std::size_t limits = testing_schema().size();
  Diagnostics diagnostics;
  const LoneOptions options{.row = row, .functions = testing_functions()};
  const ExpressionPtr bound = bind_condition("d > limits.d AND d < top", options, diagnostics);
  ASSERT_NE(bound, nullptr);
  EXPECT_THAT(columns_read(*bound), ElementsAre(2, limits, limits + 1));
  EXPECT_EQ(bind_condition("limit_s.d > 1", options, diagnostics), nullptr);
  EXPECT_THAT(lines_of(diagnostics),
              ElementsAre("0: there is no 'limit_s' to take a column from; there is 'limits'"));
}

TEST(Condition, must_be_boolean) {
  EXPECT_THAT(complaints_about("i"),
              ElementsAre("0: a condition: found bigint, expected boolean"));
}

TEST(Condition, is_one_expression) {
  const char* const kMore =
      "0: found more than a condition, expected one like speed > 110 AND engine_on";
  EXPECT_THAT(complaints_about("b, b"), ElementsAre(kMore));
  EXPECT_THAT(complaints_about("b FROM s"), ElementsAre(kMore));
  EXPECT_THAT(complaints_about("b AS x"), ElementsAre(kMore));
}

TEST(Condition, says_where_the_grammar_breaks) {
  EXPECT_THAT(complaints_about("d > "), ElementsAre("4: syntax error at end of input"));
  EXPECT_THAT(complaints_about("t = 'é' AND AND"),
              ElementsAre("13: syntax error at or near \"AND\""));
}

TEST(Condition, has_no_aggregates) {
  EXPECT_THAT(complaints_about("count(*) > 3"),
              ElementsAre("0: 'count' is an aggregate; a condition looks at single rows; put the "
                          "aggregate into a stream and let the alert read that"));
}

}  // namespace
}  // namespace sitrep::sql
