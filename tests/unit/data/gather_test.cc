// SPDX-License-Identifier: Apache-2.0
#include "engine/data/gather.h"

#include <gmock/gmock.h>

#include <string>

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Schema kSchema{{{"k", Type::kText}, {"v", Type::kBigint}}};

/// name and value, then name and null; at `time` and one later, on clocks 3 and 4.
ColumnBatch two_rows(const std::string& name, std::int64_t value, Micros time) {
  BatchBuilder builder(kSchema);
  const Value first[] = {name, value};
  const Value second[] = {name, Null{}};
  builder.row(first, time, time - 10, 3);
  builder.row(second, time + 1, time - 9, 4);
  return builder.finish();
}

TEST(Gather, rows_of_several_batches_come_in_the_order_asked_for_with_their_meta) {
  ColumnBatch out;
  {
    const ColumnBatch a = two_rows("a name that lies in an arena", 7, 100);
    const ColumnBatch b = two_rows("b", 8, 200);
    const ColumnBatch* const batches[] = {&a, &b};
    const RowPlace places[] = {{.batch = 1, .row = 1}, {.batch = 0, .row = 0},
                               {.batch = 1, .row = 0}, {.batch = 0, .row = 0}};
    out = gather(batches, places);
  }
  EXPECT_EQ(out.selection.size(), 4);
  EXPECT_TRUE(out.selection.all());
  EXPECT_THAT(row_values(out, 0), ElementsAre(Value("b"), Value(Null{})));
  EXPECT_THAT(row_values(out, 1),
              ElementsAre(Value("a name that lies in an arena"), Value(std::int64_t{7})));
  EXPECT_THAT(row_values(out, 2), ElementsAre(Value("b"), Value(std::int64_t{8})));
  EXPECT_THAT(row_values(out, 3), row_values(out, 1));
  EXPECT_THAT(out.meta->event_time, ElementsAre(201, 100, 200, 100));
  EXPECT_THAT(out.meta->watermark, ElementsAre(191, 90, 190, 90));
  EXPECT_THAT(out.meta->clock, ElementsAre(4, 3, 3, 3));
  EXPECT_THAT(out.meta->offset, IsEmpty());
}

TEST(Gather, where_rows_came_from_stays_known) {
  ColumnBatch from = two_rows("a", 1, 100);
  auto meta = std::make_shared<RowMeta>(*from.meta);
  meta->origin = {"cars", PartitionId(2)};
  meta->offset = {Offset(5), Offset(6)};
  meta->index_in_message = {0, 3};
  meta->clock.clear();
  from.meta = meta;
  const ColumnBatch* const batches[] = {&from};
  const RowPlace places[] = {{.batch = 0, .row = 1}};
  const ColumnBatch out = gather(batches, places);
  EXPECT_EQ(out.meta->origin, meta->origin);
  EXPECT_THAT(out.meta->offset, ElementsAre(Offset(6)));
  EXPECT_THAT(out.meta->index_in_message, ElementsAre(3));
  EXPECT_THAT(out.meta->clock, IsEmpty());
}

}  // namespace
}  // namespace sitrep
