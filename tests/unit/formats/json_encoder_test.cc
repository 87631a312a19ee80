// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_encoder.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "tests/unit/formats/formats_testing.h"

namespace sitrep {
namespace {

const Schema kSchema{{{"b", Type::kBoolean},
                      {"i", Type::kBigint},
                      {"d", Type::kDouble},
                      {"t", Type::kText},
                      {"at", Type::kTimestamp},
                      {"v", Type::kInterval}}};

std::string encoded(const std::vector<Value>& row,
                    TimestampStyle style = TimestampStyle::kRfc3339) {
  std::string out;
  make_json_encoder(kSchema, style)->encode(BatchBuilder(kSchema).row(row).finish(), 0, out);
  return out;
}

TEST(JsonEncoder, fields_stand_in_the_order_of_the_schema) {
  EXPECT_EQ(encoded({true, std::int64_t{-7}, 2.5, "x", std::int64_t{1'769'442'919'123'000},
                     std::int64_t{90'000'000}}),
            R"({"b":true,"i":-7,"d":2.5,"t":"x","at":"2026-01-26T15:55:19.123Z","v":90})");
  EXPECT_EQ(encoded({false, std::int64_t{0}, 0.0, "", std::int64_t{1'769'442'919'123'000},
                     std::int64_t{-1'500'000}},
                    TimestampStyle::kMillis),
            R"({"b":false,"i":0,"d":0,"t":"","at":1769442919123,"v":-1.5})");
}

TEST(JsonEncoder, nulls_and_what_json_has_no_number_for) {
  EXPECT_EQ(encoded({Null{}, Null{}, Null{}, Null{}, Null{}, Null{}}),
            R"({"b":null,"i":null,"d":null,"t":null,"at":null,"v":null})");
  for (const double odd :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(encoded({Null{}, Null{}, odd, Null{}, Null{}, Null{}}),
              R"({"b":null,"i":null,"d":null,"t":null,"at":null,"v":null})");
  }
}

TEST(JsonEncoder, texts_are_escaped) {
  EXPECT_EQ(encoded({Null{}, Null{}, Null{}, std::string("\"\\/\b\f\n\r\t\x01\x1f é😀\0!", 19),
                     Null{}, Null{}}),
            "{\"b\":null,\"i\":null,\"d\":null,\"t\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f "
            "é😀\\u0000!\",\"at\":null,\"v\":null}");
}

TEST(JsonEncoder, what_it_writes_the_decoder_reads_back) {
  std::vector<ColumnSpec> columns;
  for (const Field& field : kSchema.fields) columns.push_back(column(field.name, field.type));
  std::mt19937_64 random(7);
  for (int i = 0; i < 5'000; ++i) {
    const auto bits = static_cast<std::int64_t>(random());
    const auto number = std::bit_cast<double>(bits);
    if (!std::isfinite(number)) continue;
    std::string text;
    for (std::uint64_t n = random() % 12; n > 0; --n) text += static_cast<char>(random() % 128);
    const std::vector<Value> row = {
        random() % 2 == 0,
        bits,
        number,
        text,
        static_cast<std::int64_t>(random() % 4'102'444'800'000) * 1000,  // milliseconds
        static_cast<std::int64_t>(random() % 1'000'000'000'000) - 500'000'000'000};
    std::vector<std::string> cells;
    for (std::size_t c = 0; c < row.size(); ++c) {
      cells.push_back(to_string(row[c], kSchema.fields[c].type));
    }
    ASSERT_THAT(decoded(columns, std::vector{encoded(row)}),
                testing::ElementsAre(concat("0.0: ", join(cells, ", "))))
        << encoded(row);
  }
}

}  // namespace
}  // namespace sitrep
