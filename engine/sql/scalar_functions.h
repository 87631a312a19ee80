// SPDX-License-Identifier: Apache-2.0
#pragma once
// The scalar functions that come with sitrep. Thread-compatible.

namespace sitrep {

class FunctionRegistry;

namespace sql {

/// Adds them all; called once, before a query is bound.
void add_builtin_scalars(FunctionRegistry& registry);

}  // namespace sql
}  // namespace sitrep
