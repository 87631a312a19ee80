// SPDX-License-Identifier: Apache-2.0
#include "engine/data/arena.h"

#include <algorithm>
#include <cstring>

namespace sitrep {

char* Arena::allocate(std::size_t size) {
  if (size > left_) add_chunk(size);
  char* const out = next_;
  next_ += size;
  left_ -= size;
  return out;
}

std::string_view Arena::store(std::string_view text) {
  if (text.empty()) return {};
  char* const out = allocate(text.size());
  std::memcpy(out, text.data(), text.size());
  return {out, text.size()};
}

std::string_view Arena::store_with_sentinel(std::string_view text) {
  char* const out = allocate(text.size() + 1);
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
  return {out, text.size()};
}

void Arena::clear() {
  if (chunks_.empty()) return;
  chunks_.resize(1);
  next_ = chunks_.front().get();
  left_ = first_chunk_bytes_;
  bytes_reserved_ = first_chunk_bytes_ + kPadding;
}

void Arena::add_chunk(std::size_t size_min) {
  // A small first chunk: most batches of a slow topic hold a few hundred bytes.
  const std::size_t wanted = chunks_.empty() ? kChunkBytes / 32 : kChunkBytes;
  const std::size_t size = std::max(wanted, size_min);
  chunks_.push_back(std::make_unique_for_overwrite<char[]>(size + kPadding));
  std::memset(chunks_.back().get() + size, 0, kPadding);
  next_ = chunks_.back().get();
  left_ = size;
  if (chunks_.size() == 1) first_chunk_bytes_ = size;
  bytes_reserved_ += size + kPadding;
}

}  // namespace sitrep
