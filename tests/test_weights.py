import dataclasses
import hashlib

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Weights, npz

VARIABLES = {
    "params": {"conv": {"kernel": np.ones((3, 3), np.float16), "bias": np.zeros(3, np.float32)}},
    "batch_stats": {"mean": np.full(2, 0.5, np.float32)},
}


def weights(**changed):
    return dataclasses.replace(
        Weights(VARIABLES, {"levels": 17}, {"kind": "score", "net": {"blocks": 1}}, {"seed": 0}), **changed
    )


def test_weights_come_back_as_they_were_and_equal_ones_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        artifacts.write_weights(tmp_path / name, weights())
    found = artifacts.read_weights(tmp_path / "a")
    assert (found.images, found.settings, found.facts) == (weights().images, weights().settings, weights().facts)
    assert found.variables.keys() == VARIABLES.keys()
    kernel = found.variables["params"]["conv"]["kernel"]
    assert kernel.dtype == np.float16
    np.testing.assert_array_equal(kernel, VARIABLES["params"]["conv"]["kernel"])
    np.testing.assert_array_equal(found.variables["batch_stats"]["mean"], VARIABLES["batch_stats"]["mean"])
    one, other = (hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a", "b"))
    assert one == other


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.ones(3), "params/w is float64 or not finite, expected finite float16 or float32"),
        (np.ones(3, np.int32), "params/w is int32 or not finite"),
        (np.array([1.0, np.nan], np.float32), "params/w is float32 or not finite"),
        (np.array([1.0, np.inf], np.float16), "params/w is float16 or not finite"),
    ],
)
def test_what_is_no_finite_number_is_refused_by_its_name(tmp_path, values, told):
    artifacts.write_weights(tmp_path / "w.npz", weights(variables={"params": {"w": values}}))
    with pytest.raises(ArtifactError, match=f"w.npz: {told}"):
        artifacts.read_weights(tmp_path / "w.npz")


@pytest.mark.parametrize("lacking", ["images", "settings", "facts"])
def test_a_header_that_does_not_say_what_the_weights_are_is_refused(tmp_path, lacking):
    meta = {"images": {}, "settings": {}, "facts": {}}
    del meta[lacking]
    npz.write(tmp_path / "w.npz", "weights", npz.Content({}, {"params/w": np.ones(3, np.float32)}, meta))
    with pytest.raises(ArtifactError, match=f"its header lacks {lacking}"):
        artifacts.read_weights(tmp_path / "w.npz")


def test_names_that_contradict_each_other_are_refused(tmp_path):
    arrays = {"params": np.ones(3, np.float32), "params/w": np.ones(3, np.float32)}
    meta = {"images": {}, "settings": {}, "facts": {}}
    npz.write(tmp_path / "w.npz", "weights", npz.Content({}, arrays, meta))
    with pytest.raises(ArtifactError, match="params/w lies within an array"):
        artifacts.read_weights(tmp_path / "w.npz")


def test_another_artefact_is_no_weights(tmp_path):
    artifacts.write_split(
        tmp_path / "s.npz", artifacts.Split(np.zeros((1, 2, 2, 1), np.uint8), np.zeros(1, int), np.zeros(1, int))
    )
    with pytest.raises(ArtifactError, match="found split of schema 1, expected weights of schema 1"):
        artifacts.read_weights(tmp_path / "s.npz")
