#!/usr/bin/env python3
"""Puts known damage into a clean set of pictures, and judges what a check says about it.

    damage.py damage CLEAN DAMAGED --seed 7 [--places 20] [--kinds repeated-slice,...]
    damage.py judge DAMAGED FINDINGS.json [--cleaned FOLDER]

CLEAN is a folder with `labels.csv` (file,label,patient_id,split) whose scans are folders of 8-bit
PNG slices, as `voxelnas data phantom` writes. `damage` writes the damaged set and `damage.json`:
what was done where, and which clean slices each scan should hold when it has been cleaned. `judge`
compares with the JSON of `voxelnas data check --json`, and with the folder of `data clean`. Nothing
here is shared with the checks: pictures are read by Pillow, changed by NumPy and SciPy.
"""
import argparse
import csv
import io
import json
import pathlib
import random
import shutil
import sys

import numpy as np
import scipy.ndimage as ndimage
from PIL import Image


def read(path):
    return np.asarray(Image.open(path))


def encode(pixels, level=6):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png", compress_level=level)
    return buffer.getvalue()


class Scan:
    """A scan while it is damaged: its row of the table, slices as bytes, and what they were."""

    def __init__(self, row, root):
        self.row = dict(row)
        self.files = sorted((root / row["file"]).glob("*.png"))
        self.slices = [f.read_bytes() for f in self.files]
        self.origin = [str(f.relative_to(root)) for f in self.files]
        self.expected = {"slices": list(self.origin), "label": row["label"],
                         "split": row["split"], "patient": row["patient_id"]}

    def pixels(self, index):
        return np.asarray(Image.open(io.BytesIO(self.slices[index])))

    def lose(self, index):
        self.expected["slices"].remove(self.origin[index])
        self.origin[index] = None


def noisy(pixels, deviation, rng):
    generator = np.random.default_rng(rng.getrandbits(32))
    noise = generator.normal(0, deviation, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def damaged_file(scan, rng):
    index = rng.randrange(len(scan.slices))
    data = scan.slices[index]
    way = rng.randrange(4)
    if way == 0:
        data = data[:int(len(data) * rng.uniform(0.2, 0.9))]
    elif way == 1:
        start = int(len(data) * rng.uniform(0.3, 0.7))
        data = data[:start] + bytes(b ^ 0x5a for b in data[start:start + 40]) + data[start + 40:]
    elif way == 2:
        data = b""
    else:
        data = b"<html>404 not found</html>" * 20
    scan.slices[index] = data
    scan.lose(index)
    return [index]


def mixed_type(scan, rng):
    index = rng.randrange(len(scan.slices))
    scan.slices[index] = encode(scan.pixels(index).astype(np.uint16) * 257)
    scan.lose(index)
    return [index]


def mixed_size(scan, rng):
    index = rng.randrange(len(scan.slices))
    pixels = scan.pixels(index)
    way = rng.randrange(3)
    if way == 0:
        pixels = pixels[8:-8, 8:-8]
    elif way == 1:
        pixels = np.pad(pixels, ((0, 0), (8, 8)))
    else:
        side = pixels.shape[0] * 3 // 4
        pixels = np.asarray(Image.fromarray(pixels).resize((side, side)))
    scan.slices[index] = encode(pixels)
    scan.lose(index)
    return [index]


def insert(scan, index, data):
    scan.slices.insert(index, data)
    scan.origin.insert(index, None)


def repeated_slice(scan, rng):
    index = rng.randrange(len(scan.slices))
    target = index + 1 if rng.random() < 0.5 else rng.randrange(len(scan.slices) + 1)
    data = scan.slices[index]
    if rng.random() < 0.5:
        data = encode(scan.pixels(index), level=1)
    insert(scan, target, data)
    return [target, index if index < target else index + 1]


def near_repeated_slice(scan, rng):
    index = rng.randrange(len(scan.slices))
    pixels = scan.pixels(index)
    way = rng.randrange(3)
    if way == 0:
        pixels = noisy(pixels, rng.uniform(0.5, 2), rng)
    elif way == 1:
        pixels = np.clip(pixels.astype(int) + rng.choice([-5, -3, 3, 5]), 0, 255).astype(np.uint8)
    else:
        pixels = np.clip(np.rint(pixels * rng.choice([0.96, 1.04])), 0, 255).astype(np.uint8)
    insert(scan, index + 1, encode(pixels))
    return [index, index + 1]


def noisy_slice(scan, rng):
    index = rng.randrange(len(scan.slices))
    pixels = scan.pixels(index).copy()
    if rng.random() < 0.5:
        pixels = noisy(pixels, rng.uniform(20, 50), rng)
    else:
        generator = np.random.default_rng(rng.getrandbits(32))
        chance = generator.random(pixels.shape)
        share = rng.uniform(0.05, 0.2)
        pixels[chance < share / 2] = 0
        pixels[chance > 1 - share / 2] = 255
    scan.slices[index] = encode(pixels)
    scan.lose(index)
    return [index]


def disordered_slices(scan, rng):
    count = len(scan.slices)
    order = list(range(count))
    way = rng.randrange(5)
    if way == 0:
        first = rng.randrange(count - 3)
        second = rng.randrange(first + 2, count)
        order[first], order[second] = order[second], order[first]
    elif way == 1:
        first = rng.randrange(count)
        target = rng.choice([p for p in range(count) if abs(p - first) >= 3])
        order.insert(target, order.pop(first))
    elif way == 2:
        start = rng.randrange(count - 8)
        block = order[start:start + 8]
        while all(abs(a - b) < 2 for a, b in zip(block, order[start:start + 8])):
            rng.shuffle(block)
        order[start:start + 8] = block
    elif way == 3:
        # Names without leading zeros, sorted as text: 0, 1, 10, 11, ..., 2, 20, ...
        order.sort(key=str)
    else:
        order.reverse()
    scan.slices = [scan.slices[i] for i in order]
    scan.origin = [scan.origin[i] for i in order]
    return None


def wrong_plane(scan, rng):
    volume = np.stack([scan.pixels(i) for i in range(len(scan.slices))])
    depth, side, _ = volume.shape
    axis = rng.choice([1, 2])
    if rng.random() < 0.33:
        planes = range(depth)  # the first planes, from the body's edge, as one conversion did
    else:
        planes = np.linspace(side * 0.15, side * 0.85, depth).astype(int)
    stretch = rng.random() < 0.5
    method = rng.choice([Image.BILINEAR, Image.NEAREST, Image.BICUBIC])
    slices = []
    for plane in planes:
        picture = np.take(volume, int(plane), axis=axis)[::-1]
        if stretch and picture.max() > picture.min():
            picture = ((picture.astype(float) - picture.min())
                       / (int(picture.max()) - int(picture.min())) * 255).astype(np.uint8)
        slices.append(encode(np.asarray(Image.fromarray(picture).resize((side, side), method))))
    scan.slices = slices
    scan.expected = None
    return None


def segmentation_differs(scan, rng):
    volume = np.stack([scan.pixels(i) for i in range(len(scan.slices))])
    air = volume < 128
    seeds = np.zeros_like(air)
    seeds[:, 0, :] = seeds[:, -1, :] = seeds[:, :, 0] = seeds[:, :, -1] = True
    outside = ndimage.binary_propagation(seeds & air, mask=air)
    labels, count = ndimage.label(air & ~outside)
    sizes = ndimage.sum(air, labels, range(1, count + 1))
    lungs = np.isin(labels, 1 + np.flatnonzero(sizes > 0.1 * sizes.max()))
    lungs = ndimage.binary_closing(lungs, np.ones((1, 3, 3)), iterations=2)
    scan.slices = [encode(np.where(mask, picture, 0).astype(np.uint8))
                   for picture, mask in zip(volume, lungs)]
    scan.expected = None
    return None


SLICES = {"damaged-file": damaged_file, "mixed-type": mixed_type, "mixed-size": mixed_size,
          "repeated-slice": repeated_slice, "near-repeated-slice": near_repeated_slice,
          "noisy-slice": noisy_slice, "disordered-slices": disordered_slices,
          "wrong-plane": wrong_plane, "segmentation-differs": segmentation_differs}
LISTS = ["shared-patient", "shared-voxels", "label-contradicts-name"]
KINDS = [*SLICES, *LISTS]


def damage(options):
    rng = random.Random(options.seed)
    clean, target = pathlib.Path(options.clean), pathlib.Path(options.damaged)
    shutil.rmtree(target, ignore_errors=True)
    rows = list(csv.DictReader((clean / "labels.csv").open()))
    scans = [Scan(row, clean) for row in rows]
    labels = sorted({row["label"] for row in rows})
    kinds = options.kinds.split(",") if options.kinds else KINDS
    by_patient = {}
    for scan in scans:
        by_patient.setdefault(scan.row["patient_id"], []).append(scan)
    free = list(scans)
    rng.shuffle(free)
    done = []

    def take(condition=lambda scan: True):
        for scan in free:
            if condition(scan):
                free.remove(scan)
                return scan
        raise SystemExit("damage.py: too few scans; make a larger clean set")

    # Patients with several scans are few, so they are taken first.
    if "shared-patient" in kinds:
        for _ in range(options.places):
            # One scan goes to the other list. Of two scans the test list keeps its right.
            def movable(scan):
                own = by_patient[scan.row["patient_id"]]
                need = 2 if scan.row["split"] == "test" else 3
                return len(own) >= need and all(s in free for s in own)
            scan = take(movable)
            for other in by_patient[scan.row["patient_id"]]:
                if other is not scan:
                    free.remove(other)
            scan.row["split"] = "train" if scan.row["split"] == "test" else "test"
            done.append({"kind": "shared-patient", "scan": scan.row["patient_id"], "slices": None})
    copies = []
    if "shared-voxels" in kinds:
        for place in range(options.places):
            scan = take(lambda s: s.row["split"] == "test")
            copy = Scan({**scan.row, "file": scan.row["file"]}, clean)
            copy.row.update(file=f"{scan.row['label']}/copy{place}/{9000 + place}",
                            patient_id=f"copy{place}", split="train")
            way = rng.randrange(3)
            for index in range(len(copy.slices)):
                pixels = copy.pixels(index)
                if way == 1:
                    pixels = noisy(pixels, 1, rng)
                elif way == 2:
                    pixels = np.clip(pixels.astype(int) + 3, 0, 255).astype(np.uint8)
                copy.slices[index] = encode(pixels, level=4)
            copy.expected = None
            copies.append(copy)
            done.append({"kind": "shared-voxels", "scan": copy.row["file"],
                         "other": scan.row["file"], "slices": None})
    if "label-contradicts-name" in kinds:
        for _ in range(options.places):
            scan = take()
            scan.row["label"] = rng.choice([l for l in labels if l != scan.row["label"]])
            done.append({"kind": "label-contradicts-name", "scan": scan.row["file"],
                         "slices": None})
    for kind, function in SLICES.items():
        if kind not in kinds:
            continue
        for _ in range(options.places):
            scan = take()
            done.append({"kind": kind, "scan": scan.row["file"],
                         "slices": function(scan, rng)})
    scans += copies
    for scan in scans:
        folder = target / scan.row["file"]
        folder.mkdir(parents=True)
        for index, data in enumerate(scan.slices):
            (folder / f"{index:04}.png").write_bytes(data)
    with (target / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["file", "label", "patient_id", "split"],
                                extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(scan.row for scan in scans)
    (target / "damage.json").write_text(json.dumps({
        "clean": str(clean.resolve()), "seed": options.seed, "damage": done,
        "expected": {scan.row["file"]: scan.expected for scan in scans}}, indent=1))
    print(f"{len(done)} places in {len(scans)} scans")


def matches(place, finding):
    if place["kind"] != finding["kind"]:
        return False
    if finding.get("scan") not in (place["scan"], place.get("other")):
        return False
    return place["slices"] is None or bool(set(place["slices"]) & set(finding["slices"]))


def judge(options):
    record = json.loads((pathlib.Path(options.damaged) / "damage.json").read_text())
    document = json.loads(pathlib.Path(options.findings).read_text())
    # Leaks and class sizes are said of the whole set, not of a place.
    findings = [f for f in document["findings"]
                if f["kind"] not in ("label-leak", "few-patients")]
    places = record["damage"]
    found = [p for p in places if any(matches(p, f) for f in findings)]
    false = [f for f in findings if not any(matches(p, f) for p in places)]
    damaged = {p["scan"] for p in places}
    clean = [s for s in record["expected"] if s not in damaged]
    alarmed = {f["scan"] for f in false if f.get("scan") in clean}
    result = {"places": len(places), "found": len(found) / len(places),
              "falseAlarms": len(false) / max(1, len(findings)),
              "cleanScansAlarmed": len(alarmed) / max(1, len(clean)), "findings": len(findings)}
    if options.verbose:
        for place in places:
            if place not in found:
                near = [f["kind"] for f in findings if f.get("scan") == place["scan"]]
                print(f"missed {place} (said of it: {near})", file=sys.stderr)
        for finding in false:
            print(f"false {finding['kind']} {finding.get('scan')} {finding['slices'][:6]} "
                  f"{finding['message']}", file=sys.stderr)
    by_kind = {}
    for place in places:
        entry = by_kind.setdefault(place["kind"], [0, 0])
        entry[0] += place in found
        entry[1] += 1
    result["kinds"] = {kind: f"{a}/{b}" for kind, (a, b) in by_kind.items()}
    if options.cleaned:
        result.update(restoration(record, pathlib.Path(options.cleaned), options.verbose))
    print(json.dumps(result, indent=1))


def restoration(record, folder, verbose):
    """The share of scans that hold exactly the clean slices that damage left, under their names."""
    clean = pathlib.Path(record["clean"])
    rows = {row["file"]: row for row in csv.DictReader((folder / "labels.csv").open())}
    right = wrong = 0
    for name, expected in record["expected"].items():
        row = rows.get(name)
        problem = None
        if expected is None or row is None:
            if (expected is None) != (row is None):
                problem = "there, should be gone" if row else "gone, should be there"
        elif (row["label"], row["split"], row["patient_id"]) != (
                expected["label"], expected["split"], expected["patient"]):
            problem = f"{row} instead of {expected['label']}, {expected['split']}"
        else:
            files = sorted((folder / name).glob("*.png"))
            if len(files) != len(expected["slices"]):
                problem = f"{len(files)} slices instead of {len(expected['slices'])}"
            elif not all(np.array_equal(read(a), read(clean / b))
                         for a, b in zip(files, expected["slices"])):
                problem = "other slices or another order"
        right += problem is None
        wrong += problem is not None
        if problem and verbose:
            print(f"not restored {name}: {problem}", file=sys.stderr)
    return {"restored": right / (right + wrong), "notRestored": wrong, "scans": right + wrong}


parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
commands = parser.add_subparsers(required=True)
command = commands.add_parser("damage")
command.add_argument("clean")
command.add_argument("damaged")
command.add_argument("--seed", type=int, required=True)
command.add_argument("--places", type=int, default=20)
command.add_argument("--kinds", default="")
command.set_defaults(function=damage)
command = commands.add_parser("judge")
command.add_argument("damaged")
command.add_argument("findings")
command.add_argument("--cleaned")
command.add_argument("--verbose", action="store_true")
command.set_defaults(function=judge)
options = parser.parse_args()
options.function(options)
