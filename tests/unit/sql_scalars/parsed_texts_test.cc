// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/parsed_texts.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/result.h"
#include "engine/base/text.h"

namespace sitrep::sql {
namespace {

/// The length of a text; one that begins with '!' means nothing.
struct Length {
  static constexpr std::size_t kTextBytesMax = 200'000;
  static inline int parsed = 0;
  std::size_t length = 0;

  static Result<Length> parse(std::string_view text) {
    ++parsed;
    if (text.starts_with('!')) return invalid_config("refused");
    return Length{text.size()};
  }
};

TEST(ParsedTexts, parses_a_text_once) {
  Length::parsed = 0;
  ParsedTexts<Length> texts;
  for (int i = 0; i < 3; ++i) {
    ASSERT_NE(texts.find("four"), nullptr);
    EXPECT_EQ(texts.find("four")->length, 4u);
    EXPECT_EQ(texts.find("seven77")->length, 7u);
    EXPECT_EQ(texts.find("!"), nullptr);
  }
  EXPECT_EQ(Length::parsed, 3);
}

TEST(ParsedTexts, goes_by_the_bytes_and_not_by_the_address) {
  ParsedTexts<Length> texts;
  std::string text = "abc";
  EXPECT_NE(texts.find(text), nullptr);
  text = "!bc";
  EXPECT_EQ(texts.find(text), nullptr);
}

TEST(ParsedTexts, keeps_no_more_than_its_number_of_texts) {
  Length::parsed = 0;
  ParsedTexts<Length> texts;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(texts.find("always")->length, 6u);
    EXPECT_EQ(texts.find(concat(i))->length, concat(i).size());
    ASSERT_LE(texts.texts(), ParsedTexts<Length>::kTextsMax);
  }
  EXPECT_EQ(Length::parsed, 10'001);
}

TEST(ParsedTexts, keeps_no_more_than_its_bytes) {
  ParsedTexts<Length> texts;
  for (int i = 0; i < 100; ++i) {
    const std::string text(100'000, static_cast<char>('a' + i % 26));
    EXPECT_EQ(texts.find(text + concat(i))->length, text.size() + concat(i).size());
    ASSERT_LE(texts.bytes(), ParsedTexts<Length>::kBytesMax);
  }
}

TEST(ParsedTexts, does_not_keep_what_is_too_long_to_mean_anything) {
  Length::parsed = 0;
  ParsedTexts<Length> texts;
  EXPECT_EQ(texts.find(std::string(Length::kTextBytesMax + 1, 'a')), nullptr);
  EXPECT_EQ(texts.bytes(), 0u);
  EXPECT_EQ(Length::parsed, 0);
}

}  // namespace
}  // namespace sitrep::sql
