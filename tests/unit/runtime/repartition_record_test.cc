// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/repartition_record.h"

#include <gmock/gmock.h>

#include <limits>
#include <random>

#include "engine/base/text.h"

namespace sitrep {
namespace {

using testing::HasSubstr;

const Schema kSchema{.fields = {{.name = "flag", .type = Type::kBoolean},
                                {.name = "count", .type = Type::kBigint},
                                {.name = "level", .type = Type::kDouble},
                                {.name = "name", .type = Type::kText},
                                {.name = "at", .type = Type::kTimestamp},
                                {.name = "took", .type = Type::kInterval}}};
constexpr std::array kTypes{Type::kBoolean, Type::kBigint,    Type::kDouble,
                            Type::kText,    Type::kTimestamp, Type::kInterval};

/// What counts of a record, clocks by name.
struct Content {
  struct Row {
    std::vector<Value> cells;
    Micros event_time = 0;
    std::string clock;
    friend bool operator==(const Row&, const Row&) = default;
  };
  std::vector<Row> rows;
  std::vector<std::tuple<std::string, Micros, bool, bool, bool, bool>> words;
  TaskId sender;
  bool settled = false;
  friend bool operator==(const Content&, const Content&) = default;
};

Content content_of(const RepartitionRecord& record, const ClockTable& clocks) {
  Content out;
  record.rows.selection.for_each([&](std::size_t row) {
    out.rows.push_back({.cells = row_values(record.rows, row),
                        .event_time = record.rows.meta->event_time[row],
                        .clock = clocks.name(record.rows.meta->clock_of(row))});
  });
  for (const ClockWord& word : record.words) {
    out.words.emplace_back(clocks.name(word.clock), word.watermark, word.idle, word.finished,
                           word.forgotten, word.goes_on);
  }
  out.sender = record.sender;
  out.settled = record.settled;
  return out;
}

class RandomRecord {
 public:
  explicit RandomRecord(unsigned seed) : random_(seed) {}

  RepartitionRecord make(ClockTable& clocks) {
    BatchBuilder builder(kSchema);
    const std::size_t rows = below(20);
    std::vector<std::uint32_t> picked;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::vector<Value> cells = {maybe(Value(below(2) == 0)),
                                        maybe(Value(number())),
                                        maybe(Value(static_cast<double>(number()) / 3)),
                                        maybe(Value(std::string(below(30), 'a'))),
                                        maybe(Value(number())),
                                        maybe(Value(number()))};
      builder.row(cells, number(), number(), clock(clocks));
      if (below(3) != 0) picked.push_back(static_cast<std::uint32_t>(row));
    }
    RepartitionRecord record;
    record.rows = builder.finish();
    record.rows.selection = Selection(rows, picked);
    for (std::size_t n = below(4); n > 0; --n) {
      record.words.push_back({.clock = clock(clocks),
                              .watermark = number(),
                              .idle = below(2) == 0,
                              .finished = below(2) == 0,
                              .forgotten = below(2) == 0,
                              .goes_on = below(2) == 0});
    }
    record.sender = {.stage = StageId(static_cast<std::uint32_t>(random_())),
                     .partition = PartitionId(static_cast<std::int32_t>(below(1'000)))};
    record.settled = below(2) == 0;
    return record;
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

 private:
  std::int64_t number() {
    switch (below(5)) {
      case 0: return std::numeric_limits<std::int64_t>::min();
      case 1: return std::numeric_limits<std::int64_t>::max();
      case 2: return static_cast<std::int64_t>(below(100)) - 50;
      default: return static_cast<std::int64_t>(random_());
    }
  }
  Value maybe(Value value) { return below(4) == 0 ? Value(Null()) : value; }
  ClockId clock(ClockTable& clocks) {
    return below(2) == 0 ? 0 : clocks.intern(concat("CAMP-", below(5)));
  }

  std::mt19937_64 random_;
};

TEST(RepartitionRecord, what_was_written_is_read) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    ClockTable sender;
    (void)sender.intern("never spoken of");
    const RepartitionRecord record = RandomRecord(seed).make(sender);
    ClockTable receiver;
    (void)receiver.intern("CAMP-3");
    const auto read =
        decode_repartition_record(encode_repartition_record(record, sender), kTypes, receiver);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message();
    EXPECT_EQ(content_of(*read, receiver), content_of(record, sender)) << "seed " << seed;
    EXPECT_TRUE(read->rows.selection.all());
  }
}

TEST(RepartitionRecord, bytes_are_those_of_the_documented_form) {
  ClockTable clocks;
  const Schema schema{.fields = {{.name = "name", .type = Type::kText},
                                 {.name = "count", .type = Type::kBigint}}};
  BatchBuilder builder(schema);
  const ClockId camp = clocks.intern("C1");
  builder.row(std::vector<Value>{Value(std::string("ab")), Value(std::int64_t{3})}, 10, 0, camp);
  builder.row(std::vector<Value>{Value(Null()), Value(std::int64_t{2})}, 9, 0, 0);
  RepartitionRecord record;
  record.rows = builder.finish();
  record.words = {{.clock = camp, .watermark = 5, .idle = true, .finished = false}};
  record.sender = {.stage = StageId(0x01020304), .partition = PartitionId(130)};
  record.settled = true;
  using namespace std::string_literals;
  EXPECT_EQ(encode_repartition_record(record, clocks),
            "\x01"
            "\x04\x03\x02\x01\x82\x01"  // the sender
            "\x01"
            "\x02\x02"
            "C1\0"              // the clocks C1 and ""
            "\x02"              // rows
            "\x02\x04\x02"      // columns: text, bigint
            "\x14\x01"          // event times 10, 9
            "\0\x01"            // of C1, of ""
            "\x01\x02\x02"
            "ab"                // the second is null
            "\0\x06\x01"        // 3, 2
            "\x01\0\x0a\x01"s);  // one word: C1 at 5, idle
}

TEST(RepartitionRecord, nothing_but_words_needs_no_columns) {
  ClockTable clocks;
  RepartitionRecord record;
  record.rows.meta = std::make_shared<RowMeta>();
  record.words = {{.clock = 0, .watermark = kMinWatermark, .idle = false, .finished = true}};
  const auto read =
      decode_repartition_record(encode_repartition_record(record, clocks), kTypes, clocks);
  ASSERT_TRUE(read);
  EXPECT_EQ(content_of(*read, clocks), content_of(record, clocks));
}

TEST(RepartitionRecord, other_columns_and_versions_are_named) {
  ClockTable clocks;
  BatchBuilder builder(Schema{.fields = {{.name = "a", .type = Type::kText}}});
  builder.row(std::vector<Value>{Value(std::string("x"))});
  RepartitionRecord record;
  record.rows = builder.finish();
  std::string bytes = encode_repartition_record(record, clocks);
  const auto message_for = [&](std::vector<Type> types) {
    const auto read = decode_repartition_record(bytes, types, clocks);
    EXPECT_FALSE(read);
    return read ? std::string() : read.error().message();
  };
  EXPECT_THAT(message_for({Type::kText, Type::kBigint}),
              HasSubstr("has 1 columns, expected (text, bigint): it was written by another version "
                        "of the job"));
  EXPECT_THAT(message_for({Type::kDouble}),
              HasSubstr("has another type in column 1, expected (double)"));
  bytes[0] = 2;
  EXPECT_THAT(message_for({Type::kText}), HasSubstr("format version 2, this program knows 1"));
}

TEST(RepartitionRecord, damaged_bytes_are_refused_or_read_as_something_whole) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    RandomRecord random(seed);
    ClockTable sender;
    const std::string bytes = encode_repartition_record(random.make(sender), sender);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ClockTable clocks;
      EXPECT_FALSE(decode_repartition_record(bytes.substr(0, size), kTypes, clocks))
          << "seed " << seed << ", " << size << " bytes";
    }
    ClockTable clocks;
    EXPECT_FALSE(decode_repartition_record(bytes + "x", kTypes, clocks));
    for (int n = 0; n < 50; ++n) {
      std::string damaged = bytes;
      char& byte = damaged[random.below(damaged.size())];
      byte = static_cast<char>(byte ^ static_cast<char>(1 + random.below(255)));
      const auto read = decode_repartition_record(damaged, kTypes, clocks);
      if (read) (void)content_of(*read, clocks);  // reads every cell
    }
  }
}

}  // namespace
}  // namespace sitrep
