// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions of texts, as PostgreSQL's. Positions and lengths count characters (UTF-8 code
// points). Where PostgreSQL raises an error (negative count, field 0) the row cannot be computed;
// neither can one whose text would grow beyond kGrownBytesMax.
//
//   lower, upper, initcap                       letters: see letter_case.h
//   length, char_length, character_length, octet_length, bit_length, ascii
//   btrim, ltrim, rtrim(text[, characters])     TRIM(BOTH … FROM …) is parsed as btrim
//   substring, substr(text, from[, count]), left, right, split_part
//   position, strpos(text, part), starts_with(text, prefix)
//   replace, repeat, reverse, lpad, rpad(text, length[, fill])
//   concat(text, …), concat_ws(separator, text, …)      nulls are left out
//
// Thread-compatible.

#include <cstddef>

namespace sitrep {

class FunctionRegistry;

namespace sql {

/// A function may make a text longer up to here: repeat('x', 1000000000) in a job would otherwise
/// take the machine's memory row by row.
inline constexpr std::size_t kGrownBytesMax = 1024 * 1024;

void add_text_scalars(FunctionRegistry& registry);
/// The part of them that gives pieces of a text (substring, trims, split_part).
void add_text_pieces(FunctionRegistry& registry);
/// The part of them that writes new texts (replace, repeat, lpad).
void add_text_makers(FunctionRegistry& registry);
/// concat and concat_ws; of texts only, the binder casts the others.
void add_text_joiners(FunctionRegistry& registry);

}  // namespace sql
}  // namespace sitrep
