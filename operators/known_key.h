// SPDX-License-Identifier: Apache-2.0
#pragma once
// A key that a silence rule knows: what it is called, and where it stands among the times at which
// keys were heard. Written when the key is new, and never again. Thread-compatible.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/api/table.h"

namespace sitrep {

struct KnownKey {
  /// In NumberedTimes.
  std::uint32_t number = 0;
  /// The key as a person reads it, and the words of its first row (render_words).
  std::string key_text;
  std::string words;
};

/// A row is a pointer to its key. Saved form (docs/formats.md): number (4 bytes), key_text (behind
/// its length, 4 bytes), words.
class KnownKeyRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(Owned); }
  void create(std::byte* row) const override;
  void destroy(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;
  std::size_t heap_bytes(const std::byte* row) const override;

  static KnownKey& get(std::byte* row) { return **reinterpret_cast<Owned*>(row); }
  static const KnownKey& get(const std::byte* row) {
    return **reinterpret_cast<const Owned*>(row);
  }

 private:
  using Owned = std::unique_ptr<KnownKey>;
};

}  // namespace sitrep
