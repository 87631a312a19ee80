// SPDX-License-Identifier: Apache-2.0
#pragma once
// The columns of a record of any alert: what rules write, what a job file's sinks are checked
// against, and what whoever shows alerts reads. Thread-safe.

#include "engine/data/schema.h"

namespace sitrep {

/// id (text), revision (bigint), alert, key, group, state, change (text), at, since, raised_at
/// (timestamp), severity, text, advice, labels, cause, by, rule_version, parameters_version (text).
const Schema& alert_schema();

/// The columns of a command about alerts: target (text), shelve_until (timestamp), acknowledge
/// (boolean), by, reason (text).
const Schema& alert_commands_schema();

}  // namespace sitrep
