// SPDX-License-Identifier: Apache-2.0
#include "operators/silence_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/operators/silence_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNone = SilenceRun::kNoWatermark;
constexpr ClockId kCamp = 1;
constexpr bool kIdle = true;
constexpr bool kSpeaks = false;

const std::string kGateway = "gateway C1 silent: nothing from any of its 2 keys for 10min";

/// V1 at 0, V2 at 60; the clock is idle from 90 on, in processing time too.
void two_and_then_none(SilenceRun& run) {
  run.row(kCamp, "V1", 0, kNone);
  run.row(kCamp, "V2", 60, 0);
  run.reading(kCamp, 60, kIdle);
  run.tick(90);
}

TEST(SilenceRule, dead_gateway_of_two_hundred_keys_is_one_alert) {
  SilenceRun run(SilenceRun::options(600));
  std::int64_t watermark = kNone;
  for (int i = 0; i < 200; ++i) {
    run.row(kCamp, concat("V", i), i, watermark);
    watermark = i;
  }
  run.row(2, "W1", 0, kNone);
  run.reading(kCamp, 199, kIdle);
  for (std::int64_t now = 1'000; now < 1'600; ++now) run.tick(now);
  EXPECT_THAT(run.take(), IsEmpty());
  run.tick(1'600);  // 199 s of event time, and 600 more
  EXPECT_THAT(run.take(),
              ElementsAre("raised 799 gateway silent C1 | gateway C1 silent: nothing from any of "
                          "its 200 keys for 10min"));
  for (std::int64_t now = 1'601; now < 9'000; now += 10) run.tick(now);
  EXPECT_THAT(run.take(), IsEmpty());
  run.row(kCamp, "V7", 8'000, 199);
  EXPECT_THAT(run.take(),
              ElementsAre("cleared 8000 gateway silent C1 | gateway C1 silent: nothing from any of "
                          "its 200 keys for 10min"));
}

TEST(SilenceRule, columns_of_a_gateways_record) {
  SilenceRule::Options options = SilenceRun::options(600);
  options.gateway_group = {{.literal = "sector of ", .column = {}}, {.literal = {}, .column = 0}};
  SilenceRun run(options);
  run.row(kCamp, "V1", 100, kNone);
  run.reading(kCamp, 100, kIdle);
  run.tick(0);
  run.tick(600);
  const std::vector<std::string> raised = run.take_rows();
  ASSERT_EQ(raised.size(), 1U);
  const std::string id = raised[0].substr(0, 26);
  EXPECT_EQ(raised[0].substr(26),
            ",1,alert,C1,sector of V1,active,raised,700000000,100000000,null,warning,"
            "gateway C1 silent: nothing from its only key for 10min,null,null,gateway silent,"
            "null,v1,null");
  run.row(kCamp, "V2", 900, 100);
  EXPECT_THAT(run.take_rows(),
              ElementsAre(id + ",2,alert,C1,sector of V1,cleared,cleared,900000000,null,700000000,"
                               "warning,gateway C1 silent: nothing from its only key for 10min,"
                               "null,null,gateway silent,null,v1,null"));
}

TEST(SilenceRule, key_that_was_silent_before_keeps_its_own_episode) {
  SilenceRun run(SilenceRun::options(600));
  run.row(kCamp, "V1", 0, kNone);
  run.row(kCamp, "V2", 590, 0);
  run.row(kCamp, "V2", 610, 590);
  EXPECT_THAT(run.take(), ElementsAre("raised 600 silent V1 | nothing of V1"));
  run.reading(kCamp, 610, kIdle);
  run.tick(0);
  run.tick(600);
  EXPECT_THAT(run.take(), ElementsAre("raised 1210 gateway silent C1 | " + kGateway));
  run.row(kCamp, "V2", 9'000, 610);
  EXPECT_THAT(run.take(), ElementsAre("cleared 9000 gateway silent C1 | " + kGateway));
  run.row(kCamp, "V1", 9'001, 9'000);
  EXPECT_THAT(run.take(), ElementsAre("cleared 9001 silent V1 | nothing of V1"));
}

TEST(SilenceRule, after_a_jump_keys_have_silent_after_to_speak) {
  SilenceRun run(SilenceRun::options(600));
  two_and_then_none(run);
  run.tick(700);
  EXPECT_THAT(run.take(), ElementsAre("raised 660 gateway silent C1 | " + kGateway));
  run.row(kCamp, "V2", 9'000, 60);
  EXPECT_THAT(run.take(), ElementsAre("cleared 9000 gateway silent C1 | " + kGateway));
  run.row(kCamp, "V2", 9'599, 9'000);
  EXPECT_THAT(run.take(), IsEmpty());
  run.row(kCamp, "V2", 9'600, 9'599);
  EXPECT_THAT(run.take(), ElementsAre("raised 9600 silent V1 | nothing of V1"));
}

TEST(SilenceRule, rows_that_were_kept_decide_by_their_own_times) {
  SilenceRun run(SilenceRun::options(600));
  two_and_then_none(run);
  run.tick(9'000);
  EXPECT_THAT(run.take(), ElementsAre("raised 660 gateway silent C1 | " + kGateway));
  run.row(kCamp, "V2", 120, 60);
  // It was silent from then on at least: an end before the beginning would help nobody.
  EXPECT_THAT(run.take(), ElementsAre("cleared 660 gateway silent C1 | " + kGateway));
  run.row(kCamp, "V2", 599, 120);
  EXPECT_THAT(run.take(), IsEmpty());
  run.row(kCamp, "V2", 600, 599);
  EXPECT_THAT(run.take(), ElementsAre("raised 600 silent V1 | nothing of V1"));
  // What came after those was lost.
  run.row(kCamp, "V1", 700, 600);
  EXPECT_THAT(run.take(), ElementsAre("cleared 700 silent V1 | nothing of V1"));
  run.row(kCamp, "V1", 9'000, 700);
  EXPECT_THAT(run.take(), IsEmpty());
  run.row(kCamp, "V1", 9'600, 9'000);
  EXPECT_THAT(run.take(), ElementsAre("raised 9600 silent V2 | nothing of V2"));
  // Only the jump behind a silence of all.
  run.row(kCamp, "V2", 9'700, 9'600);
  run.row(kCamp, "V2", 20'000, 9'700);
  EXPECT_THAT(run.take(), ElementsAre("cleared 9700 silent V2 | nothing of V2",
                                      "raised 10200 silent V1 | nothing of V1"));
}

TEST(SilenceRule, jump_of_a_clock_that_was_idle_but_not_long_enough_counts_too) {
  SilenceRun run(SilenceRun::options(600));
  two_and_then_none(run);
  run.tick(680);
  run.row(kCamp, "V2", 690, 60);
  EXPECT_THAT(run.take(), IsEmpty());
  run.row(kCamp, "V2", 1'290, 690);
  EXPECT_THAT(run.take(), ElementsAre("raised 1290 silent V1 | nothing of V1"));
}

TEST(SilenceRule, keys_go_by_event_time_while_the_gateway_speaks) {
  SilenceRun run(SilenceRun::options(600));
  run.row(kCamp, "V1", 0, kNone);
  run.row(kCamp, "V2", 1'000, 0);
  EXPECT_THAT(run.take(), ElementsAre("raised 600 silent V1 | nothing of V1"));
}

TEST(SilenceRule, restart_neither_repeats_nor_forgets_a_gateway) {
  for (const bool cold : {false, true}) {
    SilenceRun run(SilenceRun::options(600));
    two_and_then_none(run);
    run.restart(cold);  // begins to be silent
    run.reading(kCamp, 60, kSpeaks);
    run.tick(500);
    run.reading(kCamp, 60, kIdle);
    run.tick(530);
    run.tick(689);
    EXPECT_THAT(run.take(), IsEmpty());
    run.tick(690);
    const std::vector<std::string> raised = run.take_rows();
    ASSERT_EQ(raised.size(), 1U);
    run.restart(cold);  // is silent
    run.reading(kCamp, 60, kSpeaks);
    run.tick(2'000);
    run.reading(kCamp, 60, kIdle);
    for (std::int64_t now = 2'030; now < 9'000; now += 10) run.tick(now);
    EXPECT_THAT(run.take(), IsEmpty());
    run.row(kCamp, "V2", 9'000, 60);
    const std::vector<std::string> cleared = run.take_rows();
    ASSERT_EQ(cleared.size(), 1U);
    EXPECT_EQ(cleared[0].substr(0, 28), raised[0].substr(0, 26) + ",2");
    run.restart(cold);  // has returned with a jump
    run.reading(kCamp, 9'000, kSpeaks);
    run.row(kCamp, "V2", 9'599, 9'000);
    EXPECT_THAT(run.take(), IsEmpty());
    run.row(kCamp, "V2", 9'600, 9'599);
    EXPECT_THAT(run.take(), ElementsAre("raised 9600 silent V1 | nothing of V1"));
  }
}

TEST(SilenceRule, other_silent_after_holds_from_when_each_key_was_heard) {
  for (const std::int64_t seconds : {300, 900}) {
    SilenceRun run(SilenceRun::options(600));
    run.row(kCamp, "V1", 0, kNone);
    run.row(kCamp, "V2", 100, 0);
    run.row(kCamp, "V1", 200, 100);
    run.set_silent_after(seconds);
    run.restart();
    run.reading(kCamp, 200, kSpeaks);
    run.reading(kCamp, 100 + seconds - 1, kSpeaks);
    EXPECT_THAT(run.take(), IsEmpty());
    run.reading(kCamp, 100 + seconds, kSpeaks);
    EXPECT_THAT(run.take(),
                ElementsAre(concat("raised ", 100 + seconds, " silent V2 | nothing of V2")));
    run.reading(kCamp, 200 + seconds, kSpeaks);
    EXPECT_THAT(run.take(),
                ElementsAre(concat("raised ", 200 + seconds, " silent V1 | nothing of V1")));
  }
}

TEST(SilenceRule, key_that_speaks_through_another_gateway_is_waited_for_there) {
  for (const bool restarts : {false, true}) {
    SilenceRun run(SilenceRun::options(600));
    run.row(kCamp, "V1", 0, kNone);
    run.row(kCamp, "V2", 500, 0);
    run.row(kCamp, "V2", 700, 500);
    EXPECT_THAT(run.take(), ElementsAre("raised 600 silent V1 | nothing of V1"));
    run.row(2, "V1", 800, kNone);
    EXPECT_THAT(run.take(), ElementsAre("cleared 800 silent V1 | nothing of V1"));
    if (restarts) run.restart();
    run.reading(kCamp, 700, kSpeaks);
    run.reading(2, 800, kSpeaks);
    run.reading(kCamp, 9'000, kSpeaks);
    EXPECT_THAT(run.take(), ElementsAre("raised 1300 silent V2 | nothing of V2"));
    run.reading(2, 1'399, kSpeaks);
    EXPECT_THAT(run.take(), IsEmpty());
    run.reading(2, 1'400, kSpeaks);
    EXPECT_THAT(run.take(), ElementsAre("raised 1400 silent V1 | nothing of V1"));
  }
}

TEST(SilenceRule, restart_between_kept_rows_and_a_jump) {
  SilenceRun run(SilenceRun::options(600));
  two_and_then_none(run);
  run.tick(9'000);
  run.row(kCamp, "V2", 120, 60);
  run.restart();
  run.reading(kCamp, 120, kSpeaks);
  run.take();
  run.row(kCamp, "V2", 9'000, 120);
  EXPECT_THAT(run.take(), IsEmpty());
}

TEST(SilenceRule, gateway_is_told_of_again_and_given_up_with_its_keys) {
  SilenceRule::Options options = SilenceRun::options(600);
  options.identity.renotify_every = 1'000 * kMicrosPerSecond;
  options.identity.expire_after = 2'500 * kMicrosPerSecond;
  SilenceRun run(options);
  two_and_then_none(run);
  run.tick(690);
  EXPECT_THAT(run.take(), ElementsAre("raised 660 gateway silent C1 | " + kGateway));
  run.tick(1'690);
  EXPECT_THAT(run.take(), ElementsAre("renotified 1660 gateway silent C1 | " + kGateway));
  run.restart();
  run.reading(kCamp, 60, kSpeaks);
  run.reading(kCamp, 60, kIdle);
  run.tick(2'000);  // the time between counts
  run.tick(2'689);
  EXPECT_THAT(run.take(), IsEmpty());
  run.tick(2'690);
  EXPECT_THAT(run.take(), ElementsAre("renotified 2660 gateway silent C1 | " + kGateway));
  run.tick(3'190);
  EXPECT_THAT(run.take(), ElementsAre("expired 3160 gateway silent C1 | " + kGateway));
  for (std::int64_t now = 3'600; now < 99'000; now += 600) run.tick(now);
  EXPECT_THAT(run.take(), IsEmpty());
  run.end_epoch();
  EXPECT_EQ(run.state_entries(), 0U) << "nothing is known of it any more";
  run.row(kCamp, "V2", 90'000, 60);
  run.row(kCamp, "V2", 90'700, 90'000);
  EXPECT_THAT(run.take(), IsEmpty());
  run.reading(kCamp, 90'700, kIdle);
  run.tick(100'000);
  run.tick(100'600);
  EXPECT_THAT(run.take(), ElementsAre("raised 91300 gateway silent C1 | gateway C1 silent: nothing "
                                      "from its only key for 10min"));
}

TEST(SilenceRule, idle_close_moves_the_clock_and_raises_no_key) {
  SilenceRun run(SilenceRun::options(600));
  two_and_then_none(run);
  for (std::int64_t now = 91; now < 700; ++now) {
    // From 200 on the engine moves the watermark itself.
    if (now >= 200) run.reading(kCamp, now - 30, kIdle);
    run.tick(now);
    if (now == 689) {
      EXPECT_THAT(run.take(), IsEmpty());
    }
  }
  EXPECT_THAT(run.take(), ElementsAre("raised 660 gateway silent C1 | " + kGateway));
  run.reading(kCamp, 8'000, kIdle);
  run.tick(8'030);
  EXPECT_THAT(run.take(), IsEmpty());
  // Kept rows are late now; they tell that their keys speak.
  run.rows({{kCamp, "V2", 120, 8'000}});
  run.reading(kCamp, 8'000, kSpeaks);
  EXPECT_THAT(run.take(), ElementsAre("cleared 8000 gateway silent C1 | " + kGateway));
  run.row(kCamp, "V2", 8'599, 8'000);
  EXPECT_THAT(run.take(), IsEmpty());
  run.row(kCamp, "V2", 8'600, 8'599);
  EXPECT_THAT(run.take(), ElementsAre("raised 8600 silent V1 | nothing of V1"));
}

TEST(SilenceRule, restart_after_idle_close_raises_no_key) {
  SilenceRun run(SilenceRun::options(600));
  two_and_then_none(run);
  run.reading(kCamp, 650, kIdle);
  run.tick(680);
  run.restart();
  run.reading(kCamp, 650, kSpeaks);
  run.tick(700);
  run.reading(kCamp, 650, kIdle);
  run.tick(729);
  EXPECT_THAT(run.take(), IsEmpty());
  run.tick(730);
  EXPECT_THAT(run.take(), ElementsAre("raised 660 gateway silent C1 | " + kGateway));
}

TEST(SilenceRule, clock_that_is_forgotten_is_waited_for) {
  for (const bool restarts : {false, true}) {
    SilenceRun run(SilenceRun::options(600));
    run.row(kCamp, "V1", 60, kNone);
    run.row(kCamp, "V2", 60, 60);
    run.reading(kCamp, 60, kIdle);
    run.tick(90);
    run.forget(kCamp);
    if (restarts) run.restart();  // no clock table knows it now
    run.tick(100);
    run.tick(689);
    EXPECT_THAT(run.take(), IsEmpty());
    run.tick(700);
    EXPECT_THAT(run.take(), ElementsAre("raised 660 gateway silent C1 | " + kGateway));
    if (restarts) run.restart();
    run.tick(20'000);
    run.tick(30'000);
    EXPECT_THAT(run.take(), IsEmpty());
    run.row(kCamp, "V1", 9'000, kNone);
    EXPECT_THAT(run.take(), ElementsAre("cleared 9000 gateway silent C1 | " + kGateway));
    run.row(kCamp, "V1", 9'600, 9'000);
    EXPECT_THAT(run.take(), ElementsAre("raised 9600 silent V2 | nothing of V2"));
  }
}

TEST(SilenceRule, gateway_speaks_of_what_the_rule_is_not_given) {
  SilenceRun run(SilenceRun::options(600));
  two_and_then_none(run);
  run.tick(9'000);
  run.take();
  // A sender of a repartition topic began anew: nothing was heard.
  run.reading(kCamp, 60, kSpeaks);
  run.reading(kCamp, 60, kIdle);
  EXPECT_THAT(run.take(), IsEmpty());
  run.reading(kCamp, 9'000, kSpeaks);
  EXPECT_THAT(run.take(), ElementsAre("cleared 9000 gateway silent C1 | " + kGateway));
  run.reading(kCamp, 9'600, kSpeaks);
  EXPECT_THAT(run.take(), testing::UnorderedElementsAre("raised 9600 silent V1 | nothing of V1",
                                                        "raised 9600 silent V2 | nothing of V2"));
}

TEST(SilenceRule, watermark_that_moves_without_news_raises_no_key_of_a_silent_gateway) {
  SilenceRun run(SilenceRun::options(600));
  run.rows({{kCamp, "V1", 0, kNone}, {kCamp, "V2", 700, kNone}});
  run.reading(kCamp, 590, kSpeaks);  // one of two senders is behind
  run.reading(kCamp, 590, kIdle);
  run.tick(0);
  run.tick(710);
  EXPECT_THAT(run.take(), ElementsAre("raised 1300 gateway silent C1 | " + kGateway));
  run.reading(kCamp, 650, kSpeaks);  // and began anew
  EXPECT_THAT(run.take(), IsEmpty());
}

TEST(SilenceRule, clock_of_a_partition_is_called_by_input_and_partition) {
  SilenceRun run(SilenceRun::options(600));
  run.row(0, "V1", 0, kNone);
  run.reading(0, 0, kIdle);
  run.tick(0);
  run.tick(600);
  EXPECT_THAT(run.take(), ElementsAre("raised 600 gateway silent telemetry[3] | gateway "
                                      "telemetry[3] silent: nothing from its only key for 10min"));
}

TEST(SilenceRule, where_keys_are_gateways_they_are_told_of_in_the_words_of_the_rule) {
  SilenceRule::Options options = SilenceRun::options(600);
  options.keys_are_gateways = true;
  SilenceRun run(options);
  run.row(kCamp, "C1", 0, kNone);
  run.reading(kCamp, 0, kIdle);
  run.tick(0);
  run.tick(600);
  EXPECT_THAT(run.take(), ElementsAre("raised 600 gateway silent C1 | nothing of C1"));
  run.row(kCamp, "C1", 9'000, 0);
  EXPECT_THAT(run.take(), ElementsAre("cleared 9000 gateway silent C1 | nothing of C1"));
}

TEST(SilenceRule, late_row_of_a_key_is_not_silence_again) {
  SilenceRun run(SilenceRun::options(600));
  run.row(0, "V1", 0, kNone);
  run.row(0, "V2", 9'000, 0);
  EXPECT_THAT(run.take(), ElementsAre("raised 600 silent V1 | nothing of V1"));
  run.row(0, "V1", 60, 9'000);
  run.row(0, "V1", 120, 9'000);
  run.row(0, "V2", 9'599, 9'000);
  EXPECT_THAT(run.take(), ElementsAre("cleared 9000 silent V1 | nothing of V1"));
  run.row(0, "V2", 9'600, 9'599);
  EXPECT_THAT(run.take(), ElementsAre("raised 9600 silent V1 | nothing of V1"));
}

/// Restarts the engine at `now`: the clock stands where it stood, and is idle again 30 s later.
void restart_at(SilenceRun& run, std::int64_t watermark, std::int64_t now) {
  run.restart();
  run.reading(kCamp, watermark, kSpeaks);
  run.tick(now);
  run.reading(kCamp, watermark, kIdle);
  run.tick(now + 30);
}

TEST(SilenceRule, engine_that_restarts_more_often_than_silent_after_tells_of_a_dead_gateway) {
  SilenceRun run(SilenceRun::options(600));
  two_and_then_none(run);
  for (std::int64_t now = 100; now <= 600; now += 100) {
    restart_at(run, 60, now);
    EXPECT_THAT(run.take(), IsEmpty()) << now;
  }
  restart_at(run, 60, 700);
  EXPECT_THAT(run.take(), ElementsAre("raised 660 gateway silent C1 | " + kGateway));
  restart_at(run, 60, 800);
  EXPECT_THAT(run.take(), IsEmpty());
  run.row(kCamp, "V2", 900, 60);
  EXPECT_THAT(run.take(), ElementsAre("cleared 900 gateway silent C1 | " + kGateway));
  run.reading(kCamp, 900, kIdle);
  run.tick(1'000);
  restart_at(run, 900, 1'500);
  EXPECT_THAT(run.take(), IsEmpty()) << "the idleness before is over";
  run.tick(1'600);
  EXPECT_THAT(run.take(), ElementsAre("raised 1500 gateway silent C1 | " + kGateway));
}

TEST(SilenceRule, restarts_put_off_nothing_where_keys_are_gateways) {
  SilenceRule::Options options = SilenceRun::options(600);
  options.keys_are_gateways = true;
  options.identity.renotify_every = 1'000 * kMicrosPerSecond;
  options.identity.expire_after = 1'500 * kMicrosPerSecond;
  SilenceRun run(options);
  run.row(kCamp, "C1", 0, kNone);
  run.reading(kCamp, 0, kIdle);
  run.tick(30);
  for (std::int64_t now = 100; now < 600; now += 100) restart_at(run, 0, now);
  EXPECT_THAT(run.take(), IsEmpty());
  restart_at(run, 0, 600);
  EXPECT_THAT(run.take(), ElementsAre("raised 600 gateway silent C1 | nothing of C1"));
  for (std::int64_t now = 700; now < 1'600; now += 100) restart_at(run, 0, now);
  EXPECT_THAT(run.take(), IsEmpty());
  restart_at(run, 0, 1'600);
  EXPECT_THAT(run.take(), ElementsAre("renotified 1600 gateway silent C1 | nothing of C1"));
  restart_at(run, 0, 2'100);
  EXPECT_THAT(run.take(), ElementsAre("expired 2100 gateway silent C1 | nothing of C1"));
  run.row(kCamp, "C1", 3'000, 0);
  EXPECT_THAT(run.take(), IsEmpty()) << "it is new";
}

TEST(SilenceRule, after_a_restart_what_lies_in_the_input_is_read_first) {
  for (const bool keys_are_gateways : {false, true}) {
    SilenceRule::Options options = SilenceRun::options(600);
    options.keys_are_gateways = keys_are_gateways;
    SilenceRun run(options);
    two_and_then_none(run);
    run.set_caught_up(false);
    run.restart();
    run.reading(kCamp, 60, kIdle);  // its writer had said so before
    run.tick(5'000);
    run.tick(5'300);
    EXPECT_THAT(run.take(), IsEmpty());
    run.set_caught_up(true);
    run.tick(5'310);
    run.tick(5'339);
    EXPECT_THAT(run.take(), IsEmpty());
    run.row(kCamp, "V1", 659, 60);
    run.row(kCamp, "V2", 659, 659);
    run.reading(kCamp, 659, kIdle);
    run.tick(5'400);
    run.tick(5'999);
    EXPECT_THAT(run.take(), IsEmpty());
    run.tick(6'000);
    if (keys_are_gateways) {
      EXPECT_THAT(run.take(), ElementsAre("raised 1259 gateway silent V1 | nothing of V1",
                                          "raised 1259 gateway silent V2 | nothing of V2"));
    } else {
      EXPECT_THAT(run.take(), ElementsAre("raised 1259 gateway silent C1 | " + kGateway));
    }
  }
}

TEST(SilenceRule, machine_whose_time_is_behind_puts_the_alert_off_by_no_more_than_silent_after) {
  SilenceRun run(SilenceRun::options(600));
  run.row(kCamp, "V1", 0, kNone);
  run.row(kCamp, "V2", 60, 0);
  run.reading(kCamp, 60, kIdle);
  run.tick(99'000);
  restart_at(run, 60, 500);
  restart_at(run, 60, 1'000);
  run.tick(1'129);
  EXPECT_THAT(run.take(), IsEmpty());
  run.tick(1'130);
  EXPECT_THAT(run.take(), ElementsAre("raised 660 gateway silent C1 | " + kGateway));
}

}  // namespace
}  // namespace sitrep
