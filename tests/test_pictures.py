import numpy as np
import pytest

from sbgc.figures import pictures


def test_white_is_white_and_grey_images_get_three_channels():
    shown = pictures.picture(np.array([[[0.0], [8.0], [16.0], [20.0]]]), 16)
    assert shown == pytest.approx(np.array([[[0] * 3, [0.5] * 3, [1] * 3, [1] * 3]]))


@pytest.mark.parametrize("side", [6, 7])
def test_a_reduced_image_holds_the_means_of_its_squares(side):
    """Also where the side is no multiple: the last squares hold fewer pixels, and nothing black is mixed in."""
    image = np.ones((side, side, 3)) * np.linspace(0, 1, side)[:, None, None]
    small = pictures.reduced(image, 3)
    rows = [image[start : start + 3, 0, 0].mean() for start in range(0, side, 3)]
    assert small.shape == (len(rows), len(rows), 3)
    assert small[:, 0, 0] == pytest.approx(rows, abs=1 / 255)


def test_an_image_that_fits_is_not_reduced():
    image = np.random.default_rng(0).random((5, 5, 3))
    assert pictures.reduced(image, pictures.reduction(5, 5.0)) is image


@pytest.mark.parametrize(("pixels", "dots", "factor"), [(8, 100, 1), (101, 100, 2), (512, 100, 6)])
def test_the_factor_is_the_smallest_that_fits(pixels, dots, factor):
    assert pictures.reduction(pixels, dots) == factor
