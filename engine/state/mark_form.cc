// SPDX-License-Identifier: Apache-2.0
#include "engine/state/mark_form.h"

#include <algorithm>
#include <limits>

#include "engine/base/ensure.h"

namespace sitrep {

void append_incarnation(std::string& out, const Incarnation& incarnation) {
  append_fixed(out, incarnation.log);
  out.append(incarnation.id.begin(), incarnation.id.end());
}

Incarnation read_incarnation(BinaryReader& in) {
  Incarnation incarnation{.log = in.fixed<std::uint64_t>(), .id = {}};
  const std::string_view id = in.bytes(incarnation.id.size());
  std::ranges::copy(id, incarnation.id.begin());
  return incarnation;
}

void append_offset(std::string& out, Offset offset) {
  ENSURE(offset.value() >= 0, "an offset is counted from 0 on");
  append_varint(out, static_cast<std::uint64_t>(offset.value()));
}

Offset read_offset(BinaryReader& in) {
  const std::uint64_t value = in.varint();
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) in.fail();
  return Offset(in.ok() ? static_cast<std::int64_t>(value) : 0);
}

void append_mark(std::string& out, const StateMark& mark) {
  append_incarnation(out, mark.incarnation);
  append_offset(out, mark.next);
}

StateMark read_mark(BinaryReader& in) {
  StateMark mark;
  mark.incarnation = read_incarnation(in);
  mark.next = read_offset(in);
  return mark;
}

}  // namespace sitrep
