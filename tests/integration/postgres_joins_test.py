#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Joins of a stream with tables as of event time give what PostgreSQL gives over the same rows,
with a lateral subquery: the newest version at or before the row's time, of one time the one that
came later. Generated rows and versions, by keys of one column and of two, inner and left, with
WHERE, under a window, and with broadcast tables.

SITREP_SEED chooses other rows. Exit code 77: there is no PostgreSQL."""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import postgres
import rows as compared

PROGRAM = os.environ["SITREP_PROGRAM"]
SEED = int(os.environ.get("SITREP_SEED", "20261126"))
ROWS = 3000
VERSIONS = 900
PARTITIONS = 3
SECONDS = 600  # times lie in so many seconds: many rows and versions share one

SOURCE = {"n": "bigint", "k": "text", "z": "bigint", "at": "timestamp", "x": "double"}
TABLES = {
    "names": {"columns": {"k": "text", "at": "timestamp", "name": "text", "top": "double"},
              "key": ["k"]},
    "zones": {"columns": {"z": "bigint", "at": "timestamp", "k": "text", "open": "boolean"},
              "key": ["k", "z"]},
}


def time_text(second):
    return f"2026-03-01T08:{second // 60:02d}:{second % 60:02d}Z"


def make_key(chance):
    key = chance.randrange(40)
    return (None if key == 0 else f"k{key}"), chance.randrange(3)


def make_rows(chance):
    for n in range(ROWS):
        key, zone = make_key(chance)
        yield {"n": n, "k": key, "z": zone if n % 17 else None,
               "at": time_text(chance.randrange(SECONDS)),
               "x": chance.choice((None, -1.5, 0.0, 3.25, 80.0))}


def make_versions(chance, table):
    for n in range(VERSIONS):
        key, zone = make_key(chance)
        row = {"k": key or "k1", "at": time_text(chance.randrange(SECONDS))}
        if table == "names":
            yield {**row, "name": chance.choice((None, f"name {n}")), "top": chance.choice((1, 50))}
        else:
            yield {**row, "z": zone, "open": chance.choice((None, True, False))}


# The query of sitrep and that of PostgreSQL; `as_of` there stands for the lateral subquery.
QUERIES = {
    "inner_join": ("SELECT n, i.k, name, top FROM input i JOIN names t ON t.k = i.k",
                   "SELECT n, i.k, name, top FROM input i JOIN LATERAL {names} t ON true"),
    "left_join": ("SELECT n, i.k, t.at AS since, name FROM input i LEFT JOIN names t ON i.k = t.k",
                  "SELECT n, i.k, t.at AS since, name FROM input i LEFT JOIN LATERAL {names} t "
                  "ON true"),
    "where": ("SELECT n, coalesce(name, '?') AS name FROM input i LEFT JOIN names t ON i.k = t.k "
              "WHERE x > top OR top IS NULL",
              "SELECT n, coalesce(name, '?') AS name FROM input i LEFT JOIN LATERAL {names} t "
              "ON true WHERE x > top OR top IS NULL"),
    "window": ("SELECT i.k, window_start AS s, count(*) AS c, count(name) AS named, max(top) AS t, "
               "sum(x) FILTER (WHERE x < top) AS below FROM input i LEFT JOIN names t ON t.k = i.k "
               "GROUP BY i.k, tumble(interval '1 minute')",
               "SELECT i.k, date_bin('1 minute', i.at, timestamp '2000-01-01') AS s, "
               "count(*) AS c, count(name) AS named, max(top) AS t, sum(x) FILTER (WHERE x < top) AS below "
               "FROM input i LEFT JOIN LATERAL {names} t ON true GROUP BY 1, 2"),
}
QUERIES_BY_TWO = {
    "inner_by_two": ("SELECT n, t.open FROM input i JOIN zones t ON t.z = i.z AND t.k = i.k",
                     "SELECT n, t.open FROM input i JOIN LATERAL {zones} t ON true"),
    "left_by_two": ("SELECT n, t.open FROM input i LEFT JOIN zones t ON i.k = t.k AND i.z = t.z",
                    "SELECT n, t.open FROM input i LEFT JOIN LATERAL {zones} t ON true"),
}


# With tables that every instance holds whole, any columns may be joined: the stream is partitioned
# by what none of them has.
QUERIES_BROADCAST = {
    "broadcast": ("SELECT n, name, z.open FROM input i LEFT JOIN names t ON t.k = i.k "
                  "JOIN zones z ON z.k = t.k AND z.z = i.z",
                  "SELECT n, name, z.open FROM input i LEFT JOIN LATERAL {names} t ON true "
                  "JOIN LATERAL {zones_of_names} z ON true"),
}


def lateral(table):
    on = " AND ".join(f"v.{key} = i.{key}" for key in TABLES[table]["key"])
    return (f"(SELECT * FROM {table} v WHERE {on} AND v.at <= i.at "
            "ORDER BY v.at DESC, v.position DESC LIMIT 1)")


def literal(value):
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def table_sql(name, columns, lines):
    declared = ", ".join(f"{column} {of.replace('double', 'double precision')}"
                         for column, of in columns.items())
    values = ",\n".join("(" + ", ".join([str(position), *(literal(row[c]) for c in columns)]) + ")"
                        for position, row in enumerate(lines))
    return (f"CREATE TABLE {name} (position bigint, {declared}); "
            f"INSERT INTO {name} VALUES {values}; CREATE INDEX ON {name} (k, at);")


def declared(columns):
    return {name: {"type": of, **({"unit": "rfc3339"} if of == "timestamp" else {})}
            for name, of in columns.items()}


def job_text(directory, partitioned_by, tables, queries, broadcast):
    time = {"column": "at", "out_of_orderness": "1h", "max_future_skew": "10000d"}
    return json.dumps({  # JSON is YAML
        "job": "joins", "files": {"directory": f"{directory}/log"},
        "state_dir": f"{directory}/state", "metrics": {"listen": "off"},
        "sources": {"input": {"topic": "input", "columns": declared(SOURCE),
                              "partitioned_by": partitioned_by, "time": time}},
        "tables": {name: {"topic": name, "columns": declared(TABLES[name]["columns"]),
                          "key": TABLES[name]["key"], "time": time, "history": "100d",
                          "broadcast": broadcast}
                   for name in tables},
        "streams": {name: {"sql": ours, "to": {"topic": name, "create": {"partitions": 1}}}
                    for name, (ours, _) in queries.items()}}, indent=1)


def write_topic(log, name, key, lines):
    """Rows of one key in one partition, in their order."""
    (log / name).mkdir(parents=True)
    parts = [[] for _ in range(PARTITIONS)]
    for line in lines:
        place = sum(str(line[column]).encode()[-1] for column in key)
        parts[place % PARTITIONS].append(json.dumps(line) + "\n")
    for number, part in enumerate(parts):
        (log / name / f"{number}.jsonl").write_text("".join(part), encoding="utf-8")


def run_job(data, partitioned_by, tables, queries, broadcast):
    with tempfile.TemporaryDirectory(prefix="sitrep_joins_") as directory:
        log = pathlib.Path(directory) / "log"
        write_topic(log, "input", partitioned_by, data["input"])
        for name in tables:
            write_topic(log, name, TABLES[name]["key"], data[name])
        job = pathlib.Path(directory) / "job.yaml"
        job.write_text(job_text(directory, partitioned_by, tables, queries, broadcast),
                       encoding="utf-8")
        done = subprocess.run([PROGRAM, "run", str(job), "--bounded"], capture_output=True,
                              text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise AssertionError(f"exit code {done.returncode}:\n{done.stderr[:8000]}")
        return {name: [json.loads(line) for line in
                       (log / name / "0.jsonl").read_text(encoding="utf-8").splitlines()]
                for name in queries}


def compare(server, data, partitioned_by, tables, queries, broadcast=False):
    outputs = run_job(data, partitioned_by, tables, queries, broadcast)
    wrong = []
    for name, (_, theirs) in queries.items():
        sql = theirs.format(**{table: lateral(table) for table in TABLES},
                            zones_of_names=lateral("zones").replace("v.k = i.k", "v.k = t.k"))
        # Times as sitrep writes them.
        lines = server.query("SELECT to_jsonb(q) FROM (" + sql + ") q;")
        expected = [json.loads(line) for line in lines]
        for row in expected:
            for column in ("since", "s"):
                if row.get(column):
                    row[column] += ".000Z" if "." not in row[column] else "Z"
        identity = ("k", "s") if name == "window" else ("n",)
        found = compared.differences(expected, outputs[name], identity)
        matched = sum(row.get("name", row.get("open", row.get("named"))) is not None
                      for row in expected)
        print(f"{name}: {len(expected)} rows, {matched} with a value of the table, "
              f"{len(found)} differ")
        if not expected or not matched:
            wrong.append(f"{name} compares nothing")
        wrong += [f"{name}: {difference}" for difference in found]
    return wrong


def main():
    if reason := postgres.missing():
        print(f"skipped: {reason}")
        return 77
    chance = random.Random(SEED)
    data = {"input": list(make_rows(chance)),
            **{table: list(make_versions(chance, table)) for table in TABLES}}
    with postgres.Postgres() as server:
        server.query(table_sql("input", SOURCE, data["input"]))
        for table, plan in TABLES.items():
            server.query(table_sql(table, plan["columns"], data[table]))
        wrong = compare(server, data, ["k"], ["names"], QUERIES)
        wrong += compare(server, data, ["k", "z"], ["zones"], QUERIES_BY_TWO)
        wrong += compare(server, data, ["n"], list(TABLES), QUERIES_BROADCAST, broadcast=True)
    for text in wrong[:40]:
        print(text)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
