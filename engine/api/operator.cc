// SPDX-License-Identifier: Apache-2.0
#include "engine/api/operator.h"

namespace sitrep {

Result<void> Operator::open(OperatorContext&) { return {}; }
Result<void> Operator::advance(std::span<const ClockReading>, Emitter&) { return {}; }
Result<void> Operator::process_side(const ColumnBatch&, Emitter&) {
  return internal_error("rows of a side input for an operator that has none");
}
Result<void> Operator::advance_side(std::span<const ClockReading>, Emitter&) { return {}; }
Result<void> Operator::take_table(SharedTablePtr) {
  return internal_error("a shared table for an operator that looks nothing up");
}
Result<void> Operator::forget(ClockId, Emitter&) { return {}; }
Result<void> Operator::tick(Micros, Emitter&) { return {}; }
Result<void> Operator::end_epoch(Emitter&) { return {}; }
Result<void> Operator::finish(Emitter&) { return {}; }
Micros Operator::output_watermark(ClockId, Micros watermark) const { return watermark; }
std::size_t Operator::cache_bytes() const { return 0; }
void Operator::drop_cache() {}

}  // namespace sitrep
