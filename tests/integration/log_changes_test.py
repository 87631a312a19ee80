# SPDX-License-Identifier: Apache-2.0
"""What may happen to a job's topics and offsets behind its back: each is recognised, and said.
Exit code 77: Kafka is not installed."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import broker as kafka
import sums
from engine import JOBS, PROGRAM, Engine, wait_until
from sums import INPUT

SKIPPED = 77
INPUT_WRONG = 2
SERVER_FAILED = 3


class LogChangesTest(unittest.TestCase):
    def setUp(self):
        self.broker = self.enterContext(kafka.Broker(os.environ["SITREP_KAFKA_LANE"]))
        self.broker.create_topic(INPUT, 2)
        self.engine = self.enterContext(Engine("sums.yaml", self.broker, "instance=one"))
        self.sent = []

    def send(self, partition, numbers):
        self.sent += sums.send(self.broker, partition, numbers)

    def run_and_stop(self, passed):
        """Runs until as many rows were passed on since the beginning."""
        process = self.engine.start()
        wait_until(lambda: process.poll() is not None or self.count("sums.each") >= passed,
                   what=f"{passed} rows")
        process.terminate()
        self.assertEqual(process.wait(30), 0, self.engine.log())

    def count(self, topic):
        try:
            return len(self.broker.consume(topic))
        except RuntimeError:  # it is not there yet
            return 0

    def refusal(self, process=None):
        process = process or self.engine.start()
        self.assertEqual(process.wait(60), INPUT_WRONG, self.engine.log())
        return self.engine.log().splitlines()[-1]

    def reset(self, *arguments, timeout_s=60):
        return subprocess.run(
            [PROGRAM, "reset", str(JOBS / "sums.yaml"), *arguments],
            env=dict(os.environ, SITREP_BROKERS=self.broker.bootstrap), check=False,
            timeout=timeout_s, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def expect_sums(self, rows):
        self.assertEqual(sorted((row["key"], row["window_start"], row["records"], row["total"])
                                for row in self.broker.rows("sums.out")), sums.windows(rows))

    def expect_each(self, rows):
        found = [(row["key"], row["n"]) for row in self.broker.rows("sums.each")]
        self.assertEqual(sorted(found), sorted((row["key"], row["n"]) for row in rows))

    def run_twenty(self):
        for partition in (0, 1):
            self.send(partition, range(10))
        self.run_and_stop(passed=20)

    def test_more_partitions_at_the_start(self):
        self.run_twenty()
        self.broker.admin("topics", "--alter", "--topic", INPUT, "--partitions", "3")
        self.assertIn("holds the state of stage counted in 2 partitions, and its input sums.in has "
                      "3 now: `sitrep reset`", self.refusal())

    def test_more_partitions_while_it_runs(self):
        self.run_twenty()
        process = self.engine.start()
        wait_until(lambda: self.engine.log().count("job sums: ready") == 2, what="a second start")
        self.broker.admin("topics", "--alter", "--topic", INPUT, "--partitions", "3")
        said = self.refusal(process)
        self.assertIn("sums.in has 3 partitions and had 2 when the state of stage", said)
        self.assertIn("sitrep reset", said)

    def test_a_topic_made_anew(self):
        self.run_twenty()
        self.broker.admin("topics", "--delete", "--topic", INPUT)
        self.broker.create_topic(INPUT, 2)
        self.send(0, range(3))
        said = self.refusal()
        self.assertRegex(said, r"the job stands at offset 10 of sums.in\[[01]\], and the topic "
                               r"ends at [03]: it was made anew")
        self.assertIn("sitrep reset", said)

    def test_a_topic_made_anew_while_it_runs(self):
        self.run_twenty()
        process = self.engine.start()
        wait_until(lambda: self.engine.log().count("job sums: ready") == 2, what="a second start")
        self.broker.admin("topics", "--delete", "--topic", INPUT)
        self.broker.create_topic(INPUT, 2)
        self.send(0, range(3))
        said = self.refusal(process)
        self.assertIn("sums.in", said)
        self.assertIn("made anew", said)

    def test_expired_offsets(self):
        self.run_twenty()
        self.broker.admin("groups", "--delete", "--group", "sums")
        for partition in (0, 1):
            self.send(partition, range(10, 15))
        self.engine.run_bounded()
        self.assertIn("the group has no committed offsets (any more)", self.engine.log())
        self.expect_sums(self.sent)
        self.expect_each(self.sent)

    def test_expired_offsets_and_an_empty_disk(self):
        self.run_twenty()
        self.broker.admin("groups", "--delete", "--group", "sums")
        self.send(1, range(10, 15))
        with Engine("sums.yaml", self.broker, "instance=two") as elsewhere:
            elsewhere.run_bounded()
        self.expect_sums(self.sent)
        self.expect_each(self.sent)

    def test_records_that_retention_removed_unread(self):
        self.run_twenty()
        self.send(0, range(10, 20))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as until:
            json.dump({"version": 1, "partitions": [
                {"topic": INPUT, "partition": 0, "offset": 14}]}, until)
            until.flush()
            self.broker.admin("records", "--offset-json-file", until.name)
        self.assertIn("4 offsets of sums.in[0] are gone: the job stands at 10, the topic begins at "
                      "14", self.refusal())
        with_skip = [PROGRAM, "run", str(JOBS / "sums.yaml"), "--bounded"]
        settings = ("sources.counted.on_gap=skip", "instance=one", "metrics.listen=off",
                    f"state_dir={self.engine.state_dir}")
        for setting in settings:
            with_skip += ["--set", setting]
        done = subprocess.run(with_skip, env=dict(os.environ, SITREP_BROKERS=self.broker.bootstrap),
                              check=False, timeout=60, text=True, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("as `on_gap: skip` says", done.stderr)
        lost = [("k0-0", 10), ("k0-1", 11), ("k0-0", 12), ("k0-1", 13)]
        kept = [row for row in self.sent if (row["key"], row["n"]) not in lost]
        self.expect_sums(kept)
        self.expect_each(kept)

    def test_an_image_of_another_life(self):
        self.run_twenty()
        image = pathlib.Path(self.engine.state_dir) / "image"
        with tempfile.TemporaryDirectory() as aside:
            shutil.copytree(image, pathlib.Path(aside) / "image")
            done = self.reset("--yes", "--set", "instance=one",
                              "--set", f"state_dir={self.engine.state_dir}")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.run_and_stop(passed=40)
            shutil.rmtree(image)
            shutil.copytree(pathlib.Path(aside) / "image", image)
        self.send(0, range(10, 12))
        self.engine.run_bounded()
        self.assertIn("is of another incarnation of the state", self.engine.log())
        # The sums were never emitted before the reset; each row was.
        self.expect_sums(self.sent)

    def test_a_reset_leaves_a_running_job_alone(self):
        for partition in (0, 1):
            self.send(partition, range(10))
        process = self.engine.start()
        wait_until(lambda: self.count("sums.each") >= 20, what="20 rows")
        before = self.engine.log()
        for yes in ([], ["--yes"]):
            here = self.reset(*yes, "--set", "instance=one",
                              "--set", f"state_dir={self.engine.state_dir}")
            self.assertEqual(here.returncode, SERVER_FAILED, here.stdout)
            self.assertIn("the job must not run while it is reset", here.stdout)
        with tempfile.TemporaryDirectory() as elsewhere:
            there = self.reset("--yes", "--set", "instance=two",
                               "--set", f"state_dir={elsewhere}/state", timeout_s=120)
        self.assertEqual(there.returncode, INPUT_WRONG, there.stdout)
        self.assertRegex(there.stdout, "the job runs: instances in group sums are one at /127.0.0.1"
                                       ". Stop them first")
        self.assertEqual([line for line in self.engine.log()[len(before):].splitlines()
                          if "info job sums: " not in line], [], "nothing happened to it")
        self.assertIsNone(process.poll())
        process.terminate()
        self.assertEqual(process.wait(30), 0, self.engine.log())


if __name__ == "__main__":
    REASON = kafka.missing()
    if REASON:
        print(f"skipped: {REASON}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
