// SPDX-License-Identifier: Apache-2.0
#include "cli/tail_command.h"

#include <unistd.h>

#include <string_view>
#include <utility>

#include "cli/topic_reader.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kWait = 50 * kMicrosPerMilli;

void append_escaped(std::string& out, std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
      continue;
    }
    out += "\\x";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xfU];
  }
}

void append_escaped(std::string& out, std::optional<std::string_view> text) {
  if (text) append_escaped(out, *text);
  else out += '-';
}

}  // namespace

std::string format_record(PartitionId partition, const RecordView& record) {
  std::string line = concat(partition, ":", record.offset, "\t");
  append_escaped(line, record.key);
  line += '\t';
  append_escaped(line, record.value);
  char separator = '\t';
  for (const HeaderView& header : record.headers) {
    line += separator;
    append_escaped(line, header.name);
    line += '=';
    append_escaped(line, header.value);
    separator = ' ';
  }
  return line;
}

Result<void> tail(const TailOptions& options, const StopFlag& stop, std::ostream& out) {
  const SystemClock clock;
  KafkaOptions kafka;
  kafka.brokers = options.brokers;
  kafka.sole_reader = true;  // a group of its own: nothing to share, nothing to wait for
  ASSIGN_OR_RETURN(const auto log, open_kafka_log(std::move(kafka), clock));
  ASSIGN_OR_RETURN(const auto reader,
                   TopicReader::open(*log, {.group = concat("sitrep-tail-", ::getpid()),
                                            .topics = {options.topic},
                                            .from_start = options.from_start}));
  std::uint64_t count = 0;
  const auto done = [&] { return options.count && count >= *options.count; };
  while (!stop.requested() && !done()) {
    ASSIGN_OR_RETURN(const std::size_t read,
                     reader->read(kWait, [&](const TopicPartition& origin,
                                             const RecordView& record) {
                       if (done()) return;
                       ++count;
                       out << format_record(origin.partition, record) << '\n';
                     }));
    if (read > 0) out.flush();
    if (!out) break;  // `| head` is a way to end
  }
  return {};
}

}  // namespace sitrep
