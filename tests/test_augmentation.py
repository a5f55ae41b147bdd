import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.maths import augmentation
from sbgc.maths.augmentation import Crops

IMAGES = jnp.asarray(np.random.default_rng(0).integers(0, 17, (64, 6, 5, 2)), jnp.float32)


def test_flips_mirror_about_half_of_the_images_and_change_no_other(strict):
    found = np.asarray(augmentation.flipped(IMAGES, jax.random.key(0)))
    mirrored = (found == IMAGES[:, :, ::-1]).all((1, 2, 3))
    assert ((found == IMAGES).all((1, 2, 3)) | mirrored).all()
    assert 16 < mirrored.sum() < 48


@pytest.mark.parametrize("fill", ["reflect", "edge"])
def test_a_crop_is_a_window_of_the_image_and_its_border(strict, fill):
    """Every window is found among the 25 of NumPy's padded image, and many of them are."""
    found = np.asarray(augmentation.cropped(IMAGES, jax.random.key(1), Crops(2, fill)))
    padded = np.pad(IMAGES, ((0, 0), (2, 2), (2, 2), (0, 0)), mode=fill)
    windows = [(row, column) for row in range(5) for column in range(5)]
    seen = set()
    for number, image in enumerate(found):
        fits = {
            (row, column)
            for row, column in windows
            if (padded[number, row : row + 6, column : column + 5] == image).all()
        }
        assert fits
        seen |= fits
    assert len(seen) > 20


@pytest.mark.parametrize("border", [1, 2])
def test_a_crop_among_the_surroundings_is_that_of_an_image_with_such_a_border(strict, border):
    padded = jnp.pad(IMAGES, ((0, 0), (border, border), (border, border), (0, 0)), mode="edge")
    key = jax.random.key(3)
    found = augmentation.cropped(padded, key, Crops(border, "surroundings"))
    np.testing.assert_array_equal(found, augmentation.cropped(IMAGES, key, Crops(border, "edge")))
    assert augmentation.surroundings_of(Crops(border, "surroundings")) == border
    assert augmentation.surroundings_of(Crops(border, "edge")) == augmentation.surroundings_of(None) == 0


def test_an_image_is_augmented_by_its_own_chance():
    """Another image beside it changes nothing."""
    other = IMAGES.at[1:].set(0.0)
    for augment in (augmentation.flipped, lambda images, key: augmentation.cropped(images, key, Crops(2, "edge"))):
        key = jax.random.key(2)
        np.testing.assert_array_equal(augment(IMAGES, key)[0], augment(other, key)[0])
