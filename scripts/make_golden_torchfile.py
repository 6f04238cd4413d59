#!/usr/bin/env python3
"""Writes tests/golden/torchfile: .pth files by torch.save, and the tensors in them as .safetensors.

Usage: make_golden_torchfile.py [OUT]      (needs torch 2.6 or later, and safetensors)

NAME.zip.pth is what torch.save writes today, NAME.stream.pth the form of PyTorch before 1.6; both
hold the float tensors of NAME.safetensors, there as contiguous float32. The other files are for
single claims of tests/unit/test_torchfile.c. Streams have memory addresses for keys, so two runs
differ in them.
"""
import collections
import io
import pathlib
import sys
import zipfile

import safetensors.torch
import torch


def numbers(*sizes, dtype=torch.float32):
    count = int(torch.tensor(sizes).prod()) if sizes else 1
    return ((torch.arange(count) * 37 % 101 - 50) / 8).reshape(sizes).to(dtype)


def types():
    """Each element type, with what is special about it."""
    special = [0.0, -0.0, float("inf"), -float("inf"), 1.0, -2.5]
    return collections.OrderedDict(
        f32=torch.tensor(special + [1e-40, 3.4e38]),
        f16=torch.tensor(special + [6e-8, 65504.0], dtype=torch.float16),
        bf16=torch.tensor(special + [1e-40, 3.3e38], dtype=torch.bfloat16),
        f64=torch.tensor(special + [1e-46, 1e300, 0.1], dtype=torch.float64),
        i64=torch.tensor(7), i32=torch.tensor([1, 2], dtype=torch.int32),
        i16=torch.tensor([1, 2], dtype=torch.int16), i8=torch.tensor([1], dtype=torch.int8),
        u8=torch.tensor([1], dtype=torch.uint8), bool=torch.tensor([True, False]))


def views():
    """Tensors that are not the whole of their storage in order."""
    base, half = numbers(6, 8), numbers(5, 4, dtype=torch.float16)
    picture = numbers(2, 3, 4, 5)
    return collections.OrderedDict([
        ("base", base), ("transposed", base.t()), ("rows", base[2:4]), ("columns", base[:, 3:5]),
        ("steps", base[1::2, ::3]), ("row", base[5]), ("scalar", base[3, 4]),
        ("half", half), ("half transposed", half.t()),
        ("channels_last", picture.to(memory_format=torch.channels_last)),
        ("permuted", picture.permute(3, 0, 2, 1)),
        ("expanded", numbers(3, 1).expand(3, 4)), ("one", numbers(1, 1, 1)),
        ("empty", torch.zeros(0, 7)), ("parameter", torch.nn.Parameter(numbers(2, 2))),
        ("frozen", torch.nn.Parameter(base[1], requires_grad=False))])


def model():
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2),
                                  torch.nn.Linear(2, 3))
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.copy_(numbers(*tensor.shape))
    return network


def checkpoint():
    """A training checkpoint of a DataParallel model."""
    network = model()
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.zeros(1, 1, 4, 4)).sum().backward()
    optimizer.step()
    state = torch.nn.DataParallel(model()).state_dict()
    return {"epoch": 3, "best": torch.tensor(0.5), "name": "a \u00e9", "big": 1 << 70, "loss": 0.25,
            "none": None, "small": -1, "wide": -(1 << 40), "flags": (True, False),
            "device": torch.device("cpu"), "size": torch.Size([2, 3]),
            "optimizer": optimizer.state_dict(), "state_dict": state}


def floats(state):
    """Contiguous float32 copies of the float tensors, without DataParallel's prefix."""
    return {name.removeprefix("module."): tensor.detach().to(torch.float32).contiguous().clone()
            for name, tensor in state.items() if tensor.is_floating_point()}


def write(folder, name, content, state, **options):
    torch.save(content, folder / f"{name}.zip.pth", **options)
    torch.save(content, folder / f"{name}.stream.pth", _use_new_zipfile_serialization=False,
               **options)
    safetensors.torch.save_file(floats(state), folder / f"{name}.safetensors")


def write_big_endian(path):
    """Claims the other byte order; the elements do not matter."""
    plain = io.BytesIO()
    torch.save({"a": numbers(2)}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as out:
        for name in source.namelist():
            out.writestr(zipfile.ZipInfo(name),
                         b"big" if name.endswith("byteorder") else source.read(name))


def main():
    default = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "torchfile"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(20190506)
    write(folder, "types", types(), types())
    write(folder, "views", views(), views())
    write(folder, "protocol4", views(), views(), pickle_protocol=4)
    write(folder, "checkpoint", checkpoint(), checkpoint()["state_dict"])
    for place in ("state_dict", "model_state_dict", "model", "ema"):
        content = {"decoy": {}, "epoch": 3, "best": torch.tensor(0.5), place: {"a": numbers(2)}}
        torch.save(content, folder / f"{place}.pth")
    torch.save(model(), folder / "module.pth")
    torch.save(numbers(2, 3), folder / "bare.pth")
    torch.save({"epoch": 3, "net": {"a": numbers(2)}}, folder / "elsewhere.pth")
    torch.save({"count": torch.tensor(3)}, folder / "whole.pth")
    write_big_endian(folder / "big_endian.pth")
    print(f"{folder}: {sum(file.stat().st_size for file in folder.iterdir())} bytes")


if __name__ == "__main__":
    main()
