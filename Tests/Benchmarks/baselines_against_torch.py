#!/usr/bin/env python3
"""Times training steps of published networks here and in PyTorch, turn about.

    Tests/Benchmarks/baselines_against_torch.py [--threads N] [--rounds N] [NETWORK ...]

A step is forward, backward and SGD with momentum at 1×32×128×128, batch 1. PyTorch runs in a process
of its own per layout (as it comes, and channels last) with the allocator settings that are best for
it; the faster layout counts, and the smaller memory of that layout. Memory is the largest resident
size of the process (VmHWM). Each round runs all of them once, so that what else the machine does
meets all alike; the fastest step over all rounds counts. Processor time stands beside it.
Prints a line of JSON per network.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NETWORKS = ["mc3-18", "densenet3d-121", "resnet3d-101"]
ALLOCATOR = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "8589934592",
             "MALLOC_TOP_PAD_": "268435456"}


def torch_models():
    path = ROOT / "Tests" / "Peers" / "baselines_against_torch.py"
    specification = importlib.util.spec_from_file_location("peers", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def torch_step(name, layout, threads, steps):
    """One process of PyTorch: the fastest of some steps and the largest memory."""
    import time
    import torch
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = torch_models().model_of(name)
    x, y = torch.randn(1, 1, 32, 128, 128), torch.tensor([1])
    if layout == "last":
        model = model.to(memory_format=torch.channels_last_3d)
        x = x.to(memory_format=torch.channels_last_3d)
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, foreach=True)
    loss = torch.nn.CrossEntropyLoss()
    best = processor = float("inf")
    for step in range(steps + 1):
        start, before = time.perf_counter(), time.process_time()
        optimizer.zero_grad(set_to_none=True)
        loss(model(x), y).backward()
        optimizer.step()
        if step:
            best = min(best, time.perf_counter() - start)
            processor = min(processor, time.process_time() - before)
    peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")][0]
    print(json.dumps({"step_s": best, "processor_s": processor,
                      "peak_bytes": int(peak.split()[1]) * 1024}))


def run(command, threads, **environment):
    pinned = ["taskset", "--cpu-list", "0"] if threads == 1 else []
    result = subprocess.run(pinned + [str(part) for part in command], check=True,
                            capture_output=True, text=True, env={**os.environ, **environment})
    return json.loads(result.stdout.splitlines()[-1])


def compare(name, program, threads, rounds, steps):
    own, theirs = [], {"first": [], "last": []}
    for _ in range(rounds):
        own.append(run([program, "step", name, threads, steps], threads))
        for layout in theirs:
            theirs[layout].append(run([sys.executable, __file__, "--torch", layout, "--threads",
                                       threads, "--steps", steps, name], threads, **ALLOCATOR))
    best = min(theirs, key=lambda layout: min(r["step_s"] for r in theirs[layout]))
    step, other = min(r["step_s"] for r in own), min(r["step_s"] for r in theirs[best])
    memory = min(r["peak_bytes"] for r in own)
    others = min(r["peak_bytes"] for r in theirs[best])
    return {"network": name, "threads": threads, "set": own[0]["set"], "step_s": round(step, 3),
            "torch_step_s": round(other, 3), "torch_layout": best, "speed": round(other / step, 3),
            "processor_s": round(min(r["processor_s"] for r in own), 3),
            "torch_processor_s": round(min(r["processor_s"] for r in theirs[best]), 3),
            "peak_mb": memory >> 20, "torch_peak_mb": others >> 20,
            "memory": round(memory / others, 3), "arena_mb": own[0]["arena_bytes"] >> 20,
            "fwd_s": round(min(r["fwd_s"] for r in own), 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--program", default=ROOT / ".build" / "release" / "BaselineBenchmark")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--torch", choices=["first", "last"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in options.networks:
        if options.torch:
            torch_step(name, options.torch, options.threads, options.steps)
        else:
            print(json.dumps(compare(name, options.program, options.threads, options.rounds,
                                     options.steps)), flush=True)


if __name__ == "__main__":
    main()
