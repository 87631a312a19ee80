// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows of a stream that wait for their event time, as state: the rows that a TimeQueue would hold
// one by one, held and saved by the hundred. They leave by clock in the order of event time, rows
// of one time as they came.
//
// Rows lie in chunks in the order in which they come. At the end of an epoch what is left of the
// new chunks is saved, one entry each; after that a chunk is written once more, when it is empty,
// to remove it. Which rows of a saved chunk have left is told by one small entry per clock: how far
// in event time its rows have left, and below which chunk all of them have. So a row costs its
// bytes once, whatever the number of epochs that it waits for. Held in memory whole. Used only by
// its worker.

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/api/row_line.h"
#include "engine/api/store.h"
#include "engine/data/arena.h"
#include "engine/data/column.h"
#include "engine/data/schema.h"

namespace sitrep {

class RowQueue final : public Store {
 public:
  using Chunk = RowChunk;
  /// A row that has left its clock's queue and is still to be copied out.
  using Row = WaitingRow;

  /// `name` is unique in the job: "<stream>/<purpose>". `schema`: of the rows; its names tell which
  /// columns saved rows have. `clocks` outlives the queue.
  RowQueue(std::string_view name, const Schema& schema, ClockTable& clocks);
  ~RowQueue() override;

  /// Holds `rows` of a batch, in that order. `columns` are those of the schema; of each row its
  /// event time and clock are in `meta`.
  void push(std::span<const ColumnPtr> columns, const RowMeta& meta,
            std::span<const std::uint32_t> rows);
  /// The time of the clock's first row; nothing when it has none.
  std::optional<Micros> first_time(ClockId clock);
  /// Appends the clock's rows up to `until`, in order, to `out`. They are to be copied out before
  /// the next push and the end of the epoch.
  void take(ClockId clock, Micros until, std::vector<Row>& out);
  /// Copies the cells of rows that take() gave, one column after the other, and forgets them. Texts
  /// go into `arena`.
  std::vector<ColumnPtr> copy_out(std::span<const Row> rows, Arena& arena);
  /// The lowest number that rows of the next push can have.
  std::uint64_t next_number();
  /// Clocks that have rows.
  std::vector<ClockId> clocks();

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override;
  std::size_t changed_bytes() const override;

 private:
  /// Which rows of saved chunks have left.
  struct Left {
    Micros until = kMinWatermark;
    std::uint64_t chunks_below = 0;

    friend bool operator==(const Left&, const Left&) = default;
  };
  struct Clock {
    RowLine line;
    Left left;
    std::optional<Left> saved_left;
    std::size_t saved_in = 0;  // chunks in the state that have rows of it
    bool is_changed = false;   // in changed_clocks_
  };

  Chunk& open_chunk();
  Clock& clock(ClockId id);
  void mark_changed(ClockId id);
  void copy_cells(std::span<const Row> rows, std::span<const std::uint64_t* const> words,
                  std::size_t i, Column& out, std::size_t at, Arena& arena) const;
  void forget(const Row& row);
  void forget_chunk(Chunk& chunk);
  void mark_saved(Chunk& chunk);
  void count_bytes(Chunk& chunk);
  std::string save(const Chunk& chunk) const;
  Result<void> restore_chunk(std::uint64_t number, std::string_view value);
  /// After a restore: the rows that had left.
  void settle();

  const StoreId id_;
  const std::vector<Type> types_;
  const std::vector<std::uint32_t> names_;  // the low 32 bits of the hash of each
  const std::size_t words_;                 // of a row
  ClockTable& clock_table_;
  std::vector<Clock> clocks_;  // by ClockId
  std::vector<ClockId> changed_clocks_;
  std::map<std::uint64_t, std::unique_ptr<Chunk>> chunks_;
  Chunk* open_ = nullptr;
  std::uint64_t next_chunk_ = 0;
  std::uint64_t unsaved_from_ = 0;      // chunks from here on are not saved yet
  std::vector<std::uint64_t> removed_;  // saved chunks whose last row has left
  std::vector<Row> sorting_;  // room for RowLine::take
  std::size_t bytes_ = 0;
  bool is_settled_ = true;
};

}  // namespace sitrep
