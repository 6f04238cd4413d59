#!/usr/bin/env python3
"""Writes tests/golden/tables: small archives as other programs make them.

Usage: make_golden_tables.py [FOLDER]

zip64.zip  stored and deflated entries, every size and offset in zip64 fields, written to a stream
           (sizes in data descriptors after the data), a nested top folder, a name in UTF-8
"""
import io
import pathlib
import sys
import zipfile

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
    zipfile.ZIP64_LIMIT = 0
    stream = Stream()
    entries = [
        ("top/", b"", zipfile.ZIP_STORED), ("top/stored.txt", b"stored\n", zipfile.ZIP_STORED),
        ("top/inner/packed.txt", b"packed packed packed packed packed\n", zipfile.ZIP_DEFLATED),
        ("top/inner/\u00e9t\u00e9.txt", b"", zipfile.ZIP_DEFLATED),
    ]
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data, method in entries:
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as file:
                file.write(data)
    path.write_bytes(stream.bytes)


def main():
    default = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "tables"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    make_zip64(folder / "zip64.zip")
    for path in sorted(folder.iterdir()):
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
