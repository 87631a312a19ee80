// SPDX-License-Identifier: Apache-2.0
#pragma once
// Upper and lower case without a locale: ASCII and the letters of Latin-1, Latin Extended-A, Greek,
// Cyrillic and Armenian whose two cases have two bytes each in UTF-8 (é, ž, ω, я). Other characters
// are left alone, so a text keeps its number of bytes. Pure functions. Thread-safe.

#include <string_view>

#include "engine/data/arena.h"

namespace sitrep::sql {

std::string_view to_lower(std::string_view text, Arena& arena);
std::string_view to_upper(std::string_view text, Arena& arena);
/// The first letter of each word upper, the others lower. A word is a run of letters and digits;
/// every character outside ASCII counts as a letter.
std::string_view to_initcap(std::string_view text, Arena& arena);

}  // namespace sitrep::sql
