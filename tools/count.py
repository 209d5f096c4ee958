#!/usr/bin/env python3
"""Runs or reads tests and says how many passed, failed, were skipped; used by ./test.

count.py meson TESTLOG.JSON          reads what `meson test` left
count.py unittest FOLDER PATTERN     runs the Python tests of a folder
count.py command COMMAND...          one test: the command's exit status

Everything for people goes to standard output; the line "PASSED FAILED SKIPPED" is added to the
file that the variable COUNTS names.  Exits 1 if anything failed."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

CMOCKA = re.compile(r"^\[ *(PASSED|FAILED|SKIPPED) *\] (\d+) test", re.M)


def meson_test(entry):
    """(passed, failed, skipped, why) of one line of testlog.json: a cmocka program or a script."""
    output = (entry.get("stdout") or "") + "\n" + (entry.get("stderr") or "")
    sums = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    lines = CMOCKA.findall(output)
    for kind, number in lines:
        sums[kind] += int(number)
    passed, failed, skipped = sums["PASSED"], sums["FAILED"], sums["SKIPPED"]
    if entry["result"] not in ("OK", "SKIP") and failed == 0:
        return passed, 1, skipped, f"{entry['result']}, exit status {entry.get('returncode')}"
    if failed:
        return passed, failed, skipped, f"{failed} failed"
    if not lines:
        if "_test" in " ".join(entry.get("command", [])[:1]):
            return 0, 1, 0, "ran no test"
        return 1, 0, 0, ""
    return passed, 0, skipped, ""


def read_meson(path):
    total = [0, 0, 0]
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    for entry in sorted(entries, key=lambda e: -e.get("duration", 0)):
        *numbers, why = meson_test(entry)
        total = [a + b for a, b in zip(total, numbers)]
        print(f"  {entry['name']:<40} {numbers[0]:5} passed {numbers[1]:3} failed {numbers[2]:3}"
              f" skipped {entry.get('duration', 0):7.1f} s  {why}")
        if why:
            print((entry.get("stdout") or "")[-4000:])
            print((entry.get("stderr") or "")[-8000:])
    if not entries:
        print(f"  {path}: no test in it")
        total[1] += 1
    return total


class Result(unittest.TextTestResult):
    """Says how long each file's tests took, since the tests of a file share one budget."""

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.seconds, self.begun = {}, 0.0

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        name = type(test).__module__
        self.seconds[name] = self.seconds.get(name, 0) + time.monotonic() - self.begun


def run_unittest(folder, pattern):
    if not list(pathlib.Path(folder).glob(pattern)):
        print(f"  no {pattern} in {folder}")
        return [0, 0, 0]
    suite = unittest.defaultTestLoader.discover(folder, pattern=pattern)
    result = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result).run(suite)
    for name, seconds in sorted(result.seconds.items()):
        print(f"  {name:<40} {seconds:7.1f} s")
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    if result.testsRun == 0 and bad == 0:
        print("  ran no test")
        bad = 1
    return [max(result.testsRun - bad - skipped, 0), bad, skipped]


def run_command(command):
    try:
        status = subprocess.run(command, check=False).returncode
    except OSError as e:
        print(f"  {e}")
        status = 1
    return [int(status == 0), int(status != 0), 0]


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "meson":
        total = read_meson(pathlib.Path(args[0]))
    elif what == "unittest":
        total = run_unittest(*args)
    else:
        total = run_command(args)
    if "COUNTS" in os.environ:
        with open(os.environ["COUNTS"], "a", encoding="ascii") as f:
            f.write(" ".join(map(str, total)) + "\n")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
