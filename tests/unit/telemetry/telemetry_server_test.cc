// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/telemetry_server.h"

#include <gmock/gmock.h>
#include <httplib.h>

namespace sitrep {
namespace {

using ::testing::HasSubstr;

class TelemetryServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = TelemetryServer::start("127.0.0.1:0", {fleet_});
    ASSERT_TRUE(server) << server.error().message();
    server_ = *std::move(server);
  }

  std::pair<int, std::string> get(const std::string& path) {
    httplib::Client client("http://" + server_->address());
    const auto response = client.Get(path);
    return response ? std::pair(response->status, response->body) : std::pair(0, std::string());
  }

  ManualClock clock_{1'000};
  MetricsRegistry metrics_;
  Health health_{clock_};
  const ObservedJob fleet_{.name = "fleet", .metrics = &metrics_, .health = &health_};
  std::unique_ptr<TelemetryServer> server_;
};

TEST_F(TelemetryServerTest, metrics_are_read_at_each_scrape) {
  Counter& counter = metrics_.counter("sitrep_records_total", "Records read");
  counter.add(1);
  EXPECT_THAT(get("/metrics").second, HasSubstr("\nsitrep_records_total 1\n"));
  counter.add(1);
  EXPECT_THAT(get("/metrics").second, HasSubstr("\nsitrep_records_total 2\n"));
}

TEST_F(TelemetryServerTest, probes_answer_by_state) {
  EXPECT_EQ(get("/health/startup").first, 200);
  EXPECT_EQ(get("/health/live").first, 200);
  const auto [status, reason] = get("/health/ready");
  EXPECT_EQ(status, 503);
  EXPECT_THAT(reason, HasSubstr("no partitions are read yet"));
  health_.enter(Health::Stage::kReading);
  EXPECT_EQ(get("/health/ready"), std::pair(200, std::string("{\"status\":\"ready\"}\n")));
  EXPECT_EQ(get("/nothing").first, 404);
}

TEST_F(TelemetryServerTest, several_jobs_are_ready_when_all_are) {
  MetricsRegistry metrics;
  Health health(clock_);
  server_ = *TelemetryServer::start(
      "127.0.0.1:0", {fleet_, {.name = "camp", .metrics = &metrics, .health = &health}});
  health_.enter(Health::Stage::kReading);
  const auto [status, text] = get("/health/ready");
  EXPECT_EQ(status, 503);
  EXPECT_THAT(text,
              HasSubstr(R"({"jobs":{"fleet":{"status":"ready"},"camp":{"status":"starting")"));
  EXPECT_EQ(get("/health/live").first, 200);
  health.enter(Health::Stage::kReading);
  EXPECT_EQ(get("/health/ready").first, 200);
  clock_.advance(2 * Health::kBeatEvery);
  health_.beat();
  EXPECT_EQ(get("/health/live").first, 503) << "one of them is stuck";
}

TEST_F(TelemetryServerTest, a_taken_port_is_named) {
  const auto second = TelemetryServer::start(server_->address(), {fleet_});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr(server_->address()));
}

}  // namespace
}  // namespace sitrep
