import json

import numpy as np
import pytest
import sklearn.datasets

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.data import digits
from sbgc.steps import split_dataset

SIZES = [(180, 360), (1, 1), (359, 719), (17, 900), (900, 17), (333, 333), (10, 1780)]


@pytest.fixture(scope="module")
def original():
    return sklearn.datasets.load_digits()


@pytest.mark.parametrize(("validation", "test"), SIZES)
def test_the_three_splits_hold_every_digit_once(validation, test):
    splits = digits.split(validation, test, seed=0)
    assert [len(splits[name]) for name in ("train", "validation", "test")] == [
        1797 - validation - test,
        validation,
        test,
    ]
    assert sorted(np.concatenate([split.index for split in splits.values()])) == list(range(1797))


@pytest.mark.parametrize(("validation", "test"), SIZES)
def test_classes_are_within_one_image_of_their_exact_proportion(validation, test, original):
    counts = np.bincount(original.target)
    for split in digits.split(validation, test, seed=0).values():
        found = np.bincount(split.labels, minlength=10)
        assert np.abs(found - counts * len(split) / 1797).max() < 1.0


def test_any_prefix_holds_the_classes_as_equally_as_possible():
    for split in digits.split(180, 360, seed=0).values():
        scarcest = np.bincount(split.labels).min()
        for k in range(10 * scarcest + 1):
            counts = np.bincount(split.labels[:k], minlength=10)
            assert counts.max() - counts.min() <= 1


def test_index_is_the_place_in_scikit_learns_data(original):
    for split in digits.split(180, 360, seed=0).values():
        np.testing.assert_array_equal(split.images[..., 0], original.images[split.index])
        np.testing.assert_array_equal(split.labels, original.target[split.index])
        assert (split.images.dtype, split.labels.dtype, split.index.dtype) == (np.uint8, np.int64, np.int64)


def test_the_seed_alone_decides_who_goes_where_and_in_which_order():
    one, same, other = (digits.split(180, 360, seed)["test"].index for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert len(np.intersect1d(one, other)) < 150  # 72 by chance
    assert (np.diff(one) < 0).any()


def test_images_of_one_class_are_not_in_their_original_order():
    split = digits.split(180, 360, seed=0)["train"]
    assert all((np.diff(split.index[split.labels == label]) < 0).any() for label in range(10))


def test_another_image_or_label_is_refused_in_one_line(monkeypatch, original):
    for name in ("images", "target"):
        changed = {"images": original.images.copy(), "target": original.target.copy()}
        changed[name].flat[100] = (changed[name].flat[100] + 1) % 10
        monkeypatch.setattr(sklearn.datasets, "load_digits", lambda changed=changed: sklearn.utils.Bunch(**changed))
        with pytest.raises(
            ArtifactError, match=r"^digits: found images and labels of sha256 [0-9a-f]{12}, expected 87ff0c9e40dc"
        ):
            digits.load()


@pytest.mark.parametrize("sizes", [(1, 1796), (900, 900)])
def test_splits_that_leave_nothing_to_train_on_are_refused(sizes):
    with pytest.raises(ArtifactError, match="must be less than the 1797 digits"):
        digits.split(*sizes, seed=0)


def test_shares_of_equal_remainders_pay_what_is_owed_first():
    counts = np.array([10, 10, 10, 10])
    assert digits.shares(counts, 6, np.array([0.0, 0.5, 0.0, 0.5])).tolist() == [1, 2, 1, 2]


def write_settings(path, **changes):
    settings = {"name": "digits", "validation": 180, "test": 360, "seed": 3} | digits.FACTS | changes
    path.write_text(json.dumps(settings))
    return ["--dataset", str(path), *(f"--{name}={path.parent / name}.npz" for name in ("train", "validation", "test"))]


def test_the_step_writes_the_three_splits(tmp_path):
    split_dataset.main(write_settings(tmp_path / "dataset.json"))
    for name, expected in digits.split(180, 360, seed=3).items():
        found = artifacts.read_split(tmp_path / f"{name}.npz")
        np.testing.assert_array_equal(found.index, expected.index)
        np.testing.assert_array_equal(found.images, expected.images)
        assert found.meta == {"dataset": "digits", "split": name, "seed": 3} | digits.FACTS


@pytest.mark.parametrize(("name", "value"), [("levels", 256), ("image_shape", [28, 28, 1]), ("num_classes", 2)])
def test_the_step_refuses_settings_that_are_not_those_of_digits(tmp_path, name, value):
    with pytest.raises(ArtifactError, match=f"dataset.json: {name} = "):
        split_dataset.main(write_settings(tmp_path / "dataset.json", **{name: value}))
