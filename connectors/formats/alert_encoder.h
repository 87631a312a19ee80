// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes alert records as `alert.v1`: JSON objects that docs/schemas/alert.v1.json describes, with
// the headers of a CloudEvent. Used only by its worker.
//
//   {"schema":"alert.v1","id":"…","revision":1,…,"labels":{"unit":"3 Coy"}}

#include <memory>
#include <string>

#include "engine/data/schema.h"
#include "engine/log/format.h"

namespace sitrep {

/// The batches have the columns of `schema`, that of an alert record: its columns become the
/// members, in their order, nulls included; `labels`, the text of a JSON object, is that object.
/// `job` names the one that the records are of.
std::unique_ptr<Encoder> make_alert_encoder(const Schema& schema, const std::string& job);

}  // namespace sitrep
