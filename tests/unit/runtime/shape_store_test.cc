// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/shape_store.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class Puts final : public ChangeSink {
 public:
  void put(StoreId, const StateKey& key, std::string_view value) override {
    values[std::string(key.key)] = value;
  }
  void remove(StoreId, const StateKey&) override {}
  void remove_pane(StoreId, std::string_view, Micros) override {}

  std::map<std::string, std::string> values;
};

std::map<std::string, std::string> collected(ShapeStore& store) {
  Puts puts;
  store.collect(Epoch(1), puts);
  return puts.values;
}

StateKey key(std::string_view node) {
  return {.clock = {}, .pane = 0, .key = node};
}

TEST(ShapeStore, shapes_are_saved_once) {
  ShapeStore store;
  store.expect("a", "by k");
  store.expect("b", "by j");
  ASSERT_TRUE(store.restore(key("a"), "by k"));
  EXPECT_THAT(collected(store), ElementsAre(Pair("b", "by j")));
  EXPECT_THAT(collected(store), IsEmpty());
}

TEST(ShapeStore, another_shape_is_refused_with_what_can_be_done) {
  ShapeStore store;
  store.expect("sums", "by k");
  const auto restored = store.restore(key("sums"), "by j");
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error(),
            invalid_config("stream sums keeps other state than before: it kept\n  by j\nand would "
                           "keep\n  by k\nRows of both cannot be mixed. Give the changed stream a "
                           "new name (it begins empty, the old state stays unused), take the "
                           "change back, or drop its state with `sitrep reset JOB --stream sums`"));
}

TEST(ShapeStore, streams_that_the_job_no_longer_has_do_not_matter) {
  ShapeStore store;
  store.expect("sums", "by k");
  EXPECT_TRUE(store.restore(key("gone"), "by j"));
}

/// The shape of the only stream of a job with this query.
std::string shape_of(std::string_view query) {
  const Topology topology = topology_of(concat(R"(job: shapes
kafka: {brokers: nowhere}
sources:
  s:
    topic: in
    columns: {k: text, d: double, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts}
streams:
  out:
    sql: )",
                                               query, R"(
    late: {policy: drop}
    to: {topic: out}
)"));
  return topology.stages.at(0).nodes.at(0).shape;
}

TEST(Shape, says_keys_window_and_aggregates) {
  EXPECT_EQ(shape_of("SELECT k, avg(d), count(DISTINCT n) FILTER (WHERE n > 1) FROM s GROUP BY k, "
                     "tumble(interval '10 seconds')"),
            "GROUP BY k text WINDOW 10000000 us every 10000000 us from 0 us: "
            "avg(d double), count(DISTINCT n bigint) FILTER >(n bigint, 1) boolean");
}

TEST(Shape, what_is_computed_from_the_groups_does_not_matter) {
  const std::string first =
      shape_of("SELECT k, sum(n) AS x FROM s GROUP BY k, tumble(interval '1 minute')");
  EXPECT_EQ(shape_of("SELECT window_end, SUM( n ) * 2 AS y, k FROM s WHERE d > 1 GROUP BY k, "
                     "tumble(interval '60 seconds') HAVING sum(n) > 3"),
            first);
  for (const std::string_view other :
       {"SELECT k, sum(d) AS x FROM s GROUP BY k, tumble(interval '1 minute')",
        "SELECT k, max(n) AS x FROM s GROUP BY k, tumble(interval '1 minute')",
        "SELECT k, sum(n) AS x FROM s GROUP BY k, tumble(interval '2 minutes')",
        "SELECT k, sum(n) AS x FROM s GROUP BY k, n, tumble(interval '1 minute')",
        "SELECT k, sum(n) AS x, count(*) AS y FROM s GROUP BY k, tumble(interval '1 minute')"}) {
    EXPECT_NE(shape_of(other), first) << other;
  }
}

}  // namespace
}  // namespace sitrep
