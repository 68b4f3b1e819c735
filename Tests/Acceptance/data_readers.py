"""What readers, conversions and shards must show."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Peers"))
import robustness
from figures import BINARY, ROOT, Skip, Topic, need_module, need_shared, voxelnas

topic = Topic.named("data", products=('voxelnas', 'ReadersBenchmark'))
BENCHMARK = ROOT / ".build" / "release" / "ReadersBenchmark"
FUZZ_SECONDS = int(os.environ.get("VOXELNAS_FUZZ_SECONDS", "600"))


def inspected(path):
    return json.loads(voxelnas("data", "inspect", path, "--json").stdout)


# ---------------------------------------------------------------- what readers read

@topic.figure("covid_ct_md: files equal to reference.json", "all")
def equal_to_reference():
    folder = need_shared("data", "covid_ct_md")
    reference = json.loads((folder / "reference.json").read_text())
    wrong, count, syntaxes = [], 0, set()
    digests = {"dicom": "sha256_stored_u16le", "nifti": "sha256_voxels_le", "png": "sha256_u8",
               "tiff16": "sha256_u16le"}
    for kind, entries in reference.items():
        for entry in entries:
            found = inspected(folder / entry["file"])
            ok = found["sha256"] == entry[digests[kind]]
            for ours, theirs in (("minimum", ("stored_min", "hu_min", "min")),
                                 ("maximum", ("stored_max", "hu_max", "max"))):
                ok &= all(found[ours] == entry[name] for name in theirs if name in entry)
            mean = found["mean"]
            if kind == "dicom":
                details = found["details"]
                mean = mean * float(details["slope"]) + float(details["intercept"])
                ok &= details["transferSyntax"] == entry["transfer_syntax"]
                syntaxes.add(entry["transfer_syntax"])
            wanted = entry["hu_mean"] if "hu_mean" in entry else entry["mean"]
            ok &= abs(mean - wanted) <= 1e-4
            if "shape_xyz" in entry:
                ok &= found["shape"] == entry["shape_xyz"]
            count += 1
            if not ok:
                wrong.append(entry["file"])
    value = f"{count - len(wrong)} of {count}, {len(syntaxes)} DICOM transfer syntaxes"
    return value + (f"; not {wrong[0]}" if wrong else ""), not wrong and count == 97


@topic.figure("covid_ct_md: DICOM series in anatomical order", "all")
def anatomical_order():
    folder = need_shared("data", "covid_ct_md")
    reference = json.loads((folder / "reference.json").read_text())
    series = {}
    for entry in reference["dicom"]:
        series.setdefault(str(pathlib.Path(entry["file"]).parent), []).append(entry)
    right = 0
    for name, slices in series.items():
        found = inspected(folder / name)
        wanted = [str(folder / s["file"]) for s in sorted(slices,
                                                          key=lambda s: s["order_in_series"])]
        right += found["files"] == wanted and not found["findings"]
    return f"{right} of {len(series)}", right == len(series) == 6


@topic.figure("robustness: files that break a rule", "0 of 283")
def robust():
    folder = need_shared("data", "robustness")
    need_module("PIL")
    need_module("tifffile")
    table, slowest, largest = robustness.measure(folder, BINARY)
    bad = [row["file"] for row, _, ok in table if not ok]
    equal = sum(text.startswith("equal") for _, text, _ in table)
    refused = sum(text.startswith("refused") for _, text, _ in table)
    page = ROOT / "Docs" / "Data-robustness.md"
    strip = lambda text: re.sub(r"slowest is read in.*\n.*limit", "limit", text)
    listed = page.exists() and strip(page.read_text()) == strip(
        robustness.page(table, slowest, largest))
    value = (f"{len(bad)} of {len(table)} ({equal} equal, {refused} refused, at most "
             f"{slowest:.1f} s and {largest:.0f} MB; "
             f"the page {'says so' if listed else 'says otherwise'})")
    return value, not bad and len(table) == 283 and listed


@topic.figure("a gzip bomb of 1 MB, megabytes taken", "<= 512, refused")
def bomb():
    import gzip
    import struct
    folder = topic.work / "bomb"
    folder.mkdir(exist_ok=True)
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, 1000, 1000, 900, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 2, 8)
    struct.pack_into("<4f", header, 76, 1, 1, 1, 1)
    struct.pack_into("<f", header, 108, 352)
    header[344:348] = b"n+1\0"
    with gzip.open(folder / "bomb.nii.gz", "wb") as file:
        file.write(header)
        for _ in range(900):
            file.write(bytes(1_000_000))
    found, code, seconds, megabytes = robustness.inspect(BINARY, folder, "bomb.nii.gz")
    return (f"{megabytes:.0f}, {found.get('error', 'read')[:60]}",
            code == 65 and megabytes <= 512)


# ---------------------------------------------------------------- conversion

@topic.figure("data convert: slices equal to the window's formula", "all")
def conversion():
    numpy = need_module("numpy")
    image = need_module("PIL.Image").Image
    nibabel = need_module("nibabel")
    source = need_shared("data", "covid_ct_md", "nifti_fullres", "COVID", "study_0001_512.nii.gz")
    volume = nibabel.as_closest_canonical(nibabel.load(source)).get_fdata()
    # From right, anterior, superior to slices, rows to the back, columns to the left.
    axial = volume[::-1, ::-1, :].transpose(2, 1, 0)
    right = 0
    for bits in (8, 16):
        output = topic.work / f"converted-{bits}"
        shutil.rmtree(output, ignore_errors=True)
        voxelnas("data", "convert", source, output, "--window", "-1250,250", "--bits", bits)
        sidecar = json.loads((output / "window.json").read_text())
        low, high = sidecar["window"]
        maximum = 2 ** bits - 1
        for index, plane in enumerate(axial):
            found = numpy.asarray(image.open(output / f"{index:04d}.png")).astype(float)
            wanted = numpy.clip((plane - low) / (high - low), 0, 1) * maximum
            right += abs(found - wanted).max() <= 0.5 + 1e-6 and sidecar["maximum"] == maximum
    return f"{right} of {2 * len(axial)}", right == 2 * len(axial)


# ---------------------------------------------------------------- speed

def benchmark(*arguments):
    if not BENCHMARK.exists():
        subprocess.run(["swift", "build", "-c", "release", "--product", "ReadersBenchmark"],
                       cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    result = subprocess.run([str(BENCHMARK), *map(str, arguments)], check=True,
                            capture_output=True, text=True)
    return json.loads(result.stdout)


@topic.figure("PNG: time over libpng's alone", "<= 1.20")
def png_speed():
    folder = need_shared("data", "covid_ct_md", "png")
    found = benchmark("png", *sorted(folder.rglob("*.png")))
    return (f"{found['ratio']:.3f} ({found['ours'] / found['files'] * 1e3:.2f} ms a slice)",
            found["ratio"] <= 1.2)


@topic.figure("NIfTI: time over zlib's alone", "<= 1.20")
def nifti_speed():
    folder = need_shared("data", "covid_ct_md")
    found = benchmark("nifti", *sorted(folder.glob("nifti*/*/*.nii.gz")))
    return (f"{found['ratio']:.3f} ({found['ours'] / found['files'] * 1e3:.0f} ms a volume)",
            found["ratio"] <= 1.2)


# ---------------------------------------------------------------- shards

def packing_sample(scans):
    """Real 512×512 slices, 12 a scan, under as many names as are wanted."""
    source = need_shared("data", "covid_ct_md", "png")
    folders = sorted(path for path in source.glob("*/*/*") if path.is_dir())
    work = topic.work / f"sample-{scans}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    rows = ["file,label,patient_id,split"]
    for index in range(scans):
        shutil.copytree(folders[index % len(folders)], work / f"s{index}")
        rows.append(f"s{index},{'ab'[index % 2]},p{index},{'train' if index % 4 else 'test'}")
    (work / "labels.csv").write_text("\n".join(rows) + "\n")
    (work / "run.yaml").write_text(
        "name: packing\ndata:\n  table: labels.csv\n  classes: {a: 0, b: 1}\n  positive: b\n"
        "input: {depth: 16, height: 64, width: 64}\n"
        "evaluationInput: {depth: 32, height: 512, width: 512}\n")
    return work


def pack(work, threads, name):
    shutil.rmtree(work / name, ignore_errors=True)
    start = time.time()
    voxelnas("data", "pack", work / "run.yaml", "--shards", work / name, "--threads", threads)
    return time.time() - start


def digest(folder):
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


@topic.figure("packing on 2 threads over 1", ">= 1.6")
def packing_scales():
    if len(os.sched_getaffinity(0)) < 2:
        raise Skip("needs two processors")
    work = packing_sample(24)
    one = min(pack(work, 1, "one") for _ in range(2))
    two = min(pack(work, 2, "two") for _ in range(2))
    return (f"{one / two:.2f} ({one:.1f} s and {two:.1f} s; load {os.getloadavg()[0]:.1f})",
            one / two >= 1.6)


@topic.figure("packing: bytes of 1 thread, 2 threads and again", "equal")
def packing_bytes():
    work = packing_sample(40)
    for threads, name in ((1, "one"), (2, "two"), (2, "again")):
        pack(work, threads, name)
    found = {digest(work / name) for name in ("one", "two", "again")}
    return "equal" if len(found) == 1 else f"{len(found)} different sets", len(found) == 1


@topic.figure("packing killed midway goes on to the same bytes", "equal")
def packing_resumes():
    work = packing_sample(72)
    pack(work, 2, "whole")
    shutil.rmtree(work / "killed", ignore_errors=True)
    process = subprocess.Popen(
        [str(BINARY), "data", "pack", str(work / "run.yaml"), "--shards", str(work / "killed")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list((work / "killed").glob("*/shard-*.json")):
        time.sleep(0.02)
    process.kill()
    process.wait()
    kept = len(list((work / "killed").glob("*/shard-*.json")))
    voxelnas("data", "pack", work / "run.yaml", "--shards", work / "killed")
    for leftover in (work / "killed").glob("*/*.temporary"):
        leftover.unlink()
    equal = digest(work / "whole") == digest(work / "killed")
    return f"{'equal' if equal else 'different'}, {kept} shards kept", equal and 0 < kept < 6


@topic.figure("packing 800 scans of 512x512 on 2 cores, projected minutes", "reported")
def packing_projection():
    work = packing_sample(24)
    seconds = pack(work, 2, "projected")
    # Clean-CC-CCII: 340,190 slices in 3,993 scans.
    slices = 800 * 340_190 / 3_993
    minutes = slices * seconds / (24 * 12) / 60
    return (f"{minutes:.1f} ({slices:.0f} slices; measured on 288 slices, for the search and at "
            f"512x512 for the evaluation, load {os.getloadavg()[0]:.1f})", minutes > 0)


@topic.figure("reading shards, warm, GB/s", ">= 1.0")
def shard_reading():
    """Stored bytes a second, from a mapped shard to floats in the file's intensities, slice by slice.

    The checksums are verified when a set is opened, once, and are not in it. What a loader makes of
    the same slices (window, normalisation) is printed beside it.
    """
    work = packing_sample(24)
    pack(work, 2, "reading")
    found = [benchmark("shards", folder) for folder in sorted((work / "reading").iterdir())]
    best = max(found, key=lambda f: f["bytes"])
    return (f"{best['gigabytesPerSecond']:.2f} ({best['bytes'] / 1e6:.0f} MB; as network input "
            f"{best['loaded']:.2f} gigavoxels/s; load {os.getloadavg()[0]:.1f})",
            best["gigabytesPerSecond"] >= 1)


@topic.figure("Python reads shards by the page's three lines", "yes")
def python_reads():
    need_module("safetensors")
    work = packing_sample(8)
    pack(work, 2, "python")
    said = []
    for folder in sorted((work / "python").iterdir()):
        result = subprocess.run(
            [sys.executable, ROOT / "Tests" / "Peers" / "read_shards.py", folder],
            capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        said.append(result.stdout.strip())
    return f"yes ({said[0]})", len(said) == 2


# ---------------------------------------------------------------- fuzzing

@topic.figure(f"fuzzing each reader {FUZZ_SECONDS} s under sanitizers", "no finding, 600 s")
def fuzzing():
    result = subprocess.run([ROOT / "Tests" / "Fuzz" / "run", "all", "--seconds",
                             str(FUZZ_SECONDS)], capture_output=True, text=True)
    print(result.stdout, result.stderr[-2000:], file=sys.stderr)
    counts = re.findall(r"^(\S+): (\d+) executions.*no finding$", result.stdout, re.M)
    value = ", ".join(f"{name} {int(count):,}" for name, count in counts)
    return (f"{value} executions", result.returncode == 0 and len(counts) == 8
            and FUZZ_SECONDS >= 600)
