// SPDX-License-Identifier: Apache-2.0
// How records of a task's inputs become rows with event time, clock and watermark.
#include "engine/runtime/task_input.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/logging.h"
#include "engine/base/text.h"
#include "engine/state/base64.h"

namespace sitrep {
namespace {

/// An input that is behind and gives nothing for so long keeps no clock from being idle: what is
/// there may be a last line that nobody ends.
constexpr Micros kStalled = 30 * kMicrosPerSecond;
/// A backlog of which nothing came for so long cannot be read: an open transaction may lie before.
constexpr Micros kBacklogStalled = 100 * kMicrosPerMilli;

}  // namespace

std::vector<TaskId> Task::senders_of(const SourceNode& source) const {
  std::vector<TaskId> out;
  for (const SenderStage& sender : source.senders) {
    for (std::int32_t i = 0; i < options_.partitions->at(sender.input_topic); ++i) {
      out.push_back({.stage = stage_id(sender.stage), .partition = PartitionId(i)});
    }
  }
  return out;
}

std::unique_ptr<Task::Input> Task::make_input(const SourceNode& source, const std::string& topic) {
  auto input = std::make_unique<Input>();
  input->source = &source;
  input->partition = {topic, options_.partition};
  if (source.senders.empty()) {
    input->decoder = source.make_decoder();
    input->clock = std::make_unique<SourceClock>(concat(source.name, "/", topic, "/clock"),
                                                 source.time, clocks_, options_.now);
    stores_.push_back(input->clock.get());
  } else {
    for (const Field& field : source.schema.fields) input->types.push_back(field.type);
    input->senders = std::make_unique<RepartitionClock>(
        concat(source.name, "/", topic, "/senders"), senders_of(source), clocks_);
    stores_.push_back(input->senders.get());
  }
  MetricsRegistry& metrics = *options_.metrics;
  const Labels labels{{"topic", topic}, {"partition", concat(options_.partition)}};
  input->records = &metrics.counter("sitrep_records_total", "Records read", labels);
  input->rows = &metrics.counter("sitrep_rows_total", "Rows decoded", labels);
  input->watermark = &metrics.gauge("sitrep_watermark_seconds",
                                    "Lowest watermark of the partition's clocks", labels);
  input->idle = &metrics.gauge(
      "sitrep_idle", "1 while all of the partition's clocks are idle: nothing waits for them",
      labels);
  return input;
}

bool Task::is_inner(std::size_t input) const { return inputs_[input]->senders != nullptr; }

bool Task::inputs_settled() const {
  return std::ranges::all_of(
      inputs_, [](const auto& input) { return !input->senders || input->senders->settled(); });
}

bool Task::reads_backlog() const {
  return std::ranges::any_of(inputs_, [this](const auto& input) {
    if (!input->known_end) return false;
    const Offset end = input->end ? std::min(*input->end, *input->known_end) : *input->known_end;
    return end - input->next > options_.backlog_records && now_ - input->read_at < kBacklogStalled;
  });
}

Result<void> Task::process(std::size_t index, const RecordBatch& records, Offset next, Micros now) {
  Input& input = *inputs_[index];
  now_ = now;
  if (next != input.next) {
    input.next = next;
    input.read_at = now;
    input.moved = true;
    dirty_ = true;
  }
  if (input.was_behind && !input.is_behind()) {
    input.was_behind = false;
    if (input.clock) input.clock->wait_anew(now);
  }
  if (records.empty()) return {};
  input.records->add(records.size());
  if (input.senders) return receive(input, records);
  DecodedRows decoded = input.decoder->decode(records, options_.partition);
  for (const DeadLetter& letter : decoded.dead_letters) {
    count_dead_letter(input, letter, records);
  }
  ColumnBatch batch = stamp(input, records, std::move(decoded));
  input.rows->add(batch.selection.size());
  rows_in_ += batch.selection.size();
  if (input.row_by_row) {
    deliver_rows(input, batch);
  } else {
    deliver_all_ways(input, batch);
  }
  std::vector<ClockReading> changed;
  input.clock->end_batch(now, changed);
  advance(input.edges, changed);
  return take_error();
}

Result<void> Task::receive(Input& input, const RecordBatch& records) {
  for (const RecordView& record : records.records()) {
    std::string_view bytes = record.value.value_or("");
    std::string decoded;
    if (options_.text_records) {
      // What is no such text is no such record either.
      decoded = decode_base64(bytes).value_or("");
      bytes = decoded;
    }
    auto read = decode_repartition_record(bytes, input.types, clocks_);
    if (!read) {
      return std::move(read).error().with_context(
          concat(name_, ": ", input.partition.topic, "[", input.partition.partition, "] at offset ",
                 record.offset));
    }
    ColumnBatch batch = std::move(read->rows);
    // The words of this record come behind its rows.
    auto meta = std::make_shared<RowMeta>(*batch.meta);
    for (std::size_t row = 0; row < meta->watermark.size(); ++row) {
      meta->watermark[row] = input.senders->watermark(meta->clock_of(row));
    }
    batch.meta = std::move(meta);
    input.rows->add(batch.selection.size());
    rows_in_ += batch.selection.size();
    deliver_all_ways(input, batch);
    const RepartitionClock::Changes changes = input.senders->hear(*read);
    advance(input.edges, changes.moved);
    for (const ClockId clock : changes.forgotten) forget(input.edges, clock);
  }
  return take_error();
}

ColumnBatch Task::stamp(Input& input, const RecordBatch& records, DecodedRows rows) {
  const TimePlan& time = input.source->time;
  const std::size_t count = rows.rows();
  const Column& times = *rows.columns[time.column];
  auto meta = std::make_shared<RowMeta>();
  meta->origin = input.partition;
  meta->event_time.assign(times.ints().begin(), times.ints().end());
  meta->watermark.resize(count);
  if (time.clock_column) meta->clock.resize(count);
  std::vector<std::uint32_t> picked;
  picked.reserve(count);
  for (std::size_t row = 0; row < count; ++row) {
    const Micros event_time = meta->event_time[row];
    const RecordView& record = records.records()[rows.record[row]];
    const Micros reference = record.timestamp.value_or(now_);
    if (time.max_future_skew != TimePlan::kNever && event_time > reference + time.max_future_skew) {
      count_dead_letter(input,
                        {.record = rows.record[row],
                         .index_in_message = rows.index_in_message[row],
                         .reason = DeadLetterReason::kFuture,
                         .path = concat("/", input.source->schema.fields[time.column].name)},
                        records);
      continue;
    }
    ClockId clock = 0;
    if (time.clock_column) {
      clock = clocks_.intern(rows.columns[*time.clock_column]->texts()[row]);
      meta->clock[row] = clock;
    }
    meta->watermark[row] = input.clock->observe(clock, event_time);
    picked.push_back(static_cast<std::uint32_t>(row));
  }
  meta->offset = std::move(rows.offset);
  meta->index_in_message = std::move(rows.index_in_message);
  ColumnBatch batch;
  batch.columns.assign(rows.columns.begin(), rows.columns.end());
  batch.meta = std::move(meta);
  batch.arenas.push_back(std::move(rows.arena));
  batch.selection = Selection(count, std::move(picked));
  return batch;
}

void Task::count_dead_letter(Input& input, const DeadLetter& letter, const RecordBatch& records) {
  Counter*& counter = input.dead_letters.at(static_cast<std::size_t>(letter.reason));
  if (counter == nullptr) {
    log_first_dead_letter(input.partition, letter, records.records()[letter.record].offset);
    counter = &options_.metrics->counter("sitrep_dead_letters_total",
                                         "Records that gave no row, by reason",
                                         {{"topic", input.partition.topic},
                                          {"partition", concat(input.partition.partition)},
                                          {"reason", std::string(to_string(letter.reason))}});
  }
  counter->add();
  if (!dead_letters_) return;
  write_dead_letter(*dead_letters_, letter, records.records()[letter.record], input.partition,
                    outputs_);
  dirty_ = true;
}

/// One line per topic and reason, whichever task meets it first: a new job file and its data rarely
/// fit at once, and a topic of dead letters is not where one looks then. (Workers that meet it at
/// the same time say it each.)
void Task::log_first_dead_letter(const TopicPartition& origin, const DeadLetter& letter,
                                 Offset offset) const {
  const std::string reason(to_string(letter.reason));
  for (const MetricSample& sample : options_.metrics->samples()) {
    if (sample.name == "sitrep_dead_letters_total" && sample.labels.at("topic") == origin.topic &&
        sample.labels.at("reason") == reason) {
      return;
    }
  }
  log_info("dead letter ", origin.topic, "[", origin.partition, "]@", offset, ": ", reason,
           letter.path.empty() ? "" : " ", letter.path,
           ": the first of this topic and reason; all are counted, and in ",
           options_.dead_letter_topic);
}

void Task::tick_clock(Input& input) {
  input.was_behind = input.is_behind() && now_ - input.read_at < kStalled;
  if (input.was_behind) return;
  std::vector<ClockReading> changed;
  input.clock->tick(now_, changed);
  if (!changed.empty()) dirty_ = true;
  advance(input.edges, changed);
  for (const ClockId clock : input.clock->expire(now_)) {
    expired_clocks_.add();
    dirty_ = true;
    forget(input.edges, clock);
  }
}

}  // namespace sitrep
