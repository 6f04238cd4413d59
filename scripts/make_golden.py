#!/usr/bin/env python3
"""Writes the golden tensors of tests/parity with PyTorch in double precision.

Usage: make_golden.py [FOLDER]      (needs torch, torchvision and numpy; FOLDER is tests/golden)

Pictures are stored [n][h][w][c], parameters in torch's order under torch's names, whole numbers as
floats; scalars are in the metadata. Everything is rounded to float32 once, on the way in or out.

wrn_plain, wrn_bias    one forward and backward of a wide residual network over three groups with batch
                       statistics of their own: x, targets, logits, losses [cross entropy, squared
                       difference], before/NAME, gradient/NAME, after/NAME (running statistics) and
                       eval_logits (with the statistics of before)
adam                   five steps over flat arrays: decayed, not decayed, running statistics
resnet_*               torchvision's networks with weights and pictures that a formula gives (see hashed):
                       eval_logits, and for some a forward and backward as above, of whose gradients and
                       statistics SAMPLES elements are kept, and the largest, as NAME/largest
torchvision.txt        the floating-point tensors of torchvision's networks: network, name, sizes
mixmatch_steps         ten whole steps of MixMatch from the weights wrn_plain/before
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

torch.set_default_dtype(torch.float64)


class Block(nn.Module):
    """Pre-activation block; the first one of the network activates before its shortcut."""

    def __init__(self, n_in, n_out, stride, first, bias):
        super().__init__()
        self.first = first
        self.bn1 = nn.BatchNorm2d(n_in)
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=bias)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=bias)
        if n_in != n_out:
            self.convShortcut = nn.Conv2d(n_in, n_out, 1, stride, 0, bias=bias)

    def forward(self, x):
        active = F.leaky_relu(self.bn1(x), 0.1)
        y = self.conv2(F.leaky_relu(self.bn2(self.conv1(active)), 0.1))
        if hasattr(self, "convShortcut"):
            return y + self.convShortcut(active if self.first else x)
        return y + x


class Stage(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, depth, width, channels, classes, bias):
        super().__init__()
        n_in = 16
        self.conv1 = nn.Conv2d(channels, n_in, 3, 1, 1, bias=bias)
        for stage in range(3):
            blocks = []
            for i in range((depth - 4) // 6):
                n_out, stride = width * 16 << stage, 2 if stage > 0 and i == 0 else 1
                blocks.append(Block(n_in, n_out, stride, stage == 0 and i == 0, bias))
                n_in = n_out
            setattr(self, f"block{stage + 1}", Stage(blocks))
        self.bn1 = nn.BatchNorm2d(n_in)
        self.fc = nn.Linear(n_in, classes)

    def forward(self, x):
        for stage in (self.conv1, self.block1, self.block2, self.block3):
            x = stage(x)
        return self.fc(F.leaky_relu(self.bn1(x), 0.1).mean((2, 3)))


def single(array):
    """Rounded to float32, in double precision."""
    return np.asarray(array, np.float64).astype(np.float32).astype(np.float64)


def tensors_of(model):
    return {name: value for name, value in model.state_dict().items() if value.is_floating_point()}


def fill(model, rng):
    """Weights of He's size; everything else off its neutral value, so that it shows."""
    for name, value in tensors_of(model).items():
        if value.dim() > 1:
            numbers = rng.normal(0, np.sqrt(2 / value[0].numel()), value.shape)
        elif name.endswith("running_var") or ("bn" in name and name.endswith("weight")):
            numbers = rng.uniform(0.5, 1.5, value.shape)
        else:
            numbers = rng.normal(0, 0.2, value.shape)
        value.copy_(torch.from_numpy(single(numbers)))


def follow(model, follows):
    """Whether the running statistics follow the batches."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.1 if follows else 0.0


def forward_groups(model, groups):
    """One forward each; the running statistics follow the first."""
    logits = []
    for i, x in enumerate(groups):
        follow(model, i == 0)
        logits.append(model(x))
    return logits


def losses_of(logits, targets, labelled):
    """Cross entropy of the labelled rows and squared difference of the others."""
    loss_x = -(F.log_softmax(logits[:labelled], 1) * targets[:labelled]).sum(1).mean()
    loss_u = ((torch.softmax(logits[labelled:], 1) - targets[labelled:]) ** 2).mean()
    return loss_x, loss_u


def pictures(rng, n, channels, size):
    return torch.from_numpy(single(rng.uniform(-1, 1, (n, channels, size, size))))


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def save(folder, name, tensors, **notes):
    """A .safetensors file, written by hand: the package's own writer orders notes at random."""
    header, data = {"__metadata__": {key: str(value) for key, value in notes.items()}}, b""
    for key, value in sorted(tensors.items()):
        array = np.asarray(value.detach() if torch.is_tensor(value) else value, "<f4")
        header[key] = {"dtype": "F32", "shape": array.shape,
                       "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path = folder / f"{name}.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    print(f"{path}: {len(tensors)} tensors, {path.stat().st_size} bytes")


def prefixed(prefix, tensors):
    return {f"{prefix}/{name}": value.clone() for name, value in tensors.items()}


def make_wrn(folder, name, seed, channels, size, bias):
    rng = np.random.default_rng(seed)
    batch, groups, classes, lambda_u = 6, 3, 5, 10.0
    model = WideResNet(10, 1, channels, classes, bias)
    fill(model, rng)
    x = pictures(rng, batch, channels, size)
    targets = torch.from_numpy(single(rng.dirichlet(np.ones(classes), batch)))
    out = prefixed("before", tensors_of(model))
    model.eval()
    out["eval_logits"] = model(x)
    model.train()
    logits = torch.cat(forward_groups(model, x.split(batch // groups)))
    loss_x, loss_u = losses_of(logits, targets, batch // groups)
    (loss_x + lambda_u * loss_u).backward()
    out |= {f"gradient/{key}": value.grad for key, value in model.named_parameters()}
    out |= {f"after/{key}": value for key, value in tensors_of(model).items() if "running" in key}
    out |= {"x": nhwc(x), "targets": targets, "logits": logits, "losses": torch.stack([loss_x, loss_u])}
    save(folder, name, out, model="wrn-10-1", groups=groups, lambda_u=lambda_u, conv_bias=int(bias))
    return {key[7:]: value for key, value in out.items() if key.startswith("before/")}


def ema_at(step):
    return min(0.999, (1 + step) / (10 + step))


def make_adam(folder):
    rng = np.random.default_rng(3)
    lr, decay, steps, ends = 0.01, 0.5, 5, (40, 80, 96)
    start = single(rng.normal(0, 1, ends[2]))
    average = single(rng.normal(0, 1, ends[2]))
    gradients = single(rng.normal(0, 1, (steps, ends[2])) * 10.0 ** rng.uniform(-9, 2, ends[2]))
    gradients[:, 3], gradients[1:, 5] = 0, 0
    out = {"start": start, "start_average": average, "gradients": gradients}
    for coupled in (False, True):
        parts = [torch.from_numpy(part.copy()) for part in np.split(start, ends[:2])]
        mean = torch.from_numpy(average.copy())
        adam = torch.optim.Adam([{"params": [parts[0]], "weight_decay": decay if coupled else 0.0},
                                 {"params": [parts[1]]}], lr=lr)
        weights, means = [], []
        for step in range(steps):
            parts[0].grad, parts[1].grad = torch.from_numpy(gradients[step]).split([40, 40, 16])[:2]
            adam.step()
            if not coupled:
                parts[0] *= 1 - lr * decay
            mean = ema_at(step) * mean + (1 - ema_at(step)) * torch.cat(parts)
            weights.append(torch.cat(parts))
            means.append(mean)
        kind = "coupled" if coupled else "decoupled"
        out |= {f"{kind}/weights": torch.stack(weights), f"{kind}/average": torch.stack(means)}
    save(folder, "adam", out, lr=lr, decay=decay, steps=steps, decayed=ends[0], trained=ends[1])


def sharpen(views, temperature):
    powered = (sum(torch.softmax(view, 1) for view in views) / len(views)) ** (1 / temperature)
    return powered / powered.sum(1, keepdim=True)


def interleave(groups):
    """The authors' interleave(): chunk g of group 0 changes places with chunk g of group g."""
    n, rows = len(groups), len(groups[0])
    sizes = [rows // n + (i >= n - rows % n) for i in range(n)]
    cut = [list(group.split(sizes)) for group in groups]
    for g in range(1, n):
        cut[0][g], cut[g][g] = cut[g][g], cut[0][g]
    return [torch.cat(chunks) for chunks in cut]


def step_losses(model, x, labels, partner, lambdas, batch, classes):
    """One step's two losses: x is the labelled pictures, then the views of the unlabelled ones."""
    groups = x.split(batch)
    with torch.no_grad():
        follow(model, False)
        guess = sharpen([model(view) for view in groups[1:]], 0.5)
    targets = torch.cat([F.one_hot(labels, classes).to(x.dtype)] + [guess] * (len(groups) - 1))
    weight = lambdas[:, None]
    mixed_targets = weight * targets + (1 - weight) * targets[partner]
    weight = weight[:, :, None, None]
    mixed = weight * x + (1 - weight) * x[partner]
    logits = interleave(forward_groups(model, interleave(mixed.split(batch))))
    return losses_of(torch.cat(logits), mixed_targets, batch)


def make_steps(folder, before):
    rng = np.random.default_rng(4)
    batch, k, classes, steps, pool = 4, 2, 5, 10, 16
    rows = (k + 1) * batch
    lr, decay, lambda_u, ramp = 0.002, 0.02, 75.0, 8
    model = WideResNet(10, 1, 3, classes, False)
    model.load_state_dict(before, strict=False)
    model.train()
    images, labels = pictures(rng, pool, 3, 12), rng.integers(0, classes, pool)
    order = np.stack([rng.permutation(pool)[:rows] for _ in range(steps)])
    partner = np.stack([rng.permutation(rows) for _ in range(steps)])
    lambdas = rng.beta(0.75, 0.75, (steps, rows))
    lambdas = single(np.maximum(lambdas, 1 - lambdas))
    average = {name: value.clone() for name, value in tensors_of(model).items()}
    adam, losses = torch.optim.Adam(model.parameters(), lr=lr), []
    for step in range(steps):
        loss_x, loss_u = step_losses(model, images[order[step]], torch.from_numpy(labels[order[step, :batch]]),
                                     torch.from_numpy(partner[step]), torch.from_numpy(lambdas[step]),
                                     batch, classes)
        adam.zero_grad()
        (loss_x + lambda_u * min(1, step / ramp) * loss_u).backward()
        adam.step()
        with torch.no_grad():
            for value in model.parameters():
                value.mul_(1 - lr * decay if value.dim() > 1 else 1)
            for name, value in tensors_of(model).items():
                average[name] = ema_at(step) * average[name] + (1 - ema_at(step)) * value
        losses.append([loss_x.item(), loss_u.item()])
    out = {"images": nhwc(images), "labels": labels, "order": order, "partner": partner, "lambda": lambdas,
           "losses": losses} | prefixed("after", tensors_of(model)) | prefixed("average", average)
    save(folder, "mixmatch_steps", out, model="wrn-10-1", batch=batch, k=k, lr=lr, decay=decay,
         lambda_u=lambda_u, ramp_steps=ramp)


SAMPLES = 32


def hashed(name, shape, low, high):
    """Numbers that tests/parity/test_resnet.c computes too: FNV-1a of the name seeds, murmur3 mixes."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    h = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    h ^= h >> np.uint32(16)
    numbers = low + (high - low) * (h >> np.uint32(8)) / 2**24
    return torch.from_numpy(single(numbers).reshape(shape))


def fill_hashed(model):
    """Every batch norm is followed by a ReLU that some channels always pass and others never: where a
    rounding error can switch one, gradients of 50 layers differ by percents between any two programs in
    float32, PyTorch's own included."""
    for name, value in tensors_of(model).items():
        if value.dim() > 1:
            high = np.sqrt(6 / value[0].numel())
            value.copy_(hashed(name, value.shape, -high, high))
        elif name.endswith("running_var"):
            value.copy_(hashed(name, value.shape, 0.5, 1.5))
        elif name.endswith("weight"):
            value.copy_(hashed(name, value.shape, 0.1, 0.2))
        elif "bn" in name and name.endswith("bias"):
            sign = hashed(name, value.shape, -1, 1)
            last = name.endswith("bn3.bias")
            value.copy_(torch.where(sign > 0, 1.0, -20.0 if last else -1.0))
        elif "downsample" in name and name.endswith("bias"):
            value.fill_(0.5)
        else:
            value.copy_(hashed(name, value.shape, -0.2, 0.2))


def sampled(prefix, tensors):
    out = {}
    for name, value in tensors.items():
        flat = value.detach().flatten()
        chosen = [i * len(flat) // SAMPLES for i in range(SAMPLES)] if len(flat) > SAMPLES else slice(None)
        out[f"{prefix}/{name}"] = flat[chosen].clone()
        out[f"{prefix}/{name}/largest"] = flat.abs().max().reshape(1)
    return out


class Headed(nn.Module):
    """A network of torchvision with linear layers on its fc, named as mixcl names them."""

    def __init__(self, name, sizes):
        super().__init__()
        self.body = getattr(torchvision.models, name)()
        self.head = nn.Sequential(*(nn.Linear(a, b) for a, b in zip([1000] + sizes, sizes)))

    def forward(self, x):
        return self.head(self.body(x))


def make_resnet(folder, golden, name, size, batch, sizes=(), groups=0):
    model = Headed(name, list(sizes))
    fill_hashed(model.body)
    fill_hashed(nn.ModuleDict({"head": model.head}))
    x = hashed("pictures", (batch, size, size, 3), -1, 1).permute(0, 3, 1, 2)
    with torch.no_grad():
        out = {"eval_logits": model.eval()(x)}
    notes = {"model": name, "size": size, "batch": batch, "head": ",".join(map(str, sizes[:-1])),
             "groups": groups}
    if groups:
        targets = torch.softmax(hashed("targets", (batch, sizes[-1]), -2, 2), 1)
        targets = torch.from_numpy(single(targets))
        model.train()
        logits = torch.cat(forward_groups(model, x.split(batch // groups)))
        loss_x, loss_u = losses_of(logits, targets, batch // groups)
        (loss_x + 10.0 * loss_u).backward()

        def plain(tensors):
            return {key.removeprefix("body."): value for key, value in tensors}

        out |= sampled("gradient", plain((key, value.grad) for key, value in model.named_parameters()))
        out |= sampled("after", plain((key, value) for key, value in tensors_of(model).items() if "running" in key))
        out |= {"targets": targets, "logits": logits, "losses": torch.stack([loss_x, loss_u])}
        notes |= {"lambda_u": 10.0}
    save(folder, golden, out, **notes)


def list_torchvision(folder):
    lines = []
    for name in ("resnet18", "resnet34", "resnet50", "wide_resnet50_2", "wide_resnet101_2"):
        for key, value in tensors_of(getattr(torchvision.models, name)()).items():
            lines.append(" ".join([name, key, *map(str, value.shape)]))
    (folder / "torchvision.txt").write_text("\n".join(lines) + "\n")


def main():
    default = pathlib.Path(__file__).parent.parent / "tests" / "golden"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    torch.set_num_threads(1)
    before = make_wrn(folder, "wrn_plain", 1, channels=3, size=16, bias=False)
    make_wrn(folder, "wrn_bias", 2, channels=1, size=13, bias=True)
    make_adam(folder)
    make_steps(folder, before)
    list_torchvision(folder)
    make_resnet(folder, "resnet_18", "resnet18", 64, 3)
    make_resnet(folder, "resnet_wide_96", "wide_resnet50_2", 96, 3)
    make_resnet(folder, "resnet_wide_224", "wide_resnet50_2", 224, 1)
    make_resnet(folder, "resnet_headed", "wide_resnet50_2", 96, 9, (100, 10, 2), groups=3)


if __name__ == "__main__":
    main()
