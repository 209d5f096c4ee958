#!/usr/bin/env python3
"""Puts files into the program: one .S with .incbin and one table (src/web/web.c reads it).

A file src/web/embed/PATH or ui/dist/PATH is known as PATH.  Files that compress well are stored gzipped.
The table has, for each file: name, first byte, end, gzipped?, SHA-256 in hex (the ETag)."""
import gzip
import hashlib
import pathlib
import sys


def main():
    out, root = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    bases = [(root / at).resolve() for at in ("src/web/embed", "ui/dist")]
    keep = out.parent / "embedded"
    keep.mkdir(exist_ok=True)
    asm = ['    .section .rodata', '    .balign 8']
    table = []
    for i, path in enumerate(sorted(map(pathlib.Path, sys.argv[3:]))):
        path = path if path.is_absolute() else (out.parent / path).resolve()
        data = path.read_bytes()
        packed = gzip.compress(data, 9, mtime=0)
        gz = len(packed) < len(data) * 0.9
        file = keep / f"{i}"
        file.write_bytes(packed if gz else data)
        name = str(path.relative_to(next(b for b in bases if b in path.parents)))
        asm += [f"embed_{i}:", f'    .incbin "{file.resolve()}"', f"embed_{i}_end:", "    .byte 0",
                f'embed_{i}_name: .asciz "{name}"',
                f'embed_{i}_sum: .asciz "{hashlib.sha256(data).hexdigest()}"']
        table.append((i, int(gz)))
    asm += ['    .section .data.rel.ro,"aw"', "    .balign 8", "    .global web_embedded", "web_embedded:"]
    for i, gz in table:
        asm += [f"    .quad embed_{i}_name, embed_{i}, embed_{i}_end, {gz}, embed_{i}_sum"]
    asm += ["    .quad 0, 0, 0, 0, 0", '    .section .note.GNU-stack,"",@progbits']
    out.write_text("\n".join(asm) + "\n")


main()
