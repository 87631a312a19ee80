// SPDX-License-Identifier: Apache-2.0
#include "config/explain.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/text.h"
#include "tests/unit/config/config_testing.h"

namespace sitrep {
namespace {

/// What differs between the jobs here: a silence rule over a stream of two sources.
struct Silence {
  std::string key;
  std::string time = "{}";
  std::string others_time = "{}";
  std::string partitioned_by = "camp";
};

/// What is said of the gateways of a silence rule.
std::string gateways_of(const Silence& job) {
  const auto source = [&](const std::string& name, const std::string& time) {
    return concat("  ", name, ":\n",
                  "    topic: fleet.", name, "\n"
                  "    columns: {note: text, camp: {type: text, required: true}, vehicle: text}\n"
                  "    partitioned_by: ", job.partitioned_by, "\n",
                  "    time: ", time, "\n");
  };
  const ParseAttempt attempt = attempt_parse(
      concat("job: fleet\n"
             "kafka: {brokers: localhost}\n"
             "sources:\n",
             source("telemetry", job.time), source("heartbeats", job.others_time),
             "streams:\n"
             "  heard:\n"
             "    sql: |\n"
             "      SELECT vehicle, camp FROM telemetry\n"
             "      UNION ALL SELECT vehicle, camp FROM heartbeats\n"
             "alerts:\n"
             "  silence:\n"
             "    from: heard\n"
             "    key: ", job.key, "\n",
             "    silent_after: 10min\n"
             "    text: nothing\n"
             "    to: {topic: alerts}\n"));
  EXPECT_EQ(attempt.errors, "");
  FunctionRegistry functions;
  sql::add_builtin_functions(functions);
  std::vector<ConfigError> errors;
  const auto plan = plan_job(*attempt.job, functions, errors);
  EXPECT_EQ(to_string(errors), "");
  if (!plan) return "";
  static constexpr std::string_view kLabel = "    gateway       ";
  const std::string said = explain(*plan);
  const std::size_t at = said.find(kLabel);
  if (at == std::string::npos) return "";
  const std::size_t text = at + kLabel.size();
  return said.substr(text, said.find('\n', text) - text);
}

TEST(Explain, a_gateway_is_what_has_a_clock) {
  const std::string per_camp = "{clock: {per: camp}}";
  EXPECT_EQ(gateways_of({.key = "[camp, vehicle]", .time = per_camp, .others_time = per_camp}),
            "per camp: silent as a whole it is one alert, with the cause 'gateway silent', and "
            "none of its keys is raised");
  EXPECT_EQ(gateways_of({.key = "camp", .time = per_camp, .others_time = per_camp}),
            "each key is one: its alerts have the cause 'gateway silent'");
}

TEST(Explain, without_such_a_column_it_is_the_partition_that_the_rule_reads) {
  EXPECT_EQ(gateways_of({.key = "[camp, vehicle]"}),
            "per partition of heard: silent as a whole it is one alert, with the cause 'gateway "
            "silent', and none of its keys is raised");
  EXPECT_EQ(gateways_of({.key = "vehicle"}),
            "per partition of fleet.silence.repartition: silent as a whole it is one alert, with "
            "the cause 'gateway silent', and none of its keys is raised");
}

TEST(Explain, a_clock_that_is_never_idle_is_no_silent_gateway) {
  EXPECT_EQ(gateways_of({.key = "camp",
                         .time = "{clock: {per: camp}}",
                         .others_time = "{clock: {per: camp}, idle_after: never}"}),
            "none that source heartbeats has rows of is silent as a whole: its 'idle_after' is "
            "never");
}

}  // namespace
}  // namespace sitrep
