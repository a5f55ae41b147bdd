import time
from argparse import Namespace

import numpy as np
import pytest
import tiny
from flax import serialization
from scipy.stats import norm

from sbgc import artifacts
from sbgc.artifacts import Split
from sbgc.data import dequantize
from sbgc.procedures.scoring import matrix_facts, shards
from sbgc.steps import log_prob, logits

LIKELIHOOD = {"procedure": "fast", "nodes": 5, "num_probes": 1, "family": "rademacher"}
MEANS = np.array([3.0, 8.0, 13.0])  # of the classes, in every pixel, with standard deviation 1


@pytest.fixture
def folder(tmp_path):
    spec = tiny.score_spec() | {"settings": {"kind": "gaussian", "shrinkage": 0.1}, "model": "known"}
    artifacts.write_json(tmp_path / "spec.json", spec)
    evaluation = {
        "evaluation": "night",
        "split": "test",
        "images": None,
        "draws": 2,
        "seed": 6,
        "dequantization": dequantize.UNIFORM,
        "likelihood": LIKELIHOOD,
    }
    artifacts.write_json(tmp_path / "evaluation.json", evaluation)
    params = {"mean": np.repeat(MEANS[:, None], 16, axis=1), "chol": np.stack([np.eye(16)] * 3)}
    (tmp_path / "params.msgpack").write_bytes(serialization.msgpack_serialize(params))
    plain = tiny.split(5)
    damage = {"attack": {"norm": "l2"}, "corruption_source": "CIFAR-10-C style"}
    split = Split(plain.images, plain.labels, plain.index, {"severity": np.arange(5)}, damage)
    artifacts.write_split(tmp_path / "split.npz", split)
    return tmp_path


def exact(drawn):
    """log p(x|y) in nats, [n, classes, draws]."""
    pixels = drawn.images.reshape(5, 2, 16, 1).astype(float)
    return norm.logpdf(pixels, MEANS, 1.0).sum(axis=2).transpose(0, 2, 1)


def run(step, folder, shard=0, num_shards=1, batch_size=3):
    names = {"spec": "spec.json", "params": "params.msgpack", "split": "split.npz", "evaluation": "evaluation.json"}
    options = {name: folder / file for name, file in names.items()} | {"out": folder / f"{shard}.npz", "seed": 4}
    options |= {"shard": shard, "num-shards": num_shards, "batch-size": batch_size, "memory": 1000.0}
    step.main([part for name, value in options.items() for part in (f"--{name}", str(value))])
    return artifacts.read_matrix(options["out"])


def test_the_matrix_of_a_split_holds_each_draws_log_prob_of_each_class(folder):
    split, matrix = artifacts.read_split(folder / "split.npz"), run(log_prob, folder)
    np.testing.assert_allclose(matrix.scores, exact(dequantize.dequantize(split, 6, 2)), rtol=1e-5)
    np.testing.assert_array_equal(matrix.nfe, np.ones((5, 3, 2)))
    for name in ("labels", "index"):
        np.testing.assert_array_equal(getattr(matrix, name), getattr(split, name))
    np.testing.assert_array_equal(matrix.columns["severity"], np.arange(5))


def test_the_density_of_the_noise_is_taken_off(folder):
    """log p(x|y) - log q(u), for truncated-normal dequantization; the column goes no further."""
    noise = {"kind": "truncated_normal", "strata": 1, "width": 3.0}
    evaluation = artifacts.read_json(folder / "evaluation.json") | {"dequantization": noise}
    artifacts.write_json(folder / "evaluation.json", evaluation)
    found = run(log_prob, folder)
    drawn = dequantize.dequantize(artifacts.read_split(folder / "split.npz"), 6, 2, noise)
    density = drawn.columns[dequantize.LOG_NOISE]
    assert np.abs(density).min() > 1.0
    np.testing.assert_allclose(found.scores, exact(drawn) - density[:, None], rtol=1e-5)
    assert found.columns.keys() == {"severity"}


def test_a_matrix_says_what_it_is_of(folder):
    found = run(log_prob, folder, shard=1, num_shards=2).meta
    manifest = found.pop("manifest")
    assert found == {
        "experiment": "tiny",
        "dataset": "tiny",
        "split": "test",
        "evaluation": "night",
        "model": "known",
        "kind": "gaussian",
        "scores": "log_prob",
        "seed": 4,
        "strata": 1,
        "levels": 17,
        "dim": 16,
        "classes": 3,
        "likelihood": LIKELIHOOD,
        "attack": {"norm": "l2"},
        "corruption_source": "CIFAR-10-C style",
    }
    assert (manifest["shard"], manifest["num_shards"]) == (1, 2)
    assert manifest["seconds"] >= 0


def test_logits_come_without_a_likelihood(folder):
    matrix = run(logits, folder)
    assert (matrix.meta["scores"], matrix.meta["likelihood"]) == ("logits", None)
    np.testing.assert_allclose(
        matrix.scores, run(log_prob, folder).scores, rtol=1e-6
    )  # of a density, they are the same


def test_the_code_of_a_matrix_is_that_of_its_step_and_of_its_model(folder):
    args = Namespace(spec=folder / "spec.json", evaluation=folder / "evaluation.json", shard=0, num_shards=1, seed=0)
    codes = [matrix_facts.meta(args, scores, time.monotonic())["manifest"]["code"] for scores in ("log_prob", "logits")]
    artifacts.write_json(folder / "spec.json", tiny.score_spec())
    codes.append(matrix_facts.meta(args, "log_prob", time.monotonic())["manifest"]["code"])
    assert len(set(codes)) == 3


@pytest.mark.parametrize("num_shards", [2, 7])
def test_shards_joined_are_the_whole_even_when_some_are_empty(folder, num_shards):
    whole = run(log_prob, folder)
    joined = shards.join([run(log_prob, folder, shard, num_shards) for shard in range(num_shards)])
    np.testing.assert_array_equal(joined.scores, whole.scores)
    np.testing.assert_array_equal(joined.index, whole.index)
