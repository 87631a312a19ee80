// SPDX-License-Identifier: Apache-2.0
#include "engine/api/store.h"

#include "engine/base/hash.h"

namespace sitrep {

StoreId store_id(std::string_view name) {
  return StoreId(static_cast<std::uint32_t>(hash_bytes(name)));
}

std::optional<Epoch> ColdState::flushed() { return std::nullopt; }

bool Store::restore_cold(std::string_view, Micros) { return false; }
std::size_t Store::changed_bytes() const { return 0; }
void Store::evict(Epoch) {}

}  // namespace sitrep
