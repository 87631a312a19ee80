// SPDX-License-Identifier: Apache-2.0
// A decoder that knows the shape of a message reads it, and everything that is nearly like it, as
// one that has never seen any (docs/decisions/0009).
#include "connectors/formats/json_shape.h"

#include <gmock/gmock.h>

#include "tests/unit/formats/formats_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

constexpr int kMutations = 60'000;

std::vector<ColumnSpec> every_kind() {
  std::vector<ColumnSpec> columns = {
      required(column("id", Type::kText)),
      required(timestamp("ts", TimestampUnit::kMillis)),
      column("n", Type::kBigint),
      column("d", Type::kDouble),
      column("on", Type::kBoolean),
      timestamp("at", TimestampUnit::kRfc3339),
      column("gone", Type::kInterval),
      column("unit", Type::kText),
      column("lat", Type::kDouble, "/position/lat")};
  columns[2].min = -5;
  columns[2].max = 1000;
  columns[3].max = 1e6;
  columns[7].default_value = std::string("km");
  return columns;
}

const std::vector<std::string> kMessages = {
    R"({"id":"V-1","ts":1764000000123,"u":-0.5e3,"n":17,"d":31.571250,"on":true,"last":null})",
    R"({"ts":1764000000123.5,"id":"","d":-2,"n":null,"text":"plain","on":false,"b":true,"u":12})",
    R"({"id":"V-2","ts":1,"at":"2026-03-01T08:00:00Z","unit":"mi"})",
    R"({"id":"V-3","ts":1,"gone":"90s","n":-5})",
    R"({"id":"V-4","ts":1764000000123,"position":{"lat":4.5},"n":1})",
    R"({"id":"V-5"})",
    R"({})"};

/// As records keep their texts: behind it are 64 bytes, of which the first is zero.
std::optional<JsonShape> shape_of(std::string_view text, const PathNode& root) {
  std::string padded(text);
  padded.append(64, '\0');
  return JsonShape::of(std::string_view(padded).substr(0, text.size()), root);
}

/// What the last of these messages gave, as if it had been the first.
std::vector<std::string> last_of(const std::vector<std::string>& messages) {
  std::vector<std::string> out;
  const std::string mine = concat(messages.size() - 1, ".");
  for (const std::string& line : decoded(every_kind(), messages)) {
    if (line.starts_with(mine)) out.push_back("0." + line.substr(mine.size()));
  }
  return out;
}

TEST(JsonShape, is_the_keys_of_a_flat_object_with_their_columns) {
  PathNode root;
  add_path(root, "/id", 0);
  add_path(root, "/n", 1);
  const auto shape = shape_of(R"({"n":1,"x":"y","id":null})", root);
  ASSERT_TRUE(shape);
  std::vector<std::uint32_t> columns;
  for (const JsonShape::Member& member : shape->members) columns.push_back(member.column);
  EXPECT_THAT(columns, ElementsAre(1, JsonShape::kUnread, 0));
  EXPECT_TRUE(shape->members[1].lead.matches(R"(,"x":tail, and so that 32 bytes can be read.)"));
  EXPECT_FALSE(shape->members[1].lead.matches(R"(,"x" :ail, and so that 32 bytes can be read.)"));
}

TEST(JsonShape, is_not_learned_of_what_is_not_written_plainly) {
  PathNode root;
  add_path(root, "/id", 0);
  add_path(root, "/at/x", 1);
  for (const std::string_view text :
       {R"({"id": 1})", R"( {"id":1})", R"({"id":1} )", R"({"id":[1]})", R"({"id":{}})", R"({})",
        R"({"at":1})", R"({"id":"\u0041"})", R"({"i\u0064":1})", "{\"id\":\"\xC3\xA9\"}",
        R"([1])", R"({"a_key_of_more_than_thirty_bytes":1})", R"({"id":01})", R"({"id":1,})"}) {
    EXPECT_FALSE(shape_of(text, root)) << text;
  }
}

TEST(JsonShape, known_and_unknown_messages_are_read_alike) {
  for (const std::string& message : kMessages) {
    EXPECT_EQ(last_of({message, message, message}), last_of({message})) << message;
  }
  EXPECT_THAT(last_of({kMessages[0], kMessages[0]}),
              ElementsAre("0.0: 'V-1', 2025-11-24T16:00:00.123Z, 17, 31.57125, true, null, null, "
                          "'km', null"));
}

TEST(JsonShape, messages_that_are_changed_at_random_are_read_alike) {
  std::mt19937 random(3);
  for (int i = 0; i < kMutations; ++i) {
    const std::string& message = kMessages[random() % kMessages.size()];
    const std::string other = kMessages[random() % kMessages.size()];
    const std::string changed = mutated(message, random);
    ASSERT_EQ(last_of({message, other, changed}), last_of({changed}))
        << "mutation " << i << " of " << message << ": " << changed;
  }
}

TEST(JsonShape, ever_new_shapes_are_read_and_so_are_those_that_come_back) {
  std::vector<std::string> messages;
  std::vector<std::string> expected;
  for (int i = 0; i < 6'000; ++i) {
    // A key of its own each, then six kinds in turn, then two.
    const int kind = i < 2'000 ? 100 + i : i < 4'000 ? i % 6 : i % 2;
    messages.push_back(
        concat(R"({"id":"V","key_)", kind, R"(":)", i, R"(,"ts":0,"n":)", i % 1000, "}"));
    expected.push_back(concat(i, ".0: 'V', 1970-01-01T00:00:00.000Z, ", i % 1000,
                              ", null, null, null, null, 'km', null"));
  }
  EXPECT_EQ(decoded(every_kind(), messages), expected);
}

}  // namespace
}  // namespace sitrep
