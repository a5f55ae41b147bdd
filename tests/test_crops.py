import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.maths.crops import corner_crops

RANDOM = np.random.default_rng(0).normal(size=(8, 9, 2)).astype(np.float32)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("height", "width"), [(4, 5), (8, 9), (7, 3), (1, 1)])
def test_the_crops_are_those_at_corners_and_center_and_then_their_mirror_images(strict, height, width, mirrored):
    """Pixel by pixel: crop n at (row, column) is the image at the crop's first row and column plus (row, column)."""
    low, right = 8 - height, 9 - width
    begins = [(0, 0), (0, right), (low, 0), (low, right), (low // 2, right // 2)]
    wanted = np.empty((10 if mirrored else 5, height, width, 2), np.float32)
    for number, (top, left) in enumerate(begins):
        for row in range(height):
            for column in range(width):
                wanted[number, row, column] = RANDOM[top + row, left + column]
                if mirrored:
                    wanted[5 + number, row, width - 1 - column] = RANDOM[top + row, left + column]
    np.testing.assert_array_equal(corner_crops(jnp.asarray(RANDOM), height, width, mirrored), wanted)


def test_the_crops_of_imagenet_begin_at_the_published_places():
    """Krizhevsky et al. 2012, section 4.1: 224x224 pixels of 256x256, so that the center begins at 16."""
    image = np.stack(np.mgrid[:256, :256], axis=-1).astype(np.float32)
    found = np.asarray(corner_crops(jnp.asarray(image), 224, 224, True))
    assert found.shape == (10, 224, 224, 2)
    assert found[:5, 0, 0].tolist() == [[0, 0], [0, 32], [32, 0], [32, 32], [16, 16]]
    assert found[5:, 0, -1].tolist() == found[:5, 0, 0].tolist()


@pytest.mark.parametrize(("height", "width"), [(9, 9), (8, 10)])
def test_a_crop_larger_than_the_image_is_refused(height, width):
    with pytest.raises(ValueError, match=f"^no crop of {height}x{width} pixels in an image of 8x9$"):
        corner_crops(jnp.asarray(RANDOM), height, width, False)
