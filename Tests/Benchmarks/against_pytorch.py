#!/usr/bin/env python3
"""Measures the engine against PyTorch on the same sampled paths, in turn.

    Tests/Benchmarks/against_pytorch.py steps --space S L --threads 1 2
    Tests/Benchmarks/against_pytorch.py inference --space S --threads 1

Needs torch in this Python, and reference/torch of $VOXELNAS_SHARED (or ../shared). A round is ours,
PyTorch, ours again, on one path; a round that was measured is kept, so that a measurement that was
stopped goes on. The figure of a side is the median samples per second of each path, averaged over
the paths; the ratio is that of the averages.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("VOXELNAS_SHARED", ROOT.parent / "shared"))
TORCH = SHARED / "reference" / "torch"
BENCH = ROOT / ".build" / "release" / "voxelnas-bench"
PATHS = ["r0", "r1", "r2", "r3"]
BATCH = 8
# Without these PyTorch spends up to half of its time on page faults of large temporaries.
ALLOCATOR = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "8589934592",
             "MALLOC_TOP_PAD_": "268435456"}
STOCK = {"steps": ["cl"], "inference": ["frozen", "compile"]}
EXPERT = {"steps": ["smart2d+cl"], "inference": []}
SIZES = {"steps": "16x64x64", "inference": "32x128x128"}


class Measurements:
    """Rounds by key, in a file that is written after every one."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.content = {"commit": commit(), "machine": machine(), "rounds": {}}
        if self.path.exists():
            kept = json.loads(self.path.read_text())
            if kept.get("commit") == self.content["commit"]:
                self.content = kept

    def round(self, key, measure):
        rounds = self.content["rounds"]
        if key not in rounds:
            rounds[key] = measure()
            beside = self.path.with_suffix(".part")
            beside.write_text(json.dumps(self.content, indent=1))
            beside.replace(self.path)
        return rounds[key]


def commit():
    """The commit, and what has changed since in anything but documents."""
    def git(*arguments):
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True,
                              text=True).stdout.strip()
    changes = git("status", "--porcelain", "--", "Sources", "Package.swift", "Tests/Benchmarks")
    return (git("rev-parse", "HEAD") or "unknown") + ("-changed" if changes else "")


def machine():
    lines = [line.split(":")[1].strip() for line in open("/proc/cpuinfo")
             if line.startswith(("model name", "cpu family"))]
    return {"processor": ", family ".join(lines[:2][::-1]), "system": platform.platform(),
            "processors": len(os.sched_getaffinity(0)), "load": os.getloadavg(),
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def pinned(threads, command):
    """The command on as many processors as it has threads: the last ones, which idle more."""
    processors = sorted(os.sched_getaffinity(0))[-threads:]
    if len(processors) < threads:
        return command
    return ["taskset", "-c", ",".join(map(str, processors)), *command]


def run(command, **environment):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                            env={**os.environ, **environment})
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {result.returncode}\n"
                           f"{result.stderr[-2000:]}")
    return result.stdout


def ours(figure, space, threads, path, repetitions, bench=BENCH):
    rows = json.loads(run(pinned(threads, [
        bench, figure, "--space", space, "--threads", threads, "--batch", BATCH, "--paths", path,
        "--path-file", TORCH / "paths.json", "--repetitions", repetitions, "--json"])))["rows"]
    return {"ms": rows[0]["milliseconds"], "cpu_ms": rows[0]["processorMilliseconds"],
            "adam_ms": rows[0].get("adamMilliseconds")}


def pytorch(figure, space, threads, path, repetitions, variants):
    mode = {"steps": "step", "inference": "infer"}[figure]
    text = run(pinned(threads, [
        sys.executable, TORCH / "torch_bench.py", mode, "--space", space, "--threads", threads,
        "--batch", BATCH, "--paths", path, "--size", *SIZES[figure].split("x"), "--variants",
        *variants, "--reps", repetitions]), **ALLOCATOR)
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return {row["variant"]: {"ms": row["ms"], "cpu_ms": row["cpu_ms"]} for row in rows}


def one_round(figure, space, threads, path, repetitions, variants):
    load = os.getloadavg()[0]
    first = ours(figure, space, threads, path, repetitions)
    theirs = pytorch(figure, space, threads, path, repetitions, variants)
    second = ours(figure, space, threads, path, repetitions)
    return {"ours": [first, second], "pytorch": theirs, "load": load}


def compare(measurements, figure, space, threads, paths=PATHS, rounds=3, repetitions=5,
            variants=None, report=lambda text: None):
    """Measures what is missing and returns the figures of both sides."""
    variants = variants or STOCK[figure] + EXPERT[figure]
    sides = {}
    for number in range(rounds):
        for path in paths:
            key = f"{figure}/{space}/{threads}/{path}/{'+'.join(variants)}/{number}"
            found = measurements.round(
                key, lambda: one_round(figure, space, threads, path, repetitions, variants))
            for half in found["ours"]:
                sides.setdefault("ours", {}).setdefault(path, []).append(half)
                if half["adam_ms"]:
                    sides.setdefault("ours, Adam", {}).setdefault(path, []).append(
                        {"ms": half["adam_ms"], "cpu_ms": half["cpu_ms"]})
            for variant, row in found["pytorch"].items():
                sides.setdefault(variant, {}).setdefault(path, []).append(row)
            report(f"{key}: ours {samples(found['ours'], 'ms'):.1f}, " + ", ".join(
                f"{v} {samples([r], 'ms'):.1f}" for v, r in found["pytorch"].items())
                + f" samples/s, load {found['load']:.1f}")
    result = {name: {path: {"wall": samples(rows, "ms"), "processor": samples(rows, "cpu_ms"),
                            "undisturbed": statistics.median(
                                row["cpu_ms"] / row["ms"] for row in rows) / threads}
                     for path, rows in side.items()} for name, side in sides.items()}
    stock = best([v for v in variants if v in result and v not in EXPERT[figure]], result, paths)
    expert = best([v for v in EXPERT[figure] if v in result], result, paths)
    return {"figure": figure, "space": space, "threads": threads, "sides": result,
            "stock": stock, "expert": expert, "ours": best(["ours"], result, paths)}


def samples(rows, unit):
    """Samples per second: the batch over the median time."""
    return BATCH * 1e3 / statistics.median(row[unit] for row in rows)


def best(names, result, paths):
    """The mean over paths of the best of some variants, in wall time and in processor time."""
    if not names:
        return None
    return {unit: statistics.mean(max(result[name][path][unit] for name in names)
                                  for path in paths) for unit in ("wall", "processor")}


def table(comparison):
    """The comparison as lines."""
    lines = [f"{comparison['figure']} {SIZES[comparison['figure']]} {comparison['space']}, batch "
             f"{BATCH}, {comparison['threads']} threads: samples per second (per second of "
             "processor time)"]
    for name, side in comparison["sides"].items():
        cells = [f"{row['wall']:.1f} ({row['processor']:.1f})" for row in side.values()]
        mean = [statistics.mean(row[unit] for row in side.values())
                for unit in ("wall", "processor")]
        busy = statistics.mean(row["undisturbed"] for row in side.values())
        lines.append(f"  {name:<12} " + "  ".join(f"{cell:>15}" for cell in cells)
                     + f"  mean {mean[0]:.1f} ({mean[1]:.1f}), had the processor {busy:.0%}")
    for name in ("stock", "expert"):
        if comparison[name]:
            ratio = {unit: comparison["ours"][unit] / comparison[name][unit]
                     for unit in ("wall", "processor")}
            lines.append(f"  ratio to {name}: {ratio['wall']:.2f} in wall time, "
                         f"{ratio['processor']:.2f} in processor time")
    return "\n".join(lines)


def default_path():
    return ROOT / ".build" / "benchmarks" / f"against-pytorch-{commit()[:12]}.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figure", choices=["steps", "inference"])
    parser.add_argument("--space", nargs="+", default=["S"], choices=["S", "L"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--paths", nargs="+", default=PATHS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=5, help="steps per round and side")
    parser.add_argument("--variants", nargs="+",
                        help="of torch_bench.py; the best stock setting and the expert rewrite by "
                        "default (ncdhw is what the paper's code does)")
    parser.add_argument("--measurements", default=default_path(), help="where rounds are kept")
    parser.add_argument("--again", action="store_true", help="forget the rounds that are kept")
    parser.add_argument("--json", help="write the comparisons to this file")
    options = parser.parse_args()
    if not (TORCH / "torch_bench.py").exists():
        sys.exit(f"{TORCH}: no torch_bench.py there; set VOXELNAS_SHARED")
    if not BENCH.exists():
        sys.exit(f"{BENCH} is missing: swift build -c release --product voxelnas-bench")
    if options.again:
        pathlib.Path(options.measurements).unlink(missing_ok=True)
    measurements = Measurements(options.measurements)
    comparisons = []
    for space in options.space:
        for threads in options.threads:
            comparisons.append(compare(
                measurements, options.figure, space, threads, options.paths, options.rounds,
                options.repetitions, options.variants,
                lambda text: print(f"# {text}", file=sys.stderr, flush=True)))
            print(table(comparisons[-1]), flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"machine": measurements.content["machine"], "commit": measurements.content["commit"],
             "command": " ".join(sys.argv), "comparisons": comparisons}, indent=1))


if __name__ == "__main__":
    main()
