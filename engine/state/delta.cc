// SPDX-License-Identifier: Apache-2.0
// The record, little endian; `text` is a varint length and that many bytes (docs/formats.md):
//
//   delta    := version:u8=3 task position clocks stores checksum:u64
//   task     := stage:u32 partition:varint
//   position := see position_form.h
//   clocks   := count:varint text*                 the clock names that groups refer to
//   stores   := count:varint store*
//   store    := id:u32 count:varint group* removed_keys put_keys values
//   group    := clock:varint                       number in clocks
//               pane:zigzag                        minus that of the group before it in its store
//               remove_pane:u8                     1: the pane's earlier entries go first
//               removes:varint puts:varint         how many of the store's texts are the group's
//   removed_keys, put_keys, values := length:varint* bytes
//                                                  one text per remove, per put, per put
//   checksum := XXH3 (64 bits) of every byte before it
//
// Changes apply store by store, group by group, and in a group: remove_pane, removes, puts. Texts
// lie in columns because keys and values of one store resemble each other, which compresses better.
#include "engine/state/delta.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "engine/base/ensure.h"
#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "engine/state/binary.h"
#include "engine/state/position_form.h"

namespace sitrep {

namespace {

constexpr std::size_t kChecksumBytes = sizeof(std::uint64_t);
/// What a column keeps for the next epoch; a larger one was an exception.
constexpr std::size_t kKeptBytesMax = std::size_t{1} << 20;
/// More than what is before the clocks and behind the last store, positions aside.
constexpr std::size_t kFrameBytes = 64;

/// The difference of two panes, which may be further apart than an int64 can say: it wraps.
Micros pane_step(Micros from, Micros to) {
  return static_cast<Micros>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
}
Micros after_step(Micros from, Micros step) {
  return static_cast<Micros>(static_cast<std::uint64_t>(from) + static_cast<std::uint64_t>(step));
}

}  // namespace

void DeltaBuilder::TextColumn::append(std::string_view text) {
  append_varint(lengths, text.size());
  bytes += text;
}

void DeltaBuilder::TextColumn::append_to(std::string& out) const {
  out += lengths;
  out += bytes;
}

void DeltaBuilder::TextColumn::clear() {
  for (std::string* text : {&lengths, &bytes}) {
    text->clear();
    if (text->capacity() > kKeptBytesMax) text->shrink_to_fit();
  }
}

void DeltaBuilder::StoreChanges::clear() {
  groups.clear();
  if (groups.capacity() * sizeof(Group) > kKeptBytesMax) groups.shrink_to_fit();
  for (TextColumn* column : {&removed_keys, &put_keys, &values}) column->clear();
}

void DeltaBuilder::put(StoreId store, const StateKey& key, std::string_view value) {
  StoreChanges& changes = changes_of(store);
  ++group(changes, key.clock, key.pane).puts;
  changes.put_keys.append(key.key);
  changes.values.append(value);
}

void DeltaBuilder::remove(StoreId store, const StateKey& key) {
  StoreChanges& changes = changes_of(store);
  ++group(changes, key.clock, key.pane).removes;
  changes.removed_keys.append(key.key);
}

void DeltaBuilder::remove_pane(StoreId store, std::string_view clock, Micros pane) {
  changes_of(store).groups.push_back(
      {.clock = clock_number(clock), .pane = pane, .remove_pane = true});
}

DeltaBuilder::StoreChanges& DeltaBuilder::changes_of(StoreId store) {
  // A task has a handful of stores, and each hands over all it has in one go.
  const auto found = std::find_if(stores_.rbegin(), stores_.rend(),
                                  [store](const StoreChanges& held) { return held.id == store; });
  if (found != stores_.rend()) return *found;
  StoreChanges& changes = stores_.emplace_back();
  changes.id = store;
  return changes;
}

DeltaBuilder::Group& DeltaBuilder::group(StoreChanges& changes, std::string_view clock,
                                         Micros pane) {
  if (!changes.groups.empty()) {
    Group& last = changes.groups.back();
    if (last.pane == pane && clocks_[last.clock] == clock) return last;
  }
  return changes.groups.emplace_back(Group{.clock = clock_number(clock), .pane = pane});
}

std::uint32_t DeltaBuilder::clock_number(std::string_view clock) {
  const auto found = clock_numbers_.find(clock);
  if (found != clock_numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(clocks_.size());
  clocks_.emplace_back(clock);
  clock_numbers_.emplace(clock, number);
  return number;
}

std::size_t DeltaBuilder::bytes() const {
  std::size_t bytes = 0;
  for (const StoreChanges& store : stores_) {
    bytes += store.groups.size() * sizeof(Group);
    for (const TextColumn* column : {&store.removed_keys, &store.put_keys, &store.values}) {
      bytes += column->lengths.size() + column->bytes.size();
    }
  }
  return bytes;
}

Delta DeltaBuilder::finish(TaskId task, TaskPosition position) {
  ENSURE(task.partition.value() >= 0, "a partition has a number from 0 on");
  std::string out;
  // An epoch may change a million entries: no room to double.
  out.reserve(kFrameBytes + kFrameBytes * position.inputs.size() + bytes());
  append_fixed(out, kDeltaFormatVersion);
  append_fixed(out, task.stage.value());
  append_varint(out, static_cast<std::uint64_t>(task.partition.value()));
  append_position(out, position);
  append_varint(out, clocks_.size());
  for (const std::string& clock : clocks_) append_counted(out, clock);
  const auto changed = [](const StoreChanges& store) { return !store.groups.empty(); };
  append_varint(out,
                static_cast<std::uint64_t>(std::count_if(stores_.begin(), stores_.end(), changed)));
  for (const StoreChanges& store : stores_) {
    if (!changed(store)) continue;
    append_fixed(out, store.id.value());
    append_varint(out, store.groups.size());
    Micros before = 0;
    for (const Group& group : store.groups) {
      append_varint(out, group.clock);
      append_zigzag(out, pane_step(before, group.pane));
      append_fixed(out, static_cast<std::uint8_t>(group.remove_pane ? 1 : 0));
      append_varint(out, group.removes);
      append_varint(out, group.puts);
      before = group.pane;
    }
    store.removed_keys.append_to(out);
    store.put_keys.append_to(out);
    store.values.append_to(out);
  }
  append_fixed(out, hash_bytes(out));
  for (StoreChanges& store : stores_) store.clear();
  clocks_.clear();
  clock_numbers_.clear();
  return {.task = task, .position = std::move(position), .bytes = std::move(out)};
}

namespace {

struct DecodedGroup {
  std::string_view clock;
  Micros pane = 0;
  bool remove_pane = false;
  std::size_t removes = 0;
  std::size_t puts = 0;
};

std::vector<std::string_view> read_column(BinaryReader& in, std::size_t count) {
  if (count > in.left()) in.fail();
  std::vector<std::size_t> lengths;
  std::vector<std::string_view> texts;
  if (!in.ok()) return texts;
  lengths.reserve(count);
  for (std::size_t n = 0; n < count; ++n) lengths.push_back(in.count());
  texts.reserve(count);
  for (const std::size_t length : lengths) texts.push_back(in.bytes(length));
  return texts;
}

std::vector<DecodedGroup> read_groups(BinaryReader& in,
                                      const std::vector<std::string_view>& clocks) {
  std::vector<DecodedGroup> groups(in.count());
  Micros before = 0;
  for (DecodedGroup& group : groups) {
    const std::uint64_t clock = in.varint();
    group.pane = before = after_step(before, in.zigzag());
    const auto remove_pane = in.fixed<std::uint8_t>();
    if (clock >= clocks.size() || remove_pane > 1) in.fail();
    group.removes = in.count();
    group.puts = in.count();
    if (!in.ok()) return {};
    group.clock = clocks[clock];
    group.remove_pane = remove_pane == 1;
  }
  return groups;
}

void read_store(BinaryReader& in, const std::vector<std::string_view>& clocks,
                std::vector<Change>& changes) {
  const StoreId store(in.fixed<std::uint32_t>());
  const std::vector<DecodedGroup> groups = read_groups(in, clocks);
  std::size_t removes = 0;
  std::size_t puts = 0;
  for (const DecodedGroup& group : groups) {
    removes += group.removes;
    puts += group.puts;
  }
  const std::vector<std::string_view> removed_keys = read_column(in, removes);
  const std::vector<std::string_view> put_keys = read_column(in, puts);
  const std::vector<std::string_view> values = read_column(in, puts);
  if (!in.ok()) return;
  changes.reserve(changes.size() + groups.size() + removes + puts);
  auto removed_key = removed_keys.begin();
  auto put_key = put_keys.begin();
  auto value = values.begin();
  for (const DecodedGroup& group : groups) {
    StateKey key{.clock = group.clock, .pane = group.pane, .key = {}};
    const auto change = [&](Change::Kind kind) -> Change& {
      return changes.emplace_back(Change{.kind = kind, .store = store, .key = key, .value = {}});
    };
    if (group.remove_pane) change(Change::Kind::kRemovePane);
    for (std::size_t n = 0; n < group.removes; ++n) {
      change(Change::Kind::kRemove).key.key = *removed_key++;
    }
    for (std::size_t n = 0; n < group.puts; ++n) {
      Change& put = change(Change::Kind::kPut);
      put.key.key = *put_key++;
      put.value = *value++;
    }
  }
}

/// The bytes between version and checksum.
Result<std::string_view> checked_body(std::string_view bytes) {
  if (bytes.size() < 1 + kChecksumBytes) {
    return corrupt(concat("state delta: ", bytes.size(), " bytes are too few"));
  }
  const auto version = static_cast<std::uint8_t>(bytes.front());
  if (version != kDeltaFormatVersion) {
    return corrupt(concat("state delta: its format version is ", version, ", this program knows ",
                          kDeltaFormatVersion));
  }
  const std::string_view signed_bytes = bytes.substr(0, bytes.size() - kChecksumBytes);
  BinaryReader checksum(bytes.substr(signed_bytes.size()));
  if (checksum.fixed<std::uint64_t>() != hash_bytes(signed_bytes)) {
    return corrupt("state delta: the checksum does not match its bytes");
  }
  return signed_bytes.substr(1);
}

}  // namespace

Result<DecodedDelta> decode_delta(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string_view body, checked_body(bytes));
  BinaryReader in(body);
  DecodedDelta delta;
  delta.task.stage = StageId(in.fixed<std::uint32_t>());
  delta.task.partition = read_partition(in);
  delta.position = read_position(in);
  std::vector<std::string_view> clocks(in.count());
  for (std::string_view& clock : clocks) clock = in.sized();
  const std::size_t stores = in.count();
  for (std::size_t n = 0; n < stores && in.ok(); ++n) read_store(in, clocks, delta.changes);
  if (!in.ok() || in.left() != 0) return corrupt("state delta: its bytes are not of its form");
  return delta;
}

}  // namespace sitrep
