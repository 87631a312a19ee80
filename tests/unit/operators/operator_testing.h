// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs one operator without a task: gives it stores and counters, keeps what it emits as text, and
// can take it through a restart or an eviction at the end of an epoch. Thread-compatible.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/api/operator.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "tests/unit/api/memory_image.h"

namespace sitrep {

/// "7", "text", "null", "true"; times as microseconds.
inline std::string text_of(const Value& value) {
  if (is_null(value)) return "null";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return concat(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  return concat(std::get<double>(value));
}

/// Keeps what comes out: a row's cells joined by commas, with the row's meta.
class KeptRows final : public Emitter {
 public:
  struct Row {
    std::string text;
    ClockId clock = 0;
    Micros event_time = 0;
    Micros watermark = 0;
    bool ahead = false;
  };

  void emit(ColumnBatch batch) override { keep(batch, rows); }
  void emit_late(ColumnBatch batch) override { keep(batch, late); }

  std::vector<Row> rows;
  std::vector<Row> late;

 private:
  static void keep(const ColumnBatch& batch, std::vector<Row>& out) {
    batch.selection.for_each([&](std::size_t row) {
      std::vector<std::string> cells;
      for (const Value& value : row_values(batch, row)) cells.push_back(text_of(value));
      out.push_back({.text = join(cells, ","),
                     .clock = batch.meta->clock_of(row),
                     .event_time = batch.meta->event_time[row],
                     .watermark = batch.meta->watermark[row],
                     .ahead = batch.meta->ahead});
    });
  }
};

/// An operator with its state, as a task holds it.
class OperatorRun {
 public:
  using Make = std::function<std::unique_ptr<Operator>()>;

  /// Clocks are numbered as `clock_names` lists them, behind the partition's own.
  OperatorRun(Make make, std::vector<std::string> clock_names)
      : make_(std::move(make)), clock_names_(std::move(clock_names)) {
    open();
  }

  Operator& op() { return *op_; }
  std::uint64_t counted(const std::string& counter) const {
    const auto found = counts_.find(counter);
    return found == counts_.end() ? 0 : found->second;
  }

  /// What the operator is told of the inputs; they are caught up with unless said.
  void set_caught_up(bool caught_up) { caught_up_ = caught_up; }
  /// Ends the epoch: its changes are in the image afterwards.
  void end_epoch(Emitter& out) {
    ENSURE(op_->end_epoch(out), "end_epoch failed");
    ++epoch_;
    for (Store* const store : stores_) store->collect(epoch_, image_);
    image_.close(epoch_);
    image_.flush(epoch_);
  }
  /// Drops from memory what the image holds.
  void evict() {
    for (Store* const store : stores_) store->evict(epoch_);
    op_->drop_cache();
    ENSURE(op_->cache_bytes() == 0, "what was dropped is still counted");
  }
  /// A new operator with the state of the last epoch; `cold`: which stays in the image as far as it
  /// can.
  void restart(bool cold) {
    open();
    for (const auto& [key, value] : image_.entries()) {
      const auto& [store, clock, pane, name] = key;
      for (Store* const held : stores_) {
        if (held->id() != store) continue;
        if (cold && held->restore_cold(clock, pane)) continue;
        ENSURE(held->restore({.clock = clock, .pane = pane, .key = name}, value), "no restore");
      }
    }
  }
  /// Rows that tables looked for in the image.
  std::size_t image_reads() const { return image_.reads; }
  /// Entries of state in the image.
  std::size_t image_entries() const { return image_.latest().size(); }

 private:
  class Counted final : public OperatorCounter {
   public:
    explicit Counted(std::uint64_t& count) : count_(count) {}
    void add(std::uint64_t count) override { count_ += count; }

   private:
    std::uint64_t& count_;
  };
  class Context final : public OperatorContext {
   public:
    explicit Context(OperatorRun& run) : run_(run) {}
    Table& table(std::string_view purpose, std::unique_ptr<const RowCodec> codec) override {
      run_.tables_.push_back(
          std::make_unique<Table>(Table::Options{.name = concat("op/", purpose),
                                                 .codec = std::move(codec),
                                                 .clocks = run_.clocks_.get(),
                                                 .cold = &run_.image_}));
      run_.stores_.push_back(run_.tables_.back().get());
      return *run_.tables_.back();
    }
    TimeQueue& time_queue(std::string_view purpose) override {
      run_.queues_.push_back(
          std::make_unique<TimeQueue>(concat("op/", purpose), *run_.clocks_));
      run_.stores_.push_back(run_.queues_.back().get());
      return *run_.queues_.back();
    }
    NumberedKeys& numbered_keys(std::string_view purpose) override {
      run_.keys_.push_back(
          std::make_unique<NumberedKeys>(concat("op/", purpose), *run_.clocks_));
      run_.stores_.push_back(run_.keys_.back().get());
      return *run_.keys_.back();
    }
    NumberedTimes& numbered_times(std::string_view purpose) override {
      run_.times_.push_back(std::make_unique<NumberedTimes>(concat("op/", purpose)));
      run_.stores_.push_back(run_.times_.back().get());
      return *run_.times_.back();
    }
    RowQueue& row_queue(std::string_view purpose, const Schema& schema) override {
      run_.row_queues_.push_back(
          std::make_unique<RowQueue>(concat("op/", purpose), schema, *run_.clocks_));
      run_.stores_.push_back(run_.row_queues_.back().get());
      return *run_.row_queues_.back();
    }
    OperatorCounter& counter(std::string_view name) override {
      run_.counters_.push_back(std::make_unique<Counted>(run_.counts_[std::string(name)]));
      return *run_.counters_.back();
    }
    const ClockTable& clocks() const override { return *run_.clocks_; }
    PartitionId partition() const override { return PartitionId(3); }
    const bool& caught_up() const override { return run_.caught_up_; }

   private:
    OperatorRun& run_;
  };

  void open() {
    op_.reset();
    stores_.clear();
    tables_.clear();
    queues_.clear();
    row_queues_.clear();
    keys_.clear();
    times_.clear();
    clocks_ = std::make_unique<ClockTable>();
    for (const std::string& name : clock_names_) (void)clocks_->intern(name);
    op_ = make_();
    Context context(*this);
    ENSURE(op_->open(context), "open failed");
  }

  const Make make_;
  const std::vector<std::string> clock_names_;
  MemoryImage image_;
  Epoch epoch_{0};
  bool caught_up_ = true;
  std::unique_ptr<ClockTable> clocks_;
  std::map<std::string, std::uint64_t> counts_;
  std::vector<std::unique_ptr<Counted>> counters_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<TimeQueue>> queues_;
  std::vector<std::unique_ptr<RowQueue>> row_queues_;
  std::vector<std::unique_ptr<NumberedKeys>> keys_;
  std::vector<std::unique_ptr<NumberedTimes>> times_;
  std::vector<Store*> stores_;  // all of these
  std::unique_ptr<Operator> op_;
};

}  // namespace sitrep
