# SPDX-License-Identifier: Apache-2.0
"""Alert records as any consumer of a real Kafka sees them: alert.v1 and CAP as CloudEvents in binary
mode, their keys untouched, and a value for a clear too. Exit code 77: Kafka is not installed."""

import json
import os
import sys
import unittest
import xml.etree.ElementTree

import broker as kafka
from engine import Engine

SKIPPED = 77
ROOM = "Küche 1"
READINGS = (("2026-03-01T08:00:00.250Z", 80), ("2026-03-01T08:05:00Z", 12))
CAP = {"": "urn:oasis:names:tc:emergency:cap:1.2"}


class AlertRecordsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        broker = cls.enterClassContext(kafka.Broker(os.environ["SITREP_KAFKA_LANE"]))
        broker.create_topic("watch.in", 1)
        broker.produce("watch.in", 0,
                       [json.dumps({"room": ROOM, "ts": ts, "co": co}, ensure_ascii=False).encode()
                        for ts, co in READINGS])
        with Engine("alert_records.yaml", broker) as engine:
            engine.run_bounded()
        cls.alerts = broker.consume("watch.alerts")
        cls.messages = broker.consume("watch.cap")
        cls.id = json.loads(cls.alerts[0]["payload"])["id"]

    def events(self, content_type):
        return [{"ce_specversion": "1.0", "ce_id": f"{self.id}/{revision}",
                 "ce_source": "/sitrep/watch/co_high", "ce_type": f"sitrep.alert.v1.{change}",
                 "ce_time": time, "ce_subject": ROOM, "content-type": content_type}
                for revision, change, time in ((1, "raised", "2026-03-01T08:00:00.250Z"),
                                               (2, "cleared", "2026-03-01T08:05:00.000Z"))]

    def test_alert_v1(self):
        said = {"schema": "alert.v1", "id": self.id, "alert": "co_high", "key": ROOM,
                "group": "north", "severity": "critical",
                "advice": "leave the room, open the doors", "labels": {"unit": "3 Coy"}}
        raised = {**said, "revision": 1, "state": "active", "change": "raised",
                  "at": "2026-03-01T08:00:00.250Z", "since": "2026-03-01T08:00:00.250Z",
                  "raised_at": None, "text": f"CO at 80 ppm in {ROOM}"}
        cleared = {**said, "revision": 2, "state": "cleared", "change": "cleared",
                   "at": "2026-03-01T08:05:00.000Z", "since": None,
                   "raised_at": "2026-03-01T08:00:00.250Z", "text": f"CO at 12 ppm in {ROOM}"}
        records = [json.loads(message["payload"]) for message in self.alerts]
        # Members that were added later are none of this test's business.
        self.assertEqual([{name: record.get(name) for name in raised} for record in records],
                         [raised, cleared])
        self.assertEqual([message["key"] for message in self.alerts], [ROOM, ROOM])
        self.assertEqual([kafka.headers_of(message) for message in self.alerts],
                         self.events("application/json"))

    def test_cap(self):
        found = []
        for message in self.messages:
            alert = xml.etree.ElementTree.fromstring(message["payload"].encode())
            found.append([alert.findtext(path, namespaces=CAP) for path in (
                "identifier", "sender", "sent", "status", "msgType", "scope", "references",
                "info/category", "info/event", "info/responseType", "info/urgency",
                "info/headline", "info/instruction", "info/area/areaDesc")])
        sender, first = "ops@mission.example", "2026-03-01T08:00:00-00:00"
        advice = "leave the room, open the doors"
        self.assertEqual(found, [
            [f"{self.id}.1", sender, first, "Exercise", "Alert", "Restricted", None, "Safety",
             "co_high", None, "Immediate", f"CO at 80 ppm in {ROOM}", advice, "north"],
            [f"{self.id}.2", sender, "2026-03-01T08:05:00-00:00", "Exercise", "Update",
             "Restricted", f"{sender},{self.id}.1,{first}", "Safety", "co_high", "AllClear",
             "Past", f"CO at 12 ppm in {ROOM}", advice, "north"]])
        self.assertEqual([message["key"] for message in self.messages], [ROOM, ROOM])
        self.assertEqual([kafka.headers_of(message) for message in self.messages],
                         self.events("application/cap+xml"))


if __name__ == "__main__":
    REASON = kafka.missing()
    if REASON:
        print(f"skipped: {REASON}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
