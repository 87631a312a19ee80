// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace sitrep {
namespace {

TEST(Terminal, width_counts_columns_not_bytes) {
  EXPECT_EQ(width("gen-2"), 5U);
  EXPECT_EQ(width("103 °C"), 6U);
  EXPECT_EQ(width("Кидаль"), 6U);
  EXPECT_EQ(width("水位"), 4U);             // wide
  EXPECT_EQ(width("e\u0301"), 1U);          // a letter and its accent
  EXPECT_EQ(width("\U0001F6A8 fire"), 7U);  // a police car's light
  EXPECT_EQ(width("a\xff\xe2\x82"), 4U);    // bytes that are no characters
}

TEST(Terminal, padding_fills_up_and_never_cuts) {
  EXPECT_EQ(pad_left("°C", 4), "  °C");
  EXPECT_EQ(pad_right("水", 4), "水  ");
  EXPECT_EQ(pad_right("long", 2), "long");
}

TEST(Terminal, cutting_never_parts_a_character) {
  EXPECT_EQ(cut("°°°", 2), "°°");
  EXPECT_EQ(cut("水位", 3), "水");  // the second would take columns 3 and 4
  EXPECT_EQ(cut("ae\u0301b", 2), "ae\u0301");
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("abc", 0), "");
}

TEST(Terminal, shortening_says_that_something_is_missing) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdef", 5), "abcd…");
  EXPECT_EQ(shorten("a°°°°°", 4), "a°°…");
  EXPECT_EQ(shorten("水位水", 4), "水…");
  EXPECT_EQ(shorten("abc", 1), "…");
  EXPECT_EQ(shorten("abc", 0), "");
}

TEST(Terminal, what_could_move_or_colour_is_escaped) {
  EXPECT_EQ(escaped("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(escaped("a\nb\rc\td\x07\x08\x7f"), "a\\x0ab\\x0dc\\x09d\\x07\\x08\\x7f");
  EXPECT_EQ(escaped(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(escaped("\u009b31m"), "\\u009b31m");  // C1: the same as ESC [
}

TEST(Terminal, what_could_turn_or_break_the_line_is_escaped) {
  EXPECT_EQ(escaped("\u202egnp\u202c"), "\\u202egnp\\u202c");
  EXPECT_EQ(escaped("\u2066a\u2069\u200f\u061c"), "\\u2066a\\u2069\\u200f\\u061c");
  EXPECT_EQ(escaped("a\u2028b\u2029"), "a\\u2028b\\u2029");
}

TEST(Terminal, bytes_that_are_no_utf8_are_escaped_one_by_one) {
  EXPECT_EQ(escaped("a\xff" "b"), "a\\xffb");
  EXPECT_EQ(escaped("\x9b" "31m"), "\\x9b31m");                 // C1 in Latin-1
  EXPECT_EQ(escaped("\xc0\x9b"), "\\xc0\\x9b");                 // an overlong ESC
  EXPECT_EQ(escaped("\xe2\x82"), "\\xe2\\x82");                 // the euro sign, torn
  EXPECT_EQ(escaped("\xe2\x82\x1b[m"), "\\xe2\\x82\\x1b[m");    // ESC inside of it
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");        // a surrogate
}

TEST(Terminal, letters_of_all_scripts_stay) {
  const std::string text = "Öl 103 °C, Вода, مياه, 水位, e\u0301, \U0001F6A8 \\ \"";
  EXPECT_EQ(escaped(text), text);
}

TEST(Terminal, colours_are_for_terminals_unless_someone_says_otherwise) {
  EXPECT_TRUE(wants_colour({.terminal = true, .term = "xterm"}));
  EXPECT_FALSE(wants_colour({.terminal = false, .term = "xterm"}));
  EXPECT_FALSE(wants_colour({.terminal = true, .no_color = "1"}));
  EXPECT_TRUE(wants_colour({.terminal = true, .no_color = ""}));
  EXPECT_FALSE(wants_colour({.terminal = true, .term = "dumb"}));
  EXPECT_TRUE(wants_colour({.mode = "always", .terminal = false, .no_color = "1"}));
  EXPECT_FALSE(wants_colour({.mode = "never", .terminal = true}));
}

}  // namespace
}  // namespace sitrep
