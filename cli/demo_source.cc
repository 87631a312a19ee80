// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_source.h"

#include <chrono>
#include <exception>
#include <utility>

#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kStep = 20 * kMicrosPerMilli;

}  // namespace

Result<std::unique_ptr<DemoSource>> DemoSource::start(const Options& options, Log& log,
                                                      const Clock& clock) {
  std::vector<TelemetryScenario> scenarios;
  std::vector<std::string> topics;
  for (const std::string& name : options.scenarios) {
    ASSIGN_OR_RETURN(auto scenario,
                     TelemetryScenario::make({.name = name,
                                              .seed = options.seed,
                                              .records_per_second = options.records_per_second,
                                              .start = clock.now() - kDemoHistory}));
    for (std::string& topic : scenario.topics()) topics.push_back(std::move(topic));
    scenarios.push_back(std::move(scenario));
  }
  ASSIGN_OR_RETURN(auto sender, TelemetrySender::open(log, "sitrep-demo-telemetry", topics));
  return std::unique_ptr<DemoSource>(
      new DemoSource(std::move(scenarios), std::move(sender), clock));
}

DemoSource::DemoSource(std::vector<TelemetryScenario> scenarios, TelemetrySender sender,
                       const Clock& clock)
    : scenarios_(std::move(scenarios)), sender_(std::move(sender)), clock_(clock) {
  thread_ = std::thread([this] {
    std::optional<Error> failure;
    try {
      if (auto outcome = run(); !outcome) failure = std::move(outcome).error();
    } catch (const std::exception& thrown) {
      failure = internal_error(concat("a library threw: ", thrown.what()));
    }
    if (failure) (void)failure_.try_push(*failure);
  });
}

DemoSource::~DemoSource() {
  stop_.request();
  if (thread_.joinable()) thread_.join();
}

Result<void> DemoSource::run() {
  while (!stop_.requested()) {
    for (TelemetryScenario& scenario : scenarios_) {
      const auto records = scenario.advance(clock_.now());
      TRY(sender_.send(records));
      records_sent_.add(records.size());
    }
    std::this_thread::sleep_for(std::chrono::microseconds(kStep));
  }
  return {};
}

}  // namespace sitrep
