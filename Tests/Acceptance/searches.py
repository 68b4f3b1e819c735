"""Searches with the defaults, watched from outside, and the bare engine beside them."""
import concurrent.futures
import csv
import json
import os
import pathlib
import re
import shutil
import sqlite3
import statistics
import subprocess
import time

from figures import BINARY, ROOT, SHARED, voxelnas

BENCH = ROOT / ".build" / "release" / "voxelnas-bench"
TICKS = os.sysconf("SC_CLK_TCK")


def bench(*arguments, processors=None, **environment):
    """What voxelnas-bench measured."""
    command = [str(BENCH), *map(str, arguments), "--json"]
    if processors:
        command = ["taskset", "-c", processors, *command]
    result = subprocess.run(command, capture_output=True, text=True,
                            env={**os.environ, "VOXELNAS_SHARED": str(SHARED), **environment})
    if not result.stdout.startswith("{"):
        raise RuntimeError(f"{' '.join(command)}: exit code {result.returncode}\n{result.stderr}")
    return json.loads(result.stdout)


def phantoms(folder):
    """A set of synthetic scans, made once."""
    if not (folder / "labels.csv").exists():
        shutil.rmtree(folder, ignore_errors=True)
        voxelnas("data", "phantom", folder, "--patients", 40, "--size", 80)
    return folder


def run_file(folder, source, scans=None):
    """A search of phantoms with the defaults: space S, 16x64x64, the `paper` preset.

    With `scans`, the training list has that many: the phantoms again and again, each time as
    another patient, under another name.
    """
    rows = list(csv.DictReader((source / "labels.csv").open()))
    train = [row for row in rows if row["split"] == "train"]
    test = [row for row in rows if row["split"] == "test"]
    table = [{**row, "file": f"again{index // len(train)}/{row['file']}", "patient_id": f"p{index}"}
             for index, row in ((i, train[i % len(train)]) for i in range(scans or len(train)))]
    table += [{**row, "file": f"again0/{row['file']}", "patient_id": f"t{index}"}
              for index, row in enumerate(test)]
    names = folder / "scans"
    names.mkdir(exist_ok=True)
    for name in {row["file"].split("/")[0] for row in table}:
        if not (names / name).exists():
            (names / name).symlink_to(source)
    classes = sorted({row["label"] for row in rows})
    with (folder / "labels.csv").open("w") as stream:
        writer = csv.DictWriter(stream, ["file", "label", "patient_id", "split"],
                                extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)
    path = folder / "run.yaml"
    path.write_text(
        f"name: engine\nseed: 1\ndata:\n  table: {folder / 'labels.csv'}\n  root: {names}\n"
        f"  classes: {{{', '.join(f'{name}: {i}' for i, name in enumerate(classes))}}}\n"
        f"  positive: {classes[0]}\n")
    return path


def settings(**values):
    return [part for name, value in values.items()
            for part in ("--set", f"search.{name}={value}")]


class Search:
    """A search with workers, watched from outside."""

    def __init__(self, source, run, *arguments, workers=2):
        # Two processors, as on the machine that the demands are for.
        processors = ",".join(map(str, sorted(os.sched_getaffinity(0))[:2]))
        self.run = run
        self.process = subprocess.Popen(
            ["taskset", "-c", processors, str(BINARY), "search", str(source), "--workers",
             str(workers), "--output", str(run), "--shards", str(run.parent / "shards"),
             *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.peaks = {}
        self.traced = (0, 0)

    def workers(self):
        listing = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True)
        rows = [line.split(None, 2) for line in listing.stdout.splitlines()[1:]]
        return [int(r[0]) for r in rows if int(r[1]) == self.process.pid and " worker " in r[2]]

    def steps(self):
        """Steps in the trace; reads only what is new."""
        try:
            with (self.run / "trace.jsonl").open("rb") as stream:
                place, lines = self.traced
                stream.seek(place)
                new = stream.read()
                self.traced = (place + len(new), lines + new.count(b"\n"))
        except FileNotFoundError:
            pass
        return self.traced[1]

    def epochs(self):
        """Epochs whose candidates are recorded."""
        try:
            with sqlite3.connect(f"file:{self.run / 'archive.sqlite'}?mode=ro", uri=True) as base:
                return base.execute("select count(distinct epoch) from candidate").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def watch(self, count, until, pause=0.01, seconds=3600):
        """The times at which a counter grew, until it has a value."""
        times, known, end = [], count(), time.time() + seconds
        while known < until:
            if time.time() > end:
                raise RuntimeError(f"{known} of {until} within {seconds} s")
            if self.process.poll() is not None and count() == known:
                raise RuntimeError(f"the search ended at {known} of {until}: "
                                   f"{self.process.stderr.read()[-500:]}")
            now = count()
            if now > known:
                times += [(time.time(), self.processor_seconds())] * (now - known)
                known = now
                self.note_peaks()
            time.sleep(pause)
        return times

    def note_peaks(self):
        for pid in [self.process.pid, *self.workers()]:
            memory = memory_of(pid)
            if memory:
                self.peaks[pid] = memory

    def processor_seconds(self):
        """Of the coordinator alone."""
        try:
            fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1]
            return sum(map(int, fields.split()[11:13])) / TICKS
        except (FileNotFoundError, ProcessLookupError):
            return 0

    def finish(self):
        """Waits for the end; the coordinator's peak is then what the system counted."""
        pid = self.process.pid
        while True:
            self.note_peaks()
            found, status, usage = os.wait4(pid, os.WNOHANG)
            if found:
                break
            time.sleep(0.25)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.peaks[pid] = {**self.peaks.get(pid, {}), "VmHWM": usage.ru_maxrss * 1024e-6}
        if self.process.returncode != 0:
            raise RuntimeError(f"the search ended with {self.process.returncode}: "
                               f"{self.process.stderr.read()[-500:]}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)


def memory_of(pid):
    """Peak, anonymous and file-backed megabytes of a process."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    found = {name: int(value) * 1024e-6 for name, value in
             re.findall(r"^(VmHWM|RssAnon|RssFile):\s+(\d+) kB", status, flags=re.M)}
    return found if "VmHWM" in found else None


def bare_seconds(codes, batch, *options, processor=-1):
    """Seconds per sample of the bare engine with one thread, over the paths of the steps."""
    pinned = str(sorted(os.sched_getaffinity(0))[processor])
    rows = bench("steps", "--paths", *codes, "--batch", batch, "--threads", 1, "--repetitions",
                 3, "--warm-up", 1, *options, processors=pinned)["rows"]
    return statistics.mean(row["milliseconds"] / row["batch"] for row in rows) * 1e-3


def bare_pair(codes, batch):
    """Samples per second of two bare engines side by side: the most that two workers could do."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        pair = pool.map(lambda place: bare_seconds(codes, batch, processor=place), (-1, -2))
        return sum(1 / seconds for seconds in pair)


def code(choices):
    return "".join(map(str, choices))
