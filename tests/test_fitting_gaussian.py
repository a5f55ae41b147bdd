import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.fitting import gaussian
from sbgc.steps import fit

# The configuration wants some shrinkage; of so little nothing is seen in a test.
NONE = 1e-12


def random_split(shape, classes, per_class):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), per_class)
    images = rng.integers(0, 17, (len(labels), *shape)) * rng.random((classes, *shape))[labels]
    return Split(images.astype(np.uint8), labels, np.arange(len(labels)))


def fitted(split, classes, shrinkage):
    return gaussian.fit(tiny.spec_of(tiny.GAUSSIAN, split.images.shape[1:], classes, shrinkage=shrinkage), split)


def test_the_fit_is_that_of_infinitely_many_dequantized_copies():
    split = random_split((3, 1, 1), 2, 8)
    params = fitted(split, 2, NONE)
    copies = split.images[split.labels == 1].reshape(-1, 3) + np.random.default_rng(0).random((200_000, 8, 3))
    copies = copies.reshape(-1, 3)
    np.testing.assert_allclose(params["mean"][1], copies.mean(axis=0), atol=0.003)
    np.testing.assert_allclose(params["chol"][1] @ params["chol"][1].T, np.cov(copies.T), rtol=0.01, atol=0.02)


def test_shrinkage_keeps_the_pooled_variance_and_ends_at_a_sphere():
    split = random_split((2, 2, 1), 3, 9)

    def covariances(shrinkage):
        chol = fitted(split, 3, shrinkage)["chol"]
        return chol @ chol.transpose(0, 2, 1)

    raw, half, sphere = (covariances(shrinkage) for shrinkage in (NONE, 0.5, 1.0))
    np.testing.assert_allclose(half, (raw + sphere) / 2)
    variance = np.trace(raw.mean(axis=0)) / 4
    np.testing.assert_allclose(sphere, np.broadcast_to(variance * np.eye(4), (3, 4, 4)), rtol=1e-9, atol=1e-12)


def test_a_class_without_images_is_refused_by_its_number():
    with pytest.raises(ArtifactError, match="^gaussian: no training image of class 2$"):
        fitted(random_split((2, 2, 1), 2, 5), 3, 0.1)


def test_the_step_writes_the_fit_of_its_split_in_float64(tmp_path):
    split, spec = random_split((2, 2, 1), 3, 10), tiny.spec_of(tiny.GAUSSIAN, (2, 2, 1), shrinkage=0.2)
    artifacts.write_split(tmp_path / "train.npz", split)
    paths = [f"--split={tmp_path / 'train.npz'}", f"--out={tmp_path / 'params.msgpack'}"]
    fit.main(["--spec", spec.model_dump_json(), *paths])
    restored = serialization.msgpack_restore((tmp_path / "params.msgpack").read_bytes())
    want = fitted(split, 3, 0.2)
    for name in ("mean", "chol"):
        np.testing.assert_array_equal(restored[name], want[name])
        assert restored[name].dtype == np.float64
