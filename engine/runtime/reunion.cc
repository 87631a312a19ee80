// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/reunion.h"

#include <algorithm>
#include <utility>

#include "engine/base/ensure.h"
#include "engine/data/gather.h"

namespace sitrep {

bool Reunion::takes(std::size_t origin, std::size_t input) const {
  return std::ranges::any_of(groups_, [&](const Ways::Meeting::Group& group) {
    return group.fed_by.contains(origin) && std::ranges::count(group.inputs, input) > 0;
  });
}

void Reunion::add(std::size_t input, ColumnBatch batch, SourceRows source_rows) {
  pieces_.push_back(
      {.input = input, .batch = std::move(batch), .source_rows = std::move(source_rows)});
}

std::span<const std::size_t> Reunion::group_of(std::size_t input) const {
  for (const Ways::Meeting::Group& group : groups_) {
    if (std::ranges::count(group.inputs, input) > 0) return group.inputs;
  }
  ENSURE(false, "rows that are not put together");
}

std::optional<Reunion::Whole> Reunion::take() {
  std::vector<Piece> pieces = std::exchange(pieces_, {});
  if (pieces.empty()) return std::nullopt;
  const std::span<const std::size_t> inputs = group_of(pieces.front().input);
  if (pieces.size() == 1) {
    return Whole{.batch = std::move(pieces.front().batch),
                 .source_rows = std::move(pieces.front().source_rows),
                 .inputs = inputs};
  }
  std::ranges::stable_sort(pieces, {}, &Piece::input);
  struct Row {
    std::uint32_t source_row;
    RowPlace place;
  };
  std::vector<Row> rows;
  std::vector<const ColumnBatch*> batches;
  for (const Piece& piece : pieces) {
    const auto number = static_cast<std::uint32_t>(batches.size());
    const auto sorted = static_cast<std::ptrdiff_t>(rows.size());
    piece.batch.selection.for_each([&](std::size_t at) {
      const auto row = static_cast<std::uint32_t>(at);
      rows.push_back({.source_row = piece.source_row(row),
                      .place = {.batch = number, .row = row}});
    });
    // Each piece is in order by itself; of equals the earlier input's stay before.
    std::ranges::inplace_merge(rows, rows.begin() + sorted, {}, &Row::source_row);
    batches.push_back(&piece.batch);
  }
  std::vector<RowPlace> places;
  auto source_rows = std::make_shared<std::vector<std::uint32_t>>();
  places.reserve(rows.size());
  source_rows->reserve(rows.size());
  for (const Row& row : rows) {
    places.push_back(row.place);
    source_rows->push_back(row.source_row);
  }
  return Whole{.batch = gather(batches, places),
               .source_rows = std::move(source_rows),
               .inputs = inputs};
}

}  // namespace sitrep
