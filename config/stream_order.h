// SPDX-License-Identifier: Apache-2.0
#pragma once
// The order in which streams can be bound: each after the streams that it reads. Thread-safe.

#include <cstddef>
#include <vector>

#include "config/error_list.h"
#include "config/job_spec.h"

namespace sitrep {

struct StreamOrder {
  /// Positions in the job's streams; those in a cycle, or behind one, are left out.
  std::vector<std::size_t> order;
  /// reads[i]: the streams that stream i reads, each once.
  std::vector<std::vector<std::size_t>> reads;
};

/// Complains about each cycle, naming it.
StreamOrder order_streams(const std::vector<StreamSpec>& streams, ErrorList& errors);

}  // namespace sitrep
