// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/clean_text.h"

#include <gtest/gtest.h>

#include "connectors/formats/json_string.h"

namespace sitrep {
namespace {

using namespace std::string_literals;

std::string clean(std::string_view text, TextRule rule) {
  std::string out = "<";
  append_clean(out, text, rule);
  return out + ">";
}

TEST(CleanText, xml_takes_tabs_and_line_breaks_and_no_other_control_characters) {
  EXPECT_EQ(clean("a\t\n\r\x7fé😀"s, TextRule::kXml), "<a\t\n\r\x7fé😀>");
  EXPECT_EQ(clean("a\0b\x01\x1f\x0b"s, TextRule::kXml), "<a\uFFFDb\uFFFD\uFFFD\uFFFD>");
  EXPECT_EQ(clean("\xEF\xBF\xBD\xEF\xBF\xBE\xEF\xBF\xBF"s, TextRule::kXml), "<\uFFFD\uFFFD\uFFFD>");
}

TEST(CleanText, what_is_not_utf8_is_replaced) {
  for (const TextRule rule : {TextRule::kXml, TextRule::kCloudEvent}) {
    EXPECT_EQ(clean("a\xff\xc3(\xe2\x82\xed\xa0\x80"s, rule),
              "<a\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD\uFFFD>");
  }
}

/// The first and the last code point of each run that the rule replaces.
std::vector<std::pair<char32_t, char32_t>> replaced(TextRule rule) {
  std::vector<std::pair<char32_t, char32_t>> runs;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;  // surrogates have no UTF-8
    std::string character;
    append_utf8(character, c);
    if (clean(character, rule) == "<" + character + ">") continue;
    if (!runs.empty() && runs.back().second + 1 == c) runs.back().second = c;
    else runs.emplace_back(c, c);
  }
  return runs;
}

TEST(CleanText, of_all_characters_those_that_the_specifications_name_are_replaced) {
  using Runs = std::vector<std::pair<char32_t, char32_t>>;
  EXPECT_EQ(replaced(TextRule::kXml),
            (Runs{{0x0, 0x8}, {0xB, 0xC}, {0xE, 0x1F}, {0xFFFE, 0xFFFF}}));
  Runs expected = {{0x0, 0x1F}, {0x7F, 0x9F}, {0xFDD0, 0xFDEF}};
  for (char32_t plane = 0; plane <= 0x10; ++plane) {
    expected.emplace_back(plane << 16U | 0xFFFEU, plane << 16U | 0xFFFFU);
  }
  EXPECT_EQ(replaced(TextRule::kCloudEvent), expected);
}

}  // namespace
}  // namespace sitrep
