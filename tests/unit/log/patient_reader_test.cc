// SPDX-License-Identifier: Apache-2.0
// A refusal of what the log has is asked again, a few times; one of what it has not is told.
#include "engine/log/patient_reader.h"

#include <gmock/gmock.h>

#include "engine/base/text.h"
#include "engine/log/memory_log.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

/// Refuses every read from the `reads_before`th after the last refusal on, `refusals` in all.
class Refusing final : public MemoryLogFaults {
 public:
  Refusing(int refusals, int reads_before) : refusals_(refusals), reads_before_(reads_before) {}
  bool happens(Point point) override {
    if (point == Point::kReaderNotOpened && opened_++ > 0 && not_opened_ > 0) {
      --not_opened_;
      return true;
    }
    if (point != Point::kReadRefused || refusals_ == 0 || reads_++ < reads_before_) return false;
    --refusals_;
    reads_ = 0;
    return true;
  }
  void do_not_open_again(int times) { not_opened_ = times; }

 private:
  int refusals_;
  const int reads_before_;
  int reads_ = 0;
  int opened_ = 0;
  int not_opened_ = 0;
};

class PatientReaderTest : public testing::Test {
 protected:
  PatientReaderTest() {
    EXPECT_TRUE(log_.create_topic("in", {.partitions = 1, .settings = {}}));
    for (const std::string value : {"a", "b", "c", "d", "e"}) {
      log_.append(kIn, {.offset = Offset(0),
                        .timestamp = std::nullopt,
                        .key = std::nullopt,
                        .value = value,
                        .headers = {}});
    }
  }
  ~PatientReaderTest() override { log_.set_faults(nullptr); }

  /// Calls read() as often, one record each; adds what came to `values`.
  Result<void> read(PartitionReader& reader, int times) {
    for (int i = 0; i < times; ++i) {
      RecordBatch batch;
      TRY(reader.read(1, batch));
      for (const RecordView& record : batch.records()) {
        values_.push_back(concat(record.offset, ": ", *record.value));
      }
    }
    return {};
  }

  const TopicPartition kIn{"in", PartitionId(0)};
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_{clock_};
  std::vector<std::string> values_;
};

TEST_F(PatientReaderTest, reads_on_where_it_was_refused_what_the_log_has) {
  Refusing faults(/*refusals=*/5, /*reads_before=*/1);
  log_.set_faults(&faults);
  const auto reader = open_patient_reader(log_, {.partition = kIn, .offset = Offset(1)}).value();
  ASSERT_TRUE(read(*reader, 20));
  EXPECT_THAT(values_, ElementsAre("1: b", "2: c", "3: d", "4: e"));
  EXPECT_EQ(reader->position(), Offset(5));
  EXPECT_EQ(reader->known_end(), Offset(5));
}

TEST_F(PatientReaderTest, gives_up_when_it_is_refused_again_and_again) {
  Refusing faults(/*refusals=*/4, /*reads_before=*/0);
  log_.set_faults(&faults);
  const auto reader = open_patient_reader(log_, {.partition = kIn, .offset = Offset(1)}).value();
  ASSERT_TRUE(read(*reader, 3));
  const auto refused = read(*reader, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "reading in[0] from offset 1: it has 0 to 5");
  EXPECT_FALSE(refused.error().retriable());
  EXPECT_THAT(values_, ElementsAre());
}

TEST_F(PatientReaderTest, tells_at_once_what_the_log_has_not) {
  const auto reader = open_patient_reader(log_, {.partition = kIn, .offset = Offset(1)}).value();
  ASSERT_TRUE(log_.trim(kIn, Offset(3)));
  const auto refused = read(*reader, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "reading in[0] from offset 1: it has 3 to 5");
  EXPECT_FALSE(refused.error().retriable());

  // What is behind the end may be there soon.
  const auto behind = open_patient_reader(log_, {.partition = kIn, .offset = Offset(6)}).value();
  EXPECT_TRUE(read(*behind, 3));
  EXPECT_FALSE(read(*behind, 1));
}

TEST_F(PatientReaderTest, a_log_that_cannot_be_asked_now_is_asked_later) {
  Refusing faults(/*refusals=*/1, /*reads_before=*/1);
  faults.do_not_open_again(2);
  log_.set_faults(&faults);
  const auto reader = open_patient_reader(log_, {.partition = kIn, .offset = Offset(3)}).value();
  ASSERT_TRUE(read(*reader, 1));
  for (int i = 0; i < 2; ++i) {
    const auto unasked = read(*reader, 1);
    ASSERT_FALSE(unasked);
    EXPECT_TRUE(unasked.error().retriable());
    EXPECT_EQ(reader->position(), Offset(4));
  }
  ASSERT_TRUE(read(*reader, 2));
  EXPECT_THAT(values_, ElementsAre("3: d", "4: e"));
}

}  // namespace
}  // namespace sitrep
