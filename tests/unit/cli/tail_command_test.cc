// SPDX-License-Identifier: Apache-2.0
#include "cli/tail_command.h"

#include <gtest/gtest.h>

#include <sstream>

#include "engine/log/memory_log.h"

namespace sitrep {
namespace {

constexpr Micros kNow = 1'767'268'800 * kMicrosPerSecond;  // 2026-01-01T12:00:00Z

class TailCommandTest : public testing::Test {
 protected:
  TailCommandTest() { EXPECT_TRUE(log_.create_topic("t", {.partitions = 2, .settings = {}})); }

  void append(int partition, const std::string& value) {
    log_.append({"t", PartitionId(partition)}, {.offset = Offset(0),
                                                .timestamp = std::nullopt,
                                                .key = "k",
                                                .value = value,
                                                .headers = {}});
  }
  static std::string alert(const std::string& id, int revision, const std::string& change) {
    return R"({"id":")" + id + R"(","revision":)" + std::to_string(revision) +
           R"(,"alert":"hot","key":")" + id + R"(","state":")" +
           (change == "cleared" ? change : "active") + R"(","change":")" + change +
           R"(","at":1767268790000,"raised_at":1767268780000,"severity":"warning"})";
  }
  std::string tail(TailOptions options) {
    options.topic = "t";
    std::ostringstream out;
    const auto done = sitrep::tail(log_, clock_, options, stop_, out, notes_);
    EXPECT_TRUE(done) << (done ? "" : done.error().message());
    return out.str();
  }

  ManualClock clock_{kNow};
  MemoryLog log_{clock_};
  StopFlag stop_;
  std::ostringstream notes_;
};

TEST_F(TailCommandTest, count_is_of_records_shown) {
  append(0, "one");
  append(0, alert("a", 1, "raised"));
  append(0, "two");
  append(0, alert("a", 2, "cleared"));
  append(0, alert("b", 1, "raised"));
  EXPECT_EQ(tail({.from_start = true, .count = 2, .view = {.filter = {.state = "active"}}}),
            "warning   11:59:50    20 s  raised   hot       a       -\n"
            "warning   11:59:50    20 s  raised   hot       b       -\n");
  EXPECT_EQ(tail({.from_start = true, .count = 2, .view = {.raw = true}}),
            "0:0\tk\tone\n0:1\tk\t" + alert("a", 1, "raised") + "\n");
  EXPECT_EQ(tail({.from_start = true, .count = 0}), "");
}

TEST_F(TailCommandTest, active_with_count_zero_is_the_list_alone) {
  append(0, alert("a", 1, "raised"));
  append(1, alert("b", 1, "raised"));
  append(1, alert("b", 2, "cleared"));
  EXPECT_EQ(tail({.count = 0, .view = {.active = true}}),
            "warning   11:59:50    20 s  raised   hot       a       -\n");
  EXPECT_EQ(notes_.str(), "1 alert is up: 1 warning\n");
}

TEST_F(TailCommandTest, active_of_an_empty_topic_says_so) {
  EXPECT_EQ(tail({.count = 0, .view = {.active = true}}), "");
  EXPECT_EQ(notes_.str(), "no alerts are up\n");
}

}  // namespace
}  // namespace sitrep
