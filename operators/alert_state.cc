// SPDX-License-Identifier: Apache-2.0
#include "operators/alert_state.h"

#include <new>

#include "engine/api/raw_bytes.h"

namespace sitrep {

void AlertStateRow::create(std::byte* row) const {
  new (row) Owned(std::make_unique<AlertState>());
}

void AlertStateRow::destroy(std::byte* row) const {
  std::destroy_at(reinterpret_cast<Owned*>(row));
}

std::size_t AlertStateRow::heap_bytes(const std::byte* row) const {
  const AlertState& state = get(row);
  return sizeof(AlertState) + state.key_text.capacity() + state.text.capacity();
}

void AlertStateRow::save(const std::byte* row, std::string& out) const {
  const AlertState& state = get(row);
  append_raw(out, state.phase);
  append_raw(out, state.since);
  append_raw(out, state.raised_at);
  append_raw(out, state.last_row);
  append_raw(out, static_cast<std::uint32_t>(state.key_text.size()));
  out += state.key_text;
  out += state.text;
}

Result<void> AlertStateRow::load(std::string_view in, std::byte* row) const {
  AlertState& state = get(row);
  std::uint32_t key_size = 0;
  const bool whole = take_raw(in, state.phase) && take_raw(in, state.since) &&
                     take_raw(in, state.raised_at) && take_raw(in, state.last_row) &&
                     take_raw(in, key_size);
  if (!whole || in.size() < key_size || state.phase > AlertState::Phase::kClearing) {
    return corrupt("a saved alert state is damaged");
  }
  state.key_text = in.substr(0, key_size);
  state.text = in.substr(key_size);
  return {};
}

}  // namespace sitrep
