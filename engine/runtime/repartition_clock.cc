// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/repartition_clock.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/state/binary.h"

namespace sitrep {
namespace {

// Entries (docs/formats.md): of a clock its W, key "m"; what a sender said of it, key "w" and the
// sender; whether a sender is settled, key "s" and the sender.
constexpr char kMerged = 'm';
constexpr char kWord = 'w';
constexpr char kSender = 's';

constexpr std::uint8_t kIdle = 1;
constexpr std::uint8_t kFinished = 2;
constexpr std::uint8_t kGoesOn = 8;

std::string key_of(char kind, const TaskId& sender) {
  std::string out(1, kind);
  append_fixed(out, sender.stage.value());
  append_fixed(out, static_cast<std::uint32_t>(sender.partition.value()));
  return out;
}

TaskId read_sender(BinaryReader& in) {
  TaskId out;
  out.stage = StageId(in.fixed<std::uint32_t>());
  out.partition = PartitionId(static_cast<std::int32_t>(in.fixed<std::uint32_t>()));
  return out;
}

std::string saved(Micros watermark) {
  std::string out;
  append_fixed(out, static_cast<std::uint64_t>(watermark));
  return out;
}

}  // namespace

RepartitionClock::RepartitionClock(std::string_view name, std::span<const TaskId> senders,
                                   ClockTable& clocks)
    : id_(store_id(name)), clocks_(clocks) {
  for (const TaskId& sender : senders) senders_.emplace(sender, Sender());
}

RepartitionClock::State& RepartitionClock::state(ClockId clock) {
  if (clock >= states_.size()) states_.resize(clock + 1);
  return states_[clock];
}

std::optional<Micros> RepartitionClock::lowest(const State& state) const {
  std::optional<Micros> out;
  for (const auto& [id, sender] : senders_) {
    Micros counts = kMinWatermark;
    const auto word = state.words.find(id);
    if (word != state.words.end()) {
      if (word->second.idle || word->second.finished) continue;
      counts = word->second.watermark;
    } else if (sender.spoke && sender.settled) {
      continue;
    }
    out = std::min(out.value_or(counts), counts);
  }
  return out;
}

Micros RepartitionClock::reached_idle(const State& state) {
  std::optional<Micros> going_on;
  std::optional<Micros> standing;
  for (const auto& [id, word] : state.words) {
    if (word.watermark == kMinWatermark) continue;
    auto& least = word.idle && word.goes_on ? going_on : standing;
    least = std::min(least.value_or(word.watermark), word.watermark);
  }
  return going_on.value_or(standing.value_or(state.merged));
}

void RepartitionClock::merge(ClockId clock, std::vector<ClockReading>& moved) {
  State& mine = states_[clock];
  if (mine.words.empty()) return;
  const std::optional<Micros> low = lowest(mine);
  const bool idle = !low.has_value();
  const Micros merged = std::max(mine.merged, low.value_or(reached_idle(mine)));
  if (merged == mine.merged && idle == mine.idle) return;
  if (merged != mine.merged) dirty_clocks_.insert(clock);
  mine.merged = merged;
  mine.idle = idle;
  moved.push_back({.clock = clock, .watermark = merged, .idle = idle});
}

void RepartitionClock::take_word(const TaskId& sender, const ClockWord& word, Changes& changes) {
  State& mine = state(word.clock);
  dirty_words_.emplace(word.clock, sender);
  if (!word.forgotten) {
    const bool is_new = mine.words.empty();
    mine.words.insert_or_assign(sender, word);
    const std::size_t before = changes.moved.size();
    merge(word.clock, changes.moved);
    // A clock that stands nowhere yet is worth a reading too: others of the task wait for it.
    if (is_new && changes.moved.size() == before) {
      changes.moved.push_back({.clock = word.clock, .watermark = mine.merged, .idle = mine.idle});
    }
    return;
  }
  if (mine.words.erase(sender) == 0) return;
  if (!mine.words.empty()) return merge(word.clock, changes.moved);
  dirty_clocks_.insert(word.clock);
  mine = State();
  changes.forgotten.push_back(word.clock);
}

RepartitionClock::Changes RepartitionClock::hear(const RepartitionRecord& record) {
  Changes changes;
  Sender& sender = senders_[record.sender];
  const bool changed = !sender.spoke || sender.settled != record.settled;
  sender = {.spoke = true, .settled = record.settled};
  if (changed) dirty_senders_.insert(record.sender);
  for (const ClockWord& word : record.words) take_word(record.sender, word, changes);
  if (!changed) return changes;
  for (ClockId clock = 0; clock < states_.size(); ++clock) merge(clock, changes.moved);
  return changes;
}

std::vector<ClockReading> RepartitionClock::readings() const {
  std::vector<ClockReading> out;
  for (ClockId clock = 0; clock < states_.size(); ++clock) {
    const State& mine = states_[clock];
    if (mine.words.empty()) continue;
    out.push_back({.clock = clock, .watermark = mine.merged, .idle = !lowest(mine)});
  }
  return out;
}

bool RepartitionClock::settled() const {
  return std::ranges::all_of(
      senders_, [](const auto& one) { return one.second.spoke && one.second.settled; });
}

void RepartitionClock::collect(Epoch, ChangeSink& changes) {
  for (const TaskId& id : dirty_senders_) {
    const std::string settled(1, senders_.at(id).settled ? '\1' : '\0');
    changes.put(id_, {.clock = {}, .pane = 0, .key = key_of(kSender, id)}, settled);
  }
  for (const auto& [clock, id] : dirty_words_) {
    const std::string key = key_of(kWord, id);
    const StateKey entry{.clock = clocks_.name(clock), .pane = 0, .key = key};
    const auto word = states_[clock].words.find(id);
    if (word == states_[clock].words.end()) {
      changes.remove(id_, entry);
      continue;
    }
    std::string value = saved(word->second.watermark);
    append_fixed(value, static_cast<std::uint8_t>((word->second.idle ? kIdle : 0) |
                                                  (word->second.finished ? kFinished : 0) |
                                                  (word->second.goes_on ? kGoesOn : 0)));
    changes.put(id_, entry, value);
  }
  for (const ClockId clock : dirty_clocks_) {
    const std::string key(1, kMerged);
    const StateKey entry{.clock = clocks_.name(clock), .pane = 0, .key = key};
    if (states_[clock].words.empty()) {
      changes.remove(id_, entry);
    } else {
      changes.put(id_, entry, saved(states_[clock].merged));
    }
  }
  dirty_senders_.clear();
  dirty_words_.clear();
  dirty_clocks_.clear();
}

Result<void> RepartitionClock::restore(const StateKey& key, std::string_view value) {
  BinaryReader name(key.key);
  const auto kind = static_cast<char>(name.fixed<std::uint8_t>());
  BinaryReader in(value);
  if (kind == kMerged) {
    state(clocks_.intern(key.clock)).merged = static_cast<Micros>(in.fixed<std::uint64_t>());
  } else {
    const TaskId id = read_sender(name);
    // Of a stage that no longer sends, or a topic made anew with fewer partitions.
    const auto sender = senders_.find(id);
    if (name.ok() && sender == senders_.end()) return {};
    if (kind == kSender) {
      sender->second = {.spoke = true, .settled = in.fixed<std::uint8_t>() != 0};
    } else if (kind == kWord) {
      const ClockId clock = clocks_.intern(key.clock);
      ClockWord word{.clock = clock,
                     .watermark = static_cast<Micros>(in.fixed<std::uint64_t>())};
      const auto flags = in.fixed<std::uint8_t>();
      word.idle = (flags & kIdle) != 0;
      word.finished = (flags & kFinished) != 0;
      word.goes_on = (flags & kGoesOn) != 0;
      state(clock).words.insert_or_assign(id, word);
    } else {
      name.fail();
    }
  }
  if (name.ok() && name.left() == 0 && in.ok() && in.left() == 0) return {};
  return corrupt("what a sender said of its clocks is damaged");
}

std::size_t RepartitionClock::memory_bytes() const {
  std::size_t bytes = senders_.size() * sizeof(std::pair<TaskId, Sender>);
  for (const State& state : states_) {
    bytes += sizeof(State) + state.words.size() * sizeof(std::pair<TaskId, ClockWord>);
  }
  return bytes;
}

}  // namespace sitrep
