"""What two workers on links of 1 Gbit/s must show.

Needs root, for network namespaces and the token bucket filter of `tc`.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from figures import BINARY, Skip, Topic, voxelnas
from searches import bare_pair, bare_seconds, code, phantoms, run_file, settings

topic = Topic.named("elasticity", products=("voxelnas", "voxelnas-bench"))


def command(*arguments):
    result = subprocess.run(list(map(str, arguments)), capture_output=True, text=True)
    if result.returncode != 0:
        raise Skip(f"may not {' '.join(map(str, arguments[:3]))}: {result.stderr.strip()[:80]}")


class Namespaces:
    """Namespaces, each behind a link of its own of so many bits per second both ways."""

    def __init__(self, count, rate):
        self.names = [f"voxelnas{index}" for index in range(count)]
        self.rate = rate

    def __enter__(self):
        try:
            for index, name in enumerate(self.names):
                here, there = f"vxh{index}", f"vxw{index}"
                command("ip", "netns", "add", name)
                command("ip", "link", "add", here, "type", "veth", "peer", "name", there)
                command("ip", "link", "set", there, "netns", name)
                command("ip", "addr", "add", f"10.231.{index}.1/24", "dev", here)
                command("ip", "link", "set", here, "up")
                inside = ("ip", "netns", "exec", name)
                command(*inside, "ip", "addr", "add", f"10.231.{index}.2/24", "dev", there)
                command(*inside, "ip", "link", "set", there, "up")
                command(*inside, "ip", "link", "set", "lo", "up")
                shape = ("root", "tbf", "rate", self.rate, "burst", "512kb", "latency", "50ms")
                command("tc", "qdisc", "add", "dev", here, *shape)
                command(*inside, "tc", "qdisc", "add", "dev", there, *shape)
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for index, name in enumerate(self.names):
            subprocess.run(["ip", "link", "del", f"vxh{index}"], capture_output=True)
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def steps_of(trace):
    try:
        return [json.loads(line) for line in trace.read_text().splitlines()[:-1]]
    except (FileNotFoundError, ValueError):
        return []


@topic.figure("two workers on links of 1 Gbit/s, tasks of 256 samples: ratio to the bare engine",
              ">= 1.6")
def gigabit():
    if os.geteuid() != 0:
        raise Skip("needs root for network namespaces")
    folder = topic.fresh("gigabit")
    source = run_file(folder, phantoms(topic.folder / "phantoms"))
    keys, run = folder / "keys", folder / "run"
    for who in ("node0", "node1"):
        voxelnas("keys", "issue", who, "--keys", keys)
    first, last = 2, 8
    processes = []
    with Namespaces(2, "1gbit") as spaces:
        try:
            port = 24710
            processes.append(subprocess.Popen(
                [str(BINARY), "coordinator", str(source), "--output", str(run), "--shards",
                 str(folder / "shards"), "--keys", str(keys), "--listen", f"0.0.0.0:{port}",
                 "--trace", *settings(preset="uniform", microBatches=2, microBatchSize=256,
                                      epochs=40, recordEvery=10000, calibrationBatches=1)],
                stdout=subprocess.DEVNULL, stderr=open(folder / "log", "w")))
            for index, name in enumerate(spaces.names):
                processes.append(subprocess.Popen(
                    ["ip", "netns", "exec", name, str(BINARY), "worker", "--connect",
                     f"tcp://10.231.{index}.1:{port}", "--key", str(keys / f"node{index}.key"),
                     "--threads", "1", "--slots", "1", "--cache", str(folder / f"cache{index}")],
                    stdout=subprocess.DEVNULL, stderr=open(folder / f"worker{index}", "w")))
            times, end = {}, time.time() + 1800
            while last not in times:
                count = len(steps_of(run / "trace.jsonl"))
                times.setdefault(count, time.time())
                if processes[0].poll() is not None or time.time() > end:
                    raise RuntimeError((folder / "log").read_text()[-500:])
                time.sleep(0.01)
            trace = steps_of(run / "trace.jsonl")[first:last]
            status = json.loads(voxelnas("status", run, "--json").stdout)["coordinator"]
        finally:
            for process in processes:
                if process.poll() is None:
                    process.kill()
                process.wait()
    samples = sum(sum(step["weightPhase"]["sampleCounts"]) for step in trace)
    rate = samples / (times[last] - times[first])
    paths = [code(step["weightPhase"]["choices"][0]) for step in trace]
    bare, pair = 1 / bare_seconds(paths, 256), bare_pair(paths, 256)
    split = status["split"]
    return (f"{rate / bare:.2f} ({rate:.1f} : {bare:.1f} samples/s; two bare engines side by "
            f"side: {pair / bare:.2f}; a task pulls "
            f"{1e3 * split['pullSeconds']:.0f} ms, computes {1e3 * split['computeSeconds']:.0f}, "
            f"pushes {1e3 * split['pushSeconds']:.0f})", rate / bare >= 1.6)
