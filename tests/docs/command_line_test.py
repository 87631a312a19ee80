#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `sitrep` says to command lines that are wrong, and where warnings go.

    command_line_test.py PROGRAM
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "sitrep"

JOB = """job: j
kafka: {brokers: localhost}
sources:
  a: {topic: a, columns: {n: bigint}}
  b: {topic: b, columns: {n: bigint}}
streams:
  s: {sql: SELECT n FROM a, to: {topic: out}}
"""
WARNING = "job.yaml:5:3: warning: nothing reads source 'b'; it is left out\n"


class CommandLine(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def run_program(self, *words):
        return subprocess.run([PROGRAM, *words], cwd=self.directory, text=True,
                              capture_output=True, timeout=60, check=False)

    def test_a_word_that_is_no_command_is_named_with_the_nearest(self):
        done = self.run_program("chekc", "job.yaml")
        self.assertEqual(done.stderr,
                         "sitrep: there is no command 'chekc'; did you mean 'check'?\n")
        self.assertEqual(done.returncode, 2)

    def test_a_word_far_from_every_command_gets_them_all(self):
        done = self.run_program("-v", "frobnicate")
        self.assertEqual(done.stderr,
                         "sitrep: there is no command 'frobnicate'; there are check, explain, "
                         "run, reset, test, demo, generate, tail\n")
        self.assertEqual(done.returncode, 2)

    def test_no_command_is_another_complaint(self):
        done = self.run_program()
        self.assertIn("A subcommand is required", done.stderr)
        self.assertEqual(done.returncode, 2)

    def test_a_way_that_is_none_is_refused(self):
        done = self.run_program("test", "any.case", "--way", "nope")
        self.assertIn("there is no way 'nope'; known: plain, ", done.stderr)
        self.assertEqual(done.returncode, 2)

    def test_lines_for_people_and_raw_ones_exclude_each_other(self):
        for words in (("--raw", "--active"), ("--advice", "--raw")):
            with self.subTest(words):
                done = self.run_program("tail", "topic", *words)
                self.assertIn("excludes", done.stderr)
                self.assertEqual(done.returncode, 2)

    def test_a_severity_that_is_none_is_refused(self):
        done = self.run_program("tail", "topic", "--severity", "fatal")
        self.assertIn("fatal not in {info,warning,critical}", done.stderr)
        self.assertEqual(done.returncode, 2)

    def test_warnings_have_one_form_and_are_said_once(self):
        (self.directory / "job.yaml").write_text(JOB, encoding="utf-8")
        for command in ("check", "explain"):
            with self.subTest(command):
                done = self.run_program(command, "job.yaml")
                self.assertEqual(done.stderr, WARNING)
                self.assertNotIn("warning", done.stdout)
                self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
