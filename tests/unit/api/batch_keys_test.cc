// SPDX-License-Identifier: Apache-2.0
// Keys that a batch makes together are those that its rows have one by one.
#include "engine/api/batch_keys.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/base/hash.h"

namespace sitrep {
namespace {

const std::string kLong(300, 'x');

ColumnPtr texts(const std::vector<std::string_view>& values, std::size_t null) {
  auto column = std::make_shared<Column>(Type::kText);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == null) {
      column->append_null();
    } else {
      column->append_text(values[i]);
    }
  }
  return column;
}

ColumnPtr numbers(std::size_t count) {
  auto column = std::make_shared<Column>(Type::kBigint);
  for (std::size_t i = 0; i < count; ++i) column->append_int(static_cast<std::int64_t>(i) - 2);
  return column;
}

void expect_keys_of_rows(const BatchKeys& keys, const std::vector<ColumnPtr>& columns,
                         const Selection& selection) {
  ASSERT_EQ(keys.size(), selection.size());
  std::string expected;
  for (std::size_t n = 0; n < selection.size(); ++n) {
    encode_group_key(columns, selection[n], expected);
    EXPECT_EQ(keys.key(n), expected) << n;
    EXPECT_EQ(keys.hash(n), hash_bytes(expected)) << n;
  }
}

TEST(BatchKeysTest, are_those_of_the_rows_whatever_was_made_before) {
  const ColumnPtr some = texts({"UNM-V0001", "", "?", kLong, "\xc3\xa9", "UNM-V0002"}, 2);
  const ColumnPtr short_ones = texts({"a", "bc", "def", "", "g", "h"}, 6);
  const std::vector<std::vector<ColumnPtr>> batches = {
      {some}, {short_ones}, {some, short_ones}, {numbers(6)}, {short_ones}, {}};
  BatchKeys keys;
  for (const std::vector<ColumnPtr>& columns : batches) {
    for (const Selection& selection :
         {Selection(6), Selection(6, {1, 2, 5}), Selection(6, std::vector<std::uint32_t>())}) {
      keys.encode(columns, selection);
      expect_keys_of_rows(keys, columns, selection);
    }
  }
}

TEST(BatchKeysTest, of_a_thread_are_made_anew_for_other_columns_and_for_a_part) {
  const std::vector<ColumnPtr> some = {texts({"a", "b", "c"}, 1)};
  const std::vector<ColumnPtr> others = {texts({"x", "y", "z"}, 3)};
  expect_keys_of_rows(keys_of(some, Selection(3)), some, Selection(3));
  expect_keys_of_rows(keys_of(some, Selection(3)), some, Selection(3));
  expect_keys_of_rows(keys_of(others, Selection(3)), others, Selection(3));
  expect_keys_of_rows(keys_of(some, Selection(3, {0, 2})), some, Selection(3, {0, 2}));
  expect_keys_of_rows(keys_of(some, Selection(3)), some, Selection(3));
}

}  // namespace
}  // namespace sitrep
