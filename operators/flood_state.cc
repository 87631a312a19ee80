// SPDX-License-Identifier: Apache-2.0
#include "operators/flood_state.h"

#include "engine/api/raw_bytes.h"

namespace sitrep {
namespace {

constexpr std::uint8_t kHeldBack = 1;
constexpr std::uint8_t kAcknowledged = 2;

}  // namespace

void FloodEpisode::save(std::string& out) const {
  append_raw(out, revision);
  append_raw(out, static_cast<std::uint8_t>((held_back ? kHeldBack : 0) |
                                            (acknowledged ? kAcknowledged : 0)));
  append_sized(out, number);
  append_sized(out, by);
  out += record;
}

Result<void> FloodEpisode::load(std::string_view in) {
  std::uint8_t flags = 0;
  std::string_view its_number;
  std::string_view held_by;
  const bool whole = take_raw(in, revision) && take_raw(in, flags) &&
                     take_sized(in, its_number) && take_sized(in, held_by);
  if (!whole || flags > (kHeldBack | kAcknowledged)) {
    return corrupt("a saved alert of flood control is damaged");
  }
  held_back = (flags & kHeldBack) != 0;
  acknowledged = (flags & kAcknowledged) != 0;
  number = its_number;
  by = held_by;
  record = in;
  return {};
}

std::size_t FloodEpisode::heap_bytes() const { return record.capacity() + by.capacity(); }

void GroupFlood::save(std::string& out) const {
  append_raw(out, held_back);
  append_raw(out, told);
  append_raw(out, told_at);
  append_raw(out, static_cast<std::uint64_t>(raises.size()));
  for (const Micros raise : raises) append_raw(out, raise);
  alert.save(out);
}

Result<void> GroupFlood::load(std::string_view in) {
  std::uint64_t count = 0;
  bool whole = take_raw(in, held_back) && take_raw(in, told) && take_raw(in, told_at) &&
               take_raw(in, count) && count <= in.size() / sizeof(Micros);
  if (whole) raises.resize(count);
  for (Micros& raise : raises) whole = whole && take_raw(in, raise);
  if (!whole) return corrupt("a saved group of flood control is damaged");
  return alert.load(in);
}

std::size_t GroupFlood::heap_bytes() const {
  return raises.capacity() * sizeof(Micros) + alert.heap_bytes();
}

}  // namespace sitrep
