// SPDX-License-Identifier: Apache-2.0
#include "engine/api/batch_keys.h"

#include <algorithm>

#include "engine/base/hash.h"

namespace sitrep {

void BatchKeys::encode(std::span<const ColumnPtr> columns, const Selection& selection) {
  bytes_.clear();
  ends_.assign(1, 0);
  hashes_.clear();
  for (std::size_t n = 0; n < selection.size(); ++n) {
    append_group_key(columns, selection[n], bytes_);
    ends_.push_back(bytes_.size());
    hashes_.push_back(hash_bytes(key(n)));
  }
}

const BatchKeys& keys_of(std::span<const ColumnPtr> columns, const Selection& selection) {
  struct Made {
    /// Held on to, so that other columns cannot come to lie where these were.
    std::vector<ColumnPtr> columns;
    BatchKeys keys;
  };
  thread_local Made made;
  if (selection.all() && !columns.empty() && std::ranges::equal(columns, made.columns)) {
    return made.keys;
  }
  made.keys.encode(columns, selection);
  made.columns.clear();
  if (selection.all()) made.columns.assign(columns.begin(), columns.end());
  return made.keys;
}

}  // namespace sitrep
