// SPDX-License-Identifier: Apache-2.0
#pragma once
// UNION ALL: passes on the rows of all its inputs, which have one schema. The runtime merges their
// clocks (the minimum) before rows get here. Holds no state. Used only by its worker.

#include "engine/api/operator.h"

namespace sitrep {

class UnionAll final : public Operator {
 public:
  Result<void> process(const ColumnBatch& batch, Emitter& out) override {
    out.emit(batch);
    return {};
  }
};

}  // namespace sitrep
