// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/cap_encoder.h"

#include <gmock/gmock.h>

#include "tests/unit/formats/alert_records.h"

namespace sitrep {
namespace {

using testing::HasSubstr;
using testing::Not;

const CapOptions kOptions = {.job = "camp",
                             .sender = "ops@north.example",
                             .status = "Actual",
                             .scope = "Restricted",
                             .restriction = "for operational use",
                             .addresses = "",
                             .category = "Infra",
                             .language = "en-US"};

std::vector<std::string> encoded(const AlertCells& changed = {}) {
  return payload_and_headers(*make_cap_encoder(alert_schema(), kOptions), alert_record(changed));
}

std::string payload(const AlertCells& changed) { return encoded(changed).front(); }

TEST(CapEncoder, a_first_record_is_an_alert) {
  EXPECT_EQ(
      payload({{"revision", std::int64_t{1}},
               {"change", "raised"},
               {"at", kRaisedAt},
               {"since", kRaisedAt - 10'000'000},
               {"raised_at", Null{}}}),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
      "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"
      "<identifier>dr5aaloriwq3we7rpbixbcokue.1</identifier>"
      "<sender>ops@north.example</sender><sent>2026-03-01T08:00:00-00:00</sent>"
      "<status>Actual</status><msgType>Alert</msgType>"
      "<scope>Restricted</scope><restriction>for operational use</restriction>"
      "<info><language>en-US</language><category>Infra</category><event>co_high</event>"
      "<urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>"
      "<onset>2026-03-01T07:59:50-00:00</onset>"
      "<headline>CO at 120 ppm</headline><description>CO at 120 ppm</description>"
      "<instruction>leave the room</instruction>"
      "<parameter><valueName>revision</valueName><value>1</value></parameter>"
      "<parameter><valueName>key</valueName><value>north/gen-1</value></parameter>"
      "<parameter><valueName>group</valueName><value>north</value></parameter>"
      "<parameter><valueName>state</valueName><value>active</value></parameter>"
      "<parameter><valueName>change</valueName><value>raised</value></parameter>"
      "<parameter><valueName>severity</valueName><value>critical</value></parameter>"
      "<parameter><valueName>rule_version</valueName><value>lhblzyml</value></parameter>"
      "<parameter><valueName>parameters_version</valueName><value>2026-02-01T00:00:00.000Z"
      "</value></parameter>"
      "<parameter><valueName>labels.site</valueName><value>north</value></parameter>"
      "<parameter><valueName>labels.unit</valueName><value>3 \"Coy\"</value></parameter>"
      "<area><areaDesc>north</areaDesc></area></info></alert>");
}

TEST(CapEncoder, a_clear_updates_the_first_record_and_gives_the_all_clear) {
  const CapOptions exercise = {.job = "camp",
                               .sender = "ops",
                               .status = "Exercise",
                               .scope = "Private",
                               .restriction = "",
                               .addresses = "a@b \"c d\"",
                               .category = "Fire",
                               .language = "fr"};
  const AlertCells cells = {{"revision", std::int64_t{3}}, {"change", "cleared"},
                            {"state", "cleared"},          {"severity", "warning"},
                            {"group", Null{}},             {"advice", Null{}},
                            {"labels", Null{}},            {"parameters_version", Null{}}};
  EXPECT_THAT(
      payload_and_headers(*make_cap_encoder(alert_schema(), exercise), alert_record(cells)),
      testing::ElementsAre(
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
          "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"
          "<identifier>dr5aaloriwq3we7rpbixbcokue.3</identifier>"
          "<sender>ops</sender><sent>2026-03-01T08:00:20-00:00</sent>"
          "<status>Exercise</status><msgType>Update</msgType>"
          "<scope>Private</scope><addresses>a@b \"c d\"</addresses>"
          "<references>ops,dr5aaloriwq3we7rpbixbcokue.1,2026-03-01T08:00:00-00:00</references>"
          "<info><language>fr</language><category>Fire</category><event>co_high</event>"
          "<responseType>AllClear</responseType>"
          "<urgency>Past</urgency><severity>Moderate</severity><certainty>Likely</certainty>"
          "<headline>CO at 120 ppm</headline><description>CO at 120 ppm</description>"
          "<parameter><valueName>revision</valueName><value>3</value></parameter>"
          "<parameter><valueName>key</valueName><value>north/gen-1</value></parameter>"
          "<parameter><valueName>state</valueName><value>cleared</value></parameter>"
          "<parameter><valueName>change</valueName><value>cleared</value></parameter>"
          "<parameter><valueName>raised_at</valueName><value>2026-03-01T08:00:00-00:00</value>"
          "</parameter>"
          "<parameter><valueName>severity</valueName><value>warning</value></parameter>"
          "<parameter><valueName>rule_version</valueName><value>lhblzyml</value></parameter>"
          "<area><areaDesc>north/gen-1</areaDesc></area></info></alert>",
          "ce_specversion=1.0", "ce_id=dr5aaloriwq3we7rpbixbcokue/3",
          "ce_source=/sitrep/camp/co_high", "ce_type=sitrep.alert.v1.cleared",
          "ce_time=2026-03-01T08:00:20.999Z", "content-type=application/cap+xml",
          "ce_subject=north/gen-1"));
}

TEST(CapEncoder, an_episode_that_was_given_up_is_no_all_clear) {
  EXPECT_THAT(payload({{"change", "expired"}, {"state", "cleared"}, {"severity", "info"}}),
              testing::AllOf(HasSubstr("<msgType>Update</msgType>"),
                             HasSubstr("<event>co_high</event><urgency>Future</urgency>"
                                       "<severity>Minor</severity><certainty>Possible</certainty>"),
                             Not(HasSubstr("responseType"))));
}

TEST(CapEncoder, a_severity_that_is_none_of_ours_is_unknown) {
  EXPECT_THAT(payload({{"severity", "odd"}}),
              HasSubstr("<urgency>Unknown</urgency><severity>Unknown</severity>"
                        "<certainty>Unknown</certainty>"));
}

TEST(CapEncoder, texts_are_escaped_and_what_xml_cannot_say_is_replaced) {
  // Whoever reads XML takes "\r\n" for one line break.
  const std::string odd("<a> & \"b\" ]]>\r\n\x01\0\xff é😀", 25);
  EXPECT_THAT(payload({{"text", odd}, {"key", "<&>"}, {"group", "a\x02"}, {"advice", "\x1b"}}),
              testing::AllOf(
                  HasSubstr("<description>&lt;a&gt; &amp; \"b\" ]]&gt;\r\n\uFFFD\uFFFD\uFFFD "
                            "é😀</description><instruction>\uFFFD</instruction>"),
                  HasSubstr("<valueName>key</valueName><value>&lt;&amp;&gt;</value>"),
                  HasSubstr("<areaDesc>a\uFFFD</areaDesc>")));
}

TEST(CapEncoder, a_headline_has_at_most_160_characters) {
  std::string longest;
  for (int i = 0; i < 160; ++i) longest += "é";
  EXPECT_THAT(payload({{"text", longest}}),
              HasSubstr(concat("<headline>", longest, "</headline>")));
  const std::string front = longest.substr(0, longest.size() - 2);
  EXPECT_THAT(payload({{"text", longest + "x"}}),
              testing::AllOf(HasSubstr(concat("<headline>", front, "…</headline>")),
                             HasSubstr(concat("<description>", longest, "x</description>"))));
}

TEST(CapEncoder, where_nothing_is_said_there_is_no_element) {
  EXPECT_THAT(payload({{"text", ""}, {"key", ""}, {"group", Null{}}, {"advice", ""}}),
              testing::AllOf(Not(HasSubstr("headline")), Not(HasSubstr("description")),
                             Not(HasSubstr("instruction")), Not(HasSubstr("area")),
                             Not(HasSubstr("<valueName>key"))));
}

TEST(CapEncoder, columns_that_come_later_are_parameters) {
  Schema schema = alert_schema();
  schema.fields.push_back({"shift", Type::kText});
  schema.fields.push_back({"rota", Type::kText});
  const AlertCells cells = {{"shift", "night"}, {"rota", Null{}}, {"labels", Null{}}};
  const std::string xml = payload_and_headers(*make_cap_encoder(schema, kOptions),
                                              alert_record(cells, schema), schema).front();
  EXPECT_THAT(xml, testing::AllOf(HasSubstr("<parameter><valueName>shift</valueName><value>night"
                                            "</value></parameter><area>"),
                                  Not(HasSubstr("rota"))));
}

}  // namespace
}  // namespace sitrep
