# SPDX-License-Identifier: Apache-2.0
"""Runs the sitrep program as a user does: a process, its exit code, its log."""

import os
import pathlib
import subprocess
import tempfile
import time

PROGRAM = os.environ["SITREP_PROGRAM"]
JOBS = pathlib.Path(__file__).resolve().parent / "jobs"


class Engine:
    """A job against a broker, with a state directory that lives as long as this object."""

    def __init__(self, job, broker, *settings):
        self._state = tempfile.TemporaryDirectory(prefix="sitrep_state_")
        self._log = tempfile.NamedTemporaryFile("w+", prefix="sitrep_log_", suffix=".txt")
        self._command = [PROGRAM, "run", str(JOBS / job), "--set", f"state_dir={self._state.name}"]
        for setting in ("metrics.listen=127.0.0.1:0", *settings):
            self._command += ["--set", setting]
        self._started = []
        self._environment = dict(os.environ, SITREP_BROKERS=broker.bootstrap)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._started:
            process.kill()
            process.wait()
        self._state.cleanup()
        self._log.close()

    @property
    def state_dir(self):
        return self._state.name

    def log(self):
        with open(self._log.name, encoding="utf-8", errors="replace") as text:
            return text.read()

    def start(self, *arguments):
        self._started.append(subprocess.Popen([*self._command, *arguments], env=self._environment,
                                              stdout=self._log, stderr=self._log))
        return self._started[-1]

    def run_bounded(self, timeout_s=90):
        """Runs to the end of the input; raises with the log when it does not end in order."""
        process = self.start("--bounded")
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"not done after {timeout_s} s:\n{self.log()}") from None
        if code != 0:
            raise AssertionError(f"exit code {code}:\n{self.log()}")


def wait_until(condition, timeout_s=60, what="the condition"):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout_s} s")
        time.sleep(0.1)
