// SPDX-License-Identifier: Apache-2.0
#pragma once
// greatest and least: of any number of arguments of one type. Nulls are ignored; the result is null
// only when all are. Texts compare by their bytes, NaN is greater than every other double, false is
// less than true. Thread-compatible.

namespace sitrep {

class FunctionRegistry;

namespace sql {

void add_choice_scalars(FunctionRegistry& registry);

}  // namespace sql
}  // namespace sitrep
