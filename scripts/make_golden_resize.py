#!/usr/bin/env python3
"""Writes tests/golden/resize.bin: pictures, and what Pillow's bilinear resize makes of them.

Usage: make_golden_resize.py [OUT]      (needs pillow 13 or later, and numpy)

The file is little-endian: the bytes "MXRS", a 32-bit count of cases, then for each case five 16-bit
words (input height, input width, output height, output width, channels) and three pictures of
height x width x channels bytes: the input, the output with columns filtered first (what Pillow up
to 12 does; here by resizing one axis after the other), and the output of Pillow 13.
"""
import pathlib
import struct
import sys

import numpy as np
import PIL
from PIL import Image

SIZES = [  # (height, width) of input and output
    ((1, 1), (1, 1)), ((1, 1), (5, 7)), ((7, 5), (1, 1)), ((1, 9), (4, 1)), ((2, 2), (3, 3)),
    ((5, 3), (5, 3)), ((5, 3), (5, 8)), ((5, 3), (9, 3)), ((17, 23), (8, 8)), ((13, 11), (26, 22)),
    ((28, 28), (32, 32)), ((64, 37), (9, 16)), ((3, 60), (60, 3)), ((31, 29), (30, 28)),
    ((48, 40), (7, 41)),
]


def picture(rng, height, width, channels, kind):
    if kind == 0:
        pixels = rng.integers(0, 256, (height, width, channels))
    elif kind == 1:  # extremes only, where rounding and clipping show
        pixels = rng.integers(0, 2, (height, width, channels)) * 255
    else:
        y, x, c = np.mgrid[0:height, 0:width, 0:channels]
        pixels = (7 * y + 11 * x + 50 * c) % 256
    return pixels.astype(np.uint8)


def outputs(pixels, height, width):
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    bilinear = Image.Resampling.BILINEAR
    columns_first = image.resize((width, image.height), bilinear).resize((width, height), bilinear)
    return columns_first.tobytes() + image.resize((width, height), bilinear).tobytes()


def main():
    if int(PIL.__version__.split(".")[0]) < 13:
        sys.exit(f"make_golden_resize.py: pillow 13 or later is needed, this is {PIL.__version__}")
    default = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "resize.bin"
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    rng = np.random.default_rng(20190506)
    cases = []
    for index, ((in_h, in_w), (out_h, out_w)) in enumerate(SIZES):
        for channels in (1, 3):
            pixels = picture(rng, in_h, in_w, channels, index % 3)
            header = struct.pack("<5H", in_h, in_w, out_h, out_w, channels)
            cases.append(header + pixels.tobytes() + outputs(pixels, out_h, out_w))
    path.write_bytes(b"MXRS" + struct.pack("<I", len(cases)) + b"".join(cases))
    print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
