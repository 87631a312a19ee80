# SPDX-License-Identifier: Apache-2.0
"""A comparison that cannot fail would prove nothing: what rows.differences must see."""

import unittest

from rows import differences

ROW = {"k": "a", "at": "2026-01-26T15:55:00Z", "n": 3, "mean": 0.1}


class Differences(unittest.TestCase):
    def found(self, actual, **options):
        return differences([ROW], actual, ("k", "at"), **options)

    def test_the_same_instant_in_another_form_is_the_same(self):
        self.assertEqual(self.found([ROW | {"at": "2026-01-26T15:55:00.000Z", "more": 1}]), [])

    def test_a_double_within_the_tolerance_is_the_same(self):
        self.assertEqual(self.found([ROW | {"mean": 0.1 * (1 + 1e-10)}]), [])

    def test_a_double_beyond_the_tolerance_differs(self):
        self.assertEqual(len(self.found([ROW | {"mean": 0.1 * (1 + 1e-8)}])), 1)

    def test_a_missing_row_differs(self):
        self.assertEqual(len(self.found([])), 1)

    def test_a_row_too_many_differs(self):
        self.assertEqual(len(self.found([ROW, ROW | {"k": "b"}])), 1)

    def test_a_repeated_row_differs_unless_allowed(self):
        self.assertEqual(len(self.found([ROW, ROW])), 1)
        self.assertEqual(self.found([ROW, ROW], repeats_allowed=True), [])

    def test_a_wrong_repeat_differs_also_when_repeats_are_allowed(self):
        self.assertEqual(len(self.found([ROW, ROW | {"n": 4}], repeats_allowed=True)), 1)

    def test_a_missing_column_differs_from_null(self):
        self.assertEqual(len(self.found([{"k": "a", "at": ROW["at"], "n": 3}])), 1)

    def test_true_is_not_one(self):
        self.assertEqual(len(differences([{"k": 1, "b": True}], [{"k": 1, "b": 1}], ("k",))), 1)


if __name__ == "__main__":
    unittest.main()
