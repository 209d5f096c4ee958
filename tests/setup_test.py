"""tools/setup.sh, run and test: what they do before anything is built."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

INSTALLED = ["ii  gcc", "rc  make", "ii  libx-dev", "un  npm", "hi  held-dev"]
LIST = """# for package [command]
run gcc
run make
run held-dev
run npm cat
run other no-such-command
test libx-dev
test only-test
"""


def shell(text, cwd=ROOT):
    """The outcome of a bash text after tools/setup.sh, in a folder."""
    script = f". {ROOT}/tools/setup.sh\n{text}"
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=cwd, text=True, check=False,
                          capture_output=True, encoding="utf-8", timeout=60)


class Packages(unittest.TestCase):
    def missing(self, *wanted):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "tools").mkdir()
            (pathlib.Path(folder) / "tools/packages.txt").write_text(LIST)
            lines = "\\n".join(INSTALLED)
            done = shell(f"dpkg-query() {{ printf '{lines}\\n'; }}\nmissing_packages {' '.join(wanted)}",
                         folder)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return done.stdout.split()

    def test_what_is_missing(self):
        self.assertEqual(self.missing("run"), ["make", "other"])   # npm: its command is there
        self.assertEqual(self.missing("test"), ["only-test"])
        self.assertEqual(self.missing("run", "test"), ["make", "other", "only-test"])

    def test_without_root_the_command_is_named_and_nothing_is_done(self):
        done = shell("id() { echo 1000; }\nmissing_packages() { echo made-up; }\n"
                     "apt-get() { echo called; }\nneed_packages run")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("as root: apt-get install --no-install-recommends made-up", done.stderr)

    def test_apt_that_fails_stops_with_one_line(self):
        done = shell("id() { echo 0; }\nmissing_packages() { echo made-up; }\n"
                     "apt-get() { return 100; }\nneed_packages run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get update failed", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_the_real_list(self):
        seen = set()
        for line in (ROOT / "tools/packages.txt").read_text().splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, r"^(run|lan|test) [a-z0-9.+-]+( [a-z0-9.+-]+)?$")
                self.assertNotIn(line.split()[1], seen)
                seen.add(line.split()[1])


class Fresh(unittest.TestCase):
    def test_fresh(self):
        with tempfile.TemporaryDirectory() as folder:
            for age, name in enumerate(["new", "middle", "old"]):
                path = pathlib.Path(folder) / name
                path.write_text("")
                os.utime(path, (time.time() - 100 * age,) * 2)
            cases = [("new middle old", 0), ("middle old", 0), ("middle new", 1), ("old middle", 1),
                     ("none old", 1), ("middle old new", 1)]
            for names, status in cases:
                with self.subTest(names=names):
                    self.assertEqual(shell(f"fresh {names} || exit 1", folder).returncode, status)


class Commands(unittest.TestCase):
    def test_wrong_arguments(self):
        cases = [(["./run", "--fast"], '"--fast"'), (["./run", "--city", "x"], '"x"'),
                 (["./test", "nonsense"], '"nonsense"'), (["./test", "house", "build"], '"build"'),
                 ([".ci/run", "nonsense"], '"nonsense"')]
        for command, text in cases:
            with self.subTest(command=command):
                done = subprocess.run(command, cwd="/", executable=ROOT / command[0], text=True,
                                      capture_output=True, check=False, timeout=20)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(text, done.stderr)

    def test_help(self):
        for command in ("run", "test"):
            done = subprocess.run([ROOT / command, "--help"], text=True, capture_output=True,
                                  check=False, timeout=20)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(f"./{command}", done.stdout)

    def test_help_of_test_names_every_stage(self):
        text = (ROOT / "test").read_text()
        stages = re.search(r"^ALL=\((.*)\)$", text, re.M).group(1).split()
        head = text[:text.index("set -euo")]
        for stage in stages:
            self.assertRegex(head, rf"(?m)^#   {stage} ")
            self.assertIn(f"\nstage_{stage}()\n", text)


class Modules(unittest.TestCase):
    def test_versions_are_pinned_and_agree(self):
        wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
        locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
        for name, version in wanted.items():
            self.assertRegex(version, r"^\d+\.\d+\.\d+$")
            entry = locked[f"node_modules/{name}"]
            self.assertEqual(entry["version"], version)
            self.assertTrue(entry["integrity"].startswith("sha512-"))
            self.assertNotIn("resolved", entry)


if __name__ == "__main__":
    unittest.main()
