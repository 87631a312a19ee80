// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_command.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cli/demo_broker.h"
#include "cli/demo_job.h"
#include "cli/demo_news.h"
#include "cli/demo_source.h"
#include "cli/demo_view.h"
#include "cli/terminal.h"
#include "cli/topic_reader.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/clock.h"
#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr int kInputPartitions = 2;
constexpr int kOutputPartitions = 1;
constexpr Micros kReadWait = 20 * kMicrosPerMilli;
constexpr Micros kFrameInterval = kMicrosPerSecond;
constexpr Micros kStatusInterval = 5 * kMicrosPerSecond;
/// How long the last results may take to arrive once everything has ended.
constexpr Micros kLastReadsWait = 300 * kMicrosPerMilli;

/// A directory for the jobs' state, gone at the end.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make() {
    std::error_code error;
    const auto parent = std::filesystem::temp_directory_path(error);
    std::string path = (parent / "sitrep-demo-XXXXXX").string();
    if (error || ::mkdtemp(path.data()) == nullptr) {
      return unavailable(concat("cannot make a directory for the demonstration's state, ", path,
                                ": ", error ? error.message() : std::strerror(errno)),
                         Retry::kNever);
    }
    return TemporaryDirectory(std::move(path));
  }
  TemporaryDirectory(TemporaryDirectory&& other) noexcept
      : path_(std::exchange(other.path_, std::string())) {}
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

/// The most memory that this process has held, from /proc; 0 where there is none.
std::size_t memory_bytes_max() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

KafkaOptions kafka_options(const std::string& brokers) {
  KafkaOptions options;
  options.brokers = brokers;
  // The embedded broker answers a fetch that finds nothing only after this time.
  options.properties["fetch.wait.max.ms"] = "10";
  options.properties["queued.max.messages.kbytes"] = "1024";
  options.queue_bytes_max = std::size_t{2} << 20U;
  options.sole_reader = true;
  options.keeps_state = false;
  return options;
}

class Demo {
 public:
  Demo(const DemoOptions& options, bool terminal, std::ostream& out)
      : options_(options), terminal_(terminal), out_(out), started_(clock_.monotonic()) {}

  Result<void> run(const StopFlag& stop) {
    TRY(start());
    introduce();
    TRY(watch(stop));
    TRY(end());
    TRY(read_news(kLastReadsWait));
    conclude();
    return {};
  }

 private:
  Result<void> start() {
    ASSIGN_OR_RETURN(auto directory, TemporaryDirectory::make());
    directory_.emplace(std::move(directory));
    ASSIGN_OR_RETURN(broker_, DemoBroker::start());
    std::map<std::string, int> topics;
    std::vector<std::string> scenarios = {options_.scenario};
    if (options_.scenario == "both") scenarios = {"camp", "fleet"};
    for (const std::string& scenario : scenarios) {
      ASSIGN_OR_RETURN(auto job,
                       DemoJob::make({.scenario = scenario,
                                      .brokers = broker_->address(),
                                      .state_dir = concat(directory_->path(), "/", scenario)}));
      list_topics(job->plan(), topics);
      news_.watch(job->plan());
      jobs_.push_back(std::move(job));
    }
    TRY(broker_->create_topics(topics));
    ASSIGN_OR_RETURN(log_, open_kafka_log(kafka_options(broker_->address()), clock_));
    for (const auto& job : jobs_) job->start(*log_, clock_);
    ASSIGN_OR_RETURN(source_,
                     DemoSource::start({.scenarios = std::move(scenarios),
                                        .records_per_second = options_.records_per_second,
                                        .seed = options_.seed},
                                       *log_, clock_));
    ASSIGN_OR_RETURN(reader_, TopicReader::open(*log_, {.group = "sitrep-demo-view",
                                                        .topics = news_.topics(),
                                                        .from_start = true}));
    figures_.brokers = broker_->address();
    figures_.jobs.resize(jobs_.size());
    return {};
  }

  void list_topics(const JobPlan& plan, std::map<std::string, int>& topics) {
    for (const std::string& topic : plan.input_topics) topics[topic] = kInputPartitions;
    for (const OutputTopic& output : plan.output_topics) topics[output.topic] = kOutputPartitions;
    for (const AlertPlan& alert : plan.alerts) {
      for (const SinkPlan& sink : alert.sinks) {
        auto& shown = figures_.alert_topics;
        if (std::find(shown.begin(), shown.end(), sink.topic) == shown.end()) {
          shown.push_back(sink.topic);
        }
      }
    }
  }

  void introduce() {
    out_ << "A Kafka broker runs inside this process, at " << broker_->address()
         << ". It only pretends transactions, so the jobs run at least once.\n"
            "Subscribe to the alerts from another terminal:\n";
    for (const std::string& topic : figures_.alert_topics) {
      out_ << "  " << kcat_line(broker_->address(), topic) << '\n';
    }
    out_ << "The jobs begin with the last minute of telemetry; times are event times in UTC.\n";
    if (terminal_) out_ << "\x1b[2J";
    out_.flush();
  }

  Result<void> watch(const StopFlag& stop) {
    Micros shown_at = 0;
    const Micros interval = terminal_ ? kFrameInterval : kStatusInterval;
    while (!stop.requested() && !over() && out_) {
      TRY(read_news(kReadWait));
      TRY(check_on_jobs());
      const Micros now = clock_.monotonic();
      if (now - shown_at < interval && shown_at != 0) continue;
      if (terminal_ || shown_at != 0) show();
      shown_at = now;
    }
    return {};
  }

  bool over() const {
    return options_.seconds &&
           clock_.monotonic() - started_ >=
               static_cast<Micros>(*options_.seconds * kMicrosPerSecond);
  }

  Result<void> read_news(Micros wait) {
    const Micros until = clock_.monotonic() + wait;
    do {
      TRY(reader_->read(kReadWait, [this](const TopicPartition& origin, const RecordView& record) {
        const auto alert = news_.take(origin, record, clock_.now());
        if (alert && !first_alert_after_) first_alert_after_ = clock_.monotonic() - started_;
        if (alert && !terminal_) out_ << render_alert(*alert) << std::endl;
      }));
    } while (clock_.monotonic() < until);
    return {};
  }

  /// Starts to measure when all are ready; returns the Error of the first that failed.
  Result<void> check_on_jobs() {
    if (auto failure = source_->failure()) {
      return (*std::move(failure)).with_context("sending telemetry");
    }
    bool all_ready = reader_->ready();
    for (const auto& job : jobs_) {
      all_ready = job->ready() && all_ready;
      if (auto outcome = job->ended()) {
        TRY(*std::move(outcome));
        return internal_error(concat("job ", job->plan().spec.job.value, " ended by itself"));
      }
    }
    if (all_ready && !ready_after_) {
      ready_after_ = clock_.monotonic() - started_;
      // The minute of history is still on its way: rows that wait for it are not measured.
      news_.measure_from(clock_.now() + kMicrosPerSecond);
      log_debug("all is ready after ", *ready_after_ / kMicrosPerMilli, " ms");
    }
    return {};
  }

  void refresh_figures() {
    const Micros now = clock_.monotonic();
    figures_.elapsed = now - started_;
    figures_.records_sent = source_->records_sent();
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      JobFigures& figures = figures_.jobs[i];
      figures = read_figures(jobs_[i]->plan(), jobs_[i]->metrics(), clock_.now(), figures,
                             now - refreshed_at_);
      figures.ready = jobs_[i]->ready();
    }
    refreshed_at_ = now;
  }

  void show() {
    refresh_figures();
    if (terminal_) {
      out_ << render_screen(figures_, news_, clock_.now(), screen_size());
      out_.flush();
    } else {
      out_ << render_status(figures_, news_) << std::endl;
    }
  }

  /// Sends no more, lets the jobs finish what was sent.
  Result<void> end() {
    source_->request_stop();
    for (const auto& job : jobs_) job->request_stop();
    for (const auto& job : jobs_) TRY(job->join());
    return {};
  }

  void conclude() {
    refresh_figures();
    out_ << render_summary(figures_, news_, first_alert_after_, memory_bytes_max());
    out_.flush();
  }

  const DemoOptions options_;
  const bool terminal_;
  std::ostream& out_;
  const SystemClock clock_;
  const Micros started_;
  Micros refreshed_at_ = started_;
  DemoFigures figures_;
  DemoNews news_;
  std::optional<Micros> ready_after_;
  std::optional<Micros> first_alert_after_;
  // In the order in which they are started; they end in the opposite one.
  std::optional<TemporaryDirectory> directory_;
  std::unique_ptr<DemoBroker> broker_;
  std::unique_ptr<Log> log_;
  std::vector<std::unique_ptr<DemoJob>> jobs_;
  std::unique_ptr<DemoSource> source_;
  std::unique_ptr<TopicReader> reader_;
};

}  // namespace

Result<void> run_demo(const DemoOptions& options, bool terminal, const StopFlag& stop,
                      std::ostream& out) {
  return Demo(options, terminal, out).run(stop);
}

}  // namespace sitrep
