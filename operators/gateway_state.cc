// SPDX-License-Identifier: Apache-2.0
#include "operators/gateway_state.h"

#include <new>

#include "engine/api/raw_bytes.h"

namespace sitrep {

void GatewayStateRow::create(std::byte* row) const {
  new (row) Owned(std::make_unique<GatewayState>());
}

void GatewayStateRow::destroy(std::byte* row) const {
  std::destroy_at(reinterpret_cast<Owned*>(row));
}

std::size_t GatewayStateRow::heap_bytes(const std::byte* row) const {
  const GatewayState& state = get(row);
  return sizeof(GatewayState) + state.group.capacity() + text_bytes(state.alert);
}

void GatewayStateRow::save(const std::byte* row, std::string& out) const {
  const GatewayState& state = get(row);
  append_raw(out, state.keys);
  append_raw(out, static_cast<std::uint8_t>(state.returning));
  append_raw(out, state.returned_at);
  append_sized(out, state.group);
  save_alert_state(state.alert, out);
}

Result<void> GatewayStateRow::load(std::string_view in, std::byte* row) const {
  GatewayState& state = get(row);
  std::uint8_t returning = 0;
  std::string_view group;
  const bool whole = take_raw(in, state.keys) && take_raw(in, returning) &&
                     take_raw(in, state.returned_at) && take_sized(in, group);
  if (!whole || returning > 1) return corrupt("a saved gateway state is damaged");
  state.returning = returning != 0;
  state.group = group;
  return load_alert_state(in, state.alert);
}

}  // namespace sitrep
