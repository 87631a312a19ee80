// SPDX-License-Identifier: Apache-2.0
#pragma once
// The only place that knows the YAML library: one document in, a ConfigNode tree with places out.
// What is nested too deeply, or grows too large when its aliases are expanded, is refused here.
// Thread-safe.

#include <cstddef>
#include <optional>

#include "config/config_node.h"
#include "config/error_list.h"
#include "config/interpolation.h"
#include "config/source_text.h"

namespace sitrep {

/// Levels of nesting, values, and bytes of text that a job file may have after the expansion of
/// aliases. Twenty thousand values are some two thousand columns.
inline constexpr int kConfigDepthMax = 32;
inline constexpr std::size_t kConfigNodesMax = 20'000;
inline constexpr std::size_t kConfigTextBytesMax = 2U << 20U;

/// Reads one YAML document. Complains about syntax, duplicate keys, unset variables; returns
/// nothing when there is no tree to go on with.
std::optional<ConfigNode> read_yaml(const SourceText& source, const Environment& environment,
                                    ErrorList& errors);

}  // namespace sitrep
