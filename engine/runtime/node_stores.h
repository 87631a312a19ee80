// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which stores a node keeps its state in. Thread-safe.

#include <set>

#include "engine/api/store.h"
#include "engine/runtime/topology.h"

namespace sitrep {

/// Those that the node's operator asks for, and those that an operator of ours with its name may
/// have had when the job was another one. The operator's own Error when it does not open.
Result<std::set<StoreId>> stores_of(const OperatorNode& node);

}  // namespace sitrep
