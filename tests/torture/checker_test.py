# SPDX-License-Identifier: Apache-2.0
"""Checks the checker: right outputs pass, and each kind of wrong one is found."""

import copy
import unittest

import checker


def some_records():
    levels = [50, 95, 40, 5, 97, 99, 3, 20]
    return [{"key": key, "seq": seq, "level": levels[(seq + shift) % len(levels)],
             "ts": 1_700_000_000_000 + seq * 1_500 - (seq % 3) * 800}
            for shift, key in enumerate(("k-1", "k-2")) for seq in range(60)]


def right_outputs(records):
    def rows(expected):
        return [{"key": key, "window_start": start, **values}
                for (key, start), values in expected.items()]
    return {
        "windows": rows(checker.expected_windows(records)),
        "overlapping": rows(checker.expected_overlapping(records)),
        "totals": rows(checker.expected_totals(records)),
        "levels": rows(checker.expected_levels(records)),
        "all_levels": rows(checker.expected_all_levels(records)),
        "named": rows(checker.expected_named(records)),
        "weighted": rows(checker.expected_weighted(records)),
        "picked": [{"key": key, "seq": seq}
                   for key, seqs in checker.expected_picked(records).items() for seq in seqs],
        "alerts": alert_rows(checker.expected_alerts(records)),
        "late": [],
        "dead_letters": [],
    }


def alert_rows(changes):
    rows = []
    for key, change, at in changes:
        raised = change == "raised"
        raised_at = at if raised else rows[-1]["at"]  # of one key, one after the other
        rows.append({"id": f"{key}/{raised_at}", "revision": 1 if raised else 2, "key": key,
                     "change": change, "at": at, "raised_at": None if raised else raised_at})
    return rows


class CheckerTest(unittest.TestCase):
    def setUp(self):
        self.records = some_records()
        self.outputs = right_outputs(self.records)

    def complaints(self):
        return checker.complaints_about(self.records, self.outputs)

    def test_right_outputs_pass(self):
        self.assertGreater(len(self.outputs["alerts"]), 10)
        self.assertEqual(self.complaints(), [])

    def test_values_are_those_of_a_hand_made_example(self):
        records = [{"key": "a", "seq": seq, "level": level, "ts": ts}
                   for seq, level, ts in ((0, 95, 1_000), (1, 5, 12_000), (2, 50, 9_999))]
        windows = checker.expected_windows(records)
        self.assertEqual(windows["a", 0],
                         {"n": 2, "total": 2, "lowest": 0, "highest": 2, "different": 2})
        self.assertEqual(checker.expected_overlapping(records)["a", -10_000],
                         {"n": 3, "total": 150})
        self.assertEqual(checker.expected_alerts(records),
                         [("a", "raised", 1_000), ("a", "cleared", 12_000)])
        self.assertEqual(checker.expected_totals(records),
                         {("a", 0): {"n": 3, "total": 3, "levels": 150}})
        self.assertEqual(checker.expected_levels(records),
                         {(5, 0): {"n": 1, "total": 0, "keys": 1},
                          (5, 10_000): {"n": 1, "total": 1, "keys": 1},
                          (0, 0): {"n": 1, "total": 2, "keys": 1}})
        self.assertEqual(checker.expected_all_levels(records), {("all", 0): {"n": 3, "total": 3}})
        numbered = [{"key": "k1-07", "seq": 3, "level": 17, "ts": 25_000},
                    {"key": "k1-08", "seq": 4, "level": 42, "ts": 25_000}]
        self.assertEqual(checker.expected_named(numbered),
                         {("odd", 20_000): {"n": 1, "total": 3},
                          ("even", 20_000): {"n": 1, "total": 4}})
        self.assertEqual(checker.expected_weighted(numbered),
                         {(7, 20_000): {"n": None}, (2, 20_000): {"n": 4}})
        self.assertEqual(checker.expected_picked(records), {"a": [0]})

    def test_each_lost_or_doubled_row_is_found(self):
        right = copy.deepcopy(self.outputs)
        for topic in ("windows", "overlapping", "totals", "levels", "all_levels", "named",
                      "weighted", "picked", "alerts"):
            for place in (0, len(right[topic]) // 2, -1):
                self.outputs = copy.deepcopy(right)
                del self.outputs[topic][place]
                self.assertTrue(self.complaints(), f"{topic} without row {place}")
                self.outputs = copy.deepcopy(right)
                self.outputs[topic].append(self.outputs[topic][place])
                self.assertTrue(self.complaints(), f"{topic} with row {place} twice")

    def test_a_wrong_value_is_found(self):
        for topic, column in (("windows", "total"), ("windows", "different"),
                              ("overlapping", "n"), ("totals", "levels"), ("levels", "keys"),
                              ("all_levels", "n"), ("named", "total"), ("weighted", "n"),
                              ("alerts", "at"), ("picked", "seq")):
            self.outputs = right_outputs(self.records)
            self.outputs[topic][1][column] += 1
            self.assertTrue(self.complaints(), f"{topic} with a wrong {column}")

    def test_episodes_are_told_apart(self):
        for column, wrong in (("id", "another"), ("revision", 3), ("raised_at", 1)):
            self.outputs = right_outputs(self.records)
            cleared = next(row for row in self.outputs["alerts"] if row["change"] == "cleared")
            cleared[column] = wrong
            self.assertTrue(self.complaints(), f"a clear with a wrong {column}")

    def test_order_counts_within_a_key(self):
        picked = self.outputs["picked"]
        picked[1], picked[2] = picked[2], picked[1]
        self.assertEqual(self.complaints(), ["picked, k-1: out of order"])

    def test_late_rows_and_dead_letters_are_told(self):
        self.outputs["late"] = [{"key": "a"}]
        self.outputs["dead_letters"] = [{"key": "b"}]
        self.assertEqual(self.complaints(), ["late rows: 1, such as {'key': 'a'}",
                                             "dead letters: 1, such as {'key': 'b'}"])


if __name__ == "__main__":
    unittest.main()
