// SPDX-License-Identifier: Apache-2.0
#pragma once
// The headers that make an alert record a CloudEvent 1.0 in Kafka's binary mode
// (docs/alert-records.md): the value stays what it is, and whoever routes, filters or drops repeats
// needs not parse it. Used only by its worker.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "connectors/formats/alert_columns.h"
#include "engine/log/record.h"

namespace sitrep {

class CloudEventHeaders {
 public:
  /// `content_type` is that of the values and must outlive this.
  CloudEventHeaders(const AlertColumns& columns, std::string_view job,
                    std::string_view content_type);

  /// Makes the headers of a row.
  void set(const ColumnBatch& batch, std::size_t row);
  /// Those that were made last; until the next set().
  std::span<const HeaderView> headers() const { return {headers_.data(), count_}; }

 private:
  const AlertColumns columns_;
  /// `/sitrep/<job>/`, percent-encoded.
  std::string source_prefix_;
  std::string_view content_type_;
  std::string id_;
  std::string source_;
  std::string type_;
  std::string time_;
  std::string subject_;
  std::array<HeaderView, 7> headers_;
  std::size_t count_ = 0;
};

}  // namespace sitrep
