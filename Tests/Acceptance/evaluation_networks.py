"""What published networks and the benchmark must show.

PyTorch, torchvision and safetensors are needed for the comparisons; without them those are skipped.
"""
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from figures import BINARY, ROOT, Topic, need_module, need_shared, voxelnas

EXAMPLES = ROOT / "Docs" / "Examples"
PROGRAM = ROOT / ".build" / "release" / "BaselineBenchmark"
PEERS = ROOT / "Tests" / "Peers" / "baselines_against_torch.py"
SPEED = ROOT / "Tests" / "Benchmarks" / "baselines_against_torch.py"


topic = Topic.named("evaluation", products=('voxelnas', 'BaselineBenchmark'))


fresh = topic.fresh


# ---------------------------------------------------------------- the networks themselves

@topic.figure("parameters, 3 channels and 3 classes", "85251267 / 11289603 / 11491779")
def parameters():
    lines = subprocess.run([PROGRAM, "parameters", "3", "3"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    totals = {line.split()[0]: int(line.split()[1]) for line in lines}
    found = [totals[name] for name in ("resnet3d-101", "densenet3d-121", "mc3-18")]
    return " / ".join(map(str, found)), found == [85251267, 11289603, 11491779]


def peer(name):
    def measure():
        for module in ("torch", "torchvision", "safetensors"):
            need_module(module)
        result = subprocess.run([sys.executable, PEERS, name], capture_output=True, text=True)
        if not result.stdout:
            raise RuntimeError(result.stderr)
        line = json.loads(result.stdout.splitlines()[-1])
        value = (f"logits {line['logits']:.1e}, "
                 f"gradient {line['gradient']:.1e}, zero {line['zero_gradient']:.1e} (PyTorch's float32 "
                 f"{line['torch_float_logits']:.1e}, {line['torch_float_gradient']:.1e})")
        return value, line["ok"]
    topic.figure(f"{name} against PyTorch in float64, largest errors", "<= 1e-4, <= 1e-3, <= 1e-6")(measure)


for network in ("resnet3d-101", "densenet3d-121", "mc3-18", "resnet3d-34", "resnet3d-18", "k3e3",
                "k3e6"):
    peer(network)

SPEEDS = {}


def speed(name, threads):
    for module in ("torch", "torchvision", "safetensors"):
        need_module(module)
    if (name, threads) not in SPEEDS:
        result = subprocess.run([sys.executable, SPEED, "--threads", str(threads), name],
                                check=True, capture_output=True, text=True)
        SPEEDS[name, threads] = json.loads(result.stdout.splitlines()[-1])
        print(result.stdout, file=sys.stderr)
    return SPEEDS[name, threads]


def speeds(name, threads):
    @topic.figure(f"{name}: step against PyTorch's best, {threads} threads", ">= 0.8")
    def step():
        line = speed(name, threads)
        return (f"{line['speed']:.2f}x ({line['step_s']:.2f} s, PyTorch {line['torch_step_s']:.2f}"
                f" s, {line['set']})", line["speed"] >= 0.8)

    @topic.figure(f"{name}: peak memory against PyTorch's, {threads} threads", "<= 1.2")
    def memory():
        line = speed(name, threads)
        return (f"{line['memory']:.2f}x ({line['peak_mb']} MB, PyTorch {line['torch_peak_mb']} MB)",
                line["memory"] <= 1.2)


for network in ("mc3-18", "densenet3d-121", "resnet3d-101"):
    for count in (2, 1):
        speeds(network, count)


# ---------------------------------------------------------------- the benchmark

SMALL = ["--set", "search.epochs=2", "--set", "evaluation.epochs=2", "--set", "evaluation.seeds=2",
         "--set", "evaluation.candidates=4", "--set", "evaluation.candidateEpochs=1",
         "--set", "evaluation.candidateRounds=2", "--set", "evaluation.bootstrapResamples=200",
         "--set", "evaluationInput.depth=8", "--set", "evaluationInput.height=32",
         "--set", "evaluationInput.width=32"]


def phantoms(folder):
    scans = folder / "scans"
    voxelnas("data", "phantom", scans, "--patients", 8, "--size", 64)
    (scans / "phantoms.yaml").write_text((EXAMPLES / "phantoms.yaml").read_text())
    return scans / "phantoms.yaml"


def table(run):
    result = json.loads((run / "benchmark" / "benchmark.json").read_text())
    for row in result["rows"]:
        row["cost"].pop("latencySeconds")
    return result


@topic.figure("benchmark on phantoms, 0 and 2 workers", "same bits")
def workers():
    folder = fresh("workers")
    source = phantoms(folder)
    tables = []
    for count in (0, 2):
        run = folder / f"run-{count}"
        voxelnas("search", source, "--workers", count, "--output", run, *SMALL)
        voxelnas("benchmark", source, "--workers", count, "--output", run, "--networks",
                 "found,k3e3,mc3-18", *SMALL)
        tables.append((table(run), (run / "benchmark" / "predictions.csv").read_text()))
    same = tables[0] == tables[1]
    names = [row["name"] for row in tables[0][0]["rows"]]
    return "same bits" if same else "different", same and names == ["found", "all-k3e3", "mc3-18"]


def stopped_in_training(arguments, run, networks):
    """Runs a benchmark, stops it within the training of each network, and returns the exit codes
    and the longest time that a stop took."""
    codes, longest = [], 0
    for network in networks:
        process = subprocess.Popen([str(BINARY), *map(str, arguments), "--output", str(run)],
                                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        progress = run / "progress.json"
        while process.poll() is None:
            time.sleep(0.05)
            state = json.loads(progress.read_text()) if progress.exists() else {"stage": ""}
            if state["stage"] == "benchmark" and f"{network}-1:" in state["remark"]:
                break
        asked = time.time()
        process.send_signal(signal.SIGINT)
        codes.append(process.wait())
        longest = max(longest, time.time() - asked)
    return codes, longest


@topic.figure("benchmark stopped by Ctrl-C in two trainings and run again",
              "same bits, opened once")
def resume():
    folder = fresh("resume")
    source = phantoms(folder)
    arguments = ["benchmark", source, "--workers", 0, "--networks", "k3e3,mc3-18", *SMALL,
                 "--set", "evaluation.epochs=4"]
    voxelnas(*arguments, "--output", folder / "whole")
    run = folder / "stopped"
    codes, seconds = stopped_in_training(arguments, run, ["all-k3e3", "mc3-18"])
    unfinished = [path.stem for path in (run / "evaluation" / "trainings").glob("*.unfinished")]
    voxelnas(*arguments, "--output", run)
    again = voxelnas(*arguments, "--output", run).stdout
    openings = (run / "evaluation" / "test-openings").read_text().strip()
    same = table(run) == table(folder / "whole") and "# Benchmark" in again
    return (f"{'same bits' if same else 'different'}, exit codes {codes}, opened {openings} "
            f"time(s), the longest stop {seconds:.1f} s, then unfinished {unfinished}",
            same and codes == [75, 75] and openings == "1" and unfinished == ["mc3-18-1"])


@topic.figure("LIDC: found network, MC3_18 and all-k3e3, 3 seeds", "a table with intervals")
def lidc():
    data = need_shared("data", "lidc_nodules")
    text = (EXAMPLES / "lidc-nodules.yaml").read_text()
    for key in ("root", "table"):
        text = re.sub(rf"^(  {key}: )(\S+)$", lambda m: f"{m[1]}{data / m[2]}", text, flags=re.M)
    source = topic.work / "lidc-nodules.yaml"
    source.write_text(text)
    run = topic.work / "lidc"
    # Half the example's epochs, for every network: nine trainings in less than an hour.
    short = ["--set", "evaluation.epochs=20"]
    voxelnas("search", source, "--workers", 2, "--output", run, "--resume", *short)
    voxelnas("benchmark", source, "--workers", 2, "--output", run, "--networks",
             "found,mc3-18,k3e3", *short)
    result = table(run)
    shutil.copy(run / "benchmark" / "benchmark.md", topic.work / "lidc-benchmark.md")
    areas = []
    complete = len(result["rows"]) == 3 and len(result["pairs"]) == 3
    for row in result["rows"]:
        value = [v for v in row["values"] if v["id"] == "rocAUC"][0]
        ends = value["bootstrap"]["interval"]
        areas.append(f"{row['name']} {value['mean']:.3f} "
                     f"({ends['lower']:.3f} to {ends['upper']:.3f})")
        complete = complete and len(value["seeds"]) == 3
    return "; ".join(areas), complete
