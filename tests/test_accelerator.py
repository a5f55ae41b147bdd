"""benchmarks/accelerator.py from end to end at a size at which its numbers mean nothing."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "accelerator.py"


def run(folder, *arguments):
    command = [sys.executable, BENCHMARK, "--tiny", "--out", folder / "result.json", *arguments]
    # Elsewhere, as on a machine that has but a copy of the repository; and not optimized, for compiling takes longest.
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads((folder / "result.json").read_text())


@pytest.fixture
def data(tmp_path):
    """Two files in the format of CIFAR-10's."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 3072)).astype(np.uint8)
    content = pickle.dumps({b"data": pixels, b"labels": [number % 10 for number in range(40)]}, protocol=3)
    for name in ("data_batch_1", "test_batch"):
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_every_part_is_measured(tmp_path, data):
    found = run(tmp_path, "--data", data)
    assert found["tiny"]
    assert set(found["peak"]["teraflops"]) == {
        f"{what} {precision}" for what in ("matrix", "convolution") for precision in ("float32", "bfloat16")
    }
    for precision in ("float32", "bfloat16"):
        step = found[f"step {precision} 4"]
        assert step["images_per_second"] > 0.0
        share = step["teraflops"] / max(
            found["peak"]["teraflops"][f"{what} {precision}"] for what in ("matrix", "convolution")
        )
        assert step["share_of_measured_peak"] == pytest.approx(share, rel=0.02, abs=1e-3)
    assert found["training"]["steps"] == 4
    assert np.isfinite(found["training"]["mean_losses"]).all()
    assert found["likelihood fast"]["nfe_per_pair"] == 60.0
    assert found["likelihood reference"]["trained"]
    assert found["manifest"]["device"]


def test_what_is_not_measured_is_said(tmp_path):
    found = run(tmp_path, "--seconds", "0")
    parts = {name: value for name, value in found.items() if name == "training" or " " in name}
    assert set(parts.values()) == {"not run: out of time"}
    assert found["peak"] == "not run: out of time"
