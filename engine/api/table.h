// SPDX-License-Identifier: Apache-2.0
#pragma once
// A keyed table of an operator, grouped by pane: (clock, pane end) → key → row. A row is a fixed
// number of bytes laid out by a RowCodec (a window's accumulators, an alert's state). One hash
// probe finds it; closing a pane frees it whole. Stores without windows use one pane, {0, 0}.
//
// Changes go to the state log at the epoch's end; a pane that opens and closes within one epoch
// leaves no trace. Rows that the image holds may be evicted; a later upsert or for_each reads them
// back.
//
// Lifetime: a row's address is valid until its pane is dropped, the epoch ends, or evict() runs;
// never keep one between two calls of process(). Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/api/key_filter.h"
#include "engine/api/store.h"
#include "engine/base/hash.h"
#include "engine/data/arena.h"

namespace sitrep {

/// How rows of a table are made, saved, read back and freed. The table moves rows as bytes: a row
/// must not point into itself (no std::string in it; a pointer to one is fine). Thread-safe (const
/// throughout).
class RowCodec {
 public:
  virtual ~RowCodec() = default;
  /// Bytes of a row; rows are placed on 8-byte boundaries.
  virtual std::size_t row_bytes() const = 0;
  /// Makes an empty row in raw bytes.
  virtual void create(std::byte* row) const = 0;
  /// Frees what the row owns elsewhere. Default: nothing.
  virtual void destroy(std::byte* row) const;
  virtual void save(const std::byte* row, std::string& out) const = 0;
  /// Reads what save wrote into a created row; kCorrupt when it is not of that form.
  virtual Result<void> load(std::string_view in, std::byte* row) const = 0;
  /// Whether rows may own heap bytes; each has their number beside it then, in 8 bytes more.
  /// Default: they may.
  virtual bool owns_heap() const;
  /// Heap bytes behind the row, for the memory budget; asked for at the end of an epoch in which it
  /// changed. Default: none.
  virtual std::size_t heap_bytes(const std::byte* row) const;
};

struct PaneKey {
  ClockId clock = 0;
  Micros end = 0;

  auto operator<=>(const PaneKey&) const = default;
};

class Table final : public Store {
 public:
  class Pane;

  struct Options {
    /// Unique in the job: "<stream>/<purpose>".
    std::string name;
    std::unique_ptr<const RowCodec> codec;
    /// Names the clocks of panes; outlives the table.
    ClockTable* clocks;
    /// Where evicted rows are read from; null keeps everything in memory. Outlives the table.
    ColdState* cold = nullptr;
  };

  explicit Table(Options options);
  ~Table() override;

  /// The pane, made if absent. The reference is valid until the pane is dropped.
  Pane& pane(PaneKey key);
  /// Null when there is no such pane.
  Pane* find_pane(PaneKey key);
  /// The pane of `clock` that ends first, at `from` or later; nothing when there is none.
  std::optional<PaneKey> first_pane(ClockId clock,
                                    Micros from = std::numeric_limits<Micros>::min()) const;
  /// Every pane, ascending.
  std::vector<PaneKey> panes() const;
  void drop(PaneKey key);

  /// The row of `key`, created if absent, marked as changed. Null when the image could not be read:
  /// error() then says why, and the operator returns it.
  std::byte* upsert(Pane& pane, std::string_view key) { return upsert(pane, key, hash_bytes(key)); }
  std::byte* upsert(Pane& pane, std::string_view key, std::uint64_t hash);
  /// An upsert waits for two places in memory, one behind the other. These ask for the first, and
  /// some rows later for the second, while other rows are served.
  void prefetch_slot(const Pane& pane, std::uint64_t hash) const;
  void prefetch_row(const Pane& pane, std::uint64_t hash) const;
  /// As upsert, but absent rows stay absent (null; error() is empty then) and nothing is marked.
  const std::byte* find(Pane& pane, std::string_view key) {
    return find(pane, key, hash_bytes(key));
  }
  const std::byte* find(Pane& pane, std::string_view key, std::uint64_t hash);
  /// Reads what only the image holds of the pane, unless that is more than `rows_max` rows. Until
  /// rows are evicted again, no row is looked for in the image then: for panes of few rows in which
  /// most keys that are asked for are absent.
  Result<void> warm(Pane& pane, std::size_t rows_max);
  /// Which keys the pane surely has no row of; kept from now on, and valid as long as the pane. For
  /// panes in which most keys that are asked for are absent.
  const KeyFilter& filter(Pane& pane);
  /// Forgets one row.
  void erase(Pane& pane, std::string_view key);
  /// Every row of the pane, those on disk included, in no order.
  Result<void> for_each(Pane& pane,
                        const std::function<void(std::string_view key, const std::byte* row)>& row);
  /// Every row of the pane, and drops it: rows go as they are passed, so that what is made of a
  /// large pane finds room. When the image could not be read the pane stays.
  Result<void> drain(PaneKey key,
                     const std::function<void(std::string_view key, const std::byte* row)>& row);
  /// Whether the last cold read failed.
  bool has_error() const { return error_.has_value(); }
  /// The failure of the last cold read; forgets it.
  std::optional<Error> take_error();

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  bool restore_cold(std::string_view clock, Micros pane) override;
  std::size_t memory_bytes() const override;
  std::size_t changed_bytes() const override { return changed_bytes_; }
  void evict(Epoch flushed) override;

 private:
  class Entry;

  std::byte* upsert_absent(Pane& pane, std::string_view key, std::uint64_t hash);
  Result<Entry*> load_cold(Pane& pane, std::string_view key, std::uint64_t hash);
  Result<Entry*> insert_saved(Pane& pane, std::string_view key, std::uint64_t hash,
                              std::string_view value);
  Result<void> for_each_cold(
      Pane& pane, const std::function<void(std::string_view key, const std::byte* row)>& row);
  void collect_entry(Pane& pane, Entry& entry, Epoch epoch, ChangeSink& changes);
  void destroy_row(Entry& entry);
  void count_heap(Entry& entry, std::size_t bytes);
  /// What is behind the row, as counted last.
  std::uint64_t heap_bytes(Entry& entry) const;
  void set_heap_bytes(Entry& entry, std::uint64_t bytes) const;
  void trim(Pane& pane, std::optional<Epoch> flushed);
  void forget_change(Pane& pane);

  const std::string name_;
  const StoreId id_;
  const std::unique_ptr<const RowCodec> codec_;
  const bool owns_heap_;
  const std::size_t row_bytes_;  // rounded up to 8, and 8 more where rows own heap bytes
  ClockTable& clocks_;
  ColdState* const cold_;
  // Counted in as panes grow and shrink; declared before panes_, whose end counts down.
  std::size_t bytes_ = 0;
  std::size_t changed_bytes_ = 0;  // of dirty entries, as they were when they became dirty
  std::map<PaneKey, std::unique_ptr<Pane>> panes_;
  std::vector<Pane*> changed_;    // panes with dirty entries
  std::vector<PaneKey> dropped_;  // panes that an earlier epoch put and this one removes
  std::optional<Error> error_;
  std::string scratch_;
};

}  // namespace sitrep
