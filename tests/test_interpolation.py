import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.data import dequantize, digits, splits
from sbgc.procedures import interpolation
from sbgc.steps import interpolate


@pytest.fixture(scope="module")
def test_split():
    return splits.cut(digits.load(), 180, 360, 0, {})["test"]


@pytest.fixture(scope="module")
def pairs(test_split):
    return interpolation.choose_pairs(test_split.labels, 24, seed=0)


def test_the_two_images_of_a_pair_are_of_different_classes(test_split):
    pairs = interpolation.choose_pairs(test_split.labels, 360, seed=0)
    assert (test_split.labels[pairs[:, 0]] != test_split.labels[pairs[:, 1]]).all()


def test_no_image_is_first_in_two_pairs(test_split):
    pairs = interpolation.choose_pairs(test_split.labels, 360, seed=0)
    assert sorted(pairs[:, 0]) == list(range(360))


def test_more_pairs_change_none_of_those_before(test_split, pairs):
    np.testing.assert_array_equal(interpolation.choose_pairs(test_split.labels, 100, seed=0)[:24], pairs)


def test_the_seed_decides_the_pairs(test_split, pairs):
    np.testing.assert_array_equal(interpolation.choose_pairs(test_split.labels, 24, seed=0), pairs)
    assert (interpolation.choose_pairs(test_split.labels, 24, seed=1) != pairs).any()


def test_second_images_are_drawn_evenly_from_the_other_classes():
    """Of classes with 1, 2 and 3 images, the images of each other class come second in proportion to its size."""
    labels = np.tile(np.array([0, 1, 1, 2, 2, 2]), 500)
    pairs = interpolation.choose_pairs(labels, len(labels), seed=0)
    second = labels[pairs[labels[pairs[:, 0]] == 0, 1]]
    assert np.mean(second == 2) == pytest.approx(0.6, abs=4 * np.sqrt(0.24 / len(second)))


@pytest.mark.parametrize("points", [2, 3, 24])
def test_a_line_begins_and_ends_at_its_images_and_is_straight_and_even(test_split, pairs, points):
    line = interpolation.lines(test_split, pairs, points).images.reshape(24, points, 64).astype(np.float64)
    np.testing.assert_array_equal(line[:, 0], test_split.images[pairs[:, 0]].reshape(24, 64))
    np.testing.assert_array_equal(line[:, -1], test_split.images[pairs[:, 1]].reshape(24, 64))
    step = (line[:, -1:] - line[:, :1]) / (points - 1)
    np.testing.assert_allclose(np.diff(line, axis=1), np.repeat(step, points - 1, axis=1), atol=4e-6)


def test_columns_index_and_labels_belong_to_their_points(test_split, pairs):
    found = interpolation.lines(test_split, pairs, 5)
    a, b = test_split.labels[pairs[3]]
    rows = found.columns["pair"] == 3
    assert found.columns["t"][rows].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert found.labels[rows].tolist() == [a, a, a, b, b]
    assert set(found.columns["label_a"][rows]) == {a}
    assert set(found.columns["label_b"][rows]) == {b}
    assert set(found.index[rows]) == {test_split.index[pairs[3, 0]]}
    assert found.images.dtype == np.float32
    assert found.meta["split"] == "interpolation"


def test_one_noise_serves_a_whole_line(test_split, pairs):
    """Dequantized, the points of a line are still on one line; the noise does not move them apart."""
    points = interpolation.lines(test_split, pairs[:3], 9)
    x = dequantize.dequantize(points, 0, 2).images.reshape(3, 9, 2, 64).astype(np.float64)
    t = points.columns["t"][:9, None, None]
    np.testing.assert_allclose(x, (1 - t) * x[:, :1] + t * x[:, -1:], atol=4e-6)


def test_more_pairs_than_images_are_refused(test_split):
    with pytest.raises(ArtifactError, match="^pairs = 361: there are 360 images$"):
        interpolation.choose_pairs(test_split.labels, 361, seed=0)


def test_images_of_one_class_are_refused():
    with pytest.raises(ArtifactError, match="all of one class"):
        interpolation.choose_pairs(np.zeros(9, int), 2, seed=0)


def test_the_step_writes_the_points(tmp_path, test_split, pairs):
    artifacts.write_split(tmp_path / "test.npz", test_split)
    paths = [f"--split={tmp_path}/test.npz", f"--out={tmp_path}/out.npz"]
    interpolate.main([*paths, "--pairs=24", "--points=6", "--seed=0"])
    found = artifacts.read_split(tmp_path / "out.npz")
    assert isinstance(found, Split)
    np.testing.assert_array_equal(found.images, interpolation.lines(test_split, pairs, 6).images)
