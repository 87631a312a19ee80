# SPDX-License-Identifier: Apache-2.0
"""The input of jobs/sums.yaml, and the windows that it demands: computed anew, in the plainest
way."""

import collections
import json

INPUT = "sums.in"
HOUR_MS = 3_600_000
BEGIN_MS = 1_780_000_000_000 // HOUR_MS * HOUR_MS


def send(broker, partition, numbers):
    """One record a second of event time, of two keys per partition; the rows."""
    rows = [{"key": f"k{partition}-{n % 2}", "n": n, "ts": BEGIN_MS + 1_000 * n} for n in numbers]
    broker.produce(INPUT, partition, [json.dumps(row).encode() for row in rows])
    return rows


def windows(rows, group_of=lambda row: row["key"]):
    """Of an hour: group, start, count and sum."""
    groups = collections.defaultdict(list)
    for row in rows:
        groups[group_of(row), row["ts"] // HOUR_MS * HOUR_MS].append(row["n"])
    return sorted((group, start, len(ns), sum(ns)) for (group, start), ns in groups.items())
