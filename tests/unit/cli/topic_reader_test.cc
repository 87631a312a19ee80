// SPDX-License-Identifier: Apache-2.0
#include "cli/topic_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/tail_view.h"
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

TEST_F(TopicReaderTest, has_caught_up_when_what_was_there_is_read) {
  send("one");
  auto reader = TopicReader::open(log_, {.group = "g", .topics = {"t"}, .from_start = true});
  ASSERT_TRUE(reader);
  EXPECT_FALSE((*reader)->caught_up());
  EXPECT_THAT(read(**reader), ElementsAre("t 0:0\tk\tone"));
  EXPECT_TRUE((*reader)->caught_up());
}

TEST_F(TopicReaderTest, topic_without_records_is_caught_up_with_once_it_is_assigned) {
  auto reader = TopicReader::open(log_, {.group = "g", .topics = {"t"}, .from_start = true});
  ASSERT_TRUE(reader);
  EXPECT_FALSE((*reader)->caught_up());
  EXPECT_THAT(read(**reader), ElementsAre());
  EXPECT_TRUE((*reader)->caught_up());
}

}  // namespace
}  // namespace sitrep
