// SPDX-License-Identifier: Apache-2.0
// A table from a file: read at the start, and anew when the file changes, as a whole or not at all.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "config/assemble.h"
#include "config/parse_job.h"
#include "engine/base/text.h"
#include "engine/runtime/pipeline_driver.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

class FileTableTest : public testing::Test {
 protected:
  FileTableTest() {
    EXPECT_TRUE(log_.create_topic("rows", {.partitions = 1, .settings = {}}));
  }

  void make_driver(const std::string& columns) {
    std::vector<ConfigError> errors;
    const std::string text = concat(R"(job: files
kafka: {brokers: none}
sources:
  rows:
    topic: rows
    columns: {k: text, n: bigint}
    partitioned_by: k
tables:
  names:
    file: )",
                                    file(), "\n    columns: ", columns, R"(
    key: k
streams:
  joined:
    sql: SELECT n, v FROM rows r LEFT JOIN names t ON t.k = r.k
    to: {topic: joined, create: {partitions: 1}}
)");
    auto spec = parse_job(text, "job.yaml", Environment(), errors);
    ASSERT_TRUE(spec) << to_string(errors);
    auto plan = plan_job(*std::move(spec), make_function_registry(), errors);
    ASSERT_TRUE(plan) << to_string(errors);
    topology_ = assemble_topology(std::make_shared<const JobPlan>(*std::move(plan)));
    driver_ = std::make_unique<PipelineDriver>(topology_, PipelineDriver::Options(), log_, clock_);
  }

  std::string file() const { return (directory_.path() / "names.jsonl").string(); }
  void write(const std::string& text) { std::ofstream(file(), std::ios::trunc) << text; }

  /// What a row of key "k" gives now: its value in the table, or the error.
  std::string joined() {
    if (const auto done = driver_->settle(); !done) return done.error().message();
    clock_.advance(2 * kMicrosPerSecond);
    if (const auto done = driver_->settle(); !done) return done.error().message();
    log_.append({"rows", PartitionId(0)}, {.offset = Offset(0),
                                           .timestamp = kMicrosPerDay,
                                           .key = "k",
                                           .value = R"({"k":"k","n":1})",
                                           .headers = {}});
    if (const auto done = driver_->settle(); !done) return done.error().message();
    return log_.records({"joined", PartitionId(0)}).back().value.value_or("null");
  }
  double failures() {
    for (const MetricSample& sample : driver_->metrics().samples()) {
      if (sample.name == "sitrep_table_reload_failures_total") return sample.value;
    }
    return -1;
  }

  const TemporaryDirectory directory_;
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_{clock_};
  Topology topology_;
  std::unique_ptr<PipelineDriver> driver_;
};

TEST_F(FileTableTest, a_changed_file_is_read_anew_and_a_bad_one_changes_nothing) {
  write("{\"k\":\"k\",\"v\":1}\n\n{\"k\":\"other\",\"v\":7}\n");
  make_driver("{k: text, v: {type: bigint, min: 0}}");
  EXPECT_EQ(joined(), R"({"n":1,"v":1})");
  EXPECT_EQ(joined(), R"({"n":1,"v":1})");
  write("{\"k\":\"k\",\"v\":22}\n");
  EXPECT_EQ(joined(), R"({"n":1,"v":22})");
  EXPECT_EQ(failures(), 0);
  write("{\"k\":\"k\",\"v\":333}\n{\"k\":\"other\",\"v\":-1}\n");
  EXPECT_EQ(joined(), R"({"n":1,"v":22})") << "one line is bad, so none counts";
  EXPECT_EQ(failures(), 1);
  EXPECT_EQ(joined(), R"({"n":1,"v":22})");
  EXPECT_EQ(failures(), 1) << "it did not change again";
  std::filesystem::remove(file());
  EXPECT_EQ(joined(), R"({"n":1,"v":22})");
  EXPECT_EQ(failures(), 2);
  write("{\"k\":\"k\",\"v\":4444}\n");
  EXPECT_EQ(joined(), R"({"n":1,"v":4444})");
  write("{\"k\":\"others\",\"v\":5}\n");
  EXPECT_EQ(joined(), R"({"n":1,"v":null})") << "a row that is not in the file is gone";
  EXPECT_EQ(failures(), 2);
}

TEST_F(FileTableTest, a_bad_file_at_the_start_is_refused_with_its_lines) {
  write("{\"k\":\"k\",\"v\":1}\n\n{\"k\":\"k\",\"v\":\"one\"}\n{\"v\":1}\n{\n");
  make_driver("{k: text, v: bigint}");
  EXPECT_EQ(joined(), concat("table names: ", file(), ":3: type /v, ", file(), ":4: required /k, ",
                             file(), ":5: malformed"));
  std::filesystem::remove(file());
  make_driver("{k: text, v: bigint}");
  EXPECT_EQ(joined(),
            concat("table names: reading ", file(), ": No such file or directory"));
}

}  // namespace
}  // namespace sitrep
