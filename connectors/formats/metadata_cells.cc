// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/metadata_cells.h"

#include "connectors/formats/json_cell.h"
#include "connectors/formats/utf8.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

Type type_of(ColumnOrigin origin) {
  switch (origin) {
    case ColumnOrigin::kKey:
    case ColumnOrigin::kHeader: return Type::kText;
    case ColumnOrigin::kPartition:
    case ColumnOrigin::kOffset: return Type::kBigint;
    case ColumnOrigin::kTimestamp: return Type::kTimestamp;
    case ColumnOrigin::kPayload: break;
  }
  ENSURE(false, "not a metadata column");
}

/// The last header called `name`, as Kafka's clients do.
std::optional<std::string_view> find_header(const RecordView& record, std::string_view name) {
  for (auto header = record.headers.rbegin(); header != record.headers.rend(); ++header) {
    if (header->name == name) return header->value;
  }
  return std::nullopt;
}

void set_text(MetadataCells::Cell& cell, std::optional<std::string_view> bytes, Arena& arena) {
  if (!bytes) return;
  if (bytes->size() > kTextBytesMax) {
    cell.fault = DeadLetterReason::kRange;
  } else if (!is_utf8(*bytes)) {
    cell.fault = DeadLetterReason::kMalformed;
  } else {
    cell.text = arena.store(*bytes);
  }
}

}  // namespace

MetadataCells::MetadataCells(const std::vector<ColumnSpec>& specs) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].origin == ColumnOrigin::kPayload) continue;
    ENSURE(specs[i].type == type_of(specs[i].origin), "a metadata column of another type");
    sources_.push_back({.origin = specs[i].origin, .header = specs[i].path});
    cells_.push_back({.column = static_cast<std::uint32_t>(i)});
  }
}

void MetadataCells::read(const RecordView& record, PartitionId partition, Arena& arena) {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    Cell& cell = cells_[i];
    cell = {.column = cell.column};
    switch (sources_[i].origin) {
      case ColumnOrigin::kKey: set_text(cell, record.key, arena); break;
      case ColumnOrigin::kHeader:
        set_text(cell, find_header(record, sources_[i].header), arena);
        break;
      case ColumnOrigin::kTimestamp: cell.number = record.timestamp; break;
      case ColumnOrigin::kPartition: cell.number = partition.value(); break;
      case ColumnOrigin::kOffset: cell.number = record.offset.value(); break;
      case ColumnOrigin::kPayload: break;
    }
  }
}

}  // namespace sitrep
