// SPDX-License-Identifier: Apache-2.0
#include "engine/state/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr StoreId kStore(7);
constexpr TaskId kTask{.stage = StageId(1), .partition = PartitionId(0)};
constexpr TaskId kOther{.stage = StageId(1), .partition = PartitionId(1)};

class ImageTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }

  Result<std::unique_ptr<StateImage>> open(const std::string& job = "camp") {
    return StateImage::open({.directory = directory_.path() / "image",
                             .job = job,
                             .cache_bytes = 1 << 20,
                             .write_buffer_bytes = 1 << 20});
  }
  /// As after a kill: nothing is flushed or closed in an orderly way by us.
  void reopen() {
    image_.reset();
    auto opened = open();
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    image_ = *std::move(opened);
  }
  Delta finish(std::uint64_t epoch, TaskId task = kTask) {
    return builder_.finish(task, {.epoch = Epoch(epoch), .inputs = {}});
  }
  void put(std::string_view key, std::string_view value, Micros pane = 0,
           std::string_view clock = "") {
    builder_.put(kStore, {.clock = clock, .pane = pane, .key = key}, value);
  }
  void write(std::vector<Delta> deltas) {
    const Result<std::size_t> written = image_->write(deltas);
    ASSERT_TRUE(written.has_value()) << written.error().message();
  }
  std::vector<std::string> entries(TaskId task = kTask) {
    std::vector<std::string> entries;
    const Result<void> read =
        image_->restore(task, [&](StoreId, const StateKey& key, std::string_view value) {
          entries.push_back(concat(key.clock, "/", key.pane, "/", key.key, "=", value));
          return Result<void>();
        });
    EXPECT_TRUE(read.has_value());
    return entries;
  }

  TemporaryDirectory directory_;
  DeltaBuilder builder_;
  std::unique_ptr<StateImage> image_;
};

TEST_F(ImageTest, what_is_written_survives_a_reopen_with_its_position) {
  put("b", "2");
  put("a", "1", -5, "C3");
  const TaskPosition position{
      .epoch = Epoch(9),
      .inputs = {{.partition = {.topic = "pos", .partition = PartitionId(0)}, .next = Offset(77)}}};
  write({builder_.finish(kTask, position)});
  reopen();
  EXPECT_THAT(entries(), ElementsAre("/0/b=2", "C3/-5/a=1"));
  EXPECT_EQ(image_->position(kTask).value()->task, position);
  EXPECT_EQ(image_->position(kOther).value(), std::nullopt);
  EXPECT_THAT(image_->tasks().value(), ElementsAre(kTask));
}

TEST_F(ImageTest, the_last_change_wins_within_and_between_writes) {
  put("a", "1");
  put("b", "1");
  Delta first = finish(1);
  put("a", "2");
  builder_.remove(kStore, {.clock = "", .pane = 0, .key = "b"});
  Delta second = finish(2);
  write({std::move(first), std::move(second)});
  EXPECT_THAT(entries(), ElementsAre("/0/a=2"));
  put("b", "3");
  builder_.remove(kStore, {.clock = "", .pane = 0, .key = "a"});
  write({finish(3)});
  EXPECT_THAT(entries(), ElementsAre("/0/b=3"));
}

TEST_F(ImageTest, a_removed_pane_takes_earlier_puts_with_it_and_keeps_later_ones) {
  for (const int flushed_entries : {0, 3, 300}) {
    for (int n = 0; n < flushed_entries; ++n) put(concat("old", n), "x", 10);
    put("other", "x", 11);
    put("empty clock's neighbour", "x", 10, "C3");
    write({finish(1)});
    put("a", "1", 10);
    put("", "1", 10);
    Delta second = finish(2);
    builder_.remove_pane(kStore, "", 10);
    put("b", "3", 10);
    Delta third = finish(3);
    put("c", "4", 10);
    write({std::move(second), std::move(third), finish(4)});
    EXPECT_THAT(entries(), ElementsAre("/10/b=3", "/10/c=4", "/11/other=x",
                                       "C3/10/empty clock's neighbour=x"));
    reopen();
    EXPECT_EQ(entries().size(), 4U);
    EXPECT_TRUE(image_->drop(kTask).has_value());
  }
}

TEST_F(ImageTest, the_last_of_several_removals_of_a_pane_counts) {
  put("a", "1", 10);
  builder_.remove_pane(kStore, "", 10);
  put("", "2", 10);
  builder_.remove_pane(kStore, "", 10);
  put("b", "3", 10);
  write({finish(1)});
  EXPECT_THAT(entries(), ElementsAre("/10/b=3"));
}

// Puts, removals of entries and of panes large and small, in many writes: memtables get sorted runs
// of entries with range tombstones between them.
TEST_F(ImageTest, random_changes_leave_what_a_map_holds) {
  std::mt19937 random(11);
  using Entry = std::tuple<std::string, Micros, std::string>;
  std::map<Entry, std::string> model;
  std::uint64_t epoch = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<Delta> deltas;
    for (std::size_t n = 1 + random() % 4; n > 0; --n) {
      std::map<Entry, bool> changed;
      for (const Micros pane : {10, 20, 30}) {
        if (random() % 4 != 0) continue;
        builder_.remove_pane(kStore, "C", pane);
        std::erase_if(model, [&](const auto& entry) { return std::get<1>(entry.first) == pane; });
      }
      for (std::size_t changes = random() % 300; changes > 0; --changes) {
        const Micros pane = static_cast<Micros>(10 * (1 + random() % 3));
        const std::string key = random() % 20 == 0 ? "" : concat("vehicle-", random() % 200);
        if (!changed.emplace(Entry("C", pane, key), true).second) continue;
        if (random() % 5 == 0) {
          builder_.remove(kStore, {.clock = "C", .pane = pane, .key = key});
          model.erase({"C", pane, key});
        } else {
          const std::string value = concat("value ", random());
          put(key, value, pane, "C");
          model[{"C", pane, key}] = value;
        }
      }
      deltas.push_back(finish(++epoch));
    }
    write(std::move(deltas));
    if (round % 20 == 19) reopen();
    std::vector<std::string> expected;
    for (const auto& [entry, value] : model) {
      const auto& [clock, pane, key] = entry;
      expected.push_back(concat(clock, "/", pane, "/", key, "=", value));
    }
    ASSERT_EQ(entries(), expected) << "round " << round;
  }
}

TEST_F(ImageTest, tasks_do_not_mix_and_can_be_dropped) {
  put("a", "1");
  Delta mine = finish(1);
  put("a", "2");
  write({std::move(mine), finish(5, kOther)});
  EXPECT_THAT(entries(kTask), ElementsAre("/0/a=1"));
  ASSERT_TRUE(image_->drop(kTask).has_value());
  reopen();
  EXPECT_THAT(entries(kTask), IsEmpty());
  EXPECT_EQ(image_->position(kTask).value(), std::nullopt);
  EXPECT_THAT(entries(kOther), ElementsAre("/0/a=2"));
  EXPECT_EQ(image_->position(kOther).value()->task.epoch, Epoch(5));
}

TEST_F(ImageTest, cold_state_reads_entries_and_panes) {
  put("a", "1", 10);
  put("b", "2", 10);
  put("c", "3", 20);
  write({finish(4)});
  const std::unique_ptr<ColdState> cold = image_->cold_state(kTask);
  EXPECT_EQ(cold->get(kStore, {.clock = "", .pane = 10, .key = "a"}).value(), "1");
  EXPECT_EQ(cold->get(kStore, {.clock = "", .pane = 10, .key = "c"}).value(), std::nullopt);
  EXPECT_EQ(cold->flushed(), Epoch(4));
  EXPECT_EQ(image_->cold_state(kOther)->flushed(), std::nullopt);
  std::vector<std::string> seen;
  const auto see = [&](std::string_view key, std::string_view value) -> Result<void> {
    seen.push_back(concat(key, "=", value));
    return {};
  };
  EXPECT_TRUE(cold->scan_pane(kStore, "", 10, see).has_value());
  EXPECT_THAT(seen, ElementsAre("a=1", "b=2"));
  const auto refuse = [](std::string_view, std::string_view) -> Result<void> {
    return cancelled("enough");
  };
  EXPECT_EQ(cold->scan_pane(kStore, "", 10, refuse).error().kind(), ErrorKind::kCancelled);
}

TEST_F(ImageTest, a_damaged_delta_is_refused_and_nothing_is_written) {
  put("a", "1");
  Delta good = finish(1);
  Delta bad = finish(2);
  bad.bytes.back() = static_cast<char>(bad.bytes.back() ^ 1);
  const std::vector<Delta> deltas = {good, bad};
  EXPECT_EQ(image_->write(deltas).error().kind(), ErrorKind::kCorrupt);
  EXPECT_THAT(entries(), IsEmpty());
}

TEST_F(ImageTest, a_directory_in_use_is_unavailable_and_named) {
  const auto second = open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(second.error().message(), HasSubstr(directory_.path().string()));
  EXPECT_THAT(second.error().message(),
              HasSubstr(": another process has it open; end that one, or give this one a "
                        "`state_dir` and an `instance` of its own"));
}

TEST_F(ImageTest, a_directory_that_cannot_be_made_is_unavailable_and_named) {
  std::ofstream(directory_.path() / "file") << "not a directory";
  const std::string path = directory_.path() / "file" / "image";
  const auto opened = StateImage::open({.directory = path, .job = "camp"});
  EXPECT_EQ(opened.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(opened.error().message(), HasSubstr(path));
}

TEST_F(ImageTest, an_image_of_another_job_is_refused_naming_both) {
  image_.reset();
  const auto opened = open("fleet");
  EXPECT_EQ(opened.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(opened.error().message(), HasSubstr("belongs to job 'camp', not to 'fleet'"));
}

TEST_F(ImageTest, a_damaged_database_is_corrupt_and_named) {
  for (int n = 0; n < 2000; ++n) put(concat("key", n), std::string(1000, 'x'));
  write({finish(1)});
  reopen();
  image_.reset();
  for (const auto& file : std::filesystem::directory_iterator(directory_.path() / "image")) {
    if (file.path().extension() == ".sst") std::filesystem::resize_file(file.path(), 100);
  }
  const auto opened = open();
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind(), ErrorKind::kCorrupt) << opened.error().message();
  EXPECT_THAT(opened.error().message(), HasSubstr(directory_.path().string()));
}

TEST_F(ImageTest, a_cursor_skips_panes_and_tells_its_progress) {
  for (Micros pane = 0; pane < 10; ++pane) {
    for (int n = 0; n < 1000; ++n) put(concat("key", n), std::string(50, 'x'), pane);
  }
  write({finish(1)});
  reopen();
  const std::unique_ptr<ImageCursor> cursor = image_->walk(kTask);
  EXPECT_EQ(cursor->percent(), 0);
  int before = 0;
  for (Micros pane = 0; pane < 10; ++pane) {
    const auto entry = cursor->next();
    ASSERT_TRUE(entry.has_value() && entry->has_value());
    EXPECT_EQ((*entry)->key.pane, pane);
    EXPECT_EQ((*entry)->key.key, "key0");
    EXPECT_GE(cursor->percent(), before);
    before = cursor->percent();
    cursor->skip_pane();
  }
  EXPECT_GT(before, 50);
  EXPECT_FALSE(cursor->next().value().has_value());
  EXPECT_EQ(cursor->percent(), 100);
}

TEST_F(ImageTest, memory_is_counted) {
  const ImageMemory empty = image_->memory();
  for (int n = 0; n < 5000; ++n) put(concat("key", n), std::string(100, 'x'));
  write({finish(1)});
  const ImageMemory full = image_->memory();
  EXPECT_GE(full.memtables, empty.memtables + 5000 * 100);
  EXPECT_LT(full.memtables, empty.memtables + 4 * 5000 * 100);
  EXPECT_LT(full.cache, empty.cache + 4096);  // memtables, charged to it, are not counted twice
}

TEST_F(ImageTest, files_that_are_gone_leave_nothing_in_the_cache) {
  image_ = StateImage::open({.directory = directory_.path() / "large",
                             .job = "camp",
                             .cache_bytes = 64 << 20,
                             .write_buffer_bytes = 1 << 20})
               .value();
  std::size_t cached_max = 0;
  for (std::uint64_t round = 1; round <= 1000; ++round) {
    // A memtable, and so a file; each makes those before it superfluous.
    for (int n = 0; n < 1'000; ++n) put(concat("key", n), concat(round, std::string(900, 'x')));
    write({finish(round)});
    cached_max = std::max(cached_max, image_->memory().cache);
  }
  // The filters and indexes of all 1000 are 9 MB.
  EXPECT_GT(cached_max, 50'000u);
  EXPECT_LT(cached_max, 1'000'000u);
}

TEST_F(ImageTest, a_walk_leaves_the_cache_to_those_who_ask_for_single_entries) {
  for (int n = 0; n < 5000; ++n) put(concat("key", n), concat(n, std::string(100, 'x')));
  write({finish(1)});
  reopen();  // from the log into a file
  const auto cold = image_->cold_state(kTask);
  const StateKey key{.clock = "", .pane = 0, .key = "key77"};
  ASSERT_EQ(cold->get(kStore, key).value(), concat(77, std::string(100, 'x')));
  const std::size_t before = image_->memory().cache;
  EXPECT_EQ(entries().size(), 5000u);
  EXPECT_EQ(image_->memory().cache, before);
  ASSERT_EQ(cold->get(kStore, {.clock = "", .pane = 0, .key = "key4999"}).value(),
            concat(4999, std::string(100, 'x')));
  EXPECT_GT(image_->memory().cache, before);
}

}  // namespace

}  // namespace sitrep
