// SPDX-License-Identifier: Apache-2.0
#include "engine/log/record.h"

#include <utility>

namespace sitrep {
namespace {

std::optional<std::string_view> copy(std::optional<std::string_view> text, Arena& arena) {
  if (!text) return std::nullopt;
  return text->empty() ? std::string_view("") : arena.store(*text);
}

/// Copies headers into memory that `owner` keeps; most records have none and cost nothing.
std::span<const HeaderView> copy(std::span<const HeaderView> headers, Arena& arena,
                                 std::vector<std::unique_ptr<HeaderView[]>>& owner) {
  if (headers.empty()) return {};
  auto copies = std::make_unique<HeaderView[]>(headers.size());
  for (std::size_t i = 0; i < headers.size(); ++i) {
    copies[i] = {.name = arena.store(headers[i].name), .value = copy(headers[i].value, arena)};
  }
  owner.push_back(std::move(copies));
  return {owner.back().get(), headers.size()};
}

std::size_t size_of(std::optional<std::string_view> text) { return text ? text->size() : 0; }

}  // namespace

void RecordBatch::append(const RecordView& record) {
  RecordView& mine = records_.emplace_back(record);
  mine.key = copy(record.key, arena_);
  if (record.value) mine.value = arena_.store_with_sentinel(*record.value);
  mine.headers = copy(record.headers, arena_, headers_);
  bytes_ += size_of(record.key) + size_of(record.value);
}

void RecordBatch::clear() {
  records_.clear();
  headers_.clear();
  arena_.clear();
  bytes_ = 0;
}

void OutputBatch::append(const OutputRecord& record) {
  OutputRecord& mine = records_.emplace_back(record);
  mine.key = copy(record.key, arena_);
  mine.value = copy(record.value, arena_);
  mine.headers = copy(record.headers, arena_, headers_);
  bytes_ += size_of(record.key) + size_of(record.value);
}

}  // namespace sitrep
