// SPDX-License-Identifier: Apache-2.0
#include "operators/gateway_state.h"

#include "engine/api/raw_bytes.h"

namespace sitrep {

void GatewayState::save(std::string& out) const {
  append_raw(out, keys);
  append_raw(out, static_cast<std::uint8_t>(returning));
  append_raw(out, returned_at);
  append_sized(out, group);
  alert.save(out);
}

Result<void> GatewayState::load(std::string_view in) {
  std::uint8_t returning_byte = 0;
  std::string_view of_group;
  const bool whole = take_raw(in, keys) && take_raw(in, returning_byte) &&
                     take_raw(in, returned_at) && take_sized(in, of_group);
  if (!whole || returning_byte > 1) return corrupt("a saved gateway state is damaged");
  returning = returning_byte != 0;
  group = of_group;
  return alert.load(in);
}

std::size_t GatewayState::heap_bytes() const { return group.capacity() + alert.heap_bytes(); }

}  // namespace sitrep
