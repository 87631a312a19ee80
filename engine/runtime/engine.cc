// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "engine/base/logging.h"

namespace sitrep {
namespace {

constexpr Micros kPollWait = 20 * kMicrosPerMilli;
constexpr Micros kStartRetryWait = kMicrosPerSecond;
/// An instance that failed is made anew after this; longer each time, unless it ran for so long.
constexpr Micros kRestartWaitMin = 500 * kMicrosPerMilli;
constexpr Micros kRestartWaitMax = 30 * kMicrosPerSecond;
constexpr Micros kRestartCalm = 60 * kMicrosPerSecond;
/// What the end may take when the log does not answer: less than the 30 s that Kubernetes gives a
/// container by itself.
constexpr Micros kStopPatience = 20 * kMicrosPerSecond;

void sleep_for(Micros duration) {
  std::this_thread::sleep_for(std::chrono::microseconds(duration));
}

/// Steps `part` until `stop`; sleeps longer the longer there is nothing to do, so that an idle
/// process costs next to nothing and a busy one sleeps not at all. Calls `on_long_rest` once when
/// there was nothing to do for kLongRest.
template <typename Part>
void run_part(Part& part, const StopFlag& stop, Micros rest_max,
              const std::function<void()>& on_long_rest) {
  static constexpr Micros kRestMin = 100;
  static constexpr Micros kLongRest = 250 * kMicrosPerMilli;
  Micros rest = kRestMin;
  Micros rested = 0;
  while (!stop.requested()) {
    if (part.step()) {
      rest = kRestMin;
      rested = 0;
      continue;
    }
    sleep_for(rest);
    if (rested < kLongRest && rested + rest >= kLongRest && on_long_rest) on_long_rest();
    rested += rest;
    rest = std::min(rest * 2, rest_max);
  }
}

/// The threads of an instance; stopped and joined when it goes out of scope.
class Threads {
 public:
  Threads(Instance& instance, const std::function<void()>& on_long_rest)
      : on_long_rest_(on_long_rest) {
    for (std::size_t i = 0; i < instance.workers().size(); ++i) {
      start(concat("worker-", i), *instance.workers()[i], kWorkerRest);
    }
    start("committer", instance.committer(), kCommitterRest);
    if (FlushLoop* flusher = instance.flusher()) start("flusher", *flusher, kFlusherRest);
  }
  ~Threads() {
    stop_.request();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  // An idle worker looks for records this often: what an alert may wait before it is even read.
  static constexpr Micros kWorkerRest = 2 * kMicrosPerMilli;
  static constexpr Micros kCommitterRest = 2 * kMicrosPerMilli;
  static constexpr Micros kFlusherRest = 20 * kMicrosPerMilli;

  /// `name` is for `top -H` and profilers, which see the first 15 bytes.
  template <typename Part>
  void start(const std::string& name, Part& part, Micros rest_max) {
    threads_.emplace_back(
        [&part, rest_max, this] { run_part(part, stop_, rest_max, on_long_rest_); });
    (void)pthread_setname_np(threads_.back().native_handle(), name.substr(0, 15).c_str());
  }

  const std::function<void()>& on_long_rest_;
  StopFlag stop_;
  std::vector<std::thread> threads_;
};

}  // namespace

Engine::Engine(const Topology& topology, const Options& options, Log& log, const Clock& clock,
               MetricsRegistry& metrics)
    : topology_(topology), options_(options), log_(log), clock_(clock), metrics_(metrics) {}

Engine::~Engine() = default;

Result<void> Engine::run(const StopFlag& stop) {
  bool image_was_set_aside = false;
  Micros wait = kRestartWaitMin;
  while (true) {
    const Micros began = clock_.monotonic();
    auto outcome = run_instance(stop);
    if (outcome) return outcome;
    const Error& error = outcome.error();
    if (stop.requested() && error.retriable()) {
      // It would have passed; what was committed is safe.
      log_warning(error.message(), "; ending all the same: the next start reads on from there");
      return {};
    }
    if (error.kind() == ErrorKind::kCorrupt && state_is_in_the_log() && !image_was_set_aside) {
      image_was_set_aside = true;
      ASSIGN_OR_RETURN(const std::string kept_as,
                       set_aside_image(options_.instance.state_dir, clock_.now()));
      log_warning(error.message(), "; set aside as ", kept_as,
                  ", the state is rebuilt from the log");
      continue;
    }
    if (!error.retriable()) return outcome;
    if (clock_.monotonic() - began > kRestartCalm) wait = kRestartWaitMin;
    log_warning(error.message(), "; starting again in ", wait / kMicrosPerMilli, " ms");
    for (Micros slept = 0; slept < wait && !stop.requested(); slept += kPollWait) {
      if (on_beat_) on_beat_();
      sleep_for(kPollWait);
    }
    wait = std::min(2 * wait, kRestartWaitMax);
  }
}

bool Engine::state_is_in_the_log() const {
  const InstanceOptions& options = options_.instance;
  return options.state_log && log_.keeps_state() && !options.state_dir.empty();
}

Result<void> Engine::run_instance(const StopFlag& stop) {
  try {
    ASSIGN_OR_RETURN(const std::unique_ptr<Instance> instance, start(stop));
    instance->set_idle([this, &stop]() -> Result<void> {
      if (on_beat_) on_beat_();
      sleep_for(200);
      return check_patience(stop);
    });
    const Threads threads(*instance, on_long_rest_);
    return control(*instance, stop);
  } catch (const std::exception& thrown) {
    return internal_error(concat("a library threw: ", thrown.what()));
  }
}

Result<std::unique_ptr<Instance>> Engine::start(const StopFlag& stop) {
  Micros said_at = 0;
  while (true) {
    auto made = Instance::make(topology_, options_.instance, log_, clock_, metrics_);
    if (made || !made.error().retriable()) return made;
    if (on_beat_) on_beat_();
    if (stop.requested()) return cancelled("stopped while waiting to start");
    const Micros now = clock_.monotonic();
    if (said_at == 0 || now - said_at > 5 * kMicrosPerSecond) {
      said_at = now;
      log_warning("cannot start yet: ", made.error().message(), "; trying again");
    }
    sleep_for(kStartRetryWait);
  }
}

Result<void> Engine::control(Instance& instance, const StopFlag& stop) {
  bool ready = false;
  Micros status_at = clock_.monotonic() + options_.status_interval;
  while (!stop.requested()) {
    if (on_beat_) on_beat_();
    ASSIGN_OR_RETURN(const Instance::Progress progress, instance.step(kPollWait));
    if (!ready && instance.assigned()) {
      ready = true;
      if (on_ready_) on_ready_();
    }
    if (progress == Instance::Progress::kFinished) break;
    if (const Micros now = clock_.monotonic(); now >= status_at) {
      status_at = now + options_.status_interval;
      if (on_status_) on_status_();
    }
  }
  return instance.shut_down(options_.leave_group);
}

Result<void> Engine::check_patience(const StopFlag& stop) {
  if (!stop.requested()) return {};
  const Micros now = clock_.monotonic();
  if (!stopping_since_) stopping_since_ = now;
  if (now - *stopping_since_ < kStopPatience) return {};
  return unavailable(concat("the last epoch was not committed to ", log_.description(),
                            " and written to disk within ",
                            kStopPatience / kMicrosPerSecond,
                            " s of the request to stop; what was committed is safe"));
}

}  // namespace sitrep
