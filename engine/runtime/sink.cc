// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/sink.h"

#include <array>

#include "engine/base/text.h"

namespace sitrep {
namespace {

/// The headers that say where a record came from; `texts` keeps their bytes.
std::vector<HeaderView> origin_headers(const TopicPartition& origin, Offset offset,
                                       std::uint32_t index, std::array<std::string, 3>& texts) {
  texts = {concat(origin.partition), concat(offset), concat(index)};
  return {{.name = "topic", .value = origin.topic},
          {.name = "partition", .value = texts[0]},
          {.name = "offset", .value = texts[1]},
          {.name = "index", .value = texts[2]}};
}

}  // namespace

Sink::Sink(const SinkNode& plan, TopicId topic)
    : topic_(topic),
      encoder_(plan.make_encoder()),
      key_(plan.key),
      urgent_(plan.urgent),
      with_origin_(plan.port == SinkNode::Port::kLate),
      first_column_(plan.first_column),
      columns_(plan.columns) {}

void Sink::write(const ColumnBatch& batch, OutputBatch& out) {
  const std::size_t count = columns_.value_or(batch.columns.size() - first_column_);
  if (count == batch.columns.size()) return write_rows(batch, out);
  ColumnBatch part = batch;
  const auto first = batch.columns.begin() + static_cast<std::ptrdiff_t>(first_column_);
  part.columns.assign(first, first + static_cast<std::ptrdiff_t>(count));
  write_rows(part, out);
}

void Sink::write_rows(const ColumnBatch& batch, OutputBatch& out) {
  std::array<std::string, 3> texts;
  std::vector<HeaderView> headers;
  batch.selection.for_each([&](std::size_t row) {
    value_text_.clear();
    key_text_.clear();
    encoder_->encode(batch, row, value_text_);
    OutputRecord record{.topic = topic_,
                        .partition = std::nullopt,
                        .key = std::nullopt,
                        .value = value_text_,
                        .headers = encoder_->headers(),
                        .timestamp = std::nullopt};
    if (key_ && key_(batch, row, key_text_)) record.key = key_text_;
    if (with_origin_ && !batch.meta->offset.empty()) {
      headers = origin_headers(batch.meta->origin, batch.meta->offset[row],
                               batch.meta->index_in_message[row], texts);
      record.headers = headers;
    }
    out.append(record);
    ++rows_;
  });
}

void write_dead_letter(TopicId topic, const DeadLetter& letter, const RecordView& record,
                       const TopicPartition& origin, OutputBatch& out) {
  std::array<std::string, 3> texts;
  std::vector<HeaderView> headers =
      origin_headers(origin, record.offset, letter.index_in_message, texts);
  headers.insert(headers.begin(), {{.name = "reason", .value = to_string(letter.reason)},
                                   {.name = "path", .value = letter.path}});
  out.append({.topic = topic,
              .partition = std::nullopt,
              .key = record.key,
              .value = record.value,
              .headers = headers,
              .timestamp = std::nullopt});
}

}  // namespace sitrep
