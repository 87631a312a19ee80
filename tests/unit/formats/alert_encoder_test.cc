// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/alert_encoder.h"

#include <gmock/gmock.h>

#include "tests/unit/formats/alert_records.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

std::vector<std::string> encoded(const AlertCells& changed = {}) {
  return payload_and_headers(*make_alert_encoder(alert_schema(), "camp"), alert_record(changed));
}

TEST(AlertEncoder, labels_are_an_object_and_the_headers_an_event) {
  EXPECT_THAT(
      encoded(),
      ElementsAre(R"({"schema":"alert.v1","id":"dr5aaloriwq3we7rpbixbcokue","revision":2,)"
                  R"("alert":"co_high","key":"north/gen-1","group":"north","state":"active",)"
                  R"("change":"updated","at":"2026-03-01T08:00:20.999Z","since":null,)"
                  R"("raised_at":"2026-03-01T08:00:00.000Z","severity":"critical",)"
                  R"("text":"CO at 120 ppm","advice":"leave the room",)"
                  R"("labels":{"site":"north","unit":"3 \"Coy\""},"cause":null,"by":null,)"
                  R"("rule_version":"lhblzyml",)"
                  R"("parameters_version":"2026-02-01T00:00:00.000Z"})",
                  "ce_specversion=1.0", "ce_id=dr5aaloriwq3we7rpbixbcokue/2",
                  "ce_source=/sitrep/camp/co_high", "ce_type=sitrep.alert.v1.updated",
                  "ce_time=2026-03-01T08:00:20.999Z", "content-type=application/json",
                  "ce_subject=north/gen-1"));
}

TEST(AlertEncoder, a_rule_that_says_little_leaves_nulls_and_an_empty_key_no_subject) {
  EXPECT_THAT(
      encoded({{"revision", std::int64_t{1}},
               {"change", "raised"},
               {"key", ""},
               {"group", Null{}},
               {"since", kRaisedAt - 10'000'000},
               {"raised_at", Null{}},
               {"advice", Null{}},
               {"labels", Null{}},
               {"parameters_version", Null{}}}),
      ElementsAre(R"({"schema":"alert.v1","id":"dr5aaloriwq3we7rpbixbcokue","revision":1,)"
                  R"("alert":"co_high","key":"","group":null,"state":"active",)"
                  R"("change":"raised","at":"2026-03-01T08:00:20.999Z",)"
                  R"("since":"2026-03-01T07:59:50.000Z","raised_at":null,"severity":"critical",)"
                  R"("text":"CO at 120 ppm","advice":null,"labels":null,"cause":null,"by":null,)"
                  R"("rule_version":"lhblzyml","parameters_version":null})",
                  "ce_specversion=1.0", "ce_id=dr5aaloriwq3we7rpbixbcokue/1",
                  "ce_source=/sitrep/camp/co_high", "ce_type=sitrep.alert.v1.raised",
                  "ce_time=2026-03-01T08:00:20.999Z", "content-type=application/json"));
}

TEST(AlertEncoder, names_are_escaped_in_the_source_and_keys_are_cleaned) {
  const auto lines = payload_and_headers(
      *make_alert_encoder(alert_schema(), "camp.a_b-c~"),
      alert_record({{"alert", "a b/ü%"}, {"key", std::string("é\n\x7f\xff|", 6)}}));
  EXPECT_EQ(lines[3], "ce_source=/sitrep/camp.a_b-c~/a%20b%2F%C3%BC%25");
  EXPECT_EQ(lines[7], "ce_subject=é\uFFFD\uFFFD\uFFFD|");
}

TEST(AlertEncoder, columns_that_come_later_are_members) {
  Schema schema = alert_schema();
  schema.fields.push_back({"shift", Type::kText});
  schema.fields.push_back({"rota", Type::kText});
  const auto encoder = make_alert_encoder(schema, "camp");
  const AlertCells cells = {{"shift", "night"}, {"rota", Null{}}, {"labels", Null{}}};
  EXPECT_THAT(payload_and_headers(*encoder, alert_record(cells, schema), schema).front(),
              testing::EndsWith(R"(000Z","shift":"night","rota":null})"));
}

TEST(AlertEncoder, each_row_has_headers_of_its_own) {
  const auto encoder = make_alert_encoder(alert_schema(), "camp");
  EXPECT_EQ(payload_and_headers(*encoder, alert_record({{"key", ""}})).size(), 7U);
  const auto lines = payload_and_headers(*encoder, alert_record({{"change", "cleared"}}));
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[4], "ce_type=sitrep.alert.v1.cleared");
  EXPECT_EQ(lines[7], "ce_subject=north/gen-1");
}

}  // namespace
}  // namespace sitrep
