// SPDX-License-Identifier: Apache-2.0
// Windows of random and of all small inputs, against a loop over the rows that knows the semantics
// and nothing of the engine. Each input is a case (docs/test-cases.md): a failure prints it, ready
// for tests/golden.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "cli/case_runner.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

constexpr std::int64_t kLong = 1'000'000;  // beyond every time in these inputs

struct InputRow {
  int partition = 0;
  std::string camp;
  std::string key;
  std::int64_t time = 0;  // seconds since 1970
  std::optional<std::int64_t> value;
};

struct Job {
  std::int64_t width = 10;
  std::int64_t slide = 10;
  std::int64_t offset = 0;
  std::int64_t out_of_orderness = 0;
  bool clock_per_camp = false;
  bool late_to_topic = true;
  bool where = false;   // value <> 3, which a null does not pass
  bool having = false;  // count(*) > 1
};

std::string text_of(std::optional<std::int64_t> value) {
  return value ? concat(*value) : "null";
}
std::string time_text(std::int64_t seconds) {
  return format_timestamp(seconds * kMicrosPerSecond);
}

std::string json_of(const InputRow& row) {
  return concat(R"({"camp":")", row.camp, R"(","k":")", row.key, R"(","ts":")", time_text(row.time),
                R"(","v":)", text_of(row.value), "}");
}

std::string job_text(const Job& job) {
  const std::string offset = job.offset == 0 ? "" : concat(", interval '", job.offset, " seconds'");
  const std::string window = job.width == job.slide
                                 ? concat("tumble(interval '", job.width, " seconds'", offset, ")")
                                 : concat("hop(interval '", job.width, " seconds', interval '",
                                          job.slide, " seconds'", offset, ")");
  return concat(
      R"(job: oracle
sources:
  rows:
    topic: rows
    columns:
      camp: {type: text, required: true}
      k: {type: text, required: true}
      ts: {type: timestamp, unit: rfc3339, required: true}
      v: bigint
    partitioned_by: [k]
    time: {column: ts, out_of_orderness: )",
      job.out_of_orderness, "s", job.clock_per_camp ? ", clock: {per: camp}" : "",
      R"(}
streams:
  windows:
    sql: |
      SELECT camp, k, window_start AS s, count(*) AS n, count(v) AS c, sum(v) AS sum, min(v) AS lo,
             max(v) AS hi, first(v) AS f, last(v) AS l, arg_max(k, v) AS a,
             count(*) FILTER (WHERE v > 2) AS big
      FROM rows)",
      job.where ? " WHERE v <> 3" : "", " GROUP BY camp, k, ", window,
      job.having ? " HAVING count(*) > 1" : "",
      "\n    late: ", job.late_to_topic ? "{policy: side, topic: late}" : "{policy: drop}",
      "\n    to: {topic: windows, key: [camp, k]}\n");
}

/// What the rows of one group and window come to.
struct Group {
  std::int64_t rows = 0, counted = 0, sum = 0, big = 0;
  std::optional<std::int64_t> low, high, first, last;
  std::int64_t first_time = kLong, last_time = -kLong;

  void add(const InputRow& row) {
    ++rows;
    if (!row.value) return;
    if (row.time < first_time) std::tie(first_time, first) = std::tuple(row.time, row.value);
    if (row.time > last_time) std::tie(last_time, last) = std::tuple(row.time, row.value);
    ++counted;
    sum += *row.value;
    big += *row.value > 2 ? 1 : 0;
    low = std::min(low.value_or(*row.value), *row.value);
    high = std::max(high.value_or(*row.value), *row.value);
  }
};

/// The whole case: job, input, and what must come out.
std::string case_text(const Job& job, const std::vector<InputRow>& rows, std::size_t settle_every) {
  std::string input;
  std::string late;
  std::map<std::string, std::int64_t> watermark;
  std::map<std::tuple<std::int64_t, std::string, std::string>, Group> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const InputRow& row = rows[i];
    input += concat("rows[", row.partition, "] ", json_of(row), "\n");
    if (settle_every > 0 && (i + 1) % settle_every == 0) input += "settle\n";
    const std::string clock = concat(row.partition, job.clock_per_camp ? row.camp : "");
    const auto [stands, fresh] = watermark.try_emplace(clock, -kLong);
    const std::int64_t before = stands->second;
    stands->second = std::max(before, row.time - job.out_of_orderness);
    if (job.where && row.value.value_or(3) == 3) continue;
    bool entered = false;
    for (std::int64_t start = -10 * job.width * 10 + job.offset; start <= row.time;
         start += job.slide) {
      if (row.time >= start + job.width || start + job.width <= before) continue;
      groups[{start, row.camp, row.key}].add(row);
      entered = true;
    }
    if (!entered && job.late_to_topic) late += json_of(row) + "\n";
  }
  std::string windows;
  for (const auto& [name, group] : groups) {
    if (job.having && group.rows <= 1) continue;
    const auto& [start, camp, key] = name;
    windows += concat(R"({"camp":")", camp, R"(","k":")", key, R"(","s":")", time_text(start),
                      R"(","n":)", group.rows, R"(,"c":)", group.counted, R"(,"sum":)",
                      group.counted > 0 ? concat(group.sum) : "null", R"(,"lo":)",
                      text_of(group.low), R"(,"hi":)", text_of(group.high), R"(,"f":)",
                      text_of(group.first), R"(,"l":)", text_of(group.last), R"(,"a":)",
                      group.counted > 0 ? concat("\"", key, "\"") : "null", R"(,"big":)", group.big,
                      "}\n");
  }
  return concat("# Made by window_oracle_test.\n--- job\n", job_text(job), "--- input\n", input,
                "--- expect windows\n", windows,
                job.late_to_topic ? concat("--- expect late\n", late) : "");
}

/// Empty, or what differs and the case.
std::string play(const std::string& text, const CaseWay& way, const TemporaryDirectory& directory) {
  const auto file = parse_case("oracle.case", text);
  if (!file) return concat(file.error().message(), "\n", text);
  const auto differs = play_case(*file, way, directory.path());
  if (!differs) return concat(way.name, ": ", differs.error().message(), "\n", text);
  return differs->empty() ? "" : concat(way.name, ":\n", *differs, text);
}

struct RandomCase {
  Job job;
  std::vector<InputRow> rows;
  std::size_t settle_every = 0;
};

RandomCase random_case(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  RandomCase made;
  Job& job = made.job;
  job.slide = 1 + below(10);
  job.width = job.slide * (1 + below(4));
  job.offset = below(2) == 0 ? 0 : below(static_cast<int>(job.slide));
  job.out_of_orderness = below(3) * below(6);
  job.clock_per_camp = below(2) == 0;
  job.late_to_topic = below(4) != 0;
  job.where = below(3) == 0;
  job.having = below(3) == 0;
  made.settle_every = static_cast<std::size_t>(below(3) * below(5));
  // Late rows have no key: of two partitions they come in any order, which a case cannot say.
  const int partitions = job.late_to_topic ? 1 : 1 + below(2);
  const int jitter = 1 + below(25);
  std::int64_t now = -30;  // some windows lie before 1970, some across
  for (int i = 5 + below(40); i > 0; --i) {
    now += below(4);
    const int key = below(4);
    made.rows.push_back({.partition = key % partitions,
                         .camp = concat("c", key % 2 + 2 * below(2)),
                         .key = concat("k", key),
                         .time = now - below(jitter),
                         .value = below(6) == 0 ? std::nullopt : std::optional(below(7) - 1)});
  }
  return made;
}

TEST(WindowOracle, random_inputs_played_plainly) {
  const TemporaryDirectory directory;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const RandomCase made = random_case(seed);
    const std::string wrong =
        play(case_text(made.job, made.rows, made.settle_every), CaseWay::all()[0], directory);
    ASSERT_TRUE(wrong.empty()) << "seed " << seed << ", " << wrong;
  }
}

TEST(WindowOracle, random_inputs_played_in_every_way) {
  for (unsigned seed = 10'001; seed <= 10'012; ++seed) {
    const RandomCase made = random_case(seed);
    for (const CaseWay& way : CaseWay::all()) {
      const TemporaryDirectory directory;
      const std::string wrong =
          play(case_text(made.job, made.rows, made.settle_every), way, directory);
      ASSERT_TRUE(wrong.empty()) << "seed " << seed << ", " << wrong;
    }
  }
}

/// Every sequence of four rows over three times and two keys, for tumbling and hopping windows.
TEST(WindowOracle, all_small_inputs) {
  const std::int64_t times[] = {-1, 0, 10};
  const TemporaryDirectory directory;
  for (int sequence = 0; sequence < 6 * 6 * 6 * 6; ++sequence) {
    std::vector<InputRow> rows;
    for (int rest = sequence, i = 0; i < 4; ++i, rest /= 6) {
      rows.push_back({.partition = 0,
                      .camp = "c",
                      .key = rest % 6 < 3 ? "a" : "b",
                      .time = times[rest % 3],
                      .value = i});
    }
    const bool hop = sequence % 2 == 0;
    const std::string wrong = play(case_text({.width = 10, .slide = hop ? 5 : 10}, rows, 0),
                                   CaseWay::all()[0], directory);
    ASSERT_TRUE(wrong.empty()) << wrong;
  }
}

}  // namespace
}  // namespace sitrep
