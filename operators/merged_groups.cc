// SPDX-License-Identifier: Apache-2.0
#include "operators/merged_groups.h"

namespace sitrep {

MergedGroups::MergedGroups(const AccumulatorRow& layout)
    : layout_(layout),
      row_words_((layout.row_bytes() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t)) {}

MergedGroups::~MergedGroups() {
  for (std::size_t i = 0; i < size(); ++i) layout_.destroy(row(i));
}

void MergedGroups::merge(std::string_view key, const std::byte* row_of_pane) {
  const std::size_t before = size();
  const std::size_t group = index_.number_of(key);
  if (group == before) {
    rows_.resize(size() * row_words_);
    layout_.create(row(group));
  }
  layout_.merge(row(group), row_of_pane);
}

}  // namespace sitrep
