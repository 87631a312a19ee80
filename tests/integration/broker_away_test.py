# SPDX-License-Identifier: Apache-2.0
"""A broker that goes away, or stands still: the program ends when it is told to, in less time than
Kubernetes leaves it, and what it could not commit is there once after the next start. Exit code 77:
Kafka is not installed."""

import os
import signal
import subprocess
import sys
import unittest

import broker as kafka
import sums
from engine import Engine, wait_until

SKIPPED = 77
PART_RECORDS = 3_000
GRACE_S = 30  # terminationGracePeriodSeconds, if nobody says otherwise


class BrokerAwayTest(unittest.TestCase):
    def setUp(self):
        self.broker = self.enterContext(kafka.Broker(os.environ["SITREP_KAFKA_LANE"]))
        self.broker.create_topic(sums.INPUT, 2)
        self.engine = self.enterContext(Engine("sums.yaml", self.broker,
                                               "delivery=exactly_once"))
        self.sent = []

    def send(self, part):
        for partition in (0, 1):
            numbers = range(part * PART_RECORDS, (part + 1) * PART_RECORDS)
            self.sent += sums.send(self.broker, partition, numbers)

    def begin(self):
        """Rows are read, and in no epoch that was committed."""
        self.send(0)
        process = self.engine.start("--set", "commit_interval=60s")
        # The line of every ten seconds.
        wait_until(lambda: f", {len(self.sent)} rows, lag 0" in self.engine.log(), what="reading")
        return process

    def check_end(self, process):
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.fail(f"it does not end:\n{self.engine.log()}")
        self.assertEqual(code, 0, self.engine.log())
        self.assertIn("the last epoch was not committed", self.engine.log())

    def check_rows(self):
        """Of those that were read before and did not count, and of those that came since."""
        self.send(1)
        self.engine.run_bounded()
        self.assertEqual(sorted((row["key"], row["n"]) for row in self.broker.rows("sums.each")),
                         sorted((row["key"], row["n"]) for row in self.sent))
        self.assertEqual(sorted((row["key"], row["window_start"], row["records"], row["total"])
                                for row in self.broker.rows("sums.out")), sums.windows(self.sent))

    def test_it_ends_while_the_broker_is_down(self):
        process = self.begin()
        self.broker.stop()
        self.check_end(process)
        self.broker.start()
        self.check_rows()

    def test_it_ends_while_the_broker_stands_still(self):
        process = self.begin()
        self.broker.freeze()
        self.check_end(process)
        self.broker.thaw()
        self.check_rows()


if __name__ == "__main__":
    REASON = kafka.missing()
    if REASON:
        print(f"skipped: {REASON}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
