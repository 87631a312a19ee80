// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/table_decoder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "connectors/formats/json_decoder.h"
#include "connectors/formats/json_text.h"
#include "connectors/formats/utf8.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::string_view kKeyPath = "_key";
/// A message key becomes the array under this member, so that one JSON reader knows all values.
constexpr std::string_view kKeyMember = "/k/";

bool is_delete(const RecordView& record) { return !record.value.has_value(); }

/// The key columns, read from the elements of the array.
std::unique_ptr<Decoder> make_key_decoder(const TableColumns& table) {
  std::vector<ColumnSpec> columns;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    ColumnSpec column = table.columns[table.key[i]];
    column.origin = ColumnOrigin::kPayload;
    column.path = concat(kKeyMember, i);
    column.required = true;
    column.default_value = Null{};
    columns.push_back(std::move(column));
  }
  return make_json_decoder(std::move(columns));
}

class TableDecoder final : public Decoder {
 public:
  explicit TableDecoder(TableColumns table)
      : table_(std::move(table)),
        rows_(make_json_decoder(table_.columns)),
        keys_(make_key_decoder(table_)) {
    for (const std::size_t column : table_.key) {
      ENSURE(column < table_.columns.size(), "a key column of another table");
    }
  }

  DecodedRows decode(const RecordBatch& records, PartitionId partition) override {
    DecodedRows rows = rows_->decode(records, partition);
    if (std::ranges::none_of(records.records(), is_delete)) {
      rows.columns.push_back(std::make_shared<Column>(Type::kBoolean, rows.rows()));
      return rows;
    }
    return with_deletes(std::move(rows), records, partition);
  }

 private:
  /// Rows and deletes, in order of offset.
  DecodedRows with_deletes(DecodedRows rows, const RecordBatch& records, PartitionId partition) {
    DecodedRows out;
    out.arena = rows.arena;
    for (const ColumnSpec& column : table_.columns) {
      out.columns.push_back(std::make_shared<Column>(column.type));
    }
    out.columns.push_back(std::make_shared<Column>(Type::kBoolean));
    for (DeadLetter& letter : rows.dead_letters) {
      if (is_delete(records.records()[letter.record])) continue;
      out.dead_letters.push_back(std::move(letter));
    }
    const DecodedRows keys = decode_keys(records, partition, out.dead_letters);
    std::size_t row = 0;
    std::size_t key = 0;
    for (std::size_t record = 0; record < records.size(); ++record) {
      for (; row < rows.rows() && rows.record[row] == record; ++row) add_row(out, rows, row);
      if (key < keys.rows() && deletes_[keys.record[key]] == record) {
        add_delete(out, keys, key, record, records.records()[record], partition);
        ++key;
      }
    }
    std::ranges::stable_sort(out.dead_letters, {}, &DeadLetter::record);
    return out;
  }

  /// A row per delete whose key is good; `deletes_` has the record of each delete.
  DecodedRows decode_keys(const RecordBatch& records, PartitionId partition,
                          std::vector<DeadLetter>& dead_letters) {
    RecordBatch batch;
    deletes_.clear();
    for (std::size_t i = 0; i < records.size(); ++i) {
      const RecordView& record = records.records()[i];
      if (!is_delete(record)) continue;
      if (!record.key) {
        dead_letters.push_back({.record = i,
                                .reason = DeadLetterReason::kRequired,
                                .path = std::string(kKeyPath)});
        continue;
      }
      deletes_.push_back(i);
      const std::string text = key_as_json(*record.key);
      batch.append({.offset = record.offset,
                    .timestamp = std::nullopt,
                    .key = std::nullopt,
                    .value = text,
                    .headers = {}});
    }
    DecodedRows keys = keys_->decode(batch, partition);
    for (DeadLetter& letter : keys.dead_letters) {
      std::string path(kKeyPath);
      if (table_.key.size() > 1 && letter.path.starts_with(kKeyMember)) {
        path += letter.path.substr(kKeyMember.size() - 1);
      }
      dead_letters.push_back({.record = deletes_[letter.record],
                              .reason = letter.reason,
                              .path = std::move(path)});
    }
    return keys;
  }

  /// Not JSON when the key cannot be one of the table's.
  std::string key_as_json(std::string_view key) const {
    if (!is_utf8(key)) return {};
    if (table_.key.size() > 1) return concat("{\"k\":", key, "}");
    const ColumnSpec& column = table_.columns[table_.key.front()];
    const bool quoted = column.type == Type::kText ||
                        (column.type == Type::kTimestamp && column.unit == TimestampUnit::kRfc3339);
    std::string text = "{\"k\":[";
    if (quoted) append_json_string(text, key);
    else if (key.find(',') == std::string_view::npos) text += key;
    else return {};
    return text + "]}";
  }

  void add_row(DecodedRows& out, const DecodedRows& rows, std::size_t row) const {
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      out.columns[i]->append_from(*rows.columns[i], row);
    }
    out.columns.back()->append_boolean(false);
    out.offset.push_back(rows.offset[row]);
    out.index_in_message.push_back(rows.index_in_message[row]);
    out.record.push_back(rows.record[row]);
  }

  void add_delete(DecodedRows& out, const DecodedRows& keys, std::size_t key, std::size_t number,
                  const RecordView& record, PartitionId partition) const {
    const bool timed = std::ranges::find(table_.key, table_.time) != table_.key.end();
    if (!timed && !record.timestamp) {
      out.dead_letters.push_back({.record = number,
                                  .reason = DeadLetterReason::kRequired,
                                  .path = table_.columns[table_.time].path});
      return;
    }
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      Column& column = *out.columns[i];
      const auto part = std::ranges::find(table_.key, i);
      if (part != table_.key.end()) {
        add_key_cell(column, *keys.columns[static_cast<std::size_t>(part - table_.key.begin())],
                     key, *out.arena);
      } else if (i == table_.time) {
        column.append_int(*record.timestamp);
      } else {
        add_envelope_cell(column, table_.columns[i].origin, record, partition, *out.arena);
      }
    }
    out.columns.back()->append_boolean(true);
    out.offset.push_back(record.offset);
    out.index_in_message.push_back(0);
    out.record.push_back(static_cast<std::uint32_t>(number));
  }

  /// The keys' own arena goes with them.
  static void add_key_cell(Column& column, const Column& from, std::size_t row, Arena& arena) {
    if (from.type() == Type::kText) column.append_text(arena.store(from.texts()[row]));
    else column.append_from(from, row);
  }

  static void add_envelope_cell(Column& column, ColumnOrigin origin, const RecordView& record,
                                PartitionId partition, Arena& arena) {
    switch (origin) {
      case ColumnOrigin::kKey: column.append_text(arena.store(*record.key)); return;
      case ColumnOrigin::kPartition: column.append_int(partition.value()); return;
      case ColumnOrigin::kOffset: column.append_int(record.offset.value()); return;
      case ColumnOrigin::kTimestamp:
        if (!record.timestamp) break;
        column.append_int(*record.timestamp);
        return;
      case ColumnOrigin::kPayload:
      case ColumnOrigin::kHeader: break;
    }
    column.append_null();
  }

  const TableColumns table_;
  const std::unique_ptr<Decoder> rows_;
  const std::unique_ptr<Decoder> keys_;
  std::vector<std::size_t> deletes_;
};

}  // namespace

std::unique_ptr<Decoder> make_table_decoder(TableColumns table) {
  return std::make_unique<TableDecoder>(std::move(table));
}

}  // namespace sitrep
