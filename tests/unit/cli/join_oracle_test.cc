// SPDX-License-Identifier: Apache-2.0
// Joins of streams with tables in whole jobs, against a loop over all versions. Each input is a
// case (docs/test-cases.md): a failure prints it, ready for tests/golden. What `wait` does row by
// row is tried in tests/unit/operators; here it must make the order of the two topics irrelevant.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "cli/case_runner.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

constexpr std::int64_t kNever = -1'000'000;

struct Message {
  bool table = false;
  int partition = 0;
  std::string key;
  std::int64_t time = 0;  // seconds since 1970
  /// Of a table: nothing is a delete. Of the stream: the row's number.
  std::optional<int> value;
};

struct Job {
  bool left = true;
  std::int64_t history = 1000;
  std::int64_t wait = 0;
  std::int64_t out_of_orderness = 0;
};

std::string time_text(std::int64_t seconds) {
  return format_timestamp(seconds * kMicrosPerSecond);
}

std::string line_of(const Message& message) {
  const std::string at = time_text(message.time);
  if (!message.table) {
    return concat("rows[", message.partition, R"(] {"k":")", message.key, R"(","ts":")", at,
                  R"(","n":)", *message.value, "}\n");
  }
  const std::string place =
      concat("names[", message.partition, "] key=", message.key, " at=", at, " ");
  if (!message.value) return place + "null\n";
  return concat(place, R"({"k":")", message.key, R"(","v":)", *message.value, "}\n");
}

std::string job_text(const Job& job) {
  return concat(R"(job: oracle
sources:
  rows:
    topic: rows
    columns: {k: text, n: bigint, ts: {type: timestamp, unit: rfc3339, required: true}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: )",
                job.out_of_orderness, R"(s}
tables:
  names:
    topic: names
    columns: {k: text, v: bigint}
    key: k
    time: {out_of_orderness: )",
                job.out_of_orderness, "s}\n    history: ", job.history, "s\n    wait: ", job.wait,
                R"(s
streams:
  joined:
    sql: SELECT r.k, n, v FROM rows r )",
                job.left ? "LEFT " : "", "JOIN names t ON t.k = r.k\n",
                // With `wait`, how far the table was read decides on the order of a key's rows.
                "    to: {topic: joined, key: ", job.wait == 0 ? "k" : "[k, n]", "}\n");
}

/// The newest of `versions` at or before `time`; ties: the later one. Nothing when it is a delete.
std::optional<int> as_of(const std::vector<Message>& versions, const Message& row) {
  const Message* found = nullptr;
  for (const Message& version : versions) {
    if (version.key != row.key || version.partition != row.partition) continue;
    if (version.time > row.time) continue;
    if (found == nullptr || version.time >= found->time) found = &version;
  }
  return found == nullptr ? std::nullopt : found->value;
}

/// What is forgotten when the watermark of a partition of the table is at `watermark`.
void forget(std::vector<Message>& versions, int partition, std::int64_t horizon) {
  std::erase_if(versions, [&, all = versions](const Message& version) {
    if (version.partition != partition || version.time > horizon) return false;
    if (!version.value) return true;
    bool itself_passed = false;
    for (const Message& other : all) {
      const bool same = std::tie(other.key, other.time, other.value, other.partition) ==
                        std::tie(version.key, version.time, version.value, version.partition);
      const bool newer = other.time > version.time || (other.time == version.time && itself_passed);
      itself_passed = itself_passed || same;
      if (other.key == version.key && other.partition == partition && !same && newer &&
          other.time <= horizon) {
        return true;
      }
    }
    return false;
  });
}

/// Rows joined when they come, with what came before them.
std::string joined_at_once(const Job& job, const std::vector<Message>& messages) {
  std::vector<Message> versions;
  std::map<int, std::int64_t> watermark;
  std::string out;
  for (const Message& message : messages) {
    if (message.table) {
      std::int64_t& at = watermark.try_emplace(message.partition, kNever).first->second;
      versions.push_back(message);
      at = std::max(at, message.time - job.out_of_orderness);
      forget(versions, message.partition, at - job.history);
      continue;
    }
    const auto value = as_of(versions, message);
    if (!value && !job.left) continue;
    out += concat(R"({"k":")", message.key, R"(","n":)", *message.value, R"(,"v":)",
                  value ? concat(*value) : "null", "}\n");
  }
  return out;
}

/// Rows sorted, each joined with whatever there ever is.
std::string sorted_and_joined(const Job& job, const std::vector<Message>& messages) {
  std::vector<Message> versions, rows;
  for (const Message& message : messages) {
    (message.table ? versions : rows).push_back(message);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Message& a, const Message& b) { return a.time < b.time; });
  std::string out;
  for (const Message& row : rows) {
    const auto value = as_of(versions, row);
    if (!value && !job.left) continue;
    out += concat(R"({"k":")", row.key, R"(","n":)", *row.value, R"(,"v":)",
                  value ? concat(*value) : "null", "}\n");
  }
  return out;
}

std::string case_text(const Job& job, const std::vector<Message>& messages,
                      std::size_t settle_every) {
  std::string input;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    input += line_of(messages[i]);
    if (settle_every > 0 && (i + 1) % settle_every == 0) input += "settle\n";
  }
  return concat("# Made by join_oracle_test.\n--- job\n", job_text(job), "--- input\n", input,
                "--- expect joined\n",
                job.wait == 0 ? joined_at_once(job, messages) : sorted_and_joined(job, messages));
}

/// Empty, or what differs and the case.
std::string play(const std::string& text, const CaseWay& way, const TemporaryDirectory& directory) {
  const auto file = parse_case("oracle.case", text);
  if (!file) return concat(file.error().message(), "\n", text);
  const auto differs = play_case(*file, way, directory.path());
  if (!differs) return concat(way.name, ": ", differs.error().message(), "\n", text);
  return differs->empty() ? "" : concat(way.name, ":\n", *differs, text);
}

/// With `wait`, both topics are in time: within out_of_orderness.
std::string random_case(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  Job job{.left = below(2) == 0,
          .history = below(2) == 0 ? 1000 : below(20),
          .wait = below(2) == 0 ? 0 : 1000,
          .out_of_orderness = below(8)};
  if (job.wait > 0) {
    job.history = 1000;
    // A version at the very time of the watermark would come too late for rows of that time.
    job.out_of_orderness = std::max<std::int64_t>(1, job.out_of_orderness);
  }
  const int jitter = job.wait > 0 ? static_cast<int>(job.out_of_orderness) : 20;
  const int partitions = 1 + below(2);
  std::vector<Message> messages;
  std::int64_t now[] = {0, 0};
  bool table = true;
  for (int i = 10 + below(60); i > 0; --i) {
    if (below(3) == 0) table = !table;
    now[table ? 1 : 0] += below(3);
    const int key = below(4);
    messages.push_back({.table = table,
                        .partition = key % partitions,
                        .key = concat("k", key),
                        .time = now[table ? 1 : 0] - (jitter > 0 ? below(jitter) : 0),
                        .value = i});
    if (table && below(4) == 0) messages.back().value.reset();
  }
  return case_text(job, messages, static_cast<std::size_t>(below(3) * below(5)));
}

TEST(JoinOracle, random_inputs_played_plainly) {
  const TemporaryDirectory directory;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const std::string wrong = play(random_case(seed), CaseWay::all()[0], directory);
    ASSERT_TRUE(wrong.empty()) << "seed " << seed << ", " << wrong;
  }
}

TEST(JoinOracle, random_inputs_played_in_every_way) {
  for (unsigned seed = 10'001; seed <= 10'004; ++seed) {
    for (const CaseWay& way : CaseWay::all()) {
      const TemporaryDirectory directory;
      const std::string wrong = play(random_case(seed), way, directory);
      ASSERT_TRUE(wrong.empty()) << "seed " << seed << ", " << wrong;
    }
  }
}

/// Every sequence of four messages: a row, a version or a delete, at two times, with a short and a
/// long history.
TEST(JoinOracle, all_small_inputs) {
  const TemporaryDirectory directory;
  for (int sequence = 0; sequence < 6 * 6 * 6 * 6; ++sequence) {
    std::vector<Message> messages;
    for (int rest = sequence, i = 0; i < 4; ++i, rest /= 6) {
      messages.push_back({.table = rest % 3 != 0,
                          .partition = 0,
                          .key = "k",
                          .time = rest % 6 < 3 ? 1 : 2,
                          .value = rest % 3 == 2 ? std::nullopt : std::optional(i)});
    }
    const Job job{.left = sequence % 2 == 0, .history = sequence % 3 == 0 ? 0 : 1000};
    const std::string wrong = play(case_text(job, messages, 0), CaseWay::all()[0], directory);
    ASSERT_TRUE(wrong.empty()) << wrong;
  }
}

}  // namespace
}  // namespace sitrep
