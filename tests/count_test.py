"""tools/count.py: a test that failed, crashed or never ran must not be counted as passed."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def entry(result="OK", stderr="", stdout="", command="build/a_b_test", code=0):
    return {"name": "a/b", "result": result, "stderr": stderr, "stdout": stdout, "duration": 0.5,
            "command": [command], "returncode": code}


def line(kind, number):
    return f"[  {kind:<7} ] {number} test(s).\n"


MESON = [
    # entries, passed, failed, skipped
    ([entry(stderr=line("PASSED", 7))], 7, 0, 0),
    ([entry(stderr=line("PASSED", 7) + line("PASSED", 2))], 9, 0, 0),
    ([entry(stdout=line("PASSED", 7) + line("SKIPPED", 2))], 7, 0, 2),
    ([entry("FAIL", line("PASSED", 3) + line("FAILED", 2), code=2)], 3, 2, 0),
    ([entry("OK", line("PASSED", 3) + line("FAILED", 2))], 3, 2, 0),
    ([entry("FAIL", code=-6)], 0, 1, 0),                            # crashed before the summary
    ([entry("FAIL", line("PASSED", 3), code=1)], 3, 1, 0),          # a leak found at exit
    ([entry("TIMEOUT", line("PASSED", 3), code=-9)], 3, 1, 0),
    ([entry("ERROR")], 0, 1, 0),
    ([entry()], 0, 1, 0),                                           # a unit test that ran nothing
    ([entry(command="tools/layers.py")], 1, 0, 0),
    ([entry("FAIL", command="tools/layers.py", code=1)], 0, 1, 0),
    ([entry(stdout="[       OK ] PASSED 9 tests", stderr=line("PASSED", 1))], 1, 0, 0),
    ([entry(stderr=line("PASSED", 1)), entry("FAIL", code=1)], 1, 1, 0),
    ([], 0, 1, 0),
]

UNITTEST = [
    ("self.assertTrue(True)", 1, 0, 0),
    ("self.assertTrue(False)", 0, 1, 0),
    ("raise KeyError('x')", 0, 1, 0),
    ("self.skipTest('not here')", 0, 0, 1),
]


class Count(unittest.TestCase):
    def run_count(self, folder, *args):
        counts = pathlib.Path(folder) / "counts"
        done = subprocess.run([sys.executable, ROOT / "tools/count.py", *args], capture_output=True,
                              check=False, env={**os.environ, "COUNTS": str(counts)})
        return done.returncode, counts.read_text() if counts.exists() else ""

    def expect(self, got, passed, failed, skipped):
        self.assertEqual(got, (1 if failed else 0, f"{passed} {failed} {skipped}\n"))

    def test_meson(self):
        for entries, *numbers in MESON:
            with self.subTest(entries=entries), tempfile.TemporaryDirectory() as folder:
                log = pathlib.Path(folder) / "testlog.json"
                log.write_text("".join(json.dumps(e) + "\n" for e in entries))
                self.expect(self.run_count(folder, "meson", log), *numbers)

    def test_unittest(self):
        for body, *numbers in UNITTEST:
            with self.subTest(body=body), tempfile.TemporaryDirectory() as folder:
                made = self.file(folder, "made_test", self.made(body))
                self.expect(self.run_count(folder, "unittest", "1", made), *numbers)

    def test_unittest_that_cannot_be_loaded_or_is_empty_or_dies(self):
        for text in ("import nothing_of_this_name\n", "x = 1\n", self.made("import os; os._exit(0)")):
            with self.subTest(text=text), tempfile.TemporaryDirectory() as folder:
                made = self.file(folder, "made_test", text)
                self.expect(self.run_count(folder, "unittest", "1", made), 0, 1, 0)

    def test_many_files_are_summed_and_each_is_run_once(self):
        with tempfile.TemporaryDirectory() as folder:
            all_of = [self.file(folder, f"made{i}_test", self.made(body)) for i, (body, *_) in enumerate(UNITTEST)]
            self.expect(self.run_count(folder, "unittest", "2", all_of[2], *all_of), 1, 2, 1)

    @staticmethod
    def made(body):
        return f"import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        {body}\n"

    @staticmethod
    def file(folder, name, text):
        path = pathlib.Path(folder) / f"{name}.py"
        path.write_text(text)
        return path

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            self.expect(self.run_count(folder, "command", "true"), 1, 0, 0)
        with tempfile.TemporaryDirectory() as folder:
            self.expect(self.run_count(folder, "command", "false"), 0, 1, 0)
        with tempfile.TemporaryDirectory() as folder:
            self.expect(self.run_count(folder, "command", folder + "/not_there"), 0, 1, 0)


if __name__ == "__main__":
    unittest.main()
