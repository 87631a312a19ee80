// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decodes the messages of a compacted topic: JSON as json_decoder.h has it, and a null payload as
// the delete of the row whose key is the message's key. A last column, boolean, says whether the
// row is a delete; of one, only the key, the event time (the message's timestamp) and columns of
// the envelope are there, all others are null.
//
// A message key is read as encode_key writes it: the text of a single column, or a JSON array of
// several. A delete without one that fits is a dead letter: `required` at "_key" when there is
// none, else the reason that its values give; `required` at the time column when the message has no
// timestamp. Thread: used only by its worker.

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/log/format.h"

namespace sitrep {

struct TableColumns {
  /// As for make_json_decoder.
  std::vector<ColumnSpec> columns;
  /// Positions of the key columns, in the order of the message's key.
  std::vector<std::size_t> key;
  /// Position of the event time.
  std::size_t time = 0;
};

std::unique_ptr<Decoder> make_table_decoder(TableColumns table);

}  // namespace sitrep
