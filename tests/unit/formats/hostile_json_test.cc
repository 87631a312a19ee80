// SPDX-License-Identifier: Apache-2.0
// JSON that is sent to break us: each message becomes one dead letter, and its neighbours in the
// batch are read as if it were not there.
#include <gmock/gmock.h>

#include "connectors/formats/json_cell.h"
#include "connectors/formats/json_cursor.h"
#include "connectors/formats/json_tokens.h"
#include "tests/unit/formats/formats_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

const std::vector<ColumnSpec> kColumns = {column("t", Type::kText), column("n", Type::kBigint)};

/// What becomes of `message` between two good ones.
std::string outcome(const std::string& message) {
  const std::vector<std::string> lines =
      decoded(kColumns, {R"({"t":"before","n":1})", message, R"({"t":"after","n":2})"});
  std::vector<std::string> mine;
  std::vector<std::string> neighbours;
  for (const std::string& line : lines) {
    (line.starts_with("1.") ? mine : neighbours).push_back(line);
  }
  EXPECT_THAT(neighbours, ElementsAre("0.0: 'before', 1", "2.0: 'after', 2")) << message;
  return join(mine, "; ");
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(HostileJson, nothing_and_almost_nothing) {
  for (const std::string message : {"",        " ",        "\n",
                                    "{",       "}",        "[",
                                    "]",       "\"",       ",",
                                    ":",       "nul",      "-",
                                    "{\"",     "{\"t",     "{\"t\"",
                                    "{\"t\":", "{,}",      "{\"t\":\"x\",}",
                                    "[{}",     "[,]",      "{\"t\" \"x\"}",
                                    "{t:1}",   "{'t':'x'}"}) {
    EXPECT_EQ(outcome(message), "1.0: malformed") << message;
  }
  for (const char* const message : {"null", "true", "7", "\"text\""}) {
    EXPECT_EQ(outcome(message), "1.0: type") << message;
  }
}

TEST(HostileJson, every_cut_of_a_message_is_malformed) {
  const std::string whole = R"({"t":"a\u00e9\"b","n":-12.5e3,"u":[null,{"x":[true,false]}]})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(outcome(whole.substr(0, size)), "1.0: malformed") << whole.substr(0, size);
  }
}

TEST(HostileJson, nesting_is_bounded) {
  const auto nested = [](std::size_t depth) {
    return concat("{\"n\":3,\"u\":", repeated("[", depth), repeated("]", depth), "}");
  };
  EXPECT_EQ(outcome(nested(kDepthMax - 1)), "1.0: null, 3");
  EXPECT_EQ(outcome(nested(kDepthMax)), "1.0: malformed");
  EXPECT_EQ(outcome(nested(1'000'000)), "1.0: malformed");
  EXPECT_EQ(outcome(repeated("[", 1'000'000)), "1.0: malformed");
  EXPECT_EQ(outcome(repeated("{\"a\":", 1'000'000)), "1.0: malformed");
}

TEST(HostileJson, sizes_are_bounded) {
  const auto text_of = [](std::size_t size) {
    return concat("{\"t\":\"", repeated("x", size), "\",\"n\":3}");
  };
  EXPECT_EQ(outcome(text_of(kTextBytesMax)),
            concat("1.0: '", repeated("x", kTextBytesMax), "', 3"));
  EXPECT_EQ(outcome(text_of(kTextBytesMax + 1)), "1.0: range /t");
  EXPECT_EQ(outcome(concat("{\"n\":3,\"u\":\"", repeated("x", 1 << 20), "\"}")), "1.0: null, 3");
  EXPECT_EQ(outcome(concat("{\"n\":3}", repeated(" ", kMessageBytesMax))), "1.0: malformed");
  EXPECT_EQ(outcome(concat("[", repeated("7,", kObjectsMax), "7]")), "1.0: malformed");
}

TEST(HostileJson, text_is_utf_8_wherever_it_stands) {
  for (const char* const bytes :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf0\x9f\x98", "\xfe", "\xff"}) {
    EXPECT_EQ(outcome(concat("{\"t\":\"", bytes, "\"}")), "1.0: malformed") << bytes;
    EXPECT_EQ(outcome(concat("{\"unread\":\"", bytes, "\"}")), "1.0: malformed") << bytes;
    EXPECT_EQ(outcome(concat("{\"", bytes, "\":1}")), "1.0: malformed") << bytes;
  }
  EXPECT_EQ(outcome("{\"t\":\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xf4\x8f\xbf\xbf\"}"),
            "1.0: '\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xf4\x8f\xbf\xbf', null");
}

TEST(HostileJson, escapes_are_checked) {
  for (const char* const text :
       {R"("\x")", R"("\u12")", R"("\u12G4")", R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")",
        R"("\ud800x")", R"("\")", "\"\n\"", "\"\t\"", "\"\x01\""}) {
    EXPECT_EQ(outcome(concat("{\"t\":", text, "}")), "1.0: malformed") << text;
  }
  EXPECT_EQ(outcome(R"({"t":"\ud83d\ude00\/\b\f"})"), "1.0: '😀/\b\f', null");
}

TEST(HostileJson, numbers_have_one_grammar) {
  for (const char* const number : {"01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "1_000", "NaN",
                                   "Infinity", "-Infinity", "1.e3", "--1", "1 2"}) {
    EXPECT_EQ(outcome(concat("{\"n\":", number, "}")), "1.0: malformed") << number;
    EXPECT_EQ(outcome(concat("{\"unread\":", number, "}")), "1.0: malformed") << number;
  }
  EXPECT_EQ(outcome(concat("{\"n\":", repeated("9", 100'000), "}")), "1.0: range /n");
  EXPECT_EQ(outcome("{\"n\":1e999999999999999999999}"), "1.0: type /n");
  EXPECT_EQ(outcome("{\"n\":-0}"), "1.0: null, 0");
}

TEST(HostileJson, zero_bytes_marks_and_junk) {
  EXPECT_EQ(outcome(std::string("{\"n\":1}\0", 8)), "1.0: malformed");
  EXPECT_EQ(outcome(std::string("{\"n\":1\0}", 8)), "1.0: malformed");
  EXPECT_EQ(outcome(std::string("\0", 1)), "1.0: malformed");
  EXPECT_EQ(outcome("\xef\xbb\xbf{\"n\":1}"), "1.0: malformed");
  EXPECT_EQ(outcome("{\"n\":1}x"), "1.0: malformed");
  EXPECT_EQ(outcome("{\"n\":1}//"), "1.0: malformed");
  EXPECT_EQ(outcome("{\"n\":1/**/}"), "1.0: malformed");
}

}  // namespace
}  // namespace sitrep
