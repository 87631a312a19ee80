# SPDX-License-Identifier: Apache-2.0
"""A real Kafka for a test: started by scripts/kafka on free ports, filled and read by kcat, gone at
the end. kcat is not ours, so what it reads is what any consumer sees."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("SITREP_CACHE")
                     or pathlib.Path(os.environ.get("XDG_CACHE_HOME")
                                     or pathlib.Path.home() / ".cache") / "sitrep")


def missing():
    """What a test of a real Kafka lacks on this machine, or None."""
    for program in ("kcat", "java"):
        if shutil.which(program) is None:
            return f"{program} is not installed; scripts/setup installs it"
    versions = (ROOT / "scripts/kafka.d/versions.txt").read_text().splitlines()
    for line in versions:
        if line and not line.startswith("#"):
            version = line.split()[1]
            if not (CACHE / f"kafka-{version}" / ".complete").exists():
                return f"Kafka {version} is not there; scripts/setup fetches it"
    return None


class Broker:
    """One broker. Use as a context manager."""

    def __init__(self, lane):
        self._lane = lane

    def __enter__(self):
        self._dir = tempfile.mkdtemp(prefix="sitrep_kafka_")
        try:
            answer = self._run("start", "--version", self._lane, "--dir", self._dir)
        except BaseException:
            shutil.rmtree(self._dir, ignore_errors=True)
            raise
        facts = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
        self.bootstrap = facts["bootstrap"]
        self._pid = int(facts["pid"])
        return self

    def __exit__(self, *_):
        self._run("stop", "--dir", self._dir, "--kill")
        shutil.rmtree(self._dir, ignore_errors=True)

    def _run(self, *arguments):
        done = subprocess.run([str(ROOT / "scripts/kafka"), *arguments], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/kafka {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def stop(self, kill=True):
        """By default as a crash does. RuntimeError when it had to be killed to end."""
        self._run("stop", "--dir", self._dir, *(["--kill"] if kill else []))

    def start(self):
        """Over the same data, at the same address."""
        answer = self._run("start", "--version", self._lane, "--dir", self._dir)
        self._pid = int(dict(line.split("=", 1) for line in answer.splitlines())["pid"])

    def freeze(self):
        """Its connections stay open, and nothing is answered."""
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self._pid, signal.SIGCONT)

    def create_topic(self, topic, partitions):
        self._run("topic", "--dir", self._dir, topic, str(partitions))

    def admin(self, tool, *arguments):
        """Kafka's own tool, `scripts/kafka admin`; what it prints."""
        return self._run("admin", "--dir", self._dir, tool, *arguments)

    def produce(self, topic, partition, lines):
        """Each line becomes one message, in order: without idempotence a batch that is sent again
        comes behind the next one."""
        if not lines:
            return
        with tempfile.NamedTemporaryFile("wb", suffix=".jsonl") as messages:
            messages.write(b"\n".join(lines) + b"\n")
            messages.flush()
            subprocess.run(["kcat", "-b", self.bootstrap, "-P", "-q", "-t", topic, "-p",
                            str(partition), "-X", "linger.ms=5",
                            "-X", "enable.idempotence=true", "-l", messages.name],
                           check=True, timeout=60)

    def consume(self, topic, isolation="read_committed"):
        """Every message that is there now, as kcat's JSON envelopes, by partition and offset."""
        done = subprocess.run(["kcat", "-b", self.bootstrap, "-C", "-q", "-J", "-e", "-t", topic,
                               "-o", "beginning", "-X", f"isolation.level={isolation}"],
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"kcat could not read {topic}: {done.stderr.decode()}")
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        return sorted(messages, key=lambda message: (message["partition"], message["offset"]))

    def first_offset(self, topic, partition):
        """Of the oldest record that is kept."""
        return self._offset(topic, partition, -2)

    def end_offset(self, topic, partition):
        """Behind the newest record."""
        return self._offset(topic, partition, -1)

    def _offset(self, topic, partition, time):
        done = subprocess.run(["kcat", "-b", self.bootstrap, "-Q", "-t",
                               f"{topic}:{partition}:{time}"], check=True, text=True,
                              stdout=subprocess.PIPE, timeout=60)
        return int(done.stdout.split()[-1])

    def rows(self, topic):
        """The payloads of a topic as objects."""
        return [json.loads(message["payload"]) for message in self.consume(topic)]


def headers_of(message):
    """kcat writes headers as one flat list: name, value, name, value."""
    flat = message.get("headers", [])
    return dict(zip(flat[::2], flat[1::2]))
