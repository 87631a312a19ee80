// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/health.h"

#include <gmock/gmock.h>

namespace sitrep {
namespace {

using ::testing::HasSubstr;

TEST(Health, a_starting_process_is_live_and_not_ready) {
  const ManualClock clock(1'000);
  const Health health(clock);
  EXPECT_TRUE(health.live());
  EXPECT_FALSE(health.ready());
  EXPECT_THAT(health.text(), HasSubstr("starting"));
}

TEST(Health, a_control_loop_that_stands_still_is_not_live) {
  ManualClock clock(1'000);
  Health health(clock);
  health.enter(Health::Stage::kReading);
  clock.advance(Health::kBeatEvery);
  EXPECT_TRUE(health.live());
  clock.advance(1);
  EXPECT_FALSE(health.live());
  EXPECT_THAT(health.text(), HasSubstr("stuck"));
  health.beat();
  EXPECT_TRUE(health.live());
}

TEST(Health, an_ending_process_is_not_ready) {
  const ManualClock clock(1'000);
  Health health(clock);
  health.enter(Health::Stage::kReading);
  EXPECT_TRUE(health.ready());
  health.enter(Health::Stage::kEnding);
  EXPECT_FALSE(health.ready());
}

}  // namespace
}  // namespace sitrep
