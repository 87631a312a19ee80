# SPDX-License-Identifier: Apache-2.0
"""`sitrep tail` on a real Kafka: the alerts that are up, then what changes, through filters, for a
pipe and for a terminal. Exit code 77: Kafka is not installed."""

import datetime
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import time
import unittest

import broker as kafka
from engine import PROGRAM

SKIPPED = 77
TOPIC = "camp.alerts"
NOW = datetime.datetime.now(datetime.timezone.utc)


def alert(key, revision, state, change, severity="warning", days=3, **more):
    """A record of an alert that was raised so many days ago, less a minute for what came first."""
    raised = NOW - datetime.timedelta(days=days, minutes=1)
    return json.dumps({"id": f"id-{key}", "revision": revision, "alert": "fuel_low", "key": key,
                       "group": "CAMP-03", "state": state, "change": change,
                       "at": (raised + datetime.timedelta(seconds=revision - 1)).isoformat(),
                       "since": None, "raised_at": raised.isoformat(), "severity": severity,
                       "text": f"{key}: 6 % left", "advice": "refuel", "labels": None,
                       **more}).encode()


class TailTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(kafka.Broker(os.environ["SITREP_KAFKA_LANE"]))
        cls.broker.create_topic(TOPIC, 2)
        cls.broker.produce(TOPIC, 0, [alert("gen-1", 1, "active", "raised"),
                                      alert("gen-2", 1, "active", "raised"),
                                      b"no alert",
                                      alert("gen-2", 2, "cleared", "cleared")])
        cls.broker.produce(TOPIC, 1, [alert("gen-3", 1, "active", "raised"),
                                      alert("gen-3", 2, "active", "updated", "critical"),
                                      alert("gen-4", 1, "active", "raised", days=4,
                                            group="CAMP-01", text="\x1b[2Jgen-4")])
        cls.broker.create_topic("empty", 1)

    def command(self, *words):
        return [PROGRAM, "tail", *words, "--brokers", self.broker.bootstrap]

    def tail(self, *words):
        """What it says of its own, and its lines by word; the times are the test's matter."""
        done = subprocess.run(self.command(*words), text=True, capture_output=True, timeout=60,
                              check=True)
        return done.stderr, [self.words(line) for line in done.stdout.splitlines()]

    @staticmethod
    def words(line):
        """Severity, age, change, alert, key, group, text: the columns but for the time."""
        severity, _, age, *others = (word for word in line.split("  ") if word)
        return [word.strip() for word in (severity, age, *others)]

    GEN_1 = ["warning", "3 d", "raised", "fuel_low", "gen-1", "CAMP-03", "gen-1: 6 % left"]
    GEN_2 = ["warning", "1 s", "cleared", "fuel_low", "gen-2", "CAMP-03", "gen-2: 6 % left"]
    GEN_3 = ["critical", "3 d", "updated", "fuel_low", "gen-3", "CAMP-03", "gen-3: 6 % left"]
    GEN_4 = ["warning", "4 d", "raised", "fuel_low", "gen-4", "CAMP-01", "\\x1b[2Jgen-4"]

    def test_active_lists_what_is_up(self):
        said, lines = self.tail(TOPIC, "--active", "--count", "0")
        self.assertEqual(said, "3 alerts are up: 1 critical, 2 warning\n")
        self.assertEqual(lines, [self.GEN_3, self.GEN_4, self.GEN_1])

    def test_filters_hold_for_the_list_and_for_records(self):
        said, lines = self.tail(TOPIC, "--active", "--count", "0", "--group", "CAMP-01",
                                "--group", "CAMP-02")
        self.assertEqual(said, "1 alert is up: 1 warning; 2 others are not shown\n")
        self.assertEqual(lines, [self.GEN_4])
        _, lines = self.tail(TOPIC, "--from-start", "--count", "1", "--state", "cleared")
        self.assertEqual(lines, [self.GEN_2])
        _, lines = self.tail(TOPIC, "--from-start", "--count", "1", "--severity", "critical")
        self.assertEqual(lines, [self.GEN_3])
        _, lines = self.tail(TOPIC, "--from-start", "--count", "1", "--text", "GEN-2: 6",
                             "--alert", "fuel_low", "--state", "active")
        self.assertEqual([line[4] for line in lines], ["gen-2"])

    def test_a_topic_without_records_has_nothing_up(self):
        said, lines = self.tail("empty", "--active", "--count", "0")
        self.assertEqual((said, lines), ("no alerts are up\n", []))

    def test_raw_records_are_as_they_came(self):
        done = subprocess.run(self.command(TOPIC, "--from-start", "--raw", "--count", "1",
                                           "--text", "gen-1"),
                              text=True, capture_output=True, timeout=60, check=True)
        value = alert("gen-1", 1, "active", "raised").decode()
        self.assertEqual(done.stdout, f"0:0\t-\t{value}\n")

    def test_changes_follow_the_list(self):
        self.broker.create_topic("changes", 1)
        self.broker.produce("changes", 0, [alert("gen-7", 1, "active", "raised")])
        with subprocess.Popen(self.command("changes", "--active", "--count", "1"), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            self.addCleanup(process.kill)
            self.assertEqual(self.words(process.stdout.readline())[2:5],
                             ["raised", "fuel_low", "gen-7"])
            self.broker.produce("changes", 0, [b"no alert",
                                               alert("gen-7", 2, "cleared", "cleared")])
            self.assertEqual(self.words(process.stdout.readline())[1:5],
                             ["1 s", "cleared", "fuel_low", "gen-7"])
            self.assertEqual(process.wait(60), 0)

    def on_terminal(self, columns, *words, **environment):
        """What a terminal of so many columns is sent."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        inherited = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        process = subprocess.Popen(self.command(*words), stdout=theirs, stderr=subprocess.DEVNULL,
                                   env={**inherited, "TERM": "xterm", **environment})
        os.close(theirs)
        self.addCleanup(process.kill)
        text = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                part = os.read(ours, 4096)
            except OSError:  # nobody holds the other end any more
                break
            if not part:
                break
            text += part
        os.close(ours)
        self.assertEqual(process.wait(10), 0)
        return text.decode().replace("\r\n", "\n")

    def test_a_terminal_gets_colours_and_lines_that_fit(self):
        command = (TOPIC, "--from-start", "--count", "1", "--severity", "critical")
        text = self.on_terminal(200, *command)
        self.assertTrue(text.startswith("\x1b[1;31mcritical\x1b[0m  "), text)
        self.assertTrue(text.endswith("gen-3: 6 % left\n"), text)
        text = self.on_terminal(30, *command, NO_COLOR="1")
        self.assertNotIn("\x1b", text)
        self.assertEqual((len(text), text[-2:]), (31, "…\n"), text)


if __name__ == "__main__":
    REASON = kafka.missing()
    if REASON:
        print(f"skipped: {REASON}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
