# SPDX-License-Identifier: Apache-2.0
"""Two jobs in one process on one Kafka, killed at any moment: each has every row once, as if it ran
alone. Exit code 77: Kafka is not installed."""

import os
import random
import subprocess
import sys
import tempfile
import unittest

import broker as kafka
import sums
from engine import JOBS, PROGRAM

SKIPPED = 77
KILLS = 8
PART_RECORDS = 5_000  # of each partition, between two kills


class SeveralJobsTest(unittest.TestCase):
    def setUp(self):
        self.broker = self.enterContext(kafka.Broker(os.environ["SITREP_KAFKA_LANE"]))
        self.broker.create_topic(sums.INPUT, 2)
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="sitrep_jobs_"))
        self.log = self.enterContext(tempfile.TemporaryFile("w+"))
        self.process = None
        self.addCleanup(self.kill)

    def start(self, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, "run", str(JOBS / "sums.yaml"), str(JOBS / "thirds.yaml"), "--memory", "128MiB",
             "--set", "metrics.listen=127.0.0.1:0", *arguments], cwd=self.directory,
            env=dict(os.environ, SITREP_BROKERS=self.broker.bootstrap),
            stdout=self.log, stderr=self.log)

    def kill(self):
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def send(self, part, sent):
        for partition in (0, 1):
            numbers = range(part * PART_RECORDS, (part + 1) * PART_RECORDS)
            sent += sums.send(self.broker, partition, numbers)

    def test_each_has_every_row_once(self):
        sent = []
        pause = random.Random(7)
        self.start()
        for part in range(KILLS):
            self.send(part, sent)
            # Some kills come before the part is read, some in it, some behind it.
            with self.assertRaises(subprocess.TimeoutExpired, msg=self.said()):
                self.process.wait(pause.uniform(0.1, 1.5))
            self.kill()
            self.start()
        self.kill()
        self.start("--bounded")
        self.assertEqual(self.process.wait(120), 0, self.said())
        self.assertEqual(sorted((row["key"], row["n"]) for row in self.broker.rows("sums.each")),
                         sorted((row["key"], row["n"]) for row in sent))
        self.assertEqual(sorted((row["key"], row["window_start"], row["records"], row["total"])
                                for row in self.broker.rows("sums.out")),
                         sums.windows(sent))
        self.assertEqual(sorted((row["third"], row["window_start"], row["records"], row["total"])
                                for row in self.broker.rows("thirds.out")),
                         sums.windows(sent, lambda row: row["n"] % 3))


if __name__ == "__main__":
    REASON = kafka.missing()
    if REASON:
        print(f"skipped: {REASON}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
