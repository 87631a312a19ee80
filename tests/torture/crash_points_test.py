# SPDX-License-Identifier: Apache-2.0
"""The process dies between two given steps of the commit protocol, again and again: every row is
there once, and what was under way is not to be seen. Exit code 77: Kafka is not installed."""

import os
import pathlib
import signal
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "integration"))

import broker as kafka  # noqa: E402
import checker  # noqa: E402
import torture  # noqa: E402

SKIPPED = 77
EPOCHS = (1, 2, 9, 4, 23)
RECORDS_PER_STEP = 40  # and partition


class CrashPointsTest(unittest.TestCase):
    def run_with(self, point, settings):
        """Crashes in turn at the EPOCHS, and a run to the end by the program itself. Gives the
        number of rows of "picked" that were stored and never committed, and the whole log."""
        lane = os.environ.get("SITREP_KAFKA_LANE", "4.1")
        with kafka.Broker(lane) as broker, \
                tempfile.TemporaryDirectory(prefix="sitrep_crash_points_") as scratch:
            scratch = pathlib.Path(scratch)
            begin_ms = int(time.time() * 1000) - 3 * 86_400_000
            torture.create_inputs(broker, begin_ms)
            producers = [torture.Producer(broker, number, begin_ms, seed=11)
                         for number in range(torture.PARTITIONS)]
            instance = torture.Instance("i0", os.environ["SITREP_PROGRAM"], broker, scratch,
                                        settings)
            crashing = torture.Instance("i0", os.environ["SITREP_CRASHING"], broker, scratch,
                                        settings)
            sent = 0
            try:
                for epoch in EPOCHS:
                    crashing.start_at(point, epoch)
                    deadline = time.monotonic() + 60
                    while crashing.running() and time.monotonic() < deadline:
                        for producer in producers:
                            producer.send(RECORDS_PER_STEP)
                        sent += RECORDS_PER_STEP
                        time.sleep(0.1)
                    self.assertEqual(crashing.wait(1), -signal.SIGKILL, crashing.log_tail())
                for producer in producers:
                    producer.end()
                instance.start("--bounded")
                self.assertEqual(instance.wait(60), 0, instance.log_tail())
            finally:
                instance.kill()
                crashing.kill()
            records = broker.rows("torture.in")
            outputs = {name: broker.rows(f"torture.{name}") for name in checker.OUTPUTS}
            self.assertEqual(len(records), torture.PARTITIONS * sent)
            self.assertEqual(checker.complaints_about(records, outputs), [])
            stored = broker.consume("torture.picked", isolation="read_uncommitted")
            return len(stored) - len(outputs["picked"]), instance.log_tail(lines=10_000)

    def test_before_the_state_is_stored(self):
        invisible, log = self.run_with("before_prepare", [])
        self.assertEqual(log.count("crashing before the state is stored"), len(EPOCHS))
        self.assertGreaterEqual(invisible, 0)

    def test_between_prepare_and_commit(self):
        invisible, log = self.run_with("before_commit", [])
        self.assertEqual(log.count("crashing before the commit"), len(EPOCHS))
        self.assertGreater(invisible, 0)

    def test_between_commit_and_flush(self):
        # The image is never written before the crash: all of it comes from the state log.
        invisible, log = self.run_with("after_commit", ["flush_interval=1h"])
        self.assertEqual(log.count("crashing after the commit"), len(EPOCHS))
        self.assertEqual(invisible, 0)


if __name__ == "__main__":
    reason = kafka.missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
