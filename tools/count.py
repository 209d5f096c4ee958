#!/usr/bin/env python3
"""Runs or reads tests and says how many passed, failed, were skipped; used by ./test.

count.py meson TESTLOG.JSON          reads what `meson test` left
count.py unittest N FILE...          runs Python test files, N at a time and in this order, each in a process
                                     of its own; a file named twice is run once
count.py command COMMAND...          one test: the command's exit status

Everything for people goes to standard output; the line "PASSED FAILED SKIPPED" is added to the
file that the variable COUNTS names.  Exits 1 if anything failed."""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
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


def run_file(path):
    """All tests of one file, in this process."""
    sys.path.insert(0, str(path.parent))
    suite = unittest.defaultTestLoader.loadTestsFromName(path.stem)
    result = unittest.TextTestRunner(stream=sys.stdout).run(suite)
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    if result.testsRun == 0 and bad == 0 and skipped == 0:
        print("  ran no test")
        bad = 1
    return [max(result.testsRun - bad - skipped, 0), bad, skipped]


def in_process(path):
    """One file, its output kept until it ends so that those that run beside it do not mix with it."""
    begun = time.monotonic()
    with tempfile.NamedTemporaryFile("r") as counts:
        done = subprocess.run([sys.executable, __file__, "file", str(path)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, env={**os.environ, "COUNTS": counts.name})
        said = counts.read().split()
    numbers = [int(n) for n in said] or [0, 1, 0]  # it died before it could say
    output = done.stdout.decode("utf-8", "replace")
    return path.stem, numbers, output, time.monotonic() - begun


def run_unittest(workers, files):
    total, rows = [0, 0, 0], []
    with concurrent.futures.ThreadPoolExecutor(int(workers)) as pool:
        waiting = [pool.submit(in_process, pathlib.Path(f)) for f in dict.fromkeys(files)]
        for each in concurrent.futures.as_completed(waiting):
            name, numbers, output, seconds = each.result()
            print(f"-- {name}\n{output}", flush=True)
            total = [a + b for a, b in zip(total, numbers)]
            rows.append(f"  {name:<30}{numbers[0]:5} passed{numbers[1]:4} failed{numbers[2]:4} skipped{seconds:7.1f} s")
    print("\n".join(sorted(rows)))
    return total


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
        total = run_unittest(args[0], args[1:])
    elif what == "file":
        total = run_file(pathlib.Path(args[0]))
    else:
        total = run_command(args)
    if "COUNTS" in os.environ:
        with open(os.environ["COUNTS"], "a", encoding="ascii") as f:
            f.write(" ".join(map(str, total)) + "\n")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
