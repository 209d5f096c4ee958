#!/usr/bin/env python3
"""Lists source files for meson.build, which has no globbing.

sources.py layers | sql | embedded | c FOLDER | tests FOLDER      (paths from the project's root)
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"


def show(paths):
    print("\n".join(str(p.relative_to(ROOT)) for p in sorted(paths)))


def main():
    what = sys.argv[1]
    if what == "layers":
        for line in (SRC / "LAYERS").read_text().splitlines():
            if line.strip() and line[0] not in "#<":
                name, deps = line.split(":")
                print(" ".join([name] + deps.split()))
    elif what == "sql":
        show(SRC.rglob("*.sql"))
    elif what == "embedded":
        # the page as tools/setup.sh built it, if it did, and what lies in the sources
        show([p for at in ("src/web/embed", "ui/dist") for p in (ROOT / at).rglob("*") if p.is_file()])
    elif what == "c":
        show(p for p in (SRC / sys.argv[2]).glob("*.c") if not p.name.endswith("_test.c") and p.name != "main.c")
    elif what == "tests":
        show((SRC / sys.argv[2]).glob("*_test.c"))


main()
