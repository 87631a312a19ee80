// SPDX-License-Identifier: Apache-2.0
// Runs the demonstration for a moment: the embedded broker, both jobs, everything.
#include "cli/demo_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "cli/demo_broker.h"
#include "cli/tail_command.h"
#include "cli/telemetry_sender.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/clock.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(DemoBroker, others_reach_it_by_its_address) {
  auto broker = DemoBroker::start();
  ASSERT_TRUE(broker) << broker.error().message();
  ASSERT_TRUE((*broker)->create_topics({{"t", 1}}));
  ASSERT_TRUE((*broker)->create_topics({{"t", 1}, {"u", 2}}));  // t again: nothing happens
  const SystemClock clock;
  KafkaOptions kafka;
  kafka.brokers = (*broker)->address();
  auto log = open_kafka_log(kafka, clock);
  ASSERT_TRUE(log) << log.error().message();
  auto sender = TelemetrySender::open(**log, "test", {"t"});
  ASSERT_TRUE(sender) << sender.error().message();
  const TelemetryRecord record{
      .topic = "t", .key = "k", .payload = "hello", .sent = 0, .event_time = 0};
  ASSERT_TRUE(sender->send({&record, 1}));

  std::ostringstream out;
  std::ostringstream notes;
  const auto read = tail(
      {.topic = "t", .brokers = (*broker)->address(), .from_start = true, .count = 1}, {}, out,
      notes);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(out.str(), "0:0\tk\thello\n");
}

TEST(DemoCommand, finds_faults_and_leaves_nothing_behind) {
  const TemporaryDirectory directory;
  ::setenv("TMPDIR", directory.path().c_str(), 1);
  std::ostringstream out;
  const auto ran = run_demo({.seconds = 4}, /*terminal=*/false, {}, out);
  ::unsetenv("TMPDIR");
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("-C -q -t camp.alerts"),
                               HasSubstr("raised  generator_overheating: north-gen-2: coolant at"),
                               HasSubstr("raised  speeding: north-v3 at"),
                               HasSubstr("summary of"), Not(HasSubstr(" 0 raised"))));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(DemoCommand, unknown_scenario_is_the_users_mistake) {
  std::ostringstream out;
  DemoOptions options;
  options.scenario = "ship";
  const auto ran = run_demo(options, /*terminal=*/false, {}, out);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(ran.error().message(), HasSubstr("there is no scenario 'ship'"));
}

}  // namespace
}  // namespace sitrep
