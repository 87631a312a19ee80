// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/repartition_record.h"

#include <bit>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "engine/api/type_code.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/state/binary.h"

namespace sitrep {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kIdle = 1;
constexpr std::uint8_t kFinished = 2;
constexpr std::uint8_t kForgotten = 4;
constexpr std::uint8_t kGoesOn = 8;

/// The clocks that a record speaks of, numbered in order of appearance.
class ClockNames {
 public:
  std::uint32_t number(ClockId clock) {
    const auto [found, added] =
        numbers_.try_emplace(clock, static_cast<std::uint32_t>(clocks_.size()));
    if (added) clocks_.push_back(clock);
    return found->second;
  }
  const std::vector<ClockId>& clocks() const { return clocks_; }

 private:
  std::unordered_map<ClockId, std::uint32_t> numbers_;
  std::vector<ClockId> clocks_;
};

/// Unsigned, so that a difference across the whole range wraps.
std::int64_t difference(std::int64_t value, std::int64_t before) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) -
                                   static_cast<std::uint64_t>(before));
}
std::int64_t sum(std::int64_t before, std::int64_t difference) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(before) +
                                   static_cast<std::uint64_t>(difference));
}

void append_nulls(const Column& column, const Selection& rows, std::string& out) {
  std::string bits((rows.size() + 7) / 8, '\0');
  bool any = false;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    if (!column.is_null(rows[n])) continue;
    any = true;
    bits[n / 8] = static_cast<char>(static_cast<unsigned char>(bits[n / 8]) | 1U << n % 8);
  }
  append_fixed(out, static_cast<std::uint8_t>(any));
  if (any) out += bits;
}

void append_values(const Column& column, const Selection& rows, std::string& out) {
  std::int64_t before = 0;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const std::size_t row = rows[n];
    if (column.is_null(row)) continue;
    switch (column.type()) {
      case Type::kBoolean: append_fixed(out, column.booleans()[row]); break;
      case Type::kDouble:
        append_fixed(out, std::bit_cast<std::uint64_t>(column.doubles()[row]));
        break;
      case Type::kText: append_counted(out, column.texts()[row]); break;
      case Type::kBigint:
      case Type::kTimestamp:
      case Type::kInterval:
        append_zigzag(out, difference(column.ints()[row], before));
        before = column.ints()[row];
        break;
    }
  }
}

/// Which of `rows` values are null; nothing when none is.
std::string_view read_nulls(BinaryReader& in, std::size_t rows) {
  const auto any = in.fixed<std::uint8_t>();
  if (any > 1) in.fail();
  return any == 0 ? std::string_view() : in.bytes((rows + 7) / 8);
}

std::shared_ptr<Column> read_column(BinaryReader& in, Type type, std::size_t rows, Arena& arena) {
  auto column = std::make_shared<Column>(type);
  const std::string_view nulls = read_nulls(in, rows);
  column->reserve(rows);
  std::int64_t before = 0;
  for (std::size_t n = 0; n < rows && in.ok(); ++n) {
    const bool is_null =
        !nulls.empty() && (static_cast<unsigned char>(nulls[n / 8]) >> n % 8 & 1U) != 0;
    if (is_null) {
      column->append_null();
      continue;
    }
    switch (type) {
      case Type::kBoolean: {
        const auto value = in.fixed<std::uint8_t>();
        if (value > 1) in.fail();
        column->append_boolean(value != 0);
        break;
      }
      case Type::kDouble:
        column->append_double(std::bit_cast<double>(in.fixed<std::uint64_t>()));
        break;
      case Type::kText: column->append_text(arena.store(in.sized())); break;
      case Type::kBigint:
      case Type::kTimestamp:
      case Type::kInterval:
        before = sum(before, in.zigzag());
        column->append_int(before);
        break;
    }
  }
  return column;
}

/// A number below `limit`; 0, and a failed reader, when it is none.
std::size_t read_below(BinaryReader& in, std::size_t limit) {
  const std::uint64_t value = in.varint();
  if (value < limit) return static_cast<std::size_t>(value);
  in.fail();
  return 0;
}

Error other_columns(std::span<const Type> types, const std::string& found) {
  std::vector<std::string> expected;
  for (const Type type : types) expected.emplace_back(to_string(type));
  return invalid_config(concat("a repartition record has ", found, ", expected (",
                               join(expected, ", "),
                               "): it was written by another version of the job; `sitrep reset` "
                               "begins anew"));
}

/// The record's columns as far as their types go; an Error when they are not `types`.
Result<void> check_types(BinaryReader& in, std::span<const Type> types) {
  const std::size_t columns = in.count();
  if (!in.ok()) return {};
  if (columns != types.size()) return other_columns(types, concat(columns, " columns"));
  for (std::size_t i = 0; i < columns; ++i) {
    const auto code = in.fixed<std::uint8_t>();
    if (in.ok() && code != code_of(types[i])) {
      return other_columns(types, concat("another type in column ", i + 1));
    }
  }
  return {};
}

void read_meta(BinaryReader& in, std::size_t rows, std::span<const ClockId> clocks,
               RowMeta& meta) {
  Micros before = 0;
  for (std::size_t n = 0; n < rows && in.ok(); ++n) {
    before = sum(before, in.zigzag());
    meta.event_time.push_back(before);
  }
  for (std::size_t n = 0; n < rows && in.ok(); ++n) {
    const std::size_t number = read_below(in, clocks.size());
    meta.clock.push_back(in.ok() ? clocks[number] : 0);
  }
  meta.watermark.assign(rows, kMinWatermark);
}

}  // namespace

std::string encode_repartition_record(const RepartitionRecord& record, const ClockTable& clocks) {
  const ColumnBatch& batch = record.rows;
  const Selection& rows = batch.selection;
  ClockNames names;
  std::string numbers;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    append_varint(numbers, names.number(batch.meta->clock_of(rows[n])));
  }
  std::string words;
  append_varint(words, record.words.size());
  for (const ClockWord& word : record.words) {
    append_varint(words, names.number(word.clock));
    append_zigzag(words, word.watermark);
    append_fixed(words, static_cast<std::uint8_t>((word.idle ? kIdle : 0) |
                                                  (word.finished ? kFinished : 0) |
                                                  (word.forgotten ? kForgotten : 0) |
                                                  (word.goes_on ? kGoesOn : 0)));
  }
  std::string out;
  append_fixed(out, kVersion);
  append_fixed(out, record.sender.stage.value());
  append_varint(out, static_cast<std::uint32_t>(record.sender.partition.value()));
  append_fixed(out, static_cast<std::uint8_t>(record.settled));
  append_varint(out, names.clocks().size());
  for (const ClockId clock : names.clocks()) append_counted(out, clocks.name(clock));
  append_varint(out, rows.size());
  if (!rows.empty()) {
    append_varint(out, batch.columns.size());
    for (const ColumnPtr& column : batch.columns) append_fixed(out, code_of(column->type()));
    std::int64_t before = 0;
    for (std::size_t n = 0; n < rows.size(); ++n) {
      const Micros time = batch.meta->event_time[rows[n]];
      append_zigzag(out, difference(time, before));
      before = time;
    }
    out += numbers;
    for (const ColumnPtr& column : batch.columns) {
      append_nulls(*column, rows, out);
      append_values(*column, rows, out);
    }
  }
  out += words;
  return out;
}

Result<RepartitionRecord> decode_repartition_record(std::string_view bytes,
                                                    std::span<const Type> types,
                                                    ClockTable& clocks) {
  BinaryReader in(bytes);
  const auto version = in.fixed<std::uint8_t>();
  if (in.ok() && version != kVersion) {
    return invalid_config(concat("a repartition record has format version ", version,
                                 ", this program knows ", kVersion));
  }
  RepartitionRecord record;
  record.sender.stage = StageId(in.fixed<std::uint32_t>());
  const std::uint64_t partition = in.varint();
  if (partition > std::numeric_limits<std::int32_t>::max()) in.fail();
  record.sender.partition = PartitionId(static_cast<std::int32_t>(partition));
  const auto settled = in.fixed<std::uint8_t>();
  if (settled > 1) in.fail();
  record.settled = settled != 0;
  std::vector<std::string_view> names;
  const std::size_t name_count = in.count();
  for (std::size_t i = 0; i < name_count && in.ok(); ++i) names.push_back(in.sized());

  // Every row has at least its event time and its clock.
  const std::size_t rows = in.count();
  auto meta = std::make_shared<RowMeta>();
  std::vector<ClockId> numbers;
  if (in.ok()) {
    for (const std::string_view name : names) numbers.push_back(clocks.intern(name));
  }
  auto arena = std::make_shared<Arena>();
  if (in.ok() && rows > 0) {
    TRY(check_types(in, types));
    read_meta(in, rows, numbers, *meta);
    for (std::size_t i = 0; i < types.size() && in.ok(); ++i) {
      record.rows.columns.push_back(read_column(in, types[i], rows, *arena));
    }
  }
  const std::size_t word_count = in.count();
  for (std::size_t i = 0; i < word_count && in.ok(); ++i) {
    ClockWord word;
    const std::size_t number = read_below(in, numbers.size());
    word.watermark = in.zigzag();
    const auto flags = in.fixed<std::uint8_t>();
    if (flags > (kIdle | kFinished | kForgotten | kGoesOn)) in.fail();
    if (!in.ok()) break;
    word.clock = numbers[number];
    word.idle = (flags & kIdle) != 0;
    word.finished = (flags & kFinished) != 0;
    word.forgotten = (flags & kForgotten) != 0;
    word.goes_on = (flags & kGoesOn) != 0;
    record.words.push_back(word);
  }
  if (!in.ok() || in.left() != 0) {
    return unavailable("a repartition record is not of its form", Retry::kNever);
  }
  record.rows.meta = std::move(meta);
  record.rows.arenas.push_back(std::move(arena));
  record.rows.selection = Selection(rows);
  return record;
}

}  // namespace sitrep
