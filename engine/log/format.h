// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turning payloads into rows and rows into payloads. A decoder reads only the columns that it was
// made for; a record that gives no row becomes a DeadLetter, never an Error. Decoders and encoders
// hold scratch memory. Used only by their worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/column_batch.h"
#include "engine/data/schema.h"
#include "engine/log/record.h"

namespace sitrep {

/// Why a record gave no row (semantics.md).
enum class DeadLetterReason : std::uint8_t { kMalformed, kType, kRequired, kRange, kFuture };

/// malformed, type, required, range, future.
std::string_view to_string(DeadLetterReason reason);

struct DeadLetter {
  /// Which record of the RecordBatch; its whole value is what is kept.
  std::size_t record = 0;
  /// Which object of an array or of lines; 0 for a lone object or a broken text.
  std::uint32_t index_in_message = 0;
  DeadLetterReason reason = DeadLetterReason::kMalformed;
  /// JSON pointer of the offending value ("/air/co2_ppm"); empty when there is none.
  std::string path;

  friend bool operator==(const DeadLetter&, const DeadLetter&) = default;
};

/// Unit of a timestamp column in the payload.
enum class TimestampUnit : std::uint8_t { kSeconds, kMillis, kMicros, kNanos, kRfc3339 };

/// Where a column's value comes from.
enum class ColumnOrigin : std::uint8_t {
  kPayload,    ///< `path` in the JSON text.
  kKey,        ///< The message's key, as text.
  kTimestamp,  ///< The message's own timestamp.
  kPartition,
  kOffset,
  kHeader,  ///< The last header called `path`, as text.
};

/// A column that a decoder is to read, with its rules.
struct ColumnSpec {
  std::string name;
  Type type = Type::kText;
  ColumnOrigin origin = ColumnOrigin::kPayload;
  /// JSON pointer from the object ("/position/lat"); default "/" + name. A header's name for
  /// kHeader.
  std::string path;
  /// Absent and null are `required` dead letters.
  bool required = false;
  /// Stands in for an absent or null value; Null: none.
  Value default_value;
  /// Inclusive bounds of a bigint or double; others are `range` dead letters.
  std::optional<double> min;
  std::optional<double> max;
  /// For timestamps in the payload.
  TimestampUnit unit = TimestampUnit::kRfc3339;
};

/// Rows of one RecordBatch. The batch has its columns, selection and arenas filled, and of its meta
/// offset and index_in_message; clocks and event times are the task's business.
struct DecodedRows {
  std::vector<std::shared_ptr<Column>> columns;
  std::shared_ptr<Arena> arena;
  std::vector<Offset> offset;
  std::vector<std::uint32_t> index_in_message;
  /// Which record of the RecordBatch each row came from.
  std::vector<std::uint32_t> record;
  std::vector<DeadLetter> dead_letters;

  std::size_t rows() const { return offset.size(); }
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Decodes every record of `records` of `partition` into a new DecodedRows; rows in order of
  /// offset and index. Text columns point into the result's arena, not into `records`.
  virtual DecodedRows decode(const RecordBatch& records, PartitionId partition) = 0;
};

/// How timestamps look in JSON output.
enum class TimestampStyle : std::uint8_t { kRfc3339, kMillis };

class Encoder {
 public:
  virtual ~Encoder() = default;
  /// Appends the payload of row `row` to `out`.
  virtual void encode(const ColumnBatch& batch, std::size_t row, std::string& out) = 0;
  /// The headers of the record whose payload encode() made last; until its next call.
  virtual std::span<const HeaderView> headers() const { return {}; }
};

}  // namespace sitrep
