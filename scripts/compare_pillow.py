#!/usr/bin/env python3
"""Times `mixcl prepare` and Pillow side by side: 2,000 JPEGs of 400 x 400 to 96 x 96.

Usage: compare_pillow.py [MIXCL] [--rounds N]      (needs Pillow and numpy; MIXCL is build/mixcl)

Pillow works in a pool of a process per core: open, convert("RGB"), resize((96, 96), BILINEAR). mixcl
writes its packed file anew each time, once with exact pixels and once with fast_decode. The three
take turns; the best turn of each counts: of the pool's work, and of mixcl's decoding and writing as
it says, with the whole command, start and fsync included, in brackets. Pixels are held to Pillow's. Pictures are made
up: blurred noise of several sizes, edges, grain, quality 88.
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import subprocess
import tempfile
import time

import numpy
from PIL import Image

COUNT, SIDE, SIZE = 2000, 400, 96


def blurred_noise(random, cells):
    noise = (random.random((cells, cells, 3)) * 255).astype(numpy.uint8)
    return numpy.asarray(Image.fromarray(noise).resize((SIDE, SIDE), Image.BICUBIC), numpy.float32)


def write_picture(item):
    index, path = item
    random = numpy.random.default_rng(index)
    picture = sum(share * blurred_noise(random, cells) for cells, share in
                  ((3, 0.5), (9, 0.25), (30, 0.15), (100, 0.07), (300, 0.03)))
    picture = (picture - 128) * 1.6 + 128
    for _ in range(6):
        y, x = random.integers(0, SIDE - 50, 2)
        height, width = random.integers(20, 150, 2)
        part = picture[y:y + height, x:x + width]
        part[:] = part * 0.5 + random.random(3) * 128
    picture += random.normal(0, 3, picture.shape)
    Image.fromarray(numpy.clip(picture, 0, 255).astype(numpy.uint8)).save(path, quality=88)


def pillow_bytes(path):
    return Image.open(path).convert("RGB").resize((SIZE, SIZE), Image.BILINEAR).tobytes()


def pillow_work(path):
    return len(pillow_bytes(path))


def time_pillow(pool, paths):
    start = time.perf_counter()
    assert sum(pool.imap_unordered(pillow_work, paths, chunksize=32)) == COUNT * SIZE * SIZE * 3
    return time.perf_counter() - start


def time_mixcl(arguments, folder, fast):
    """Seconds of the work and of the whole command, and the packed file."""
    cache = folder / "cache"
    for old in cache.glob("*"):
        old.unlink()
    start = time.perf_counter()
    done = subprocess.run([arguments.mixcl, "prepare", folder / "pictures.ini", "--json",
                           "--set", f"data.cache={cache}",
                           "--set", f"data.fast_decode={str(fast).lower()}"],
                          check=True, stdout=subprocess.PIPE)
    whole = time.perf_counter() - start
    return (json.loads(done.stdout)["seconds"], whole), next(cache.glob("*.pack"))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("mixcl", nargs="?", default="build/mixcl")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    never = (1e9, 1e9)
    best = {"Pillow": never, "mixcl": never, "mixcl, fast_decode": never}
    with tempfile.TemporaryDirectory() as name, multiprocessing.Pool(os.cpu_count()) as pool:
        folder = pathlib.Path(name)
        paths = [folder / "pictures" / "ab"[i % 2] / f"{i:04}.jpg" for i in range(COUNT)]
        for path in paths[:2]:
            path.parent.mkdir(parents=True)
        pool.map(write_picture, enumerate(paths))
        paths.sort()
        (folder / "pictures.ini").write_text(
            f"[source.all]\nimages = pictures\n[data]\nsize = {SIZE}\n[train]\nsteps = 1\n")
        for _ in range(arguments.rounds):
            seconds = time_pillow(pool, paths)
            best["Pillow"] = min(best["Pillow"], (seconds, seconds))
            for key, fast in (("mixcl", False), ("mixcl, fast_decode", True)):
                seconds, pack = time_mixcl(arguments, folder, fast)
                best[key] = min(best[key], seconds)
                if not fast:
                    expected = b"".join(pool.map(pillow_bytes, paths))
                    assert pack.read_bytes()[4096:4096 + len(expected)] == expected, "pixels differ"
    pillow = best["Pillow"][0]
    for key, (work, whole) in best.items():
        print(f"{key:20} {COUNT / work:6.0f} ({COUNT / whole:.0f}) pictures/s  "
              f"{pillow / work:.2f} ({pillow / whole:.2f})")


if __name__ == "__main__":
    main()
