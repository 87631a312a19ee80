# SPDX-License-Identifier: Apache-2.0
"""Real telemetry through a real Kafka: every output row is compared with tests/data, in one run,
and with kill -9 and restart in the middle. SITREP_KAFKA_LANE names the Kafka version."""

import json
import os
import pathlib
import random
import sys
import time
import unittest

import broker as kafka
from engine import Engine, wait_until
from rows import differences

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
SKIPPED = 77
KILLS = 4


def expected(case, name):
    text = (DATA / case / "expected" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def messages(case):
    """Lines of each partition, as bytes."""
    files = sorted((DATA / case / "input").glob("*.jsonl"), key=lambda file: int(file.stem))
    return [file.read_bytes().splitlines() for file in files]


def cuts_of(count, chance):
    """Where the engine is killed: every part between two cuts is long enough to close windows."""
    part = count // (KILLS + 1)
    return [part * (kill + 1) + chance.randrange(-part // 4, part // 4) for kill in range(KILLS)]


class SharedData(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = kafka.Broker(os.environ["SITREP_KAFKA_LANE"])
        cls.broker.__enter__()
        cls.addClassCleanup(cls.broker.__exit__)

    def load(self, topic, case):
        partitions = messages(case)
        self.broker.create_topic(topic, len(partitions))
        for number, lines in enumerate(partitions):
            self.broker.produce(topic, number, lines)
        stored = [[] for _ in partitions]
        for message in self.broker.consume(topic):
            stored[message["partition"]].append((message["payload"] or "").encode())
        self.assertEqual(stored, partitions, f"{topic} does not hold what was sent to it")

    def assert_rows(self, case, name, topic, identity, repeats_allowed=False):
        found = differences(expected(case, name), self.broker.rows(topic), identity,
                            repeats_allowed)
        self.assertEqual(found[:20], [], f"{len(found)} differences in {topic}")

    def assert_alerts(self, topic, repeats_allowed=False):
        rows = self.broker.rows(topic)
        for row in rows:
            self.assertEqual(row["alert"], "co2_high")
            self.assertEqual(row["severity"], "warning")
            row["asset"] = row["key"]
        found = differences(expected("camp_air", "alerts_co2"), rows,
                            ("asset", "change", "at"), repeats_allowed)
        self.assertEqual(found, [])

    def assert_dead_letters(self, topic, source, repeats_allowed=False):
        rows = []
        inputs = messages("camp_air")
        for message in self.broker.consume(topic):
            headers = kafka.headers_of(message)
            self.assertEqual(headers["topic"], source)
            partition, offset = int(headers["partition"]), int(headers["offset"])
            self.assertEqual(message["payload"].encode(), inputs[partition][offset])
            rows.append({"partition": partition, "offset": offset, "reason": headers["reason"],
                         "path": headers.get("path", "")})
        found = differences(expected("camp_air", "dead_letters"), rows,
                            ("partition", "offset"), repeats_allowed)
        self.assertEqual(found, [])

    def assert_camp_air(self, prefix, source, repeats_allowed=False):
        for name in ("tumble_15min", "hop_60min_by_15min"):
            self.assert_rows("camp_air", name, f"{prefix}.{name}", ("asset", "window_start"),
                             repeats_allowed)
        self.assert_alerts(f"{prefix}.alerts", repeats_allowed)
        self.assert_dead_letters(f"{prefix}.dead_letters", source, repeats_allowed)

    def test_bus_in_one_run(self):
        self.load("fleet.positions", "bus")
        with Engine("bus.yaml", self.broker) as engine:
            engine.run_bounded()
        self.assert_rows("bus", "tumble_5min", "fleet.tumble_5min",
                         ("vehicle_id", "window_start"))

    def test_camp_air_in_one_run(self):
        self.load("camp.air", "camp_air")
        with Engine("camp_air.yaml", self.broker) as engine:
            engine.run_bounded()
        self.assert_camp_air("air", "camp.air")

    def test_camp_air_exactly_once_with_kill_and_restart_in_the_middle(self):
        self.run_with_kills("killed", "exactly_once")
        self.assert_camp_air("killed", "killed.air")

    def test_camp_air_at_least_once_with_kill_and_restart_in_the_middle(self):
        self.run_with_kills("again", "at_least_once")
        self.assert_camp_air("again", "again.air", repeats_allowed=True)

    def run_with_kills(self, job, delivery):
        seed = int(os.environ.get("SITREP_SEED", random.randrange(1 << 30)))
        print(f"SITREP_SEED={seed}", flush=True)
        chance = random.Random(seed)
        partitions = messages("camp_air")
        source = f"{job}.air"
        self.broker.create_topic(source, len(partitions))
        names = {"sources.air.topic": source, "job": job, "delivery": delivery,
                 "streams.tumble_15min.to.topic": f"{job}.tumble_15min",
                 "streams.hop_60min_by_15min.to.topic": f"{job}.hop_60min_by_15min",
                 "alerts.co2_high.to.topic": f"{job}.alerts",
                 "dead_letters.topic": f"{job}.dead_letters",
                 "flush_interval": "200ms"}
        settings = [f"{path}={value}" for path, value in names.items()]
        cuts = [cuts_of(len(lines), chance) for lines in partitions]
        with Engine("camp_air.yaml", self.broker, *settings) as engine:
            sent = [0] * len(partitions)
            for kill in range(KILLS):
                process = engine.start()
                for number, lines in enumerate(partitions):
                    cut = cuts[number][kill]
                    self.broker.produce(source, number, lines[sent[number]:cut])
                    sent[number] = cut
                wait_until(lambda: engine.log().count(": ready") > kill
                           or process.poll() is not None, what="a restart")
                time.sleep(chance.uniform(0, 1.5))
                self.assertIsNone(process.poll(), engine.log())
                process.kill()
                process.wait()
            for number, lines in enumerate(partitions):
                self.broker.produce(source, number, lines[sent[number]:])
            engine.run_bounded()


if __name__ == "__main__":
    reason = kafka.missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
