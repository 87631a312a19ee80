// SPDX-License-Identifier: Apache-2.0
// Plays the telemetry that `sitrep demo` makes up to the jobs that it runs, without a broker.
#include "cli/demo_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "cli/demo_news.h"
#include "cli/telemetry_sender.h"
#include "config/assemble.h"
#include "engine/base/text.h"
#include "engine/runtime/pipeline_driver.h"

namespace sitrep {
namespace {

using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr Micros kStart = 1'700'000'000 * kMicrosPerSecond;

/// A job, its telemetry and what came of it.
class DemoJobRun {
 public:
  explicit DemoJobRun(const std::string& scenario) : clock_(kStart), log_(clock_) {
    auto job = DemoJob::make({.scenario = scenario, .brokers = "nowhere:1", .state_dir = "unused"});
    if (!job) {
      ADD_FAILURE() << job.error().message();
      return;
    }
    job_ = *std::move(job);
    topology_ = assemble_topology(std::make_shared<const JobPlan>(job_->plan()));
    news_.watch(job_->plan());
    for (const std::string& topic : job_->plan().input_topics) {
      EXPECT_TRUE(log_.create_topic(topic, {.partitions = 2, .settings = {}}));
    }
    driver_.emplace(topology_, PipelineDriver::Options(), log_, clock_);
    play(scenario, /*seconds=*/100);
  }

  /// `raised <alert> <key>` and `cleared …`, in order.
  std::vector<std::string> alerts() const { return alerts_; }
  std::vector<std::string> records(const std::string& topic) const {
    std::vector<std::string> values;
    for (const auto& record : log_.records({topic, PartitionId(0)})) {
      values.push_back(record.value.value_or(""));
    }
    return values;
  }
  /// Reasons that stand in the headers of dead letters.
  std::set<std::string> dead_letter_reasons() const {
    std::set<std::string> reasons;
    const std::string& topic = job_->plan().spec.dead_letters.topic.value;
    for (const auto& record : log_.records({topic, PartitionId(0)})) {
      for (const auto& header : record.headers) {
        if (header.name == "reason") reasons.insert(header.value.value_or(""));
      }
    }
    return reasons;
  }
  const JobPlan& plan() const { return job_->plan(); }

 private:
  void play(const std::string& name, int seconds) {
    auto scenario = TelemetryScenario::make(
        {.name = name, .seed = 1, .records_per_second = 100, .start = kStart});
    auto sender = TelemetrySender::open(log_, "test", scenario->topics());
    for (int step = 0; step < 2 * seconds; ++step) {
      clock_.advance(kMicrosPerSecond / 2);
      ASSERT_TRUE(sender->send(scenario->advance(clock_.now())));
      const auto settled = driver_->settle();
      ASSERT_TRUE(settled) << settled.error().message();
    }
    for (const std::string& topic : news_.topics()) take(topic);
  }
  void take(const std::string& topic) {
    for (const auto& record : log_.records({topic, PartitionId(0)})) {
      const auto alert = news_.take({topic, PartitionId(0)},
                                    {.offset = record.offset,
                                     .timestamp = record.timestamp,
                                     .key = record.key,
                                     .value = *record.value,
                                     .headers = {}},
                                    clock_.now());
      if (!alert) continue;
      alerts_.push_back(
          concat(alert->change, " ", alert->alert, " ", alert->key));
    }
  }

  ManualClock clock_;
  MemoryLog log_;
  std::unique_ptr<DemoJob> job_;
  Topology topology_;
  DemoNews news_;
  std::optional<PipelineDriver> driver_;
  std::vector<std::string> alerts_;
};

std::set<std::string> distinct(const std::vector<std::string>& alerts) {
  return {alerts.begin(), alerts.end()};
}

TEST(DemoJob, jobs_are_planned_without_a_warning) {
  for (const std::string scenario : {"camp", "fleet"}) {
    const auto job = DemoJob::make({.scenario = scenario, .brokers = "b:1", .state_dir = "s"});
    ASSERT_TRUE(job) << job.error().message();
    EXPECT_THAT((*job)->plan().warnings, IsEmpty());
    EXPECT_EQ((*job)->plan().spec.kafka->brokers.value, "b:1");
  }
}

TEST(DemoJob, every_fault_of_the_camp_is_found_and_passes) {
  const DemoJobRun run("camp");
  std::set<std::string> expected;
  for (const std::string change : {"raised ", "cleared "}) {
    for (const std::string alert :
         {R"(generator_overheating ["north","north-gen-2"])",
          R"(water_contamination ["river","river-well-1"])",
          R"(cold_store_warm ["river","river-fridge-2"])",
          R"(cold_store_warm ["hill","hill-fridge-1"])",
          R"(generator_fuel_low ["river","river-gen-1"])",
          R"(gate_tampering ["river","river-gate-1"])",
          R"(water_sensor_silent ["north","north-well-2"])", R"(gateway_silent hill)"}) {
      expected.insert(change + alert);
    }
  }
  EXPECT_EQ(distinct(run.alerts()), expected);
  EXPECT_THAT(run.dead_letter_reasons(),
              UnorderedElementsAre("malformed", "type", "required", "range", "future"));
  EXPECT_THAT(run.records("camp.power_summary"), Not(IsEmpty()));
  EXPECT_THAT(run.records("camp.water_summary"), Not(IsEmpty()));
}

TEST(DemoJob, every_fault_of_the_fleet_is_found_and_passes) {
  const DemoJobRun run("fleet");
  std::set<std::string> expected;
  for (const std::string change : {"raised ", "cleared "}) {
    for (const std::string alert :
         {R"(speeding ["north","north-v3"])", R"(engine_overheating ["river","river-v2"])",
          R"(fuel_drop ["hill","hill-v5"])", R"(vehicle_silent ["north","north-v6"])"}) {
      expected.insert(change + alert);
    }
  }
  EXPECT_EQ(distinct(run.alerts()), expected);
  EXPECT_THAT(run.records("fleet.summary"), Not(IsEmpty()));
  EXPECT_THAT(run.records("fleet.events"), Not(IsEmpty()));
}

}  // namespace
}  // namespace sitrep
