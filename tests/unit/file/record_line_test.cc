// SPDX-License-Identifier: Apache-2.0
#include "connectors/file/record_line.h"

#include <gmock/gmock.h>

namespace sitrep {
namespace {

std::string line_of(std::optional<std::string_view> key, std::optional<std::string_view> value,
                    std::vector<HeaderView> headers = {}) {
  std::string out;
  append_record_line({.topic = TopicId(0),
                      .partition = std::nullopt,
                      .key = key,
                      .value = value,
                      .headers = headers,
                      .timestamp = std::nullopt},
                     out);
  return out;
}

TEST(RecordLine, a_value_on_one_line_stands_as_it_is) {
  EXPECT_EQ(line_of("v1", R"({"speed":3})"), "{\"speed\":3}\n");
}

TEST(RecordLine, headers_and_key_are_kept_with_the_value_as_text) {
  EXPECT_EQ(line_of("v1", "{\"cut", {{.name = "reason", .value = "malformed"},
                                     {.name = "path", .value = std::nullopt}}),
            R"({"headers":{"reason":"malformed","path":null},"key":"v1","value":"{\"cut"})"
            "\n");
}

TEST(RecordLine, several_lines_become_one) {
  EXPECT_EQ(line_of(std::nullopt, "a\nb\x01"),
            R"({"headers":{},"key":null,"value":"a\u000ab\u0001"})"
            "\n");
}

TEST(RecordLine, no_value_is_not_an_empty_value) {
  EXPECT_EQ(line_of(std::nullopt, std::nullopt), "{\"headers\":{},\"key\":null,\"value\":null}\n");
  EXPECT_EQ(line_of(std::nullopt, ""), "{\"headers\":{},\"key\":null,\"value\":\"\"}\n");
}

TEST(RecordLine, bytes_that_are_not_text_are_kept_in_base64) {
  const std::vector<HeaderView> headers = {{.name = "reason", .value = "malformed"}};
  const auto value_of = [&](std::string_view bytes) {
    const std::string line = line_of(std::nullopt, bytes, headers);
    return line.substr(line.find("\"value"));
  };
  EXPECT_EQ(value_of("\xff"), "\"value_base64\":\"/w==\"}\n");
  EXPECT_EQ(value_of("\xff\xfe"), "\"value_base64\":\"//4=\"}\n");
  EXPECT_EQ(value_of("\xff\xfe\xfd"), "\"value_base64\":\"//79\"}\n");
  EXPECT_EQ(value_of("\xed\xa0\x80"), "\"value_base64\":\"7aCA\"}\n") << "a surrogate";
  EXPECT_EQ(value_of("\xc0\x80"), "\"value_base64\":\"wIA=\"}\n") << "an overlong zero";
  EXPECT_EQ(value_of("\xe2\x82\xac"), "\"value\":\"\xe2\x82\xac\"}\n");
}

}  // namespace
}  // namespace sitrep
