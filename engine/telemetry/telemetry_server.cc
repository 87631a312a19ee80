// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/telemetry_server.h"

#include <httplib.h>
#include <sys/socket.h>

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

/// httplib's default lets two processes share a port, and each would see half of the scrapes.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

struct TelemetryServer::Http {
  httplib::Server server;
  std::thread thread;
};

TelemetryServer::TelemetryServer() : http_(std::make_unique<Http>()) {}

TelemetryServer::~TelemetryServer() {
  http_->server.stop();
  if (http_->thread.joinable()) http_->thread.join();
}

Result<std::unique_ptr<TelemetryServer>> TelemetryServer::start(const std::string& listen,
                                                                const MetricsRegistry& metrics,
                                                                const Health& health) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) {
    return invalid_config(concat("'", listen, "' is no address; expected host:port"));
  }
  const std::string host = listen.substr(0, colon);
  const int wanted = std::atoi(listen.c_str() + colon + 1);
  std::unique_ptr<TelemetryServer> out(new TelemetryServer());
  httplib::Server& server = out->http_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kWorkers); };
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_keep_alive_timeout(1);
  server.set_socket_options(set_socket_options);
  server.set_payload_max_length(kBodyBytesMax);
  server.Get("/metrics", [&metrics](const httplib::Request&, httplib::Response& response) {
    response.set_content(prometheus_text(metrics), "text/plain; version=0.0.4; charset=utf-8");
  });
  server.Get("/health/live", [&health](const httplib::Request&, httplib::Response& response) {
    answer(response, health.live(), health.text());
  });
  server.Get("/health/ready", [&health](const httplib::Request&, httplib::Response& response) {
    answer(response, health.live() && health.ready(), health.text());
  });
  // Up once it answers at all: the job is valid, and a restore may take its time.
  server.Get("/health/startup", [&health](const httplib::Request&, httplib::Response& response) {
    answer(response, true, health.text());
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
