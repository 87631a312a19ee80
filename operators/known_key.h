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
  struct Words {
    /// The key as a person reads it, and the words of its first row (render_words).
    std::string key_text;
    std::string words;
  };
  /// In NumberedTimes. Beside the words and not among them: most rows ask for nothing else.
  std::uint32_t number = 0;
  std::unique_ptr<Words> words = std::make_unique<Words>();
};

/// Saved form (docs/formats.md): number (4 bytes), key_text (behind its length, 4 bytes), words.
class KnownKeyRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(KnownKey); }
  void create(std::byte* row) const override;
  void destroy(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;
  std::size_t heap_bytes(const std::byte* row) const override;

  static KnownKey& get(std::byte* row) { return *reinterpret_cast<KnownKey*>(row); }
  static const KnownKey& get(const std::byte* row) {
    return *reinterpret_cast<const KnownKey*>(row);
  }
};

}  // namespace sitrep
