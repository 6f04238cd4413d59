#!/usr/bin/env python3
"""Writes tests/golden/augment.bin: pictures, and what torchvision makes of them by Pillow.

Usage: make_golden_augment.py [OUT]      (needs torchvision, pillow 13 or later, and numpy)

The file is little-endian: the bytes "MXAU", 32-bit counts of pictures and of cases; for each picture
three 16-bit words (height, width, channels) and its bytes; for each case a name of 16 bytes, padded
with zeros, the 32-bit index of its picture, six 32-bit floats (the strength, or as the name says) and
the bytes of the result.
"""
import pathlib
import struct
import sys

import numpy as np
import torchvision.transforms.functional as F
from PIL import Image

NEAREST, BILINEAR = F.InterpolationMode.NEAREST, F.InterpolationMode.BILINEAR
FACTORS = (0.5, 1.0, 1.3359375, 2.75)
ANGLES = (-10.0, 6.25, 90.0, 180.0)


def photo(rng, height, width, channels):
    """Gradients, an edge and some noise."""
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    light = 40 + 130 * x / width + 60 * np.sin(y / 3.0 + c) + 50 * ((x > y) ^ (c == 1))
    return np.clip(light + rng.normal(0, 8, light.shape), 0, 255).astype(np.uint8)


def as_image(pixels):
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def blur_size(image):
    return 2 * max(1, min(image.size) // 20) + 1


def crop(image, pad, top, left, mode):
    return F.crop(F.pad(image, pad, padding_mode=mode), top, left, image.height, image.width)


def erase(image, top, left, height, width):
    return F.to_pil_image(F.erase(F.pil_to_tensor(image), top, left, height, width, 0))


def cases(rng):
    """(name, numbers, function, pictures)"""
    many, few = range(4), (0, 2)
    for factor in FACTORS + tuple(rng.uniform(0.5, 1.5, 2)):
        yield "brightness", (factor,), lambda p, a: F.adjust_brightness(p, a[0]), few
        yield "contrast", (factor,), lambda p, a: F.adjust_contrast(p, a[0]), few
        yield "saturation", (factor,), lambda p, a: F.adjust_saturation(p, a[0]), (1, 2)
        yield "gamma", (factor,), lambda p, a: F.adjust_gamma(p, a[0]), few
    for turns in (-0.5, -0.3, 0.0, 0.1171875, 0.3):
        yield "hue", (turns,), lambda p, a: F.adjust_hue(p, a[0]), (0, 1)
    yield "hue", (0.25,), lambda p, a: F.adjust_hue(p, a[0]), (2,)
    yield "flip", (), lambda p, a: F.hflip(p), many
    yield "gray", (), lambda p, a: F.to_grayscale(p, len(p.getbands())), many
    for angle in ANGLES + tuple(rng.uniform(-10, 10, 2)):
        yield "rotate", (angle,), lambda p, a: F.rotate(p, a[0], NEAREST), (0, 3)
        yield "rotate-bilinear", (angle,), lambda p, a: F.rotate(p, a[0], BILINEAR), (1,)
    for angle in (4.5, -60.0):
        yield "rotate", (angle,), lambda p, a: F.rotate(p, a[0], NEAREST), (2, 4)
        yield "rotate-bilinear", (angle,), lambda p, a: F.rotate(p, a[0], BILINEAR), (2, 3, 4)
    for pad, top, left in ((4, 0, 8), (4, 3, 4), (9, 18, 1)):  # how far, and the crop's corner
        yield "crop", (pad, top, left), lambda p, a: crop(p, *map(int, a), "reflect"), few
        yield "crop-black", (pad, top, left), lambda p, a: crop(p, *map(int, a), "constant"), few
    for sigma in (0.1, 0.75, 2.0):
        yield "blur", (sigma,), lambda p, a: F.gaussian_blur(p, blur_size(p), a[0]), (0, 2)
    yield "blur", (1.5,), lambda p, a: F.gaussian_blur(p, blur_size(p), a[0]), (4,)
    for corner in ((0, 0, 3, 5), (7, 2, 13, 15)):  # top, left, height, width
        yield "erase", corner, lambda p, a: erase(p, *map(int, a)), few
    for numbers in ((10.0, 2.0, -1.0, 1.0625, -7.0), (-23.0, 0.0, 3.0, 0.875, 5.5)):
        yield "affine", numbers, lambda p, a: F.affine(  # angle, right, down, scale, shear
            p, a[0], [int(a[1]), int(a[2])], a[3], [a[4], 0.0], NEAREST), (0, 2)


def main():
    default = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "augment.bin"
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    rng = np.random.default_rng(20190506)
    pictures = [photo(rng, 20, 17, 3), rng.integers(0, 256, (20, 17, 3), dtype=np.uint8),
                photo(rng, 20, 17, 1), rng.integers(0, 256, (1, 23, 3), dtype=np.uint8),
                photo(rng, 45, 41, 1)]
    body, count = [], 0
    for name, numbers, function, which in cases(rng):
        numbers = [float(np.float32(n)) for n in numbers]
        for index in which:
            result = np.asarray(function(as_image(pictures[index]), numbers), dtype=np.uint8)
            assert result.size == pictures[index].size, name
            padded = numbers + [0.0] * (6 - len(numbers))
            body.append(struct.pack("<16sI6f", name.encode(), index, *padded) + result.tobytes())
            count += 1
    head = [struct.pack("<3H", *p.shape) + p.tobytes() for p in pictures]
    path.write_bytes(b"MXAU" + struct.pack("<2I", len(pictures), count) + b"".join(head + body))
    print(f"{path}: {count} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
