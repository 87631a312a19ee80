// SPDX-License-Identifier: Apache-2.0
#pragma once
// What of assembling a topology is about one alert: the operator that its rule becomes, and those
// that give it its rows. Private to assemble.cc. Thread-safe.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "config/plan_job.h"
#include "engine/api/operator.h"

namespace sitrep {

using MakeOperator = std::function<std::unique_ptr<Operator>()>;

/// Whether the alert takes its rows in the order of event time.
bool wants_order(const AlertPlan& alert);

/// What puts rows of `row` in order for `alerts`, which all read them.
MakeOperator order_operator(std::span<const AlertPlan* const> alerts, const Schema& row);

/// What gives rows in order the results of the alert's functions across rows.
MakeOperator history_operator(const AlertPlan& alert);

/// What gives the rows behind it the values of the expressions in the alert's texts.
MakeOperator values_operator(const AlertPlan& alert, const Schema& row);

/// What decides: makes the alert's operator, once per task.
MakeOperator alert_operator(const JobPlan& plan, const AlertPlan& alert);

/// What brings the records of a stage's alerts together before they go to flood control.
MakeOperator alerts_sender();

/// What stands between the alerts of the job and their outputs.
MakeOperator flood_operator(const JobPlan& plan);

}  // namespace sitrep
