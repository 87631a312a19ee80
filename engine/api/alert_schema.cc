// SPDX-License-Identifier: Apache-2.0
#include "engine/api/alert_schema.h"

namespace sitrep {

const Schema& alert_schema() {
  static const Schema kAlert{{{"id", Type::kText},
                              {"revision", Type::kBigint},
                              {"alert", Type::kText},
                              {"key", Type::kText},
                              {"group", Type::kText},
                              {"state", Type::kText},
                              {"change", Type::kText},
                              {"at", Type::kTimestamp},
                              {"since", Type::kTimestamp},
                              {"raised_at", Type::kTimestamp},
                              {"severity", Type::kText},
                              {"text", Type::kText},
                              {"advice", Type::kText},
                              {"labels", Type::kText},
                              {"cause", Type::kText},
                              {"by", Type::kText},
                              {"rule_version", Type::kText},
                              {"parameters_version", Type::kText}}};
  return kAlert;
}

const Schema& alert_commands_schema() {
  static const Schema kCommands{{{"target", Type::kText},
                                 {"shelve_until", Type::kTimestamp},
                                 {"acknowledge", Type::kBoolean},
                                 {"by", Type::kText},
                                 {"reason", Type::kText}}};
  return kCommands;
}

}  // namespace sitrep
