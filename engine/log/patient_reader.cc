// SPDX-License-Identifier: Apache-2.0
#include "engine/log/patient_reader.h"

#include <utility>

#include "engine/base/logging.h"

namespace sitrep {
namespace {

/// Refusals in a row of what the log says it has.
constexpr int kRefusalsMax = 3;

class PatientReader final : public PartitionReader {
 public:
  PatientReader(Log& log, TopicPartition partition, std::unique_ptr<PartitionReader> reader)
      : log_(log), partition_(std::move(partition)), reader_(std::move(reader)) {}

  Result<void> read(std::size_t records_max, RecordBatch& out) override {
    const Offset before = position();
    if (must_reopen_) TRY(reopen());
    if (auto read = reader_->read(records_max, out); !read) {
      Error error = std::move(read).error();
      return error.retriable() ? Result<void>(std::move(error)) : serve_refusal(std::move(error));
    }
    if (position() > before) refusals_ = 0;
    return {};
  }
  Offset position() const override { return reader_->position(); }
  std::optional<Offset> known_end() const override { return reader_->known_end(); }

 private:
  Result<void> serve_refusal(Error error) {
    must_reopen_ = true;
    ASSIGN_OR_RETURN(const OffsetRange range, log_.offset_range(partition_));
    // Not by its end: behind that lie records of transactions that are not decided yet.
    if (position() < range.begin || ++refusals_ > kRefusalsMax) return error;
    log_debug(error.message(), "; it has ", range.begin, " to ", range.end, ": reading on");
    return reopen();
  }
  Result<void> reopen() {
    ASSIGN_OR_RETURN(reader_, log_.open_reader({.partition = partition_, .offset = position()}));
    must_reopen_ = false;
    return {};
  }

  Log& log_;
  const TopicPartition partition_;
  std::unique_ptr<PartitionReader> reader_;
  bool must_reopen_ = false;
  int refusals_ = 0;
};

}  // namespace

Result<std::unique_ptr<PartitionReader>> open_patient_reader(Log& log, const StartPosition& start) {
  ASSIGN_OR_RETURN(auto reader, log.open_reader(start));
  return std::unique_ptr<PartitionReader>(
      std::make_unique<PatientReader>(log, start.partition, std::move(reader)));
}

}  // namespace sitrep
