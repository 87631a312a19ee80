// SPDX-License-Identifier: Apache-2.0
#include "engine/state/position_form.h"

#include <limits>

#include "engine/base/ensure.h"

namespace sitrep {

void append_position(std::string& out, const TaskPosition& position) {
  append_varint(out, position.epoch.value());
  append_varint(out, position.inputs.size());
  for (const InputPosition& input : position.inputs) {
    ENSURE(input.partition.partition.value() >= 0, "a partition has a number from 0 on");
    append_counted(out, input.partition.topic);
    append_varint(out, static_cast<std::uint64_t>(input.partition.partition.value()));
    append_zigzag(out, input.next.value());
    // 0: none.
    append_varint(out, input.end ? static_cast<std::uint64_t>(input.end->value()) + 1 : 0);
  }
}

TaskPosition read_position(BinaryReader& in) {
  TaskPosition position{.epoch = Epoch(in.varint()), .inputs = {}};
  const std::size_t inputs = in.count();
  for (std::size_t n = 0; n < inputs && in.ok(); ++n) {
    InputPosition& input = position.inputs.emplace_back();
    input.partition.topic = in.sized();
    input.partition.partition = read_partition(in);
    input.next = Offset(in.zigzag());
    const std::uint64_t end = in.varint();
    if (end > std::uint64_t{1} << 63) in.fail();
    if (in.ok() && end > 0) input.end = Offset(static_cast<std::int64_t>(end - 1));
  }
  return position;
}

PartitionId read_partition(BinaryReader& in) {
  const std::uint64_t number = in.varint();
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) in.fail();
  return PartitionId(in.ok() ? static_cast<std::int32_t>(number) : 0);
}

}  // namespace sitrep
