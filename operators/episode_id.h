// SPDX-License-Identifier: Apache-2.0
#pragma once
// The name of one episode of an alert, from a raise to its clear: the same after a crash, a
// rebalance and a replay, because it is made from what the episode is (decision 0011).
// Thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/clock.h"

namespace sitrep {

/// 26 characters: 128 bits of XXH3 in base 32 (RFC 4648, lower case, without padding). `key` as
/// encode_group_key makes it; `raised_at` in event time; `before` tells episodes of a key apart
/// that were raised at the same instant: how many there were before.
std::string episode_id(std::string_view job, std::string_view alert, std::string_view key,
                       Micros raised_at, std::uint32_t before);

}  // namespace sitrep
