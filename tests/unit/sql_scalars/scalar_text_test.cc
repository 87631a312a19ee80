// SPDX-License-Identifier: Apache-2.0
// Expectations from PostgreSQL 15's documentation (9.4) and its regression tests strings, text.
#include "engine/sql/scalar_text.h"

#include <limits>

#include "tests/unit/sql_scalars/scalars_testing.h"

namespace sitrep::sql {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(ScalarText, lengths_count_characters) {
  expect_all({{"length", {text("jose")}, "4"},
              {"length", {text("José 🚑")}, "6"},
              {"char_length", {text("")}, "0"},
              {"character_length", {text("éà")}, "2"},
              {"octet_length", {text("José")}, "5"},
              {"bit_length", {text("jose")}, "32"},
              {"ascii", {text("x")}, "120"},
              {"ascii", {text("é")}, "233"},
              {"ascii", {text("🚑x")}, "128657"},
              {"ascii", {text("")}, "0"}});
}

TEST(ScalarText, case_changes_letters_of_european_alphabets) {
  expect_all({{"lower", {text("TOM 1")}, "'tom 1'"},
              {"upper", {text("tom 1")}, "'TOM 1'"},
              {"upper", {text("größe žluť")}, "'GRÖßE ŽLUŤ'"},
              {"lower", {text("ÀÉÎÞ × ŸŁÓDŹ")}, "'àéîþ × ÿłódź'"},
              {"upper", {text("àéîþ ÷ ÿłódź")}, "'ÀÉÎÞ ÷ ŸŁÓDŹ'"},
              {"lower", {text("ΆΈΉΊΌΎΏΑΣΩΫ")}, "'άέήίόύώασωϋ'"},
              {"upper", {text("άέήίόύώας")}, "'ΆΈΉΊΌΎΏΑΣ'"},
              {"lower", {text("ЖЁЯҚӀ")}, "'жёяқӏ'"},
              {"upper", {text("жёяқӏ")}, "'ЖЁЯҚӀ'"},
              {"lower", {text("İ 中 🚑")}, "'İ 中 🚑'"},
              {"upper", {text("\xC3")}, "'\xC3'"},
              {"initcap", {text("hi THOMAS")}, "'Hi Thomas'"},
              {"initcap", {text("o'neil été-2nd x1y")}, "'O'Neil Été-2nd X1y'"}});
}

TEST(ScalarText, trims_take_a_set_of_characters) {
  expect_all({{"btrim", {text("  trim ")}, "'trim'"},
              {"btrim", {text("\ttrim ")}, "'\ttrim'"},
              {"btrim", {text("xyxtrimyyx"), text("xyz")}, "'trim'"},
              {"ltrim", {text("zzzytest"), text("xyz")}, "'test'"},
              {"rtrim", {text("testxxzx"), text("xyz")}, "'test'"},
              {"ltrim", {text("  a ")}, "'a '"},
              {"rtrim", {text("  a ")}, "'  a'"},
              {"btrim", {text("éaéà"), text("àé")}, "'a'"},
              {"btrim", {text("ê"), text("é")}, "'ê'"},
              {"btrim", {text("xxx"), text("x")}, "''"},
              {"btrim", {text(" a "), text("")}, "' a '"}});
}

TEST(ScalarText, substring_is_a_window_over_the_positions) {
  expect_all({{"substring", {text("Thomas"), number(2), number(3)}, "'hom'"},
              {"substring", {text("Thomas"), number(3)}, "'omas'"},
              {"substr", {text("alphabet"), number(3), number(2)}, "'ph'"},
              {"substring", {text("1234567890"), number(4), number(3)}, "'456'"},
              {"substring", {text("abcdef"), number(0), number(3)}, "'ab'"},
              {"substring", {text("abcdef"), number(-1), number(3)}, "'a'"},
              {"substring", {text("abcdef"), number(-5), number(3)}, "''"},
              {"substring", {text("abcdef"), number(-5)}, "'abcdef'"},
              {"substring", {text("abcdef"), number(7)}, "''"},
              {"substring", {text("abcdef"), number(2), number(0)}, "''"},
              {"substring", {text("abcdef"), number(2), number(-1)}, "error"},
              {"substring", {text("abcdef"), number(-10), number(-1)}, "error"},
              {"substring", {text("abcdef"), number(5), number(kMax)}, "'ef'"},
              {"substring", {text("abcdef"), number(kMin), number(kMax)}, "''"},
              {"substring", {text("aéî🚑z"), number(2), number(3)}, "'éî🚑'"}});
}

TEST(ScalarText, left_and_right_count_from_either_end) {
  expect_all({{"left", {text("abcde"), number(2)}, "'ab'"},
              {"left", {text("abcde"), number(-2)}, "'abc'"},
              {"left", {text("abcde"), number(-9)}, "''"},
              {"left", {text("abcde"), number(9)}, "'abcde'"},
              {"left", {text("aéî"), number(-1)}, "'aé'"},
              {"left", {text("abc"), number(kMin)}, "''"},
              {"right", {text("abcde"), number(2)}, "'de'"},
              {"right", {text("abcde"), number(-2)}, "'cde'"},
              {"right", {text("abcde"), number(0)}, "''"},
              {"right", {text("aéî"), number(2)}, "'éî'"},
              {"right", {text("abc"), number(kMin)}, "''"},
              {"right", {text("abc"), number(kMax)}, "'abc'"}});
}

TEST(ScalarText, positions_count_characters_from_one) {
  expect_all({{"position", {text("Thomas"), text("om")}, "3"},
              {"strpos", {text("high"), text("ig")}, "2"},
              {"strpos", {text("éàig"), text("ig")}, "3"},
              {"strpos", {text("high"), text("x")}, "0"},
              {"strpos", {text("high"), text("")}, "1"},
              {"strpos", {text(""), text("")}, "1"},
              {"starts_with", {text("alphabet"), text("alph")}, "true"},
              {"starts_with", {text("alphabet"), text("bet")}, "false"}});
}

TEST(ScalarText, split_part_counts_fields_from_either_end) {
  expect_all({{"split_part", {text("abc~@~def~@~ghi"), text("~@~"), number(2)}, "'def'"},
              {"split_part", {text("abc,def,ghi,jkl"), text(","), number(-2)}, "'ghi'"},
              {"split_part", {text("joeuser@mydatabase"), text("@"), number(0)}, "error"},
              {"split_part", {text("joeuser@mydatabase"), text("@"), number(3)}, "''"},
              {"split_part", {text("joeuser@mydatabase"), text("@"), number(-3)}, "''"},
              {"split_part", {text("@joeuser@mydatabase@"), text("@"), number(1)}, "''"},
              {"split_part", {text("@joeuser@mydatabase@"), text("@"), number(-1)}, "''"},
              {"split_part", {text("@joeuser@mydatabase@"), text("@"), number(-2)},
               "'mydatabase'"},
              {"split_part", {text("joeuser"), text("@"), number(1)}, "'joeuser'"},
              {"split_part", {text("joeuser"), text(""), number(1)}, "'joeuser'"},
              {"split_part", {text("joeuser"), text(""), number(-1)}, "'joeuser'"},
              {"split_part", {text("joeuser"), text(""), number(2)}, "''"},
              {"split_part", {text(""), text("@"), number(-1)}, "''"},
              {"split_part", {text("a,b"), text(","), number(kMin)}, "''"},
              {"split_part", {text("aaa"), text("aa"), number(-1)}, "'a'"}});
}

TEST(ScalarText, replace_replaces_all) {
  expect_all({{"replace", {text("abcdefabcdef"), text("cd"), text("XX")}, "'abXXefabXXef'"},
              {"replace", {text("yabadoo"), text("ba"), text("123")}, "'ya123doo'"},
              {"replace", {text("yabadoo"), text("bad"), text("")}, "'yaoo'"},
              {"replace", {text("abc"), text(""), text("x")}, "'abc'"},
              {"replace", {text("aaa"), text("aa"), text("b")}, "'ba'"},
              {"replace", {text(""), text("a"), text("b")}, "''"}});
}

TEST(ScalarText, pads_cut_what_is_too_long) {
  expect_all({{"lpad", {text("hi"), number(5), text("xy")}, "'xyxhi'"},
              {"rpad", {text("hi"), number(5), text("xy")}, "'hixyx'"},
              {"lpad", {text("hi"), number(5)}, "'   hi'"},
              {"lpad", {text("hi"), number(-5), text("xy")}, "''"},
              {"lpad", {text("hello"), number(2)}, "'he'"},
              {"rpad", {text("hello"), number(2)}, "'he'"},
              {"lpad", {text("hi"), number(5), text("")}, "'hi'"},
              {"rpad", {text("éa"), number(5), text("🚑î")}, "'éa🚑î🚑'"},
              {"reverse", {text("abcde")}, "'edcba'"},
              {"reverse", {text("aé🚑")}, "'🚑éa'"},
              {"repeat", {text("Pg"), number(4)}, "'PgPgPgPg'"},
              {"repeat", {text("Pg"), number(-4)}, "''"}});
}

TEST(ScalarText, no_text_grows_beyond_the_limit) {
  const std::string large(kGrownBytesMax / 2, 'x');
  expect_all({{"repeat", {text("12345678"), number(kMax)}, "error"},
              {"lpad", {text("a"), number(kMax)}, "error"},
              {"rpad", {text("a"), number(kGrownBytesMax), text("é")}, "error"},
              {"replace", {text(large), text("x"), text("xyz")}, "error"}});
  EXPECT_EQ(call("repeat", {text(large), number(2)}).size(), kGrownBytesMax + 2);
  EXPECT_EQ(call("repeat", {text(large + large + "x"), number(1)}).size(), kGrownBytesMax + 3);
}

TEST(ScalarText, concat_leaves_nulls_out) {
  expect_all(
      {{"concat", {text("abcde"), text("2"), null(Type::kText), text("22")}, "'abcde222'"},
       {"concat", {null(Type::kText)}, "''"},
       {"concat_ws", {text(","), text("abcde"), text("2"), null(Type::kText), text("22")},
        "'abcde,2,22'"},
       {"concat_ws", {text("#"), null(Type::kText), text(""), text("x")}, "'#x'"},
       {"concat_ws", {text("#"), null(Type::kText)}, "''"},
       {"concat_ws", {null(Type::kText), text("a"), text("b")}, "null"},
       {"concat", {number(1)}, "concat takes one or more texts, not bigint"},
       {"concat_ws", {text(",")}, "concat_ws takes two or more texts, not text"}});
}

}  // namespace
}  // namespace sitrep::sql
