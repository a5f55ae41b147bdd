import numpy as np
import pytest
import sklearn.datasets

from sbgc.artifacts import ArtifactError
from sbgc.data import digits, splits
from sbgc.data.labeled import Labeled

SIZES = [(180, 360), (1, 1), (359, 719), (17, 900), (900, 17), (333, 333), (10, 1770)]


def cut(validation, test, seed):
    return splits.cut(digits.load(), validation, test, seed, {"dataset": "digits"})


def with_test(train=300, test=90):
    """Images that are numbered, of three classes in unequal shares; the last `test` are set aside."""
    number = np.arange(train + test)
    images = np.stack([number // 256, number % 256], axis=1).astype(np.uint8).reshape(-1, 1, 2, 1)
    return Labeled(images, (number % 7 // 3).astype(np.int64), test, ("a", "b", "c"))


@pytest.fixture(scope="module")
def original():
    return sklearn.datasets.load_digits()


@pytest.mark.parametrize(("validation", "test"), SIZES)
def test_the_three_splits_hold_every_digit_once(validation, test):
    found = cut(validation, test, seed=0)
    assert [len(found[name]) for name in ("train", "validation", "test")] == [
        1797 - validation - test,
        validation,
        test,
    ]
    assert sorted(np.concatenate([split.index for split in found.values()])) == list(range(1797))


@pytest.mark.parametrize(("validation", "test"), SIZES)
def test_classes_are_within_one_image_of_their_exact_proportion(validation, test, original):
    counts = np.bincount(original.target)
    for split in cut(validation, test, seed=0).values():
        found = np.bincount(split.labels, minlength=10)
        assert np.abs(found - counts * len(split) / 1797).max() < 1.0


def test_any_prefix_holds_the_classes_as_equally_as_possible():
    for split in cut(180, 360, seed=0).values():
        scarcest = np.bincount(split.labels).min()
        for k in range(10 * scarcest + 1):
            counts = np.bincount(split.labels[:k], minlength=10)
            assert counts.max() - counts.min() <= 1


def test_index_is_the_place_in_scikit_learns_data(original):
    for split in cut(180, 360, seed=0).values():
        np.testing.assert_array_equal(split.images[..., 0], original.images[split.index])
        np.testing.assert_array_equal(split.labels, original.target[split.index])
        assert (split.images.dtype, split.labels.dtype, split.index.dtype) == (np.uint8, np.int64, np.int64)


def test_the_seed_alone_decides_who_goes_where_and_in_which_order():
    one, same, other = (cut(180, 360, seed)["test"].index for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert len(np.intersect1d(one, other)) < 150  # 72 by chance
    assert (np.diff(one) < 0).any()


def test_images_of_one_class_are_not_in_their_original_order():
    split = cut(180, 360, seed=0)["train"]
    assert all((np.diff(split.index[split.labels == label]) < 0).any() for label in range(10))


@pytest.mark.parametrize("sizes", [(1, 1796), (900, 900)])
def test_splits_that_leave_nothing_to_train_on_are_refused(sizes):
    with pytest.raises(ArtifactError, match="must be less than the 1797 images"):
        cut(*sizes, seed=0)


def test_shares_of_equal_remainders_pay_what_is_owed_first():
    counts = np.array([10, 10, 10, 10])
    assert splits.shares(counts, 6, np.array([0.0, 0.5, 0.0, 0.5])).tolist() == [1, 2, 1, 2]


def test_images_set_aside_for_tests_are_the_only_ones_in_the_test_split():
    dataset = with_test()
    found = splits.cut(dataset, 60, 45, 0, {})
    assert [len(found[name]) for name in ("train", "validation", "test")] == [240, 60, 45]
    assert found["test"].index.min() >= 300 > max(found[name].index.max() for name in ("train", "validation"))
    assert not np.intersect1d(found["train"].index, found["validation"].index).size
    for split in found.values():
        np.testing.assert_array_equal(split.images, dataset.images[split.index])
        np.testing.assert_array_equal(split.labels, dataset.labels[split.index])
        assert split.meta["first_test"] == 300


def test_classes_keep_their_proportions_where_a_test_set_is_given():
    dataset = with_test()
    of_all = np.bincount(dataset.labels[:300]) / 300
    for name, size in (("validation", 60), ("train", 240)):
        found = np.bincount(splits.cut(dataset, 60, 45, 0, {})[name].labels)
        assert np.abs(found - of_all * size).max() <= 1.0


@pytest.mark.parametrize(
    ("sizes", "line"),
    [
        ((300, 10), "validation = 300: must be less than the 300 images there are"),
        ((10, 91), "test = 91: must be at most the 90 images set aside for tests"),
    ],
)
def test_a_test_set_that_is_given_bounds_the_sizes(sizes, line):
    with pytest.raises(ArtifactError, match=line):
        splits.cut(with_test(), *sizes, 0, {})


def test_splits_keep_the_names_of_the_classes():
    for split in splits.cut(with_test(), 60, 45, 0, {}).values():
        assert split.meta["class_names"] == ["a", "b", "c"]


@pytest.mark.parametrize("official", [0, 90])
def test_test_images_that_equal_others_are_counted(official):
    """Every image once more: in its own place, the first 90 also among those for tests."""
    dataset = with_test()._replace(official_test=official)
    twice = dataset._replace(images=np.concatenate([dataset.images[:90], dataset.images[90:300], dataset.images[:90]]))
    for expected, of in ((0, dataset), (None, twice)):
        found = splits.cut(of, 60, 45, 0, {})
        others = {image.tobytes() for name in ("train", "validation") for image in found[name].images}
        count = sum(image.tobytes() in others for image in found["test"].images)
        assert expected is None or count == expected
        assert count > 0 or expected == 0
        assert {split.meta["duplicates_across_splits"] for split in found.values()} == {count}


def test_a_class_with_no_image_left_to_train_on_is_refused_by_name():
    dataset = Labeled(np.zeros((5, 1, 2, 1), np.uint8), np.array([0, 0, 0, 1, 1]), 1, ("cat", "dog"))
    line = r"validation and test leave no image of class 1 \(dog\) to train on"
    with pytest.raises(ArtifactError, match=line):
        splits.cut(dataset, 3, 1, 0, {})


@pytest.mark.parametrize("classes", [1, 1000])
def test_one_class_and_a_thousand_are_cut(classes):
    labels = np.repeat(np.arange(classes), 5)
    images = np.stack([labels // 256, labels % 256], axis=1).astype(np.uint8).reshape(-1, 1, 2, 1)
    found = splits.cut(Labeled(images, labels), classes, classes, 0, {})
    assert [np.bincount(found[name].labels).tolist() for name in ("train", "validation", "test")] == [
        [3] * classes,
        [1] * classes,
        [1] * classes,
    ]
