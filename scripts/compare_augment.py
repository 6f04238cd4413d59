#!/usr/bin/env python3
"""Times the augmentation of 192 pictures of 96 x 96 beside torchvision, each on one core.

Usage: compare_augment.py [CHECKCL] [--rounds N]      (needs torch, torchvision and numpy)

Both take 8-bit pictures to a batch of floats in 0..1, each through one of brightness, contrast, saturation
and gamma by U(0.5, 1.5), horizontal flip, rotation by U(-10, 10) degrees and grey: augment.unlabelled = seed.
torchvision does it as data loaders do, by Pillow (Image.fromarray, the operation, to_tensor, then stack),
here in one thread; mixcl by `checkcl bench` with one PoCL thread. They take turns; the best of each counts.
"""
import argparse
import json
import os
import random
import subprocess
import time

import numpy as np
import torch
import torchvision.transforms.functional as F
from PIL import Image

COUNT, SIZE, CORE = 192, 96, 0


def strength():
    return random.uniform(0.5, 1.5)


OPERATIONS = (
    lambda picture: F.adjust_brightness(picture, strength()),
    lambda picture: F.adjust_contrast(picture, strength()),
    lambda picture: F.adjust_saturation(picture, strength()),
    lambda picture: F.adjust_gamma(picture, strength()),
    F.hflip,
    lambda picture: F.rotate(picture, random.uniform(-10, 10)),
    lambda picture: F.to_grayscale(picture, 3),
)


def tensor_of(pixels):
    return F.to_tensor(random.choice(OPERATIONS)(Image.fromarray(pixels)))


def time_torchvision(pictures):
    start = time.perf_counter()
    torch.stack([tensor_of(pixels) for pixels in pictures])
    return time.perf_counter() - start


def time_mixcl(checkcl):
    """Seconds of a batch."""
    done = subprocess.run([checkcl, "bench", "-o", "augment_ops", "-v", "seed", "--json"], check=True,
                          stdout=subprocess.PIPE, env={**os.environ, "POCL_MAX_PTHREAD_COUNT": "1"})
    row, = json.loads(done.stdout)["rows"]
    assert f"{SIZE}x{SIZE}x3 0+{COUNT}" in row["case"], row
    return row["ms"] / 1000


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("checkcl", nargs="?", default="build/tests/checkcl")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {CORE})
    pictures = np.random.default_rng(1).integers(0, 256, (COUNT, SIZE, SIZE, 3), dtype=np.uint8)
    torchvision = mixcl = float("inf")
    for _ in range(arguments.rounds):
        torchvision = min(torchvision, *(time_torchvision(pictures) for _ in range(5)))
        mixcl = min(mixcl, time_mixcl(arguments.checkcl))
    for name, seconds in (("torchvision", torchvision), ("mixcl", mixcl)):
        print(f"{name:12} {COUNT / seconds:9.0f} pictures/s  {torchvision / seconds:6.1f}")


if __name__ == "__main__":
    main()
