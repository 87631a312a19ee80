# SPDX-License-Identifier: Apache-2.0
"""A local state image that is damaged or lost while the process is down: it is recognised, set
aside, and rebuilt from the state log; every row is there once. Exit code 77: Kafka is not
installed."""

import os
import pathlib
import shutil
import subprocess
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
PATIENCE_S = 60


def flip_bytes(path, from_byte, to_byte, step):
    data = bytearray(path.read_bytes())
    for at in range(from_byte, min(to_byte, len(data)), step):
        data[at] ^= 0x5A
    path.write_bytes(data)


def lose_current(image):
    (image / "CURRENT").unlink()


def cut_manifest(image):
    manifest = sorted(image.glob("MANIFEST-*"))[-1]
    os.truncate(manifest, manifest.stat().st_size // 2)


def flip_journal(image):
    for journal in image.glob("*.log"):
        size = journal.stat().st_size
        flip_bytes(journal, size // 3, size // 3 + 200, 1)


def flip_tables(image):
    tables = list(image.glob("*.sst"))
    assert tables, "there is a table to damage"
    for table in tables:
        flip_bytes(table, 0, table.stat().st_size // 2, 50)


def lose_all(image):
    shutil.rmtree(image)


def state_begins_at(broker):
    """Where the state log begins, by partition."""
    return [broker.first_offset("torture.counted.state", partition)
            for partition in range(torture.PARTITIONS)]


def has_state(broker):
    """Whether every partition of the state log has records."""
    try:
        return all(broker.end_offset("torture.counted.state", partition) > 0
                   for partition in range(torture.PARTITIONS))
    except subprocess.CalledProcessError:
        return False  # the topic is not there yet


def is_trimmed(broker):
    """Whether snapshots stand for the beginning of every partition of the state log."""
    return has_state(broker) and min(state_begins_at(broker)) > 0


def wait_for_tables(image):
    """Until what the journal held is in tables."""
    deadline = time.monotonic() + PATIENCE_S
    while not list(image.glob("*.sst")):
        assert time.monotonic() < deadline, "the image gets no tables"
        time.sleep(0.1)


class DamageTest(unittest.TestCase):
    def run_with(self, damage, restart_before=False, trimmed_before=False):
        """The log of a run whose image was damaged in between."""
        with kafka.Broker(os.environ.get("SITREP_KAFKA_LANE", "4.1")) as broker, \
                tempfile.TemporaryDirectory(prefix="sitrep_damage_") as scratch:
            scratch = pathlib.Path(scratch)
            begin_ms = int(time.time() * 1000) - 3 * 86_400_000
            torture.create_inputs(broker, begin_ms)
            producers = [torture.Producer(broker, number, begin_ms, seed=7)
                         for number in range(torture.PARTITIONS)]
            instance = torture.Instance("i0", os.environ["SITREP_PROGRAM"], broker, scratch,
                                        ["flush_interval=200ms"])
            try:
                instance.start()
                rounds = 0
                deadline = time.monotonic() + PATIENCE_S
                ready = is_trimmed if trimmed_before else has_state
                while rounds < 30 or (time.monotonic() < deadline and not ready(broker)):
                    rounds += 1
                    for producer in producers:
                        producer.send(60)
                    time.sleep(0.1)
                instance.kill()
                if restart_before:
                    instance.start()
                    wait_for_tables(scratch / "i0" / "image")
                    instance.stop()
                damage(scratch / "i0" / "image")
                self.state_begins_at = state_begins_at(broker)
                for producer in producers:
                    producer.end()
                instance.start("--bounded")
                self.assertEqual(instance.wait(60), 0, instance.log_tail())
            finally:
                instance.kill()
            records = broker.rows("torture.in")
            outputs = {name: broker.rows(f"torture.{name}") for name in checker.OUTPUTS}
            self.assertEqual(len(records), torture.PARTITIONS * rounds * 60)
            self.assertEqual(checker.complaints_about(records, outputs), [])
            return instance.log_tail(lines=1_000)

    def test_a_lost_disk_is_restored_from_snapshots(self):
        self.run_with(lose_all, trimmed_before=True)
        # What was written before them is no longer there.
        self.assertGreater(min(self.state_begins_at), 0)

    def test_a_missing_file_is_recognised(self):
        self.assertIn("; set aside as ", self.run_with(lose_current))

    def test_a_cut_file_is_recognised(self):
        self.assertIn("; set aside as ", self.run_with(cut_manifest))

    def test_a_flipped_table_is_recognised(self):
        log = self.run_with(flip_tables, restart_before=True)
        self.assertIn("block checksum mismatch", log)
        self.assertIn("; set aside as ", log)

    def test_a_flipped_journal_only_costs_reading(self):
        self.run_with(flip_journal)


if __name__ == "__main__":
    reason = kafka.missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
