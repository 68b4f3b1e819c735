#!/usr/bin/env python3
"""Takes three training steps of the golden paths with PyTorch in float64, each from our weights.

    pip install torch safetensors
    VOXELNAS_SHARED=... python3 Tests/Peers/steps_against_torch.py

Runs the Swift test that takes the steps here (VOXELNAS_STEP_CASES names the folder) on the golden
vectors of ../shared, with the instruction set that VOXELNAS_INSTRUCTION_SET names. From the weights
that each step started with, PyTorch's loss must be ours to 1e-4, each gradient and the slot
products to 1e-3 (one that is zero in truth to 1e-6 of the whole norm), each batch statistic to 1e-3 of the deviation; and Adam on
our gradients, from the first step on, must end every step at our weights to 1e-5.

ReLU6 bends at 0 and at 6. Of the values that lie nearer to a bend than float32 can tell, rounding
decides which side they are on, and one of them late in the network moves every gradient before it.
Where a gradient differs, the sides of those values (a few dozen at most) that explain our gradients
best are taken, and the gradients must then agree to the same 1e-3.

Ends with 0 when all agree, 1 when not, and 0 with a line saying so without the modules or the
vectors.

What a trajectory of PyTorch's own says after three steps is printed beside it and decides nothing:
PyTorch in float32 does not find it again when its first weights move by their last bit (decision
0021).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
    from safetensors import safe_open
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(0)

PACKAGE = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("VOXELNAS_SHARED", PACKAGE.parent / "shared"))
STEPS = (1, 2, 3)
LIMIT = 1e-3
NEAR = 2e-5  # as large as the error of a value before ReLU6 in float32 gets


# ---------------------------------------------------------------- the network (method 1.2 to 1.4)

def convolution(inputs, outputs, kernel, stride=1, groups=1, bias=False):
    return nn.Conv3d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=bias)


def normalization(channels):
    return nn.BatchNorm3d(channels, eps=1e-3)


class Bend(torch.autograd.Function):
    """ReLU6, whose backward takes some values to be on the other side of the bend."""

    @staticmethod
    def forward(context, x, bends):
        inside = (x > 0) & (x < 6)
        bends.pass_by(x, inside)
        context.save_for_backward(inside)
        return x.clamp(0, 6)

    @staticmethod
    def backward(context, gradient):
        (inside,) = context.saved_tensors
        return gradient * inside, None


class Bends:
    """The values near a bend in one pass, each by its layer and place; some of them are turned."""

    def __init__(self, turned=()):
        self.turned, self.near, self.layers = set(turned), [], 0

    def pass_by(self, x, inside):
        near = (x.abs() < NEAR) | ((x - 6).abs() < NEAR)
        for place in near.flatten().nonzero().flatten().tolist():
            self.near.append((self.layers, place))
            if self.near[-1] in self.turned:
                inside.view(-1)[place] ^= True
        self.layers += 1

    def relu6(self, x):
        return Bend.apply(x, self)


class Slot(nn.Module):
    """A calibration, then an inverted bottleneck such as `k5e4`, or nothing for `skip`."""

    def __init__(self, inputs, width, stride, operation, has_shortcut):
        super().__init__()
        self.calibration = convolution(inputs, width, 1, stride, bias=True)
        self.is_skip, self.has_shortcut = operation == "skip", has_shortcut
        if not self.is_skip:
            kernel, inner = int(operation[1]), width * int(operation[3])
            self.expand, self.expand_bn = convolution(width, inner, 1), normalization(inner)
            self.depthwise = convolution(inner, inner, kernel, groups=inner)
            self.depthwise_bn = normalization(inner)
            self.project, self.project_bn = convolution(inner, width, 1), normalization(width)

    def forward(self, volume, bends):
        x = self.calibration(volume)
        if self.is_skip:
            return x
        y = bends.relu6(self.expand_bn(self.expand(x)))
        y = bends.relu6(self.depthwise_bn(self.depthwise(y)))
        y = self.project_bn(self.project(y))
        return x + y if self.has_shortcut else y


class Network(nn.Module):
    def __init__(self, facts):
        super().__init__()
        self.stem, self.stem_bn = convolution(1, 32, 3, 2), normalization(32)
        self.first_depthwise = convolution(32, 32, 3, groups=32)
        self.first_depthwise_bn = normalization(32)
        self.first_project, self.first_project_bn = convolution(32, 16, 1), normalization(16)
        self.slots, channels, operations = nn.ModuleList(), 16, iter(facts["path"])
        for width, blocks, stride in zip(facts["widths"], facts["blocks"], facts["strides"]):
            for block in range(blocks):
                self.slots.append(Slot(channels, width, 1 if block else stride, next(operations),
                                       block > 0))
                channels = width
        self.gates = nn.Parameter(torch.ones(len(self.slots)))  # their gradients: slot products
        self.mix, self.mix_bn = convolution(channels, 1280, 1), normalization(1280)
        self.classifier = nn.Linear(1280, facts["classes"])

    def forward(self, x, bends):
        x = bends.relu6(self.stem_bn(self.stem(x)))
        x = bends.relu6(self.first_depthwise_bn(self.first_depthwise(x)))
        x = self.first_project_bn(self.first_project(x))
        for slot, gate in zip(self.slots, self.gates):
            x = slot(x, bends) * gate
        return self.classifier(bends.relu6(self.mix_bn(self.mix(x))).mean((2, 3, 4)))


# ---------------------------------------------------------------- comparing

def distance(found, expected, scale=None):
    scale = expected if scale is None else scale
    return ((found - expected).norm() / scale.norm().clamp_min(1e-30)).item()


class Comparison:
    """Keeps the largest error of each kind, and says which are too large."""

    def __init__(self, name):
        self.name, self.worst, self.wrong = name, {}, 0

    def check(self, kind, error, limit, what):
        self.worst[kind] = max(self.worst.get(kind, 0.0), error)
        if not error <= limit:
            self.wrong += 1
            print(f"{self.name}, {what}: {kind} differs by {error:.2e} (limit {limit:.0e})")

    def line(self):
        worst = ", ".join(f"{kind} {error:.1e}" for kind, error in self.worst.items())
        return f"{self.name}: {self.wrong} differ; largest errors: {worst}"


class Step:
    """PyTorch's loss, gradients and batch statistics at some weights."""

    def __init__(self, facts, weights, volumes, labels):
        self.facts, self.weights, self.volumes, self.labels = facts, weights, volumes, labels
        self.gradients, self.near = self.backward()

    def backward(self, turned=()):
        network = Network(self.facts).train()
        network.load_state_dict(self.weights, strict=False)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.momentum = 1.0  # the running statistics become the batch's
        bends = Bends(turned)
        loss = functional.cross_entropy(network(self.volumes, bends), self.labels)
        loss.backward()
        self.loss = loss.item()
        self.statistics = {key: value for key, value in network.state_dict().items()
                           if "running" in key}
        return {key: p.grad for key, p in network.named_parameters()}, bends.near

    def whole_norm(self):
        return torch.stack([g.norm() for g in self.gradients.values()]).norm()

    def is_zero(self, key):
        return self.gradients[key].abs().max() < 1e-9 * self.whole_norm()

    def effects(self):
        """What turning each value near a bend does to the gradients, relative to their norms."""
        return [self.relative(self.backward([value])[0]) for value in self.near]

    def relative(self, gradients):
        return {key: (gradients[key] - g) / g.norm() for key, g in self.gradients.items()
                if not self.is_zero(key)}

    def turn_towards(self, gradients):
        """Turns the values near a bend that explain the difference from `gradients`."""
        if not self.near:
            return 0
        def column(differences):
            return torch.cat([d.flatten() for d in differences.values()])[:, None]
        matrix = torch.cat([column(effect) for effect in self.effects()], 1)
        shares = torch.linalg.lstsq(matrix, column(self.relative(gradients))).solution[:, 0]
        turned = [value for value, share in zip(self.near, shares) if share > 0.5]
        self.gradients, _ = self.backward(turned)
        return len(turned)


def facts_of(golden):
    return {key: json.loads(value) for key, value in golden.metadata().items()}


def weights_of(file, prefix):
    return {key.removeprefix(prefix): file.get_tensor(key).double() for key in file.keys()
            if key.startswith(prefix) and "running" not in key}


def inputs_of(golden):
    return golden.get_tensor("x").double(), golden.get_tensor("labels").long()


def compare(name, golden, ours):
    facts = facts_of(golden)
    comparison, turned = Comparison(name), 0
    follower = Network(facts)
    follower.load_state_dict(weights_of(ours, "start1."), strict=False)
    adam = torch.optim.Adam(follower.parameters(), lr=1e-3, weight_decay=5e-4)
    for number in STEPS:
        step = Step(facts, weights_of(ours, f"start{number}."), *inputs_of(golden))
        gradients = weights_of(ours, f"gradient{number}.")
        found = ours.get_tensor(f"loss{number}").item()
        comparison.check("loss", abs(found / step.loss - 1), 1e-4, f"step {number}")
        if any(distance(gradients[key], g) > LIMIT for key, g in step.gradients.items()
               if not step.is_zero(key)):
            turned += step.turn_towards(gradients)
        for key, gradient in step.gradients.items():
            what = f"step {number}, {key}"
            if step.is_zero(key):
                comparison.check("zero gradient", (gradients[key].norm() / step.whole_norm()).item(),
                                 1e-6, what)
            else:
                comparison.check("gradient", distance(gradients[key], gradient), LIMIT, what)
        for key, value in step.statistics.items():
            deviation = step.statistics[key.replace("running_mean", "running_var")].sqrt()
            found = ours.get_tensor(f"statistic{number}.{key}").double()
            comparison.check("statistic", distance(found, value, deviation), LIMIT,
                             f"step {number}, {key}")
        trained = [(key, p) for key, p in follower.named_parameters() if key != "gates"]
        for key, parameter in trained:
            parameter.grad = gradients[key]
        nn.utils.clip_grad_norm_(follower.parameters(), 5.0)
        adam.step()
        after = weights_of(ours, f"start{number + 1}.")
        for key, parameter in trained:
            comparison.check("Adam", distance(after[key], parameter.detach()), 1e-5,
                             f"step {number}, {key}")
    free = max(distance(ours.get_tensor(f"start4.{key}").double(),
                        golden.get_tensor(f"after3.{key}").double())
               for key, _ in trained if key not in facts["zero_gradients"])
    print(comparison.line() + f"; {turned} values turned; three steps on end against PyTorch's own: {free:.1e}")
    return comparison.wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configuration", default="release")
    options = parser.parse_args()
    vectors = SHARED / "reference" / "golden"
    if not vectors.exists():
        print("skipped: no golden vectors; set VOXELNAS_SHARED to their folder")
        return 0
    torch.set_default_dtype(torch.float64)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["swift", "test", "-c", options.configuration, "--disable-testable-imports",
             "--filter", "ExecutionTests.AdamTrajectoryTests"], cwd=PACKAGE, check=True,
            env={**os.environ, "VOXELNAS_STEP_CASES": folder, "VOXELNAS_SHARED": str(SHARED)},
            stdout=subprocess.DEVNULL)
        wrong = 0
        for name in ("path_a", "path_b"):
            with safe_open(vectors / f"{name}.safetensors", "pt") as golden, \
                    safe_open(pathlib.Path(folder) / f"{name}.safetensors", "pt") as ours:
                wrong += compare(name, golden, ours)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
