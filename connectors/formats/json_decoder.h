// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes rows of JSON messages. A message is one object, one array of objects, or lines of objects
// (white space between them). A text that is not JSON from its first byte to its last gives no row
// and one `malformed` dead letter, whatever stands before the fault and whether it is read or not.
// In a JSON text each object that gives no row is a dead letter of its own, with its number in the
// message and the JSON pointer of the offending value:
//   type       the value has another JSON type than its column; an element of the array (or a line)
//              that is no object (path ""); /position where /position/lat is wanted and a text
//              stands
//   required   absent or null where the column must have a value
//   range      beyond bigint, double or the column's bounds; a text above kTextBytesMax; a time
//              outside the years 0000 to 9999
//   malformed  a key that a column is read from stands twice; a message key that is not UTF-8
// Of several faults in one object a repeated key is reported, else that of the first column in
// order. For columns of the envelope (key, header …) the path is the column's name.
//
// Limits: kMessageBytesMax, kDepthMax, kObjectsMax (more: malformed). Thread: used only by its
// worker.

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/log/format.h"

namespace sitrep {

/// Objects in one message. Gateways batch by the hundred; without a bound 8 MiB of `{},` would
/// become millions of rows, or of dead letters that carry 8 MiB each.
inline constexpr std::size_t kObjectsMax = 65'536;

/// `columns` are checked already: each path begins with "/", each default fits its type, and
/// columns of the envelope have its types (key and header text, partition and offset bigint,
/// timestamp timestamp). Intervals are a number of seconds or a text ("90s", "1 day 02:00:00"); a
/// timestamp's unit may have decimals.
std::unique_ptr<Decoder> make_json_decoder(std::vector<ColumnSpec> columns);

}  // namespace sitrep
