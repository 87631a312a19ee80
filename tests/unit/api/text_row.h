// SPDX-License-Identifier: Apache-2.0
#pragma once
// A row for tests of tables: one text on the heap, so that a row that is lost, freed twice or moved
// wrongly shows under AddressSanitizer. Thread-compatible.

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "engine/api/table.h"

namespace sitrep {

class TextRow final : public RowCodec {
 public:
  static std::string& text(std::byte* row) { return *pointer(row); }
  static const std::string& text(const std::byte* row) { return *pointer(row); }

  std::size_t row_bytes() const override { return sizeof(std::string*); }
  void create(std::byte* row) const override {
    std::string* const text = std::make_unique<std::string>().release();
    std::memcpy(row, &text, sizeof(text));
  }
  void destroy(std::byte* row) const override { std::unique_ptr<std::string>(pointer(row)); }
  void save(const std::byte* row, std::string& out) const override { out += text(row); }
  Result<void> load(std::string_view in, std::byte* row) const override {
    if (in == kUnreadable) return corrupt("a row that cannot be read");
    text(row) = in;
    return {};
  }
  std::size_t heap_bytes(const std::byte* row) const override {
    return sizeof(std::string) + text(row).capacity();
  }

  /// The one text that load refuses.
  static constexpr std::string_view kUnreadable = "\xff";

 private:
  static std::string* pointer(const std::byte* row) {
    std::string* text = nullptr;
    std::memcpy(&text, row, sizeof(text));
    return text;
  }
};

}  // namespace sitrep
