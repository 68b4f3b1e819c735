#!/usr/bin/env python3
"""Puts random cases to scikit-learn, SciPy and to VoxelNAS, and compares the answers.

    pip install scikit-learn
    python3 Tests/Peers/metrics_against_sklearn.py [--cases 1000] [--seed 0]

Writes the cases to a temporary file, runs the Swift test that answers them
(VOXELNAS_METRIC_CASES names the file) and compares every number. Cases have tied
probabilities, classes without scans, classes never predicted and single-class sets.
Ends with 0 when all agree, 1 when not, and 0 with a line saying so without scikit-learn.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    import scipy.stats
    import sklearn.metrics as m
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(0)

TOLERANCE = {"logistic": 1e-5}


def make_case(rng):
    classes = int(rng.integers(2, 5))
    scans = int(rng.choice([1, 2, 3, 5, 12, 40, 120]))
    # Some classes get no scans at all.
    alive = rng.choice(classes, size=int(rng.integers(1, classes + 1)), replace=False)
    labels = rng.choice(alive, size=scans)
    raw = rng.gamma(0.7, size=(scans, classes)) + 1e-3
    raw[np.arange(scans), labels] += rng.random() * 2
    if rng.random() < 0.5:
        # Whole twentieths: many ties, and probabilities of exactly 0 and 1.
        raw = np.floor(20 * raw / raw.sum(1, keepdims=True))
        raw[:, 0] += 20 - raw.sum(1)
    probabilities = raw / raw.sum(1, keepdims=True)
    features = np.round(rng.normal(size=(scans, 3)) * [10, 1, 300] + [40, 0, -500], 2)
    features[:, 0] += 8 * labels
    pair = rng.integers(0, int(rng.choice([2, 5, 1000])), size=(2, scans)).astype(float)
    return {
        "classes": classes,
        "positive": int(rng.integers(classes)),
        "labels": labels.tolist(),
        "probabilities": probabilities.tolist(),
        "features": features.tolist(),
        "first": pair[0].tolist(),
        "second": pair[1].tolist(),
    }


def calibration_error(confidence, right, bins=10):
    """Guo et al., equation 3, bin by bin."""
    total = 0.0
    for k in range(bins):
        inside = (confidence * bins > k) & (confidence * bins <= k + 1)
        if inside.any():
            total += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return total


def expected(case):
    labels = np.array(case["labels"])
    probabilities = np.array(case["probabilities"])
    predicted = probabilities.argmax(1)
    positive = case["positive"]
    truth, guess = labels == positive, predicted == positive
    score = probabilities[:, positive]
    names = list(range(case["classes"]))
    both = truth.any() and not truth.all()
    undefined = dict(zero_division=np.nan)
    answers = {
        "accuracy": m.accuracy_score(labels, predicted),
        "balancedAccuracy": m.balanced_accuracy_score(labels, predicted),
        "rocAUC": m.roc_auc_score(truth, score) if both else math.nan,
        "averagePrecision": m.average_precision_score(truth, score) if truth.any() else math.nan,
        "sensitivity": m.recall_score(truth, guess, **undefined),
        "specificity": m.recall_score(~truth, ~guess, **undefined),
        "precision": m.precision_score(truth, guess, **undefined),
        "f1": m.f1_score(truth, guess, **undefined),
        "macroF1": m.f1_score(labels, predicted, average="macro"),
        "matthewsCorrelation": m.matthews_corrcoef(labels, predicted),
        "brierScore": m.brier_score_loss(truth, score, pos_label=True),
        "multiclassBrierScore": m.brier_score_loss(
            labels, probabilities, labels=names, scale_by_half=False),
        "logLoss": m.log_loss(labels, probabilities, labels=names),
        "expectedCalibrationError": calibration_error(
            probabilities.max(1), (predicted == labels).astype(float)),
        "kendallTauB": scipy.stats.kendalltau(case["first"], case["second"]).statistic,
        "spearman": math.nan,
        "logistic": math.nan,
    }
    if len(labels) > 1:
        answers["spearman"] = scipy.stats.spearmanr(case["first"], case["second"]).statistic
    if both:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=1, tol=1e-10, max_iter=2000))
        features = np.array(case["features"])
        answers["logistic"] = model.fit(features, truth).predict_proba(features[:1])[0, 1]
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    np.seterr(all="ignore")
    rng = np.random.default_rng(options.seed)
    cases = [make_case(rng) for _ in range(options.cases)]
    package = pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cases.json")
        pathlib.Path(path).write_text(json.dumps(cases))
        subprocess.run(
            ["swift", "test", "--filter", "PeerCaseTests"], cwd=package, check=True,
            env={**os.environ, "VOXELNAS_METRIC_CASES": path}, stdout=subprocess.DEVNULL)
        answers = json.loads(pathlib.Path(path + ".answers").read_text())

    wrong, compared, undefined = 0, 0, 0
    for number, (case, ours) in enumerate(zip(cases, answers, strict=True)):
        theirs = expected(case)
        if unknown := ours.keys() - theirs.keys():
            wrong += 1
            print(f"case {number}: nothing to compare {sorted(unknown)} with")
        for name, value in theirs.items():
            compared += 1
            mine = ours.get(name)
            if math.isnan(value):
                undefined += 1
                agree = mine is None
            else:
                agree = mine is not None and abs(mine - value) <= TOLERANCE.get(name, 1e-9)
            if not agree:
                wrong += 1
                if wrong <= 20:
                    print(f"case {number}: {name} is {mine} here and {value} there")
    print(f"{compared} numbers of {len(cases)} cases compared ({undefined} undefined), {wrong} differ")
    sys.exit(1 if wrong or not compared else 0)


if __name__ == "__main__":
    main()
