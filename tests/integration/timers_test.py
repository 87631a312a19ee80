# SPDX-License-Identifier: Apache-2.0
"""Timers of processing time over crashes: what is due fires once, however often the process dies
before and after, and at the time that it says. Exit code 77: Kafka is not installed."""

import json
import os
import sys
import time
import unittest

import broker as kafka
from engine import Engine, wait_until

SKIPPED = 77
INPUT = "silence.in"
BEGIN_MS = 1_780_000_000_000
KEYS = ("a", "b", "c")
SILENT_AFTER_MS = 3_000
GATEWAY = "heard[0]"  # all keys come through one partition


class TimersTest(unittest.TestCase):
    def setUp(self):
        self.broker = self.enterContext(kafka.Broker(os.environ["SITREP_KAFKA_LANE"]))
        self.broker.create_topic(INPUT, 1)
        self.engine = self.enterContext(Engine("silence.yaml", self.broker, "instance=one"))

    def send(self, at_ms):
        rows = [{"key": key, "n": number, "ts": at_ms} for number, key in enumerate(KEYS)]
        self.broker.produce(INPUT, 0, [json.dumps(row).encode() for row in rows])

    def rows(self, topic):
        try:
            return self.broker.rows(topic)
        except RuntimeError:  # it is not there yet
            return []

    def changes(self):
        return sorted((row["key"], row["change"], row["at"]) for row in self.rows("silence.alerts"))

    def restart(self, process):
        process.kill()
        process.wait()
        ready = self.engine.log().count("job silence: ready")
        process = self.engine.start()
        wait_until(lambda: self.engine.log().count("job silence: ready") > ready, what="a restart")
        return process

    def test_each_fires_once(self):
        process = self.engine.start()
        self.send(BEGIN_MS)
        wait_until(self.committed, what="the rows read")
        # It dies again and again while the time runs.
        for _ in range(3):
            process = self.restart(process)
        raised = [(GATEWAY, "raised", BEGIN_MS + SILENT_AFTER_MS)]
        wait_until(lambda: len(self.changes()) >= 1, what="silence")
        self.assertEqual(self.changes(), raised)
        sums = [(key, BEGIN_MS, 1, number) for number, key in enumerate(KEYS)]
        wait_until(lambda: self.rows("silence.sums"), what="the windows")

        # And again while nothing is due any more: time enough for all of it to fire anew.
        for _ in range(3):
            process = self.restart(process)
            time.sleep(2)
        self.send(BEGIN_MS + 600_000)
        cleared = [(GATEWAY, "cleared", BEGIN_MS + 600_000)]
        raised_again = [(GATEWAY, "raised", BEGIN_MS + 600_000 + SILENT_AFTER_MS)]
        wait_until(lambda: len(self.changes()) >= 3, what="the second silence")
        self.assertEqual(self.changes(), sorted(raised + cleared + raised_again))
        sums += [(key, BEGIN_MS + 600_000, 1, number) for number, key in enumerate(KEYS)]
        wait_until(lambda: len(self.rows("silence.sums")) >= len(sums), what="the last windows")
        self.assertEqual(sorted((row["key"], row["window_start"], row["records"], row["total"])
                                for row in self.rows("silence.sums")), sorted(sums))
        process.terminate()
        self.assertEqual(process.wait(30), 0, self.engine.log())

    def committed(self):
        described = self.broker.admin("groups", "--describe", "--group", "silence", "--offsets")
        lines = [line.split() for line in described.splitlines() if INPUT in line]
        return any(line[3] == str(len(KEYS)) for line in lines)


if __name__ == "__main__":
    REASON = kafka.missing()
    if REASON:
        print(f"skipped: {REASON}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
