#!/usr/bin/env python3
"""House checks on the files of the project; part of ./test.

house.py [ROOT]     prints "file:line: what is wrong", exits 1 if anything is
                    (lines that begin with "warning:" do not count)."""
import pathlib
import re
import sys

FILE_LINES, FUNCTION_LINES = 1000, 70
# Prose and data keep long lines; in C the limit is what clang-format is told.
COLUMNS = {".c": 120, ".h": 120, ".py": 120, ".mjs": 120, ".js": 120, ".ts": 120, ".sh": 120,
           ".sql": 120, "": 120}
CODE = {".c", ".h", ".py", ".mjs", ".js", ".ts", ".vue", ".sh", ".sql", ".yaml"}
TEXT = CODE | {".md", ".json", ".txt", ".cfg", ".build"}
FOLDERS = (".ci", "bench", "conf", "docs", "fuzz", "playbooks", "src", "tests", "tools", "ui")
SKIP = {"node_modules", "__pycache__", "corpus", "dist", "embed", "golden"}
LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
FORBIDDEN = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll"
                       r"|atof|localtime|gmtime|asctime|ctime)\s*\(")
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(root):
    """The project's own text files, as paths from the root."""
    for path in sorted(p for p in root.iterdir() if p.is_file()):
        if path.suffix in TEXT or path.name in ("run", "test"):
            yield path.relative_to(root)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            rel = path.relative_to(root)
            if path.is_file() and not SKIP & set(rel.parts):
                if path.suffix in TEXT or rel.parts[0] == ".ci":
                    yield rel


def only_code(text):
    """The C text with comments and literals blanked, line for line."""
    return NOT_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def check_lines(rel, lines):
    code = rel.suffix in CODE or rel.suffix == ""
    limit = COLUMNS.get(rel.suffix)
    for n, line in enumerate(lines, 1):
        if limit and len(line) > limit:
            yield f"{rel}:{n}: {len(line)} columns, limit {limit}"
        if LATER.search(line):
            yield f"{rel}:{n}: a note for later; do it, or make it an issue"
        if code and line != line.rstrip():
            yield f"{rel}:{n}: space at the end"
        if rel.suffix in (".c", ".h", ".yaml") and "\t" in line:
            yield f"{rel}:{n}: a tab"


def check_c(rel, text):
    start = 0
    for n, line in enumerate(only_code(text).split("\n"), 1):
        if rel.parts[0] == "src":
            for m in FORBIDDEN.finditer(line):
                yield f"{rel}:{n}: {m.group(1)} is not used here"
        if line.startswith("{"):
            start = n
        elif line.startswith("}") and start:
            if n - start > FUNCTION_LINES:
                yield f"warning: {rel}:{start}: a function of {n - start} lines"
            start = 0


def check(root, rel):
    try:
        text = (root / rel).read_text(encoding="utf-8")
    except UnicodeDecodeError as e:
        yield f"{rel}: not UTF-8 at byte {e.start}"
        return
    lines = text.split("\n")
    yield from check_lines(rel, lines)
    if text and not text.endswith("\n"):
        yield f"{rel}:{len(lines)}: no newline at the end"
    if rel.suffix in (".c", ".h"):
        yield from check_c(rel, text)
    if rel.suffix in CODE - {".yaml"} and len(lines) > FILE_LINES:
        yield f"warning: {rel}: {len(lines)} lines"
    if rel.name == "package-lock.json" and '"resolved":' in text:
        yield f"{rel}: names a registry; npm install --omit-lockfile-registry-resolved"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parent.parent
    found = [line for rel in files(root) for line in check(root, rel)]
    bad = [line for line in found if not line.startswith("warning:")]
    print("\n".join(found) or "the house is clean")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
