// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <string_view>

#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string decimal(double value, int digits) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string seconds_text(Micros duration) {
  return decimal(static_cast<double>(duration) / kMicrosPerSecond, 1) + " s";
}

std::string latency_text(Micros duration) {
  return decimal(static_cast<double>(duration) / kMicrosPerMilli, duration < 10'000 ? 1 : 0) +
         " ms";
}

std::string rate_text(double rate) { return decimal(rate, 0); }

/// 10:15:04 of a time in UTC.
std::string time_of_day(Micros time) { return format_timestamp(time).substr(11, 8); }

std::string_view colour(const AlertNews& alert) {
  if (alert.change == "cleared") return kGreen;
  return alert.severity == "critical" ? kRed : alert.severity == "warning" ? kYellow : kPlain;
}

/// Collects the lines of a frame.
class Screen {
 public:
  explicit Screen(ScreenSize size) : size_(size), text_(kHome) {}

  void line(std::string_view text, std::string_view style = {}) {
    if (lines_ + 1 >= size_.lines) return;  // the last line would scroll the screen
    ++lines_;
    text_ += style;
    text_ += cut(text, size_.columns);
    if (!style.empty()) text_ += kPlain;
    text_ += kClearLine;
    text_ += '\n';
  }
  std::string take() {
    text_ += kClearBelow;
    return std::move(text_);
  }

 private:
  const ScreenSize size_;
  std::size_t lines_ = 0;
  std::string text_;
};

void add_jobs(const DemoFigures& figures, Screen& screen) {
  screen.line("job       rows/s      rows  late  dead letters    lag  watermark", kBold);
  for (const JobFigures& job : figures.jobs) {
    const std::string watermark = !job.ready ? "joining the group"
                                  : job.watermark_behind
                                      ? seconds_text(*job.watermark_behind) + " behind"
                                      : "-";
    screen.line(concat(pad_right(job.job, 8), pad_left(rate_text(job.rows_per_second), 8),
                       pad_left(concat(job.rows), 10), pad_left(concat(job.late), 6),
                       pad_left(concat(job.dead_letters), 14), pad_left(concat(job.lag), 7), "  ",
                       watermark));
  }
}

void add_alerts(const DemoNews& news, Micros now, Screen& screen) {
  screen.line("");
  screen.line(concat("open alerts: ", news.open().size()), kBold);
  std::vector<const AlertNews*> open;
  for (const auto& [key, alert] : news.open()) open.push_back(&alert);
  std::sort(open.begin(), open.end(),
            [](const AlertNews* a, const AlertNews* b) { return a->at > b->at; });
  static constexpr std::size_t kOpenMax = 8;
  if (open.size() > kOpenMax) open.resize(kOpenMax);
  for (const AlertNews* alert : open) {
    const Micros seconds = std::max<Micros>(0, now - alert->at) / kMicrosPerSecond;
    screen.line(concat("  ", pad_right(alert->severity, 9), pad_left(concat(seconds), 4), " s  ",
                       alert->text),
                colour(*alert));
  }
  screen.line("");
  screen.line("newest changes", kBold);
  for (const AlertNews& alert : news.newest()) {
    screen.line("  " + render_alert(alert), colour(alert));
  }
}

/// A value of a summary, for a glance: times of day, two decimals.
std::string short_value(std::string_view value) {
  static constexpr std::size_t kTimestampSize = 24;
  if (value.size() == kTimestampSize && value[10] == 'T') return std::string(value.substr(11, 8));
  const std::size_t point = value.find('.');
  return std::string(value.substr(0, point == std::string_view::npos ? point : point + 3));
}

/// ` camp river asset river-gen-1 …` of a JSON object without nesting and without commas in texts:
/// the summaries of our own jobs.
std::string short_row(std::string_view row) {
  std::string plain(row);
  std::erase_if(plain, [](char c) { return c == '"' || c == '{' || c == '}'; });
  std::string text;
  for (std::string_view rest = plain; !rest.empty();) {
    const std::string_view field = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || field.starts_with("window_start")) continue;
    text += concat(" ", field.substr(0, colon), " ", short_value(field.substr(colon + 1)));
  }
  return text;
}

std::string latency_line(const DemoNews& news) {
  const auto p50 = news.latency(0.5);
  const auto p99 = news.latency(0.99);
  if (!p50 || !p99) return "not measured yet";
  return concat("p50 ", latency_text(*p50), ", p99 ", latency_text(*p99));
}

}  // namespace

JobFigures read_figures(const JobPlan& plan, const MetricsRegistry& metrics, Micros now,
                        const JobFigures& before, Micros elapsed) {
  std::set<std::string> streams;  // alerts count the same late rows again
  for (const StreamPlan& stream : plan.streams) streams.insert(stream.name);
  JobFigures figures;
  figures.job = plan.spec.job.value;
  double slowest = 0;
  for (const MetricSample& sample : metrics.samples()) {
    const auto count = static_cast<std::uint64_t>(std::max(0.0, sample.value));
    if (sample.name == "sitrep_rows_total") figures.rows += count;
    if (sample.name == "sitrep_dead_letters_total") figures.dead_letters += count;
    if (sample.name == "sitrep_lag_records") figures.lag += count;
    if (sample.name == "sitrep_late_rows_total") {
      const auto stream = sample.labels.find("stream");
      if (stream != sample.labels.end() && streams.contains(stream->second)) figures.late += count;
    }
    if (sample.name == "sitrep_watermark_seconds" && sample.value > 0 &&
        (slowest == 0 || sample.value < slowest)) {
      slowest = sample.value;
    }
  }
  if (slowest > 0) {
    figures.watermark_behind = now - static_cast<Micros>(slowest * kMicrosPerSecond);
  }
  if (elapsed > 0 && figures.rows >= before.rows) {
    figures.rows_per_second =
        static_cast<double>(figures.rows - before.rows) * kMicrosPerSecond /
        static_cast<double>(elapsed);
  }
  return figures;
}

std::string kcat_line(const std::string& brokers, const std::string& topic) {
  return concat("kcat -b ", brokers, " -C -q -t ", topic);
}

std::string render_screen(const DemoFigures& figures, const DemoNews& news, Micros now,
                          ScreenSize size) {
  Screen screen(size);
  screen.line(concat("sitrep demo, ", figures.elapsed / kMicrosPerSecond, " s, ",
                     figures.records_sent, " records sent, row to result ", latency_line(news),
                     "  (Ctrl-C ends)"),
              kBold);
  for (const std::string& topic : figures.alert_topics) {
    screen.line("  " + kcat_line(figures.brokers, topic));
  }
  screen.line("");
  add_jobs(figures, screen);
  add_alerts(news, now, screen);
  screen.line("");
  screen.line("newest summaries", kBold);
  for (const auto& [topic, row] : news.summaries()) {
    screen.line(concat("  ", topic, ":", short_row(row)));
  }
  return screen.take();
}

std::string render_alert(const AlertNews& alert) {
  return concat(time_of_day(alert.at), " ", pad_right(alert.severity, 8), " ",
                alert.change, alert.change == "raised" ? "  " : " ", alert.alert, ": ", alert.text);
}

std::string render_status(const DemoFigures& figures, const DemoNews& news) {
  std::string line = concat("status after ", figures.elapsed / kMicrosPerSecond, " s:");
  for (const JobFigures& job : figures.jobs) {
    line += concat(" ", job.job, " ", rate_text(job.rows_per_second), " rows/s");
    if (job.watermark_behind) {
      line += concat(", watermark ", seconds_text(*job.watermark_behind), " behind");
    }
    line += ';';
  }
  line += concat(" open alerts ", news.open().size(), "; row to result ", latency_line(news));
  return line;
}

std::string render_summary(const DemoFigures& figures, const DemoNews& news,
                           std::optional<Micros> first_alert_after, std::size_t memory_bytes_max) {
  JobFigures all;
  for (const JobFigures& job : figures.jobs) {
    all.rows += job.rows;
    all.dead_letters += job.dead_letters;
    all.late += job.late;
  }
  const double seconds =
      std::max(1e-3, static_cast<double>(figures.elapsed) / kMicrosPerSecond);
  std::string text = concat(
      "summary of ", decimal(seconds, 1), " s\n  records in         ", figures.records_sent,
      "\n  rows               ", all.rows, " (",
      decimal(static_cast<double>(all.rows) / seconds, 0),
      " rows/s)\n  dead letters       ", all.dead_letters, "\n  late rows          ", all.late,
      "\n  alerts             ", news.raised(), " raised, ", news.cleared(), " cleared, ",
      news.open().size(), " open");
  if (first_alert_after) text += concat(", the first after ", seconds_text(*first_alert_after));
  text += concat("\n  row to result      ", latency_line(news), " (", news.latencies(),
                 " rows passed on)\n  memory at most     ",
                 decimal(static_cast<double>(memory_bytes_max) / (1 << 20), 0),
                 " MiB, the embedded broker included\n");
  return text;
}

}  // namespace sitrep
