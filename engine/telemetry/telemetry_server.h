// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /metrics, /health/live, /health/ready and /health/startup over HTTP, on a few threads of its
// own, for one job or several: a process is alive, and ready, when all of its jobs are. Bounded:
// two workers, short time-outs, no request bodies. Ends with its destructor. Used only by its
// owner; the registries and healths outlive it.

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/telemetry/observed_job.h"

namespace sitrep {

class TelemetryServer {
 public:
  /// `listen` is host:port; port 0 takes any. kUnavailable, naming it, when it is taken.
  static Result<std::unique_ptr<TelemetryServer>> start(const std::string& listen,
                                                        std::vector<ObservedJob> jobs);
  ~TelemetryServer();

  /// host:port where it answers.
  const std::string& address() const { return address_; }

 private:
  struct Http;
  TelemetryServer();

  std::unique_ptr<Http> http_;
  std::string address_;
};

}  // namespace sitrep
