# SPDX-License-Identifier: Apache-2.0
"""Both mission packs on a real Kafka, as their pages say: `sitrep generate` makes up telemetry with
faults, the job finds them. In the middle the process is killed; no record is lost or doubled. Exit
code 77: Kafka is not installed."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

import broker as kafka
from engine import PROGRAM, Engine, wait_until

SKIPPED = 77
JOBS = pathlib.Path(__file__).resolve().parents[2] / "config" / "jobs"
# What the scenarios show at any hour of the day: docs/packs.
SMART_CAMP = {
    "air_co_15min", "air_co_1h", "air_co_30min", "air_co_8h", "air_particles", "battery_low",
    "cold_store_door", "cold_store_freezing", "cold_store_warm", "fuel_autonomy", "fuel_low",
    "fuel_theft", "gate_tampering", "generator_fuel_low", "generator_overheating",
    "generator_overload", "generator_underload", "generator_underload_day", "perimeter_detection",
    "perimeter_intrusion", "perimeter_silent", "perimeter_tampering", "water_chlorine",
    "water_ph", "water_tank_low", "water_turbidity"}
VEHICLE_FLEET = {
    "area_left", "coolant_rising", "crash", "curfew_driving", "driving_silent", "fuel_theft",
    "harsh_acceleration", "harsh_braking", "idling", "overheating", "seat_belt",
    "service_due_km", "speeding"}


class PacksTest(unittest.TestCase):
    def play(self, pack, topic, expected, *telemetry):
        """Records of alerts, in the order in which they came, of a run that is killed once."""
        broker = self.enterContext(kafka.Broker(os.environ["SITREP_KAFKA_LANE"]))
        subprocess.run([PROGRAM, "generate", pack, "--brokers", broker.bootstrap, "--seed", "1",
                        *telemetry], check=True, capture_output=True, timeout=240)
        broker.create_topic(topic, 1)
        engine = self.enterContext(Engine(JOBS / f"{pack}.yaml", broker))

        def records():
            return [json.loads(message["payload"]) for message in broker.consume(topic)]

        first = engine.start()
        wait_until(lambda: first.poll() is not None or len(records()) > 10, 90, "the first alerts")
        self.assertIsNone(first.poll(), engine.log())
        first.kill()
        first.wait()
        engine.start()

        def missing():
            return expected - {record["alert"] for record in records()
                               if record["change"] == "raised"}

        try:
            wait_until(lambda: not missing(), 120, "every alert of the scenario")
        except AssertionError as error:
            raise AssertionError(f"{error}: {missing()}\n{engine.log()}") from None
        return records()

    def assert_episodes_are_whole(self, records):
        episodes = {}
        for record in records:
            episodes.setdefault(record["id"], []).append(record)
        for id_, told in episodes.items():
            self.assertEqual([record["revision"] for record in told],
                             list(range(1, len(told) + 1)), id_)
            changes = [record["change"] for record in told]
            self.assertEqual((changes.count("raised"), changes[0]), (1, "raised"), id_)
            ends = [change for change in changes if change in ("cleared", "expired")]
            self.assertIn(ends, ([], changes[-1:]), id_)
            self.assertEqual({record["alert"] for record in told}, {told[0]["alert"]}, id_)

    def test_smart_camp(self):
        records = self.play("smart_camp", "camp.alerts", SMART_CAMP, "--past", "100h",
                            "--rate", "1")
        self.assert_episodes_are_whole(records)

    def test_vehicle_fleet(self):
        records = self.play("vehicle_fleet", "fleet.alerts", VEHICLE_FLEET, "--past", "40min")
        self.assert_episodes_are_whole(records)


if __name__ == "__main__":
    REASON = kafka.missing()
    if REASON:
        print(f"skipped: {REASON}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
