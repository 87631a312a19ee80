// SPDX-License-Identifier: Apache-2.0
#include "cli/tail_command.h"

#include <unistd.h>

#include <utility>

#include "cli/terminal.h"
#include "cli/topic_reader.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kWait = 50 * kMicrosPerMilli;

}  // namespace

Result<void> tail(const TailOptions& options, const StopFlag& stop, std::ostream& out,
                  std::ostream& notes) {
  const SystemClock clock;
  KafkaOptions kafka;
  kafka.brokers = options.brokers;
  kafka.sole_reader = true;  // a group of its own: nothing to share, nothing to wait for
  ASSIGN_OR_RETURN(const auto log, open_kafka_log(std::move(kafka), clock));
  return tail(*log, clock, options, stop, out, notes);
}

Result<void> tail(Log& log, const Clock& clock, const TailOptions& options, const StopFlag& stop,
                  std::ostream& out, std::ostream& notes) {
  ASSIGN_OR_RETURN(const auto reader,
                   TopicReader::open(log, {.group = concat("sitrep-tail-", ::getpid()),
                                           .topics = {options.topic},
                                           .from_start =
                                               options.from_start || options.view.active}));
  TailView view(options.view, out, notes);
  const auto done = [&] {
    return view.listed() && options.count && view.shown() >= *options.count;
  };
  while (!stop.requested() && !done()) {
    if (options.terminal) view.set_columns(screen_size().columns);
    const Micros now = clock.now();
    ASSIGN_OR_RETURN(const std::size_t read,
                     reader->read(kWait, [&](const TopicPartition& origin,
                                             const RecordView& record) {
                       if (!done()) view.take(origin.partition, record, now);
                     }));
    const bool lists = !view.listed() && reader->caught_up();
    if (lists) view.list(now);
    if (read > 0 || lists) out.flush();
    if (!out) break;  // `| head` is a way to end
  }
  return {};
}

}  // namespace sitrep
