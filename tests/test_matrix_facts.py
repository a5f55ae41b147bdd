import time

import numpy as np
import pytest
import tiny
from flax import serialization
from scipy.stats import norm

from sbgc import artifacts
from sbgc.artifacts import Calibration, Split
from sbgc.config.likelihoods import Elbo
from sbgc.config.spec import Scoring
from sbgc.data import dequantize
from sbgc.keys import second
from sbgc.maths import coordinates
from sbgc.procedures.scoring import matrix_facts, shards
from sbgc.steps import score

SPEC = tiny.spec_of(tiny.GAUSSIAN)
MEANS = np.array([3.0, 8.0, 13.0])  # of the classes, in every pixel, with standard deviation 1
PARAMS = {"mean": np.repeat(MEANS[:, None], 16, axis=1), "chol": np.stack([np.eye(16)] * 3)}
SCORING = Scoring(evaluation="night", draws=2, strata=1, seed=6, likelihood=None, crops=None, anew=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scored")
    (folder / "gaussian.msgpack").write_bytes(serialization.msgpack_serialize(PARAMS))
    variables = tiny.random_variables(tiny.spec_of(tiny.WIDE_RESNET), 0.1, 0.3)
    (folder / "wide_resnet.msgpack").write_bytes(serialization.msgpack_serialize(variables))
    plain = tiny.split(5)
    damaged = Split(plain.images, plain.labels, plain.index, {"corruption": np.array(["fog"] * 3 + ["snow"] * 2)})
    artifacts.write_split(folder / "split.npz", damaged)
    return folder


def exact(drawn):
    """log p(x|y) in nats, [n, classes, draws]."""
    pixels = drawn.images.reshape(5, 2, 16, 1).astype(float)
    return norm.logpdf(pixels, MEANS, 1.0).sum(axis=2).transpose(0, 2, 1)


def run(folder, rows=("0:5",), spec=SPEC, shard=0, num_shards=1, scoring=SCORING, grid="none"):
    options = {"spec": spec.model_dump_json(), "scoring": scoring.model_dump_json(), "seed": 4}
    options |= {"params": folder / f"{spec.model}.msgpack", "out": folder / f"{shard}.npz", "grid": grid}
    options |= {"shard": shard, "num-shards": num_shards, "batch-size": 3, "memory": 1000.0}
    splits = ["--splits", *[str(folder / "split.npz")] * len(rows), "--rows", *rows]
    score.main([part for name, value in options.items() for part in (f"--{name}", str(value))] + splits)
    return artifacts.read_matrix(options["out"])


def test_the_matrix_of_a_split_holds_each_draws_log_prob_of_each_class(folder):
    split, matrix = artifacts.read_split(folder / "split.npz"), run(folder)
    np.testing.assert_allclose(matrix.scores, exact(dequantize.dequantize(split, 6, 2)), rtol=1e-5)
    np.testing.assert_array_equal(matrix.nfe, np.ones((5, 3, 2)))
    for name in ("labels", "index"):
        np.testing.assert_array_equal(getattr(matrix, name), getattr(split, name))
    np.testing.assert_array_equal(matrix.columns["corruption"], split.columns["corruption"])


def test_the_scores_of_a_second_judge_are_of_noise_that_no_other_evaluation_has(folder):
    anew, split = SCORING.model_copy(update={"anew": True}), artifacts.read_split(folder / "split.npz")
    matrix = run(folder, scoring=anew)
    np.testing.assert_allclose(matrix.scores, exact(dequantize.dequantize(split, second(6), 2)), rtol=1e-5)
    assert np.abs(matrix.scores - run(folder).scores).min() > 1e-3


def test_a_matrix_says_what_it_is_of(folder):
    found = run(folder, shard=1, num_shards=2).meta
    manifest = found.pop("manifest")
    assert found == {
        "experiment": "tiny",
        "dataset": "tiny",
        "split": "night",
        "evaluation": "night",
        "model": "gaussian",
        "kind": "gaussian",
        "scores": "log_prob",
        "seed": 4,
        "strata": 1,
        "levels": 17,
        "dim": 16,
        "classes": 3,
        "class_names": [],
        "labeled": True,
        "likelihood": None,
        "grid": None,
        "crops": None,
    }
    assert (manifest["shard"], manifest["num_shards"]) == (1, 2)
    assert manifest["seconds"] >= 0


def test_the_matrix_of_a_classifier_says_that_it_holds_logits(folder):
    matrix = run(folder, spec=tiny.spec_of(tiny.WIDE_RESNET))
    assert (matrix.meta["scores"], matrix.meta["kind"], matrix.meta["likelihood"]) == ("logits", "wide_resnet", None)
    assert np.isfinite(matrix.scores).all()


def test_the_settings_of_a_likelihood_stand_in_the_matrix_that_it_made():
    scoring = SCORING.model_copy(update={"likelihood": tiny.FAST})
    arguments = tiny.split(2, 1), "log_prob", 0, time.monotonic()
    found = matrix_facts.meta(tiny.spec_of(tiny.SCORE), scoring, *arguments)
    assert found["likelihood"] == {"procedure": "fast", "nodes": 9, "num_probes": 1, "family": "rademacher"}


def calibration(errors):
    axes, places = coordinates.isotropic(tiny.SHAPE), {"placement": np.array([-2.0, 1.0]), "u": np.zeros(2)}
    measured = {"integrand": np.zeros(2), "gap_noise": np.array([0.0, 1.0]), "errors": errors}
    return Calibration(*axes[:2], np.zeros((0, 0)), **places, **measured, nodes=5, meta={})


def test_a_matrix_of_the_bound_states_no_error_of_a_grid_and_takes_the_calibrated_levels(folder):
    spec = tiny.spec_of(tiny.SCORE)
    (folder / "score.msgpack").write_bytes(serialization.msgpack_serialize(tiny.random_variables(spec)))
    artifacts.write_calibration(folder / "grid.npz", calibration([{"nodes": 3}]))
    even, gaps = (
        run(folder, spec=spec, scoring=SCORING.model_copy(update={"likelihood": bound}), grid=folder / "grid.npz")
        for bound in (Elbo(procedure="elbo", samples=6, levels=levels) for levels in ("even", "gaps"))
    )
    assert gaps.meta["grid"] is None
    assert set(gaps.nfe.ravel()) == {6}
    assert not np.allclose(even.scores, gaps.scores)


def test_a_matrix_on_a_calibrated_grid_says_how_many_nodes_it_has_and_what_they_err_by(folder):
    spec = tiny.spec_of(tiny.SCORE)
    (folder / "score.msgpack").write_bytes(serialization.msgpack_serialize(tiny.random_variables(spec)))
    errors = [{"nodes": nodes, "rms_bits_per_dim": 1 / nodes} for nodes in (3, 5, 9)]
    artifacts.write_calibration(folder / "grid.npz", calibration(errors))
    auto = SCORING.model_copy(update={"likelihood": tiny.FAST.model_copy(update={"nodes": "auto"})})
    found = run(folder, spec=spec, scoring=auto, grid=folder / "grid.npz")
    assert found.meta["likelihood"]["nodes"] == 5
    assert found.meta["grid"] == errors[1]
    assert set(found.nfe.ravel()) == {5 * 2}
    six = SCORING.model_copy(update={"likelihood": tiny.FAST.model_copy(update={"nodes": 6})})
    assert run(folder, spec=spec, scoring=six, grid=folder / "grid.npz").meta["grid"] == errors[1]


def test_the_code_of_a_matrix_is_that_of_the_step_and_of_the_kind():
    specs = [tiny.spec_of(settings) for settings in (tiny.SCORE, tiny.GAUSSIAN, tiny.WIDE_RESNET)]
    arguments = SCORING, tiny.split(2, 1), "log_prob", 0, time.monotonic()
    assert len({matrix_facts.meta(spec, *arguments)["manifest"]["code"] for spec in specs}) == 3


@pytest.mark.parametrize("edges", [[0, 2, 5], [0, 0, 1, 1, 3, 4, 4, 5]], ids=["two shards", "seven shards"])
def test_shards_joined_are_the_whole_even_when_some_are_empty(folder, edges):
    whole, count = run(folder), len(edges) - 1
    ranges = [f"{start}:{stop}" for start, stop in zip(edges[:-1], edges[1:], strict=True)]
    joined = shards.join([run(folder, (rows,), SPEC, shard, count) for shard, rows in enumerate(ranges)])
    np.testing.assert_array_equal(joined.scores, whole.scores)
    np.testing.assert_array_equal(joined.index, whole.index)


def test_one_matrix_may_be_of_several_splits(folder):
    whole, found = run(folder), run(folder, rows=("0:2", "3:5"))
    np.testing.assert_array_equal(found.scores, whole.scores[[0, 1, 3, 4]])
    assert found.columns["corruption"].tolist() == ["fog", "fog", "snow", "snow"]
