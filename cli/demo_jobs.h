// SPDX-License-Identifier: Apache-2.0
#pragma once
// config/jobs/*.yaml as they were when this program was built, so that the demonstration needs no
// files beside it. Thread-safe.

#include <string_view>

namespace sitrep {

/// config/jobs/<scenario>.yaml for camp and fleet; empty for any other name.
std::string_view demo_job_file(std::string_view scenario);

}  // namespace sitrep
