"""Measures figures, prints a line for each, and remembers long ones by commit.

A topic script names a `Topic`, decorates one function per figure, and ends with `topic.run()`; a
large topic's figures live in modules beside it, which name the same topic. A figure's function
returns (value, ok) or raises `Skip` with the reason.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("VOXELNAS_SHARED", ROOT.parent / "shared"))
BINARY = pathlib.Path(os.environ.get("VOXELNAS_BINARY", ROOT / ".build" / "release" / "voxelnas"))


class Skip(Exception):
    """The figure needs something that is not here."""


def commit():
    """The commit that figures are remembered for; changes beside it make it unknown."""
    def git(*arguments):
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True,
                              text=True).stdout.strip()
    name = git("rev-parse", "HEAD") or "unknown"
    return name + ("-changed" if git("status", "--porcelain") else "")


def need_shared(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        raise Skip(f"needs {'/'.join(('../shared',) + parts)}")
    return path


def need_module(name):
    try:
        return __import__(name)
    except ImportError:
        raise Skip(f"needs the Python module {name.split('.')[0]}") from None


def voxelnas(*arguments, check=True, **options):
    """Runs the program and returns what it did."""
    options.setdefault("capture_output", True)
    result = subprocess.run([str(BINARY), *map(str, arguments)], text=True, **options)
    if check and result.returncode != 0:
        raise RuntimeError(f"voxelnas {' '.join(map(str, arguments))}: exit code "
                           f"{result.returncode}\n{result.stderr}")
    return result


class Topic:
    topics = {}

    @classmethod
    def named(cls, name, products=("voxelnas",)):
        """The one topic of a name, with the products that any of its modules needs built."""
        topic = cls.topics.setdefault(name, cls(name, ()))
        topic.products = tuple(dict.fromkeys((*topic.products, *products)))
        return topic

    def __init__(self, name, products=("voxelnas",)):
        self.name = name
        self.products = products
        self.figures = []
        self.folder = ROOT / ".build" / "acceptance" / name
        self.work = self.folder / commit()
        self.work.mkdir(parents=True, exist_ok=True)

    def fresh(self, name):
        """An empty folder of this topic."""
        path = self.work / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def figure(self, name, demanded):
        def register(function):
            self.figures.append((name, demanded, function))
            return function
        return register

    def run(self):
        parser = argparse.ArgumentParser(description=f"Measures the figures of {self.name}.")
        parser.add_argument("--only", action="append", metavar="NAME", help="one figure")
        parser.add_argument("--again", action="store_true", help="measure remembered ones again")
        parser.add_argument("--no-build", action="store_true",
                            help="take the program that was built last")
        options = parser.parse_args()
        if not options.no_build:
            self.build()
        memory = self.work / "figures.json"
        self.measure(options, memory)

    def build(self):
        for product in self.products:
            subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT,
                           check=True, stdout=subprocess.DEVNULL)

    def measure(self, options, memory):
        remembers = memory.exists() and not options.again and not self.work.name.endswith("-changed")
        known = json.loads(memory.read_text()) if remembers else {}
        short = skipped = 0
        width = max(len(name) for name, _, _ in self.figures)
        for name, demanded, function in self.figures:
            if options.only and name not in options.only:
                continue
            if name in known:
                value, verdict = known[name]
            else:
                start = time.time()
                try:
                    value, ok = function()
                    verdict = "ok" if ok else "SHORT"
                except Skip as reason:
                    value, verdict = str(reason), "skipped"
                except Exception as error:  # a figure that cannot be measured is short
                    value, verdict = str(error).strip().splitlines()[-1][:200], "SHORT"
                    print(error, file=sys.stderr)
                print(f"# {name}: {time.time() - start:.0f} s", file=sys.stderr)
                if verdict == "ok":
                    known[name] = (value, verdict)
                    memory.write_text(json.dumps(known, indent=1))
            short += verdict == "SHORT"
            skipped += verdict == "skipped"
            print(f"{name:<{width}}  {value}  {demanded}  {verdict}", flush=True)
        print(f"short: {short}, skipped: {skipped}")
        sys.exit(1 if short else 0)
