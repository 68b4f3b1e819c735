#!/usr/bin/env python3
"""Compares published and fixed networks with PyTorch: logits, gradients, batch statistics.

    Tests/Peers/baselines_against_torch.py [--program PATH] [--size D H W] [--batch N]
        [NETWORK ...]

PyTorch makes random weights and computes in double precision; the same weights go through a
safetensors file to `BaselineBenchmark compare`, and its numbers come back in another. Relative
errors are those of whole tensors, |a - b| / |b|. A gradient that is zero in double precision is
compared with the norm of all gradients instead. Prints a line per network; exit code 1 if one is
off. What PyTorch itself loses in single precision stands beside it.

A hundred random layers deep, single precision is lost on anybody: PyTorch's own gradients of
ResNet3D-101 are off by 10 to 30 %. So branches that are added to a shortcut start small, as in
training that begins with them at zero.

And a rectifier whose input is within rounding of 0 opens in one arithmetic and not in the other. So
what a batch norm adds before a rectifier is moved a little, channel by channel, to where no input comes
near 0, or 6 (`steady`), also behind the sums of our residual blocks: on a steady problem both
arithmetics open the same rectifiers. torchvision's sums are left as they are. Of the seeds from 1 on the
first is taken with which PyTorch's single precision agrees with its double one to a third of what is
demanded, or the best of all. Our own numbers have no part in any of this.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGITS, GRADIENT, ZERO = 1e-4, 1e-3, 1e-6
# How large the scales of branches beside a shortcut are, against other scales.
BRANCH = 0.1
# What batch norms add in the mean: half-open rectifiers lose digits from layer to layer.
SHIFT = 1
SEEDS = 20
# How far what a batch norm adds may be moved, and among how many places the best is taken.
MOVE, PLACES = 0.1, 400
# The last cell of a fixed network strides 32 times: smaller volumes would leave it single voxels.
SIZES = {"k3e3": [32, 64, 64], "k3e6": [32, 64, 64], "mc3-18": [8, 24, 24],
         "densenet3d-121": [32, 32, 32]}
NETWORKS = ["resnet3d-101", "densenet3d-121", "mc3-18", "resnet3d-34", "resnet3d-18", "k3e3",
            "k3e6"]


def conv(inputs, outputs, kernel, stride=1, **more):
    kernel = (kernel,) * 3 if isinstance(kernel, int) else kernel
    return nn.Conv3d(inputs, outputs, kernel, stride, [k // 2 for k in kernel], **more)


class Residual(nn.Module):
    """A residual block; `steps` are (kernel, stride, channels) of its convolutions."""

    def __init__(self, inputs, steps, stride):
        super().__init__()
        self.convolutions, self.norms, before = [], [], inputs
        for index, (kernel, step, channels) in enumerate(steps):
            self.convolutions.append(conv(before, channels, kernel, step, bias=False))
            self.norms.append(nn.BatchNorm3d(channels))
            self.add_module(f"conv{index}", self.convolutions[-1])
            self.add_module(f"bn{index}", self.norms[-1])
            before = channels
        self.projection = None
        if stride != 1 or inputs != before:
            self.projection = nn.Sequential(conv(inputs, before, 1, stride, bias=False),
                                            nn.BatchNorm3d(before))

    def forward(self, x):
        y = x
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            y = norm(convolution(y))
            if index + 1 < len(self.norms):
                y = F.relu(y)
        return F.relu(y + (x if self.projection is None else self.projection(x)))


class DenseLayer(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm3d(inputs), conv(inputs, 128, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm3d(128), conv(128, 32, 3, bias=False)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(F.relu(self.norm2(y)))], 1)


class Headed(nn.Module):
    """Layers, average, linear."""

    def __init__(self, layers, channels, classes=3):
        super().__init__()
        self.layers, self.fc = nn.Sequential(*layers), nn.Linear(channels, classes)

    def forward(self, x):
        return self.fc(self.layers(x).mean((2, 3, 4)))


def stem():
    return [conv(1, 64, 7, (1, 2, 2), bias=False), nn.BatchNorm3d(64), nn.ReLU(),
            nn.MaxPool3d(3, 2, 1)]


def residual(counts, bottlenecks):
    layers, channels = stem(), 64
    for stage, count in enumerate(counts):
        width = 64 << stage
        for index in range(count):
            stride = 2 if stage > 0 and index == 0 else 1
            steps = [(3, stride, width), (3, 1, width)]
            if bottlenecks:
                steps = [(1, 1, width), (3, stride, width), (1, 1, 4 * width)]
            layers.append(Residual(channels, steps, stride))
            channels = steps[-1][2]
    return Headed(layers, channels)


def dense():
    layers, channels = stem(), 64
    for block, count in enumerate([6, 12, 24, 16]):
        for _ in range(count):
            layers.append(DenseLayer(channels))
            channels += 32
        layers += [nn.BatchNorm3d(channels), nn.ReLU()]
        if block < 3:
            layers += [conv(channels, channels // 2, 1, bias=False), nn.AvgPool3d(2, 2)]
            channels //= 2
    return Headed(layers, channels)


def mixed():
    """torchvision's own, with one input channel."""
    from torchvision.models.video import mc3_18
    model = mc3_18(num_classes=3)
    model.stem[0] = conv(1, 64, (3, 7, 7), (1, 2, 2), bias=False)
    return model


class Slot(nn.Module):
    """A slot of the search space with a 3×3×3 mobile convolution."""

    def __init__(self, inputs, width, stride, expansion, shortcut):
        super().__init__()
        middle = width * expansion
        self.calibration = conv(inputs, width, 1, stride)
        self.operation = nn.Sequential(
            conv(width, middle, 1, bias=False), norm(middle), nn.ReLU6(),
            conv(middle, middle, 3, groups=middle, bias=False), norm(middle), nn.ReLU6(),
            conv(middle, width, 1, bias=False), norm(width))
        self.shortcut = shortcut

    def forward(self, x):
        x = self.calibration(x)
        return self.operation(x) + x if self.shortcut else self.operation(x)


def norm(channels):
    return nn.BatchNorm3d(channels, eps=1e-3)


def fixed(expansion):
    layers = [conv(1, 32, 3, 2, bias=False), norm(32), nn.ReLU6(),
              conv(32, 32, 3, groups=32, bias=False), norm(32), nn.ReLU6(),
              conv(32, 16, 1, bias=False), norm(16)]
    channels = 16
    for width, blocks, stride in zip([24, 40, 80, 96, 192, 320], [4, 4, 4, 4, 4, 1],
                                     [2, 2, 2, 1, 2, 1]):
        for block in range(blocks):
            layers.append(Slot(channels, width, stride if block == 0 else 1, expansion, block > 0))
            channels = width
    return Headed(layers + [conv(channels, 1280, 1, bias=False), norm(1280), nn.ReLU6()], 1280)


def model_of(name):
    if name.startswith("k3e"):
        return fixed(int(name[3:]))
    return {"resnet3d-101": lambda: residual([3, 4, 23, 3], True),
            "resnet3d-34": lambda: residual([3, 4, 6, 3], False),
            "resnet3d-18": lambda: residual([2, 2, 2, 2], False),
            "densenet3d-121": dense, "mc3-18": mixed}[name]()


def ours(tensor, shape):
    """A parameter of PyTorch's in the engine's layout."""
    if tensor.dim() == 5:
        tensor = tensor.permute(2, 3, 4, 1, 0)
    elif tensor.dim() == 2:
        tensor = tensor.t()
    return tensor.reshape(shape).contiguous()


def error(found, truth):
    return (found.double() - truth).norm().item() / max(truth.norm().item(), 1e-300)


def step(model, x, labels):
    """Logits, loss and gradients of a training step; batch norms keep what they saw."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.reset_running_stats()
            module.momentum = 1
    model.zero_grad()
    logits = model(x)
    F.cross_entropy(logits, labels).backward()
    model.eval()
    with torch.no_grad():
        evaluated = model(x)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm3d)]
    return (logits.detach(), [p.grad.detach().clone() for p in model.parameters()], evaluated,
            [s.clone() for m in norms for s in (m.running_mean, m.running_var)])


def rectified(model):
    """The batch norms with a rectifier behind them or behind their sum, and where it bends."""
    bends = {}
    for module in model.modules():
        if isinstance(module, nn.Sequential):
            for first, second in zip(module, list(module)[1:]):
                if isinstance(first, nn.BatchNorm3d) and isinstance(second, (nn.ReLU, nn.ReLU6)):
                    bends[first] = [0.0, 6.0] if isinstance(second, nn.ReLU6) else [0.0]
        elif isinstance(module, DenseLayer):
            bends[module.norm1] = bends[module.norm2] = [0.0]
        elif isinstance(module, Residual):
            bends.update({inner: [0.0] for inner in module.norms})
    return bends


def steady(model, x):
    """Moves what batch norms add so that no rectifier behind them is near a bend, front to back."""
    shortcuts = {}

    def keep(block, inputs):
        other = inputs[0] if block.projection is None else block.projection(inputs[0])
        shortcuts[block.norms[-1]] = other.transpose(0, 1).flatten(1)

    def move(norm, inputs, bends):
        values = inputs[0].transpose(0, 1).flatten(1)
        values = (values - values.mean(1, keepdim=True)) / (
            values.var(1, unbiased=False, keepdim=True) + norm.eps).sqrt()
        for channel in range(len(values)):
            scaled = values[channel] * norm.weight[channel]
            if norm in shortcuts:
                scaled = scaled + shortcuts[norm][channel]
            ordered = scaled.sort().values
            places = norm.bias[channel] + torch.linspace(-MOVE, MOVE, PLACES, dtype=x.dtype)
            nearest = torch.full_like(places, math.inf)
            for bend in bends:
                target = bend - places
                after = torch.searchsorted(ordered, target).clamp(max=len(ordered) - 1)
                for index in (after, (after - 1).clamp(min=0)):
                    nearest = torch.minimum(nearest, (ordered[index] - target).abs())
            norm.bias[channel] = places[nearest.argmax()]

    hooks = [norm.register_forward_pre_hook(lambda m, i, bends=bends: move(m, i, bends))
             for norm, bends in rectified(model).items()]
    hooks += [block.register_forward_pre_hook(keep) for block in model.modules()
              if isinstance(block, Residual)]
    model.train()
    with torch.no_grad():
        model(x)
    for hook in hooks:
        hook.remove()


def problem(name, size, batch, seed):
    """A network, a batch, and what double and single precision make of them."""
    torch.manual_seed(seed)
    model = model_of(name).double()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm3d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, SHIFT, 0.5)
    with torch.no_grad():
        if name == "densenet3d-121":
            # Wholly open, its scale would not matter to the batch norms behind it.
            nn.init.normal_(model.layers[1].bias, 0, 0.5)
        for module in model.modules():
            if isinstance(module, Residual):
                module.norms[-1].weight *= BRANCH
                # Wholly open sums would make its gradient rounding.
                nn.init.normal_(module.norms[-1].bias, 0, 0.5)
            elif isinstance(module, Slot):
                module.operation[-1].weight *= BRANCH
            elif type(module).__name__ == "BasicBlock":  # torchvision's
                module.conv2[1].weight *= BRANCH
    # Both sides start from the same single-precision numbers.
    model.float().double()
    x = torch.randn(batch, 1, *size).float().double()
    labels = torch.arange(batch) % 3
    steady(model, x)
    model.float().double()
    parameters = [p.detach().clone() for p in model.parameters()]
    truth = step(model, x, labels)
    whole = math.sqrt(sum(g.norm().item() ** 2 for g in truth[1]))

    def lost(found):
        return max(error(own, true) for own, true in zip(found[1], truth[1])
                   if true.norm().item() >= 1e-12 * whole)

    single = step(model.float(), x.float(), labels)
    return {"seed": seed, "parameters": parameters, "x": x, "labels": labels, "truth": truth,
            "single": single, "whole": whole, "lost": lost(single)}


def chosen(name, size, batch):
    """The first problem that single precision is able to solve, or the best."""
    best = None
    for seed in range(1, SEEDS + 1):
        found = problem(name, size, batch, seed)
        if best is None or found["lost"] < best["lost"]:
            best = found
        if best["lost"] <= GRADIENT / 3:
            break
    return best


def compare(name, program, size, batch, threads):
    chosen_problem = chosen(name, size, batch)
    parameters, truth, single = (chosen_problem[key] for key in ("parameters", "truth", "single"))
    x, labels, whole = (chosen_problem[key] for key in ("x", "labels", "whole"))
    layout = [line.split() for line in subprocess.run(
        [program, "layout", name], check=True, capture_output=True, text=True
    ).stdout.splitlines()]
    shapes = [(place, json.loads(shape)) for place, shape in layout]
    if [math.prod(shape) for _, shape in shapes] != [p.numel() for p in parameters]:
        raise SystemExit(f"{name}: the parameters do not pair up")
    tensors = {f"parameter/{place}": ours(p, shape).float()
               for (place, shape), p in zip(shapes, parameters)}
    tensors["x"] = x.float().reshape(batch, *size, 1).contiguous()
    tensors["labels"] = labels.to(torch.int32)
    with tempfile.TemporaryDirectory() as folder:
        save_file(tensors, f"{folder}/in.safetensors", metadata={"network": name})
        subprocess.run([program, "compare", f"{folder}/in.safetensors",
                        f"{folder}/out.safetensors", str(threads)], check=True)
        found = {}
        with safe_open(f"{folder}/out.safetensors", "pt") as file:
            for key in file.keys():
                found[key] = file.get_tensor(key)
    largest, zero, torchs, where = 0.0, 0.0, 0.0, ""
    for (place, shape), gradient, other in zip(shapes, truth[1], single[1]):
        expected = ours(gradient, shape)
        own = found[f"gradient/{place}"].double()
        if gradient.norm().item() < 1e-12 * whole:
            zero = max(zero, own.norm().item() / whole)
            continue
        if error(own, expected) > largest:
            largest, where = error(own, expected), place
        torchs = max(torchs, error(ours(other, shape), expected))
    moments = [value for key, value in found.items() if key.startswith("statistics/")]
    seen = sum(value.numel() for value in moments)
    return {
        "seed": chosen_problem["seed"],
        "logits": max(error(found["logits"], truth[0]), error(found["evaluation_logits"], truth[2])),
        "gradient": largest, "gradient_at": where, "zero_gradient": zero,
        "statistics": seen - sum(s.numel() for s in truth[3]),
        "torch_float_logits": error(single[0], truth[0]), "torch_float_gradient": torchs,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--program", default=ROOT / ".build" / "release" / "BaselineBenchmark")
    parser.add_argument("--size", type=int, nargs=3, help="of a volume; a usual one by default")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    good = True
    for name in options.networks:
        size = options.size or SIZES.get(name, [16, 32, 32])
        result = {"network": name, **compare(name, str(options.program), size, options.batch,
                                             options.threads)}
        result["ok"] = (result["logits"] <= LOGITS and result["gradient"] <= GRADIENT
                        and result["zero_gradient"] <= ZERO and result["statistics"] == 0)
        good = good and result["ok"]
        print(json.dumps(result), flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
