// SPDX-License-Identifier: Apache-2.0
#include "operators/flood_state.h"

#include <new>

#include "engine/api/raw_bytes.h"

namespace sitrep {
namespace {

constexpr std::uint8_t kHeldBack = 1;
constexpr std::uint8_t kAcknowledged = 2;

}  // namespace

void FloodEpisodeRow::create(std::byte* row) const {
  new (row) Owned(std::make_unique<FloodEpisode>());
}

void FloodEpisodeRow::destroy(std::byte* row) const {
  std::destroy_at(reinterpret_cast<Owned*>(row));
}

std::size_t FloodEpisodeRow::heap_bytes(const std::byte* row) const {
  const FloodEpisode& episode = get(row);
  return sizeof(FloodEpisode) + episode.record.capacity() + episode.by.capacity();
}

void FloodEpisodeRow::save(const std::byte* row, std::string& out) const {
  const FloodEpisode& episode = get(row);
  append_raw(out, episode.revision);
  append_raw(out, static_cast<std::uint8_t>((episode.held_back ? kHeldBack : 0) |
                                            (episode.acknowledged ? kAcknowledged : 0)));
  append_sized(out, episode.number);
  append_sized(out, episode.by);
  out += episode.record;
}

Result<void> FloodEpisodeRow::load(std::string_view in, std::byte* row) const {
  FloodEpisode& episode = get(row);
  std::uint8_t flags = 0;
  std::string_view number;
  std::string_view by;
  const bool whole = take_raw(in, episode.revision) && take_raw(in, flags) &&
                     take_sized(in, number) && take_sized(in, by);
  if (!whole || flags > (kHeldBack | kAcknowledged)) {
    return corrupt("a saved alert of flood control is damaged");
  }
  episode.held_back = (flags & kHeldBack) != 0;
  episode.acknowledged = (flags & kAcknowledged) != 0;
  episode.number = number;
  episode.by = by;
  episode.record = in;
  return {};
}

void GroupFloodRow::create(std::byte* row) const {
  new (row) Owned(std::make_unique<GroupFlood>());
}

void GroupFloodRow::destroy(std::byte* row) const {
  std::destroy_at(reinterpret_cast<Owned*>(row));
}

std::size_t GroupFloodRow::heap_bytes(const std::byte* row) const {
  const GroupFlood& group = get(row);
  return sizeof(GroupFlood) + group.raises.capacity() * sizeof(Micros) + text_bytes(group.alert);
}

void GroupFloodRow::save(const std::byte* row, std::string& out) const {
  const GroupFlood& group = get(row);
  append_raw(out, group.held_back);
  append_raw(out, group.told);
  append_raw(out, group.told_at);
  append_raw(out, static_cast<std::uint64_t>(group.raises.size()));
  for (const Micros raise : group.raises) append_raw(out, raise);
  save_alert_state(group.alert, out);
}

Result<void> GroupFloodRow::load(std::string_view in, std::byte* row) const {
  GroupFlood& group = get(row);
  std::uint64_t raises = 0;
  bool whole = take_raw(in, group.held_back) && take_raw(in, group.told) &&
               take_raw(in, group.told_at) && take_raw(in, raises) &&
               raises <= in.size() / sizeof(Micros);
  if (whole) group.raises.resize(raises);
  for (Micros& raise : group.raises) whole = whole && take_raw(in, raise);
  if (!whole) return corrupt("a saved group of flood control is damaged");
  return load_alert_state(in, group.alert);
}

}  // namespace sitrep
