// SPDX-License-Identifier: Apache-2.0
// A job that is changed: what fits goes on with its state, what does not is refused, and a reset
// makes room for it.
#include "engine/runtime/reset_state.h"

#include <gmock/gmock.h>

#include "engine/runtime/pipeline_driver.h"
#include "tests/unit/runtime/runtime_testing.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ResetStateTest : public testing::Test {
 protected:
  ResetStateTest() { EXPECT_TRUE(log_.create_topic("in", {.partitions = 1, .settings = {}})); }

  static Topology job(std::string_view columns, std::string_view where = "") {
    return topology_of(concat(R"(job: changed
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: text, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 0s, idle_after: never, max_future_skew: 100000d}
streams:
  sums:
    sql: SELECT k, )",
                              columns, " FROM rows ", where, R"( GROUP BY k, tumble(interval '10 s')
    late: {policy: drop}
    to: {topic: sums, key: k, create: {partitions: 1}}
  counts:
    sql: SELECT k, count(*) AS c FROM rows GROUP BY k, tumble(interval '10 s')
    late: {policy: drop}
    to: {topic: counts, key: k, create: {partitions: 1}}
)"));
  }
  void send(std::int64_t n, std::int64_t time, std::string_view key = "a") {
    log_.append({"in", PartitionId(0)},
                {.offset = Offset(0),
                 .timestamp = std::nullopt,
                 .key = std::nullopt,
                 .value = concat(R"({"k":")", key, R"(","n":)", n, R"(,"ts":)", time, "}"),
                 .headers = {}});
  }
  /// Runs the job until all is read and committed, then stops it as kill -9 does; or its error.
  std::string run(const Topology& topology) {
    PipelineDriver driver(topology,
                          {.state_dir = (directory_.path() / "image").string(),
                           .state_bytes_max = std::nullopt,
                           .exactly_once = true},
                          log_, clock_);
    const auto done = driver.settle();
    return done ? "" : done.error().message();
  }
  Result<std::vector<std::string>> reset(const Topology& topology,
                                         std::optional<std::string> stream, bool apply) {
    return reset_state(topology,
                       {.group = "changed",
                        .instance = "driver",
                        .state_dir = (directory_.path() / "image").string(),
                        .stream = std::move(stream),
                        .apply = apply,
                        .pause = [this] { clock_.advance(kMicrosPerSecond); }},
                       log_, clock_);
  }
  std::vector<std::string> written(const std::string& topic) {
    std::vector<std::string> out;
    for (const auto& record : log_.records({topic, PartitionId(0)})) out.push_back(*record.value);
    return out;
  }

  const TemporaryDirectory directory_;
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_{clock_};
};

TEST_F(ResetStateTest, a_query_that_keeps_the_same_goes_on_with_its_state) {
  send(1, 1);
  ASSERT_EQ(run(job("sum(n) AS s")), "");
  send(2, 2);
  send(0, 11);
  ASSERT_EQ(run(job("sum(n) * 10 AS tens", "WHERE n > 0")), "");
  EXPECT_THAT(written("sums"), ElementsAre(R"({"k":"a","tens":30})"));
}

TEST_F(ResetStateTest, a_query_that_keeps_something_else_is_refused_by_name) {
  send(1, 1);
  ASSERT_EQ(run(job("sum(n) AS s")), "");
  const std::string refused = run(job("max(n) AS s"));
  EXPECT_THAT(refused, HasSubstr("stream sums keeps other state than before"));
  EXPECT_THAT(refused, HasSubstr("sitrep reset JOB --stream sums"));
  EXPECT_EQ(run(job("sum(n) AS s")), "") << "taken back, all is well";
}

TEST_F(ResetStateTest, a_stream_is_reset_alone_and_nothing_is_read_twice) {
  send(1, 1);
  ASSERT_EQ(run(job("sum(n) AS s")), "");
  const Topology changed = job("max(n) AS m");
  const auto planned = reset(changed, "sums", /*apply=*/false);
  ASSERT_TRUE(planned) << planned.error().message();
  EXPECT_THAT(*planned, ElementsAre("task rows[0]: 1 entries of sums are dropped; its inputs are "
                                    "read on from where they are"));
  EXPECT_THAT(run(changed), HasSubstr("keeps other state")) << "nothing was done yet";
  ASSERT_TRUE(reset(changed, "sums", /*apply=*/true));
  send(7, 2);
  send(0, 11);
  ASSERT_EQ(run(changed), "");
  EXPECT_THAT(written("sums"), ElementsAre(R"({"k":"a","m":7})"));
  EXPECT_THAT(written("counts"), ElementsAre(R"({"k":"a","c":2})")) << "the others keep theirs";
}

TEST_F(ResetStateTest, an_alert_on_silence_that_is_reset_knows_nothing_of_before) {
  const Topology silence = topology_of(R"(job: changed
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: text, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 0s, idle_after: never, max_future_skew: 100000d}
alerts:
  silent:
    from: rows
    key: k
    silent_after: 10s
    renotify_every: 60s
    expire_after: 100s
    text: "{k} is silent"
    to: {topic: alerts, timestamps: ms, create: {partitions: 1}}
)");
  const auto told = [&] {
    std::vector<std::string> out;
    for (const std::string& record : written("alerts")) {
      std::string line;
      for (const std::string_view field : {R"("change":")", R"("key":")", R"("at":)"}) {
        const std::size_t from = record.find(field) + field.size();
        line += concat(line.empty() ? "" : " ",
                       record.substr(from, record.find_first_of("\",}", from) - from));
      }
      out.push_back(line);
    }
    return out;
  };
  send(0, 1);
  send(0, 5, "b");
  send(0, 12, "b");
  ASSERT_EQ(run(silence), "");
  EXPECT_THAT(told(), ElementsAre("raised a 11000"));
  ASSERT_TRUE(reset(silence, "silent", /*apply=*/true));
  send(0, 13);
  send(0, 14);
  send(0, 23, "b");
  send(0, 30, "b");
  ASSERT_EQ(run(silence), "");
  EXPECT_THAT(told(), ElementsAre("raised a 11000", "raised a 24000"));
  send(0, 31);
  send(0, 35, "b");
  ASSERT_EQ(run(silence), "");
  EXPECT_THAT(told(), ElementsAre("raised a 11000", "raised a 24000", "cleared a 31000"));
}

TEST_F(ResetStateTest, a_whole_job_begins_anew_where_its_sources_say) {
  send(1, 1);
  ASSERT_EQ(run(job("sum(n) AS s")), "");
  const Topology changed = job("max(n) AS m");
  const auto done = reset(changed, std::nullopt, /*apply=*/true);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_THAT(*done, ElementsAre("stage rows: the state is dropped; in[0] is read from offset 0 "
                                 "(`start: earliest`)"));
  send(0, 11);
  ASSERT_EQ(run(changed), "");
  EXPECT_THAT(written("sums"), ElementsAre(R"({"k":"a","m":1})"));
}

TEST_F(ResetStateTest, other_members_hold_it_up_and_unknown_streams_are_named) {
  send(1, 1);
  ASSERT_EQ(run(job("sum(n) AS s")), "");
  const auto unknown = reset(job("sum(n) AS s"), "suns", /*apply=*/false);
  EXPECT_EQ(unknown.error(), invalid_config("the job has no stream or alert 'suns'"));
  const auto other = *log_.join({.group = "changed", .instance = "aa", .topics = {"in"}});
  const auto held = reset(job("sum(n) AS s"), std::nullopt, /*apply=*/true);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error(), invalid_config("the job runs: instances in group changed are aa. Stop "
                                         "them first"));
  EXPECT_THAT(log_.members("changed").value(),
              UnorderedElementsAre(GroupMember{"driver"}, GroupMember{"aa"}))
      << "nobody was asked to give anything back";
}

TEST_F(ResetStateTest, a_job_that_runs_here_is_left_alone) {
  send(1, 1);
  const Topology topology = job("sum(n) AS s");
  PipelineDriver driver(topology,
                        {.state_dir = (directory_.path() / "image").string(),
                         .state_bytes_max = std::nullopt,
                         .exactly_once = true},
                        log_, clock_);
  ASSERT_TRUE(driver.settle());
  const Generation before = log_.current_generation("changed", "driver");
  for (const bool apply : {false, true}) {
    const auto refused = reset(topology, std::nullopt, apply);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("the job must not run while it is reset: "));
  }
  EXPECT_EQ(log_.current_generation("changed", "driver"), before);
  send(2, 2);
  send(0, 11);
  ASSERT_TRUE(driver.settle());
  EXPECT_THAT(written("sums"), ElementsAre(R"({"k":"a","s":3})"));
}

TEST_F(ResetStateTest, the_same_name_in_another_place_is_another_instance) {
  send(1, 1);
  ASSERT_EQ(run(job("sum(n) AS s")), "");
  const auto refused = reset_state(job("sum(n) AS s"),
                                   {.group = "changed",
                                    .instance = "driver",
                                    .state_dir = (directory_.path() / "elsewhere").string(),
                                    .stream = std::nullopt,
                                    .apply = true,
                                    .pause = [this] { clock_.advance(kMicrosPerSecond); }},
                                   log_, clock_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), invalid_config("the job runs: instances in group changed are driver. "
                                            "Stop them first"));
}

TEST_F(ResetStateTest, another_number_of_partitions_is_refused) {
  send(1, 1);
  ASSERT_EQ(run(job("sum(n) AS s")), "");
  log_.add_partitions("in", 2);
  EXPECT_THAT(run(job("sum(n) AS s")), HasSubstr("`sitrep reset` begins the stage anew"));
}

}  // namespace
}  // namespace sitrep
