// SPDX-License-Identifier: Apache-2.0
// Every way that YAML can write a scalar: the place of each of its words must be where the word
// stands.
#include "config/placed_text.h"

#include <gtest/gtest.h>

#include "config/read_yaml.h"

namespace sitrep {
namespace {

/// Value of the key `sql` of the map in `text`.
PlacedText read(const std::string& text, const Environment& environment = {}) {
  std::vector<ConfigError> complaints;
  const std::string file = "f";
  const std::vector<std::string> overrides;
  ErrorList errors(file, overrides, complaints);
  const auto root = read_yaml(SourceText(text), environment, errors);
  EXPECT_EQ(to_string(complaints), "");
  const ConfigNode* node = root->find("sql");
  return node == nullptr ? PlacedText{} : node->text;
}

/// Line and column of `word` in the file, found by searching the file itself.
SourcePlace place_in(const std::string& text, const std::string& word) {
  return SourceText(text).place(text.find(word));
}

struct Case {
  std::string name;
  std::string text;
  std::string value;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class PlacedTextTest : public testing::TestWithParam<Case> {};

TEST_P(PlacedTextTest, each_word_is_where_it_stands) {
  const Case& c = GetParam();
  const PlacedText sql = read(c.text);
  ASSERT_EQ(sql.value, c.value);
  for (const std::string word : {"SELECT", "camp", "FROM", "tel", "WHERE"}) {
    const std::size_t offset = sql.value.find(word);
    if (offset == std::string::npos) continue;
    const SourcePlace found = sql.place_of(offset);
    const SourcePlace expected = place_in(c.text, word);
    EXPECT_EQ(found.line, expected.line) << word;
    EXPECT_EQ(found.column, expected.column) << word;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Styles, PlacedTextTest,
    testing::Values(
        Case{"plain", "a: 1\nsql: SELECT camp FROM tel\n", "SELECT camp FROM tel"},
        Case{"plain_folded", "sql: SELECT camp\n   FROM\n\n     tel\nb: 2",
             "SELECT camp FROM\ntel"},
        Case{"literal", "sql: |\n  SELECT camp\n    FROM tel\n  WHERE\n",
             "SELECT camp\n  FROM tel\nWHERE\n"},
        Case{"literal_with_comment_and_indent", "sql: |2-  # note\n    SELECT camp\n   FROM\n\n",
             "  SELECT camp\n FROM"},
        Case{"literal_after_blank_lines", "sql: |\n\n\n  SELECT camp\n\n  FROM tel\n",
             "\n\nSELECT camp\n\nFROM tel\n"},
        Case{"folded", "sql: >-\n   SELECT camp\n   FROM tel\n\n   WHERE\n",
             "SELECT camp FROM tel\nWHERE"},
        Case{"double_quoted", "sql: \"SELECT\\tcamp \\u00e9\\\"\\\n     FROM tel\"\n",
             "SELECT\tcamp é\"FROM tel"},
        Case{"double_quoted_folded", "sql: \"SELECT camp\n\n  FROM tel\"\n",
             "SELECT camp\nFROM tel"},
        Case{"single_quoted", "sql: 'SELECT ''x'' camp\n  FROM tel'\n", "SELECT 'x' camp FROM tel"},
        Case{"wide_characters", "é: 1\nsql: \"é😀 SELECT 'é' camp FROM\"\n",
             "é😀 SELECT 'é' camp FROM"},
        Case{"carriage_returns", "a: 1\r\nsql: |\r\n  SELECT camp\r\n  FROM tel\r\n",
             "SELECT camp\nFROM tel\n"},
        Case{"anchored", "sql: &q !!str |\n  SELECT camp\n  FROM tel\n", "SELECT camp\nFROM tel\n"},
        Case{"in_flow", "{a: [1], sql: SELECT camp FROM tel}", "SELECT camp FROM tel"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(PlacedText, words_around_a_variable_keep_their_places) {
  const std::string text = "sql: |\n  SELECT ${COLUMNS:-*}, camp FROM tel -- $$5\n";
  const PlacedText sql = read(text, {{"COLUMNS", "a, b, c, d"}});
  EXPECT_EQ(sql.value, "SELECT a, b, c, d, camp FROM tel -- $5\n");
  EXPECT_EQ(sql.place_of(sql.value.find("SELECT")), (SourcePlace{2, 3}));
  EXPECT_EQ(sql.place_of(sql.value.find("a, b")), (SourcePlace{2, 10}));
  EXPECT_EQ(sql.place_of(sql.value.find("d, camp")), (SourcePlace{2, 10}));
  EXPECT_EQ(sql.place_of(sql.value.find("camp")), place_in(text, "camp"));
  EXPECT_EQ(sql.place_of(sql.value.find("tel")), place_in(text, "tel"));
  EXPECT_EQ(sql.place_of(sql.value.find("5")), place_in(text, "5"));
}

TEST(PlacedText, offsets_beyond_the_end_give_the_end) {
  const PlacedText sql = read("sql: abc\n");
  EXPECT_EQ(sql.place_of(100), (SourcePlace{1, 9}));
}

}  // namespace
}  // namespace sitrep
