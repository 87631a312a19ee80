// SPDX-License-Identifier: Apache-2.0
// The bytes of docs/formats.md, "Entries": a change of them is a change of the state format.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/api/group_key.h"
#include "operators/alert_state.h"
#include "operators/gateway_state.h"
#include "operators/flood_state.h"
#include "operators/held_row.h"
#include "operators/idle_clock.h"
#include "operators/key_history.h"
#include "operators/number_row.h"
#include "operators/table_versions.h"

namespace sitrep {
namespace {

using namespace std::string_literals;

TEST(SavedForm, of_a_group_key) {
  Column text(Type::kText);
  text.append_text("V1");
  Column number(Type::kBigint);
  number.append_int(258);
  Column absent(Type::kDouble);
  absent.append_null();
  Column flag(Type::kBoolean);
  flag.append_boolean(true);
  std::vector<ColumnPtr> columns;
  for (Column* const column : {&text, &number, &absent, &flag}) {
    columns.push_back(std::make_shared<const Column>(std::move(*column)));
  }
  std::string key;
  encode_group_key(columns, 0, key);
  EXPECT_EQ(key,
            "\x01\x02\0\0\0V1"
            "\x01\x02\x01\0\0\0\0\0\0"
            "\0"
            "\x01\x01"s);
}

TEST(SavedForm, of_a_number) {
  const NumberRow codec(0);
  alignas(8) std::array<std::byte, sizeof(std::int64_t)> row;
  NumberRow::set(row.data(), -2);
  std::string saved;
  codec.save(row.data(), saved);
  EXPECT_EQ(saved, "\xfe\xff\xff\xff\xff\xff\xff\xff");
}

TEST(SavedForm, of_what_functions_across_rows_remember) {
  const auto call = [](sql::HistoryFunction function, std::size_t arguments, std::string identity) {
    return sql::HistoryCall{.function = function,
                            .type = Type::kBigint,
                            .arguments = std::vector<sql::ExpressionPtr>(arguments),
                            .within = 0,
                            .identity = std::move(identity)};
  };
  const std::vector<sql::HistoryCall> calls = {
      call(sql::HistoryFunction::kDelta, 1, "delta(fuel double)"),
      call(sql::HistoryFunction::kCountWithin, 2, "count_within(hit boolean, sensor text, 1 us)")};
  const KeyHistoryRow codec(calls);
  alignas(8) std::array<std::byte, sizeof(void*)> row;
  codec.create(row.data());
  KeyHistory& history = KeyHistoryRow::get(row.data());
  history.last_row = 1;
  history.calls[0] = {.time = 2, .cell = "\x01" "abcdefgh", .hits = {}, .values = {}};
  history.calls[1] = {.time = 3, .cell = {}, .hits = {4, 5}, .values = {"v", "ww"}};
  std::string saved;
  codec.save(row.data(), saved);
  EXPECT_EQ(saved,
            "\x01\0\0\0\0\0\0\0"
            "+\xff\xf8\xf1"
            "\x15\0\0\0"
            "\x02\0\0\0\0\0\0\0"
            "\x09\0\0\0\x01" "abcdefgh"
            "2\xa0\x9e\xe6"
            "\x27\0\0\0"
            "\x03\0\0\0\0\0\0\0"
            "\0\0\0\0"
            "\x04\0\0\0\0\0\0\0\x01\0\0\0v"
            "\x05\0\0\0\0\0\0\0\x02\0\0\0ww"s);
  // Of other calls, what there is: the rest begins anew.
  const KeyHistoryRow other({calls[1], call(sql::HistoryFunction::kLag, 1, "lag(fuel double)")});
  alignas(8) std::array<std::byte, sizeof(void*)> read;
  other.create(read.data());
  ASSERT_TRUE(other.load(saved, read.data()));
  EXPECT_EQ(KeyHistoryRow::get(read.data()).last_row, 1);
  EXPECT_EQ(KeyHistoryRow::get(read.data()).calls,
            std::vector<CallMemory>({history.calls[1], CallMemory()}));
  EXPECT_FALSE(other.load(saved.substr(0, saved.size() - 1), read.data()));
  codec.destroy(row.data());
  other.destroy(read.data());
}

TEST(SavedForm, of_an_alert_in_flood_control) {
  const FloodEpisodeRow codec;
  alignas(8) std::array<std::byte, sizeof(void*)> row;
  codec.create(row.data());
  FloodEpisodeRow::get(row.data()) = {.number = "N",
                                      .record = "cells",
                                      .by = "flood/g",
                                      .revision = 258,
                                      .held_back = true,
                                      .acknowledged = false};
  std::string saved;
  codec.save(row.data(), saved);
  EXPECT_EQ(saved, "\x02\x01\0\0\x01\x01\0\0\0N\x07\0\0\0flood/gcells"s);
  ASSERT_TRUE(codec.load(saved, row.data()));
  std::string again;
  codec.save(row.data(), again);
  EXPECT_EQ(again, saved);
  EXPECT_FALSE(codec.load("\x02\x01\0\0\x04\x01\0\0\0N\0\0\0\0"s, row.data()));
  codec.destroy(row.data());
}

TEST(SavedForm, of_a_group_in_flood_control) {
  const GroupFloodRow codec;
  alignas(8) std::array<std::byte, sizeof(void*)> row;
  codec.create(row.data());
  GroupFlood& group = GroupFloodRow::get(row.data());
  group.raises = {4, 5};
  group.held_back = 1;
  group.told = 2;
  group.told_at = 3;
  group.alert.key_text = "g";
  std::string alert;
  group.alert.save(alert);
  std::string saved;
  codec.save(row.data(), saved);
  EXPECT_EQ(saved,
            "\x01\0\0\0\0\0\0\0"
            "\x02\0\0\0\0\0\0\0"
            "\x03\0\0\0\0\0\0\0"
            "\x02\0\0\0\0\0\0\0"
            "\x04\0\0\0\0\0\0\0"
            "\x05\0\0\0\0\0\0\0"s + alert);
  ASSERT_TRUE(codec.load(saved, row.data()));
  EXPECT_EQ(GroupFloodRow::get(row.data()).raises, std::vector<Micros>({4, 5}));
  EXPECT_EQ(GroupFloodRow::get(row.data()).alert.key_text, "g");
  EXPECT_FALSE(codec.load(saved.substr(0, 40), row.data()));
  codec.destroy(row.data());
}

TEST(SavedForm, of_an_alert_state) {
  const AlertStateRow codec;
  alignas(AlertState) std::array<std::byte, sizeof(AlertState)> row;
  codec.create(row.data());
  AlertState& state = AlertStateRow::get(row.data());
  state = {.phase = AlertState::Phase::kActive,
           .since = 1,
           .raised_at = 2,
           .revision = 3,
           .same_instant = 4,
           .reminded_at = 5,
           .last_row = 259,
           .key_text = "V1",
           .words = "too fast",
           .told = "fast",
           .group = "north"};
  std::string saved;
  codec.save(row.data(), saved);
  codec.destroy(row.data());
  EXPECT_EQ(saved,
            "\x02"
            "\x01\0\0\0\0\0\0\0"
            "\x02\0\0\0\0\0\0\0"
            "\x05\0\0\0\0\0\0\0"
            "\x03\x01\0\0\0\0\0\0"
            "\x03\0\0\0\x04\0\0\0"
            "\x02\0\0\0V1"
            "\x04\0\0\0fast"
            "\x05\0\0\0north"
            "too fast"s);
}

TEST(SavedForm, of_an_idle_clock) {
  std::string saved;
  IdleClock{.since = 258, .from = -2}.save(saved);
  EXPECT_EQ(saved,
            "\x02\x01\0\0\0\0\0\0"
            "\xfe\xff\xff\xff\xff\xff\xff\xff"s);
  IdleClock loaded;
  ASSERT_TRUE(loaded.load(saved));
  EXPECT_EQ(loaded.since, 258);
  EXPECT_EQ(loaded.from, -2);
  EXPECT_FALSE(loaded.load(saved + "x"));
  EXPECT_FALSE(loaded.load(saved.substr(1)));
}

TEST(SavedForm, of_a_gateway) {
  const GatewayStateRow codec;
  alignas(GatewayState) std::array<std::byte, sizeof(GatewayState)> row;
  codec.create(row.data());
  GatewayState& state = GatewayStateRow::get(row.data());
  state.keys = 200;
  state.returning = true;
  state.returned_at = 258;
  state.group = "north";
  state.alert.phase = AlertState::Phase::kActive;
  state.alert.last_row = 1;
  state.alert.key_text = "C1";
  std::string saved;
  codec.save(row.data(), saved);
  EXPECT_EQ(saved,
            "\xc8\0\0\0\x01"
            "\x02\x01\0\0\0\0\0\0"
            "\x05\0\0\0north"
            "\x02"
            "\0\0\0\0\0\0\0\0"
            "\0\0\0\0\0\0\0\0"
            "\0\0\0\0\0\0\0\0"
            "\x01\0\0\0\0\0\0\0"
            "\0\0\0\0\0\0\0\0"
            "\x02\0\0\0C1"
            "\0\0\0\0\0\0\0\0"s);
  state = GatewayState();
  ASSERT_TRUE(codec.load(saved, row.data()));
  EXPECT_EQ(state.keys, 200U);
  EXPECT_TRUE(state.returning);
  EXPECT_EQ(state.returned_at, 258);
  EXPECT_EQ(state.group, "north");
  EXPECT_TRUE(state.alert.is_up());
  EXPECT_EQ(state.alert.key_text, "C1");
  EXPECT_FALSE(codec.load(saved.substr(0, 16), row.data())) << "cut in the group";
  saved[4] = '\2';
  EXPECT_FALSE(codec.load(saved, row.data()));
  codec.destroy(row.data());
}

TEST(SavedForm, of_a_tables_versions) {
  const VersionsRow codec;
  alignas(TableVersions) std::array<std::byte, sizeof(TableVersions)> row;
  codec.create(row.data());
  add_version(VersionsRow::get(row.data()), {.time = 258, .deleted = true, .cells = {}});
  add_version(VersionsRow::get(row.data()), {.time = 1, .deleted = false, .cells = "\x01\x01"});
  std::string saved;
  codec.save(row.data(), saved);
  EXPECT_EQ(saved,
            "\x01\0\0\0\0\0\0\0\0\x02\0\0\0\x01\x01"
            "\x02\x01\0\0\0\0\0\0\x01\0\0\0\0"s);
  alignas(TableVersions) std::array<std::byte, sizeof(TableVersions)> read;
  codec.create(read.data());
  ASSERT_TRUE(codec.load(saved, read.data()));
  EXPECT_EQ(VersionsRow::get(read.data()), VersionsRow::get(row.data()));
  EXPECT_FALSE(codec.load(saved, read.data()));  // not in order any more
  codec.destroy(row.data());
  codec.destroy(read.data());
}

TEST(SavedForm, of_a_held_row) {
  const Schema schema{{{"id", Type::kBigint}, {"name", Type::kText}}};
  const ColumnBatch batch =
      BatchBuilder(schema).row(std::vector<Value>{Null{}, std::string("V1")}).finish();
  std::string saved;
  HeldRow(schema).save(batch.columns, 0, 259, saved);
  EXPECT_EQ(saved,
            "\x03\x01\0\0\0\0\0\0"
            "\x83\xBAS\x86\x02\0"
            "\xD5wJ\xC2\x04\x01\x02\0\0\0V1"s);
}

}  // namespace
}  // namespace sitrep
