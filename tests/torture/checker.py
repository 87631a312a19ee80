# SPDX-License-Identifier: Apache-2.0
"""Whether the outputs of tests/torture/job.yaml are what its input demands: computed anew here, in
the plainest way, from what a read_committed consumer sees. Shares nothing with the engine.

Records are dicts as in the job: key, seq, level, ts (ms). Outputs are lists per topic, in the order
of partition and offset."""

import collections

OUTPUTS = ("windows", "overlapping", "totals", "levels", "all_levels", "named", "weighted", "picked",
           "alerts", "late", "dead_letters")
SAMPLES = 5
YEAR_MS = 365 * 86_400_000


def expected_windows(records):
    groups = collections.defaultdict(list)
    for record in records:
        groups[record["key"], record["ts"] // 10_000 * 10_000].append(record["seq"])
    return {(key, start): {"n": len(seqs), "total": sum(seqs), "lowest": min(seqs),
                           "highest": max(seqs), "different": len(set(seqs))}
            for (key, start), seqs in groups.items()}


def expected_overlapping(records):
    groups = collections.defaultdict(list)
    for record in records:
        last = record["ts"] // 10_000 * 10_000
        for start in (last, last - 10_000, last - 20_000):
            groups[record["key"], start].append(record["level"])
    return {(key, start): {"n": len(levels), "total": sum(levels)}
            for (key, start), levels in groups.items()}


def expected_totals(records):
    groups = collections.defaultdict(list)
    for record in records:
        groups[record["key"], record["ts"] // YEAR_MS * YEAR_MS].append(record)
    return {group: {"n": len(rows), "total": sum(row["seq"] for row in rows),
                    "levels": sum(row["level"] for row in rows)}
            for group, rows in groups.items()}


def expected_levels(records):
    groups = collections.defaultdict(list)
    for record in records:
        groups[record["level"] % 10, record["ts"] // 10_000 * 10_000].append(record)
    return {group: {"n": len(rows), "total": sum(row["seq"] for row in rows),
                    "keys": len({row["key"] for row in rows})}
            for group, rows in groups.items()}


def expected_all_levels(records):
    groups = collections.defaultdict(list)
    for record in records:
        groups["all", record["ts"] // 30_000 * 30_000].append(record["seq"])
    return {group: {"n": len(seqs), "total": sum(seqs)} for group, seqs in groups.items()}


def group_of(key):
    """What the table of groups says from before the first record on."""
    return "odd" if int(key[-1]) % 2 else "even"


def factor_of(level):
    """What the table of factors says; it has no row of 7."""
    return None if level == 7 else level + 2


def expected_named(records):
    groups = collections.defaultdict(list)
    for record in records:
        groups[group_of(record["key"]), record["ts"] // 20_000 * 20_000].append(record["seq"])
    return {group: {"n": len(seqs), "total": sum(seqs)} for group, seqs in groups.items()}


def expected_weighted(records):
    return {(level, start): {"n": None if factor_of(level) is None
                             else values["n"] * factor_of(level)}
            for (level, start), values in expected_levels(records).items()}


def expected_alerts(records):
    """(key, change, at) of each change, rows of a key in the order of event time."""
    by_key = collections.defaultdict(list)
    for record in records:
        by_key[record["key"]].append(record)
    changes = []
    for key, rows in by_key.items():
        active = False
        for row in sorted(rows, key=lambda row: row["ts"]):  # stable: ties stay in arrival order
            if not active and row["level"] > 90:
                active = True
                changes.append((key, "raised", row["ts"]))
            elif active and row["level"] < 10:
                active = False
                changes.append((key, "cleared", row["ts"]))
    return changes


def expected_picked(records):
    """The numbers of each key that pass, in order of arrival."""
    passed = collections.defaultdict(list)
    for record in records:
        if record["seq"] % 5 == 0:
            passed[record["key"]].append(record["seq"])
    return passed


def say(complaints, what, items):
    if items:
        shown = ", ".join(str(item) for item in items[:SAMPLES])
        complaints.append(f"{what}: {len(items)}, such as {shown}")


def compare_windows(complaints, topic, expected, rows):
    seen = collections.Counter((row["key"], row["window_start"]) for row in rows)
    say(complaints, f"{topic}: doubled", [one for one, times in seen.items() if times > 1])
    say(complaints, f"{topic}: missing", sorted(set(expected) - set(seen)))
    say(complaints, f"{topic}: not expected", sorted(set(seen) - set(expected)))
    wrong = []
    for row in rows:
        wanted = expected.get((row["key"], row["window_start"]))
        found = {name: value for name, value in row.items()
                 if name not in ("key", "window_start")}
        if wanted is not None and found != wanted:
            wrong.append((row["key"], row["window_start"], found, wanted))
    say(complaints, f"{topic}: wrong", wrong)


def compare_picked(complaints, expected, rows):
    found = collections.defaultdict(list)
    for row in rows:
        found[row["key"]].append(row["seq"])
    for key in sorted(set(expected) | set(found)):
        wanted, given = expected.get(key, []), found.get(key, [])
        if wanted == given:
            continue
        counts = collections.Counter(given)
        say(complaints, f"picked, {key}: doubled", [n for n, times in counts.items() if times > 1])
        say(complaints, f"picked, {key}: missing", sorted(set(wanted) - set(given)))
        say(complaints, f"picked, {key}: not expected", sorted(set(given) - set(wanted)))
        if sorted(wanted) == sorted(given):
            complaints.append(f"picked, {key}: out of order")


def compare_alerts(complaints, expected, rows):
    wanted = collections.Counter(expected)
    found = collections.Counter((row["key"], row["change"], row["at"]) for row in rows)
    say(complaints, "alerts: missing", sorted((wanted - found).elements()))
    say(complaints, "alerts: doubled or not expected", sorted((found - wanted).elements()))
    by_id = collections.defaultdict(list)
    for row in rows:
        by_id[row["id"]].append((row["revision"], row["change"], row["key"],
                                 row["raised_at"] or row["at"]))
    say(complaints, "alerts: not one episode",
        [(identity, records) for identity, records in by_id.items()
         if not is_episode(sorted(records))])
    raises = collections.Counter(change for _, change, _ in expected)["raised"]
    if len(by_id) != raises:
        complaints.append(f"alerts: {len(by_id)} ids for {raises} episodes")


def is_episode(records):
    """Whether these are a raise, and perhaps its clear: (revision, change, key, raised at)."""
    first, rest = records[0], records[1:]
    return first[:2] == (1, "raised") and rest in ([], [(2, "cleared", *first[2:])])


def complaints_about(records, outputs):
    """Sentences about what is wrong; none when all is right. `records` in order of partition and
    offset, `outputs` by name."""
    complaints = []
    compare_windows(complaints, "windows", expected_windows(records), outputs["windows"])
    compare_windows(complaints, "overlapping", expected_overlapping(records),
                    outputs["overlapping"])
    compare_windows(complaints, "totals", expected_totals(records), outputs["totals"])
    compare_windows(complaints, "levels", expected_levels(records), outputs["levels"])
    compare_windows(complaints, "all_levels", expected_all_levels(records), outputs["all_levels"])
    compare_windows(complaints, "named", expected_named(records), outputs["named"])
    compare_windows(complaints, "weighted", expected_weighted(records), outputs["weighted"])
    compare_picked(complaints, expected_picked(records), outputs["picked"])
    compare_alerts(complaints, expected_alerts(records), outputs["alerts"])
    say(complaints, "late rows", outputs["late"])
    say(complaints, "dead letters", outputs["dead_letters"])
    return complaints
