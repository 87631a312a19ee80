// SPDX-License-Identifier: Apache-2.0
#include "engine/api/batch_keys.h"

#include <algorithm>

#include "engine/api/cell_form.h"
#include "engine/base/hash.h"

namespace sitrep {

void BatchKeys::encode(std::span<const ColumnPtr> columns, const Selection& selection) {
  ends_.assign(1, 0);
  hashes_.clear();
  if (columns.size() == 1 && columns.front()->type() == Type::kText) {
    return encode_texts(*columns.front(), selection);
  }
  bytes_.clear();
  for (std::size_t n = 0; n < selection.size(); ++n) {
    append_group_key(columns, selection[n], bytes_);
    ends_.push_back(bytes_.size());
    hashes_.push_back(hash_bytes(key(n)));
  }
}

/// Most keys are one text: all are written to a place that has room for them.
void BatchKeys::encode_texts(const Column& column, const Selection& selection) {
  const std::span<const std::string_view> texts = column.texts();
  std::size_t bytes = 0;
  for (std::size_t n = 0; n < selection.size(); ++n) {
    const std::size_t row = selection[n];
    bytes += text_cell_bytes(column.is_null(row) ? std::string_view() : texts[row]);
  }
  if (bytes_.size() < bytes) bytes_.resize(bytes);
  ends_.reserve(selection.size() + 1);
  hashes_.reserve(selection.size());
  char* const begin = bytes_.data();
  char* to = begin;
  for (std::size_t n = 0; n < selection.size(); ++n) {
    const std::size_t row = selection[n];
    char* const from = to;
    to = column.is_null(row) ? write_null_cell(to) : write_text_cell(texts[row], to);
    ends_.push_back(static_cast<std::size_t>(to - begin));
    hashes_.push_back(hash_bytes({from, static_cast<std::size_t>(to - from)}));
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
