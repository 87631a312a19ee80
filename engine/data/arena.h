// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes that live and die with a batch. Addresses stay valid until clear() or destruction. Each
// chunk ends in kPadding readable bytes, so that a parser may read past the last byte of a payload
// (simdjson wants 64). Thread-compatible.

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace sitrep {

class Arena {
 public:
  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kChunkBytes = 256 * 1024;

  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  /// `size` uninitialised bytes, not aligned.
  char* allocate(std::size_t size);
  /// Copies `text`; the view lives as long as the arena's bytes.
  std::string_view store(std::string_view text);
  /// Copies `text` and writes one zero byte behind it (a sentinel behind a JSON text saves simdjson
  /// a scan for its end: 30 ns a record).
  std::string_view store_with_sentinel(std::string_view text);

  /// Forgets everything but keeps the first chunk for reuse.
  void clear();
  /// Bytes held, for memory accounting.
  std::size_t bytes_reserved() const { return bytes_reserved_; }

 private:
  void add_chunk(std::size_t size_min);

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t first_chunk_bytes_ = 0;
  std::size_t bytes_reserved_ = 0;
};

}  // namespace sitrep
