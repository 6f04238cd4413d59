#!/usr/bin/env python3
"""Writes tests/golden/tables: small archives and workbooks as other programs make them.

Usage: make_golden_tables.py [FOLDER]      (needs openpyxl and xlsxwriter)

zip64.zip        stored and deflated entries, every size and offset in zip64 fields, written to a
                 stream (sizes in data descriptors after the data), a nested top folder, a name in
                 UTF-8
openpyxl.xlsx    inline strings, rich text, numbers, booleans, a date, gaps, a second sheet
xlsxwriter.xlsx  shared strings, formulas with their last values, an error, a chart sheet first
"""
import datetime
import io
import pathlib
import re
import sys
import zipfile

import openpyxl
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

WHEN = (2025, 1, 1, 0, 0, 0)


class Stream(io.RawIOBase):
    """A file that cannot seek: zipfile then writes data descriptors."""

    def __init__(self):
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += data
        return len(data)


def make_zip64(path):
    stream = Stream()
    entries = [
        ("top/", b"", zipfile.ZIP_STORED), ("top/stored.txt", b"stored\n", zipfile.ZIP_STORED),
        ("top/inner/packed.txt", b"packed packed packed packed packed\n", zipfile.ZIP_DEFLATED),
        ("top/inner/\u00e9t\u00e9.txt", b"", zipfile.ZIP_DEFLATED),
    ]
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 0
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data, method in entries:
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as file:
                file.write(data)
    zipfile.ZIP64_LIMIT = limit
    path.write_bytes(stream.bytes)


def without_times(path):
    """Packs a workbook anew so that every run writes the same bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts:
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = zipfile.ZIP_DEFLATED
            data = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2025-01-01T00:00:00Z", data)
            archive.writestr(info, data)


def make_openpyxl(path):
    book = openpyxl.Workbook()
    faces = book.active
    faces.title = "faces"
    rich = CellRichText("rich ", TextBlock(InlineFont(b=True), "bold"), " text")
    rows = [
        ["Image", "Age", "Gender", "Weight", "Seen"],
        ["00000A02.jpg", 2, 0, 0.1, True],
        [],
        ["00001A80.jpg", 80.0, 1, -12.5, False],
        [rich, None, None, 1 / 3, datetime.date(2020, 1, 1)],
        [" \u00e9t\u00e9 <&> ", 12345678901234, None, 1e-7, 1e300],
    ]
    for row in rows:
        faces.append(row)
    faces["G4"] = "far right"
    notes = book.create_sheet("second sheet")
    notes["B3"] = "key"
    notes["C3"] = "value"
    notes["B5"] = "x"
    notes["C5"] = 7
    book.save(path)
    without_times(path)


def make_xlsxwriter(path):
    book = xlsxwriter.Workbook(path)
    chart = book.add_chartsheet("chart")
    faces = book.add_worksheet("faces & more")
    faces.write_row(0, 0, ["Image", "Age", "Old"])
    faces.write_row(1, 0, ["a.jpg", 2])
    faces.write_formula(1, 2, "=B2>60", None, False)
    faces.write_row(2, 0, ["b.jpg", 80])
    faces.write_formula(2, 2, '=IF(B3>60,"old","")', None, "old")
    faces.write_formula(3, 0, '="c"&".jpg"', None, "c.jpg")
    faces.write_formula(3, 1, "=B3/2", None, 40.5)
    faces.write_formula(3, 2, "=NA()", None, "#N/A")
    faces.write_rich_string(4, 0, "d", book.add_format({"bold": True}), ".jp", "g")
    faces.write_row(4, 1, [0.1, "old"])
    lines = book.add_chart({"type": "line"})
    lines.add_series({"values": "='faces & more'!$B$2:$B$4"})
    chart.set_chart(lines)
    book.close()
    without_times(path)


def main():
    default = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "tables"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    make_zip64(folder / "zip64.zip")
    make_openpyxl(folder / "openpyxl.xlsx")
    make_xlsxwriter(folder / "xlsxwriter.xlsx")
    for path in sorted(folder.iterdir()):
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
