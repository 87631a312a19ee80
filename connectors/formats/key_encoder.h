// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes the key of an output record of the columns that the job names: of one column its bare text
// (`CAMP-01`, `42`, `2026-01-26T15:55:00.000Z`), of several a JSON array (`["CAMP-01",42]`), of
// none no key. A single column that is null gives no key either; within an array it is null. Keys
// choose the partition, so these bytes must not change. Thread-safe.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/data/column_batch.h"
#include "engine/log/format.h"

namespace sitrep {

/// The key of row `row`. The view points into the batch or into `scratch`, whose old text is lost.
std::optional<std::string_view> encode_key(const ColumnBatch& batch, std::size_t row,
                                           std::span<const std::size_t> columns,
                                           TimestampStyle style, std::string& scratch);

}  // namespace sitrep
