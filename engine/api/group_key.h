// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values of a group's key columns as one string of bytes, equal exactly when the values are,
// and back. Used as the key of state tables, so the form is part of the state format
// (docs/formats.md): per value one byte (0 null, 1 present), then 8 bytes little endian for numbers
// and times, 1 byte for a boolean, or 4 bytes of length and the bytes for a text.
// Thread-compatible.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/data/arena.h"
#include "engine/data/column.h"

namespace sitrep {

/// Replaces `out` by the key of row `row`.
void encode_group_key(std::span<const ColumnPtr> columns, std::size_t row, std::string& out);
/// The same, behind what `out` holds.
void append_group_key(std::span<const ColumnPtr> columns, std::size_t row, std::string& out);

/// Appends the values of `key` to `columns`, whose types are those it was made from; texts go into
/// `arena`. kCorrupt when the bytes are not such a key.
Result<void> decode_group_key(std::string_view key, std::span<Column* const> columns, Arena& arena);

}  // namespace sitrep
