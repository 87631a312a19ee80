// SPDX-License-Identifier: Apache-2.0
#include "engine/api/row_queue.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/api/packed_words.h"
#include "engine/api/raw_bytes.h"
#include "engine/api/row_words.h"
#include "engine/api/type_code.h"
#include "engine/base/ensure.h"
#include "engine/base/hash.h"

namespace sitrep {
namespace {

// A chunk takes no more rows when it has so many, or so many bytes of texts.
constexpr std::size_t kChunkRows = 1024;
constexpr std::size_t kChunkTextBytes = 128 * 1024;
// A row's number: that of its chunk, and its place in it.
constexpr int kPlaceBits = 16;
constexpr std::uint64_t kPlaceMask = (1 << kPlaceBits) - 1;
constexpr std::size_t kBitsPerWord = 64;
// Rows are copied in and out column by column, so many at a time: their words stay in the cache.
constexpr std::size_t kBlockRows = 128;
// What has left stands before the chunks, which begin at 0.
constexpr Micros kLeftPane = -1;
// A text's cell: where its bytes begin, and their number.
constexpr int kTextShift = 32;
constexpr std::uint64_t kTextSizeMask = (std::uint64_t{1} << kTextShift) - 1;
/// A word per column, and a bit.
std::size_t words_of(std::size_t columns) {
  return columns + (columns + kBitsPerWord - 1) / kBitsPerWord;
}

std::vector<Type> types_of(const Schema& schema) {
  std::vector<Type> out;
  for (const Field& field : schema.fields) out.push_back(field.type);
  return out;
}

std::vector<std::uint32_t> names_of(const Schema& schema) {
  std::vector<std::uint32_t> out;
  for (const Field& field : schema.fields) {
    out.push_back(static_cast<std::uint32_t>(hash_bytes(field.name)));
  }
  return out;
}

}  // namespace

/// Rows one behind the other, each a word per column and then a bit per column: whether it is null.
struct RowChunk {
  std::uint64_t number = 0;
  std::vector<std::uint64_t> words;
  std::string texts;
  std::vector<Micros> times;
  std::vector<ClockId> clocks;
  std::vector<bool> held;
  std::size_t rows_held = 0;
  bool is_saved = false;
  std::vector<ClockId> saved_clocks;  // of the rows that are in the state
  std::size_t counted_bytes = 0;

  std::size_t rows() const { return times.size(); }
  bool is_full() const { return rows() >= kChunkRows || texts.size() >= kChunkTextBytes; }
  void add_row(Micros time, ClockId clock) {
    times.push_back(time);
    clocks.push_back(clock);
    held.push_back(true);
    ++rows_held;
  }
  std::string_view text(std::uint64_t cell) const {
    return {texts.data() + (cell >> kTextShift), cell & kTextSizeMask};
  }
  /// Adds the first of `rows_of_batch`, a block at most, for which there is room: their number.
  std::size_t add(std::span<const ColumnPtr> columns, std::span<const Type> types,
                  const RowMeta& meta, std::span<const std::uint32_t> rows_of_batch);
  std::uint64_t add_text(std::string_view text) {
    const std::uint64_t word = texts.size() << kTextShift | text.size();
    texts += text;
    return word;
  }
  std::size_t bytes() const {
    return sizeof(RowChunk) + words.capacity() * sizeof(words[0]) + texts.capacity() +
           rows() * sizeof(WaitingRow) + times.capacity() * sizeof(times[0]) +
           clocks.capacity() * sizeof(clocks[0]) + held.capacity() / 8;
  }
  void clear() {
    words.clear();
    texts.clear();
    times.clear();
    clocks.clear();
    held.clear();
  }
};

std::size_t RowChunk::add(std::span<const ColumnPtr> columns, std::span<const Type> types,
                          const RowMeta& meta, std::span<const std::uint32_t> rows_of_batch) {
  std::size_t count = 0;
  std::size_t text_bytes = texts.size();
  while (count < rows_of_batch.size() && count < kBlockRows && rows() + count < kChunkRows &&
         text_bytes < kChunkTextBytes) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      const std::size_t row = rows_of_batch[count];
      if (types[i] == Type::kText && !columns[i]->is_null(row)) {
        text_bytes += columns[i]->texts()[row].size();
      }
    }
    ++count;
  }
  const std::span<const std::uint32_t> added = rows_of_batch.first(count);
  const std::size_t row_words = words_of(types.size());
  const std::size_t before = words.size();
  if (count == kBlockRows) {
    // Many come at once: room for all of them.
    words.reserve(std::min(kChunkRows, rows() + rows_of_batch.size()) * row_words);
  }
  words.resize(before + count * row_words);
  for (std::size_t i = 0; i < types.size(); ++i) {
    const Column& column = *columns[i];
    // What lies under a null may be of a batch before, a text that is gone: it is not looked at.
    const auto fill = [&](const auto& word_of_row) {
      std::uint64_t* const cells = &words[before + i];
      for (std::size_t n = 0; n < count; ++n) {
        cells[n * row_words] = column.is_null(added[n]) ? 0 : word_of_row(added[n]);
      }
    };
    switch (types[i]) {
      case Type::kBoolean:
        fill([values = column.booleans()](std::size_t row) { return std::uint64_t{values[row]}; });
        break;
      case Type::kDouble:
        fill([values = column.doubles()](std::size_t row) {
          return std::bit_cast<std::uint64_t>(values[row]);
        });
        break;
      case Type::kBigint:
      case Type::kTimestamp:
      case Type::kInterval:
        fill([values = column.ints()](std::size_t row) {
          return static_cast<std::uint64_t>(values[row]);
        });
        break;
      case Type::kText:
        fill([&, values = column.texts()](std::size_t row) { return add_text(values[row]); });
        break;
    }
    std::uint64_t* const nulls = &words[before + types.size() + i / kBitsPerWord];
    for (std::size_t n = 0; n < count; ++n) {
      nulls[n * row_words] |= std::uint64_t{column.is_null(added[n])} << i % kBitsPerWord;
    }
  }
  for (const std::uint32_t row : added) add_row(meta.event_time[row], meta.clock_of(row));
  return count;
}

RowQueue::RowQueue(std::string_view name, const Schema& schema, ClockTable& clocks)
    : id_(store_id(name)),
      types_(types_of(schema)),
      names_(names_of(schema)),
      words_(words_of(types_.size())),
      clock_table_(clocks) {}

RowQueue::~RowQueue() = default;

RowQueue::Clock& RowQueue::clock(ClockId id) {
  if (id >= clocks_.size()) clocks_.resize(id + 1);
  return clocks_[id];
}

void RowQueue::mark_changed(ClockId id) {
  if (std::exchange(clocks_[id].is_changed, true)) return;
  changed_clocks_.push_back(id);
}

RowQueue::Chunk& RowQueue::open_chunk() {
  if (open_ != nullptr && !open_->is_full()) return *open_;
  auto chunk = std::make_unique<Chunk>();
  chunk->number = next_chunk_++;
  open_ = chunk.get();
  chunks_.emplace(open_->number, std::move(chunk));
  return *open_;
}

std::uint64_t RowQueue::next_number() {
  settle();
  const Chunk& chunk = open_chunk();
  return chunk.number << kPlaceBits | chunk.rows();
}

void RowQueue::push(std::span<const ColumnPtr> columns, const RowMeta& meta,
                    std::span<const std::uint32_t> rows) {
  settle();
  while (!rows.empty()) {
    Chunk& chunk = open_chunk();
    const std::size_t taken = chunk.add(columns, types_, meta, rows);
    const std::size_t place = chunk.rows() - taken;
    for (std::size_t n = 0; n < taken; ++n) {
      clock(meta.clock_of(rows[n])).line.push({.time = meta.event_time[rows[n]],
                                               .number = chunk.number << kPlaceBits | (place + n),
                                               .chunk = &chunk});
    }
    count_bytes(chunk);
    rows = rows.subspan(taken);
  }
}

std::optional<Micros> RowQueue::first_time(ClockId id) {
  settle();
  if (id >= clocks_.size()) return std::nullopt;
  return clocks_[id].line.first_time();
}

std::vector<ClockId> RowQueue::clocks() {
  std::vector<ClockId> out;
  for (ClockId id = 0; id < clocks_.size(); ++id) {
    if (first_time(id)) out.push_back(id);
  }
  return out;
}

void RowQueue::take(ClockId id, Micros until, std::vector<Row>& out) {
  settle();
  Clock& from = clock(id);
  from.line.take(until, out, sorting_);
  if (from.line.empty()) {
    // Nothing is held, so what is said here holds for all that was, wherever time begins anew.
    from.left = {.until = kMinWatermark, .chunks_below = unsaved_from_};
  } else {
    from.left.until = std::max(from.left.until, until);
  }
}

std::vector<ColumnPtr> RowQueue::copy_out(std::span<const Row> rows, Arena& arena) {
  std::vector<std::shared_ptr<Column>> columns;
  for (const Type type : types_) columns.push_back(std::make_shared<Column>(type, rows.size()));
  std::array<const std::uint64_t*, kBlockRows> words;
  for (std::size_t from = 0; from < rows.size(); from += kBlockRows) {
    const std::span<const Row> block =
        rows.subspan(from, std::min(kBlockRows, rows.size() - from));
    for (std::size_t n = 0; n < block.size(); ++n) {
      words[n] = &block[n].chunk->words[(block[n].number & kPlaceMask) * words_];
      __builtin_prefetch(words[n]);
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      copy_cells(block, std::span(words).first(block.size()), i, *columns[i], from, arena);
    }
  }
  for (const Row& row : rows) forget(row);
  return {columns.begin(), columns.end()};
}

/// Column `i` of `rows`, whose words are `words`, into `out` from row `at` on.
void RowQueue::copy_cells(std::span<const Row> rows, std::span<const std::uint64_t* const> words,
                          std::size_t i, Column& out, std::size_t at, Arena& arena) const {
  switch (types_[i]) {
    case Type::kBoolean:
      for (std::size_t n = 0; n < rows.size(); ++n) out.booleans()[at + n] = words[n][i] != 0;
      break;
    case Type::kDouble:
      for (std::size_t n = 0; n < rows.size(); ++n) {
        out.doubles()[at + n] = std::bit_cast<double>(words[n][i]);
      }
      break;
    case Type::kText: {
      std::size_t bytes = 0;
      for (const std::uint64_t* const row : words) bytes += row[i] & kTextSizeMask;
      char* to = arena.allocate(bytes);
      for (std::size_t n = 0; n < rows.size(); ++n) {
        const std::string_view text = rows[n].chunk->text(words[n][i]);
        if (text.empty()) continue;
        std::memcpy(to, text.data(), text.size());
        out.texts()[at + n] = {to, text.size()};
        to += text.size();
      }
      break;
    }
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval:
      for (std::size_t n = 0; n < rows.size(); ++n) {
        out.ints()[at + n] = static_cast<std::int64_t>(words[n][i]);
      }
      break;
  }
  const std::size_t word = types_.size() + i / kBitsPerWord;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    out.nulls()[at + n] = words[n][word] >> i % kBitsPerWord & 1;
  }
}

void RowQueue::forget(const Row& row) {
  Chunk& chunk = *row.chunk;
  const std::size_t place = row.number & kPlaceMask;
  ENSURE(chunk.held[place], "a row is copied out once");
  chunk.held[place] = false;
  --chunk.rows_held;
  if (chunk.is_saved) mark_changed(chunk.clocks[place]);
  if (chunk.rows_held == 0) forget_chunk(chunk);
}

void RowQueue::forget_chunk(Chunk& chunk) {
  if (&chunk == open_) {
    chunk.clear();
    count_bytes(chunk);
    return;
  }
  if (chunk.is_saved) removed_.push_back(chunk.number);
  for (const ClockId id : chunk.saved_clocks) {
    --clocks_[id].saved_in;
    mark_changed(id);
  }
  bytes_ -= chunk.counted_bytes;
  chunks_.erase(chunk.number);
}

void RowQueue::count_bytes(Chunk& chunk) {
  bytes_ -= chunk.counted_bytes;
  chunk.counted_bytes = chunk.bytes();
  bytes_ += chunk.counted_bytes;
}

void RowQueue::collect(Epoch, ChangeSink& changes) {
  settle();
  for (const std::uint64_t number : removed_) {
    changes.remove(id_, {.clock = "", .pane = static_cast<Micros>(number), .key = ""});
  }
  removed_.clear();
  open_ = nullptr;
  for (auto at = chunks_.lower_bound(unsaved_from_); at != chunks_.end();) {
    Chunk& chunk = *at->second;
    ++at;
    if (chunk.rows_held == 0) {
      forget_chunk(chunk);
      continue;
    }
    changes.put(id_, {.clock = "", .pane = static_cast<Micros>(chunk.number), .key = ""},
                save(chunk));
    mark_saved(chunk);
  }
  unsaved_from_ = next_chunk_;
  for (const ClockId id : changed_clocks_) {
    Clock& clock = clocks_[id];
    clock.is_changed = false;
    const StateKey key{.clock = clock_table_.name(id), .pane = kLeftPane, .key = ""};
    if (clock.saved_in == 0) {
      if (clock.saved_left) changes.remove(id_, key);
      clock.saved_left.reset();
    } else if (clock.saved_left != clock.left) {
      std::string value;
      append_raw(value, clock.left.until);
      append_raw(value, clock.left.chunks_below);
      changes.put(id_, key, value);
      clock.saved_left = clock.left;
    }
  }
  changed_clocks_.clear();
}

void RowQueue::mark_saved(Chunk& chunk) {
  chunk.is_saved = true;
  for (std::size_t place = 0; place < chunk.rows(); ++place) {
    if (chunk.held[place]) chunk.saved_clocks.push_back(chunk.clocks[place]);
  }
  std::sort(chunk.saved_clocks.begin(), chunk.saved_clocks.end());
  chunk.saved_clocks.erase(std::unique(chunk.saved_clocks.begin(), chunk.saved_clocks.end()),
                           chunk.saved_clocks.end());
  for (const ClockId id : chunk.saved_clocks) ++clocks_[id].saved_in;
}

// A saved chunk (docs/formats.md): columns (their number, 4 bytes, and of each the low 32 bits of
// its name's hash and its type, 1 byte), clocks (their number and names), rows: each RowWords,
// packed, and its texts.
std::string RowQueue::save(const Chunk& chunk) const {
  std::string out;
  append_raw(out, static_cast<std::uint32_t>(types_.size()));
  for (std::size_t i = 0; i < types_.size(); ++i) {
    append_raw(out, names_[i]);
    append_raw(out, code_of(types_[i]));
  }
  std::vector<ClockId> clocks = chunk.clocks;
  std::sort(clocks.begin(), clocks.end());
  clocks.erase(std::unique(clocks.begin(), clocks.end()), clocks.end());
  append_raw(out, static_cast<std::uint32_t>(clocks.size()));
  for (const ClockId id : clocks) append_sized(out, clock_table_.name(id));
  RowWords row(types_.size());
  for (std::size_t place = 0; place < chunk.rows(); ++place) {
    if (!chunk.held[place]) continue;
    const auto clock = std::lower_bound(clocks.begin(), clocks.end(), chunk.clocks[place]);
    row.begin(chunk.times[place], static_cast<std::uint64_t>(clock - clocks.begin()));
    const std::uint64_t* const words = &chunk.words[place * words_];
    std::copy_n(words + types_.size(), words_ - types_.size(), row.nulls());
    for (std::size_t i = 0; i < types_.size(); ++i) {
      const bool is_text = types_[i] == Type::kText;
      row.cell(i) = row.is_null(i) ? 0
                    : is_text      ? chunk.text(words[i]).size()
                                   : row.fold(types_[i], words[i]);
    }
    append_packed(row.words(), out);
    for (std::size_t i = 0; i < types_.size(); ++i) {
      if (types_[i] == Type::kText && !row.is_null(i)) out += chunk.text(words[i]);
    }
  }
  return out;
}

Result<void> RowQueue::restore(const StateKey& key, std::string_view value) {
  is_settled_ = false;
  if (key.pane < kLeftPane) return corrupt("held rows stand where none are");
  if (key.pane != kLeftPane) return restore_chunk(static_cast<std::uint64_t>(key.pane), value);
  Clock& mine = clock(clock_table_.intern(key.clock));
  Left left;
  if (!take_raw(value, left.until) || !take_raw(value, left.chunks_below) || !value.empty()) {
    return corrupt("what has left of held rows is damaged");
  }
  mine.left = left;
  mine.saved_left = left;
  // Chunks below may be gone by now: what comes must not be taken for one of them.
  next_chunk_ = std::max(next_chunk_, left.chunks_below);
  unsaved_from_ = next_chunk_;
  return {};
}

Result<void> RowQueue::restore_chunk(std::uint64_t number, std::string_view value) {
  auto chunk = std::make_unique<Chunk>();
  chunk->number = number;
  /// Where a saved column goes; in none that we have, it is skipped.
  struct Saved {
    Type type;
    std::optional<std::size_t> column;
  };
  std::vector<Saved> columns;
  std::uint32_t count = 0;
  if (!take_raw(value, count)) return corrupt("held rows are cut");
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t name = 0;
    std::uint8_t code = 0;
    if (!take_raw(value, name) || !take_raw(value, code)) return corrupt("held rows are cut");
    const std::optional<Type> type = type_of(code);
    if (!type) return corrupt("held rows have a column of no known type");
    columns.push_back({.type = *type, .column = {}});
    for (std::size_t mine = 0; mine < types_.size(); ++mine) {
      if (names_[mine] == name && types_[mine] == *type) columns.back().column = mine;
    }
  }
  std::vector<ClockId> clocks;
  if (!take_raw(value, count)) return corrupt("held rows are cut");
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view name;
    if (!take_sized(value, name)) return corrupt("held rows are cut");
    clocks.push_back(clock_table_.intern(name));
    (void)clock(clocks.back());
  }
  RowWords row(columns.size());
  while (!value.empty()) {
    if (!take_packed(value, row.words()) || row.clock() >= clocks.size() ||
        chunk->rows() > kPlaceMask) {
      return corrupt("a held row is damaged");
    }
    chunk->add_row(row.take_time(), clocks[row.clock()]);
    const std::size_t at = chunk->words.size();
    chunk->words.resize(at + words_);
    std::uint64_t* const words = &chunk->words[at];
    // What is not saved is null.
    for (std::size_t i = 0; i < types_.size(); ++i) {
      words[types_.size() + i / kBitsPerWord] |= std::uint64_t{1} << i % kBitsPerWord;
    }
    for (std::size_t from = 0; from < columns.size(); ++from) {
      if (row.is_null(from)) continue;
      const Saved& saved = columns[from];
      std::uint64_t cell = row.unfold(saved.type, row.cell(from));
      std::string_view text;
      if (saved.type == Type::kText) {
        if (cell > value.size()) return corrupt("a held row has a damaged value");
        text = value.substr(0, cell);
        value.remove_prefix(cell);
      }
      if (!saved.column) continue;
      if (saved.type == Type::kText) cell = chunk->add_text(text);
      const std::size_t i = *saved.column;
      words[types_.size() + i / kBitsPerWord] &= ~(std::uint64_t{1} << i % kBitsPerWord);
      words[i] = cell;
    }
  }
  next_chunk_ = std::max(next_chunk_, number + 1);
  unsaved_from_ = next_chunk_;
  count_bytes(*chunk);
  ENSURE(chunks_.emplace(number, std::move(chunk)).second, "a chunk is restored once");
  return {};
}

void RowQueue::settle() {
  if (std::exchange(is_settled_, true)) return;
  for (auto at = chunks_.begin(); at != chunks_.end();) {
    Chunk& chunk = *at->second;
    ++at;
    mark_saved(chunk);
    for (std::size_t place = 0; place < chunk.rows(); ++place) {
      Clock& mine = clocks_[chunk.clocks[place]];
      if (chunk.times[place] <= mine.left.until || chunk.number < mine.left.chunks_below) {
        chunk.held[place] = false;
        --chunk.rows_held;
        continue;
      }
      mine.line.push({.time = chunk.times[place],
                      .number = chunk.number << kPlaceBits | place,
                      .chunk = &chunk});
    }
    if (chunk.rows_held == 0) forget_chunk(chunk);
  }
}

std::size_t RowQueue::memory_bytes() const {
  return sizeof(RowQueue) + bytes_ + clocks_.capacity() * sizeof(Clock);
}

std::size_t RowQueue::changed_bytes() const {
  std::size_t bytes = 0;
  for (auto at = chunks_.lower_bound(unsaved_from_); at != chunks_.end(); ++at) {
    const Chunk& chunk = *at->second;
    if (chunk.rows_held > 0) bytes += chunk.counted_bytes / chunk.rows() * chunk.rows_held;
  }
  return bytes;
}

}  // namespace sitrep
