# SPDX-License-Identifier: Apache-2.0
"""Runs the program kafka_transactions_test against a Kafka of the version SITREP_KAFKA_LANE. Exit
code 77: Kafka is not installed."""

import os
import subprocess
import sys

import broker as kafka

SKIPPED = 77


def main():
    reason = kafka.missing()
    if reason:
        print(f"skipped: {reason}")
        return SKIPPED
    with kafka.Broker(os.environ["SITREP_KAFKA_LANE"]) as broker:
        environment = dict(os.environ, SITREP_BROKERS=broker.bootstrap)
        return subprocess.run([os.environ["SITREP_KAFKA_TRANSACTIONS_TEST"], *sys.argv[1:]],
                              check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
