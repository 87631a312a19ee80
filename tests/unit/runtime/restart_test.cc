// SPDX-License-Identifier: Apache-2.0
// Positions, outputs and state agree whatever happens when: random scripts of records, steps,
// commits that fail (and had happened, or not) and crashes must give each result at least once and
// never a wrong one. Rows that are late before a crash are late after it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/pipeline_driver.h"
#include "tests/unit/runtime/runtime_testing.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

constexpr std::string_view kJob = R"(job: sums
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: text, id: bigint, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 0s, idle_after: never, max_future_skew: 100000d}
streams:
  sums:
    sql: |
      SELECT k, count(*) AS c, sum(n) AS n, window_end AS e FROM rows
      GROUP BY k, hop(interval '20 seconds', interval '10 seconds')
    late: {policy: drop}
    to: {topic: sums, key: k, timestamps: ms, create: {partitions: 1}}
  each:
    sql: SELECT id FROM rows
    to: {topic: each, key: id, create: {partitions: 1}}
)";

constexpr int kPartitions = 2;

struct Totals {
  std::int64_t count = 0;
  std::int64_t sum = 0;
};

class Script {
 public:
  explicit Script(unsigned seed)
      : random_(seed),
        clock_(1'000 * kMicrosPerSecond),
        log_(clock_),
        driver_(topology(),
                {.workers = 1 + below(2),
                 .batch_records_max = 1 + below(5),
                 .state_dir = directory_.path(),
                 .state_bytes_max = below(3) == 0 ? std::optional<std::size_t>(0) : std::nullopt},
                log_, clock_) {
    EXPECT_TRUE(log_.create_topic("in", {.partitions = kPartitions, .settings = {}}));
  }

  /// Empty, or what is wrong.
  std::string play() {
    ok(driver_.read());
    for (int step = 0; step < 40 && wrong_.empty(); ++step) act();
    log_.fail_next_commits(0, MemoryLog::FailedCommit::kHadNoEffect);
    note("finish");
    ok(driver_.finish());
    compare();
    if (wrong_.empty()) return "";
    return concat(join(steps_, ", "), "\n", join(wrong_, "\n"));
  }

 private:
  static const Topology& topology() {
    static const Topology kTopology = topology_of(kJob);
    return kTopology;
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  void note(std::string step) { steps_.push_back(std::move(step)); }
  void ok(const Result<void>& done) {
    if (!done) wrong_.push_back(concat("failed: ", done.error().message()));
  }

  void act() {
    switch (below(8)) {
      case 0:
      case 1:
      case 2: {
        const std::size_t count = 1 + below(8);
        note(concat("send ", count));
        for (std::size_t i = 0; i < count; ++i) send();
        break;
      }
      case 3:
        note("read");
        ok(driver_.read());
        break;
      case 4:
        // The interval is over, so the read commits; what fails then waits for its next try.
        note("wait and read");
        clock_.advance(150 * kMicrosPerMilli);
        ok(driver_.read());
        break;
      case 5:
        note("settle");
        ok(driver_.settle());
        break;
      case 6: {
        const std::size_t count = 1 + below(2);
        const bool happened = below(2) == 0;
        note(concat("fail ", count, happened ? " that happened" : ""));
        log_.fail_next_commits(count, happened ? MemoryLog::FailedCommit::kHadCommitted
                                               : MemoryLog::FailedCommit::kHadNoEffect);
        break;
      }
      default: note("crash"); ok(driver_.crash());
    }
  }

  void send() {
    const std::size_t partition = below(kPartitions);
    // Keys belong to partitions, each with its clock.
    const std::string key = concat("k", partition, below(2));
    std::int64_t& watermark = watermark_.try_emplace(partition, 0).first->second;
    const std::int64_t before = watermark;
    const auto step = static_cast<std::int64_t>(below(below(6) == 0 ? 60 : 8));
    const std::int64_t now =
        below(3) == 0 ? std::max<std::int64_t>(0, before - 2 * step) : before + step;
    watermark = std::max(before, now);
    const auto n = static_cast<std::int64_t>(below(100));
    const std::int64_t id = next_id_++;
    log_.append({"in", PartitionId(static_cast<std::int32_t>(partition))},
                {.offset = Offset(0),
                 .timestamp = std::nullopt,
                 .key = std::nullopt,
                 .value = concat(R"({"k":")", key, R"(","id":)", id, R"(,"n":)", n, R"(,"ts":)",
                                 now, "}"),
                 .headers = {}});
    if (below(5) == 0) {
      log_.skip_offsets({"in", PartitionId(static_cast<std::int32_t>(partition))}, 2);
    }
    ids_[partition].push_back(id);
    for (std::int64_t end = 10; end <= now + 20; end += 10) {
      if (end <= now || end - 20 > now || end <= before) continue;
      Totals& totals = totals_[{key, end}];
      ++totals.count;
      totals.sum += n;
    }
  }

  std::vector<std::string> written(const std::string& topic) const {
    std::vector<std::string> out;
    for (const auto& record : log_.records({topic, PartitionId(0)})) out.push_back(*record.value);
    return out;
  }

  void compare() {
    std::set<std::string> expected;
    for (const auto& [name, totals] : totals_) {
      expected.insert(concat(R"({"k":")", name.first, R"(","c":)", totals.count, R"(,"n":)",
                             totals.sum, R"(,"e":)", name.second * 1000, "}"));
    }
    const std::vector<std::string> rows = written("sums");
    const std::set<std::string> actual(rows.begin(), rows.end());
    for (const std::string& row : expected) {
      if (!actual.contains(row)) wrong_.push_back("missing " + row);
    }
    for (const std::string& row : actual) {
      if (!expected.contains(row)) wrong_.push_back("not expected " + row);
    }
    // Each row's first copy comes in the order of its partition.
    const std::vector<std::string> each = written("each");
    for (const auto& [partition, ids] : ids_) {
      auto from = each.begin();
      for (const std::int64_t id : ids) {
        const auto found = std::find(each.begin(), each.end(), concat(R"({"id":)", id, "}"));
        if (found == each.end()) {
          wrong_.push_back(concat("row ", id, " was lost"));
        } else if (found < from) {
          wrong_.push_back(concat("row ", id, " came too early"));
        } else {
          from = found;
        }
      }
    }
  }

  std::mt19937 random_;
  const TemporaryDirectory directory_;
  ManualClock clock_;
  MemoryLog log_;
  PipelineDriver driver_;
  std::int64_t next_id_ = 0;
  std::map<std::size_t, std::int64_t> watermark_;  // by partition
  std::map<std::size_t, std::vector<std::int64_t>> ids_;
  std::map<std::pair<std::string, std::int64_t>, Totals> totals_;
  std::vector<std::string> steps_;
  std::vector<std::string> wrong_;
};

TEST(Restart, loses_no_row_and_counts_none_twice_whatever_fails_when) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    const std::string wrong = Script(seed).play();
    ASSERT_TRUE(wrong.empty()) << "seed " << seed << ": " << wrong;
  }
}

}  // namespace
}  // namespace sitrep
