// SPDX-License-Identifier: Apache-2.0
#pragma once
// A silence rule over rows (camp, vehicle) with a clock per camp, in seconds: what comes out is
// "change at cause key | text". Thread-compatible.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "operators/silence_rule.h"
#include "tests/unit/operators/operator_testing.h"

namespace sitrep {

class SilenceRun {
 public:
  /// The camps "C1", "C2" and "C3" have the clocks 1, 2 and 3; 0 is the partition's own.
  explicit SilenceRun(const SilenceRule::Options& options)
      : options_(std::make_unique<SilenceRule::Options>(options)),
        run_([&mine = *options_] { return std::make_unique<SilenceRule>(mine); },
             {"C1", "C2", "C3"}) {}

  static SilenceRule::Options options(std::int64_t silent_after) {
    SilenceRule::Options out;
    out.identity.job = "job";
    out.identity.name = "alert";
    out.identity.version = "v1";
    out.identity.text = {{.literal = "nothing of ", .column = {}}, {.literal = {}, .column = 0}};
    out.identity.key_columns = {0};
    out.identity.key_text = [](const ColumnBatch& batch, std::size_t row, std::string& text) {
      text = batch.column(0).texts()[row];
    };
    out.silent_after = silent_after * kMicrosPerSecond;
    out.input = "telemetry";
    return out;
  }

  struct Row {
    ClockId clock;
    std::string key;
    std::int64_t time;
    std::int64_t watermark;  // of the clock before the row
  };
  /// Before any row of a clock.
  static constexpr std::int64_t kNoWatermark = -1'000'000'000;

  void rows(const std::vector<Row>& rows) {
    static const Schema kSchema{{{"vehicle", Type::kText}}};
    BatchBuilder builder(kSchema);
    for (const Row& row : rows) {
      const Value cells[] = {row.key};
      builder.row(cells, row.time * kMicrosPerSecond, watermark(row.watermark), row.clock);
    }
    EXPECT_TRUE(run_.op().process(builder.finish(), out_));
  }
  void reading(ClockId clock, std::int64_t time, bool idle) {
    const ClockReading reading{.clock = clock, .watermark = watermark(time), .idle = idle};
    EXPECT_TRUE(run_.op().advance({&reading, 1}, out_));
  }
  /// A row in order, and its clock's watermark behind it: out_of_orderness is 0.
  void row(ClockId clock, const std::string& key, std::int64_t time, std::int64_t before) {
    rows({{clock, key, time, before}});
    reading(clock, std::max(before, time), /*idle=*/false);
  }
  void tick(std::int64_t now) { EXPECT_TRUE(run_.op().tick(now * kMicrosPerSecond, out_)); }
  void forget(ClockId clock) { EXPECT_TRUE(run_.op().forget(clock, out_)); }
  void set_caught_up(bool caught_up) { run_.set_caught_up(caught_up); }
  void restart(bool cold = false) {
    run_.end_epoch(out_);
    run_.restart(cold);
  }
  /// The job file changed: from the next restart on.
  void set_silent_after(std::int64_t seconds) {
    options_->silent_after = seconds * kMicrosPerSecond;
  }
  void end_epoch() { run_.end_epoch(out_); }
  void evict() { run_.evict(); }
  std::size_t state_entries() { return run_.image_entries(); }

  /// Every column of what came out since the last call.
  std::vector<std::string> take_rows() {
    std::vector<std::string> texts;
    for (const KeptRows::Row& row : out_.rows) texts.push_back(row.text);
    out_ = {};
    return texts;
  }
  /// The same, as "raised 600 silent V1 | nothing of V1".
  std::vector<std::string> take() {
    std::vector<std::string> told;
    for (const std::string& row : take_rows()) {
      std::vector<std::string> cells;
      for (std::size_t from = 0; from <= row.size();) {
        const std::size_t to = std::min(row.find(',', from), row.size());
        cells.push_back(row.substr(from, to - from));
        from = to + 1;
      }
      const std::string seconds = concat(std::stoll(cells[7]) / kMicrosPerSecond);
      const std::string& cause = cells[14];
      told.push_back(concat(cells[6], " ", seconds, " ", cause, " ", cells[3], " | ", cells[11]));
    }
    return told;
  }

 private:
  static Micros watermark(std::int64_t seconds) {
    return seconds == kNoWatermark ? kMinWatermark : seconds * kMicrosPerSecond;
  }

  const std::unique_ptr<SilenceRule::Options> options_;
  OperatorRun run_;
  KeptRows out_;
};

}  // namespace sitrep
