#!/usr/bin/env python3
"""Fail if a file under src/ includes what src/LAYERS does not allow."""
import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"


def read_rules(text):
    """-> ({folder or <header>: [allowed]}, [folders in order], [complaints])"""
    allowed, order, bad = {}, [], []
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, deps = line.split(":")
        allowed[name] = deps.split()
        if name.startswith("<"):
            bad += [f"LAYERS: {name} is owned by unknown folder {d}" for d in allowed[name] if d not in order]
        else:
            bad += [f"LAYERS: {name} names {d}, which is not above it" for d in allowed[name] if d not in order]
            order.append(name)
    return allowed, order, bad


def check_file(path, here, allowed, order):
    if here not in order:
        yield f"{path}: folder {here} is not in LAYERS"
    for n, line in enumerate(path.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|(<[^>]+>))', line)
        if not m:
            continue
        own, system = m.groups()
        there = own.split("/")[0] if own else ""
        if own and "/" not in own:
            yield f'{path}:{n}: write "folder/file.h", not "{own}"'
        elif own and there != here and there not in allowed.get(here, []):
            yield f"{path}:{n}: {here} may not include {own}"
        elif own and there != here and own.endswith("_int.h"):
            yield f"{path}:{n}: {own} is private to {there}"
        elif system in allowed and here not in allowed[system]:
            yield f"{path}:{n}: {system} may not be seen by {here}"


def main():
    allowed, order, bad = read_rules((SRC / "LAYERS").read_text())
    for path in sorted(SRC.rglob("*.[ch]")):
        bad += check_file(path.relative_to(SRC.parent), path.relative_to(SRC).parts[0], allowed, order)
    print("\n".join(bad) or "layers hold")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
