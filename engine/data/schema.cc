// SPDX-License-Identifier: Apache-2.0
#include "engine/data/schema.h"

namespace sitrep {

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  return std::nullopt;
}

std::vector<std::string> Schema::names() const {
  std::vector<std::string> out;
  out.reserve(fields.size());
  for (const Field& field : fields) out.push_back(field.name);
  return out;
}

}  // namespace sitrep
