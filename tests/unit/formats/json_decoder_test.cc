// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_decoder.h"

#include <gmock/gmock.h>

#include "tests/unit/formats/formats_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

TEST(JsonDecoder, each_type_has_its_json) {
  EXPECT_THAT(decoded({column("b", Type::kBoolean), column("i", Type::kBigint),
                       column("d", Type::kDouble), column("t", Type::kText)},
                      {R"({"b":true,"i":-9223372036854775808,"d":-1.5e-3,"t":"é\n\u20ac"})",
                       R"({"b":false,"i":9223372036854775807,"d":7,"t":""})", R"({})",
                       R"({"b":null,"i":null,"d":null,"t":null})"}),
              ElementsAre("0.0: true, -9223372036854775808, -0.0015, 'é\n€'",
                          "1.0: false, 9223372036854775807, 7, ''", "2.0: null, null, null, null",
                          "3.0: null, null, null, null"));
}

TEST(JsonDecoder, another_type_is_a_dead_letter_with_its_path) {
  EXPECT_THAT(decoded({column("b", Type::kBoolean), column("i", Type::kBigint),
                       column("lat", Type::kDouble, "/position/lat"), column("t", Type::kText)},
                      {R"({"b":1})", R"({"b":"true"})", R"({"i":"7"})", R"({"i":1.5})",
                       R"({"position":{"lat":"north"}})", R"({"position":[4,5]})",
                       R"({"position":"here"})", R"({"t":7})", R"({"t":{}})"}),
              ElementsAre("0.0: type /b", "1.0: type /b", "2.0: type /i", "3.0: type /i",
                          "4.0: type /position/lat", "5.0: type /position", "6.0: type /position",
                          "7.0: type /t", "8.0: type /t"));
}

TEST(JsonDecoder, the_first_column_in_order_is_reported) {
  EXPECT_THAT(decoded({required(column("a", Type::kText)), column("b", Type::kBigint)},
                      {R"({"b":"x"})", R"({"b":"x","a":1})"}),
              ElementsAre("0.0: required /a", "1.0: type /a"));
}

TEST(JsonDecoder, paths_reach_into_objects_and_may_have_slashes) {
  EXPECT_THAT(
      decoded(
          {column("lat", Type::kDouble, "/position/gps/lat"),
           column("alt", Type::kDouble, "/position/alt"), column("odd", Type::kText, "/a~1b~0c")},
          {R"({"position":{"gps":{"lon":3,"lat":4.5},"alt":120},"a/b~c":"yes"})",
           R"({"position":{"gps":{}}})", R"({"position":null})"}),
      ElementsAre("0.0: 4.5, 120, 'yes'", "1.0: null, null, null", "2.0: null, null, null"));
}

TEST(JsonDecoder, rules_are_applied_to_what_is_there) {
  ColumnSpec percent = required(column("p", Type::kDouble));
  percent.min = 0;
  percent.max = 100;
  ColumnSpec standby = column("n", Type::kBigint);
  standby.default_value = std::int64_t{9};
  EXPECT_THAT(decoded({percent, standby},
                      {R"({"p":0})", R"({"p":100,"n":1})", R"({"p":100.001})", R"({"p":-1e-9})",
                       R"({"n":3})", R"({"p":null})", R"({"p":1,"n":null})"}),
              ElementsAre("0.0: 0, 9", "1.0: 100, 1", "6.0: 1, 9", "2.0: range /p", "3.0: range /p",
                          "4.0: required /p", "5.0: required /p"));
}

TEST(JsonDecoder, numbers_beyond_their_column_are_out_of_range) {
  EXPECT_THAT(
      decoded({column("i", Type::kBigint), column("d", Type::kDouble)},
              {R"({"i":9223372036854775808})", R"({"i":-9223372036854775809})", R"({"d":1e309})",
               R"({"d":-1e400})", R"({"d":1e-400})", R"({"d":1.7976931348623157e308})"}),
      ElementsAre("4.0: null, 0", "5.0: null, 1.7976931348623157e+308", "0.0: range /i",
                  "1.0: range /i", "2.0: range /d", "3.0: range /d"));
}

TEST(JsonDecoder, every_unit_of_time_is_the_same_instant) {
  EXPECT_THAT(
      decoded({timestamp("s", TimestampUnit::kSeconds), timestamp("ms", TimestampUnit::kMillis),
               timestamp("us", TimestampUnit::kMicros), timestamp("ns", TimestampUnit::kNanos),
               timestamp("r", TimestampUnit::kRfc3339)},
              {R"({"s":1769442919.123456,"ms":1769442919123.456,"us":1769442919123456,)"
               R"("ns":1769442919123456789,"r":"2026-01-26T17:55:19.123456+02:00"})",
               R"({"s":-1})", R"({"r":"2026-02-29T00:00:00Z"})", R"({"r":1769442919})",
               R"({"ms":"2026-01-26T15:55:19Z"})", R"({"s":1e15})"}),
      ElementsAre("0.0: 2026-01-26T15:55:19.123Z, 2026-01-26T15:55:19.123Z, "
                  "2026-01-26T15:55:19.123Z, 2026-01-26T15:55:19.123Z, 2026-01-26T15:55:19.123Z",
                  "1.0: 1969-12-31T23:59:59.000Z, null, null, null, null", "2.0: type /r",
                  "3.0: type /r", "4.0: type /ms", "5.0: range /s"));
}

TEST(JsonDecoder, microseconds_of_a_time_are_exact) {
  RecordBatch batch;
  append(batch, R"({"s":1769442919.123457})");
  const DecodedRows rows =
      make_json_decoder({timestamp("s", TimestampUnit::kSeconds)})->decode(batch, PartitionId(0));
  EXPECT_EQ(rows.columns[0]->value(0), Value(std::int64_t{1'769'442'919'123'457}));
}

TEST(JsonDecoder, a_message_is_an_object_an_array_or_lines) {
  EXPECT_THAT(decoded({column("n", Type::kBigint)},
                      {R"({"n":1})", R"([{"n":2},{"n":3}])", "{\"n\":4}\n{\"n\":5}\r\n",
                       "  {\"n\":6} {\"n\":7}", "[]"}),
              ElementsAre("0.0: 1", "1.0: 2", "1.1: 3", "2.0: 4", "2.1: 5", "3.0: 6", "3.1: 7"));
}

TEST(JsonDecoder, a_bad_object_leaves_its_neighbours_alone) {
  EXPECT_THAT(decoded({column("n", Type::kBigint)},
                      {R"([{"n":1},{"n":"x"},7,{"n":4}])", "{\"n\":5}\n\"text\"\n{\"n\":6}"}),
              ElementsAre("0.0: 1", "0.3: 4", "1.0: 5", "1.2: 6", "0.1: type /n", "0.2: type",
                          "1.1: type"));
}

TEST(JsonDecoder, a_text_that_is_broken_anywhere_gives_no_row_at_all) {
  EXPECT_THAT(decoded({column("n", Type::kBigint)},
                      {"{\"n\":1}\n{\"n\":2", R"([{"n":1},{"n":2})", R"({"n":1,"unread":tru})",
                       R"({"n":1}])", R"({"n":1},{"n":2})"}),
              ElementsAre("0.0: malformed", "1.0: malformed", "2.0: malformed", "3.0: malformed",
                          "4.0: malformed"));
}

TEST(JsonDecoder, a_repeated_key_counts_only_where_a_column_reads) {
  EXPECT_THAT(decoded({column("n", Type::kBigint), column("lat", Type::kDouble, "/p/lat")},
                      {R"({"n":1,"n":2})", R"({"n":1,"x":1,"x":2})", R"({"p":{"lat":1,"lat":1}})",
                       R"({"n":1,"\u006e":2})"}),
              ElementsAre("1.0: 1, null", "0.0: malformed /n", "2.0: malformed /p/lat",
                          "3.0: malformed /n"));
}

TEST(JsonDecoder, the_envelope_gives_columns_too) {
  ColumnSpec key = column("_key", Type::kText);
  key.origin = ColumnOrigin::kKey;
  ColumnSpec offset = column("_offset", Type::kBigint);
  offset.origin = ColumnOrigin::kOffset;
  ColumnSpec partition = column("_partition", Type::kBigint);
  partition.origin = ColumnOrigin::kPartition;
  ColumnSpec header = column("site", Type::kText, "site");
  header.origin = ColumnOrigin::kHeader;
  const std::vector<HeaderView> headers = {{"site", "old"}, {"site", "north"}, {"x", std::nullopt}};
  RecordBatch batch;
  batch.append({.offset = Offset(7),
                .timestamp = std::nullopt,
                .key = "K1",
                .value = R"({"n":1})",
                .headers = headers});
  batch.append({.offset = Offset(8),
                .timestamp = std::nullopt,
                .key = "\xff",
                .value = R"({"n":2})",
                .headers = {}});
  EXPECT_THAT(decoded({key, offset, partition, header, column("n", Type::kBigint)}, batch),
              ElementsAre("0.0: 'K1', 7, 0, 'north', 1", "1.0: malformed _key"));
}

}  // namespace
}  // namespace sitrep
