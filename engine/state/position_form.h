// SPDX-License-Identifier: Apache-2.0
#pragma once
// The binary form of a task's position, the same in deltas and in the image (docs/formats.md):
//
//   position := epoch:varint count:varint input*
//   input    := topic:text partition:varint next:zigzag end:varint
//
// Thread-safe.

#include <string>

#include "engine/state/binary.h"
#include "engine/state/task_id.h"

namespace sitrep {

void append_position(std::string& out, const TaskPosition& position);
/// Fails the reader when there is none.
TaskPosition read_position(BinaryReader& in);
/// A partition number as a varint; fails the reader when it is not one.
PartitionId read_partition(BinaryReader& in);

}  // namespace sitrep
