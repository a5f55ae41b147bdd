"""benchmarks/accelerator.py from end to end at a size at which its numbers mean nothing, on a bare machine."""

import importlib.metadata
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

import sbgc
from sbgc import artifacts

ROOT = Path(__file__).parents[1]
PROMISED = ("jax", "flax", "optax", "diffrax", "equinox")  # by the docstring of the benchmark


def required(names):
    """The distributions of these names and all that they need."""
    found, waiting = {}, list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        found[name] = importlib.metadata.distribution(name)
        needs = map(Requirement, found[name].requires or ())
        waiting += [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The environment of a Python that finds these packages, those that they need, and no others."""
    folder = tmp_path_factory.mktemp("bare")
    for distribution in required(PROMISED).values():
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}:
            if not (folder / top).exists():
                (folder / top).symlink_to(distribution.locate_file(top))
    path = os.pathsep.join([str(folder), str(Path(sbgc.__file__).parents[1])])
    # Not optimized, and the same program once, for compiling takes longest.
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    kept = str(tmp_path_factory.mktemp("compiled"))
    return os.environ | {"PYTHONPATH": path, "JAX_PLATFORMS": "cpu", "JAX_COMPILATION_CACHE_DIR": kept} | quick


def run(folder, bare, *arguments):
    # Elsewhere, as on a machine that has but a copy of the repository; -S: without the packages installed there.
    command = [sys.executable, "-S", ROOT / "benchmarks" / "accelerator.py", "--tiny", "--out", folder / "result.json"]
    ran = subprocess.run([*command, *arguments], cwd=folder, env=bare, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads((folder / "result.json").read_text()), ran.stdout


def write_weights(path):
    """Averaged weights of the tiny network, as half-precision numbers."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        accelerator, parts = (importlib.import_module(name) for name in ("accelerator", "accelerator_parts"))
    finally:
        sys.path.pop(0)
    import jax

    network = parts.Net(accelerator.TINY, 4, 2).network("float32")
    shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), parts.SHAPE))
    variables = jax.tree.map(lambda leaf: np.full(leaf.shape, 0.01, np.float16), shapes)
    artifacts.write_weights(path, artifacts.Weights(variables, {}, {"net": accelerator.TINY}, {"seed": 0}))


def test_every_part_is_measured_where_there_are_the_promised_packages_alone(tmp_path, bare):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 3072)).astype(np.uint8)
    content = pickle.dumps({b"data": pixels, b"labels": [number % 10 for number in range(40)]}, protocol=3)
    (tmp_path / "data_batch_1").write_bytes(content)
    write_weights(tmp_path / "weights.npz")
    found, said = run(tmp_path, bare, "--data", tmp_path, "--weights", tmp_path / "weights.npz", "--seconds", "6000")
    assert found["tiny"]
    for name in ("7.85 M", "67 M"):
        step, scored = found[f"step {name}"], found[f"evaluation {name}"]
        assert step["images per second"] > 0.0
        assert scored["pairs of an image and a class per second"] > 0.0
        for part in (step, scored):
            share = part["teraflops"] / found["peak"]["matrix float32"]
            assert part["share of the peak"] == pytest.approx(share, rel=1e-3)
    assert found["forward 7.85 M"]["milliseconds"] > 0.0
    trained = found["training 7.85 M"]
    assert trained["steps"] > 0  # as many as a slow machine takes in two seconds
    assert np.isfinite(trained["mean losses"]).all()
    new = artifacts.read_weights(tmp_path / "result.weights.npz")
    assert new.facts["then"]["trained on for steps"] == trained["steps"]
    written = leaves(new.variables)
    assert {str(leaf.dtype) for leaf in written} == {"float16"}
    assert np.median([np.median(leaf) for leaf in written]) == pytest.approx(0.01, abs=1e-3)  # they began there
    assert "starved hand-overs" in said
    assert found["manifest"]["device"]


def leaves(tree):
    return [leaf for value in tree.values() for leaf in (leaves(value) if isinstance(value, dict) else [value])]


def test_what_is_not_measured_is_said(tmp_path, bare):
    found, _ = run(tmp_path, bare, "--seconds", "0")
    assert {value for value in found.values() if isinstance(value, str) and "run" in value} == {"not run: out of time"}
    assert found["peak"] == found["evaluation 67 M"] == "not run: out of time"
