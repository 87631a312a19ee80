# SPDX-License-Identifier: Apache-2.0
"""What the benches against a real broker share: the fleet's topic, and processes whose CPU and memory
are counted."""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "bench/end_to_end"
sys.path.insert(0, str(ROOT / "tests/integration"))
import broker as kafka  # noqa: E402

PARTITIONS = 4
TOPIC = "fleet.telemetry"


def fill_command(broker, build, records, vehicles=10_000, skew=1, per_second=0,
                 interval=1):
    return [build / "bench/end_to_end/fill_topic", broker.bootstrap, TOPIC, str(PARTITIONS),
            str(records), str(vehicles), str(skew), str(per_second), str(interval)]


def fill(broker, build, records, **how):
    """The fleet's telemetry: see fill_topic.cc."""
    broker.create_topic(TOPIC, PARTITIONS)
    subprocess.run(fill_command(broker, build, records, **how), check=True)


def counted(command, environment=None):
    """CPU-seconds (user + system) of one child, and its peak memory in MiB; ends the program when
    the child fails. wait4 counts that child alone."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}:\n{errors.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def bare_reader(broker, build, records, *written):
    """CPU-seconds of the least that a reader can do; `written`: a topic, and that it writes the
    beginning of each so many-th record there."""
    return counted([build / "bench/end_to_end/bare_reader", broker.bootstrap, TOPIC, str(PARTITIONS),
                    str(records), *map(str, written)])[0]


def environment_of(broker):
    return dict(os.environ, SITREP_BROKERS=broker.bootstrap)


def job_command(build, job, name, state, *settings):
    """`job`: a of job_a.yaml. `name`: of the group, so that every run reads everything."""
    command = [build / "sitrep", "run", HERE / f"job_{job}.yaml"]
    for setting in (f"job={name}", f"state_dir={state}", "metrics.listen=127.0.0.1:0", *settings):
        command += ["--set", setting]
    return command


def run_to_the_end(broker, build, job, name, *settings):
    """CPU-seconds and peak MiB of a job that reads all that is there."""
    with tempfile.TemporaryDirectory(prefix="sitrep_bench_") as state:
        return counted([*job_command(build, job, name, state, *settings), "--bounded"],
                       environment_of(broker))
