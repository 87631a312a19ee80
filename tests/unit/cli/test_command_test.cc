// SPDX-License-Identifier: Apache-2.0
#include "cli/test_command.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "engine/base/text.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

constexpr std::string_view kJob = R"(# A stream that passes its rows on.
--- job
job: pass
sources:
  rows: {topic: in, columns: {n: bigint, ts: {type: timestamp, unit: s}}, time: {column: ts}}
streams:
  all: {sql: SELECT n FROM rows, to: {topic: out}}
)";

class RunCases : public testing::Test {
 protected:
  std::string write(std::string_view sections) const {
    std::ofstream(path_) << kJob << sections;
    return path_;
  }
  /// What is said of the case, whose path is written as `CASE`.
  std::string said(std::string_view sections, const std::string& way = {}) const {
    std::ostringstream out;
    const auto failed = run_cases({.cases = {write(sections)}, .way = way}, out);
    std::string text = failed ? out.str() : failed.error().message();
    for (std::size_t at = text.find(path_); at != std::string::npos; at = text.find(path_)) {
      text.replace(at, path_.size(), "CASE");
    }
    return text;
  }

  const TemporaryDirectory directory_;
  const std::string path_ = (directory_.path() / "rows.case").string();
};

TEST_F(RunCases, a_failure_of_every_way_is_said_once) {
  EXPECT_EQ(said("--- input\nin[0] {\"n\": 1, \"ts\": 0}\n--- expect out\n{\"n\": 2}\n"),
            "CASE: FAILED in all 9 ways\n"
            "  not expected in out: {\"n\":1}\n"
            "  missing in out: {\"n\":2}\n"
            "0 passed, 1 failed\n");
}

TEST_F(RunCases, a_failure_of_one_way_names_it) {
  EXPECT_EQ(said("--- input\nin[0] {\"n\": 1, \"ts\": 0}\n", "crash-1"),
            "CASE: FAILED (crash-1)\n"
            "  not expected in out: {\"n\":1}\n"
            "0 passed, 1 failed\n");
}

TEST_F(RunCases, a_failure_of_some_ways_names_them) {
  // Where a crash may repeat rows, their order is not compared.
  EXPECT_EQ(said("--- input\nin[0] {\"n\": 1, \"ts\": 0}\nin[0] {\"n\": 2, \"ts\": 0}\n"
                 "--- expect out\n{\"n\": 2}\n{\"n\": 1}\n"),
            "CASE: FAILED in 6 of 9 ways (plain, batch-of-one, workers, tiny-memory, "
            "exactly-once-crash, exactly-once-lost-disk)\n"
            "  in out, key null: out of order: {\"n\":2}\n"
            "0 passed, 1 failed\n");
}

TEST_F(RunCases, payloads_can_be_compared_as_text_and_records_by_their_headers) {
  const std::string input = "--- input\nin[0] {\"n\": 1, \"ts\": 0}\n";
  EXPECT_EQ(said(input + "--- expect text out\n{\"n\":1}\n--- expect headers out\n{}\n"),
            "CASE: ok\n1 passed, 0 failed\n");
  EXPECT_EQ(said(input + "--- expect text out\n{\"n\": 1}\n"
                         "--- expect headers out\n{\"a\": \"b\"}\n",
                 "plain"),
            "CASE: FAILED (plain)\n"
            "  missing in out: {\"n\": 1}\n"
            "  not expected in out: {\"n\":1}\n"
            "  missing in headers of out: {\"a\":\"b\"}\n"
            "  not expected in headers of out: {}\n"
            "0 passed, 1 failed\n");
  EXPECT_EQ(said(input + "--- expect out\n{\"n\": 1}\n--- expect headers in\n{}\n", "plain"),
            "CASE: FAILED (plain)\n"
            "  CASE: the job writes no topic in\n"
            "0 passed, 1 failed\n");
}

TEST_F(RunCases, a_job_can_be_a_file_beside_the_case) {
  std::ofstream(directory_.path() / "pass.yaml") << kJob.substr(kJob.find("job: pass"));
  const auto said_of = [&](std::string_view sections) {
    std::ofstream(path_) << sections;
    std::ostringstream out;
    const auto failed = run_cases({.cases = {path_}, .way = "plain"}, out);
    return failed ? out.str() : failed.error().message();
  };
  const std::string rows = "--- input\nin[0] {\"n\": 1, \"ts\": 0}\n--- expect out\n{\"n\": 1}\n";
  EXPECT_EQ(said_of(concat("# Rows pass.\n--- job pass.yaml\n\n# As they are.\n", rows)),
            concat(path_, ": ok\n1 passed, 0 failed\n"));
  EXPECT_EQ(said_of(concat("--- job ./no/../pass.yaml\n", rows)),
            concat(path_, ": ok\n1 passed, 0 failed\n"));
  EXPECT_EQ(said_of(concat("--- job none.yaml\n", rows)),
            concat(path_, ":1: cannot read ", (directory_.path() / "none.yaml").string(),
                   ": No such file or directory"));
  EXPECT_EQ(said_of(concat("--- job pass.yaml\njob: other\n", rows)),
            concat(path_, ":2: the job is in pass.yaml; for a job that is written here, begin with "
                          "`--- job` alone"));
}

TEST_F(RunCases, a_way_that_is_none_is_refused_with_those_that_are) {
  EXPECT_EQ(said("--- input\n", "nope"),
            "--way: there is no way 'nope'; known: plain, batch-of-one, workers, crash-1, crash-2, "
            "crash-3, tiny-memory, exactly-once-crash, exactly-once-lost-disk");
  std::ostringstream out;
  EXPECT_EQ(run_cases({.cases = {path_}, .way = "nope"}, out).error().kind(),
            ErrorKind::kInvalidConfig);
}

TEST_F(RunCases, input_that_the_job_does_not_read_is_refused) {
  EXPECT_EQ(said("--- input\nin[0] {\"n\": 1}\nout[0] {\"n\": 1}\n", "plain"),
            "CASE: FAILED (plain)\n"
            "  CASE:10: the job does not read the topic out; it reads in\n"
            "0 passed, 1 failed\n");
  EXPECT_EQ(said("--- input\ngap other[0] 2\n", "plain"),
            "CASE: FAILED (plain)\n"
            "  CASE:9: the job does not read the topic other; it reads in\n"
            "0 passed, 1 failed\n");
}

}  // namespace
}  // namespace sitrep
