// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes rows as JSON objects: the fields in the order of the schema, nulls included. Timestamps
// are RFC 3339 in UTC with milliseconds, or epoch milliseconds; intervals are numbers of seconds
// (the JSON decoder reads them back). Used only by its worker.

#include <memory>

#include "engine/data/schema.h"
#include "engine/log/format.h"

namespace sitrep {

/// The batches have the columns of `schema`.
std::unique_ptr<Encoder> make_json_encoder(const Schema& schema, TimestampStyle style);

}  // namespace sitrep
