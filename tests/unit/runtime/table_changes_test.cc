// SPDX-License-Identifier: Apache-2.0
// A job whose tables are changed: a join that is new reads its table from the beginning, however
// far others have read it; one that was there goes on with what it keeps.
#include <gmock/gmock.h>

#include "engine/runtime/pipeline_driver.h"
#include "engine/runtime/reset_state.h"
#include "tests/unit/runtime/runtime_testing.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class TableChangesTest : public testing::Test {
 protected:
  TableChangesTest() {
    EXPECT_TRUE(log_.create_topic("in", {.partitions = 1, .settings = {}}));
    EXPECT_TRUE(log_.create_topic("names", {.partitions = 1, .settings = {}}));
    name("a", 1, "Ann");
    name("b", 1, "Ben");
  }

  /// `table`: columns of the table besides its key; `streams`: name and select list of each stream.
  static Topology job(std::string_view table, const std::vector<std::string>& streams) {
    std::string text = concat(R"(job: changed
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: text, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 0s, idle_after: never}
tables:
  names:
    topic: names
    columns: {k: text, )",
                              table, "}\n    key: k\n", "streams:\n",
                              "  each: {sql: SELECT n FROM rows, to: {topic: each, create: "
                              "{partitions: 1}}}\n");
    for (const std::string& stream : streams) {
      text += concat("  ", stream.substr(0, stream.find(' ')), ":\n    sql: SELECT ",
                     stream.substr(stream.find(' ')),
                     " FROM rows r LEFT JOIN names t ON t.k = r.k\n    to: {topic: ",
                     stream.substr(0, stream.find(' ')), ", create: {partitions: 1}}\n");
    }
    return topology_of(text);
  }

  void append(const std::string& topic, Micros time, std::string_view key, std::string value) {
    log_.append({topic, PartitionId(0)}, {.offset = Offset(0),
                                          .timestamp = time * kMicrosPerSecond,
                                          .key = std::string(key),
                                          .value = std::move(value),
                                          .headers = {}});
  }
  void name(std::string_view key, std::int64_t time, std::string_view name) {
    append("names", time, key, concat(R"({"k":")", key, R"(","name":")", name, R"(","age":)", time,
                                      "}"));
  }
  void row(std::string_view key, std::int64_t n) {
    append("in", n, key, concat(R"({"k":")", key, R"(","n":)", n, R"(,"ts":)", n, "}"));
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
  std::vector<std::string> written(const std::string& topic) {
    std::vector<std::string> out;
    for (const auto& record : log_.records({topic, PartitionId(0)})) out.push_back(*record.value);
    return out;
  }

  const TemporaryDirectory directory_;
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_{clock_};
};

TEST_F(TableChangesTest, a_join_that_is_added_has_its_whole_table_at_once) {
  row("a", 1);
  ASSERT_EQ(run(job("name: text", {})), "") << "nothing joins it yet";
  // A member that comes back is given what it had, and knows of no new topic.
  log_.expire_member("changed", "driver");
  row("a", 2);
  ASSERT_EQ(run(job("name: text", {"one n, name"})), "");
  EXPECT_THAT(written("one"), ElementsAre(R"({"n":2,"name":"Ann"})"));
  name("a", 3, "Cleo");
  row("a", 3);
  ASSERT_EQ(run(job("name: text", {"one n, name"})), "");
  row("a", 4);
  row("b", 5);
  row("a", 2);
  ASSERT_EQ(run(job("name: text", {"one n, name", "two name, n"})), "");
  EXPECT_THAT(written("one"),
              ElementsAre(R"({"n":2,"name":"Ann"})", R"({"n":3,"name":"Cleo"})",
                          R"({"n":4,"name":"Cleo"})", R"({"n":5,"name":"Ben"})",
                          R"({"n":2,"name":"Ann"})"))
      << "reading it again changes nothing for the one that had it";
  EXPECT_THAT(written("two"), ElementsAre(R"({"name":"Cleo","n":4})", R"({"name":"Ben","n":5})",
                                          R"({"name":"Ann","n":2})"));
}

TEST_F(TableChangesTest, a_query_may_read_other_columns_of_its_table) {
  row("a", 1);
  ASSERT_EQ(run(job("name: text, age: bigint", {"one n, name"})), "");
  row("b", 2);
  ASSERT_EQ(run(job("name: text, age: bigint", {"one age + n AS sum"})), "");
  EXPECT_THAT(written("one"), ElementsAre(R"({"n":1,"name":"Ann"})", R"({"sum":3})"));
}

TEST_F(TableChangesTest, other_columns_of_the_table_are_refused_until_the_stream_is_reset) {
  row("a", 1);
  ASSERT_EQ(run(job("name: text", {"one n, name"})), "");
  const Topology changed = job("name: text, age: bigint", {"one n, age"});
  const std::string refused = run(changed);
  EXPECT_THAT(refused,
              StartsWith("restoring rows[0]: stream one/t keeps other state than before: it kept\n"
                         "  join names by k text: k text, name text"));
  EXPECT_THAT(refused, HasSubstr("`sitrep reset JOB --stream one`"));
  ASSERT_TRUE(reset_state(changed,
                          {.group = "changed",
                           .instance = "driver",
                           .state_dir = (directory_.path() / "image").string(),
                           .stream = "one",
                           .apply = true,
                           .pause = [this] { clock_.advance(kMicrosPerSecond); }},
                          log_, clock_));
  row("b", 2);
  ASSERT_EQ(run(changed), "");
  EXPECT_THAT(written("one"), ElementsAre(R"({"n":1,"name":"Ann"})", R"({"n":2,"age":1})"))
      << "the table was read again, the stream was not";
}

}  // namespace
}  // namespace sitrep
