// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/key_encoder.h"

#include <gtest/gtest.h>

#include "engine/data/value.h"

namespace sitrep {
namespace {

const Schema kSchema{{{"t", Type::kText},
                      {"i", Type::kBigint},
                      {"d", Type::kDouble},
                      {"b", Type::kBoolean},
                      {"at", Type::kTimestamp}}};

std::optional<std::string> key_of(const std::vector<Value>& row,
                                  const std::vector<std::size_t>& columns,
                                  TimestampStyle style = TimestampStyle::kRfc3339) {
  const ColumnBatch batch = BatchBuilder(kSchema).row(row).finish();
  std::string scratch = "left over";
  const auto key = encode_key(batch, 0, columns, style, scratch);
  if (!key) return std::nullopt;
  return std::string(*key);
}

const std::vector<Value> kRow = {"CAMP \"01\"", std::int64_t{42}, 1.5, true,
                                 std::int64_t{1'769'442'900'000'000}};

TEST(KeyEncoder, one_column_is_its_bare_text) {
  EXPECT_EQ(key_of(kRow, {0}), "CAMP \"01\"");
  EXPECT_EQ(key_of(kRow, {1}), "42");
  EXPECT_EQ(key_of(kRow, {2}), "1.5");
  EXPECT_EQ(key_of(kRow, {3}), "true");
  EXPECT_EQ(key_of(kRow, {4}), "2026-01-26T15:55:00.000Z");
  EXPECT_EQ(key_of(kRow, {4}, TimestampStyle::kMillis), "1769442900000");
}

TEST(KeyEncoder, several_columns_are_a_json_array) {
  EXPECT_EQ(key_of(kRow, {0, 1}), R"(["CAMP \"01\"",42])");
  EXPECT_EQ(key_of(kRow, {3, 4, 2}), R"([true,"2026-01-26T15:55:00.000Z",1.5])");
}

TEST(KeyEncoder, null_is_no_key_alone_and_null_in_an_array) {
  const std::vector<Value> row = {Null{}, std::int64_t{1}, Null{}, Null{}, Null{}};
  EXPECT_EQ(key_of(row, {0}), std::nullopt);
  EXPECT_EQ(key_of(row, {0, 1}), "[null,1]");
  EXPECT_EQ(key_of(row, {}), std::nullopt);
}

TEST(KeyEncoder, an_empty_text_is_a_key) {
  EXPECT_EQ(key_of({"", Null{}, Null{}, Null{}, Null{}}, {0}), "");
}

}  // namespace
}  // namespace sitrep
