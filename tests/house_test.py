"""tools/house.py finds what it is there to find, and nothing else."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LATER = "TO" "DO"

CASES = [
    # file, text, what is said (None: nothing)
    ("src/a/a.c", "int a;\n", None),
    ("src/a/a.c", "int " + "a" * 95 + ";\n", None),
    ("src/a/a.c", "int " + "a" * 116 + ";\n", "src/a/a.c:1: 121 columns"),
    ("src/a/a.c", "/* " + "纠" * 90 + " */\n", None),
    ("docs/a.md", "word " * 100 + "\n", None),
    ("src/a/a.c", f"int a; /* {LATER} later */\n", "src/a/a.c:1: a note for later"),
    ("docs/a.md", f"\n{LATER}: later\n", "docs/a.md:2: a note for later"),
    ("src/a/a.c", f"int {LATER}S;\n", None),
    ("src/a/a.c", "int a; \n", "src/a/a.c:1: space at the end"),
    ("src/a/a.c", "\tint a;\n", "src/a/a.c:1: a tab"),
    ("playbooks/a/playbook.yaml", "a:\n\tb\n", "playbook.yaml:2: a tab"),
    ("src/a/a.c", "int a;", "no newline at the end"),
    ("src/a/a.c", "void f(void)\n{\n    strcpy(a, b);\n}\n", "src/a/a.c:3: strcpy is not used"),
    ("src/a/a.c", "int a = atoi (b);\n", "src/a/a.c:1: atoi"),
    ("src/a/a.c", "a = snprintf(b, 1, c) + localtime_r(d, e) + my_atoi(f) + g.gets(h);\n", None),
    ("src/a/a.c", "/* strcpy(a, b)\n   sprintf(c) */ char *a = \"atoi(b) \\\" gets(c)\";\n", None),
    ("src/a/a.c", "// it's\nint a = atoi(b);\n", "src/a/a.c:2: atoi"),
    ("tools/a.c", "a = atoi(b);\n", None),
    ("package-lock.json", '{"resolved": "x"}\n', "names a registry"),
    ("package-lock.json", '{"version": "x"}\n', None),
    ("fuzz/corpus/a/x.c", "\tgets(\n", None),
    ("ui/node_modules/a/x.js", f"{LATER} \n", None),
    ("src/a/a.c", "void f(void)\n{\n" + ";\n" * 71 + "}\n", "warning: src/a/a.c:2: a function of 72"),
    ("src/a/a.c", "int a;\n" * 1001, "warning: src/a/a.c: 1002 lines"),
]


class House(unittest.TestCase):
    def run_house(self, name, data):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            done = subprocess.run([sys.executable, ROOT / "tools/house.py", folder], text=True,
                                  capture_output=True, check=False, encoding="utf-8")
            return done.returncode, done.stdout + done.stderr

    def test_cases(self):
        for name, text, said in CASES:
            with self.subTest(name=name, said=said, text=text[:40]):
                status, output = self.run_house(name, text.encode())
                if said is None:
                    self.assertEqual((status, output), (0, "the house is clean\n"))
                else:
                    self.assertIn(said, output)
                    self.assertEqual(output.count("\n"), 1)
                    self.assertEqual(status, 0 if said.startswith("warning:") else 1)

    def test_bytes_that_are_not_utf8(self):
        status, output = self.run_house("src/a/a.c", b"int a; /* \xff */\n")
        self.assertEqual((status, output), (1, "src/a/a.c: not UTF-8 at byte 10\n"))


if __name__ == "__main__":
    unittest.main()
