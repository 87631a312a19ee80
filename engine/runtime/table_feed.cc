// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/table_feed.h"

#include <algorithm>
#include <utility>

#include "engine/base/logging.h"
#include "engine/base/text.h"
#include "engine/log/patient_reader.h"

namespace sitrep {
namespace {

constexpr std::size_t kRecordsMax = 1000;

}  // namespace

TableFeed::TableFeed(const SharedTableNode& table, const Options& options, const Clock& clock,
                     MetricsRegistry& metrics)
    : table_(table),
      options_(options),
      clock_(clock),
      metrics_(metrics),
      decoder_(table.source.make_decoder()),
      builder_(table.make_builder()),
      bytes_(metrics.gauge("sitrep_table_bytes", "Bytes of a table that is held whole",
                           {{"table", table.source.name}})) {}

Result<std::unique_ptr<TableFeed>> TableFeed::open(const SharedTableNode& table,
                                                   const Options& options, Log& log,
                                                   const Clock& clock, MetricsRegistry& metrics) {
  std::unique_ptr<TableFeed> feed(new TableFeed(table, options, clock, metrics));
  const std::string& topic = table.source.topics.front();
  ASSIGN_OR_RETURN(const std::optional<std::int32_t> count, log.partition_count(topic));
  for (std::int32_t i = 0; i < count.value_or(0); ++i) {
    const TopicPartition name{topic, PartitionId(i)};
    ASSIGN_OR_RETURN(const OffsetRange range, log.offset_range(name));
    ASSIGN_OR_RETURN(std::unique_ptr<PartitionReader> reader,
                     open_patient_reader(log, {.partition = name, .offset = range.begin}));
    feed->partitions_.push_back(
        {.number = name.partition, .reader = std::move(reader), .end = range.end});
  }
  return feed;
}

bool TableFeed::loaded() const {
  return std::ranges::all_of(partitions_, [](const Partition& partition) {
    return partition.reader->position() >= partition.end;
  });
}

Result<SharedTablePtr> TableFeed::step() {
  bool changed = false;
  for (Partition& partition : partitions_) {
    ASSIGN_OR_RETURN(const bool read_some, read(partition));
    changed = changed || read_some;
  }
  if (builder_->memory_bytes() > options_.memory_bytes_max) {
    return exhausted(concat("table ", table_.source.name, " needs more than ",
                            options_.memory_bytes_max, " bytes, its part of the job's memory"));
  }
  // While it loads nobody can use a value.
  if (!loaded() || !(changed || !given_)) return SharedTablePtr();
  given_ = true;
  bytes_.set(static_cast<double>(builder_->memory_bytes()));
  return builder_->snapshot();
}

Result<bool> TableFeed::read(Partition& partition) {
  std::size_t records_max = kRecordsMax;
  const Offset before = partition.reader->position();
  if (options_.bounded) {
    if (before >= partition.end) return false;
    records_max = std::min(records_max, static_cast<std::size_t>(partition.end - before));
  }
  records_.clear();
  if (auto read = partition.reader->read(records_max, records_); !read) {
    Error error = std::move(read).error().with_context(
        concat("reading table ", table_.source.name, " from ", table_.source.topics.front(), "[",
               partition.number, "]"));
    if (!error.retriable()) return error;
    log_warning(error.message());
    return false;
  }
  if (records_.empty()) return false;
  DecodedRows rows = decoder_->decode(records_, partition.number);
  for (const DeadLetter& letter : rows.dead_letters) count_bad(partition, records_, letter);
  builder_->add(stamp(partition, records_, std::move(rows)), partition.number);
  return true;
}

ColumnBatch TableFeed::stamp(const Partition& partition, const RecordBatch& records,
                             DecodedRows rows) {
  const TimePlan& time = table_.source.time;
  auto meta = std::make_shared<RowMeta>();
  const auto times = rows.columns[time.column]->ints();
  meta->event_time.assign(times.begin(), times.end());
  meta->watermark.resize(rows.rows(), kMinWatermark);
  std::vector<std::uint32_t> picked;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const RecordView& record = records.records()[rows.record[row]];
    const Micros reference = record.timestamp.value_or(clock_.now());
    if (time.max_future_skew != TimePlan::kNever &&
        meta->event_time[row] > reference + time.max_future_skew) {
      count_bad(partition, records,
                {.record = rows.record[row],
                 .index_in_message = rows.index_in_message[row],
                 .reason = DeadLetterReason::kFuture,
                 .path = concat("/", table_.source.schema.fields[time.column].name)});
      continue;
    }
    picked.push_back(static_cast<std::uint32_t>(row));
  }
  ColumnBatch batch;
  batch.columns.assign(rows.columns.begin(), rows.columns.end());
  batch.meta = std::move(meta);
  batch.arenas.push_back(std::move(rows.arena));
  batch.selection = Selection(rows.offset.size(), std::move(picked));
  return batch;
}

void TableFeed::count_bad(const Partition& partition, const RecordBatch& records,
                          const DeadLetter& letter) {
  const std::string& topic = table_.source.topics.front();
  metrics_
      .counter("sitrep_dead_letters_total", "Records that gave no row, by reason",
               {{"topic", topic},
                {"partition", concat(partition.number)},
                {"reason", std::string(to_string(letter.reason))}})
      .add();
  log_warning("table ", table_.source.name, ": ", topic, "[", partition.number, "]@",
              records.records()[letter.record].offset, " gives no row: ", to_string(letter.reason),
              letter.path.empty() ? "" : " ", letter.path);
}

}  // namespace sitrep
