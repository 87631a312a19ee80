// SPDX-License-Identifier: Apache-2.0
#pragma once
// CAST(x AS type) with PostgreSQL's meaning: doubles round half to even, texts are trimmed and read
// whole, what cannot be converted is null and counted. Texts of timestamps and intervals look as
// PostgreSQL writes them (2026-01-26 15:55:00.25, 1 day 02:00:00); a day is 24 hours. Thread-safe.

#include <memory>

#include "engine/api/scalar_function.h"

namespace sitrep::sql {

/// The conversion between two different types; null when there is none (boolean to double, …).
std::shared_ptr<const ScalarFunction> make_cast(Type from, Type to);

}  // namespace sitrep::sql
