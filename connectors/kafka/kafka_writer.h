// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes epochs to Kafka at least once: records are on their way from append() on, commit() waits
// until all of them are acknowledged and then commits the positions, abort() drops those that are
// not. After a failure the caller aborts and writes the epoch again; a producer that can never
// write again is replaced at begin(). Used only by the committer.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/group_positions.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "connectors/kafka/record_sender.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

class KafkaWriter final : public LogWriter {
 public:
  /// Waits for no broker. `clock` outlives the writer. `member` is this process in the group, null
  /// when it is in none.
  static Result<std::unique_ptr<LogWriter>> open(const KafkaOptions& options,
                                                 const WriterOptions& writer_options,
                                                 const Clock& clock, SharedKafkaClient member);

  Result<TopicId> open_topic(const std::string& topic) override;
  Result<void> begin() override;
  Result<void> append(const OutputBatch& batch) override;
  Result<std::vector<Offset>> append_located(const OutputBatch& batch) override;
  Result<void> commit(std::span<const CommittedPosition> positions,
                      const Generation& generation) override;
  Result<void> abort() override;

 private:
  KafkaWriter() = default;

  std::unique_ptr<RecordSender> sender_;
  std::unique_ptr<GroupPositions> positions_;
};

}  // namespace sitrep
