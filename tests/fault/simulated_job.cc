// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/simulated_job.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "engine/base/ids.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::string_view kCoPartitionedJob = R"(job: sim
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

/// Rows that are late for nobody: whose they are is not said by the semantics before all senders
/// are heard.
constexpr std::string_view kReKeyedJob = R"(job: sim
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: text, id: bigint, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 20s, idle_after: never, max_future_skew: 100000d}
streams:
  sums:
    sql: |
      SELECT concat('m', n % 3) AS k, count(*) AS c, sum(n) AS n, window_end AS e FROM rows
      GROUP BY concat('m', n % 3), hop(interval '20 seconds', interval '10 seconds')
    late: {policy: drop}
    to: {topic: sums, key: k, timestamps: ms, create: {partitions: 1}}
  all_sums:
    sql: |
      SELECT 'all' AS k, sum(c) AS c, sum(n) AS n, window_end AS e FROM sums
      GROUP BY tumble(interval '30 seconds')
    late: {policy: drop}
    to: {topic: all_sums, key: k, timestamps: ms, create: {partitions: 1}}
  each:
    sql: SELECT id FROM rows
    to: {topic: each, key: id, create: {partitions: 1}}
)";

/// Every row of `expected` must be there once, and nothing else.
void compare(const std::vector<std::string>& expected, const std::vector<std::string>& written,
             std::vector<std::string>& wrong) {
  std::multiset<std::string> found(written.begin(), written.end());
  for (const std::string& row : expected) {
    const auto at = found.find(row);
    if (at == found.end()) {
      wrong.push_back("missing " + row);
    } else {
      found.erase(at);
    }
  }
  for (const std::string& row : found) wrong.push_back("doubled or wrong " + row);
}

/// Counts and sums by group and window end.
class Totals {
 public:
  void add(const std::string& group, std::int64_t end, std::int64_t n) {
    auto& [count, sum] = totals_[{group, end}];
    ++count;
    sum += n;
  }

  std::vector<std::string> rows() const {
    std::vector<std::string> out;
    for (const auto& [name, totals] : totals_) {
      out.push_back(concat(R"({"k":")", name.first, R"(","c":)", totals.first, R"(,"n":)",
                           totals.second, R"(,"e":)", name.second * 1000, "}"));
    }
    return out;
  }

 private:
  std::map<std::pair<std::string, std::int64_t>, std::pair<std::int64_t, std::int64_t>> totals_;
};

/// The ids that were sent, by partition.
using Ids = std::map<std::size_t, std::vector<std::int64_t>>;

/// The rows of a partition stay in their order.
void compare_order(const Ids& sent, const std::vector<std::string>& each,
                   std::vector<std::string>& wrong) {
  std::vector<std::string> expected;
  for (const auto& [partition, ids] : sent) {
    auto from = each.begin();
    for (const std::int64_t id : ids) {
      expected.push_back(concat(R"({"id":)", id, "}"));
      const auto at = std::find(each.begin(), each.end(), expected.back());
      if (at < from) wrong.push_back(concat("row ", id, " came too early"));
      if (at != each.end()) from = at;
    }
  }
  compare(expected, each, wrong);
}

/// Hopping windows and each row; `sums` meet once more behind a second cut when re-keyed.
class WindowsModel final : public JobModel {
 public:
  WindowsModel(bool rekeyed, std::mt19937& random) : random_(random), rekeyed_(rekeyed) {}

  std::string_view job() const override { return rekeyed_ ? kReKeyedJob : kCoPartitionedJob; }

  Sent next(std::size_t partition) override {
    const std::string key = concat("k", partition, random_() % 2);
    std::int64_t& watermark = watermark_[partition];
    const std::int64_t before = watermark;
    const auto step = static_cast<std::int64_t>(random_() % (random_() % 6 == 0 ? 60 : 8));
    const std::int64_t back = rekeyed_ ? std::min<std::int64_t>(step, 19) : 2 * step;
    const std::int64_t now =
        random_() % 3 == 0 ? std::max<std::int64_t>(0, before - back) : before + step;
    watermark = std::max(before, now);
    const auto n = static_cast<std::int64_t>(random_() % 100);
    const std::int64_t id = next_id_++;
    ids_[partition].push_back(id);
    for (std::int64_t end = 10; end <= now + 20; end += 10) {
      if (end <= now || end - 20 > now || (!rekeyed_ && end <= before)) continue;
      sums_.add(rekeyed_ ? concat("m", n % 3) : key, end, n);
      if (rekeyed_) all_sums_.add("all", (end + 29) / 30 * 30, n);
    }
    return {.topic = "in",
            .partition = partition,
            .value = concat(R"({"k":")", key, R"(","id":)", id, R"(,"n":)", n, R"(,"ts":)", now,
                            "}")};
  }

  std::vector<std::string> complaints(const Written& written) const override {
    std::vector<std::string> wrong;
    compare(sums_.rows(), written("sums"), wrong);
    compare(all_sums_.rows(), written("all_sums"), wrong);
    compare_order(ids_, written("each"), wrong);
    return wrong;
  }

 private:
  std::mt19937& random_;
  const bool rekeyed_;
  std::int64_t next_id_ = 0;
  std::map<std::size_t, std::int64_t> watermark_;
  Ids ids_;
  Totals sums_;
  Totals all_sums_;
};

}  // namespace

std::unique_ptr<JobModel> JobModel::make(SimulatedJob job, std::mt19937& random) {
  return std::make_unique<WindowsModel>(job == SimulatedJob::kReKeyed, random);
}

}  // namespace sitrep
