// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/file_feed.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kLookEvery = kMicrosPerSecond;
/// Lines named when a file is refused.
constexpr std::size_t kNamedMax = 5;

RecordBatch lines_of(const std::string& text) {
  RecordBatch lines;
  std::int64_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line(text.data() + begin, end - begin);
    ++number;
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    lines.append({.offset = Offset(number),
                  .timestamp = FileFeed::kAlways,
                  .key = std::nullopt,
                  .value = line,
                  .headers = {}});
  }
  return lines;
}

Error refusal(const std::string& file, const RecordBatch& lines,
              const std::vector<DeadLetter>& letters) {
  std::vector<std::string> named;
  for (const DeadLetter& letter : letters) {
    if (named.size() == kNamedMax) break;
    named.push_back(concat(file, ":", lines.records()[letter.record].offset, ": ",
                           to_string(letter.reason), letter.path.empty() ? "" : " ", letter.path));
  }
  const std::size_t more = letters.size() - named.size();
  return invalid_config(
      concat(join(named, ", "), more == 0 ? "" : concat(", and ", more, " more")));
}

}  // namespace

FileFeed::FileFeed(const SharedTableNode& table, std::size_t memory_bytes_max, const Clock& clock,
                   MetricsRegistry& metrics)
    : table_(table),
      memory_bytes_max_(memory_bytes_max),
      clock_(clock),
      decoder_(table.source.make_decoder()),
      failures_(metrics.counter("sitrep_table_reload_failures_total",
                                "Times that a table's file could not be read anew",
                                {{"table", table.source.name}})),
      bytes_(metrics.gauge("sitrep_table_bytes", "Bytes of a table that is held whole",
                           {{"table", table.source.name}})) {}

Result<FileFeed::Stamp> FileFeed::look() const {
  std::error_code error;
  Stamp stamp;
  stamp.written = std::filesystem::last_write_time(table_.file, error);
  if (!error) stamp.bytes = std::filesystem::file_size(table_.file, error);
  if (error) return invalid_config(concat("reading ", table_.file, ": ", error.message()));
  if (stamp.bytes > memory_bytes_max_) {
    return exhausted(concat(table_.file, " has ", stamp.bytes, " bytes; the table's part of the "
                            "job's memory is ", memory_bytes_max_));
  }
  return stamp;
}

Result<SharedTablePtr> FileFeed::step() {
  const Micros now = clock_.monotonic();
  if (loaded_ && now - looked_ < kLookEvery) return SharedTablePtr();
  looked_ = now;
  const bool first = !loaded_;
  Result<Stamp> stamp = look();
  const std::optional<Stamp> before =
      std::exchange(seen_, stamp ? std::optional(*stamp) : std::nullopt);
  if (!first && seen_ == before) return SharedTablePtr();
  Result<SharedTablePtr> value = stamp ? load() : Result<SharedTablePtr>(stamp.error());
  if (value) {
    loaded_ = true;
    if (!first) log_info("table ", table_.source.name, " was read anew from ", table_.file);
    return value;
  }
  Error error = std::move(value).error().with_context(concat("table ", table_.source.name));
  if (first) return error;
  failures_.add();
  log_warning(error.message(), "; the table stays as it was");
  return SharedTablePtr();
}

Result<SharedTablePtr> FileFeed::load() const {
  std::ifstream in(table_.file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in && !in.eof()) return unavailable(concat("reading ", table_.file, " failed"));
  const RecordBatch lines = lines_of(text);
  DecodedRows rows = decoder_->decode(lines, PartitionId(0));
  if (!rows.dead_letters.empty()) return refusal(table_.file, lines, rows.dead_letters);
  ColumnBatch batch;
  auto meta = std::make_shared<RowMeta>();
  const auto times = rows.columns[table_.source.time.column]->ints();
  meta->event_time.assign(times.begin(), times.end());
  batch.columns.assign(rows.columns.begin(), rows.columns.end());
  batch.meta = std::move(meta);
  batch.selection = Selection(rows.offset.size());
  const std::unique_ptr<SharedTableBuilder> builder = table_.make_builder();
  builder->add(batch, PartitionId(0));
  if (builder->memory_bytes() > memory_bytes_max_) {
    return exhausted(concat(table_.file, " makes a table of ", builder->memory_bytes(),
                            " bytes; its part of the job's memory is ", memory_bytes_max_));
  }
  bytes_.set(static_cast<double>(builder->memory_bytes()));
  return builder->snapshot();
}

}  // namespace sitrep
