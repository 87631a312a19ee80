// SPDX-License-Identifier: Apache-2.0
#include "operators/table_versions.h"

#include <algorithm>
#include <memory>
#include <new>

#include "engine/api/raw_bytes.h"

namespace sitrep {
namespace {

constexpr std::uint8_t kDeletedFlag = 1;

/// The first version after `time`.
auto first_after(auto& versions, Micros time) {
  return std::upper_bound(
      versions.begin(), versions.end(), time,
      [](Micros wanted, const TableVersion& version) { return wanted < version.time; });
}

}  // namespace

Micros history_horizon(Micros watermark, Micros history) {
  return watermark < kMinWatermark + history ? kMinWatermark : watermark - history;
}

void add_version(TableVersions& versions, TableVersion version) {
  const auto after = first_after(versions, version.time);
  if (after != versions.begin() && std::prev(after)->time == version.time) {
    *std::prev(after) = std::move(version);
  } else {
    versions.insert(after, std::move(version));
  }
}

void forget_versions(TableVersions& versions, Micros horizon) {
  auto keep = first_after(versions, horizon);
  // A delete that nothing stands before says what no version says.
  if (keep != versions.begin() && !std::prev(keep)->deleted) --keep;
  versions.erase(versions.begin(), keep);
}

const TableVersion* version_as_of(const TableVersions& versions, Micros time, Micros horizon) {
  const auto after = first_after(versions, time);
  if (after == versions.begin()) return nullptr;
  if (after != versions.end() && after->time <= horizon) return nullptr;
  const TableVersion& found = *std::prev(after);
  return found.deleted ? nullptr : &found;
}

void VersionsRow::create(std::byte* row) const { new (row) TableVersions(); }

void VersionsRow::destroy(std::byte* row) const { std::destroy_at(&get(row)); }

void VersionsRow::save(const std::byte* row, std::string& out) const {
  for (const TableVersion& version : get(row)) {
    append_raw(out, version.time);
    append_raw(out, version.deleted ? kDeletedFlag : std::uint8_t{0});
    append_sized(out, version.cells);
  }
}

Result<void> VersionsRow::load(std::string_view in, std::byte* row) const {
  TableVersions& versions = get(row);
  while (!in.empty()) {
    TableVersion version;
    std::uint8_t flags = 0;
    std::string_view cells;
    const bool whole = take_raw(in, version.time) && take_raw(in, flags) && take_sized(in, cells);
    const bool ordered = versions.empty() || versions.back().time < version.time;
    if (!whole || !ordered || flags > kDeletedFlag) {
      return corrupt("saved versions of a table's row are damaged");
    }
    version.deleted = flags == kDeletedFlag;
    version.cells = cells;
    versions.push_back(std::move(version));
  }
  return {};
}

std::size_t VersionsRow::heap_bytes(const std::byte* row) const {
  const TableVersions& versions = get(row);
  std::size_t bytes = versions.capacity() * sizeof(TableVersion);
  for (const TableVersion& version : versions) bytes += version.cells.capacity();
  return bytes;
}

}  // namespace sitrep
