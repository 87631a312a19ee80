// SPDX-License-Identifier: Apache-2.0
// Jobs of the Yahoo Streaming Benchmark and of Nexmark over generated batches of columns, from
// memory to memory: their SQL is planned as in a job, and each thread runs its operators over rows
// of its own. Rows per second, all threads together; two threads as on the other benches' machines.
//
// Yahoo: github.com/yahoo/streaming-benchmarks: views of 1,000 ads, joined to 100 campaigns,
// counted per campaign in windows of ten seconds. Nexmark: github.com/nexmark/nexmark: q0 passes
// bids on, q1 converts their price, q2 picks some auctions, q5 finds the auction with most bids in
// hopping windows, q7 the highest bid of each ten seconds. q8 joins two streams, which the SQL has
// not.
#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/micro/bench_context.h"
#include "engine/base/text.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

constexpr std::size_t kBatchRows = 4096;
constexpr std::size_t kBatches = 64;
/// Event time between two rows: ten thousand a second.
constexpr Micros kStep = 100;

constexpr std::string_view kYahooJob = R"(job: yahoo
kafka: {brokers: nowhere}
sources:
  events:
    topic: events
    columns:
      user_id: text
      page_id: text
      ad_id: text
      ad_type: text
      event_type: text
      event_time: {type: timestamp, unit: ms}
      ip_address: text
    partitioned_by: []
    time: {column: event_time, out_of_orderness: 1s}
tables:
  ads:
    topic: ads
    columns: {ad_id: text, campaign_id: text, since: {type: timestamp, unit: ms}}
    key: ad_id
    time: {column: since, out_of_orderness: 0s}
    broadcast: true
streams:
  views:
    sql: SELECT ad_id, event_time FROM events WHERE event_type = 'view'
  campaigns:
    sql: |
      SELECT a.campaign_id, window_start, count(*) AS views
      FROM views v JOIN ads a ON a.ad_id = v.ad_id
      GROUP BY a.campaign_id, tumble(interval '10 seconds')
    to: {topic: campaigns, key: campaign_id, create: {partitions: 1}}
)";

/// `streams`: the query, whose last stream is put out.
std::string nexmark_job(std::string_view streams) {
  return concat(R"(job: nexmark
kafka: {brokers: nowhere}
sources:
  bid:
    topic: bid
    columns:
      auction: bigint
      bidder: bigint
      price: bigint
      channel: text
      date_time: {type: timestamp, unit: ms}
    partitioned_by: []
    time: {column: date_time, out_of_orderness: 1s}
streams:
)",
                streams);
}

constexpr std::string_view kQ0 = R"(
  out:
    sql: SELECT auction, bidder, price, channel, date_time FROM bid
    to: {topic: out, create: {partitions: 1}}
)";
constexpr std::string_view kQ1 = R"(
  out:
    sql: SELECT auction, bidder, 0.908 * price AS price, channel, date_time FROM bid
    to: {topic: out, create: {partitions: 1}}
)";
constexpr std::string_view kQ2 = R"(
  out:
    sql: SELECT auction, price FROM bid WHERE auction % 123 = 0
    to: {topic: out, create: {partitions: 1}}
)";
constexpr std::string_view kQ5 = R"(
  counts:
    sql: |
      SELECT auction, count(*) AS bids FROM bid
      GROUP BY auction, hop(interval '10 seconds', interval '2 seconds')
  out:
    sql: |
      SELECT window_start, arg_max(auction, bids) AS auction, max(bids) AS bids FROM counts
      GROUP BY tumble(interval '2 seconds')
    to: {topic: out, create: {partitions: 1}}
)";
constexpr std::string_view kQ7 = R"(
  out:
    sql: |
      SELECT window_start, max(price) AS price, arg_max(bidder, price) AS bidder,
             arg_max(auction, price) AS auction
      FROM bid GROUP BY tumble(interval '10 seconds')
    to: {topic: out, create: {partitions: 1}}
)";

/// The operators of a job's one stage; what its sinks would be given is counted.
class Chain {
 public:
  explicit Chain(const Topology& topology) : stage_(topology.stages.front()) {
    ENSURE(topology.stages.size() == 1, "nothing is re-keyed");
    for (std::size_t i = 0; i < stage_.nodes.size(); ++i) {
      const OperatorNode& node = stage_.nodes[i];
      operators_.push_back(node.make_operator());
      contexts_.push_back(std::make_unique<BenchContext>());
      ENSURE(operators_.back()->open(*contexts_.back()).has_value(), "it opens");
      emitters_.push_back(std::make_unique<Onward>(*this, i));
      if (node.inputs.front().kind == NodeInput::Kind::kSource) entries_.push_back(i);
    }
  }

  void give_table(const SharedTablePtr& table) {
    for (std::size_t i = 0; i < operators_.size(); ++i) {
      if (!stage_.nodes[i].shared_table) continue;
      ENSURE(operators_[i]->take_table(table).has_value(), "it takes the table");
    }
  }
  void feed(const ColumnBatch& batch) {
    for (const std::size_t entry : entries_) process(entry, batch);
  }
  std::size_t rows_out() const { return rows_out_; }

 private:
  class Onward final : public Emitter {
   public:
    Onward(Chain& chain, std::size_t node) : chain_(chain), node_(node) {}
    void emit(ColumnBatch batch) override { chain_.pass_on(node_, batch); }
    void emit_late(ColumnBatch) override {}

   private:
    Chain& chain_;
    const std::size_t node_;
  };

  void process(std::size_t node, const ColumnBatch& batch) {
    ENSURE(operators_[node]->process(batch, *emitters_[node]).has_value(), "it takes rows");
  }
  void pass_on(std::size_t node, const ColumnBatch& batch) {
    for (const SinkNode& sink : stage_.sinks) {
      if (sink.node != node || sink.port != SinkNode::Port::kMain) continue;
      rows_out_ += batch.selection.size();
    }
    for (std::size_t i = 0; i < stage_.nodes.size(); ++i) {
      const NodeInput& from = stage_.nodes[i].inputs.front();
      if (from.kind == NodeInput::Kind::kNode && from.index == node) process(i, batch);
    }
  }

  const Stage& stage_;
  // Operators end before what their contexts gave them.
  std::vector<std::unique_ptr<BenchContext>> contexts_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::vector<std::unique_ptr<Onward>> emitters_;
  std::vector<std::size_t> entries_;
  std::size_t rows_out_ = 0;
};

/// Batches of one source, again and again, each time later.
class Rows {
 public:
  /// The columns that nobody reads are not in the plan.
  using MakeCell = std::function<Value(std::string_view column, std::mt19937& random)>;

  Rows(const Topology& topology, unsigned seed, const MakeCell& make) {
    const Schema& schema = topology.stages.front().sources.front().schema;
    std::mt19937 random(seed);
    for (std::size_t i = 0; i < kBatches; ++i) {
      BatchBuilder builder(schema);
      for (std::size_t row = 0; row < kBatchRows; ++row) {
        std::vector<Value> cells;
        for (const Field& field : schema.fields) cells.push_back(make(field.name, random));
        builder.row(cells);
      }
      batches_.push_back(builder.finish());
    }
  }

  ColumnBatch next() {
    ColumnBatch batch = batches_[number_++ % kBatches];
    auto meta = std::make_shared<RowMeta>();
    meta->event_time.resize(kBatchRows);
    meta->watermark.resize(kBatchRows);
    for (std::size_t row = 0; row < kBatchRows; ++row, time_ += kStep) {
      meta->event_time[row] = time_;
      meta->watermark[row] = time_ - kMicrosPerSecond;
    }
    batch.meta = std::move(meta);
    return batch;
  }

 private:
  std::vector<ColumnBatch> batches_;
  std::size_t number_ = 0;
  Micros time_ = 0;
};

std::string uuid(std::string_view kind, std::uint64_t number) {
  return concat(kind, "-0000-4000-8000-", 100'000'000'000 + number);
}

SharedTablePtr ads_and_campaigns(const Topology& topology) {
  const SharedTableNode& table = topology.shared_tables.front();
  // The last column says whether a row is a delete.
  const Schema& schema = table.source.schema;
  BatchBuilder builder(schema);
  for (std::uint64_t ad = 0; ad < 1000; ++ad) {
    std::vector<Value> cells;
    for (const Field& field : schema.fields) {
      if (field.name == "ad_id") cells.push_back(uuid("ad", ad));
      else if (field.name == "campaign_id") cells.push_back(uuid("campaign", ad % 100));
      else if (field.type == Type::kBoolean) cells.push_back(false);
      else cells.push_back(std::int64_t{0});
    }
    builder.row(cells);
  }
  const auto tables = table.make_builder();
  tables->add(builder.finish(), PartitionId(0));
  return tables->snapshot();
}

void run(benchmark::State& state, std::string_view job, const Rows::MakeCell& make) {
  const Topology topology = topology_of(job);
  Chain chain(topology);
  if (!topology.shared_tables.empty()) chain.give_table(ads_and_campaigns(topology));
  Rows rows(topology, static_cast<unsigned>(state.thread_index() + 1), make);
  for (auto _ : state) chain.feed(rows.next());
  const auto rows_in = state.iterations() * static_cast<std::int64_t>(kBatchRows);
  state.SetItemsProcessed(rows_in);
  state.counters["out_per_row"] =
      benchmark::Counter(static_cast<double>(chain.rows_out()) / static_cast<double>(rows_in),
                         benchmark::Counter::kAvgThreads);
}

void yahoo(benchmark::State& state) {
  run(state, kYahooJob, [](std::string_view column, std::mt19937& random) -> Value {
    static constexpr std::string_view kTypes[] = {"view", "click", "purchase"};
    if (column == "ad_id") return uuid("ad", random() % 1000);
    if (column == "event_type") return std::string(kTypes[random() % 3]);
    ENSURE(column == "event_time", "a column that the job reads");
    return std::int64_t{0};
  });
}
BENCHMARK(yahoo)->Threads(2)->UseRealTime();

void nexmark(benchmark::State& state, std::string_view streams) {
  run(state, nexmark_job(streams), [](std::string_view column, std::mt19937& random) -> Value {
    const auto below = [&](std::uint32_t limit) {
      return static_cast<std::int64_t>(random() % limit);
    };
    // Half of the bids are for a hundred hot auctions.
    if (column == "auction") return below(2) == 0 ? below(100) : below(10'000);
    if (column == "bidder") return below(10'000);
    if (column == "price") return 100 + below(10'000'000);
    if (column == "channel") return std::string("channel-7");
    ENSURE(column == "date_time", "a column that the job reads");
    return std::int64_t{0};
  });
}
BENCHMARK_CAPTURE(nexmark, q0, kQ0)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(nexmark, q1, kQ1)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(nexmark, q2, kQ2)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(nexmark, q5, kQ5)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(nexmark, q7, kQ7)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace sitrep
