// SPDX-License-Identifier: Apache-2.0
#include "connectors/file/file_reader.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class FileReaderTest : public ::testing::Test {
 protected:
  void append(std::string_view bytes) { std::ofstream(path_, std::ios::app) << bytes; }

  std::unique_ptr<FileReader> open(std::int64_t start = 0, bool complete_last_line = false) {
    auto reader = FileReader::open(path_, Offset(start), complete_last_line);
    EXPECT_TRUE(reader) << reader.error().message();
    return *std::move(reader);
  }

  static std::vector<std::pair<std::int64_t, std::string>> read(FileReader& reader,
                                                                std::size_t records_max = 100) {
    RecordBatch batch;
    const auto done = reader.read(records_max, batch);
    EXPECT_TRUE(done) << done.error().message();
    std::vector<std::pair<std::int64_t, std::string>> out;
    for (const RecordView& record : batch.records()) {
      out.emplace_back(record.offset.value(), *record.value);
    }
    return out;
  }

  const TemporaryDirectory directory_;
  const std::string path_ = (directory_.path() / "0.jsonl").string();
};

TEST_F(FileReaderTest, a_line_is_a_record_at_the_byte_where_it_begins) {
  append("a\n\nbc\r\n");
  auto reader = open();
  EXPECT_THAT(read(*reader), ElementsAre(Pair(0, "a"), Pair(3, "bc")));
  EXPECT_EQ(reader->position(), Offset(7));
}

TEST_F(FileReaderTest, a_line_that_is_being_written_waits) {
  append("a\nb");
  auto reader = open();
  EXPECT_THAT(read(*reader), ElementsAre(Pair(0, "a")));
  append("c\n");
  EXPECT_THAT(read(*reader), ElementsAre(Pair(2, "bc")));
}

TEST_F(FileReaderTest, a_last_line_without_newline_counts_when_nobody_writes_any_more) {
  append("a\nb");
  auto reader = open(0, /*complete_last_line=*/true);
  EXPECT_THAT(read(*reader), ElementsAre(Pair(0, "a"), Pair(2, "b")));
  EXPECT_EQ(reader->position(), Offset(3));
  EXPECT_THAT(read(*reader), IsEmpty());
}

TEST_F(FileReaderTest, reading_goes_on_from_an_offset_in_pieces) {
  append("a\nb\nc\nd\n");
  auto reader = open(2);
  EXPECT_THAT(read(*reader, 2), ElementsAre(Pair(2, "b"), Pair(4, "c")));
  EXPECT_EQ(reader->position(), Offset(6));
  EXPECT_EQ(reader->known_end(), Offset(8));
  EXPECT_THAT(read(*reader, 2), ElementsAre(Pair(6, "d")));
}

TEST_F(FileReaderTest, a_line_longer_than_a_chunk_is_whole) {
  const std::string line(FileReader::kChunkBytes * 3, 'x');
  append(line + "\nz\n");
  auto reader = open();
  EXPECT_THAT(read(*reader), ElementsAre(Pair(0, line),
                                         Pair(static_cast<std::int64_t>(line.size()) + 1, "z")));
}

TEST_F(FileReaderTest, a_file_that_became_shorter_is_an_error_that_names_both_sizes) {
  append("aaaa\nbbbb\n");
  auto reader = open();
  EXPECT_EQ(read(*reader).size(), 2U);
  std::filesystem::resize_file(path_, 3);
  RecordBatch batch;
  const auto done = reader->read(1, batch);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::kCorrupt);
  EXPECT_THAT(done.error().message(), HasSubstr("it has 3 bytes, but 10 were read already"));
}

TEST_F(FileReaderTest, a_missing_file_is_named) {
  const auto reader = FileReader::open(path_, Offset(0), false);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().message(), "opening " + path_ + ": No such file or directory");
}

}  // namespace
}  // namespace sitrep
