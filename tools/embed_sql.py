#!/usr/bin/env python3
"""Makes headers of the .sql files.

src/FOLDER/FILE.sql  ->  gen/FOLDER/FILE.sql.h with one `static const char sql_NAME[]` for each
statement, which begins at a line `-- name: NAME`.  src/store/schema/NNN_x.sql -> gen/store/schema.h.
all_sql.h lists every statement (for the test that prepares each on both engines).

The output file named first is all that ninja knows of: every header includes it, and it changes with any
of them, so that whatever was compiled from an older one is compiled again in the same run.
"""
import hashlib
import pathlib
import re
import sys


INCLUDE = '#include "gen_sql.h"'


def literal(text):
    lines = [l for l in text.strip().splitlines() if l.strip() and not l.strip().startswith("--")]
    esc = (l.replace("\\", "\\\\").replace('"', '\\"') for l in lines)
    return "\n".join(f'    "{l}\\n"' for l in esc) or '    ""'


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def statements(text, where):
    name, body = None, []
    for line in text.splitlines():
        m = re.match(r"--\s*name:\s*(\w+)\s*$", line)
        if m:
            if name:
                yield name, "\n".join(body)
            name, body = m.group(1), []
        else:
            body.append(line)
    if name:
        yield name, "\n".join(body)
    elif text.strip():
        sys.exit(f"{where}: expected a line '-- name: NAME' before the first statement")


def main():
    out, src, gen = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    everything, schema, seen = [], [], {}
    for path in sorted(map(pathlib.Path, sys.argv[4:])):
        path = path.resolve()
        folder, text = path.relative_to(src.resolve()).parts[0], path.read_text()
        if path.parent.name == "schema":
            schema.append((int(path.name[:3]), path.name, text))
            continue
        lines = [f"/* made from {folder}/{path.name} */", "#pragma once", INCLUDE]
        for name, body in statements(text, path):
            if name in seen:
                sys.exit(f"{path}: statement {name} stands in {seen[name]} too")
            seen[name] = path
            lines += [f"static const char sql_{name}[] __attribute__((unused)) =", literal(body) + ";"]
            everything.append(f'    X({name}, {literal(body).strip()})')
        write(gen / folder / (path.name + ".h"), "\n".join(lines) + "\n")
    rows = ["/* made from store/schema */", "#pragma once", INCLUDE,
            "static const struct { int number; const char *name, *sql; } SCHEMA[] = {"]
    for number, name, text in sorted(schema):
        rows += [f'    {{{number}, "{name}",', literal(text) + "},"]
    write(gen / "store" / "schema.h", "\n".join(rows + ["};"]) + "\n")
    write(gen / "store" / "all_sql.h", f"/* every named statement */\n#pragma once\n{INCLUDE}\n#define SQL_LIST(X) \\\n"
          + " \\\n".join(e.replace("\n", " \\\n") for e in everything) + "\n")
    stamp = hashlib.sha256("".join(p.read_text() for p in sorted(gen.rglob("*.h"))).encode()).hexdigest()
    write(out, f"/* {stamp} */\n")


main()
