// SPDX-License-Identifier: Apache-2.0
#pragma once
// A row that RowQueue saves, as words that are small: how far its event time is from that of the
// row before (first: from 0), the position of its clock, a word per column, and which columns are
// null, 64 to a word. Of a text the word is its size; of a timestamp how far it is from the event
// time; of other whole numbers they themselves, with the sign folded in; of a double its bits. Rows
// of a chunk are written, or read, in turn with one object. Private to row_queue.cc.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/api/packed_words.h"
#include "engine/base/ids.h"
#include "engine/data/type.h"

namespace sitrep {

class RowWords {
 public:
  explicit RowWords(std::size_t columns)
      : columns_(columns),
        words_(kCells + columns + (columns + kBits - 1) / kBits) {}

  std::span<std::uint64_t> words() { return words_; }
  void begin(Micros time, std::uint64_t clock) {
    words_[kTime] = fold_sign(difference(time, time_));
    words_[kClock] = clock;
    time_ = time;
  }
  /// The time of a row that was read; to be called once for each, in turn.
  Micros take_time() {
    time_ = sum(time_, unfold_sign(words_[kTime]));
    return time_;
  }
  std::uint64_t clock() const { return words_[kClock]; }
  std::uint64_t& cell(std::size_t column) { return words_[kCells + column]; }
  std::uint64_t* nulls() { return words_.data() + kCells + columns_; }
  bool is_null(std::size_t column) {
    return (nulls()[column / kBits] >> column % kBits & 1) != 0;
  }
  /// What stands here for a number, or of a text for its size.
  std::uint64_t fold(Type type, std::uint64_t word) const {
    switch (type) {
      case Type::kTimestamp: return fold_sign(difference(static_cast<Micros>(word), time_));
      case Type::kBigint:
      case Type::kInterval: return fold_sign(static_cast<std::int64_t>(word));
      case Type::kBoolean:
      case Type::kDouble:
      case Type::kText: break;
    }
    return word;
  }
  std::uint64_t unfold(Type type, std::uint64_t saved) const {
    switch (type) {
      case Type::kTimestamp: return static_cast<std::uint64_t>(sum(time_, unfold_sign(saved)));
      case Type::kBigint:
      case Type::kInterval: return static_cast<std::uint64_t>(unfold_sign(saved));
      case Type::kBoolean: return saved != 0 ? 1 : 0;
      case Type::kText:
      case Type::kDouble: break;
    }
    return saved;
  }

 private:
  static constexpr std::size_t kTime = 0;
  static constexpr std::size_t kClock = 1;
  static constexpr std::size_t kCells = 2;
  static constexpr std::size_t kBits = 64;

  /// Times may be further apart than a number can say: these wrap.
  static Micros difference(Micros a, Micros b) {
    return static_cast<Micros>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  }
  static Micros sum(Micros a, Micros b) {
    return static_cast<Micros>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }

  const std::size_t columns_;
  std::vector<std::uint64_t> words_;
  Micros time_ = 0;  // of the row at hand
};

}  // namespace sitrep
