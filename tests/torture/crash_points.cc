// SPDX-License-Identifier: Apache-2.0
#include "tests/torture/crash_points.h"

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// Does not return.
void die(std::string_view where) {
  log_warning("crashing ", where);
  std::raise(SIGKILL);
}

class CrashingWriter final : public LogWriter {
 public:
  CrashingWriter(CrashPoint point, std::size_t epoch, std::unique_ptr<LogWriter> writer)
      : point_(point), epoch_(epoch), writer_(std::move(writer)) {}

  Result<TopicId> open_topic(const std::string& topic) override {
    return writer_->open_topic(topic);
  }
  Result<void> begin() override { return writer_->begin(); }
  Result<void> append(const OutputBatch& batch) override { return writer_->append(batch); }
  /// The committer appends located what the state log gets, once per epoch.
  Result<std::vector<Offset>> append_located(const OutputBatch& batch) override {
    if (point_ == CrashPoint::kBeforePrepare && due()) die("before the state is stored");
    return writer_->append_located(batch);
  }
  Result<void> commit(std::span<const CommittedPosition> positions,
                      const Generation& generation) override {
    if (positions.empty()) return writer_->commit(positions, generation);
    if (point_ == CrashPoint::kBeforeCommit && due()) die("before the commit");
    ++epochs_;
    TRY(writer_->commit(positions, generation));
    if (point_ == CrashPoint::kAfterCommit && epochs_ >= epoch_) die("after the commit");
    return {};
  }
  Result<void> abort() override { return writer_->abort(); }

 private:
  bool due() const { return epochs_ + 1 >= epoch_; }

  const CrashPoint point_;
  const std::size_t epoch_;
  const std::unique_ptr<LogWriter> writer_;
  std::size_t epochs_ = 0;
};

class CrashingLog final : public Log {
 public:
  CrashingLog(CrashPoint point, std::size_t epoch, std::unique_ptr<Log> log)
      : point_(point), epoch_(epoch), log_(std::move(log)) {}

  Result<std::optional<std::int32_t>> partition_count(const std::string& topic) override {
    return log_->partition_count(topic);
  }
  Result<void> create_topic(const std::string& topic, const TopicOptions& options) override {
    return log_->create_topic(topic, options);
  }
  Result<OffsetRange> offset_range(const TopicPartition& partition) override {
    return log_->offset_range(partition);
  }
  Result<Offset> written_end(const TopicPartition& partition) override {
    return log_->written_end(partition);
  }
  Result<std::map<std::string, std::string>> topic_settings(const std::string& topic) override {
    return log_->topic_settings(topic);
  }
  Result<std::unique_ptr<PartitionReader>> open_reader(const StartPosition& start) override {
    return log_->open_reader(start);
  }
  Result<void> trim(const TopicPartition& partition, Offset before) override {
    return log_->trim(partition, before);
  }
  bool keeps_state() const override { return log_->keeps_state(); }
  Result<std::string> identity() override { return log_->identity(); }
  Result<std::unique_ptr<GroupReader>> join(const GroupOptions& options) override {
    return log_->join(options);
  }
  Result<std::unique_ptr<LogWriter>> open_writer(const WriterOptions& options) override {
    ASSIGN_OR_RETURN(auto writer, log_->open_writer(options));
    return std::unique_ptr<LogWriter>(
        std::make_unique<CrashingWriter>(point_, epoch_, std::move(writer)));
  }
  std::string description() const override { return log_->description(); }

 private:
  const CrashPoint point_;
  const std::size_t epoch_;
  const std::unique_ptr<Log> log_;
};

}  // namespace

Result<CrashPoint> crash_point_named(std::string_view name) {
  if (name == "none") return CrashPoint::kNone;
  if (name == "before_prepare") return CrashPoint::kBeforePrepare;
  if (name == "before_commit") return CrashPoint::kBeforeCommit;
  if (name == "after_commit") return CrashPoint::kAfterCommit;
  return invalid_config(concat("no crash point '", name,
                               "'; expected none, before_prepare, before_commit or after_commit"));
}

std::unique_ptr<Log> crash_at(CrashPoint point, std::size_t epoch, std::unique_ptr<Log> log) {
  return std::make_unique<CrashingLog>(point, epoch, std::move(log));
}

}  // namespace sitrep
