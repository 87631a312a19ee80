// SPDX-License-Identifier: Apache-2.0
#pragma once
// Types as one byte in saved rows and in records between stages (docs/formats.md): a number per
// type that is kept for ever, whatever order the enumeration takes. Thread-safe.

#include <cstdint>
#include <optional>

#include "engine/data/type.h"

namespace sitrep {

std::uint8_t code_of(Type type);
/// Nothing for a byte that is no type's.
std::optional<Type> type_of(std::uint8_t code);

}  // namespace sitrep
