// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_decoder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "connectors/formats/json_cell.h"
#include "connectors/formats/json_cursor.h"
#include "connectors/formats/json_plain.h"
#include "connectors/formats/json_shape.h"
#include "connectors/formats/json_string.h"
#include "connectors/formats/json_tokens.h"
#include "connectors/formats/metadata_cells.h"
#include "connectors/formats/path_tree.h"
#include "connectors/formats/row_columns.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

/// A column of the result, with what is remembered while a row is filled.
struct Target {
  CellRule rule;
  bool required;
  Value default_value;
  /// For dead letters: the JSON pointer, or the name of a column of the envelope.
  std::string path;
  /// Serial number of the object that last had a value (or a fault) here.
  std::uint64_t filled_in = 0;
};

std::string pointer_of(const ColumnSpec& spec) {
  if (spec.origin != ColumnOrigin::kPayload) return spec.name;
  return spec.path.empty() ? "/" + spec.name : spec.path;
}

Target make_target(const ColumnSpec& spec) {
  ENSURE(fits(spec.default_value, spec.type), "a default of another type");
  return {.rule = CellRule(spec),
          .required = spec.required,
          .default_value = spec.default_value,
          .path = pointer_of(spec)};
}

/// Why the object at hand is no row. The fault with the lowest rank is the one that is told.
struct Fault {
  std::uint32_t rank;
  DeadLetterReason reason;
  const std::string* path;
};

/// Before the faults of columns, whose rank is 1 + their number.
constexpr std::uint32_t kRepeatedKeyRank = 0;

class JsonDecoder final : public Decoder {
 public:
  explicit JsonDecoder(const std::vector<ColumnSpec>& specs);

  DecodedRows decode(const RecordBatch& records, PartitionId partition) override;

 private:
  void decode_record(const RecordView& record, std::size_t number, PartitionId partition);
  bool read_message(std::string_view text, Offset offset, std::size_t number);
  bool read_as_before(std::string_view text);
  bool read_shaped(std::string_view text, const JsonShape& shape);
  bool read_tokens(std::string_view text);
  // These return false for a text that is not JSON.
  bool read_array_of_rows(JsonCursor& cursor);
  bool read_lines(JsonCursor& cursor);
  bool read_row(JsonCursor& cursor, unsigned depth);
  bool read_object(JsonCursor& cursor, PathNode& node, unsigned depth);
  bool read_array(JsonCursor& cursor, PathNode& node, unsigned depth);
  bool read_member(JsonCursor& cursor, PathNode& node, std::size_t& position, unsigned depth);
  bool read_value(JsonCursor& cursor, PathNode& node, unsigned depth);
  bool read_column(JsonCursor& cursor, std::uint32_t column, unsigned depth);
  bool read_children(JsonCursor& cursor, PathNode& node, unsigned depth);
  bool find_child(JsonCursor& cursor, PathNode& node, std::size_t& position, PathNode*& child);

  void begin_row();
  void fill_rest();
  void fill_metadata();
  void fill_absent();
  void set_default(std::uint32_t column, const Value& value);
  void finish_row();
  void mark_filled(Target& target);
  void add_fault(std::uint32_t rank, DeadLetterReason reason, const std::string& path);

  std::vector<Type> types_;
  std::vector<Target> targets_;
  PathNode root_;
  MetadataCells metadata_;
  JsonShapes shapes_;
  JsonTokens tokens_;
  std::string scratch_;

  DecodedRows out_;
  RowColumns columns_;
  /// Number of the object at hand, counted over the decoder's life.
  std::uint64_t serial_ = 0;
  std::size_t columns_filled_ = 0;
  std::optional<Fault> fault_;
  Offset offset_;
  std::size_t record_ = 0;
  std::uint32_t index_ = 0;
};

JsonDecoder::JsonDecoder(const std::vector<ColumnSpec>& specs) : metadata_(specs) {
  for (const ColumnSpec& spec : specs) {
    const auto column = static_cast<std::uint32_t>(targets_.size());
    types_.push_back(spec.type);
    targets_.push_back(make_target(spec));
    if (spec.origin == ColumnOrigin::kPayload) add_path(root_, targets_.back().path, column);
  }
}

DecodedRows JsonDecoder::decode(const RecordBatch& records, PartitionId partition) {
  out_ = {};
  out_.arena = std::make_shared<Arena>();
  out_.offset.reserve(records.size());
  out_.index_in_message.reserve(records.size());
  out_.record.reserve(records.size());
  columns_.begin(types_, records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    decode_record(records.records()[i], i, partition);
  }
  out_.columns = columns_.finish();
  return std::move(out_);
}

void JsonDecoder::decode_record(const RecordView& record, std::size_t number,
                                PartitionId partition) {
  const std::size_t rows_before = out_.rows();
  const std::size_t dead_letters_before = out_.dead_letters.size();
  metadata_.read(record, partition, *out_.arena);
  if (record.value && read_message(*record.value, record.offset, number)) return;
  // Not JSON: nothing of the message remains.
  columns_.rewind(rows_before);
  out_.offset.resize(rows_before);
  out_.index_in_message.resize(rows_before);
  out_.record.resize(rows_before);
  out_.dead_letters.resize(dead_letters_before);
  out_.dead_letters.push_back(
      {.record = number, .reason = DeadLetterReason::kMalformed, .path = {}});
}

bool JsonDecoder::read_message(std::string_view text, Offset offset, std::size_t number) {
  offset_ = offset;
  record_ = number;
  index_ = 0;
  if (read_as_before(text)) return true;
  const std::size_t rows_before = columns_.row();
  if (!read_tokens(text)) return false;
  if (shapes_.pausing()) {
    shapes_.passed_over();
  } else if (index_ == 1 && columns_.row() == rows_before + 1) {
    shapes_.missed(text, root_);
  }
  return true;
}

/// Whether the text has a shape that is known, and was read as one row by it.
bool JsonDecoder::read_as_before(std::string_view text) {
  if (shapes_.pausing() || text.size() > kMessageBytesMax) return false;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    if (!read_shaped(text, shapes_.shape(i))) continue;
    shapes_.fitted(i);
    return true;
  }
  return false;
}

/// What is not as expected is judged by read_tokens.
bool JsonDecoder::read_shaped(std::string_view text, const JsonShape& shape) {
  begin_row();
  const CellSink sink{.columns = columns_, .arena = *out_.arena, .scratch = scratch_};
  const char* const end = text.data() + text.size();
  const char* p = text.data();
  for (const JsonShape::Member& member : shape.members) {
    if (!member.lead.matches(p)) return false;
    p += member.lead_bytes;
    if (member.column == JsonShape::kUnread) {
      p = pass_plain_scalar(p, end);
    } else {
      Target& target = targets_[member.column];
      const PlainCell cell = read_plain_cell(p, end, target.rule, member.column, sink);
      if (!cell.null) mark_filled(target);
      p = cell.end;
    }
    if (p == nullptr) return false;
  }
  if (*p != '}' || p + 1 != end) return false;
  fill_rest();
  if (fault_) return false;
  finish_row();
  return true;
}

bool JsonDecoder::read_tokens(std::string_view text) {
  if (!tokens_.scan(text)) return false;
  JsonCursor cursor(text, tokens_);
  return cursor.peek() == '[' ? read_array_of_rows(cursor) : read_lines(cursor);
}

bool JsonDecoder::read_array_of_rows(JsonCursor& cursor) {
  cursor.take();
  if (cursor.take_mark(']')) return cursor.at_end();
  do {
    if (!read_row(cursor, 1)) return false;
  } while (cursor.take_mark(','));
  return cursor.take_mark(']') && cursor.at_end();
}

bool JsonDecoder::read_lines(JsonCursor& cursor) {
  do {
    if (!read_row(cursor, 0)) return false;
  } while (!cursor.at_end() && cursor.after_space());
  return cursor.at_end();
}

bool JsonDecoder::read_row(JsonCursor& cursor, unsigned depth) {
  if (index_ == kObjectsMax) return false;
  begin_row();
  if (cursor.peek() == '{') {
    if (!read_object(cursor, root_, depth)) return false;
    fill_rest();
  } else {
    static const std::string kNoPath;
    if (!cursor.skip_value(depth)) return false;
    add_fault(kRepeatedKeyRank, DeadLetterReason::kType, kNoPath);
  }
  finish_row();
  ++index_;
  return true;
}

bool JsonDecoder::read_object(JsonCursor& cursor, PathNode& node, unsigned depth) {
  if (depth == kDepthMax) return false;
  cursor.take();
  if (cursor.take_mark('}')) return true;
  std::size_t position = node.order.start();
  do {
    if (!read_member(cursor, node, position, depth + 1)) return false;
  } while (cursor.take_mark(','));
  return cursor.take_mark('}');
}

bool JsonDecoder::read_member(JsonCursor& cursor, PathNode& node, std::size_t& position,
                              unsigned depth) {
  PathNode* child = nullptr;
  if (cursor.peek() != '"') return false;
  if (const auto* const known = node.order.find(cursor.here(), position)) {
    cursor.take();
    child = known->node;
  } else if (!find_child(cursor, node, position, child)) {
    return false;
  }
  if (!cursor.take_mark(':')) return false;
  return child == nullptr ? cursor.skip_value(depth) : read_value(cursor, *child, depth);
}

/// Searches the child of a key that KeyOrder does not know, and teaches it.
bool JsonDecoder::find_child(JsonCursor& cursor, PathNode& node, std::size_t& position,
                             PathNode*& child) {
  std::string_view raw;
  if (!cursor.take_string(raw)) return false;
  std::string_view key = raw;
  if (raw.find('\\') != std::string_view::npos) {
    if (!unescape_json(raw, scratch_)) return false;
    key = scratch_;
  }
  child = node.child(key);
  node.order.learn({raw.data() - 1, raw.size() + 2}, child, position);
  return true;
}

bool JsonDecoder::read_value(JsonCursor& cursor, PathNode& node, unsigned depth) {
  if (node.met_in == serial_) {
    add_fault(kRepeatedKeyRank, DeadLetterReason::kMalformed, node.pointer);
    return cursor.skip_value(depth);
  }
  node.met_in = serial_;
  if (node.children.empty() && node.columns.size() == 1) {
    return read_column(cursor, node.columns.front(), depth);
  }
  // Each column beneath, and the children, go over the same value.
  JsonCursor end = cursor;
  for (const std::uint32_t column : node.columns) {
    end = cursor;
    if (!read_column(end, column, depth)) return false;
  }
  if (!node.children.empty()) {
    end = cursor;
    if (!read_children(end, node, depth)) return false;
  }
  cursor = end;
  return true;
}

bool JsonDecoder::read_column(JsonCursor& cursor, std::uint32_t column, unsigned depth) {
  Target& target = targets_[column];
  const CellSink sink{.columns = columns_, .arena = *out_.arena, .scratch = scratch_};
  switch (read_cell(cursor, depth, target.rule, column, sink)) {
    case CellOutcome::kBroken: return false;
    case CellOutcome::kNull: return true;
    case CellOutcome::kValue: break;
    case CellOutcome::kType:
      add_fault(column + 1, DeadLetterReason::kType, target.path);
      break;
    case CellOutcome::kRange:
      add_fault(column + 1, DeadLetterReason::kRange, target.path);
      break;
  }
  mark_filled(target);
  return true;
}

bool JsonDecoder::read_children(JsonCursor& cursor, PathNode& node, unsigned depth) {
  if (cursor.peek() == '{') return read_object(cursor, node, depth);
  const bool in_array = cursor.peek() == '[' && node.has_positions();
  if (in_array) return read_array(cursor, node, depth);
  const bool null = cursor.peek() == 'n';
  if (!cursor.skip_value(depth)) return false;
  if (null) return true;
  for (const std::uint32_t column : node.columns_beneath) {
    add_fault(column + 1, DeadLetterReason::kType, node.pointer);
    mark_filled(targets_[column]);
  }
  return true;
}

bool JsonDecoder::read_array(JsonCursor& cursor, PathNode& node, unsigned depth) {
  if (depth == kDepthMax) return false;
  cursor.take();
  if (cursor.take_mark(']')) return true;
  std::uint32_t position = 0;
  do {
    PathNode* const child = node.child_at(position++);
    const bool ok = child == nullptr ? cursor.skip_value(depth + 1)
                                     : read_value(cursor, *child, depth + 1);
    if (!ok) return false;
  } while (cursor.take_mark(','));
  return cursor.take_mark(']');
}

void JsonDecoder::begin_row() {
  ++serial_;
  columns_filled_ = 0;
  fault_.reset();
}

/// What the payload does not have.
void JsonDecoder::fill_rest() {
  fill_metadata();
  if (columns_filled_ != targets_.size()) fill_absent();
}

void JsonDecoder::fill_metadata() {
  for (const MetadataCells::Cell& cell : metadata_.cells()) {
    if (cell.absent()) continue;
    Target& target = targets_[cell.column];
    if (cell.fault) add_fault(cell.column + 1, *cell.fault, target.path);
    if (cell.number) columns_.set_int(cell.column, *cell.number);
    if (cell.text) columns_.set_text(cell.column, *cell.text);
    mark_filled(target);
  }
}

/// Gives each column that the object had nothing for its default, or null.
void JsonDecoder::fill_absent() {
  for (std::uint32_t column = 0; column < targets_.size(); ++column) {
    const Target& target = targets_[column];
    if (target.filled_in == serial_) continue;
    if (!is_null(target.default_value)) {
      set_default(column, target.default_value);
    } else if (target.required) {
      add_fault(column + 1, DeadLetterReason::kRequired, target.path);
    } else {
      columns_.set_null(column);
    }
  }
}

void JsonDecoder::set_default(std::uint32_t column, const Value& value) {
  switch (types_[column]) {
    case Type::kBoolean: columns_.set_boolean(column, std::get<bool>(value)); break;
    case Type::kDouble: columns_.set_double(column, std::get<double>(value)); break;
    case Type::kText:
      columns_.set_text(column, out_.arena->store(std::get<std::string>(value)));
      break;
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: columns_.set_int(column, std::get<std::int64_t>(value)); break;
  }
}

void JsonDecoder::finish_row() {
  if (fault_) {
    out_.dead_letters.push_back({.record = record_,
                                 .index_in_message = index_,
                                 .reason = fault_->reason,
                                 .path = *fault_->path});
    return;
  }
  columns_.next_row();
  out_.offset.push_back(offset_);
  out_.index_in_message.push_back(index_);
  out_.record.push_back(static_cast<std::uint32_t>(record_));
}

void JsonDecoder::mark_filled(Target& target) {
  columns_filled_ += target.filled_in != serial_ ? 1 : 0;
  target.filled_in = serial_;
}

void JsonDecoder::add_fault(std::uint32_t rank, DeadLetterReason reason, const std::string& path) {
  if (!fault_ || rank < fault_->rank) fault_ = {.rank = rank, .reason = reason, .path = &path};
}

}  // namespace

std::unique_ptr<Decoder> make_json_decoder(std::vector<ColumnSpec> columns) {
  return std::make_unique<JsonDecoder>(columns);
}

}  // namespace sitrep
