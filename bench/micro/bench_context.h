// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an operator needs to run by itself in a bench: state in memory, counters that nobody reads.
// Used only by its thread.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/operator.h"

namespace sitrep {

/// State and counters live as long as this.
class BenchContext final : public OperatorContext {
 public:
  Table& table(std::string_view purpose, std::unique_ptr<const RowCodec> codec) override {
    tables_.push_back(std::make_unique<Table>(Table::Options{
        .name = std::string(purpose), .codec = std::move(codec), .clocks = &clocks_}));
    return *tables_.back();
  }
  TimeQueue& time_queue(std::string_view purpose) override {
    queues_.push_back(std::make_unique<TimeQueue>(std::string(purpose), clocks_));
    return *queues_.back();
  }
  NumberedKeys& numbered_keys(std::string_view purpose) override {
    keys_.push_back(std::make_unique<NumberedKeys>(std::string(purpose), clocks_));
    return *keys_.back();
  }
  NumberedTimes& numbered_times(std::string_view purpose) override {
    times_.push_back(std::make_unique<NumberedTimes>(std::string(purpose)));
    return *times_.back();
  }
  RowQueue& row_queue(std::string_view purpose, const Schema& schema) override {
    row_queues_.push_back(std::make_unique<RowQueue>(std::string(purpose), schema, clocks_));
    return *row_queues_.back();
  }
  OperatorCounter& counter(std::string_view) override { return counter_; }
  const ClockTable& clocks() const override { return clocks_; }
  PartitionId partition() const override { return PartitionId(0); }
  const bool& caught_up() const override { return caught_up_; }

 private:
  struct NoCounter final : OperatorCounter {
    void add(std::uint64_t) override {}
  };
  ClockTable clocks_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<TimeQueue>> queues_;
  std::vector<std::unique_ptr<RowQueue>> row_queues_;
  std::vector<std::unique_ptr<NumberedKeys>> keys_;
  std::vector<std::unique_ptr<NumberedTimes>> times_;
  NoCounter counter_;
  const bool caught_up_ = true;
};

}  // namespace sitrep
