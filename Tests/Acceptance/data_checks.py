"""What checks, cleaning and the search for lungs must show."""
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from figures import ROOT, Topic, need_module, need_shared, voxelnas

topic = Topic.named("data")
DAMAGE = ROOT / "Tests" / "Peers" / "damage.py"
SEEDS = (1, 2, 3)


fresh = topic.fresh


def checked(run_file, *options):
    """The JSON of a check; its exit code is 1 where it finds problems."""
    result = voxelnas("data", "check", run_file, "--json", *options, check=False)
    if result.returncode not in (0, 1):
        raise RuntimeError(result.stderr.strip())
    return json.loads(result.stdout)


def lists(name, data):
    path = topic.work / f"{name}.yaml"
    path.write_text(json.dumps({"data": {"format": "paper-json", **data}}))
    return path


# ---------------------------------------------------------------- leaks and splits

def slice_count_leak(name, manifests, classes, positive, class_name):
    folder = need_shared("manifests")
    train, test = (str(folder / m) for m in manifests)
    check = checked(lists(name, {"train": train, "test": test, "classes": classes,
                                 "positive": positive}), "--lists-only")
    # The figure is quoted for the direction "fewer slices, more likely the class".
    return [leak["areaOfLower"] for leak in check["leaks"]
            if (leak["list"], leak["feature"], leak["className"])
            == ("test", "slice count", class_name)][0]


@topic.figure("slice-count AUC of COVID-CTset test_balance", "0.967")
def leak_covid_ctset():
    area = slice_count_leak("covid-ctset", ("covid_ctset/train_balance.json",
                                            "covid_ctset/test_balance.json"),
                            {"normal": 0, "covid": 1}, "covid", "covid")
    return f"{area:.3f}", round(area, 3) == 0.967


@topic.figure("slice-count AUC of the MosMed PNG test list", "0.641")
def leak_mosmed():
    area = slice_count_leak("mosmed", ("mosmed/nii_png_train.json", "mosmed/nii_png_test.json"),
                            {"CT-0": 0, "CT-1": 1, "CT-2": 1, "CT-3": 1, "CT-4": 1}, "CT-1",
                            "CT-1+CT-2+CT-3+CT-4")
    return f"{area:.3f}", round(area, 3) == 0.641


@topic.figure("slice-count AUC of the Clean-CC-CCII test list", "0.474")
def leak_clean_cc_ccii():
    area = slice_count_leak("clean-cc-ccii", ("ccccii/ct_test.json", "ccccii/ct_test.json"),
                            {"CP": 0, "NCP": 1, "Normal": 2}, "NCP", "NCP")
    return f"{area:.3f}", round(area, 3) == 0.474


@topic.figure("shared patients of COVID-CTset fold 1, validation and test", "206")
def shared_patients():
    folder = need_shared("manifests", "covid_ctset")
    check = checked(lists("fold", {"train": str(folder / "validation1.json"),
                                   "test": str(folder / "test1.json"),
                                   "classes": {"normal": 0, "covid": 1}, "positive": "covid"}),
                    "--lists-only")
    files = [entry["count"] for entry in check["sharedFiles"]]
    return f"{check['sharedPatients']} (and {files} files)", check["sharedPatients"] == 206


@topic.figure("leaks flagged on lidc_nodules", "crop height (depth in mm) and slice count")
def leak_lidc():
    data = need_shared("data", "lidc_nodules")
    path = topic.work / "lidc.yaml"
    path.write_text(json.dumps({"data": {
        "root": str(data), "table": str(data / "labels.csv"), "trainSplits": ["train"],
        "testSplits": ["val"], "classes": {"benign": 0, "malignant": 1},
        "positive": "malignant"}}))
    check = checked(path)
    flagged = {f["others"][0]: f for f in check["findings"]
               if f["kind"] == "label-leak" and f["severity"] == "problem"}
    areas = {leak["feature"]: leak["area"] for leak in check["leaks"] if leak["list"] == "train"}
    wanted = ("depth in mm", "slice count")
    others = [f for f in check["findings"] if f["kind"] not in ("label-leak", "few-patients")
              and f["severity"] == "problem"]
    return (", ".join(f"{name} {areas[name]:.3f}" for name in wanted)
            + f"; {len(others)} other problems in {check['scans']} scans",
            all(name in flagged for name in wanted))


# ---------------------------------------------------------------- seeded damage

def clean_set():
    folder = topic.work / "clean"
    if not (folder / "labels.csv").exists():
        voxelnas("data", "phantom", folder, "--patients", 60, "--size", 96, "--seed", 1)
    return folder


def seeded(seed):
    """What the check says of one seeded damage, and what cleaning leaves."""
    need_module("scipy")
    need_module("PIL")
    known = topic.work / f"damage-{seed}.json"
    if known.exists():
        return json.loads(known.read_text())
    damaged = topic.work / f"damaged-{seed}"
    subprocess.run([sys.executable, DAMAGE, "damage", clean_set(), damaged, "--seed", str(seed)],
                   check=True, stdout=subprocess.DEVNULL)
    source = topic.work / f"damaged-{seed}.yaml"
    source.write_text(json.dumps({"data": {
        "root": str(damaged), "table": str(damaged / "labels.csv"),
        "classes": {"CP": 0, "NCP": 1, "Normal": 2}, "positive": "NCP"}}))
    fixes = topic.work / f"fixes-{seed}.csv"
    findings = topic.work / f"findings-{seed}.json"
    findings.write_text(json.dumps(checked(source, "--fixes", str(fixes), "--html",
                                           str(topic.work / f"damaged-{seed}.html"))))
    cleaned = topic.work / f"cleaned-{seed}"
    shutil.rmtree(cleaned, ignore_errors=True)
    voxelnas("data", "clean", source, "--fixes", fixes, "--output", cleaned)
    result = subprocess.run([sys.executable, DAMAGE, "judge", damaged, findings, "--cleaned",
                             cleaned, "--verbose"], check=True, capture_output=True, text=True)
    print(result.stderr, file=sys.stderr)
    known.write_text(result.stdout)
    return json.loads(result.stdout)


@topic.figure("seeded damage of 12 kinds × 20 places, found and named, per seed", ">= 95 %")
def damage_found():
    shares = [seeded(seed)["found"] for seed in SEEDS]
    return ", ".join(f"{100 * share:.1f} %" for share in shares), min(shares) >= 0.95


@topic.figure("false alarms among findings, per seed", "<= 2 %")
def false_alarms():
    shares = [max(seeded(seed)["falseAlarms"], seeded(seed)["cleanScansAlarmed"])
              for seed in SEEDS]
    return ", ".join(f"{100 * share:.1f} %" for share in shares), max(shares) <= 0.02


@topic.figure("scans that cleaning restores exactly, per seed", "100 %")
def restored():
    results = [seeded(seed) for seed in SEEDS]
    text = ", ".join(f"{100 * r['restored']:.1f} % ({r['notRestored']} not)" for r in results)
    return text, all(r["restored"] == 1 for r in results)


@topic.figure("findings on the clean set", "no problem")
def clean_findings():
    clean = clean_set()
    source = topic.work / "clean.yaml"
    source.write_text(json.dumps({"data": {
        "root": str(clean), "table": str(clean / "labels.csv"),
        "classes": {"CP": 0, "NCP": 1, "Normal": 2}, "positive": "NCP"}}))
    problems = checked(source)["problems"]
    return f"{problems} problems", problems == 0


@topic.figure("the judge on the findings of the clean set", "0 % found (red)")
def judge_red():
    """The judge must be able to say no: the damaged set's places against a clean set's findings."""
    need_module("scipy")
    seeded(SEEDS[0])
    findings = fresh("red") / "findings.json"
    findings.write_text(json.dumps({"findings": []}))
    result = subprocess.run([sys.executable, DAMAGE, "judge", topic.work / f"damaged-{SEEDS[0]}",
                             findings], check=True, capture_output=True, text=True)
    found = json.loads(result.stdout)["found"]
    return f"{100 * found:.0f} %", found == 0


# ---------------------------------------------------------------- lungs

def swift_test(name):
    return subprocess.run(["swift", "test", "-c", "release", "--disable-testable-imports",
                           "--filter", name], cwd=ROOT, capture_output=True, text=True)


@topic.figure("lungs of 12 phantoms, Dice", ">= 0.95 each")
def lungs():
    result = swift_test("LungSegmentationTests")
    scores = [float(line.rsplit(":", 1)[1]) for line in result.stdout.splitlines()
              if line.startswith("Dice of")]
    if not scores:
        raise RuntimeError(result.stdout[-500:] + result.stderr[-500:])
    return (f"least {min(scores):.3f}, mean {sum(scores) / len(scores):.3f} of {len(scores)}",
            result.returncode == 0 and min(scores) >= 0.95)


@topic.figure("lungs of covid_ct_md, litres (look at the montages)", "1.5 to 9 each")
def lungs_real():
    data = need_shared("data", "covid_ct_md")
    folder = fresh("lungs")
    (folder / "scans.csv").write_text("file,label,patient_id,split\n" + "".join(
        f"{path.relative_to(data)},{path.parent.name},{path.stem},train\n"
        for path in sorted((data / "nifti").rglob("*.nii.gz"))))
    source = folder / "scans.yaml"
    source.write_text(json.dumps({"data": {
        "root": str(data), "table": str(folder / "scans.csv"),
        "classes": {"CAP": 0, "COVID": 1, "Normal": 2}, "positive": "COVID"}}))
    voxelnas("data", "lungs", source, "--output", folder / "out", "--crop", 10)
    rows = [line.split(",") for line in (folder / "out" / "lungs.csv").read_text().splitlines()[1:]]
    litres = [int(row[1]) / 1000 for row in rows]
    return (", ".join(f"{v:.1f}" for v in litres) + f"; {folder / 'out' / 'montages'}",
            len(litres) == 3 and all(1.5 <= v <= 9 for v in litres))
