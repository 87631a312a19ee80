#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SQL means in sitrep what it means in PostgreSQL: generated expressions and aggregates over
generated rows, each computed by both, compared value by value.

SITREP_SEED chooses other expressions. Exit code 77: there is no PostgreSQL."""

import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import expressions
import postgres

PROGRAM = os.environ["SITREP_PROGRAM"]
SEED = int(os.environ.get("SITREP_SEED", "20261124"))
ROWS = 60
EXPRESSIONS = 400
PER_STREAM = 40  # a function of PostgreSQL takes 100 arguments
DEPTH = 3
# Sums in another order, and functions that the C library and numeric round in their own ways.
RELATIVE_ERROR = 1e-9

COLUMNS = (("k", "text"), ("n", "bigint"), ("at", "timestamp"), ("b", "boolean"), ("i", "bigint"),
           ("j", "bigint"), ("d", "double precision"), ("e", "double precision"), ("t", "text"),
           ("u", "text"), ("ts", "timestamp"), ("x", "text"), ("w", "text"))
VALUES = {
    "b": (True, False, None),
    "i": (0, 1, -1, 7, -12, 1000, 2**62, None),
    "j": (0, 1, 2, 3, -5, 10, 60, None),
    "d": (0.0, 0.5, -1.5, 2.5, 3.14159, 1e-8, 1e15, -273.15, None),
    "e": (1.0, -1.0, 0.25, 99.5, 1e6, -0.1, None),
    "t": ("", "a", "ab%", "Abc", "é", " x ", "10", "a,b", "100%", None),
    "u": ("hello world", "x1 y-2", "b", "Zulu time", None),
    "ts": ("2026-03-01T08:00:00Z", "2024-02-29T23:59:59.999999Z", "1969-07-20T20:17:40Z",
           "2000-01-01T00:00:00.5Z", None),
    "x": (" 12 ", "-7", "1e3", "1.5", "yes", "off", "2026-02-28 01:02:03.25", "1 day 02:00:00",
          "zebra", "9223372036854775808", "tRuE", "-infinity", None),
    "w": ("1 day", "02:30:00", "-00:00:01.5", "3 days 04:05:06", None),
}
AGGREGATES = (
    "count(*)", "count({0})", "count(DISTINCT {0})", "sum({1})", "avg({1})", "min({0})", "max({0})",
    "stddev_samp({1})", "stddev_pop({1})", "var_samp({1})", "var_pop({1})", "bool_and({2})",
    "bool_or({2})", "sum({1}) FILTER (WHERE {2})", "count(*) FILTER (WHERE NOT {2})")


def make_rows(chance):
    for n in range(ROWS):
        row = {name: chance.choice(values) for name, values in VALUES.items()}
        yield {"k": f"k{n % 4}", "n": n, "at": f"2026-03-01T08:00:{n:02d}Z", **row}


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def table_sql(rows):
    declared = ", ".join(f'"{name}" {of}' for name, of in COLUMNS)
    values = ",\n".join("(" + ", ".join(literal(row[name]) for name, _ in COLUMNS) + ")"
                        for row in rows)
    return f"CREATE TABLE input ({declared}); INSERT INTO input VALUES {values};"


def job_text(directory, streams):
    """`streams`: SQL by name."""
    short = {"double precision": "double"}
    columns = {name: {"type": short.get(of, of), **({"unit": "rfc3339"} if of == "timestamp" else {})}
               for name, of in COLUMNS}
    job = {"job": "postgres", "files": {"directory": f"{directory}/log"},
           "state_dir": f"{directory}/state", "metrics": {"listen": "off"},
           "sources": {"input": {"topic": "input", "columns": columns, "partitioned_by": ["k"],
                                 "time": {"column": "at", "max_future_skew": "10000d"}}},
           "streams": {name: {"sql": sql, "to": {"topic": name, "create": {"partitions": 1}}}
                       for name, sql in streams.items()}}
    return json.dumps(job, indent=1)  # JSON is YAML


def run_job(rows, streams):
    """The rows of each stream."""
    with tempfile.TemporaryDirectory(prefix="sitrep_postgres_") as directory:
        log = pathlib.Path(directory) / "log"
        (log / "input").mkdir(parents=True)
        (log / "input" / "0.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows),
                                               encoding="utf-8")
        job = pathlib.Path(directory) / "job.yaml"
        job.write_text(job_text(directory, streams), encoding="utf-8")
        done = subprocess.run([PROGRAM, "run", str(job), "--bounded"], capture_output=True,
                              text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise AssertionError(f"exit code {done.returncode}:\n{done.stderr[:8000]}\n"
                                 + pointed_at(job.read_text(encoding="utf-8"), done.stderr))
        return {name: [json.loads(line) for line in
                       (log / name / "0.jsonl").read_text(encoding="utf-8").splitlines()]
                for name in streams}


def pointed_at(job, error):
    """The text of the job where the first file:line:column of `error` points."""
    place = re.search(r"job\.yaml:(\d+):(\d+)", error)
    if not place:
        return ""
    line, column = int(place[1]) - 1, int(place[2]) - 1
    return job.splitlines()[line][max(0, column - 100):column + 100]


def same(of, ours, theirs):
    if ours is None or theirs is None or of != expressions.DOUBLE:
        return ours == theirs
    ours, theirs = float(ours), float(theirs)
    if math.isnan(ours) or math.isnan(theirs):
        return math.isnan(ours) and math.isnan(theirs)
    return math.isclose(ours, theirs, rel_tol=RELATIVE_ERROR, abs_tol=1e-12)


def as_text(of, sql):
    return f"({sql})::text" if of != expressions.TEXT else f"({sql})"


def compare_expressions(server, rows):
    generator = expressions.Generator(random.Random(SEED))
    chance = random.Random(SEED)
    made = [generator.make(chance.choice(expressions.TYPES), DEPTH) for _ in range(EXPRESSIONS)]
    groups = [made[n:n + PER_STREAM] for n in range(0, len(made), PER_STREAM)]
    streams = {}
    for number, group in enumerate(groups):
        columns = ", ".join(f"{as_text(e.type, e.sitrep)} AS c{n}" for n, e in enumerate(group))
        streams[f"s{number}"] = f"SELECT n, {columns} FROM input"
    server.query(generator.definitions())
    wrong = []
    outputs = run_job(rows, streams)
    for number, group in enumerate(groups):
        ours = {row["n"]: row for row in outputs[f"s{number}"]}
        pairs = ", ".join(f"'c{n}', {as_text(e.type, e.postgres)}" for n, e in enumerate(group))
        lines = server.query(f"SELECT jsonb_build_object('n', n, {pairs}) FROM input ORDER BY n;")
        theirs = {row["n"]: row for row in map(json.loads, lines)}
        assert ours.keys() == theirs.keys() == {row["n"] for row in rows}
        for column, expression in enumerate(group):
            for n, row in theirs.items():
                mine, right = ours[n][f"c{column}"], row[f"c{column}"]
                if not same(expression.type, mine, right):
                    wrong.append(f"{expression.sitrep}\n  row {json.dumps(rows[n])}\n"
                                 f"  expected {right!r}, found {mine!r}")
                    break
    return len(made), wrong


def compare_aggregates(server, rows):
    chance = random.Random(SEED + 1)
    arguments = {"b": expressions.BOOLEAN, "j": expressions.BIGINT, "e": expressions.DOUBLE,
                 "t": expressions.TEXT, "ts": expressions.TIMESTAMP}
    made = []
    for aggregate in AGGREGATES:
        for name, of in arguments.items():
            if aggregate.startswith(("min", "max")) and of == expressions.BOOLEAN:
                continue  # PostgreSQL has none
            number = chance.choice(("j", "e", "j + e", "e * 2"))
            sql = aggregate.format(name, number, chance.choice(("b", "j > 1", "t < 'b'")))
            made.append(sql)
    made = sorted(set(made))
    columns = ", ".join(f"({sql})::text AS c{n}" for n, sql in enumerate(made))
    window = "tumble(interval '20 seconds')"
    outputs = run_job(rows, {"agg": f"SELECT k, window_start::text AS s, {columns} FROM input "
                                    f"GROUP BY k, {window}"})
    pairs = [f"'c{n}', ({sql})::text" for n, sql in enumerate(made)]
    objects = " || ".join(f"jsonb_build_object({', '.join(pairs[n:n + 40])})"
                          for n in range(0, len(pairs), 40))
    start = "date_bin('20 seconds', at, timestamp '2000-01-01')"
    lines = server.query(f"SELECT jsonb_build_object('k', k, 's', ({start})::text) || {objects} "
                         f"FROM input GROUP BY k, {start};")
    ours = {(row["k"], row["s"]): row for row in outputs["agg"]}
    theirs = {(row["k"], row["s"]): row for row in map(json.loads, lines)}
    assert ours.keys() == theirs.keys(), f"windows differ: {ours.keys() ^ theirs.keys()}"
    wrong = []
    for column, sql in enumerate(made):
        of = (expressions.DOUBLE if sql.startswith(("sum", "avg", "std", "var"))
              else expressions.TEXT)
        for window_key, row in theirs.items():
            mine, right = ours[window_key][f"c{column}"], row[f"c{column}"]
            if not same(of, mine, right):
                wrong.append(f"{sql}\n  group {window_key}\n  expected {right!r}, found {mine!r}")
                break
    return len(made), wrong


def main():
    if reason := postgres.missing():
        print(f"skipped: {reason}")
        return 77
    rows = list(make_rows(random.Random(SEED)))
    failed = False
    with postgres.Postgres() as server:
        server.query(table_sql(rows))
        for compare in (compare_expressions, compare_aggregates):
            number, wrong = compare(server, rows)
            print(f"{compare.__name__}: {number} over {len(rows)} rows, {len(wrong)} differ")
            for text in wrong[:40]:
                print(text)
            failed |= bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
