// SPDX-License-Identifier: Apache-2.0
#include "engine/api/aggregate_function.h"

namespace sitrep {

void AggregateFunction::destroy(std::byte*) const {}

bool AggregateFunction::owns_heap() const { return true; }

std::size_t AggregateFunction::heap_bytes(const std::byte*) const { return 0; }

}  // namespace sitrep
