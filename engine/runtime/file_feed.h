// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one shared table from a file of JSON lines, and again when the file has changed: as a whole
// or not at all. The first time, a line that gives no row is an Error that names it; later the
// table stays as it was, the log and a metric say so, and the file is looked at again when it
// changes once more. A writer had best put a new file in the old one's place (rename): what is half
// written is read as it is. Used only by the control thread.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "engine/runtime/table_feed.h"
#include "engine/runtime/topology.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

class FileFeed final : public Feed {
 public:
  /// The time of rows without one: before every row of a stream.
  static constexpr Micros kAlways = -62'135'596'800 * kMicrosPerSecond;  // 0001-01-01T00:00Z

  /// `table`, `clock` and `metrics` outlive it. `memory_bytes_max`: larger files and tables are
  /// refused.
  FileFeed(const SharedTableNode& table, std::size_t memory_bytes_max, const Clock& clock,
           MetricsRegistry& metrics);

  Result<SharedTablePtr> step() override;
  bool loaded() const override { return loaded_; }

 private:
  /// What tells one version of the file from another.
  struct Stamp {
    std::filesystem::file_time_type written;
    std::uintmax_t bytes = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  Result<Stamp> look() const;
  Result<SharedTablePtr> load() const;

  const SharedTableNode& table_;
  const std::size_t memory_bytes_max_;
  const Clock& clock_;
  const std::unique_ptr<Decoder> decoder_;
  Counter& failures_;
  Gauge& bytes_;
  bool loaded_ = false;
  std::optional<Stamp> seen_;  // nothing: the file could not be looked at
  Micros looked_ = 0;
};

}  // namespace sitrep
