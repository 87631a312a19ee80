// SPDX-License-Identifier: Apache-2.0
#pragma once
// Commits input positions to a consumer group, so that Kafka's own tools show the lag. Positions
// kept with the state are the truth: commit() waits for no answer, what was not sent meanwhile goes
// with the next, the destructor waits a second for the last. A failure is logged, once per cause,
// and never stops an epoch. Used only by its writer's thread.

#include <map>
#include <memory>
#include <span>
#include <string>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

class ShownPositions {
 public:
  /// Commits as `member` of the group; without one as an outsider, which brokers take while the
  /// group is empty.
  static Result<std::unique_ptr<ShownPositions>> open(const KafkaOptions& options,
                                                      const std::string& group,
                                                      SharedKafkaClient member);
  ~ShownPositions();
  ShownPositions(const ShownPositions&) = delete;
  ShownPositions& operator=(const ShownPositions&) = delete;

  void commit(std::span<const CommittedPosition> positions);

 private:
  explicit ShownPositions(std::string group);
  void send_unsent();
  void take_answer(Micros wait);

  const std::string group_;
  std::map<TopicPartition, CommittedPosition> unsent_;
  /// One request at a time: a sick coordinator gets no queue of them.
  bool answer_due_ = false;
  rd_kafka_resp_err_t last_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  SharedKafkaClient client_;
  KafkaQueuePtr answers_;
};

}  // namespace sitrep
