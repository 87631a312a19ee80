#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The mission packs of config/jobs: the page of each tells of every alert, and some golden case expects
every alert to rise and to end. What `sitrep generate smart_camp` makes up is read by its pack and
raises what it watches.

    pack_test.py PROGRAM SOURCE_DIRECTORY
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "sitrep"
ROOT = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else pathlib.Path.cwd()



class Pack:
    """A job of config/jobs with its page, its alerts' topic and its golden cases."""

    def __init__(self, job, page, topic, cases):
        self.job = (ROOT / "config" / "jobs" / f"{job}.yaml").read_text(encoding="utf-8")
        self.alerts = sorted(re.findall(r"^  (\w+):$", self.job[self.job.index("\nalerts:\n"):],
                                        re.MULTILINE))
        self.page = (ROOT / "docs" / "packs" / f"{page}.md").read_text(encoding="utf-8")
        self.expected = f"\n--- expect {topic}\n"
        self.cases = cases

    def expected_changes(self):
        """The (alert, change) of every record that a golden case of the pack expects."""
        for case in self.cases:
            text = case.read_text(encoding="utf-8")
            for line in text[text.index(self.expected):].splitlines():
                if line.startswith('{"id"'):
                    record = json.loads(line)
                    yield record["alert"], record["change"]


CASES = set((ROOT / "tests" / "golden" / "packs").glob("*.case"))
OF_FLEET = {case for case in CASES if case.name.startswith("fleet-")}
CAMP = Pack("smart_camp", "smart-camp", "camp.alerts", CASES - OF_FLEET)
FLEET = Pack("vehicle_fleet", "vehicle-fleet", "fleet.alerts", OF_FLEET)
INPUTS = sorted(set(re.findall(r"topic: (camp\.(?!alerts|dead_letters)\w+)", CAMP.job)))
# Take silence in processing time, which a past that is read at once does not have.
SILENT = {"asset_silent", "gateway_silent"}


class PackTest(unittest.TestCase):
    def test_every_alert_rises_and_ends_in_a_golden_case(self):
        for pack in (CAMP, FLEET):
            changes = set(pack.expected_changes())
            wanted = {(alert, change) for alert in pack.alerts for change in ("raised", "cleared")}
            self.assertEqual(wanted - changes, set())
            self.assertEqual({alert for alert, _ in changes} - set(pack.alerts), set())

    def test_the_page_has_a_row_for_every_alert(self):
        for pack in (CAMP, FLEET):
            rows = re.findall(r"^\| `(\w+)` \|", pack.page, re.MULTILINE)
            self.assertEqual(sorted(rows), pack.alerts)

    def test_what_is_made_up_is_read_and_raises_what_is_watched(self):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            sent = 0
            for topic in INPUTS:
                (directory / "data" / topic).mkdir(parents=True)
                file = directory / "data" / topic / "0.jsonl"
                with open(file, "wb") as out:
                    subprocess.run([PROGRAM, "generate", "smart_camp", "--past", "100h",
                                    "--rate", "0.9", "--topic", topic],
                                   stdout=out, timeout=60, check=True)
                count = file.read_bytes().count(b"\n")
                self.assertGreater(count, 0, topic)
                sent += count
            job = re.sub(r"(?m)^kafka: .*", "files: {directory: data}", CAMP.job)
            (directory / "job.yaml").write_text(job + "metrics: {listen: off}\n",
                                                encoding="utf-8")
            done = subprocess.run([PROGRAM, "run", "job.yaml", "--bounded"], cwd=directory,
                                  text=True, capture_output=True, timeout=300, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            written = collections.defaultdict(list)
            for file in directory.glob("data/*/*.jsonl"):
                if file.parent.name not in INPUTS:
                    written[file.parent.name] += file.read_text(encoding="utf-8").splitlines()
        raised = {record["alert"] for record in map(json.loads, written["camp.alerts"])
                  if record["change"] == "raised"}
        self.assertEqual(set(CAMP.alerts) - SILENT - raised, set())
        # One record in five hundred is broken on purpose.
        self.assertLess(len(written["camp.dead_letters"]) * 200, sent)


if __name__ == "__main__":
    unittest.main()
