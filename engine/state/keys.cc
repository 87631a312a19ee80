// SPDX-License-Identifier: Apache-2.0
#include "engine/state/keys.h"

#include "engine/base/ensure.h"

namespace sitrep {

namespace {

constexpr char kMeta = 0;
constexpr char kPosition = 1;
constexpr char kEntry = 2;
constexpr std::size_t kTaskBytes = 8;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
static_assert(kStorePrefixBytes == 1 + kTaskBytes + sizeof(std::uint32_t));

template <typename Int>
void append_big(std::string& out, Int value) {
  for (std::size_t byte = sizeof(Int); byte-- > 0;) {
    out += static_cast<char>((value >> (8 * byte)) & 0xff);
  }
}

/// Reads from the front of `in`, which is long enough.
template <typename Int>
Int take_big(std::string_view& in) {
  Int value = 0;
  for (std::size_t byte = 0; byte < sizeof(Int); ++byte) {
    value = static_cast<Int>(value << 8) | static_cast<unsigned char>(in[byte]);
  }
  in.remove_prefix(sizeof(Int));
  return value;
}

void append_task(std::string& out, TaskId task) {
  append_big(out, task.stage.value());
  append_big(out, static_cast<std::uint32_t>(task.partition.value()));
}

TaskId take_task(std::string_view& in) {
  const StageId stage(take_big<std::uint32_t>(in));
  return {.stage = stage,
          .partition = PartitionId(static_cast<std::int32_t>(take_big<std::uint32_t>(in)))};
}

void append_clock(std::string& out, std::string_view clock) {
  for (const char c : clock) {
    out += c;
    if (c == '\0') out += '\xff';
  }
  out.append(2, '\0');
}

/// Reads a clock name from the front of `in`; false when it does not end.
bool take_clock(std::string_view& in, std::string& clock) {
  for (;;) {
    const std::size_t zero = in.find('\0');
    if (zero == std::string_view::npos || zero + 1 == in.size()) return false;
    clock += in.substr(0, zero);
    const char next = in[zero + 1];
    in.remove_prefix(zero + 2);
    if (next == '\0') return true;
    clock += '\0';
  }
}

}  // namespace

std::string meta_key(std::string_view name) { return std::string(1, kMeta).append(name); }

std::string positions_prefix() { return std::string(1, kPosition); }

std::string position_key(TaskId task) {
  std::string key = positions_prefix();
  append_task(key, task);
  return key;
}

std::optional<TaskId> parse_position_key(std::string_view key) {
  if (key.size() != 1 + kTaskBytes || key.front() != kPosition) return std::nullopt;
  key.remove_prefix(1);
  return take_task(key);
}

std::string task_prefix(TaskId task) {
  std::string prefix(1, kEntry);
  append_task(prefix, task);
  return prefix;
}

std::string pane_prefix(TaskId task, StoreId store, std::string_view clock, Micros pane) {
  std::string prefix = task_prefix(task);
  append_big(prefix, store.value());
  append_clock(prefix, clock);
  append_big(prefix, static_cast<std::uint64_t>(pane) ^ kSignBit);
  return prefix;
}

std::string entry_key(TaskId task, StoreId store, const StateKey& key) {
  return pane_prefix(task, store, key.clock, key.pane).append(key.key);
}

bool is_inside_pane(std::string_view key) {
  if (key.size() < kStorePrefixBytes || key.front() != kEntry) return false;
  std::size_t at = kStorePrefixBytes;
  for (;;) {
    at = key.find('\0', at);
    if (at == std::string_view::npos || at + 1 >= key.size()) return false;
    at += 2;
    if (key[at - 1] == '\0') return key.size() > at + sizeof(std::uint64_t);
  }
}

std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  ENSURE(!prefix.empty(), "a key begins with its kind");
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::optional<EntryKey> parse_entry_key(std::string_view key) {
  if (key.size() < kStorePrefixBytes || key.front() != kEntry) return std::nullopt;
  std::string_view in = key.substr(1 + kTaskBytes);
  EntryKey entry;
  entry.store = StoreId(take_big<std::uint32_t>(in));
  if (!take_clock(in, entry.clock) || in.size() < sizeof(std::uint64_t)) return std::nullopt;
  entry.pane = static_cast<Micros>(take_big<std::uint64_t>(in) ^ kSignBit);
  entry.key = in;
  entry.pane_prefix = key.substr(0, key.size() - in.size());
  return entry;
}

}  // namespace sitrep
