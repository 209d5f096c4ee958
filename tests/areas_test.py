"""tools/areas.mjs: the table of areas that is read at set-up."""
import csv
import io
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(*prefixes):
    return subprocess.run(["node", "tools/areas.mjs", *prefixes], cwd=ROOT, capture_output=True,
                          text=True, encoding="utf-8", timeout=60, check=False)


def rows(*prefixes):
    return list(csv.DictReader(io.StringIO(run(*prefixes).stdout)))


def level(code):
    """1 province, 2 city, 3 county, 4 township, 5 village."""
    return 5 - sum(code.endswith("0" * zeros) for zeros in (3, 6, 8, 10))


class Areas(unittest.TestCase):
    def test_a_county_with_all_above_and_below_it(self):
        table = rows("360502")
        self.assertEqual([r["name"] for r in table[:3]], ["江西省", "新余市", "渝水区"])
        self.assertEqual({level(r["code"]) for r in table}, {1, 2, 3, 4, 5})
        for row in table[2:]:
            self.assertTrue(row["code"].startswith("360502"), row)

    def test_codes_have_12_digits_and_stand_once(self):
        codes = [r["code"] for r in rows("3601", "360502", "360921")]
        self.assertEqual(len(codes), len(set(codes)))
        self.assertEqual([c for c in codes if len(c) != 12 or not c.isdigit()], [])

    def test_parents_stand_before_their_children_one_level_up(self):
        seen = set()
        for row in rows("3601", "360921"):
            if row["parent"]:
                self.assertIn(row["parent"], seen, row)
                self.assertEqual(level(row["parent"]), level(row["code"]) - 1, row)
            else:
                self.assertEqual(row["code"], "360000000000")
            seen.add(row["code"])

    def test_overlapping_prefixes_add_nothing(self):
        self.assertEqual(rows("3601"), rows("3601", "360112", "3601"))

    def test_the_area_of_the_demonstration(self):
        names = {r["code"]: r["name"] for r in rows("3601")}
        self.assertEqual(names["360112000000"], "新建区")
        counties = [c for c in names if level(c) == 3]
        self.assertEqual(len(counties), 9)

    def test_what_is_wrong(self):
        cases = [([], 2, "usage"), (["36011"], 2, '"36011"'), (["三六"], 2, "expected a code"),
                 (["36", "-1"], 2, '"-1"'), (["3699"], 1, "no such area"),
                 (["360112", "360199"], 1, '"360199"')]
        for prefixes, status, text in cases:
            with self.subTest(prefixes=prefixes):
                done = run(*prefixes)
                self.assertEqual(done.returncode, status)
                self.assertEqual(done.stdout, "")
                self.assertIn(text, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
