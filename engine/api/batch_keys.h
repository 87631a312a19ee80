// SPDX-License-Identifier: Apache-2.0
#pragma once
// The group keys of a batch's rows with their hashes, made together. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/group_key.h"
#include "engine/data/selection.h"

namespace sitrep {

class BatchKeys {
 public:
  /// Those of the selected rows; they are numbered as the selection numbers them.
  void encode(std::span<const ColumnPtr> columns, const Selection& selection);

  std::string_view key(std::size_t n) const {
    return std::string_view(bytes_).substr(ends_[n], ends_[n + 1] - ends_[n]);
  }
  /// hash_bytes of the key.
  std::uint64_t hash(std::size_t n) const { return hashes_[n]; }
  std::size_t size() const { return hashes_.size(); }

 private:
  void encode_texts(const Column& column, const Selection& selection);

  std::string bytes_;  // more than the keys may lie in it
  std::vector<std::size_t> ends_;  // behind a 0
  std::vector<std::uint64_t> hashes_;
};

/// The keys of the selected rows, those that this thread made last if they are of the same columns
/// and whole batch: rules that stand side by side have one key. Valid until the thread's next call.
const BatchKeys& keys_of(std::span<const ColumnPtr> columns, const Selection& selection);

}  // namespace sitrep
