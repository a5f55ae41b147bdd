from typing import get_args

import numpy as np
import pytest
from PIL import Image

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.config.analyses import OutlierSet
from sbgc.config.datasets import FACTS
from sbgc.data import outliers
from sbgc.steps import make_outliers

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(17, size=(6, 8, 8, 1)).astype(np.uint8)
TEST = Split(
    IMAGES, np.arange(6) % 3, np.array([9, 4, 7, 1, 3, 8]), {}, {"dataset": "digits", "levels": 17, "split": "test"}
)


def altered(name, count=4, seed=0):
    return outliers.altered(TEST, name, count, 17, seed)


def test_blanked_images_have_their_mean_grey_level_everywhere():
    found = altered("blanked").images
    assert (found == found[:, :1, :1]).all()
    np.testing.assert_array_equal(found[:, 0, 0, 0], np.rint(IMAGES[:4].mean(axis=(1, 2, 3))))


def test_shuffled_images_have_the_same_pixels_elsewhere_and_colors_stay_together():
    found = altered("shuffled").images
    assert (found != IMAGES[:4]).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(np.sort(found.reshape(4, -1)), np.sort(IMAGES[:4].reshape(4, -1)))
    colored = np.stack([IMAGES[..., 0], 16 - IMAGES[..., 0], IMAGES[..., 0]], axis=-1)
    moved = outliers.shuffled(colored, TEST.index, 17, 0)
    np.testing.assert_array_equal(moved[..., 0] + moved[..., 1], 16)


def test_the_order_of_the_pixels_follows_from_the_image_and_the_seed_alone():
    alone = outliers.altered(TEST.take(np.array([2])), "shuffled", 1, 17, 0)
    np.testing.assert_array_equal(alone.images[0], altered("shuffled").images[2])
    assert (altered("shuffled", seed=1).images != altered("shuffled").images).any()


def test_inverted_images_are_inverted_back():
    np.testing.assert_array_equal(outliers.inverted(altered("inverted").images, TEST.index, 17, 0), IMAGES[:4])


@pytest.mark.parametrize("name", outliers.ALTERED)
def test_what_is_altered_keeps_its_number_and_has_no_label(name):
    found = altered(name)
    assert found.index.tolist() == TEST.index[:4].tolist()
    assert found.columns["altered"].all()
    assert set(found.columns["set"]) == {name}
    assert found.meta["labeled"] is False
    assert found.images.dtype == np.uint8


@pytest.mark.parametrize("channels", [1, 3])
def test_pieces_of_photographs_have_the_shape_and_the_levels_of_the_test_images(channels):
    test = Split(np.repeat(IMAGES, channels, axis=3), TEST.labels, TEST.index, {}, TEST.meta)
    found = outliers.photographs(test, 12, 17, seed=3)
    assert found.images.shape == (12, 8, 8, channels)
    assert found.images.max() <= 16
    assert len(np.unique(found.images)) > 8
    assert not found.columns["altered"].any()


def other(shape=(10, 8, 8, 1), levels=17, official=4):
    images = RANDOM.integers(levels, size=shape).astype(np.uint8)
    return Split(images, np.zeros(10, int), np.arange(10), {}, {"levels": levels, "official_test": official})


def test_images_of_another_dataset_are_of_its_test_set_and_unchanged_where_they_fit():
    whole = other()
    found = outliers.of_dataset(TEST, "mnist", whole, 3, 17, seed=0)
    assert set(found.index) < {6, 7, 8, 9}
    np.testing.assert_array_equal(found.images, whole.images[found.index])
    all_of_it = outliers.of_dataset(TEST, "mnist", other(official=0), 10, 17, seed=0)
    assert all_of_it.index.tolist() == list(range(10))


def test_larger_images_with_colors_are_made_small_and_grey_as_pillow_does():
    whole = other((10, 16, 16, 3), levels=256)
    found = outliers.of_dataset(TEST, "cifar10", whole, 4, 17, seed=0)
    picture = Image.fromarray(whole.images[found.index[0]]).resize((8, 8), Image.Resampling.LANCZOS).convert("L")
    np.testing.assert_array_equal(found.images[0, ..., 0], np.round(np.asarray(picture) * (16 / 255)))


def test_more_outliers_than_there_are_images_are_refused_in_one_line():
    with pytest.raises(ArtifactError, match="^mnist: 5 outliers are asked for, and it has 4 images for tests$"):
        outliers.of_dataset(TEST, "mnist", other(), 5, 17, seed=0)


@pytest.mark.parametrize("name", ["inverted", "photographs", "mnist"])
def test_the_step_makes_each_family(name, tmp_path):
    artifacts.write_split(tmp_path / "test.npz", TEST)
    artifacts.write_split(tmp_path / "other.npz", other())
    options = {"split": tmp_path / "test.npz", "name": name, "of": "none", "images": 4, "levels": 17, "seed": 0}
    options |= {"out": tmp_path / "out.npz"} | ({"of": tmp_path / "other.npz"} if name == "mnist" else {})
    make_outliers.main([part for key, value in options.items() for part in (f"--{key}", str(value))])
    found = artifacts.read_split(tmp_path / "out.npz")
    assert (len(found), set(found.columns["set"])) == (4, {name})


def test_the_configuration_names_all_that_can_be_made():
    assert set(get_args(OutlierSet)) == {*outliers.ALTERED, "photographs", *FACTS}
