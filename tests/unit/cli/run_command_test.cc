// SPDX-License-Identifier: Apache-2.0
// Several jobs in one process, on directories of files.
#include "cli/run_command.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/job_loading.h"
#include "engine/base/text.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using testing::HasSubstr;

class RunJobsTest : public testing::Test {
 protected:
  JobPlanPtr plan(const std::string& name, const std::string& memory = "64MiB",
                  const std::string& partitioned_by = "") {
    const std::filesystem::path file = directory_.path() / (name + memory + ".yaml");
    std::ofstream(file) << concat("job: ", name, "\nmemory: ", memory, "\nstate_dir: ",
                                  (directory_.path() / ("state_" + name)).string(), R"(
metrics: {listen: off}
files: {directory: )",
                                  logs().string(), R"(}
sources:
  rows:
    topic: rows
    columns: {k: text, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: [)",
                                  partitioned_by, R"(]
    time: {column: ts, out_of_orderness: 0s}
streams:
  sums:
    sql: SELECT k, sum(n) AS n FROM rows GROUP BY k, tumble(interval '10 seconds')
    to: {topic: )",
                                  name, ".sums, create: {partitions: 1}}\n");
    std::ostringstream complaints;
    auto loaded = load_job({.path = file.string(), .overrides = overrides_}, complaints);
    EXPECT_TRUE(loaded && *loaded) << complaints.str();
    return *std::move(loaded);
  }
  std::filesystem::path logs() const { return directory_.path() / "logs"; }
  void write_rows() {
    std::filesystem::create_directories(logs() / "rows");
    std::ofstream(logs() / "rows/0.jsonl") << R"({"k":"a","n":1,"ts":1})" << '\n'
                                            << R"({"k":"a","n":2,"ts":2})" << '\n';
  }
  std::string written(const std::string& job) {
    std::ifstream in(logs() / (job + ".sums") / "0.jsonl");
    std::string line;
    std::getline(in, line);
    return line;
  }

  const TemporaryDirectory directory_;
  std::vector<std::string> overrides_;
  StopFlag stop_;
};

TEST_F(RunJobsTest, each_writes_what_it_would_alone) {
  write_rows();
  const auto done = run_jobs({plan("one"), plan("two")},
                             {.bounded = true, .memory_bytes = std::size_t{256} << 20}, stop_);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_THAT(written("one"), HasSubstr(R"({"k":"a","n":3})"));
  EXPECT_THAT(written("two"), HasSubstr(R"({"k":"a","n":3})"));
}

TEST_F(RunJobsTest, groups_meet_through_files_too) {
  // Names of ten letters, and so bytes of ten in what crosses: the end of a line.
  std::filesystem::create_directories(logs() / "rows");
  for (const std::string partition : {"0", "1"}) {
    std::ofstream out(logs() / "rows" / (partition + ".jsonl"));
    for (int k = 0; k < 10; ++k) {
      out << concat(R"({"k":"group-000)", k, R"(","n":)", k, R"(,"ts":1})", '\n');
    }
  }
  const auto done = run_jobs({plan("one", "64MiB", "n")},
                             {.bounded = true, .memory_bytes = std::nullopt}, stop_);
  ASSERT_TRUE(done) << done.error().message();
  std::ifstream in(logs() / "one.sums" / "0.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  std::vector<std::string> expected;
  for (int k = 0; k < 10; ++k) {
    expected.push_back(concat(R"({"k":"group-000)", k, R"(","n":)", 2 * k, "}"));
  }
  EXPECT_EQ(lines, expected);
}

TEST_F(RunJobsTest, the_last_line_tells_that_all_is_read_and_nothing_waits) {
  write_rows();
  testing::internal::CaptureStderr();
  const auto done =
      run_jobs({plan("one")}, {.bounded = true, .memory_bytes = std::nullopt}, stop_);
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_THAT(log, HasSubstr(" rows/s, 2 rows, lag 0, late 0, dead letters 0\n"));
}

TEST_F(RunJobsTest, the_first_dead_letter_of_a_topic_and_reason_is_a_line_of_the_log) {
  std::filesystem::create_directories(logs() / "rows");
  for (const std::string partition : {"0", "1"}) {
    std::ofstream(logs() / "rows" / (partition + ".jsonl"))
        << R"({"k":"a","n":"many","ts":1})" << '\n'
        << R"({"k":"a","n":"more","ts":2})" << '\n'
        << "{" << '\n';
  }
  // Two workers may meet their first at the same time, and both say so.
  overrides_ = {"workers=1"};
  testing::internal::CaptureStderr();
  const auto done =
      run_jobs({plan("one")}, {.bounded = true, .memory_bytes = std::nullopt}, stop_);
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(done) << done.error().message();
  const auto lines_with = [&](std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) {
      ++count;
    }
    return count;
  };
  EXPECT_EQ(lines_with("dead letter rows["), 2U) << log;
  EXPECT_THAT(log, HasSubstr("]@0: type /n: the first of this topic and reason; all are counted, "
                             "and in one.dead_letters\n"));
  EXPECT_THAT(log, HasSubstr("]@56: malformed: the first of this topic and reason; all are "
                             "counted, and in one.dead_letters\n"));
}

TEST_F(RunJobsTest, one_that_fails_ends_the_others_and_is_named) {
  std::filesystem::create_directories(logs());
  const auto done = run_jobs({plan("one"), plan("two")}, RunOptions(), stop_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("job one: the topics at directory "));
  EXPECT_TRUE(stop_.requested());
}

TEST_F(RunJobsTest, two_of_one_name_are_refused) {
  const auto done = run_jobs({plan("one"), plan("one")}, RunOptions(), stop_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(done.error().message(), HasSubstr("two of these jobs are called 'one'"));
}

TEST_F(RunJobsTest, a_part_of_the_memory_that_is_too_small_is_told) {
  const auto done = run_jobs({plan("one", "64MiB"), plan("two", "192MiB")},
                             {.memory_bytes = std::size_t{200} << 20}, stop_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(),
            "--memory 200MiB leaves job 'one' 50MiB; a job needs 64MiB");
}

}  // namespace
}  // namespace sitrep
