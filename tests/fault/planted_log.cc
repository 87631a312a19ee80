// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/planted_log.h"

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep {

class PlantedLog::Group final : public GroupReader {
 public:
  Group(PlantedLog& owner, std::unique_ptr<GroupReader> inner)
      : owner_(owner), inner_(std::move(inner)) {}

  Result<std::optional<AssignmentChange>> poll(Micros wait) override { return inner_->poll(wait); }
  Result<std::vector<std::optional<CommittedOffset>>> committed(
      std::span<const TopicPartition> partitions) override {
    auto answer = inner_->committed(partitions);
    if (!answer || owner_.bug_ != PlantedBug::kRestoreToLastStable) return answer;
    for (std::size_t i = 0; i < answer->size(); ++i) {
      if (!(*answer)[i]) continue;
      CommitMetadata metadata = decode_commit_metadata((*answer)[i]->metadata).value();
      for (StageCommit& stage : metadata.stages) {
        const auto range =
            owner_.log_.offset_range({"sim.rows.state", partitions[i].partition}).value();
        stage.mark.next = std::min(stage.mark.next, range.end);
      }
      (*answer)[i]->metadata = encode_commit_metadata(metadata);
    }
    return answer;
  }
  Result<std::vector<std::unique_ptr<PartitionReader>>> assign(
      std::span<const StartPosition> starts) override {
    return inner_->assign(starts);
  }
  Result<void> unassign() override { return inner_->unassign(); }
  Result<void> leave() override { return inner_->leave(); }

 private:
  PlantedLog& owner_;
  const std::unique_ptr<GroupReader> inner_;
};

class PlantedLog::Writer final : public LogWriter {
 public:
  Writer(PlantedLog& owner, const WriterOptions& options)
      : owner_(owner),
        options_(options),
        inner_(owner.log_.open_writer(options).value()),
        positions_(owner.log_
                       .open_writer({.group = options.group,
                                     .instance = options.instance + ".positions",
                                     .transactional = true})
                       .value()),
        outside_(owner.log_.open_writer({.group = options.group, .instance = options.instance})
                     .value()) {}

  Result<TopicId> open_topic(const std::string& topic) override {
    ASSIGN_OR_RETURN(const TopicId number, inner_->open_topic(topic));
    ASSIGN_OR_RETURN([[maybe_unused]] const TopicId same, outside_->open_topic(topic));
    topics_.push_back(topic);
    return number;
  }
  Result<void> begin() override { return inner_->begin(); }
  Result<void> append(const OutputBatch& batch) override { return inner_->append(batch); }
  Result<std::vector<Offset>> append_located(const OutputBatch& batch) override {
    if (owner_.bug_ != PlantedBug::kStateOutsideTransaction) return inner_->append_located(batch);
    // Where they will lie is no secret: nobody else writes there.
    std::vector<Offset> offsets;
    std::map<TopicPartition, std::int64_t> ahead;
    for (const OutputRecord& record : batch.records()) {
      const TopicPartition partition{topics_[record.topic.value()], *record.partition};
      ASSIGN_OR_RETURN(const OffsetRange range, owner_.log_.offset_range(partition));
      offsets.push_back(range.end + ahead[partition]++);
      later_.append(record);
    }
    return offsets;
  }
  Result<void> commit(std::span<const CommittedPosition> positions,
                      const Generation& generation) override {
    switch (owner_.bug_) {
      case PlantedBug::kOffsetsBeforeState:
        TRY(positions_->commit(positions, generation));
        owner_.between_();
        return inner_->commit({}, {});
      case PlantedBug::kStateOutsideTransaction: {
        TRY(inner_->commit(positions, generation));
        owner_.between_();
        ASSIGN_OR_RETURN([[maybe_unused]] const auto offsets, outside_->append_located(later_));
        later_ = OutputBatch();
        return {};
      }
      case PlantedBug::kGenerationAtCommit:
        return inner_->commit(positions,
                              owner_.log_.current_generation(options_.group, options_.instance));
      default: return inner_->commit(positions, generation);
    }
  }
  Result<void> abort() override {
    later_ = OutputBatch();
    TRY(positions_->abort());
    return inner_->abort();
  }

 private:
  PlantedLog& owner_;
  const WriterOptions options_;
  const std::unique_ptr<LogWriter> inner_;
  const std::unique_ptr<LogWriter> positions_;
  const std::unique_ptr<LogWriter> outside_;
  std::vector<std::string> topics_;
  OutputBatch later_;
};

Result<void> PlantedLog::trim(const TopicPartition& partition, Offset before) {
  if (bug_ == PlantedBug::kTrimBehindImage) {
    for (const auto& record : log_.records(partition)) {
      const auto head = decode_state_head(record.key.value_or(""));
      if (head && head->kind == StateRecordKind::kSnapshotChunk && head->chunk == 0 &&
          record.offset >= before) {
        before = record.offset;
      }
    }
  }
  return log_.trim(partition, before);
}

Result<std::unique_ptr<GroupReader>> PlantedLog::join(const GroupOptions& options) {
  ASSIGN_OR_RETURN(auto inner, log_.join(options));
  return std::unique_ptr<GroupReader>(std::make_unique<Group>(*this, std::move(inner)));
}

Result<std::unique_ptr<LogWriter>> PlantedLog::open_writer(const WriterOptions& options) {
  return std::unique_ptr<LogWriter>(std::make_unique<Writer>(*this, options));
}

}  // namespace sitrep
