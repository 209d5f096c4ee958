#!/usr/bin/env python3
"""The other opinion for xlsx_test: openpyxl.

xlsx_oracle.py make DIR      writes DIR/N.xlsx and DIR/N.csv (what reading it must give), N = 0, 1, …
xlsx_oracle.py show FILE     prints the cells of a workbook as lines of JSON
Exit status 77: openpyxl is not there.
"""
import csv
import datetime as dt
import json
import pathlib
import random
import sys
from decimal import ROUND_HALF_UP, Context

try:
    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
except ImportError:
    sys.exit(77)

BOOKS, ROWS = 8, 120
DIGITS = Context(prec=15, rounding=ROUND_HALF_UP)


def number_text(value):
    """15 digits that count of what openpyxl writes, no exponent, no zeros at the end."""
    text = format(DIGITS.create_decimal(f"{value:.16g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def random_text(rnd):
    parts = ["纠纷", "长江路", "a", " ", "<&>", '"', "é", "\n", "_x0041_", "𬭚", ",", "'", "0012"]
    return "".join(rnd.choice(parts) for _ in range(rnd.randint(1, 6)))


def random_value(rnd, mac):
    """-> (value, number format or None, text)"""
    kind = rnd.randrange(9)
    first = dt.date(1904, 1, 2) if mac else dt.date(1900, 1, 1)
    day = first + dt.timedelta(days=rnd.randint(0, 80000))
    if kind == 0:
        return None, None, ""
    if kind == 1:
        v = rnd.choice([0, 1, -1, rnd.randint(-(10**15), 10**15), rnd.randint(-99, 99)])
        return v, None, str(v)
    if kind == 2:
        v = rnd.choice([0.1, 0.30000000000000004, 1e-7, 1.5e20, -2.5, rnd.random() * 1000, rnd.random() * 1e-5,
                        round(rnd.random() * 10000, 2)])
        return v, rnd.choice([None, "0.00", "0.00E+00", "#,##0.00;[Red]-#,##0.00", '0.0"days"']), number_text(v)
    if kind == 3:
        return day, rnd.choice(["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "[$-804]d/m/yy;@", "d-mmm-yy"]), day.isoformat()
    if kind == 4:
        at = dt.datetime.combine(day, dt.time(rnd.randrange(24), rnd.randrange(60), rnd.randrange(60)))
        text = at.strftime("%Y-%m-%d") if at.time() == dt.time() else at.strftime("%Y-%m-%d %H:%M:%S")
        return at, "yyyy-mm-dd hh:mm:ss", f"{at.year:04d}" + text[4:]
    if kind == 5:
        t = dt.time(rnd.randrange(24), rnd.randrange(60), 1 + rnd.randrange(59))
        return t, "h:mm:ss", t.isoformat()
    if kind == 6:
        v = rnd.random() < 0.5
        return v, None, "TRUE" if v else "FALSE"
    if kind == 7:
        d = dt.timedelta(seconds=1 + rnd.randrange(1000000))
        s = int(d.total_seconds())
        return d, "[h]:mm:ss", f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"
    text = random_text(rnd)
    return text, None, text.replace("_x0041_", "A")  # openpyxl writes it as it is, which means A


def make(folder):
    for n in range(BOOKS):
        rnd = random.Random(n)
        book = openpyxl.Workbook()
        mac = n % 2 == 1
        if mac:
            book.epoch = CALENDAR_MAC_1904
        sheet = book.active
        sheet.title = "数据"
        book.create_sheet("other").cell(1, 1, "not this")
        expected = []
        for row in range(1, ROWS):
            if rnd.random() < 0.1:
                continue
            texts = []
            for column in range(1, 1 + rnd.randint(1, 30)):
                value, code, text = random_value(rnd, mac)
                if rnd.random() < 0.3:
                    value, text = None, ""
                if value is not None:
                    cell = sheet.cell(row, column)
                    cell.value = value
                    if code:
                        cell.number_format = code
                texts.append(text)
            while texts and not texts[-1]:
                texts.pop()
            if texts:
                expected.append([str(row)] + texts)
        book.save(folder / f"{n}.xlsx")
        with open(folder / f"{n}.csv", "w", encoding="utf-8", newline="") as f:
            csv.writer(f, quoting=csv.QUOTE_ALL).writerows(expected)


def show(path):
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows():
        print(json.dumps([c.value.isoformat(" ") if hasattr(c.value, "isoformat") else c.value for c in row],
                         ensure_ascii=False))


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
else:
    show(sys.argv[2])
