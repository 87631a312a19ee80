// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/simulation.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "engine/base/logging.h"
#include "engine/log/memory_log.h"
#include "engine/runtime/instance.h"
#include "tests/fault/planted_log.h"
#include "tests/unit/runtime/runtime_testing.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

constexpr std::size_t kProcesses = 3;
constexpr int kSteps = 1'500;
constexpr int kRecords = 120;
constexpr int kQuietSteps = 200'000;
/// Milliseconds between two epochs; in quiet a step is one.
constexpr int kCommitSteps = 20;

/// What kill -9 does to a process, wherever it is.
struct Crash {};

class Simulation final : public MemoryLogFaults {
 public:
  Simulation(unsigned seed, SimulatedJob job, PlantedBug bug)
      : random_(seed),
        model_(JobModel::make(job, random_)),
        topology_(topology_of_job(job, *model_)),
        log_(clock_),
        planted_(log_, bug, [this] { maybe_crash(3); }) {
    log_.set_faults(this);
    const TopicOptions options = {.partitions = kSimulatedPartitions, .settings = {}};
    for (const std::string& topic : model_->topics()) {
      ENSURE(log_.create_topic(topic, options), "a new log");
    }
    for (const JobModel::Sent& sent : model_->first()) append(sent);
    for (std::size_t i = 0; i < kProcesses; ++i) {
      processes_.push_back({.name = concat("p", i), .disk = directory_.path() / concat("p", i)});
    }
    processes_.front().wanted = true;
  }

  std::string run() {
    for (int step = 0; step < kSteps && wrong_.empty(); ++step) act();
    quiet_ = true;
    end();
    if (wrong_.empty()) {
      wrong_ = model_->complaints([this](const std::string& topic) { return written(topic); });
    }
    if (wrong_.empty()) return "";
    if (wrong_.size() > 10) wrong_.resize(10);
    return concat(join(notes_, ", "), "\n", join(wrong_, "\n"));
  }

  bool happens(Point point) override {
    if (quiet_) return false;
    const bool of_a_read = point == Point::kNothingRead || point == Point::kReadRefused;
    if (!of_a_read && point != Point::kMarkersLate) maybe_crash(60);
    switch (point) {
      case Point::kAppend:
      case Point::kCommitUndecided:
      case Point::kCommitAnswerLost: return noted(below(25) == 0, point);
      case Point::kAbort: return noted(below(4) == 0, point);
      case Point::kMarkersLate: return noted(below(4) == 0, point);
      case Point::kCommittedOffsets: return noted(below(10) == 0, point);
      case Point::kReaderNotOpened: return noted(below(10) == 0, point);
      case Point::kNothingRead: return below(4) == 0;
      case Point::kReadRefused: return noted(below(20) == 0 && refusals_left_-- > 0, point);
    }
    return false;
  }

 private:
  struct Process {
    std::string name;
    std::filesystem::path disk;
    bool wanted = false;   // it is to run
    bool stopped = false;  // SIGSTOP
    std::unique_ptr<MetricsRegistry> metrics = {};
    std::unique_ptr<Instance> instance = {};
  };

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  void note(std::string what) {
    log_info("simulation: ", what);
    notes_.push_back(std::move(what));
  }
  bool noted(bool happened, Point point) {
    if (happened) note(concat("fault ", static_cast<int>(point)));
    return happened;
  }
  void maybe_crash(std::size_t of) {
    if (!quiet_ && in_process_ && below(of) == 0) throw Crash();
  }

  void act() {
    clock_.advance(static_cast<Micros>(below(5)) * kMicrosPerMilli);
    switch (below(40)) {
      case 0: send(); break;
      case 1: log_.settle_markers(); break;
      case 2: change_processes(); break;
      case 3: stop_or_continue(); break;
      case 4: clock_.advance(120 * kMicrosPerMilli); break;
      default: step(processes_[below(processes_.size())]); break;
    }
  }

  void send() {
    for (std::size_t count = 1 + below(4); count > 0 && sent_ < kRecords; --count, ++sent_) {
      const TopicPartition to = append(model_->next(below(kSimulatedPartitions)));
      if (below(6) == 0) log_.skip_offsets(to, 2);
    }
  }

  TopicPartition append(const JobModel::Sent& sent) {
    TopicPartition to = {sent.topic, PartitionId(static_cast<std::int32_t>(sent.partition))};
    log_.append(to, {.offset = Offset(0),
                     .timestamp = sent.timestamp,
                     .key = sent.key,
                     .value = sent.value,
                     .headers = {}});
    return to;
  }

  /// kill -9, a process more, or one less.
  void change_processes() {
    Process& process = processes_[below(processes_.size())];
    switch (below(4)) {
      case 0:
        if (process.instance && !process.stopped) crash(process);
        break;
      case 1:
        process.wanted = true;
        break;
      case 2:
        if (!process.instance || process.stopped) break;
        note(concat(process.name, " leaves"));
        process.wanted = false;
        guarded(process, [&] { return process.instance->shut_down(/*leave=*/true); });
        process.instance.reset();
        break;
      default:
        // Only a process that is gone, or does not answer, loses its session.
        if (process.instance && !process.stopped) break;
        note(concat("the session of ", process.name, " ends"));
        log_.expire_member("sim", process.name);
        log_.time_out_transaction("sim", process.name);
        break;
    }
  }

  void stop_or_continue() {
    Process& process = processes_[below(processes_.size())];
    if (!process.instance) return;
    process.stopped = !process.stopped;
    note(concat(process.name, process.stopped ? " is stopped" : " goes on"));
  }

  void crash(Process& process) {
    note(concat(process.name, " crashes"));
    process.instance.reset();
    if (below(4) == 0) {
      note("and loses its disk");
      std::filesystem::remove_all(process.disk);
    }
  }

  /// Runs something of a process, which may crash in it.
  template <typename Action>
  void guarded(Process& process, Action action) {
    const bool outer = std::exchange(in_process_, true);
    try {
      const Result<void> done = action();
      in_process_ = outer;
      if (done) return;
      if (!done.error().retriable()) {
        wrong_.push_back(concat(process.name, ": ", done.error().message()));
      }
      note(concat(process.name, " starts over: ", done.error().message()));
      process.instance.reset();
    } catch (const Crash&) {
      in_process_ = outer;
      crash(process);
    }
  }

  void step(Process& process) {
    if (process.stopped) return;
    if (!process.instance) {
      if (process.wanted) start(process);
      return;
    }
    guarded(process, [&]() -> Result<void> {
      maybe_crash(400);
      return step_part(*process.instance);
    });
  }

  Result<void> step_part(Instance& instance) {
    const std::size_t parts = instance.workers().size() + 3;
    const std::size_t part = below(parts);
    if (part == 0) {
      ASSIGN_OR_RETURN([[maybe_unused]] const auto progress, instance.step(0));
    } else if (part == 1) {
      (void)instance.committer().step();
    } else if (part == 2) {
      (void)instance.flusher()->step();
    } else {
      (void)instance.workers()[part - 3]->step();
    }
    return {};
  }

  void start(Process& process) {
    note(concat(process.name, " starts"));
    process.metrics = std::make_unique<MetricsRegistry>();
    guarded(process, [&]() -> Result<void> {
      ASSIGN_OR_RETURN(process.instance,
                       Instance::make(topology_,
                                      {.group = "sim",
                                       .instance = process.name,
                                       .state_dir = process.disk.string(),
                                       .exactly_once = true,
                                       .workers = 1 + below(2),
                                       .batch_records_max = 1 + below(5),
                                       .commit_interval = kCommitSteps * kMicrosPerMilli,
                                       .flush_interval = 200 * kMicrosPerMilli,
                                       .snapshot_bytes_min = 100,
                                       .trim_interval = 50 * kMicrosPerMilli,
                                       .memory_bytes = std::size_t{64} << 20,
                                       .state_bytes_max = below(3) == 0
                                                              ? std::optional<std::size_t>(0)
                                                              : std::nullopt,
                                       .bounded = false},
                                      planted_, clock_, *process.metrics));
      return {};
    });
    if (!process.instance) return;
    process.instance->set_idle([this, &process]() -> Result<void> {
      // Control waits for the others of its process.
      maybe_crash(400);
      ENSURE(++idle_steps_ < kQuietSteps, "control waits for ever");
      clock_.advance(kMicrosPerMilli / 4);
      if (below(20) == 0) log_.settle_markers();
      Instance& instance = *process.instance;
      const std::size_t part = below(instance.workers().size() + 2);
      if (part == 0) (void)instance.committer().step();
      else if (part == 1) (void)instance.flusher()->step();
      else (void)instance.workers()[part - 2]->step();
      return {};
    });
  }

  /// All faults are over: one process reads the rest and closes every window.
  void end() {
    note("the end");
    for (Process& process : processes_) {
      process.instance.reset();
      log_.expire_member("sim", process.name);
      log_.time_out_transaction("sim", process.name);
    }
    log_.settle_markers();
    Process& last = processes_.back();
    last.stopped = false;
    std::size_t levels = 0;
    for (const Stage& stage : topology_.stages) levels = std::max(levels, stage.level + 1);
    std::size_t level = 0;
    for (int round = 0; round < 20 && wrong_.empty(); ++round) {
      if (!last.instance) start(last);
      idle_steps_ = 0;
      if (!run_quietly(last)) continue;
      last.instance->end_inputs(level);
      if (!run_quietly(last)) continue;
      bool durable = false;
      guarded(last, [&]() -> Result<void> {
        ASSIGN_OR_RETURN(durable, last.instance->commit_open_epoch());
        return {};
      });
      if (!durable || !last.instance || ++level < levels) continue;
      last.instance.reset();
      return;
    }
    wrong_.push_back("it does not come to its end");
  }

  /// Until nothing is left to do; false when the process had to start over.
  bool run_quietly(Process& process) {
    double done_before = -1;
    for (int step = 1; step < kQuietSteps; ++step) {
      guarded(process, [&]() -> Result<void> {
        ASSIGN_OR_RETURN([[maybe_unused]] const auto progress, process.instance->step(0));
        for (auto& worker : process.instance->workers()) (void)worker->step();
        (void)process.instance->committer().step();
        (void)process.instance->flusher()->step();
        return {};
      });
      if (!process.instance) return false;
      clock_.advance(kMicrosPerMilli);
      // Some epochs without anything in them.
      if (step % (4 * kCommitSteps) != 0 || !process.instance->settled()) continue;
      if (const double done = work_done(process); done == std::exchange(done_before, done)) {
        return true;
      }
    }
    wrong_.push_back("it does not come to rest");
    return true;
  }

  static double work_done(const Process& process) {
    double sum = 0;
    for (const MetricSample& sample : process.metrics->samples()) {
      const bool counts =
          sample.name == "sitrep_records_total" || sample.name == "sitrep_commits_total";
      if (counts) sum += sample.value;
    }
    return sum;
  }

  std::vector<std::string> written(const std::string& topic) const {
    std::vector<std::string> out;
    if (!log_.topics().contains(topic)) return out;
    for (const auto& record : log_.records({topic, PartitionId(0)})) out.push_back(*record.value);
    return out;
  }

  /// Made once for all seeds.
  static const Topology& topology_of_job(SimulatedJob job, const JobModel& model) {
    static std::map<SimulatedJob, Topology> made;
    auto at = made.find(job);
    if (at == made.end()) at = made.emplace(job, topology_of(model.job())).first;
    return at->second;
  }

  std::mt19937 random_;
  const std::unique_ptr<JobModel> model_;
  const Topology& topology_;
  const TemporaryDirectory directory_;
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_;
  PlantedLog planted_;
  std::vector<Process> processes_;
  int sent_ = 0;
  int idle_steps_ = 0;
  bool quiet_ = false;
  /// A reader that makes no way gives up at more.
  int refusals_left_ = 3;
  bool in_process_ = false;
  std::vector<std::string> notes_;
  std::vector<std::string> wrong_;
};

}  // namespace

std::string simulate(unsigned seed, SimulatedJob job, PlantedBug bug) {
  return Simulation(seed, job, bug).run();
}

}  // namespace sitrep
