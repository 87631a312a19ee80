// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes alert records as messages of the Common Alerting Protocol (OASIS CAP 1.2), one `alert`
// element each, with the headers of a CloudEvent. docs/alert-records.md says which element comes
// from what. Used only by its worker.

#include <memory>
#include <string>

#include "engine/data/schema.h"
#include "engine/log/format.h"

namespace sitrep {

/// What a record does not say: the words are those of CAP (`Actual`, `Restricted`, `Infra`).
struct CapOptions {
  /// For the headers.
  std::string job;
  /// Whose messages these are; without space, comma, `<` and `&`.
  std::string sender;
  std::string status;
  std::string scope;
  /// With the scope `Restricted`: to whom. With `Private`: its addresses. Else empty.
  std::string restriction;
  std::string addresses;
  std::string category;
  /// Of the texts, as in RFC 3066: en-US.
  std::string language;
};

/// The batches have the columns of `schema`, that of an alert record.
std::unique_ptr<Encoder> make_cap_encoder(const Schema& schema, CapOptions options);

}  // namespace sitrep
