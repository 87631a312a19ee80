// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_tokens.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>

#include "engine/base/ensure.h"

namespace sitrep {
namespace {

constexpr std::size_t kCapacityAtStart = std::size_t{64} << 10;
/// Capacity above this is given back after the message that needed it: 4 MiB of positions are kept.
constexpr std::size_t kCapacityKept = std::size_t{1} << 20;
/// Depth is ours to check; simdjson's second stage, which would use this, never runs.
constexpr std::size_t kUnusedDepth = 1;

}  // namespace

JsonTokens::JsonTokens() {
  const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
      kCapacityAtStart, kUnusedDepth, stage_);
  ENSURE(error == simdjson::SUCCESS, "simdjson has no parser for this machine");
}

JsonTokens::~JsonTokens() = default;

bool JsonTokens::grow(std::size_t text_bytes) {
  const bool too_small = stage_->capacity() < text_bytes;
  const bool too_large = stage_->capacity() > kCapacityKept && text_bytes <= kCapacityKept;
  if (!too_small && !too_large) return true;
  const std::size_t wanted = std::max(std::bit_ceil(text_bytes), kCapacityAtStart);
  return stage_->set_capacity(wanted) == simdjson::SUCCESS;
}

bool JsonTokens::scan(std::string_view text) {
  if (text.empty() || text.size() > kMessageBytesMax || !grow(text.size())) return false;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  return stage_->stage1(bytes, text.size(), simdjson::stage1_mode::regular) == simdjson::SUCCESS;
}

const std::uint32_t* JsonTokens::begin() const { return stage_->structural_indexes.get(); }

std::size_t JsonTokens::size() const { return stage_->n_structural_indexes; }

}  // namespace sitrep
