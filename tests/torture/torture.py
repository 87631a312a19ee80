# SPDX-License-Identifier: Apache-2.0
"""Runs tests/torture/job.yaml on a real Kafka, on one to three instances, kills what it can, and
checks every output row (checker.py). One seed decides all; it is printed first.

Actions: kill -9 of an instance and its restart, with its disk kept or lost; SIGTERM and restart; an
instance more or less; SIGSTOP past the session's end, then SIGCONT (a zombie); the broker stopped,
and killed."""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

import checker  # noqa: E402
import broker as kafka  # noqa: E402

PARTITIONS = 6
KEYS_PER_PARTITION = 12
RECORDS_PER_SECOND = 240  # and partition
EVENT_MS_PER_RECORD = 40
DISORDER_MS = 2_500
SESSION_S = 3
DRAIN_S = 240


def create_inputs(broker, begin_ms):
    """The topics that the job reads, and its tables, whose rows hold from before the first record
    on; older versions of the groups are there too."""
    broker.create_topic("torture.in", PARTITIONS)
    broker.create_topic("torture.groups", PARTITIONS)
    broker.create_topic("torture.factors", 2)
    day = 86_400_000
    for partition in range(PARTITIONS):
        keys = [f"k{partition}-{number:02d}" for number in range(KEYS_PER_PARTITION)]
        broker.produce("torture.groups", partition, [
            json.dumps({"key": key, "name": name, "since": begin_ms - days * day}).encode()
            for name_of, days in ((lambda key: "before", 3), (checker.group_of, 2))
            for key in keys for name in [name_of(key)]])
    for level in range(10):
        factor = checker.factor_of(level)
        if factor is not None:
            broker.produce("torture.factors", level % 2, [
                json.dumps({"key": level, "factor": factor, "since": begin_ms - day}).encode()])


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Producer:
    """One partition's records: keys in turn, numbers that count up, event times in disorder."""

    def __init__(self, broker, partition, begin_ms, seed):
        self._partition = partition
        self._chance = random.Random(seed * 100 + partition)
        self._begin_ms = begin_ms
        self._count = 0
        self._command = ["kcat", "-b", broker.bootstrap, "-P", "-q", "-t", "torture.in",
                         "-p", str(partition), "-X", "enable.idempotence=true",
                         "-X", "linger.ms=20", "-X", "acks=all"]
        self.start()

    def start(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)

    def send(self, count):
        lines = []
        for _ in range(count):
            number = self._count
            self._count += 1
            at = self._begin_ms + number * EVENT_MS_PER_RECORD
            at -= self._chance.randrange(DISORDER_MS)
            lines.append('{"key":"k%d-%02d","seq":%d,"level":%d,"ts":%d}\n' % (
                self._partition, number % KEYS_PER_PARTITION, number // KEYS_PER_PARTITION,
                self._chance.randrange(101), at))
        self._process.stdin.write("".join(lines).encode())
        self._process.stdin.flush()

    def end(self):
        self._process.stdin.close()
        if self._process.wait(120) != 0:
            raise RuntimeError(f"the producer of partition {self._partition} failed")

    def kill(self):
        self._process.kill()
        self._process.wait()


class Instance:
    """One process of the job, with a name and a disk of its own."""

    def __init__(self, name, program, broker, scratch, settings):
        self.name = name
        self._disk = scratch / name
        self._log = scratch / f"{name}.log"
        self._program = program
        self._job = [str(HERE / "job.yaml"), "--set", f"instance={name}",
                     "--set", f"state_dir={self._disk}", "--set", "metrics.listen=127.0.0.1:0"]
        for setting in settings:
            self._job += ["--set", setting]
        self._environment = dict(os.environ, SITREP_BROKERS=broker.bootstrap)
        self._process = None

    def start(self, *arguments):
        self._start([self._program, "run", *self._job, *arguments])

    def start_at(self, point, epoch):
        """The program is tests/torture/crashing: it dies at the point of that epoch."""
        self._start([self._program, point, str(epoch), *self._job])

    def _start(self, command):
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log,
                                             env=self._environment)

    def running(self):
        return self._process is not None and self._process.poll() is None

    def signal(self, number):
        self._process.send_signal(number)

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self):
        """Ends it in order; its exit code."""
        self._process.terminate()
        return self.wait(60)

    def wait(self, timeout_s):
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{self.name} does not end:\n{self.log_tail()}") from None

    def lose_disk(self):
        shutil.rmtree(self._disk, ignore_errors=True)

    def log_tail(self, lines=25):
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])


class Torture:
    def __init__(self, options, broker, scratch):
        self._options = options
        self._broker = broker
        self._chance = random.Random(options.seed)
        settings = [f"delivery={options.delivery}"]
        self._instances = [Instance(f"i{n}", options.program, broker, scratch, settings)
                           for n in range(3)]
        self._wanted = options.instances
        self._producers = []
        self._sent_at = time.monotonic()
        self.kills = 0

    def run(self):
        begin_ms = int(time.time() * 1000) - 3 * 86_400_000
        create_inputs(self._broker, begin_ms)
        self._producers = [Producer(self._broker, n, begin_ms, self._options.seed)
                           for n in range(PARTITIONS)]
        for instance in self._instances[:self._wanted]:
            instance.start()
        self.wait(3)
        while self.kills < self._options.kills:
            self.act()
            self.wait(self._chance.uniform(*self._options.between))
        for producer in self._producers:
            producer.end()
        self.end()

    def close(self):
        for instance in self._instances:
            instance.kill()
        for producer in self._producers:
            producer.kill()

    def wait(self, seconds):
        """Sends on meanwhile."""
        end = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            due = int((now - self._sent_at) * RECORDS_PER_SECOND)
            if due > 0:
                self._sent_at = now
                for producer in self._producers:
                    producer.send(min(due, 4 * RECORDS_PER_SECOND))
            if now >= end:
                return
            time.sleep(0.05)

    def act(self):
        running = [instance for instance in self._instances if instance.running()]
        for instance in self._instances[:self._wanted]:
            if not instance.running():
                raise RuntimeError(f"{instance.name} ended by itself:\n{instance.log_tail()}")
        victim = self._chance.choice(running)
        action = self._chance.choices(
            (self.kill, self.kill_and_lose_disk, self.terminate, self.change_instances,
             self.make_zombie, self.stop_broker, self.kill_broker),
            weights=self._options.weights)[0]
        action(victim)

    def kill(self, victim):
        say(f"kill -9 {victim.name}")
        victim.kill()
        self.kills += 1
        self.wait(self._chance.choice((0, 0, 0.5, 4)))
        victim.start()

    def kill_and_lose_disk(self, victim):
        say(f"kill -9 {victim.name}, its disk is lost")
        victim.kill()
        self.kills += 1
        victim.lose_disk()
        victim.start()

    def terminate(self, victim):
        say(f"SIGTERM {victim.name}")
        code = victim.stop()
        if code != 0:
            raise RuntimeError(f"{victim.name} ended with {code}:\n{victim.log_tail()}")
        victim.start()

    def change_instances(self, _victim):
        if self._options.instances == 1:
            return
        wanted = self._chance.choice([n for n in (1, 2, 3) if n != self._wanted])
        say(f"{wanted} instances")
        for number, instance in enumerate(self._instances):
            if number < wanted and not instance.running():
                instance.start()
            elif number >= wanted and instance.running():
                code = instance.stop()
                if code != 0:
                    raise RuntimeError(f"{instance.name} ended with {code}:\n"
                                       f"{instance.log_tail()}")
        self._wanted = wanted

    def make_zombie(self, victim):
        say(f"SIGSTOP {victim.name} past its session")
        victim.signal(signal.SIGSTOP)
        self.wait(SESSION_S + self._chance.uniform(1, 5))
        victim.signal(signal.SIGCONT)
        self.kills += 1

    def stop_broker(self, _victim):
        say("broker stopped and started")
        self.restart_broker(kill=False)

    def kill_broker(self, _victim):
        say("broker killed and started")
        self.restart_broker(kill=True)

    def restart_broker(self, kill):
        # kcat ends when it sees no broker; what it had been given must not be in doubt.
        for producer in self._producers:
            producer.end()
        try:
            self._broker.stop(kill)
        except RuntimeError as error:
            # On a busy machine it may take longer than is waited for.
            if not str(error).endswith("and was killed"):
                raise
            say(error)
        self._broker.start()
        for producer in self._producers:
            producer.start()

    def end(self):
        """Everything that was sent is read and every window closed, by one instance."""
        say("the end: one instance reads the rest")
        for instance in self._instances:
            if instance.running():
                code = instance.stop()
                if code != 0:
                    raise RuntimeError(f"{instance.name} ended with {code}:\n"
                                       f"{instance.log_tail()}")
        last = self._instances[0]
        last.start("--bounded")
        code = last.wait(DRAIN_S)
        if code != 0:
            raise RuntimeError(f"the bounded run ended with {code}:\n{last.log_tail()}")

    def check(self):
        records = self._broker.rows("torture.in")
        outputs = {name: self._broker.rows(f"torture.{name}") for name in checker.OUTPUTS}
        say(f"{len(records)} records in; out: "
            + ", ".join(f"{len(outputs[name])} {name}" for name in checker.OUTPUTS))
        return checker.complaints_about(records, outputs)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=18)
    parser.add_argument("--instances", type=int, default=2, choices=(1, 2, 3))
    parser.add_argument("--lane", default=os.environ.get("SITREP_KAFKA_LANE", "4.1"),
                        choices=("4.1", "3.9"))
    parser.add_argument("--seed", type=int,
                        default=int(os.environ.get("SITREP_SEED", random.randrange(1 << 30))))
    parser.add_argument("--between", type=float, nargs=2, default=(0.3, 2.0), metavar="SECONDS")
    parser.add_argument("--delivery", default="exactly_once",
                        choices=("exactly_once", "at_least_once"))
    parser.add_argument("--weights", type=int, nargs=7, default=(10, 3, 2, 3, 2, 1, 1),
                        help="of kill, kill with the disk lost, SIGTERM, more or less instances, "
                             "zombie, broker stopped, broker killed")
    parser.add_argument("--program", default=os.environ.get("SITREP_PROGRAM"),
                        required="SITREP_PROGRAM" not in os.environ)
    parser.add_argument("--keep-logs", help="folder for the instances' logs if something is wrong")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    lack = kafka.missing()
    if lack:
        print(lack)
        return 77
    say(f"seed {options.seed}, Kafka {options.lane}, {options.instances} instances, "
        f"{options.kills} kills, {options.delivery}")
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="sitrep_torture_"))
    complaints = ["it did not come to the check"]
    try:
        with kafka.Broker(options.lane) as broker:
            torture = Torture(options, broker, scratch)
            try:
                torture.run()
                complaints = torture.check()
            finally:
                torture.close()
    except (RuntimeError, subprocess.SubprocessError) as error:
        complaints = [str(error)]
    finally:
        if complaints and options.keep_logs:
            pathlib.Path(options.keep_logs).mkdir(parents=True, exist_ok=True)
            for log in scratch.glob("*.log"):
                shutil.copy(log, options.keep_logs)
        shutil.rmtree(scratch, ignore_errors=True)
    for complaint in complaints:
        say(complaint)
    print("1 failed" if complaints else "1 passed", flush=True)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
