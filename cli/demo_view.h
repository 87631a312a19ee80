// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the demonstration shows, as text: a screen that is redrawn in place, or single lines where
// there is no terminal, and the summary at the end. Functions only; thread-safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/demo_news.h"
#include "cli/terminal.h"
#include "engine/base/clock.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

/// A job at one moment.
struct JobFigures {
  std::string job;
  bool ready = false;
  std::uint64_t rows = 0;
  double rows_per_second = 0;
  std::uint64_t late = 0;
  std::uint64_t dead_letters = 0;
  std::uint64_t lag = 0;
  /// How far the slowest clock is behind now; nothing before the first row.
  std::optional<Micros> watermark_behind;
};

/// Reads figures from a job's metrics; `before` are those of `elapsed` ago, for the rate.
JobFigures read_figures(const JobPlan& plan, const MetricsRegistry& metrics, Micros now,
                        const JobFigures& before, Micros elapsed);

struct DemoFigures {
  Micros elapsed = 0;
  std::string brokers;
  std::vector<std::string> alert_topics;
  std::uint64_t records_sent = 0;
  std::vector<JobFigures> jobs;
};

/// `kcat -b HOST -C -t TOPIC …` for a topic of alerts.
std::string kcat_line(const std::string& brokers, const std::string& topic);

/// A frame for a terminal of this size, with the control sequences that put it over the last.
std::string render_screen(const DemoFigures& figures, const DemoNews& news, Micros now,
                          ScreenSize size);
/// 10:15:04 critical raised generator_overheating: north-gen-2: coolant at 103.1 °C
std::string render_alert(const AlertNews& alert);
/// One line: rates, watermarks, open alerts, latency.
std::string render_status(const DemoFigures& figures, const DemoNews& news);
/// The last lines.
std::string render_summary(const DemoFigures& figures, const DemoNews& news,
                           std::optional<Micros> first_alert_after, std::size_t memory_bytes_max);

}  // namespace sitrep
