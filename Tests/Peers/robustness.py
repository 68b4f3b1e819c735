#!/usr/bin/env python3
"""Reads odd and broken files with voxelnas, one process each, beside what reference readers say.

    Tests/Peers/robustness.py FOLDER VOXELNAS [--write Docs/Data-robustness.md]

FOLDER holds the files and `expected.csv` (file, note, outcome, detail of pydicom, nibabel, tifffile
or Pillow). Exits with 1 when a file breaks a rule: never crash or hang, at most 512 MB, equal values
or a refusal that names the file where the reference reads, a refusal where it does not.

Pictures of several channels are compared in their first one, and palettes in what they look up,
because that is what voxelnas reads; this needs Pillow or tifffile, and is left open without them.
"""
import argparse
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import time

SECONDS = 20
MEGABYTES = 512
# JPEG baseline and extended: the standard leaves the last bit of the inverse cosine transform open.
LOSSY = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")


def inspect(binary, folder, name):
    """What voxelnas makes of a file: its JSON, the exit code, seconds and megabytes."""
    start = time.time()
    process = subprocess.Popen([str(binary), "data", "inspect", name, "--json"], cwd=folder,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.set_blocking(process.stdout.fileno(), True)
    killer = subprocess.Popen(["sh", "-c", f"sleep {SECONDS}; kill -9 {process.pid} 2>/dev/null"])
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.time() - start
    killer.kill()
    killer.wait()
    try:
        found = json.loads(output)
    except ValueError:
        found = {}
    return found, process.returncode, seconds, usage.ru_maxrss / 1024


def first_channel(path):
    """Minimum, maximum and mean of what voxelnas is to read of a colour picture or palette."""
    import numpy
    if path.suffix in (".tif", ".tiff"):
        import tifffile
        with tifffile.TiffFile(path) as file:
            page = file.pages[0]
            pixels = page.asarray()
            if page.photometric.name == "PALETTE":
                return None
            if pixels.ndim == 3:
                pixels = pixels[0] if page.planarconfig.name == "SEPARATE" else pixels[..., 0]
            if page.photometric.name == "YCBCR" and page.compression.name == "JPEG":
                from PIL import Image
                pixels = numpy.asarray(Image.open(path).convert("RGB"))[..., 0]
    else:
        from PIL import Image
        with Image.open(path) as image:
            if image.mode.startswith("I;16"):
                pixels = numpy.asarray(image)
            elif image.mode in ("P", "RGB", "RGBA"):
                pixels = numpy.asarray(image.convert("RGB"))[..., 0]
            else:
                pixels = numpy.asarray(image.convert("LA" if image.mode == "LA" else "L"))
                pixels = pixels[..., 0] if pixels.ndim == 3 else pixels
            if wide_png(path) and image.mode in ("RGB", "RGBA"):
                return None  # Pillow keeps the upper 8 bits.
    return float(pixels.min()), float(pixels.max()), float(pixels.mean())


def wide_png(path):
    head = path.read_bytes()[:26]
    return head[:4] == b"\x89PNG" and head[24] == 16


def numbers(detail):
    found = {name: float(value) for name, value in
             re.findall(r"(min|max|mean)=([-+.\deE]+)", detail)}
    return [found.get(name) for name in ("min", "max", "mean")]


def agree(found, wanted):
    return all(w is not None and abs(f - w) <= 1e-4 * max(1, abs(w))
               for f, w in zip(found, wanted))


def judge(folder, row, found, code, seconds, megabytes):
    """What happened, in words, and whether it is allowed."""
    if code not in (0, 65):
        return f"exit code {code}", False
    if seconds > SECONDS:
        return f"{seconds:.0f} s", False
    if megabytes > MEGABYTES:
        return f"{megabytes:.0f} MB", False
    if code == 65:
        error = found.get("error", "")
        named = error.startswith(row["file"] + ": ")
        return "refused: " + error.removeprefix(row["file"] + ": "), named and len(error) > 20
    if row["outcome"] != "ok":
        return "read, although the reference refuses it", False
    values = [found["minimum"], found["maximum"], found["mean"]]
    if agree(values, numbers(row["detail"])):
        return "equal", True
    syntax = found["details"].get("transferSyntax", "")
    if syntax in LOSSY and values[:2] == numbers(row["detail"])[:2] and abs(
            values[2] - numbers(row["detail"])[2]) < 0.05:
        return "equal but for the rounding of lossy JPEG", True
    if found["format"] not in ("png", "tiff"):
        return f"other values: {values}", False
    try:
        wanted = first_channel(folder / row["file"])
    except ImportError:
        return "first channel (Pillow or tifffile is missing, so not compared)", True
    if wanted is None:
        return deeper(folder / row["file"], values)
    if agree(values, wanted):
        return "equal in the first channel, as displayed", True
    # JPEG decoders round differently by a grey level.
    if abs(values[2] - wanted[2]) < 0.5 and found["format"] == "tiff":
        return "equal in the first channel, but for JPEG's rounding", True
    return f"other values: {values}, not {wanted}", False


def deeper(path, values):
    """16-bit colour PNG, which Pillow cannot show: decoded here, row by row."""
    import numpy
    import struct
    import zlib
    data = path.read_bytes()
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", data[16:29])
    if interlace:
        import imagecodecs
        pixels = imagecodecs.png_decode(data)
        pixels = pixels[..., 0]
    else:
        packed, position = b"", 8
        while position < len(data):
            size, kind = struct.unpack(">I4s", data[position:position + 8])
            packed += data[position + 8:position + 8 + size] if kind == b"IDAT" else b""
            position += size + 12
        channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
        step, raw = channels * depth // 8, zlib.decompress(packed)
        stride = width * step
        rows, above = [], bytearray(stride)
        for y in range(height):
            kind = raw[y * (stride + 1)]
            row = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
            for i in range(stride):
                a = row[i - step] if i >= step else 0
                b, c = above[i], above[i - step] if i >= step else 0
                p = a + b - c
                paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
                row[i] = (row[i] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
            rows.append(bytes(row))
            above = row
        pixels = numpy.frombuffer(b"".join(rows), ">u2").reshape(height, width, channels)[..., 0]
    wanted = float(pixels.min()), float(pixels.max()), float(pixels.mean())
    if agree(values, wanted):
        return "equal in the first channel, all 16 bits", True
    return f"other values: {values}, not {wanted}", False


def measure(folder, binary):
    """All rows of the table, and the largest time and memory."""
    folder = pathlib.Path(folder)
    table = []
    slowest = largest = 0
    for row in csv.DictReader((folder / "expected.csv").open()):
        found, code, seconds, megabytes = inspect(pathlib.Path(binary).resolve(), folder,
                                                  row["file"])
        text, ok = judge(folder, row, found, code, seconds, megabytes)
        slowest, largest = max(slowest, seconds), max(largest, megabytes)
        table.append((row, text, ok))
    return table, slowest, largest


def cell(text):
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def page(table, slowest, largest):
    equal = sum(text.startswith("equal") for _, text, _ in table)
    refused = sum(text.startswith("refused") for _, text, _ in table)
    broken = sum(row["outcome"] != "ok" for row, _, _ in table)
    lines = [
        "# Odd and broken files", "",
        f"{len(table)} files that readers fail on, from the test suites of pydicom, dicom2nifti,",
        "nibabel, TotalSegmentator, Pillow, PngSuite and libtiff, and some made for the purpose. Each",
        "was read by `voxelnas data inspect FILE --json` in a process of its own, and is shown beside",
        "what pydicom 3.0.2, nibabel 5.4.2, tifffile 2026.3.3 or Pillow 13.0.0 make of it.", "",
        f"- {equal} files give the reference's values, {refused} are refused with the reason below;",
        f"  {broken} of the refused ones the reference refuses too.",
        "- No file crashes the program or hangs it; the slowest is read in "
        f"{slowest:.1f} s, and the most", f"  memory is {largest:.0f} MB (the limit of the check is "
        f"{MEGABYTES} MB).",
        "- Of a picture in colour the first channel is read, as the paper's code does; palettes are",
        "  looked up, and 1, 2 and 4-bit grey is stretched to 8 bits. Those rows are compared with",
        "  Pillow or tifffile in that channel.", "",
        "This page is written by `Tests/Peers/robustness.py`.", "",
        "| file | what it is | reference | voxelnas |", "|---|---|---|---|",
    ]
    for row, text, _ in table:
        note = row["note"] or ""
        detail = row["detail"] if row["outcome"] == "ok" else "refused: " + row["detail"][:80]
        lines.append(f"| {row['file']} | {cell(note)} | {cell(detail)} | {cell(text)} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("binary")
    parser.add_argument("--write", metavar="FILE", help="the page to write")
    options = parser.parse_args()
    table, slowest, largest = measure(options.folder, options.binary)
    for row, text, ok in table:
        if not ok:
            print(f"{row['file']}: {text}")
    if options.write:
        pathlib.Path(options.write).write_text(page(table, slowest, largest))
    bad = sum(not ok for _, _, ok in table)
    print(f"{len(table)} files, {bad} against the rules, slowest {slowest:.1f} s, "
          f"{largest:.0f} MB")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
