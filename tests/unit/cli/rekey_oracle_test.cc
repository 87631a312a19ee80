// SPDX-License-Identifier: Apache-2.0
// Groups that every partition has rows of, behind one cut and behind two, against a loop over all
// rows. Nothing is late here: the semantics do not say whose row comes first where several
// partitions meet, and the two halves of a window are compared row by row elsewhere
// (partial_aggregate_test). Each input is a case: a failure prints it, ready for tests/golden.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/case_runner.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

struct InputRow {
  int partition = 0;
  std::string camp;
  std::int64_t time = 0;  // seconds since 1970
  std::optional<std::int64_t> value;
};

struct Job {
  std::int64_t width = 10;
  std::int64_t slide = 10;
  bool clock_per_camp = false;
  bool where = false;   // value <> 3, which a null does not pass
  bool having = false;  // count(*) > 1
  std::size_t settle_every = 0;
};

std::string text_of(std::optional<std::int64_t> value) { return value ? concat(*value) : "null"; }
std::string time_text(std::int64_t seconds) {
  return format_timestamp(seconds * kMicrosPerSecond);
}

std::string job_text(const Job& job) {
  return concat(R"(job: oracle
sources:
  rows:
    topic: rows
    columns:
      camp: {type: text, required: true}
      ts: {type: timestamp, unit: rfc3339, required: true}
      v: bigint
    time: {column: ts, out_of_orderness: 1000s)",
                job.clock_per_camp ? ", clock: {per: camp}" : "", R"(}
streams:
  windows:
    sql: |
      SELECT camp, window_start AS s, window_end AS e, count(*) AS n, count(v) AS c, sum(v) AS sum,
             min(v) AS lo, max(v) AS hi, count(DISTINCT v) AS d
      FROM rows)",
                job.where ? " WHERE v <> 3" : "", " GROUP BY camp, hop(interval '", job.width,
                " seconds', interval '", job.slide, " seconds')",
                job.having ? " HAVING count(*) > 1" : "", R"(
    to: {topic: windows, key: camp}
)",
                job.clock_per_camp ? "" : R"(  sizes:
    sql: |
      SELECT n AS size, window_start AS s, count(*) AS groups, sum(sum) AS sum
      FROM windows GROUP BY n, tumble(interval '30 seconds')
    to: {topic: sizes, key: size}
)");
}

struct Group {
  std::int64_t rows = 0;
  std::int64_t counted = 0;
  std::int64_t sum = 0;
  std::set<std::int64_t> values = {};

  void add(std::optional<std::int64_t> value) {
    ++rows;
    if (!value) return;
    ++counted;
    sum += *value;
    values.insert(*value);
  }
};

std::string case_text(const Job& job, const std::vector<InputRow>& rows) {
  std::string input;
  std::map<std::pair<std::int64_t, std::string>, Group> windows;  // by start and camp
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const InputRow& row = rows[i];
    input += concat("rows[", row.partition, R"(] {"camp":")", row.camp, R"(","ts":")",
                    time_text(row.time), R"(","v":)", text_of(row.value), "}\n");
    if (job.settle_every > 0 && (i + 1) % job.settle_every == 0) input += "settle\n";
    if (job.where && row.value.value_or(3) == 3) continue;
    for (std::int64_t start = 0; start <= row.time; start += job.slide) {
      if (row.time < start + job.width) windows[{start, row.camp}].add(row.value);
    }
    // Windows that begin before 1970.
    for (std::int64_t start = -job.slide; start + job.width > row.time; start -= job.slide) {
      windows[{start, row.camp}].add(row.value);
    }
  }
  std::string expected;
  std::map<std::pair<std::int64_t, std::int64_t>, Group> sizes;  // by start and size
  for (const auto& [name, group] : windows) {
    const auto& [start, camp] = name;
    if (job.having && group.rows <= 1) continue;
    const bool any = group.counted > 0;
    expected += concat(R"({"camp":")", camp, R"(","s":")", time_text(start), R"(","e":")",
                       time_text(start + job.width), R"(","n":)", group.rows, R"(,"c":)",
                       group.counted, R"(,"sum":)", any ? concat(group.sum) : "null", R"(,"lo":)",
                       any ? concat(*group.values.begin()) : "null", R"(,"hi":)",
                       any ? concat(*group.values.rbegin()) : "null", R"(,"d":)",
                       group.values.size(), "}\n");
    // A window's row is one millisecond before its end.
    const std::int64_t last = start + job.width - 1;
    const std::int64_t size_start = (last >= 0 ? last / 30 : (last - 29) / 30) * 30;
    sizes[{size_start, group.rows}].add(any ? std::optional(group.sum) : std::nullopt);
  }
  std::string expected_sizes;
  for (const auto& [name, group] : sizes) {
    expected_sizes += concat(R"({"size":)", name.second, R"(,"s":")", time_text(name.first),
                             R"(","groups":)", group.rows, R"(,"sum":)",
                             group.counted > 0 ? concat(group.sum) : "null", "}\n");
  }
  return concat("# Made by rekey_oracle_test.\n--- job\n", job_text(job), "--- input\n", input,
                "--- expect windows\n", expected,
                job.clock_per_camp ? "" : concat("--- expect sizes\n", expected_sizes));
}

/// Empty, or what differs and the case.
std::string play(const std::string& text, const CaseWay& way, const TemporaryDirectory& directory) {
  const auto file = parse_case("oracle.case", text);
  if (!file) return concat(file.error().message(), "\n", text);
  const auto differs = play_case(*file, way, directory.path());
  if (!differs) return concat(way.name, ": ", differs.error().message(), "\n", text);
  return differs->empty() ? "" : concat(way.name, ":\n", *differs, text);
}

std::string random_case(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  Job job;
  job.slide = 1 + below(10);
  job.width = job.slide * (1 + below(4));
  job.clock_per_camp = below(3) == 0;
  job.where = below(3) == 0;
  job.having = below(3) == 0;
  job.settle_every = static_cast<std::size_t>(below(3) * below(5));
  const int partitions = 1 + below(4);
  std::vector<InputRow> rows;
  std::int64_t now = 0;
  for (int i = 5 + below(60); i > 0; --i) {
    now += below(4);
    rows.push_back({.partition = below(partitions),
                    .camp = concat("c", below(4)),
                    .time = std::max<std::int64_t>(0, now - below(20)),
                    .value = below(6) == 0 ? std::nullopt : std::optional(below(7) - 1)});
  }
  return case_text(job, rows);
}

TEST(ReKeyOracle, random_inputs_played_plainly) {
  const TemporaryDirectory directory;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const std::string wrong = play(random_case(seed), CaseWay::all()[0], directory);
    ASSERT_TRUE(wrong.empty()) << "seed " << seed << ", " << wrong;
  }
}

TEST(ReKeyOracle, random_inputs_played_in_every_way) {
  for (unsigned seed = 10'001; seed <= 10'008; ++seed) {
    for (const CaseWay& way : CaseWay::all()) {
      const TemporaryDirectory directory;
      const std::string wrong = play(random_case(seed), way, directory);
      ASSERT_TRUE(wrong.empty()) << "seed " << seed << ", " << wrong;
    }
  }
}

/// Every sequence of three rows over two partitions, two camps and three times.
TEST(ReKeyOracle, all_small_inputs) {
  const std::int64_t times[] = {0, 5, 10};
  const TemporaryDirectory directory;
  for (int sequence = 0; sequence < 12 * 12 * 12; ++sequence) {
    std::vector<InputRow> rows;
    for (int rest = sequence, i = 0; i < 3; ++i, rest /= 12) {
      rows.push_back({.partition = rest % 2,
                      .camp = rest / 2 % 2 == 0 ? "a" : "b",
                      .time = times[rest % 12 / 4],
                      .value = i});
    }
    const Job job{.width = 10,
                  .slide = sequence % 2 == 0 ? 5 : 10,
                  .settle_every = static_cast<std::size_t>(sequence % 3)};
    const std::string wrong = play(case_text(job, rows), CaseWay::all()[0], directory);
    ASSERT_TRUE(wrong.empty()) << wrong;
  }
}

}  // namespace
}  // namespace sitrep
