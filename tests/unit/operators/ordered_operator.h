// SPDX-License-Identifier: Apache-2.0
#pragma once
// An operator that takes rows in the order of event time, behind what puts them in order, as one:
// how alert rules and functions across rows stand in a job. Used only by its worker.

#include <memory>
#include <span>
#include <utility>

#include "operators/event_order.h"

namespace sitrep {

class OrderedOperator final : public Operator {
 public:
  OrderedOperator(const EventOrder::Options& order, std::unique_ptr<Operator> inner)
      : order_(order), inner_(std::move(inner)) {}

  Result<void> open(OperatorContext& context) override {
    TRY(order_.open(context));
    return inner_->open(context);
  }
  Result<void> process(const ColumnBatch& batch, Emitter& out) override {
    Between between(*inner_, out);
    TRY(order_.process(batch, between));
    return between.result;
  }
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override {
    Between between(*inner_, out);
    TRY(order_.advance(readings, between));
    TRY(std::move(between.result));
    std::vector<ClockReading> passed(readings.begin(), readings.end());
    for (ClockReading& reading : passed) {
      reading.watermark = order_.output_watermark(reading.clock, reading.watermark);
    }
    return inner_->advance(passed, out);
  }
  Result<void> forget(ClockId clock, Emitter& out) override {
    Between between(*inner_, out);
    TRY(order_.forget(clock, between));
    TRY(std::move(between.result));
    return inner_->forget(clock, out);
  }
  Result<void> finish(Emitter& out) override {
    Between between(*inner_, out);
    TRY(order_.finish(between));
    TRY(std::move(between.result));
    return inner_->finish(out);
  }

 private:
  struct Between final : Emitter {
    Between(Operator& to, Emitter& late_to) : inner(to), out(late_to) {}
    void emit(ColumnBatch batch) override {
      if (result) result = inner.process(batch, out);
    }
    void emit_late(ColumnBatch batch) override { out.emit_late(std::move(batch)); }

    Operator& inner;
    Emitter& out;
    Result<void> result;
  };

  EventOrder order_;
  const std::unique_ptr<Operator> inner_;
};

}  // namespace sitrep
