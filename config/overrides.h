// SPDX-License-Identifier: Apache-2.0
#pragma once
// `--set path=value`: changes a job file's tree before it is checked. The path names keys from the
// top (`sources.telemetry.start`, `streams.summary.to.0.topic`); the value is YAML. Keys that are
// absent are made, so that a wrong one is found like any other unknown key; a source, stream or
// alert that is absent is an error at once. Behind `kafka.properties.` all is one key, dots
// included. Thread-safe.

#include <span>
#include <string>

#include "config/config_node.h"
#include "config/error_list.h"
#include "config/interpolation.h"

namespace sitrep {

void apply_overrides(std::span<const std::string> overrides, const Environment& environment,
                     ConfigNode& root, ErrorList& errors);

}  // namespace sitrep
