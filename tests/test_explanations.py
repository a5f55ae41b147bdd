"""The step that explains, from files to a file, and the explanations of one model."""

import json

import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.artifacts.explanations import read_explanations
from sbgc.maths import metrics
from sbgc.steps import explain

SPECS = {
    "maps and latents": tiny.spec_of(tiny.IB_INN),
    "latents alone": tiny.spec_of(tiny.IB_INN, net={"dense": 3}),
    "maps alone": tiny.spec_of(tiny.SCORE),
}


def run(folder, spec, images=("2", "0"), seed=0):
    """The step's file, for a model with random weights."""
    folder.mkdir(exist_ok=True)
    (folder / "params.msgpack").write_bytes(serialization.msgpack_serialize(tiny.random_variables(spec)))
    some = tiny.split(4)
    meta = {"split": "test", "class_names": ["a", "b", "c"]}
    artifacts.write_split(folder / "test.npz", Split(some.images, some.labels, some.index, meta=meta))
    likelihood = tiny.FAST.model_dump() if spec.settings.kind == "score" else None
    scoring = {"evaluation": "explanations", "draws": 2, "strata": 1, "seed": 0}
    scoring |= {"likelihood": likelihood, "crops": None, "anew": False}
    maps = "none" if getattr(spec.settings.net, "dense", 0) else "by_place"
    options = {"spec": spec.model_dump_json(), "params": folder / "params.msgpack", "grid": "none", "maps": maps}
    options |= {"split": folder / "test.npz", "scoring": json.dumps(scoring), "seed": seed, "out": folder / "e.npz"}
    argv = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    explain.main([*argv, "--images", *images, "--batch-size", "2", "--memory", "2000"])
    return read_explanations(folder / "e.npz")


@pytest.mark.parametrize("name", SPECS)
def test_a_model_explains_by_what_it_has(name, tmp_path):
    found = run(tmp_path, SPECS[name])
    assert found.index.tolist() == [102, 100]
    assert found.labels.tolist() == [2, 0]
    assert found.log_probs.shape == (2, 3, 2)
    assert bool(found.of_classes.size) == (name != "latents alone")
    assert bool(found.latents.size) == (name != "maps alone")
    assert found.meta["model"] == SPECS[name].model
    assert found.meta["class_names"] == ["a", "b", "c"]
    assert (found.meta["draws"], found.meta["seed"], found.meta["split"]) == (2, 0, "test")


def test_mean_latents_have_the_posterior_of_mean_log_densities(tmp_path):
    found = run(tmp_path, SPECS["maps and latents"])
    logits = found.latents @ found.centers.T - 0.5 * np.square(found.centers).sum(axis=1)
    np.testing.assert_allclose(metrics.log_posterior(logits), metrics.log_posterior(found.scores), atol=1e-4)
    sums = found.of_classes.sum(axis=(2, 3)) + found.shared.sum(axis=(1, 2))[:, None]
    np.testing.assert_allclose(sums, found.scores, rtol=1e-4)


def test_an_image_is_explained_alike_whatever_stands_beside_it(tmp_path):
    both = run(tmp_path / "both", SPECS["maps alone"])
    alone = run(tmp_path / "alone", SPECS["maps alone"], images=("0",))
    np.testing.assert_allclose(alone.of_classes[0], both.of_classes[1], atol=1e-6)


def test_a_row_beyond_the_split_is_refused_in_one_line(tmp_path):
    with pytest.raises(ArtifactError, match=r"test\.npz: 4 images, expected row 4$"):
        run(tmp_path, SPECS["maps and latents"], images=("4",))
