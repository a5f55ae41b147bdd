import numpy as np
import pytest

from sbgc.data import composites
from sbgc.data.labeled import Labeled

RANDOM = np.random.default_rng(0)
DIGITS = Labeled(
    (RANDOM.integers(17, size=(30, 8, 8, 1)) * (RANDOM.random((30, 8, 8, 1)) < 0.4)).astype(np.uint8),
    np.arange(30) % 10,
    official_test=10,
    class_names=tuple("0123456789"),
)
GROUNDS = composites.Pools(RANDOM.uniform(0, 255, (5, 8, 8)), RANDOM.uniform(0, 255, (3, 8, 8)))


def composed(blur=0.0, seed=0, pools=GROUNDS):
    return composites.on_grounds(DIGITS, pools, 17, blur, seed)


def test_a_digit_keeps_its_pixels_and_its_black_ones_are_those_of_a_ground_of_its_pool():
    found = composed()
    inside = DIGITS.images > 0
    np.testing.assert_array_equal(found.images[inside], DIGITS.images[inside])
    assert found[1:] == DIGITS[1:]
    for number, image in enumerate(found.images):
        pool = GROUNDS.train if number < 20 else GROUNDS.test
        grey = np.rint(pool * 16.0 / 255.0)[..., None]
        ground = ~inside[number]
        assert any((image[ground] == one[ground]).all() for one in grey), number


def test_grounds_are_drawn_for_each_image_and_follow_from_the_seed_alone():
    first, again, other = composed(), composed(), composed(seed=1)
    np.testing.assert_array_equal(first.images, again.images)
    assert (first.images != other.images).any()
    grounds = [image[DIGITS.images[number] == 0] for number, image in enumerate(first.images[:20])]
    assert len({round(float(one.mean()), 3) for one in grounds}) > 5


def test_a_blur_smooths_grounds_by_a_gaussian_of_its_bandwidth():
    """A bright pixel in the middle of a ground becomes exp(-r^2 / 2 b^2), up to rounding; digits are not blurred."""
    point = np.zeros((1, 15, 15))
    point[0, 7, 7] = 255.0 * 2 * np.pi * 4  # so that the peak of the blurred one is at 255
    blank = Labeled(np.zeros((1, 15, 15, 1), np.uint8), np.zeros(1, int))
    found = composites.on_grounds(blank, composites.Pools(point, point), 256, 2.0, 0).images[0, :, :, 0]
    rows, columns = np.indices((15, 15)) - 7
    wanted = 255.0 * np.exp(-(rows**2 + columns**2) / 8.0)
    np.testing.assert_allclose(found, wanted, atol=6.0)
    np.testing.assert_array_equal(composed(blur=5.0).images[DIGITS.images > 0], DIGITS.images[DIGITS.images > 0])


def test_images_of_another_dataset_become_grey_and_small_by_areas():
    """Even tiles of 2x2 pixels, whose mean is known; tests take the images set aside for tests."""
    colors = RANDOM.integers(256, size=(4, 16, 16, 3)).astype(np.uint8)
    pools = composites.from_dataset(Labeled(colors, np.zeros(4, int), official_test=1), 8, 8)
    assert [len(pool) for pool in pools] == [3, 1]
    grey = colors @ np.array([0.299, 0.587, 0.114])
    wanted = grey.reshape(4, 8, 2, 8, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(np.concatenate(pools), wanted, atol=1e-9)


def test_pieces_of_photographs_are_many_different_ones_within_the_range_of_grey_levels():
    pools = composites.from_photographs(8, 8, 50, 0)
    assert pools.train.shape == (50, 8, 8)
    assert pools.train.min() >= 0.0
    assert pools.train.max() <= 255.0
    assert len(np.unique(pools.train.mean(axis=(1, 2)))) == 50
    np.testing.assert_array_equal(pools.train, composites.from_photographs(8, 8, 50, 0).train)


@pytest.mark.parametrize("pixels", [4, 8])
def test_shrinking_takes_means_of_tiles(pixels):
    piece = RANDOM.random((pixels, 8, 3))
    found = composites.shrunk(piece)
    assert found.shape == (pixels // 4, 2, 3)
    assert found[0, 1] == pytest.approx(piece[:4, 4:].mean(axis=(0, 1)))
