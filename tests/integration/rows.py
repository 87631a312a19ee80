# SPDX-License-Identifier: Apache-2.0
"""Compares rows by content: instants as instants, doubles with a relative tolerance of 1e-9."""

import datetime
import math

TOLERANCE = 1e-9


def _plain(value):
    if isinstance(value, str) and len(value) >= 20 and value[10] == "T" and value.endswith("Z"):
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


def _same(expected, actual):
    numbers = (int, float)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, numbers) and isinstance(actual, numbers):
        return math.isclose(expected, actual, rel_tol=TOLERANCE, abs_tol=1e-12)
    return expected == actual


def differences(expected, actual, identity, repeats_allowed=False):
    """What differs, as sentences. `identity` names the columns that tell rows apart; only the
    columns of the expected row are compared. The same row again is a difference unless repeats are
    allowed."""

    def name(row):
        return tuple(_plain(row.get(column)) for column in identity)

    found = []
    wanted = {}
    for row in expected:
        if name(row) in wanted:
            raise ValueError(f"the identity {identity} does not tell expected rows apart: {row}")
        wanted[name(row)] = row
    seen = set()
    for row in actual:
        match = wanted.get(name(row))
        if match is None:
            found.append(f"not expected: {row}")
            continue
        if name(row) in seen and not repeats_allowed:
            found.append(f"twice: {row}")
        seen.add(name(row))
        for column, value in match.items():
            if column not in row or not _same(_plain(value), _plain(row[column])):
                found.append(f"{column} is {row.get(column)!r}, expected {value!r} in {row}")
    found += [f"missing: {row}" for key, row in wanted.items() if key not in seen]
    return found
