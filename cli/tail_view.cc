// SPDX-License-Identifier: Apache-2.0
#include "cli/tail_view.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/terminal.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

void append_bytes(std::string& out, std::optional<std::string_view> bytes) {
  if (bytes) append_escaped(out, *bytes);
  else out += '-';
}

}  // namespace

void TailView::take(PartitionId partition, const RecordView& record, Micros now) {
  const bool all = options_.filter.is_empty() && !options_.active;
  std::optional<TopicAlert> alert;
  if (!all || !options_.raw) alert = reader_.read(record);
  if (!alert && !all) return;
  if (!listed_) {
    open_.take(*std::move(alert));
    return;
  }
  if (alert && !options_.filter.passes(*alert)) return;
  ++shown_;
  if (!alert || options_.raw) {
    out_ << format_record(partition, record) << '\n';
    return;
  }
  columns_ = widen(columns_, *alert, now);
  show(*alert, now);
}

void TailView::list(Micros now) {
  std::vector<TopicAlert> alerts = open_.list();
  open_ = {};
  listed_ = true;
  const std::size_t up = alerts.size();
  std::erase_if(alerts, [&](const TopicAlert& alert) { return !options_.filter.passes(alert); });
  for (const TopicAlert& alert : alerts) columns_ = widen(columns_, alert, now);
  notes_ << summarize(alerts, up - alerts.size()) << std::endl;
  for (const TopicAlert& alert : alerts) show(alert, now);
}

void TailView::show(const TopicAlert& alert, Micros now) {
  out_ << format_alert(alert, now, columns_, options_.line) << '\n';
}

std::string format_record(PartitionId partition, const RecordView& record) {
  std::string line = concat(partition, ":", record.offset, "\t");
  append_bytes(line, record.key);
  line += '\t';
  append_bytes(line, record.value);
  char separator = '\t';
  for (const HeaderView& header : record.headers) {
    line += separator;
    append_escaped(line, header.name);
    line += '=';
    append_bytes(line, header.value);
    separator = ' ';
  }
  return line;
}

std::string summarize(const std::vector<TopicAlert>& alerts, std::size_t others) {
  std::string text = alerts.empty()       ? "no alerts are up"
                     : alerts.size() == 1 ? "1 alert is up"
                                          : concat(alerts.size(), " alerts are up");
  // The alerts come by severity.
  std::string_view separator = ": ";
  for (std::size_t first = 0; first < alerts.size();) {
    std::size_t last = first;
    while (last < alerts.size() && alerts[last].severity == alerts[first].severity) ++last;
    text += concat(separator, last - first, " ", escaped(alerts[first].severity));
    separator = ", ";
    first = last;
  }
  const auto suppressed = std::ranges::count(alerts, "suppressed", &TopicAlert::state);
  if (suppressed > 0) text += concat("; ", suppressed, " suppressed");
  if (others > 0) text += concat("; ", others, others == 1 ? " other is" : " others are",
                                 " not shown");
  return text;
}

}  // namespace sitrep
