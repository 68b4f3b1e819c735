"""What exports and pictures must show.

Needs numpy, nibabel, onnx, onnxruntime, tensorboard and scikit-learn for all of its figures.
"""
import csv
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from figures import BINARY, ROOT, Skip, Topic, need_module, voxelnas

topic = Topic.named("evaluation")
EXAMPLES = ROOT / "Docs" / "Examples"


fresh = topic.fresh


def peer(script, *arguments):
    """Runs a peer script and returns its last line and whether it was content."""
    result = subprocess.run([sys.executable, str(ROOT / "Tests" / "Peers" / script), *arguments],
                            capture_output=True, text=True)
    lines = result.stdout.strip().splitlines() or [result.stderr.strip()[-200:]]
    if result.returncode != 0:
        print(result.stdout[-3000:], result.stderr[-3000:], file=sys.stderr)
    return lines[-1], result.returncode == 0 and not lines[-1].startswith("skipped")


def swift_test(name, **environment):
    subprocess.run(["swift", "test", "-c", "release", "--disable-testable-imports", "--filter",
                    name], cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, **environment})


# ---------------------------------------------------------------- a run to look at

def phantom_run():
    """A network trained on phantoms with one or many lesions, with a layer of the map per slice."""
    folder = topic.work / "phantoms"
    run = folder / "run"
    if (run / "evaluation" / "report.json").exists():
        return run
    fresh("phantoms")
    scans = folder / "scans"
    voxelnas("data", "phantom", scans, "--layout", "mosmed", "--opacities", "mixed", "--patients",
             400, "--size", 96, "--seed", 1)
    shutil.copy(EXAMPLES / "phantoms-depth.yaml", scans)
    voxelnas("search", scans / "phantoms-depth.yaml", "--output", run, "--workers", 2)
    voxelnas("evaluate", run, "--workers", 2)
    return run


def test_rows(run):
    """The rows of predictions.csv about the model that was saved, by scan."""
    choice = json.loads((run / "configuration.json").read_text())["evaluation"]["checkpoint"]
    with open(run / "evaluation" / "predictions.csv") as file:
        return {row["scan"]: row for row in csv.DictReader(file)
                if (row["model"], row["seed"], row["checkpoint"]) == ("found", "1", choice)}


@topic.figure("reload: test rows whose logits have the same digits", "all")
def reload_equality():
    run = phantom_run()
    rows = test_rows(run)
    model = run / "evaluation" / "model-seed1.safetensors"
    scans = run.parent / "scans"
    same, count = 0, 0
    for label in sorted({name.split("/")[0] for name in rows}):
        answer = json.loads(voxelnas("predict", model, scans / label, "--json").stdout)
        for entry in answer["predictions"]:
            # Manifest: class/patient/scan; file: study_<patient>.nii.gz.
            patient = re.search(r"study_(\d+)", entry["scan"])[1]
            row = rows.get(f"{label}/{patient}/{patient}")
            if row is None:
                continue
            count += 1
            own = [float(row[f"l_{name}"]) for name in answer["classes"]]
            same += own == entry["logits"]
    return f"{same} of {count}", same == count == len(rows) and count > 0


@topic.figure("predict: a damaged scan does not stop the others", "exit code 65, all others")
def predict_errors():
    run = phantom_run()
    folder = fresh("damaged")
    label = next((run.parent / "scans").glob("CT-1"))
    for scan in sorted(label.glob("*.nii.gz"))[:3]:
        shutil.copy(scan, folder)
    (folder / "broken.nii.gz").write_bytes(b"\x1f\x8bnothing")
    result = voxelnas("predict", run, folder, "--csv", check=False)
    rows = list(csv.DictReader(result.stdout.splitlines()))
    good = [row for row in rows if not row["error"]]
    bad = [row for row in rows if row["error"]]
    ok = (result.returncode == 65 and len(good) == 3 and len(bad) == 1
          and "broken.nii.gz" in bad[0]["error"] and "Research use only" in result.stderr)
    return f"exit code {result.returncode}, {len(good)} predicted, {len(bad)} explained", ok


# ---------------------------------------------------------------- ONNX

@topic.figure("ONNX Runtime: S, L, skips, published networks, batch 1 and 3, two sizes",
              "<= 1e-4, checker clean")
def onnx_networks():
    need_module("onnxruntime")
    return peer("onnx_against_runtime.py")


@topic.figure("ONNX Runtime: the trained model on its test list", "<= 1e-4 relative")
def onnx_trained():
    onnx = need_module("onnx")
    onnxruntime = need_module("onnxruntime")
    np = need_module("numpy")
    run = phantom_run()
    path = topic.work / "found.onnx"
    voxelnas("export", "onnx", run, path)
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    metadata = {pair.key: pair.value for pair in model.metadata_props}
    if "Research use only" not in metadata["use"]:
        raise RuntimeError("the metadata do not say what the model is for")
    runner = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    shards = sorted((run / "shards").glob("*/index.json"))
    settings = json.loads(metadata["configuration"])["evaluationInput"]
    worst = 0.0
    for index in shards:
        content = json.loads(index.read_text())
        if content["settings"]["height"] != settings["height"]:
            continue
        rows = test_rows(run)
        for scan in content["scans"]:
            if scan["id"] not in rows:
                continue
            volume = prepared(np, index.parent, content, scan, settings)
            logits = runner.run(["logits"], {"volume": volume[None, None]})[0][0]
            ours = [float(rows[scan["id"]][f"l_{name}"])
                    for name in metadata["classes"].split(",")]
            worst = max(worst, np.abs(logits - ours).max() / np.abs(ours).max())
    return f"{worst:.1e}", 0 < worst <= 1e-4


def prepared(np, folder, content, scan, settings):
    """The evaluation's input from a shard, by its documented rules alone."""
    path = folder / content["shards"][scan["shard"]]["file"]
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:8 + length])[f"voxels/{scan['position']}"]
    start, end = entry["data_offsets"]
    kind = {"I16": "<i2", "U8": "u1", "F32": "<f4"}[entry["dtype"]]
    voxels = np.frombuffer(data[8 + length + start:8 + length + end], kind)
    voxels = voxels.reshape(entry["shape"]).astype(np.float32) + scan["measured"]["offset"]
    count, depth = voxels.shape[0], settings["depth"]
    if settings["evaluationSlices"] != "uniform-span" or settings["normalization"] != "unit":
        raise RuntimeError("the example's preprocessing has changed")
    chosen = (range(count) if count == depth
              else [(2 * j + 1) * count // (2 * depth) for j in range(depth)])
    low, high = settings["window"]
    return np.clip((voxels[list(chosen)] - low) / (high - low), 0, 1).astype(np.float32)


# ---------------------------------------------------------------- class activation maps

@topic.figure("CAM: the maximum lies in the one lesion, of 50 phantoms called NCP", ">= 80 %")
def cam_in_lesion():
    return measured_maps()["inside"]


@topic.figure("CAM with depth: the maximum is in the right slice +- 2", ">= 80 %")
def cam_in_slice():
    return measured_maps()["slice"]


@topic.figure("CAM: NIfTI has the scan's shape and affine (nibabel)", "all")
def cam_space():
    return measured_maps()["space"]


@functools.cache
def measured_maps():
    """The figures by name; where they cannot be measured, each of them says why."""
    try:
        return measure_maps()
    except Skip:
        raise
    except Exception as error:
        return dict.fromkeys(("inside", "slice", "space"), (str(error), False))


def measure_maps():
    np = need_module("numpy")
    nibabel = need_module("nibabel")
    run = phantom_run()
    folder = fresh("one-lesion")
    scans = folder / "scans"
    # Other patients than those of training and test: another seed.
    voxelnas("data", "phantom", scans, "--layout", "mosmed", "--opacities", "one",
             "--patients", 160, "--size", 96, "--seed", 77)
    with open(scans / "labels.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] != "CT-0"]
    inside = right = fitting = called = 0
    for row in rows:
        if called == 50:
            break
        out = folder / "maps" / pathlib.Path(row["file"]).name.split(".")[0]
        positive = "CT-1+CT-2+CT-3+CT-4"
        summary = json.loads(voxelnas(
            "cam", run, scans / row["file"], "--out", out, "--class", positive, "--no-occlusion",
            "--mirrored", "--json").stdout)[0]
        if summary["predicted"] != positive:
            continue
        called += 1
        entry = summary["classes"][0]
        name = next(file for file in entry["files"] if file.endswith(".nii.gz"))
        scan = nibabel.load(scans / row["file"])
        heat = nibabel.load(out / name)
        mask = nibabel.load(scans / row["mask"]).get_fdata() > 0.5
        values = heat.get_fdata()
        fitting += (heat.shape == scan.shape and np.allclose(heat.affine, scan.affine, atol=1e-3)
                    and heat.header.get_zooms() == scan.header.get_zooms())
        place = np.unravel_index(values.argmax(), values.shape)
        inside += bool(mask[place])
        lesion = np.flatnonzero(mask.any(axis=(0, 1)))
        right += bool(np.abs(lesion - place[2]).min() <= 2)
    if called < 50:
        raise RuntimeError(f"only {called} of {len(rows)} phantoms were called NCP")
    return {
        "inside": (f"{inside} of {called}", inside >= 0.8 * called),
        "slice": (f"{right} of {called}", right >= 0.8 * called),
        "space": (f"{fitting} of {called}", fitting == called),
    }


@topic.figure("CAM: NIfTI of a flipped, permuted scan lies where the scan lies", "yes")
def cam_orientation():
    np = need_module("numpy")
    nibabel = need_module("nibabel")
    run = phantom_run()
    folder = fresh("orientation")
    source = sorted((run.parent / "scans").glob("CT-[1-4]/*.nii.gz"))[0]
    scan = nibabel.load(source)
    turned = scan.as_reoriented(nibabel.orientations.ornt_transform(
        nibabel.io_orientation(scan.affine), nibabel.orientations.axcodes2ornt("SAR")))
    nibabel.save(turned, folder / "turned.nii.gz")
    values = []
    for path, out in [(source, "a"), (folder / "turned.nii.gz", "b")]:
        summary = json.loads(voxelnas("cam", run, path, "--out", folder / out, "--no-occlusion",
                                      "--json").stdout)[0]
        name = [f for f in summary["classes"][1]["files"] if f.endswith(".nii.gz")][0]
        image = nibabel.load(folder / out / name)
        if out == "b":
            if image.shape != turned.shape or not np.allclose(image.affine, turned.affine, atol=1e-3):
                return "another space", False
            image = nibabel.as_closest_canonical(image)
        else:
            image = nibabel.as_closest_canonical(image)
        values.append(image.get_fdata())
    same = np.allclose(values[0], values[1], atol=1e-5) and np.ptp(values[0]) > 0
    return "yes" if same else "no", bool(same)


# ---------------------------------------------------------------- metrics

@topic.figure("metrics against scikit-learn, 1,000 random cases", "none differs")
def sklearn_cases():
    need_module("sklearn")
    return peer("metrics_against_sklearn.py", "--cases", "1000")


@topic.figure("bootstrap intervals of 95 % cover the truth, by patients", "93 to 97 %")
def coverage():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "coverage.json"
        swift_test("CoverageTests", VOXELNAS_COVERAGE=str(path))
        rows = json.loads(path.read_text())
    text = ", ".join(f"{row['patients']:.0f}: accuracy {100 * row['accuracy']:.1f} % "
                     f"AUC {100 * row['area']:.1f} %" for row in rows)
    return text, all(0.93 <= row[name] <= 0.97 for row in rows for name in ("accuracy", "area"))


TABLE3 = [  # precision, sensitivity, positives, negatives, TP, FP, FN, TN
    ("89.62", "77.15", 302, 496, 233, 27, 69, 469), ("88.97", "82.78", 302, 496, 250, 31, 52, 465),
    ("87.11", "82.78", 302, 496, 250, 37, 52, 459), ("88.78", "91.72", 302, 496, 277, 35, 25, 461),
    ("90.48", "88.08", 302, 496, 266, 28, 36, 468), ("81.31", "97.25", 255, 76, 248, 57, 7, 19),
    ("84.23", "92.16", 255, 76, 235, 44, 20, 32), ("79.43", "98.43", 255, 76, 251, 65, 4, 11),
    ("78.82", "99.22", 255, 76, 253, 68, 2, 8), ("79.50", "98.82", 255, 76, 252, 65, 3, 11),
    ("92.34", "95.54", 202, 200, 193, 16, 9, 184), ("92.57", "92.57", 202, 200, 187, 15, 15, 185),
    ("90.95", "94.55", 202, 200, 191, 19, 11, 181), ("92.68", "90.48", 42, 82, 38, 3, 4, 79),
    ("97.50", "92.86", 42, 82, 39, 1, 3, 81),
]


@topic.figure("auditor: Table 3's confusion matrices, and none on 42 + 82 for its baselines",
              "15 of 15, none of 3")
def auditor():
    def audit(precision, sensitivity, positives, negatives):
        result = voxelnas("audit", "--precision", precision, "--sensitivity", sensitivity,
                          "--positives", positives, "--negatives", negatives, "--json",
                          check=False)
        return [[row[key] for key in ("truePositives", "falsePositives", "falseNegatives",
                                      "trueNegatives")] for row in json.loads(result.stdout)]
    found = sum(list(row[4:]) in audit(*row[:4]) for row in TABLE3)
    ghosts = sum(bool(audit(row[0], row[1], 42, 82)) for row in TABLE3[10:13])
    return f"{found} of {len(TABLE3)}, {ghosts} of 3", found == len(TABLE3) and ghosts == 0


# ---------------------------------------------------------------- TensorBoard, drawing, card

@topic.figure("TensorBoard's own reader opens the events of search and training", "all tags")
def tensorboard():
    need_module("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    run = phantom_run()
    demanded = {
        "search": {"loss/weights", "alpha/entropy", "alpha/temperature", "candidate-argmax/loss"},
        "found-1": {"loss/training", "loss/validation", "auc/validation", "rate"},
    }
    counts = []
    for name, tags in demanded.items():
        events = EventAccumulator(str(run / "tensorboard" / name))
        events.Reload()
        missing = tags - set(events.Tags()["scalars"])
        if missing:
            return f"{name} lacks {sorted(missing)}", False
        counts.append((name, len(events.Scalars(sorted(tags)[-1]))))
    epochs = json.loads((run / "configuration.json").read_text())["evaluation"]["epochs"]
    return ", ".join(f"{n}: {c} points" for n, c in counts), counts[1][1] == epochs


@topic.figure("a resumed search has every step once in TensorBoard", "yes")
def tensorboard_resume():
    need_module("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    import signal
    import time
    run = phantom_run()
    target = fresh("resumed") / "run"
    command = [str(BINARY), "search", str(run.parent / "scans" / "phantoms-depth.yaml"), "--output",
               str(target), "--workers", "0", "--set", "search.epochs=6",
               "--shards", str(run / "shards")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    progress = target / "progress.json"
    while process.poll() is None:
        time.sleep(0.2)
        if progress.exists():
            state = json.loads(progress.read_text())
            if state["stage"] == "search" and 3 <= state["done"] < state["total"]:
                process.send_signal(signal.SIGINT)
                break
    stopped = process.wait()
    subprocess.run(command + ["--resume"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    total = json.loads(progress.read_text())["total"]
    events = EventAccumulator(str(target / "tensorboard" / "search"))
    events.Reload()
    steps = [event.step for event in events.Scalars("loss/weights")]
    files = len(list((target / "tensorboard" / "search").iterdir()))
    ok = stopped == 75 and files == 2 and steps == list(range(1, total + 1))
    return f"exit code {stopped}, {files} files, steps {steps[0]} to {steps[-1]}", ok


@topic.figure("architecture.svg and model-card.md", "well-formed, complete")
def drawing_and_card():
    import xml.etree.ElementTree as tree
    run = phantom_run()
    root = tree.parse(run / "evaluation" / "architecture.svg").getroot()
    card = (run / "evaluation" / "model-card.md").read_text()
    same = voxelnas("card", run).stdout == card
    index = json.loads((run / "evaluation" / "report.json").read_text())
    prints = [entry["value"] for entry in index["data"]["fingerprints"]]
    wanted = ["Research use only", "## Data", "## Training", "## Results", "## Limits", *prints]
    missing = [text for text in wanted if text not in card]
    ok = root.tag.endswith("svg") and same and not missing
    return f"{len(card)} characters, missing {missing}, regenerated alike: {same}", ok
