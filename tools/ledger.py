#!/usr/bin/env python3
"""The example ledger of docs/first-hour.md as a spreadsheet: ledger.py LEDGER.csv LEDGER.xlsx

Every cell is a text, as in most ledgers that offices send; the same table gives the same bytes."""
import csv
import pathlib
import sys
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>'
    '<sheet name="台账" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def cell(row, column, text):
    place = f"{chr(ord('A') + column)}{row}"
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>' if text else ""


def sheet(rows):
    lines = ("".join(cell(n, i, text) for i, text in enumerate(cells)) for n, cells in enumerate(rows, 1))
    data = "".join(f'<row r="{n}">{line}</row>' for n, line in enumerate(lines, 1))
    return f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>'


def workbook(rows, to):
    parts = {**PARTS, "xl/worksheets/sheet1.xml": sheet(rows)}
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            part = zipfile.ZipInfo(name)  # with the date of no day, so that the bytes stay the same
            part.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(part, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text)


if __name__ == "__main__":
    with pathlib.Path(sys.argv[1]).open(encoding="utf-8", newline="") as source:
        workbook(list(csv.reader(source)), sys.argv[2])
