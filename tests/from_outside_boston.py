"""The public file of 58,251 reports, loaded from outside: every published answer must come out again.

The file is not part of the repository: data/boston311.csv.gz in the folder BIHUAN_SHARED, or in ../shared.
The published answers take its times as they stand, so the zone must be one without summer time: in
America/New_York the street lights that were open over 6 November 2011 would take an hour longer."""
import csv
import gzip
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = os.environ.get("BIHUAN_BIN", str(ROOT / "build/bihuan"))
DATA = pathlib.Path(os.environ.get("BIHUAN_SHARED", str(ROOT.parent / "shared"))) / "data/boston311.csv.gz"
MAPPING = str(ROOT / "playbooks/report/boston.yaml")
ROWS = 58251
ALL = ("--from", "2011-07-01", "--to", "2059-12-31")  # targets lie as far as 2059
HALF_YEAR = ("--from", "2011-07-01", "--to", "2011-12-31")
FOLDER, DB = None, None


def run(*words, status=0):
    done = subprocess.run([BIN, *words, "--db", DB, "--json"], text=True, capture_output=True, check=False,
                          encoding="utf-8", timeout=300)
    if done.returncode != status:
        raise AssertionError(f"bihuan {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout) if done.stdout else done.stderr


def rows():
    with gzip.open(DATA, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(name, some):
    path = str(pathlib.Path(FOLDER.name) / name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(some[0]))
        out.writeheader()
        out.writerows(some)
    return path


def write_areas(path):
    """The tree of the divisions, as docs/import.md makes it."""
    known = {}
    for row in rows():
        parts = [part for part in row["division"].split("/") if part]
        for i, part in enumerate(parts):
            known["/".join(parts[:i + 1])] = (part, "/".join(parts[:i]))
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["code", "name", "parent"])
        out.writerows([code, *known[code]] for code in sorted(known))


def setUpModule():
    global FOLDER, DB, LOADED
    if not DATA.exists():
        raise unittest.SkipTest(f"{DATA} is not here")
    FOLDER = tempfile.TemporaryDirectory()
    DB = f"{FOLDER.name}/b.db"
    areas = f"{FOLDER.name}/areas.csv"
    write_areas(areas)
    run("init", "--playbooks", str(ROOT / "playbooks"), "--zone", "Etc/UTC")
    run("areas", "import", areas)
    LOADED = run("import", MAPPING, str(DATA), "--rejects", f"{FOLDER.name}/rejects.csv")


def tearDownModule():
    if FOLDER:
        FOLDER.cleanup()


LOADED = None


def figure(name, *more, span=ALL):
    return run("indicator", f"report.{name}", *span, *more)


def count(where, *more):
    return run("find", "report", "--where", where, "--count", *more)["count"]


class Answers(unittest.TestCase):
    def test_all_rows_are_in(self):
        got = dict(LOADED)
        warnings = got.pop("warnings")
        self.assertEqual(got, {"read": ROWS, "new": ROWS, "updated": 0, "same": 0, "rejected": 0})
        self.assertEqual((warnings["area_unknown"], warnings["area_above"]), (0, 0))

    def test_opened_by_month(self):
        got = figure("opened", "--by", "month", span=HALF_YEAR)
        self.assertEqual([row["n"] for row in got["rows"]], [9854, 11547, 10427, 9999, 8087, 8337])
        self.assertEqual(got["n"], ROWS)

    def test_on_time(self):
        self.assertEqual(figure("closed")["n"], 54570)
        self.assertEqual(figure("closed_with_target")["n"], 43821)
        for name, span, n, all_, value in [("on_time", ALL, 35591, 43821, 81.2191),
                                           ("on_time_of_opened", HALF_YEAR, 35591, 43821, 81.2191),
                                           ("on_time_strict", HALF_YEAR, 35591, 47270, 75.2930)]:
            with self.subTest(name=name):
                got = figure(name, span=span)
                self.assertEqual((got["n"], got["N"], got["value"]), (n, all_, value))

    def test_medians(self):
        got = figure("median_days")
        self.assertEqual((got["n"], got["value"]), (54570, 0.9240))
        got = figure("median_days", "--where", "within(category,'Street Lights')")
        self.assertEqual((got["n"], got["value"]), (6061, 2.9335))

    def test_stocks(self):
        got = figure("stock", span=HALF_YEAR)
        self.assertEqual((got["opening"], got["in"], got["closing"]), (0, ROWS, 9879))
        self.assertEqual(figure("overdue", span=HALF_YEAR)["closing"], 4707)

    def test_places(self):
        self.assertEqual(count("S_INTERSECTS(place,BBOX(-71.10,42.30,-71.06,42.32))"), 5012)
        self.assertEqual(count("distance_m(place,POINT(-71.0589 42.3601)) <= 1000"), 8180)

    def test_states_follow_the_times(self):
        self.assertEqual(count("state = 'closed'"), 54570)
        self.assertEqual(count("state = 'open'"), ROWS - 54570)
        self.assertEqual(count("state = 'open' AND closed IS NOT NULL"), 0)

    def test_areas(self):
        ward = sum(row["division"].startswith("Boston/Ward 17/") for row in rows())
        self.assertEqual(count("opened IS NOT NULL", "--area", "Boston/Ward 17"), ward)
        got = figure("opened", "--area", "Boston/Ward 17", span=HALF_YEAR)
        self.assertEqual(got["n"], ward)


class Zagain(unittest.TestCase):
    """What changes the database, after the answers (classes run in the order of their names)."""

    def test_1_the_same_file_changes_nothing(self):
        before = run("verify")
        got = run("import", MAPPING, str(DATA))
        self.assertEqual((got["read"], got["new"], got["updated"], got["same"]), (ROWS, 0, 0, ROWS))
        self.assertEqual(run("verify"), before)
        self.assertTrue(before["ok"])

    def test_2_a_changed_row_is_one_update(self):
        some = rows()[:300]
        line = next(i for i, row in enumerate(some) if row["closed_at"])
        old = dict(some[line])
        some[line]["closed_at"] = ""
        got = run("import", MAPPING, write_rows("changed.csv", some))
        self.assertEqual((got["new"], got["updated"], got["same"]), (0, 1, 299))
        self.assertEqual(figure("closed")["n"], 54569)
        some[line] = old  # back to what it said at first: a change again, not the old one
        got = run("import", MAPPING, write_rows("back.csv", some))
        self.assertEqual((got["new"], got["updated"], got["same"]), (0, 1, 299))
        self.assertEqual(figure("closed")["n"], 54570)
        self.assertTrue(run("verify")["ok"])


if __name__ == "__main__":
    unittest.main()
