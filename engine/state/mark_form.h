// SPDX-License-Identifier: Apache-2.0
#pragma once
// The binary form of incarnations and marks, the same in the image, in state records and in what is
// committed (docs/formats.md):
//
//   incarnation := log:u64 id:16 bytes
//   mark        := incarnation next:varint
//
// Functions only; thread-safe.

#include <string>

#include "engine/state/binary.h"
#include "engine/state/task_id.h"

namespace sitrep {

void append_incarnation(std::string& out, const Incarnation& incarnation);
/// Fails the reader when there is none.
Incarnation read_incarnation(BinaryReader& in);
/// An offset from 0 on.
void append_offset(std::string& out, Offset offset);
Offset read_offset(BinaryReader& in);
void append_mark(std::string& out, const StateMark& mark);
StateMark read_mark(BinaryReader& in);

}  // namespace sitrep
