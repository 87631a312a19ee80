// SPDX-License-Identifier: Apache-2.0
#include "engine/log/format.h"

#include "engine/base/ensure.h"

namespace sitrep {

std::string_view to_string(DeadLetterReason reason) {
  switch (reason) {
    case DeadLetterReason::kMalformed: return "malformed";
    case DeadLetterReason::kType: return "type";
    case DeadLetterReason::kRequired: return "required";
    case DeadLetterReason::kRange: return "range";
    case DeadLetterReason::kFuture: return "future";
  }
  ENSURE(false, "unknown DeadLetterReason");
}

}  // namespace sitrep
