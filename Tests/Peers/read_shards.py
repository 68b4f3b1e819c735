#!/usr/bin/env python3
"""Reads a shard set by the lines of Docs/Formats.md alone, and checks it against its index.

    Tests/Peers/read_shards.py FOLDER      (a folder that holds index.json; needs safetensors)
"""
import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def documented_lines():
    """The Python block of the page, as a reader would copy it."""
    page = (ROOT / "Docs" / "Formats.md").read_text()
    return re.search(r"```python\n(.*?)```", page, re.S)[1]


def main():
    folder = sys.argv[1]
    lines = documented_lines()
    assert len(lines.strip().splitlines()) == 3, "the page promises three lines"
    names = {"folder": folder}
    exec(lines, names)  # noqa: S102: the point of the test
    index, shard, voxels = names["index"], names["shard"], names["voxels"]
    for entry in index["shards"]:
        content = (pathlib.Path(folder) / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["file"]
    scan = index["scans"][0]
    settings = index["settings"]
    assert voxels.shape == (scan["measured"]["storedSlices"], settings["height"],
                            settings["width"]), voxels.shape
    kind = {"uint8": "uint8", "int16": "int16", "float32": "float32"}[scan["measured"]["storage"]]
    assert str(voxels.dtype) == kind, voxels.dtype
    original = scan["measured"]["original"]
    values = voxels.astype("float64") + scan["measured"]["offset"]
    assert original["minimum"] - 1 <= values.min() and values.max() <= original["maximum"] + 1
    print(f"{len(index['scans'])} scans in {len(index['shards'])} shards; the first is "
          f"{voxels.shape} {voxels.dtype} of {len(shard)} tensors")


if __name__ == "__main__":
    main()
