// SPDX-License-Identifier: Apache-2.0
#include "engine/data/gather.h"

#include <algorithm>

#include "engine/base/ensure.h"

namespace sitrep {
namespace {

ColumnPtr gather_column(std::span<const ColumnBatch* const> batches, std::size_t index,
                        std::span<const RowPlace> places) {
  auto out = std::make_shared<Column>(batches.front()->column(index).type());
  out->reserve(places.size());
  std::vector<const Column*> from;
  for (const ColumnBatch* const batch : batches) from.push_back(&batch->column(index));
  for (const RowPlace& place : places) out->append_from(*from[place.batch], place.row);
  return out;
}

/// One member of the rows' meta: empty where it is empty in all batches.
template <typename Entry>
void gather_meta(std::span<const ColumnBatch* const> batches, std::span<const RowPlace> places,
                 std::vector<Entry> RowMeta::*member, std::vector<Entry>& out) {
  const bool is_empty = std::ranges::all_of(
      batches, [&](const ColumnBatch* batch) { return ((*batch->meta).*member).empty(); });
  if (is_empty) return;
  out.reserve(places.size());
  for (const RowPlace& place : places) {
    const std::vector<Entry>& from = (*batches[place.batch]->meta).*member;
    out.push_back(from.empty() ? Entry{} : from[place.row]);
  }
}

}  // namespace

ColumnBatch gather(std::span<const ColumnBatch* const> batches, std::span<const RowPlace> places) {
  ENSURE(!batches.empty(), "rows of no batch");
  const ColumnBatch& first = *batches.front();
  ColumnBatch out;
  for (std::size_t i = 0; i < first.columns.size(); ++i) {
    out.columns.push_back(gather_column(batches, i, places));
  }
  auto meta = std::make_shared<RowMeta>();
  gather_meta(batches, places, &RowMeta::event_time, meta->event_time);
  gather_meta(batches, places, &RowMeta::watermark, meta->watermark);
  gather_meta(batches, places, &RowMeta::clock, meta->clock);
  gather_meta(batches, places, &RowMeta::offset, meta->offset);
  gather_meta(batches, places, &RowMeta::index_in_message, meta->index_in_message);
  meta->origin = first.meta->origin;
  meta->ahead = first.meta->ahead;
  out.meta = std::move(meta);
  for (const ColumnBatch* const batch : batches) {
    for (const auto& arena : batch->arenas) {
      // Ways of one source share most of theirs.
      if (std::ranges::find(out.arenas, arena) == out.arenas.end()) out.arenas.push_back(arena);
    }
  }
  out.selection = Selection(places.size());
  return out;
}

}  // namespace sitrep
