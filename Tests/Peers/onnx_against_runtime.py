#!/usr/bin/env python3
"""Puts exported networks to onnx.checker and to ONNX Runtime, and compares the logits.

    pip install numpy onnx onnxruntime
    python3 Tests/Peers/onnx_against_runtime.py

Runs the Swift test that writes networks of both spaces and published ones with random weights, and
what our engine answers (VOXELNAS_ONNX_CASES names the folder): skips with and without shortcut,
anisotropic strides, batches of 1 and 3, two input sizes. Every file must be clean to onnx.checker, and every
logit equal to 1e-4 of the largest. Ends with 0 when all agree, 1 when not, and 0 with a line saying
so without the modules.
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(0)

TOLERANCE = 1e-4


def safetensors(path):
    """The float32 tensors and the metadata of a file."""
    content = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__", {})
    data = content[8 + length:]
    return {name: np.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
            for name, entry in header.items()}, metadata


def check(path):
    """Whether onnx.checker, shape inference included, has nothing to say."""
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as error:
        print(f"{path.name}: {str(error).strip().splitlines()[0]}")
        return False
    return True


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configuration", default="release")
    options = parser.parse_args()
    package = pathlib.Path(__file__).resolve().parents[2]
    wrong, compared, worst = 0, 0, 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run(
            ["swift", "test", "-c", options.configuration, "--disable-testable-imports",
             "--filter", "ONNXExportTests.PeerCaseTests"], cwd=package, check=True,
            env={**os.environ, "VOXELNAS_ONNX_CASES": name}, stdout=subprocess.DEVNULL)
        models = sorted(folder.glob("*.onnx"))
        unclean = [path for path in models if not check(path)]
        sessions = {path.stem: session(path) for path in models if path not in unclean}
        for path in sorted(folder.glob("*.safetensors")):
            tensors, metadata = safetensors(path)
            kinds = ["free"] + (["fixed"] if metadata["fixed"] == "yes" else [])
            for kind in kinds:
                runner = sessions.get(f"{metadata['case']}-{kind}")
                if runner is None:
                    continue
                logits, probabilities = runner.run(
                    ["logits", "probabilities"], {"volume": tensors["input"]})
                ours = tensors["logits"].astype(float)
                spread = np.ptp(ours)
                error = np.abs(logits - ours).max() / np.abs(ours).max()
                softmax = np.exp(ours - ours.max(1, keepdims=True))
                softmax /= softmax.sum(1, keepdims=True)
                agree = (logits.shape == ours.shape and error <= TOLERANCE and spread > 1e-3
                         and np.abs(probabilities - softmax).max() <= 1e-4)
                compared += 1
                worst = max(worst, error)
                wrong += not agree
                if not agree:
                    print(f"{path.name} ({kind}): relative error {error:.2e}, spread {spread:.2e}")
    print(f"{len(models)} models, {len(unclean)} not clean; {compared} batches compared, "
          f"{wrong} differ; largest relative error {worst:.1e}")
    sys.exit(1 if wrong or unclean or not compared else 0)


if __name__ == "__main__":
    main()
