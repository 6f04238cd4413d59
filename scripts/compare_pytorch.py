#!/usr/bin/env python3
"""Times mixcl and PyTorch on the same work, on the CPU, taking turns, and prints their ratios.

usage: scripts/compare_pytorch.py [--build FOLDER] [--rounds N | --quick] [--only TEXT] [--json]

       scripts/compare_pytorch.py --weights [--build FOLDER]     checks weights instead, see below

Needs torch, torchvision, safetensors and numpy from PyPI, and mixcl with its tests (`scripts/test --quick` makes build/gcc).

- A convolution's time is the best of three batches of 60 ms, on both sides; forward + backward is the
  gradient by the input and by the weights, except where the input is pictures: nobody needs theirs.
- A step is one of MixMatch: K forwards of the unlabelled without gradient, softmax, mean, sharpening,
  mixup, K + 1 forwards with gradient, losses, backward, AdamW, moving average. mixcl's has the gathering
  and augmentation of pictures besides.
- Evaluation is a forward of a batch with running statistics, up to its logits; PyTorch's in inference_mode.
- Turns are repeated; the table has the median. PyTorch runs eagerly, with oneDNN, on all cores, and
  counts with the better of its two memory layouts. mixcl tunes itself once, before it is timed.
- --weights: torchvision's wide_resnet50_2 and resnet18, saved by torch.save in both of its formats,
  become .safetensors by `mixcl convert`, which torchvision loads with strict=True and equal bits; `mixcl
  eval` has torch's loss with them; and weights that `mixcl train` began with and exported load as well.
"""
import argparse
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "configs/wrn-28-2.ini"
LAYOUTS = ("channels_last", "contiguous")
BATCH_S, BATCHES = 0.06, 3
TIMED_STEPS = 5  # in one turn of a MixMatch step, or batches of evaluation
FORWARD, BOTH, NO_INPUT_GRADIENT = "forward", "forward + backward", "forward + backward by weights"


@dataclass(frozen=True)
class Conv:
    n: int
    c: int
    k: int
    size: int
    kernel: int
    stride: int
    limits: tuple  # of (what to time, the ratio it is held to)

    @property
    def pad(self):
        return self.kernel // 2

    @property
    def name(self):
        stride = f" stride {self.stride}" if self.stride > 1 else ""
        return f"{self.kernel}x{self.kernel}{stride} {self.c}->{self.k} @{self.size}, B {self.n}"

    @property
    def needs_input_gradient(self):
        return all(what != NO_INPUT_GRADIENT for what, _ in self.limits)


CONVOLUTIONS = (
    Conv(64, 32, 32, 32, 3, 1, ((FORWARD, 0.60), (BOTH, 0.60))),
    Conv(64, 64, 64, 16, 3, 1, ((FORWARD, 0.60), (BOTH, 0.60))),
    Conv(64, 128, 128, 8, 3, 1, ((FORWARD, 0.60), (BOTH, 0.60))),
    Conv(64, 64, 128, 16, 3, 2, ((BOTH, 0.95),)),
    Conv(32, 3, 64, 96, 7, 2, ((NO_INPUT_GRADIENT, 0.95),)),
    Conv(32, 64, 256, 24, 1, 1, ((BOTH, 0.95),)),
    Conv(32, 256, 64, 24, 1, 1, ((BOTH, 0.95),)),
    Conv(32, 1024, 512, 6, 1, 1, ((BOTH, 0.95),)),
)


@dataclass(frozen=True)
class Step:
    model: str
    size: int
    batch: int
    k: int
    classes: int
    limit: float  # of PyTorch's time
    memory_limit: float  # of its peak memory
    settings: tuple  # on top of CONFIG

    @property
    def name(self):
        return f"MixMatch step, {self.model}, {self.size} px, B {self.batch}, K {self.k}"


@dataclass(frozen=True)
class Evaluation:
    model: str
    size: int
    batch: int
    classes: int
    limit: float
    memory_limit: float
    settings: tuple

    @property
    def name(self):
        return f"evaluation, {self.model}, {self.size} px, B {self.batch}"


HEAD = (100, 10)  # on wide_resnet50_2's fc
WIDE_RESNET = ("model.name=wide_resnet50_2", "model.head=100,10", "data.size=96", "data.classes=a,b", "train.batch=8",
               "optimizer.decay=coupled")
STEPS = (
    Step("wrn-28-2", 32, 64, 2, 10, 0.45, 0.50, ()),
    Step("wide_resnet50_2", 96, 8, 2, 2, 0.50, 0.60, (*WIDE_RESNET, "train.eval_batch=16")),
    Evaluation("wrn-28-2", 32, 256, 10, 0.50, 0.60, ("train.eval_batch=256",)),
    Evaluation("wide_resnet50_2", 96, 64, 2, 0.50, 0.60, (*WIDE_RESNET, "train.eval_batch=64")),
)


def say(text):
    print(text, file=sys.stderr, flush=True)


# mixcl


def run_json(command):
    """Runs a program that prints JSON; what it says on stderr is shown if it fails."""
    # By a shell that forks: a process's peak memory begins with that of whoever it was forked from, which
    # would be this one with PyTorch in it.
    forked = ["sh", "-c", '"$@"; exit $?', "sh"]
    done = subprocess.run(forked + [str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


class Mixcl:
    def __init__(self, build):
        self.mixcl, self.checkcl = build / "mixcl", build / "tests/checkcl"
        for program in (self.mixcl, self.checkcl):
            if not program.exists():
                sys.exit(f"{program} is not there: run scripts/test --quick, or say where with --build")

    def describe(self):
        """-> its version, the device that it measures on"""
        version = subprocess.run([self.mixcl, "version"], capture_output=True, text=True, check=True)
        found = run_json([self.mixcl, "devices", "--device", "cpu", "--json"])
        return version.stdout.strip(), next(device for device in found if device["chosen"])

    def conv(self, conv):
        """-> {what: ms}"""
        shape = (f"n{conv.n},c{conv.c},k{conv.k},h{conv.size},w{conv.size},r{conv.kernel},s{conv.kernel},"
                 f"stride{conv.stride},pad{conv.pad}")
        found = run_json([self.checkcl, "bench", "-d", "cpu", "--shape", shape, "-v", "auto:", "--json"])
        ms = {row["variant"].split("/")[1]: row["ms"] for row in found["rows"]}
        times = {FORWARD: ms["forward"], NO_INPUT_GRADIENT: ms["forward"] + ms["weights"],
                 BOTH: ms["forward"] + ms["data"] + ms["weights"]}
        return {what: times[what] for what, _ in conv.limits}

    def step(self, step):
        """-> (ms, peak memory in bytes)"""
        found = run_json([self.mixcl, "benchmark", CONFIG, "--device", "cpu", "--steps", TIMED_STEPS, "--json"]
                         + [word for setting in step.settings for word in ("--set", setting)]
                         + (["--evaluate"] if isinstance(step, Evaluation) else []))
        return found["step_ms"]["median"], found["peak_memory_bytes"]


# PyTorch: imported where it is needed, so that --help works without it


def memory_format(layout):
    import torch

    return torch.channels_last if layout == "channels_last" else torch.contiguous_format


def best_ms(work):
    """The best of BATCHES batches of BATCH_S, per run: what `checkcl bench` does too."""
    work()
    start = time.perf_counter()
    work()
    runs = max(1, int(BATCH_S / (time.perf_counter() - start)))
    best = float("inf")
    for _ in range(BATCHES):
        start = time.perf_counter()
        for _ in range(runs):
            work()
        best = min(best, (time.perf_counter() - start) / runs)
    return best * 1e3


def torch_conv(conv, layout):
    """-> {what: ms}"""
    import torch
    import torch.nn.functional as F

    def tensor(*sizes, gradient):
        values = torch.rand(sizes) * 2 - 1
        return values.to(memory_format=memory_format(layout)).requires_grad_(gradient)

    x = tensor(conv.n, conv.c, conv.size, conv.size, gradient=conv.needs_input_gradient)
    weight = tensor(conv.k, conv.c, conv.kernel, conv.kernel, gradient=True)

    def apply():
        return F.conv2d(x, weight, stride=conv.stride, padding=conv.pad)

    dy = torch.ones_like(apply())
    wanted = (x, weight) if conv.needs_input_gradient else (weight,)

    def forward():
        with torch.no_grad():
            apply()

    def both():
        torch.autograd.grad(apply(), wanted, dy)

    return {what: best_ms(forward if what == FORWARD else both) for what, _ in conv.limits}


def wide_resnet(depth, widen, classes):
    """The network of mixcl's wrn-DEPTH-WIDEN: pre-activated blocks, leaky ReLU 0.1, no biases in convolutions."""
    from torch import nn
    import torch.nn.functional as F

    def conv(c, k, kernel, stride):
        return nn.Conv2d(c, k, kernel, stride, kernel // 2, bias=False)

    class Block(nn.Module):
        def __init__(self, c, k, stride, activate_shortcut):
            super().__init__()
            self.bn1, self.conv1 = nn.BatchNorm2d(c), conv(c, k, 3, stride)
            self.bn2, self.conv2 = nn.BatchNorm2d(k), conv(k, k, 3, 1)
            self.shortcut = None if c == k else conv(c, k, 1, stride)
            self.activate_shortcut = activate_shortcut

        def forward(self, x):
            a = F.leaky_relu(self.bn1(x), 0.1)
            y = self.conv2(F.leaky_relu(self.bn2(self.conv1(a)), 0.1))
            if self.shortcut is None:
                return x + y
            return self.shortcut(a if self.activate_shortcut else x) + y

    widths = [16, 16 * widen, 32 * widen, 64 * widen]
    layers = [conv(3, widths[0], 3, 1)]
    for group in range(3):
        for block in range((depth - 4) // 6):
            first = block == 0
            layers.append(Block(widths[group] if first else widths[group + 1], widths[group + 1],
                                2 if first and group > 0 else 1, first and group == 0))
    return nn.Sequential(*layers, nn.BatchNorm2d(widths[3]), nn.LeakyReLU(0.1), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(widths[3], classes))


def network(step):
    if step.model == "wrn-28-2":
        return wide_resnet(28, 2, step.classes)
    import torchvision
    from torch import nn

    sizes = (1000, *HEAD, step.classes)
    layers = [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]
    return nn.Sequential(getattr(torchvision.models, step.model)(), *layers)


def torch_work(step, layout):
    """In a process of its own, whose peak memory counts. -> {"ms", "peak_memory_bytes"}"""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(cores())
    prepare = evaluation_of if isinstance(step, Evaluation) else step_of
    run = prepare(step, memory_format(layout))
    run()
    times = []
    for _ in range(TIMED_STEPS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"ms": statistics.median(times), "peak_memory_bytes": peak}


def evaluation_of(evaluation, layout):
    """-> a function that runs a batch forward"""
    import torch

    model = network(evaluation).to(memory_format=layout).eval()
    x = torch.rand(evaluation.batch, 3, evaluation.size, evaluation.size).to(memory_format=layout)

    def run():
        with torch.inference_mode():
            model(x)

    return run


def step_of(step, layout):
    """-> a function that runs a step"""
    import copy

    import torch
    import torch.nn.functional as F

    batch, k, size, classes = step.batch, step.k, step.size, step.classes
    model = network(step).to(memory_format=layout).train()
    average = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02, fused=True)
    labelled = torch.rand(batch, 3, size, size).to(memory_format=layout)
    labels = F.one_hot(torch.randint(0, classes, (batch,)), classes).float()
    unlabelled = [torch.rand(batch, 3, size, size).to(memory_format=layout) for _ in range(k)]

    def run():
        with torch.no_grad():
            guess = sum(torch.softmax(model(view), 1) for view in unlabelled) / k
            guess = guess ** 2  # temperature 0.5
            guess = guess / guess.sum(1, keepdim=True)
        x, targets = torch.cat([labelled, *unlabelled]), torch.cat([labels] + [guess] * k)
        partner = torch.randperm(len(x))
        share = torch.distributions.Beta(0.75, 0.75).sample((len(x), 1))
        share = torch.maximum(share, 1 - share)
        x = torch.lerp(x[partner], x, share[:, :, None, None]).contiguous(memory_format=layout)
        targets = torch.lerp(targets[partner], targets, share)
        logits = torch.cat([model(part) for part in x.split(batch)])
        loss = F.cross_entropy(logits[:batch], targets[:batch])
        loss = loss + 75 * F.mse_loss(torch.softmax(logits[batch:], 1), targets[batch:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for mean, weight in zip(average.parameters(), model.parameters()):
                mean.lerp_(weight, 0.001)

    return run


# The comparison


def summary(ms):
    return {"median_ms": statistics.median(ms), "min_ms": min(ms), "turns_ms": ms}


def row(work, limit, mixcl_ms, torch_ms):
    """mixcl_ms: list; torch_ms: {layout: list}; one entry a turn."""
    layout = min(torch_ms, key=lambda name: statistics.median(torch_ms[name]))
    mixcl, pytorch = summary(mixcl_ms), summary(torch_ms[layout])
    return {"work": work, "mixcl": mixcl, "pytorch": pytorch, "layout": layout,
            "ratio": mixcl["median_ms"] / pytorch["median_ms"], "at_most": limit}


def compare_conv(mixcl, conv, rounds):
    say(f"timing {conv.name}")
    mixcl.conv(conv)  # tunes
    ours, theirs = [], {layout: [] for layout in LAYOUTS}
    for _ in range(rounds):
        ours.append(mixcl.conv(conv))
        for layout in LAYOUTS:
            theirs[layout].append(torch_conv(conv, layout))
    return [row(f"{what}, {conv.name}", limit, [turn[what] for turn in ours],
                {layout: [turn[what] for turn in theirs[layout]] for layout in LAYOUTS})
            for what, limit in conv.limits]


def compare_step(mixcl, step, rounds):
    say(f"timing {step.name}")
    mixcl.step(step)  # tunes
    ours, theirs = [], {layout: [] for layout in LAYOUTS}
    for _ in range(rounds):
        ours.append(mixcl.step(step))
        for layout in LAYOUTS:
            theirs[layout].append(
                run_json([sys.executable, __file__, "--torch-step", f"{STEPS.index(step)}/{layout}"]))
    result = row(step.name, step.limit, [ms for ms, _ in ours],
                 {layout: [turn["ms"] for turn in theirs[layout]] for layout in LAYOUTS})
    result["mixcl"]["peak_memory_bytes"] = max(peak for _, peak in ours)
    result["memory_at_most"] = step.memory_limit
    result["pytorch"]["peak_memory_bytes"] = max(t["peak_memory_bytes"] for t in theirs[result["layout"]])
    return result


# Weights in and out


def write_idx(path, array):
    """A file as MNIST's: uint8, one axis more for each dimension."""
    import numpy as np

    array = np.asarray(array, np.uint8)
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def write_experiment(folder, model, size):
    """Grey pictures with labels 0..7, and the INI file for them. -> its path, pictures, labels"""
    import numpy as np

    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 256, (48, size, size)), np.arange(48) % 8
    for split in ("train", "test"):
        write_idx(folder / f"{split}-images", pictures)
        write_idx(folder / f"{split}-labels", labels)
    sources = "".join(f"[source.{s}]\nkind = idx\nsplit = {s}\nimages = {s}-images\nlabels = {s}-labels\n"
                      for s in ("train", "test"))
    config = folder / "weights.ini"
    config.write_text(f"[device]\ntune = off\n{sources}[data]\nsize = {size}\nlabelled = 16\n"
                      f"scaling = imagenet\n[augment]\nlabelled = none\nunlabelled = none\n"
                      f"[model]\nname = {model}\nhead = keep\n[optimizer]\nlr = 0\n"
                      "[train]\nbatch = 4\nsteps = 2\neval_batch = 24\n")
    return config, pictures, labels


def loss_by_torch(model, pictures, labels):
    import torch

    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    grey = torch.from_numpy(pictures).float() / 255
    x = ((grey[..., None] - mean) / deviation).permute(0, 3, 1, 2)
    with torch.no_grad():
        return torch.nn.functional.cross_entropy(model.eval()(x), torch.from_numpy(labels)).item()


def require(holds, what):
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    if not holds:
        sys.exit(1)


def equal_weights(loaded, model, trained_only=False):
    import torch

    return all(torch.equal(loaded[name], value) for name, value in model.state_dict().items()
               if name in loaded and not (trained_only and "running" in name))


def check_model_weights(mixcl, folder, name, size):
    import torch
    import torchvision
    from safetensors.torch import load_file

    torch.manual_seed(0)
    model = getattr(torchvision.models, name)()
    config, pictures, labels = write_experiment(folder, name, size)

    def loads(path, **how):
        loaded = load_file(path)
        getattr(torchvision.models, name)().load_state_dict(loaded, strict=True)
        return equal_weights(loaded, model, **how)

    for form, zipped in (("zip", True), ("older", False)):
        saved, exported = folder / f"{form}.pth", folder / f"{form}.safetensors"
        torch.save(model.state_dict(), saved, _use_new_zipfile_serialization=zipped)
        start = time.perf_counter()
        subprocess.run([mixcl.mixcl, "convert", saved, exported], check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - start
        require(loads(exported), f"{name}: {form} .pth of {saved.stat().st_size / 1e6:.0f} MB becomes .safetensors "
                f"that loads with strict=True and equal bits ({took:.2f} s, reading and writing included)")
    expected = loss_by_torch(model, pictures, labels)
    found = run_json([mixcl.mixcl, "eval", saved, "--config", config, "--device", "cpu", "--json"])["loss"]
    require(abs(found - expected) <= 1e-4 * abs(expected), f"{name}: loss {found:.6f}, torch's {expected:.6f}")
    subprocess.run([mixcl.mixcl, "train", config, "--device", "cpu", "--out", folder / "runs", "-q",
                    "--set", f"model.weights={saved}"], check=True, stdout=subprocess.DEVNULL)
    require(loads(folder / "runs/weights/last.safetensors", trained_only=True),
            f"{name}: what a run with lr = 0 exports loads with strict=True and equal weights")


def check_weights(mixcl):
    for name, size in (("resnet18", 64), ("wide_resnet50_2", 96)):
        with tempfile.TemporaryDirectory() as folder:
            check_model_weights(mixcl, Path(folder), name, size)


def cores():
    return len(os.sched_getaffinity(0))


def cpu_seconds():
    """-> of all programs since the machine started, of this one and those that it ran"""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    everyone = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    return everyone, sum(os.times()[:4])


def machine(mixcl):
    """What the times belong to."""
    import torch

    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    onednn = re.search(r"(?:MKL-DNN|oneDNN) v([\d.]+)", torch.__config__.show())
    version, device = mixcl.describe()
    return {"cpu": cpu.group(1) if cpu else platform.machine(), "cores": cores(),
            "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
            "mixcl": version, "device": device["name"], "driver": device["driver"],
            "pytorch": torch.__version__, "onednn": onednn.group(1) if onednn else "none",
            "pytorch_threads": torch.get_num_threads(), "pytorch_isa": torch.backends.cpu.get_cpu_capability()}


def print_table(about, rows):
    print("{cpu}, {cores} cores, {system}\n{mixcl} on {device}, driver {driver}\nPyTorch {pytorch} with oneDNN "
          "{onednn}, {pytorch_isa}, {pytorch_threads} threads\nOther programs took {others:.0%} of the cores meanwhile: ratios are to be trusted "
          "when that is near 0.\n".format(**about))
    print("| work | mixcl, ms (best) | PyTorch, ms (best) | layout | ratio | at most |")
    print("|---|--:|--:|---|--:|--:|")
    for r in rows:
        ours, theirs = (f"{r[side]['median_ms']:.2f} ({r[side]['min_ms']:.2f})" for side in ("mixcl", "pytorch"))
        print(f"| {r['work']} | {ours} | {theirs} | {r['layout']} | {r['ratio']:.2f} | {r['at_most']:.2f} |")
        if "peak_memory_bytes" in r["mixcl"]:
            ours, theirs = (r[side]["peak_memory_bytes"] / 2**20 for side in ("mixcl", "pytorch"))
            print(f"| its peak memory, MiB | {ours:.0f} | {theirs:.0f} | | {ours / theirs:.2f} | "
                  f"{r['memory_at_most']:.2f} |")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage=argparse.SUPPRESS)
    parser.add_argument("--build", type=Path, default=ROOT / "build/gcc", help="default: build/gcc")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each measurement (default 5)")
    parser.add_argument("--quick", action="store_const", dest="rounds", const=1, help="one turn of each")
    parser.add_argument("--only", default="", metavar="TEXT", help="only work whose name contains TEXT")
    parser.add_argument("--json", action="store_true", help="print JSON, with the time of every turn")
    parser.add_argument("--weights", action="store_true", help="check weights in and out instead")
    parser.add_argument("--torch-step", metavar="STEP/LAYOUT", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    asked = read_arguments()
    try:
        import torch
    except ImportError:
        sys.exit("PyTorch is not there: pip install torch numpy")
    if asked.torch_step:
        index, layout = asked.torch_step.split("/")
        print(json.dumps(torch_work(STEPS[int(index)], layout)))
        return
    torch.set_num_threads(cores())
    mixcl = Mixcl(asked.build)
    if asked.weights:
        check_weights(mixcl)
        return
    rows = []
    everyone, own, start = *cpu_seconds(), time.monotonic()
    with tempfile.TemporaryDirectory() as cache:
        # Tuning is part of this run, not of whatever the machine did when a cache was made.
        os.environ["MIXCL_CACHE_DIR"] = cache
        about = machine(mixcl)
        for conv in CONVOLUTIONS:
            if asked.only in conv.name:
                rows += compare_conv(mixcl, conv, asked.rounds)
        for step in STEPS:
            if asked.only in step.name:
                rows.append(compare_step(mixcl, step, asked.rounds))
    now_everyone, now_own = cpu_seconds()
    others = (now_everyone - everyone) - (now_own - own)
    about["others"] = max(0.0, others / (time.monotonic() - start) / os.cpu_count())
    if asked.json:
        print(json.dumps({"machine": about, "rounds": asked.rounds, "rows": rows}, indent=2))
    else:
        print_table(about, rows)


if __name__ == "__main__":
    main()
