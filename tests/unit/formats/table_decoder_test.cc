// SPDX-License-Identifier: Apache-2.0
// Rows and deletes of a compacted topic, in order, and the deletes that are none.
#include "connectors/formats/table_decoder.h"

#include <gmock/gmock.h>

#include "tests/unit/formats/formats_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

using Key = std::optional<std::string_view>;

class Messages {
 public:
  Messages& add(Key key, std::optional<std::string_view> value,
                std::optional<Micros> timestamp = Micros{1'000'000}) {
    batch_.append({.offset = Offset(static_cast<std::int64_t>(10 + batch_.size())),
                   .timestamp = timestamp,
                   .key = key,
                   .value = value,
                   .headers = {}});
    return *this;
  }
  Messages& remove(Key key) { return add(key, std::nullopt); }

  std::vector<std::string> decoded_as(const TableColumns& table) const {
    const DecodedRows rows = make_table_decoder(table)->decode(batch_, PartitionId(3));
    std::vector<std::string> lines;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      std::vector<std::string> cells;
      for (const auto& column : rows.columns) {
        cells.push_back(to_string(column->value(row), column->type()));
      }
      lines.push_back(concat(rows.record[row], "@", rows.offset[row], ": ", join(cells, ", ")));
    }
    for (const DeadLetter& letter : rows.dead_letters) {
      lines.push_back(concat(letter.record, ": ", to_string(letter.reason), " ", letter.path));
    }
    return lines;
  }

 private:
  RecordBatch batch_;
};

TableColumns vehicles() {
  return {.columns = {required(column("vehicle", Type::kText)), column("load", Type::kDouble),
                      timestamp("since", TimestampUnit::kSeconds)},
          .key = {0},
          .time = 2};
}

TEST(TableDecoder, rows_and_deletes_stand_in_their_order) {
  EXPECT_THAT(Messages()
                  .add("V1", R"({"vehicle": "V1", "load": 2.5, "since": 2})")
                  .remove("V1")
                  .add("V2", R"([{"vehicle": "V2", "since": 3}, {"vehicle": "V3", "since": 3}])")
                  .remove("V\"2")
                  .decoded_as(vehicles()),
              ElementsAre("0@10: 'V1', 2.5, 1970-01-01T00:00:02.000Z, false",
                          "1@11: 'V1', null, 1970-01-01T00:00:01.000Z, true",
                          "2@12: 'V2', null, 1970-01-01T00:00:03.000Z, false",
                          "2@12: 'V3', null, 1970-01-01T00:00:03.000Z, false",
                          "3@13: 'V\"2', null, 1970-01-01T00:00:01.000Z, true"));
}

TEST(TableDecoder, without_deletes_every_row_is_none) {
  EXPECT_THAT(Messages().add("V1", R"({"vehicle": "V1", "since": 2})").decoded_as(vehicles()),
              ElementsAre("0@10: 'V1', null, 1970-01-01T00:00:02.000Z, false"));
}

TEST(TableDecoder, a_key_of_several_columns_is_a_json_array) {
  const TableColumns table{
      .columns = {required(column("zone", Type::kBigint)), timestamp("since",
                                                                     TimestampUnit::kRfc3339),
                  required(column("name", Type::kText))},
      .key = {2, 0},
      .time = 1};
  EXPECT_THAT(Messages()
                  .remove(R"(["north",7])")
                  .remove(R"(["north","7"])")
                  .remove(R"(["north"])")
                  .remove("north")
                  .decoded_as(table),
              ElementsAre("0@10: 7, 1970-01-01T00:00:01.000Z, 'north', true", "1: type _key/1",
                          "2: required _key/1", "3: malformed _key"));
}

TEST(TableDecoder, a_key_of_another_type_is_read_as_that) {
  TableColumns table = vehicles();
  table.columns[0] = required(column("zone", Type::kBigint));
  EXPECT_THAT(Messages().remove("-5").remove("five").remove("").remove("1,2").decoded_as(table),
              ElementsAre("0@10: -5, null, 1970-01-01T00:00:01.000Z, true", "1: malformed _key",
                          "2: required _key", "3: malformed _key"));
  table.columns[0] = required(timestamp("day", TimestampUnit::kRfc3339));
  EXPECT_THAT(Messages().remove("2026-03-01T00:00:00Z").decoded_as(table),
              ElementsAre("0@10: 2026-03-01T00:00:00.000Z, null, 1970-01-01T00:00:01.000Z, true"));
}

TEST(TableDecoder, a_delete_without_key_or_time_is_a_dead_letter) {
  EXPECT_THAT(Messages()
                  .remove(std::nullopt)
                  .add("V1", std::nullopt, std::nullopt)
                  .add("V1", "{")
                  .remove("\xff")
                  .decoded_as(vehicles()),
              ElementsAre("0: required _key", "1: required /since", "2: malformed ",
                          "3: malformed _key"));
}

TEST(TableDecoder, the_envelope_is_there_for_deletes_too) {
  TableColumns table = vehicles();
  for (const auto& [name, type, origin] :
       {std::tuple("_key", Type::kText, ColumnOrigin::kKey),
        std::tuple("_partition", Type::kBigint, ColumnOrigin::kPartition),
        std::tuple("_offset", Type::kBigint, ColumnOrigin::kOffset)}) {
    ColumnSpec spec = column(name, type);
    spec.origin = origin;
    spec.path.clear();
    table.columns.push_back(spec);
  }
  EXPECT_THAT(Messages().remove("V1").decoded_as(table),
              ElementsAre("0@10: 'V1', null, 1970-01-01T00:00:01.000Z, 'V1', 3, 10, true"));
}

}  // namespace
}  // namespace sitrep
