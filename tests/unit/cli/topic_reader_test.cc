// SPDX-License-Identifier: Apache-2.0
#include "cli/topic_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/tail_command.h"
#include "cli/telemetry_sender.h"
#include "engine/base/clock.h"
#include "engine/log/memory_log.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TopicReaderTest : public testing::Test {
 protected:
  TopicReaderTest() { EXPECT_TRUE(log_.create_topic("t", {.partitions = 1, .settings = {}})); }

  void send(const std::string& payload) {
    auto sender = TelemetrySender::open(log_, "test", {"t"});
    ASSERT_TRUE(sender);
    TelemetryRecord record{.topic = "t", .key = "k", .payload = payload, .sent = 0,
                           .event_time = 0};
    ASSERT_TRUE(sender->send({&record, 1}));
  }
  std::vector<std::string> read(TopicReader& reader) {
    std::vector<std::string> lines;
    const auto count = reader.read(0, [&](const TopicPartition& origin, const RecordView& record) {
      lines.push_back(origin.topic + " " + format_record(origin.partition, record));
    });
    EXPECT_TRUE(count);
    return lines;
  }

  ManualClock clock_;
  MemoryLog log_{clock_};
};

TEST_F(TopicReaderTest, reads_from_the_start_and_goes_on) {
  send("one");
  auto reader = TopicReader::open(log_, {.group = "g", .topics = {"t"}, .from_start = true});
  ASSERT_TRUE(reader);
  EXPECT_THAT(read(**reader), ElementsAre("t 0:0\tk\tone"));
  send("two");
  EXPECT_THAT(read(**reader), ElementsAre("t 0:1\tk\ttwo"));
}

TEST_F(TopicReaderTest, without_from_start_only_what_comes_is_read) {
  send("one");
  auto reader = TopicReader::open(log_, {.group = "g", .topics = {"t"}});
  ASSERT_TRUE(reader);
  EXPECT_THAT(read(**reader), ElementsAre());
  EXPECT_TRUE((*reader)->ready());
  send("two");
  EXPECT_THAT(read(**reader), ElementsAre("t 0:1\tk\ttwo"));
}

TEST_F(TopicReaderTest, unknown_topic_is_named) {
  const auto reader = TopicReader::open(log_, {.group = "g", .topics = {"nowhere"}});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(reader.error().message(), HasSubstr("nowhere"));
}

TEST(FormatRecord, shows_what_is_absent_and_what_would_break_the_line) {
  const HeaderView headers[] = {{"reason", "range"}, {"empty", std::nullopt}};
  EXPECT_EQ(format_record(PartitionId(2), {.offset = Offset(17),
                                           .timestamp = std::nullopt,
                                           .key = std::nullopt,
                                           .value = "a\nb\tc °C",
                                           .headers = headers}),
            "2:17\t-\ta\\x0ab\\x09c °C\treason=range empty=-");
}

}  // namespace
}  // namespace sitrep
