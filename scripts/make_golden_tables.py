#!/usr/bin/env python3
"""Writes tests/golden/tables: small archives, workbooks and MAT files as other programs make them.

Usage: make_golden_tables.py [FOLDER]      (needs openpyxl, xlsxwriter, scipy and h5py)

zip64.zip        stored and deflated entries, every size and offset in zip64 fields, written to a
                 stream (sizes in data descriptors after the data), a nested top folder, a name in
                 UTF-8
openpyxl.xlsx    inline strings, rich text, numbers, booleans, a date, gaps, a second sheet
xlsxwriter.xlsx  shared strings, formulas with their last values, an error, a chart sheet first
mafa_train.mat   three pictures in the layout of MAFA's LabelTrainAll.mat: version 5, compressed
mafa_test.mat    two pictures in the layout of LabelTestAll.mat: version 5, not compressed
mafa_*73.mat     the same as MATLAB's -v7.3, which is HDF5, has them
other.mat        version 5 without labels
"""
import datetime
import io
import pathlib
import re
import sys
import zipfile

import h5py
import numpy as np
import openpyxl
import scipy.io
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


# x y w h, eyes, occluder's box, occluder's type and degree, gender, race, orientation, glasses
TRAIN = [
    ("add_11.jpg", "train_00000003.jpg",
     [[56, 170, 185, 185, 140, 198, 196, 208, 41, 56, 147, 182, 1, 3, 1, 1, 4, -1, -1, -1, -1]]),
    ("b.jpg", "train_00000004.jpg",
     [[10, 20, 30, 40, 1, 2, 3, 4, 5, 6, 7, 8, 2, 2, 1, 1, 3, -1, -1, -1, -1],
      [-3, 7, 50, 60, 1, 2, 3, 4, 5, 6, 7, 8, 3, 1, 2, 1, 1, 1, 2, 3, 4]]),
    ("c.jpg", "train_00000005.jpg", []),
]
# x y w h, type of face, occluder's box, type and degree, gender, race, orientation, glasses
TEST = [
    ("test_00000001.jpg",
     [[56, 170, 185, 185, 1, 41, 56, 147, 182, 1, 3, 1, 1, 4, -1, -1, -1, -1],
      [1, 2, 3, 4, 2, -1, -1, -1, -1, -1, -1, 1, 1, 3, -1, -1, -1, -1]]),
    ("test_00000002.jpg", [[5, 6, 7, 8, 3, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1]]),
]


def fields_of(train):
    """The fields of the struct array, each with its values."""
    rows, columns = (TRAIN, 21) if train else (TEST, 18)
    kind = np.int16 if train else np.float64
    labels = [np.array(row[-1], kind).reshape(-1, columns) for row in rows]
    names = {"orgimgName": [row[0] for row in rows], "imgName": [row[1] for row in rows]}
    return (names if train else {"name": [row[0] for row in rows]}) | {"label": labels}


def header(version):
    """The first 128 bytes of a MAT file, without the time."""
    text = f"MATLAB {version} MAT-file, made for the tests of mixcl".encode().ljust(116)
    return text + bytes(8) + (b"\x00\x01IM" if version == "5.0" else b"\x00\x02IM")


def make_mat5(path, variable, content, compress):
    scipy.io.savemat(path, {"note": "a variable before", variable: content}, do_compression=compress)
    path.write_bytes(header("5.0") + path.read_bytes()[128:])


def struct_array(fields):
    count = len(fields["label"])
    array = np.zeros((1, count), [(name, object) for name in fields])
    for name, values in fields.items():
        for i in range(count):
            array[0, i][name] = values[i]
    return array


def set_class(item, name):
    """MATLAB declares the text as terminated but writes no terminator."""
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(len(name))
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    attribute = h5py.h5a.create(item.id, b"MATLAB_class", kind, space)
    attribute.write(np.array(name, f"S{len(name)}"), mtype=kind)


def make_mat73(path, variable, fields):
    with h5py.File(path, "w", userblock_size=512) as file:
        refs = file.create_group("#refs#")
        group = file.create_group(variable)
        set_class(group, "struct")
        letters = np.empty(len(fields), object)
        letters[:] = [np.array(list(name), "S1") for name in fields]
        group.attrs.create("MATLAB_fields", letters, dtype=h5py.vlen_dtype("S1"))
        for name, values in fields.items():
            data = group.create_dataset(name, (len(values), 1), h5py.ref_dtype)
            for i, value in enumerate(values):
                char = isinstance(value, str)
                if char:
                    stored = np.array([[ord(c)] for c in value], np.uint16)
                else:  # sizes stand in the place of what is empty
                    stored = value.T if value.size else np.array(value.shape, np.uint64)
                item = refs.create_dataset(f"{name}{i}", data=stored)
                set_class(item, "char" if char else {"f": "double", "i": "int16"}[value.dtype.kind])
                if char:
                    item.attrs["MATLAB_int_decode"] = np.int32(2)
                elif value.size == 0:
                    item.attrs["MATLAB_empty"] = np.uint8(1)
                data[i, 0] = item.ref
    with open(path, "r+b") as file:
        file.write(header("7.3"))


def make_mafa(folder):
    for train, name, variable in ((True, "train", "label_train"), (False, "test", "LabelTest")):
        fields = fields_of(train)
        make_mat5(folder / f"mafa_{name}.mat", variable, struct_array(fields), train)
        make_mat73(folder / f"mafa_{name}73.mat", variable, fields)
    make_mat5(folder / "other.mat", "faces", np.eye(2), False)


def main():
    default = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "tables"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    make_zip64(folder / "zip64.zip")
    make_openpyxl(folder / "openpyxl.xlsx")
    make_xlsxwriter(folder / "xlsxwriter.xlsx")
    make_mafa(folder)
    for path in sorted(folder.iterdir()):
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
