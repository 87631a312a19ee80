// SPDX-License-Identifier: Apache-2.0
#include "operators/known_key.h"

#include <new>

#include "engine/api/raw_bytes.h"

namespace sitrep {

void KnownKeyRow::create(std::byte* row) const { new (row) KnownKey(); }

void KnownKeyRow::destroy(std::byte* row) const { std::destroy_at(&get(row)); }

std::size_t KnownKeyRow::heap_bytes(const std::byte* row) const {
  const KnownKey::Words& words = *get(row).words;
  return sizeof words + words.key_text.capacity() + words.words.capacity();
}

void KnownKeyRow::save(const std::byte* row, std::string& out) const {
  const KnownKey& key = get(row);
  append_raw(out, key.number);
  append_sized(out, key.words->key_text);
  out += key.words->words;
}

Result<void> KnownKeyRow::load(std::string_view in, std::byte* row) const {
  KnownKey& key = get(row);
  std::string_view key_text;
  if (!take_raw(in, key.number) || !take_sized(in, key_text)) {
    return corrupt("a saved key of a silence rule is damaged");
  }
  key.words->key_text = key_text;
  key.words->words = in;
  return {};
}

}  // namespace sitrep
