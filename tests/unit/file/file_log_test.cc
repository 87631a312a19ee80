// SPDX-License-Identifier: Apache-2.0
#include "connectors/file/file_log.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const WriterOptions kWriter{.group = "job", .instance = "one"};

class FileLogTest : public ::testing::Test {
 protected:
  FileLogTest() {
    auto log = open_file_log({.root = root_, .complete_last_line = false});
    EXPECT_TRUE(log);
    log_ = *std::move(log);
  }

  std::string text(const std::string& file) const {
    std::ifstream in(root_ + "/" + file);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

  void write(const std::string& file, std::string_view bytes) const {
    const std::filesystem::path path = std::filesystem::path(root_) / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::app) << bytes;
  }

  static OutputBatch batch_of(TopicId topic, std::initializer_list<std::string_view> values) {
    OutputBatch batch;
    for (const std::string_view value : values) {
      batch.append({.topic = topic,
                    .partition = std::nullopt,
                    .key = "k",
                    .value = value,
                    .headers = {},
                    .timestamp = std::nullopt});
    }
    return batch;
  }

  const TemporaryDirectory directory_;
  const std::string root_ = directory_.path().string();
  std::unique_ptr<Log> log_;
};

TEST_F(FileLogTest, a_root_that_is_no_directory_is_refused) {
  const auto log = open_file_log({.root = root_ + "/none", .complete_last_line = false});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().kind(), ErrorKind::kInvalidConfig);
}

TEST_F(FileLogTest, partitions_are_the_files_and_may_have_no_gap) {
  write("air/0.jsonl", "");
  write("air/1.jsonl", "");
  write("gap/0.jsonl", "");
  write("gap/2.jsonl", "");
  EXPECT_EQ(*log_->partition_count("air"), 2);
  EXPECT_EQ(*log_->partition_count("none"), std::nullopt);
  const auto gap = log_->partition_count("gap");
  ASSERT_FALSE(gap);
  EXPECT_THAT(gap.error().message(), HasSubstr("has no 1.jsonl but a 2.jsonl"));
}

TEST_F(FileLogTest, a_file_in_the_place_of_a_topic_is_refused) {
  write("air", "{}\n");
  const auto count = log_->partition_count("air");
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_EQ(count.error().message(),
            "topic air in " + root_ + " is a file; expected a directory with the files 0.jsonl, "
            "1.jsonl, …");
}

TEST_F(FileLogTest, the_end_is_behind_the_last_whole_line) {
  write("air/0.jsonl", "a\nb\nc");
  const auto range = log_->offset_range({"air", PartitionId(0)});
  ASSERT_TRUE(range);
  EXPECT_EQ(range->begin, Offset(0));
  EXPECT_EQ(range->end, Offset(4));
}

TEST_F(FileLogTest, records_of_an_epoch_are_lines_once_it_is_committed) {
  ASSERT_TRUE(log_->create_topic("out", {.partitions = 1, .settings = {}}));
  auto writer = *log_->open_writer(kWriter);
  const TopicId topic = *writer->open_topic("out");
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(topic, {"a", "b"})));
  EXPECT_EQ(text("out/0.jsonl"), "");
  const CommittedPosition position{
      .partition = {"air", PartitionId(0)}, .next = Offset(7), .metadata = {}};
  ASSERT_TRUE(writer->commit({&position, 1}, {}));
  EXPECT_EQ(text("out/0.jsonl"), "a\nb\n");
  EXPECT_EQ(text(".groups/job.offsets"), "air 0 7\n");
  auto group = *log_->join({.group = "job", .instance = "one", .topics = {"air"}});
  const TopicPartition asked[] = {{"air", PartitionId(0)}, {"air", PartitionId(1)}};
  EXPECT_THAT(*group->committed(asked), ElementsAre(CommittedOffset{Offset(7)}, std::nullopt));
}

TEST_F(FileLogTest, an_aborted_epoch_leaves_no_line) {
  ASSERT_TRUE(log_->create_topic("out", {.partitions = 1, .settings = {}}));
  auto writer = *log_->open_writer(kWriter);
  const TopicId topic = *writer->open_topic("out");
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(topic, {"lost"})));
  ASSERT_TRUE(writer->abort());
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(topic, {"kept"})));
  ASSERT_TRUE(writer->commit({}, {}));
  EXPECT_EQ(text("out/0.jsonl"), "kept\n");
}

TEST_F(FileLogTest, a_line_that_a_crash_tore_is_cut_off) {
  write("out/0.jsonl", "whole\nto");
  auto writer = *log_->open_writer(kWriter);
  const TopicId topic = *writer->open_topic("out");
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->append(batch_of(topic, {"next"})));
  ASSERT_TRUE(writer->commit({}, {}));
  EXPECT_EQ(text("out/0.jsonl"), "whole\nnext\n");
}

TEST_F(FileLogTest, an_unknown_output_topic_says_how_to_make_it) {
  auto writer = *log_->open_writer(kWriter);
  const auto topic = writer->open_topic("none");
  ASSERT_FALSE(topic);
  EXPECT_EQ(topic.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(topic.error().message(), HasSubstr("create: {partitions: n}"));
}

TEST_F(FileLogTest, a_group_gets_every_partition_at_once) {
  write("air/0.jsonl", "a\n");
  write("air/1.jsonl", "b\n");
  auto group = *log_->join({.group = "job", .instance = "one", .topics = {"air"}});
  const auto change = group->poll(0);
  ASSERT_TRUE(change && *change);
  EXPECT_EQ((*change)->kind, AssignmentChange::Kind::kAssigned);
  EXPECT_THAT((*change)->partitions, ElementsAre(TopicPartition{"air", PartitionId(0)},
                                                 TopicPartition{"air", PartitionId(1)}));
  EXPECT_FALSE(group->poll(0)->has_value());
}

}  // namespace
}  // namespace sitrep
