// SPDX-License-Identifier: Apache-2.0
#pragma once
// The sections of a job file, each read from its node. A section that is wrong complains and still
// gives what could be read, so that one run shows all complaints. Used by parse_job alone.
// Thread-safe.

#include <string>
#include <vector>

#include "config/config_node.h"
#include "config/error_list.h"
#include "config/job_spec.h"

namespace sitrep {

/// The table that the commands of flood control are kept in.
inline constexpr std::string_view kFloodCommandsTable = "flood_commands";

/// Topics for late rows and dead letters that the job file does not name are made when they do not
/// exist, so that a first job runs without preparations.
inline constexpr int kUnnamedTopicPartitions = 1;

SourceSpec parse_source(const PlacedText& name, const ConfigNode& node, ErrorList& errors);
TableSpec parse_table(const PlacedText& name, const ConfigNode& node, ErrorList& errors);
/// `time:`; what it does not say is as in `defaults`. `place` is that of the source, for a `node`
/// that is null.
TimeSpec parse_time(const ConfigNode* node, SourcePlace place, ErrorList& errors,
                    TimeSpec defaults = {});
/// The `columns:` of a source.
std::vector<ColumnDeclaration> parse_columns(const ConfigNode& node, ErrorList& errors);
/// `job`: its name, which default topics derive from.
StreamSpec parse_stream(const PlacedText& name, const ConfigNode& node, const std::string& job,
                        ErrorList& errors);
AlertSpec parse_alert(const PlacedText& name, const ConfigNode& node, const std::string& job,
                      ErrorList& errors);

/// `flood_control:`; the table of its commands becomes one of `tables`.
FloodSpec parse_flood(const ConfigNode& node, std::vector<TableSpec>& tables, ErrorList& errors);
/// info, warning, critical.
std::optional<AlertSeverity> read_severity(const ConfigNode& node, ErrorList& errors);

/// Whose rows an output gets: those of an alert can be written as more than their columns.
enum class RowsOf { kStream, kAlert };
/// One `to:` or a list of them; none when `node` is null.
std::vector<SinkSpec> parse_sinks(const ConfigNode* node, RowsOf rows, ErrorList& errors);
/// `cap:` of a `to:`.
CapSpec parse_cap(const ConfigNode& node, ErrorList& errors);
/// `late:`, or what holds without it when `node` is null.
LateSpec parse_late(const ConfigNode* node, const std::string& job, ErrorList& errors);
/// `create: {partitions: n}`; nothing when `node` is null.
std::optional<int> parse_create(const ConfigNode* node, ErrorList& errors);

}  // namespace sitrep
