// SPDX-License-Identifier: Apache-2.0
#pragma once
// The jobs of the simulation, each with the records that it is given and a model that says which
// rows must come of them. Thread-compatible.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"

namespace sitrep {

enum class SimulatedJob {
  /// Groups keep the key of the source.
  kCoPartitioned,
  /// They do not: two cuts, one behind the other.
  kReKeyed,
  /// Rows wait for their table row, look up what every instance holds, and meet behind a cut by
  /// what a table says of them.
  kTables,
};

/// How many partitions each input topic has.
constexpr std::size_t kSimulatedPartitions = 3;

/// Knows the semantics alone: it is told nothing of processes.
class JobModel {
 public:
  /// A record that the simulation appends.
  struct Sent {
    std::string topic;
    std::size_t partition;
    std::optional<std::string> key = {};
    std::optional<std::string> value;
    std::optional<Micros> timestamp = {};
  };
  /// The rows of an output topic, in order.
  using Written = std::function<std::vector<std::string>(const std::string& topic)>;

  virtual ~JobModel() = default;

  /// `random` outlives it.
  static std::unique_ptr<JobModel> make(SimulatedJob job, std::mt19937& random);

  virtual std::string_view job() const = 0;
  /// Topics that it reads.
  virtual std::vector<std::string> topics() const { return {"in"}; }
  /// What is there before any process starts.
  virtual std::vector<Sent> first() { return {}; }
  /// The next record of a partition.
  virtual Sent next(std::size_t partition) = 0;
  /// What is wrong with the outputs, when all is read and every window closed.
  virtual std::vector<std::string> complaints(const Written& written) const = 0;
};

}  // namespace sitrep
