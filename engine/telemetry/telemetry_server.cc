// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/telemetry_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "engine/base/text.h"
#include "engine/telemetry/exposition.h"

namespace sitrep {
namespace {

constexpr std::size_t kWorkers = 2;
constexpr int kTimeoutSeconds = 5;
constexpr std::size_t kBodyBytesMax = 1024;
constexpr int kOk = 200;
constexpr int kUnavailableStatus = 503;
constexpr const char* kJson = "application/json";

void answer(httplib::Response& response, bool good, const std::string& text) {
  response.status = good ? kOk : kUnavailableStatus;
  response.set_content(text + "\n", kJson);
}

bool all_live(const std::vector<ObservedJob>& jobs) {
  return std::ranges::all_of(jobs, [](const ObservedJob& job) { return job.health->live(); });
}

bool all_ready(const std::vector<ObservedJob>& jobs) {
  return std::ranges::all_of(jobs, [](const ObservedJob& job) { return job.health->ready(); });
}

/// Of one job what it says; of several, by their names.
std::string text_of(const std::vector<ObservedJob>& jobs) {
  if (jobs.size() == 1) return jobs.front().health->text();
  std::vector<std::string> texts;
  for (const ObservedJob& job : jobs) {
    texts.push_back(concat("\"", job.name, "\":", job.health->text()));
  }
  return concat(R"({"jobs":{)", join(texts, ","), "}}");
}

/// httplib's default lets two processes share a port, and each would see half of the scrapes.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

struct TelemetryServer::Http {
  std::vector<ObservedJob> jobs;
  httplib::Server server;
  std::thread thread;
};

TelemetryServer::TelemetryServer() : http_(std::make_unique<Http>()) {}

TelemetryServer::~TelemetryServer() {
  http_->server.stop();
  if (http_->thread.joinable()) http_->thread.join();
}

Result<std::unique_ptr<TelemetryServer>> TelemetryServer::start(const std::string& listen,
                                                                std::vector<ObservedJob> jobs) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) {
    return invalid_config(concat("'", listen, "' is no address; expected host:port"));
  }
  const std::string host = listen.substr(0, colon);
  const int wanted = std::atoi(listen.c_str() + colon + 1);
  std::unique_ptr<TelemetryServer> out(new TelemetryServer());
  out->http_->jobs = std::move(jobs);
  const std::vector<ObservedJob>& observed = out->http_->jobs;
  httplib::Server& server = out->http_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kWorkers); };
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_keep_alive_timeout(1);
  server.set_socket_options(set_socket_options);
  server.set_payload_max_length(kBodyBytesMax);
  server.Get("/metrics", [&observed](const httplib::Request&, httplib::Response& response) {
    response.set_content(prometheus_text(observed), "text/plain; version=0.0.4; charset=utf-8");
  });
  server.Get("/health/live", [&observed](const httplib::Request&, httplib::Response& response) {
    answer(response, all_live(observed), text_of(observed));
  });
  server.Get("/health/ready", [&observed](const httplib::Request&, httplib::Response& response) {
    answer(response, all_live(observed) && all_ready(observed), text_of(observed));
  });
  // Up once it answers at all: the job is valid, and a restore may take its time.
  server.Get("/health/startup", [&observed](const httplib::Request&, httplib::Response& response) {
    answer(response, true, text_of(observed));
  });
  const int port = wanted == 0 ? server.bind_to_any_port(host)
                               : (server.bind_to_port(host, wanted) ? wanted : -1);
  if (port < 0) {
    return unavailable(concat("listening at ", listen, ": the port is taken or the host is not "
                              "this machine; name another under metrics.listen, or off"),
                       Retry::kNever);
  }
  out->address_ = concat(host, ":", port);
  out->http_->thread = std::thread([&server] { server.listen_after_bind(); });
  // A server that is stopped before it listens would listen for ever.
  while (!server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return out;
}

}  // namespace sitrep
