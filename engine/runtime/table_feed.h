// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the topic of one shared table, every partition from its beginning and outside of the group,
// and makes the values that workers are given. First to where the topic ended when it was opened:
// no task reads before that is loaded; then on, unless the run is bounded. A record that gives no
// row is counted and named in the log; it is no dead letter, since every instance reads it.
// Used only by the control thread.

#include <memory>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/log.h"
#include "engine/runtime/topology.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

/// Where the values of a shared table come from.
class Feed {
 public:
  virtual ~Feed() = default;
  /// Does a bounded piece of work; the table's new value when there is one, else null.
  virtual Result<SharedTablePtr> step() = 0;
  /// Whether tasks may begin: a first value was given.
  virtual bool loaded() const = 0;
};

class TableFeed final : public Feed {
 public:
  struct Options {
    bool bounded = false;
    /// More than this is kExhausted.
    std::size_t memory_bytes_max = 0;
  };
  /// `table`, `log`, `clock` and `metrics` outlive it.
  static Result<std::unique_ptr<TableFeed>> open(const SharedTableNode& table,
                                                 const Options& options, Log& log,
                                                 const Clock& clock, MetricsRegistry& metrics);

  /// Reads what is there, at most a batch per partition.
  Result<SharedTablePtr> step() override;
  /// Whether the table is read to where it ended when it was opened.
  bool loaded() const override;

 private:
  struct Partition {
    PartitionId number;
    std::unique_ptr<PartitionReader> reader;
    Offset end;
  };

  TableFeed(const SharedTableNode& table, const Options& options, const Clock& clock,
            MetricsRegistry& metrics);
  /// Whether it read anything.
  Result<bool> read(Partition& partition);
  ColumnBatch stamp(const Partition& partition, const RecordBatch& records, DecodedRows rows);
  void count_bad(const Partition& partition, const RecordBatch& records, const DeadLetter& letter);

  const SharedTableNode& table_;
  const Options options_;
  const Clock& clock_;
  MetricsRegistry& metrics_;
  const std::unique_ptr<Decoder> decoder_;
  const std::unique_ptr<SharedTableBuilder> builder_;
  std::vector<Partition> partitions_;
  RecordBatch records_;
  bool given_ = false;  // a first value
  Gauge& bytes_;
};

}  // namespace sitrep
