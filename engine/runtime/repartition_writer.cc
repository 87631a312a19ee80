// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/repartition_writer.h"

#include <algorithm>
#include <utility>

#include "engine/api/group_key.h"
#include "engine/base/ensure.h"
#include "engine/base/hash.h"
#include "engine/state/base64.h"

namespace sitrep {
namespace {

/// A job of so few partitions tells each of them in every epoch.
constexpr std::int32_t kToldAlwaysMax = 10;
/// Beyond that one partition without rows after the other, so far apart.
constexpr Micros kToldApart = 10 * kMicrosPerMilli;
/// What a row takes beside its texts, about.
constexpr std::size_t kCellBytes = 9;

}  // namespace

RepartitionWriter::RepartitionWriter(const Options& options)
    : options_(options), targets_(static_cast<std::size_t>(options.partitions)) {
  ENSURE(options.partitions >= 1, "a topic has partitions");
}

void RepartitionWriter::write(const ColumnBatch& batch) {
  const Selection& rows = batch.selection;
  if (rows.empty()) return;
  std::vector<ColumnPtr> key;
  for (const std::size_t column : options_.key) key.push_back(batch.columns[column]);
  std::vector<Target*> targets;
  targets.reserve(rows.size());
  std::string bytes;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    encode_group_key(key, rows[n], bytes);
    Target& target = targets_[hash_bytes(bytes) % targets_.size()];
    if (!target.meta) {
      target.meta = std::make_shared<RowMeta>();
      for (const ColumnPtr& column : batch.columns) {
        target.columns.push_back(std::make_shared<Column>(column->type()));
      }
    }
    target.meta->event_time.push_back(batch.meta->event_time[rows[n]]);
    target.meta->clock.push_back(batch.meta->clock_of(rows[n]));
    targets.push_back(&target);
  }
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    const Column& from = *batch.columns[i];
    for (std::size_t n = 0; n < rows.size(); ++n) {
      Column& to = *targets[n]->columns[i];
      if (from.type() != Type::kText || from.is_null(rows[n])) {
        to.append_from(from, rows[n]);
        continue;
      }
      const std::string_view text = from.texts()[rows[n]];
      to.append_text(arena_.store(text));
      open_bytes_ += text.size();
    }
  }
  open_bytes_ += rows.size() * batch.columns.size() * kCellBytes;
}

RepartitionWriter::Word& RepartitionWriter::word_of(ClockId clock) {
  if (clock >= word_of_clock_.size()) word_of_clock_.resize(clock + 1);
  std::size_t& number = word_of_clock_[clock];
  if (number == 0) {
    words_.push_back({.word = {.clock = clock}, .changed = 0});
    number = words_.size();
  }
  return words_[number - 1];
}

void RepartitionWriter::update(std::span<const ClockReading> readings) {
  for (const ClockReading& reading : readings) {
    Word& mine = word_of(reading.clock);
    const ClockWord& before = mine.word;
    const bool was_idle = before.idle && !before.forgotten;
    mine.word = {
        .clock = reading.clock,
        .watermark = reading.watermark,
        .idle = reading.idle,
        .goes_on = reading.idle && was_idle &&
                   (before.goes_on || reading.watermark > before.watermark)};
    mine.changed = ++changes_;
  }
}

void RepartitionWriter::forget(ClockId clock) {
  Word& mine = word_of(clock);
  mine.word = {.clock = clock, .forgotten = true};
  mine.changed = ++changes_;
}

void RepartitionWriter::finish() {
  finished_ = true;
  ++changes_;
  for (Word& mine : words_) {
    if (!mine.word.forgotten) mine.word.finished = true;
    mine.changed = changes_;
  }
}

/// A sender that is done will meet no clock that it has not met.
void RepartitionWriter::settle(Micros now, bool inputs_settled) {
  if (settled_) return;
  settled_ = finished_ || (inputs_settled && now - options_.started >= options_.settle_after);
  if (settled_) ++changes_;
}

bool RepartitionWriter::is_due(const Target& target, Micros now) const {
  if (target.meta) return true;
  if (target.told == changes_) return false;
  return target.told == 0 || finished_ || options_.partitions <= kToldAlwaysMax ||
         now - target.told_at >= kToldApart * options_.partitions;
}

std::vector<ClockWord> RepartitionWriter::words_since(std::uint64_t told) const {
  std::vector<ClockWord> out;
  for (const Word& mine : words_) {
    if (mine.changed > told) out.push_back(mine.word);
  }
  return out;
}

void RepartitionWriter::close_epoch(Micros now, bool inputs_settled, OutputBatch& out) {
  settle(now, inputs_settled);
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[i];
    if (!is_due(target, now)) continue;
    ColumnBatch rows;
    rows.columns.assign(target.columns.begin(), target.columns.end());
    rows.meta = target.meta ? target.meta : std::make_shared<RowMeta>();
    rows.selection = Selection(rows.meta->event_time.size());
    append(rows, words_since(target.told), PartitionId(static_cast<std::int32_t>(i)), out);
    target.columns.clear();
    target.meta.reset();
    target.told = changes_;
    target.told_at = now;
  }
  arena_.clear();
  open_bytes_ = 0;
}

void RepartitionWriter::append(const ColumnBatch& rows, std::vector<ClockWord> words,
                               PartitionId partition, OutputBatch& out) const {
  const RepartitionRecord record{.sender = options_.sender,
                                 .rows = rows,
                                 .words = std::move(words),
                                 .settled = settled_};
  std::string bytes = encode_repartition_record(record, *options_.clocks);
  if (options_.as_text) bytes = encode_base64(bytes);
  const std::size_t size = rows.selection.size();
  if (bytes.size() <= options_.record_bytes_max || size < 2) {
    out.append({.topic = options_.topic,
                .partition = partition,
                .key = std::nullopt,
                .value = bytes,
                .headers = {},
                .timestamp = std::nullopt});
    return;
  }
  // The rows that come first are told first, and the words stay behind all of them.
  std::vector<std::uint32_t> picked;
  for (std::size_t n = 0; n < size; ++n) {
    picked.push_back(static_cast<std::uint32_t>(rows.selection[n]));
  }
  const auto half = picked.begin() + static_cast<std::ptrdiff_t>(size / 2);
  ColumnBatch part = rows;
  part.selection = Selection(rows.rows(), std::vector<std::uint32_t>(picked.begin(), half));
  append(part, {}, partition, out);
  part.selection = Selection(rows.rows(), std::vector<std::uint32_t>(half, picked.end()));
  append(part, record.words, partition, out);
}

}  // namespace sitrep
