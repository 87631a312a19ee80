// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the formats share: columns in one line, what a decoder made of some messages as
// lines of text, and messages that are changed at random. Thread-compatible.

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/formats/json_decoder.h"
#include "engine/base/text.h"
#include "engine/data/value.h"
#include "engine/log/record.h"

namespace sitrep {

/// A column read from `path`, or from "/" + name.
inline ColumnSpec column(std::string_view name, Type type, std::string_view path = {}) {
  ColumnSpec spec;
  spec.name = name;
  spec.type = type;
  spec.path = path.empty() ? concat("/", name) : std::string(path);
  return spec;
}

inline ColumnSpec required(ColumnSpec spec) {
  spec.required = true;
  return spec;
}

inline ColumnSpec timestamp(std::string_view name, TimestampUnit unit) {
  ColumnSpec spec = column(name, Type::kTimestamp);
  spec.unit = unit;
  return spec;
}

inline void append(RecordBatch& batch, std::string_view value) {
  batch.append({.offset = Offset(static_cast<std::int64_t>(batch.size())),
                .timestamp = std::nullopt,
                .key = std::nullopt,
                .value = value,
                .headers = {}});
}

/// "0.0: 'x', 1.5" per row and "1.0: type /lat" per dead letter, each with its message and its
/// number in it; first the rows, then the dead letters.
inline std::vector<std::string> decoded(const std::vector<ColumnSpec>& columns,
                                        const RecordBatch& messages) {
  const DecodedRows rows = make_json_decoder(columns)->decode(messages, PartitionId(0));
  std::vector<std::string> lines;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      cells.push_back(to_string(rows.columns[i]->value(row), columns[i].type));
    }
    lines.push_back(
        concat(rows.record[row], ".", rows.index_in_message[row], ": ", join(cells, ", ")));
  }
  for (const DeadLetter& letter : rows.dead_letters) {
    lines.push_back(concat(letter.record, ".", letter.index_in_message, ": ",
                           to_string(letter.reason), letter.path.empty() ? "" : " ", letter.path));
  }
  return lines;
}

inline std::vector<std::string> decoded(const std::vector<ColumnSpec>& columns,
                                        const std::vector<std::string>& messages) {
  RecordBatch batch;
  for (const std::string& message : messages) append(batch, message);
  return decoded(columns, batch);
}

/// `text` with one to three random changes, such as break or bend JSON.
inline std::string mutated(std::string text, std::mt19937& random) {
  static const std::string kMarks = "{}[]\":,\\ \n0123456789.eE+-truefalsn\x80\xc3\x00/";
  const int changes = 1 + static_cast<int>(random() % 3);
  for (int i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    const std::size_t size = 1 + random() % 8;
    switch (random() % 6) {
      case 0:
        text[at] = kMarks[random() % kMarks.size()];
        break;
      case 1:
        text[at] = static_cast<char>(text[at] ^ (1 << random() % 8));
        break;
      case 2:
        text.erase(at, size);
        break;
      case 3:
        text.insert(at, 1, kMarks[random() % kMarks.size()]);
        break;
      case 4:
        text.insert(at, text.substr(random() % text.size(), size));
        break;
      case 5:
        text.resize(at);
        break;
    }
  }
  return text;
}

}  // namespace sitrep
