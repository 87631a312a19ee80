// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/simulated_job.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
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

/// Neither table is ever idle, and rows wait for ever: what a row is joined with is a matter of
/// times alone. The shared table has all versions that rows can see before any process starts.
constexpr std::string_view kTablesJob = R"(job: sim
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: text, id: bigint, n: bigint, five: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 20s, idle_after: never, max_future_skew: 100000d}
tables:
  names:
    topic: names
    columns: {k: text, name: text, since: {type: timestamp, unit: s}}
    key: k
    time: {column: since, out_of_orderness: 0s, idle_after: never, max_future_skew: 100000d}
    history: 1000d
    wait: 30d
  factors:
    topic: factors
    columns: {k: bigint, factor: bigint, since: {type: timestamp, unit: s}}
    key: k
    time: {column: since, out_of_orderness: 0s, idle_after: never, max_future_skew: 100000d}
    history: 1000d
    broadcast: true
streams:
  named:
    sql: SELECT r.id, t.name FROM rows r LEFT JOIN names t ON t.k = r.k
    to: {topic: named, key: id, create: {partitions: 1}}
  by_name:
    sql: |
      SELECT t.name AS k, count(*) AS c, sum(r.n) AS n, window_end AS e
      FROM rows r JOIN names t ON t.k = r.k
      GROUP BY t.name, tumble(interval '10 seconds')
    late: {policy: drop}
    to: {topic: by_name, key: k, timestamps: ms, create: {partitions: 1}}
  weighted:
    sql: SELECT r.id, r.n * f.factor AS n FROM rows r LEFT JOIN factors f ON f.k = r.five
    to: {topic: weighted, key: id, create: {partitions: 1}}
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

/// What a key of a table had at each time from which on it had it; a null from a delete on.
template <typename Key, typename Value>
class Versions {
 public:
  void set(const Key& key, std::int64_t time, std::optional<Value> value) {
    versions_[key][time] = std::move(value);
  }

  std::optional<Value> at(const Key& key, std::int64_t time) const {
    const auto of_key = versions_.find(key);
    if (of_key == versions_.end()) return std::nullopt;
    const auto later = of_key->second.upper_bound(time);
    if (later == of_key->second.begin()) return std::nullopt;
    return std::prev(later)->second;
  }

 private:
  std::map<Key, std::map<std::int64_t, std::optional<Value>>> versions_;
};

class TablesModel final : public JobModel {
 public:
  explicit TablesModel(std::mt19937& random) : random_(random) {}

  std::string_view job() const override { return kTablesJob; }
  std::vector<std::string> topics() const override { return {"in", "names", "factors"}; }

  std::vector<Sent> first() override {
    std::vector<Sent> out;
    for (std::int64_t time = 0; time < 400; time += 1 + below(60)) {
      out.push_back(factor_from(time));
    }
    return out;
  }

  Sent next(std::size_t partition) override {
    switch (below(6)) {
      case 0:
      case 1: return name_from(partition, names_time_[partition] += 1 + below(40));
      // Nobody lives to see it hold.
      case 2: return factor_from(1'000'000 + below(1'000));
      default: return row(partition);
    }
  }

  std::vector<std::string> complaints(const Written& written) const override {
    std::vector<std::string> named;
    std::vector<std::string> weighted;
    Totals by_name;
    for (const Row& row : rows_) {
      const std::optional<std::string> name = names_.at(row.key, row.time);
      named.push_back(concat(R"({"id":)", row.id, R"(,"name":)",
                             name ? concat('"', *name, '"') : "null", "}"));
      if (name) by_name.add(*name, (row.time / 10 + 1) * 10, row.n);
      const std::optional<std::int64_t> factor = factors_.at(row.n % 5, row.time);
      weighted.push_back(concat(R"({"id":)", row.id, R"(,"n":)",
                                factor ? concat(row.n * *factor) : "null", "}"));
    }
    std::vector<std::string> wrong;
    compare(named, written("named"), wrong);
    compare(by_name.rows(), written("by_name"), wrong);
    compare(weighted, written("weighted"), wrong);
    return wrong;
  }

 private:
  struct Row {
    std::int64_t id;
    std::string key;
    std::int64_t n;
    std::int64_t time;
  };

  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }
  std::string key_of(std::size_t partition) { return concat("k", partition, below(2)); }

  /// Never behind its clock by more than is waited for.
  Sent row(std::size_t partition) {
    std::int64_t& newest = rows_time_[partition];
    const std::int64_t step = below(below(6) == 0 ? 60 : 8);
    const Row row = {
        .id = static_cast<std::int64_t>(rows_.size()),
        .key = key_of(partition),
        .n = below(100),
        .time = below(3) == 0 ? std::max<std::int64_t>(0, newest - std::min<std::int64_t>(step, 19))
                              : newest + step};
    newest = std::max(newest, row.time);
    rows_.push_back(row);
    return {.topic = "in",
            .partition = partition,
            .value = concat(R"({"k":")", row.key, R"(","id":)", row.id, R"(,"n":)", row.n,
                            R"(,"five":)", row.n % 5, R"(,"ts":)", row.time, "}")};
  }

  Sent name_from(std::size_t partition, std::int64_t time) {
    const std::string key = key_of(partition);
    const std::optional<std::string> name =
        below(4) == 0 ? std::nullopt : std::optional<std::string>(concat("name", below(3)));
    names_.set(key, time, name);
    std::optional<std::string> value;
    if (name) {
      value = concat(R"({"k":")", key, R"(","name":")", *name, R"(","since":)", time, "}");
    }
    return version("names", partition, key, std::move(value), time);
  }

  Sent factor_from(std::int64_t time) {
    const std::int64_t key = below(4);
    const std::optional<std::int64_t> factor =
        below(4) == 0 ? std::nullopt : std::optional<std::int64_t>(below(10));
    factors_.set(key, time, factor);
    std::optional<std::string> value;
    if (factor) {
      value = concat(R"({"k":)", key, R"(,"factor":)", *factor, R"(,"since":)", time, "}");
    }
    return version("factors", static_cast<std::size_t>(key) % kSimulatedPartitions, concat(key),
                   std::move(value), time);
  }

  static Sent version(std::string topic, std::size_t partition, std::string key,
                      std::optional<std::string> value, std::int64_t time) {
    return {.topic = std::move(topic),
            .partition = partition,
            .key = std::move(key),
            .value = std::move(value),
            .timestamp = time * kMicrosPerSecond};
  }

  std::mt19937& random_;
  std::map<std::size_t, std::int64_t> rows_time_;
  std::map<std::size_t, std::int64_t> names_time_;
  std::vector<Row> rows_;
  Versions<std::string, std::string> names_;
  Versions<std::int64_t, std::int64_t> factors_;
};

}  // namespace

std::unique_ptr<JobModel> JobModel::make(SimulatedJob job, std::mt19937& random) {
  if (job == SimulatedJob::kTables) return std::make_unique<TablesModel>(random);
  return std::make_unique<WindowsModel>(job == SimulatedJob::kReKeyed, random);
}

}  // namespace sitrep
