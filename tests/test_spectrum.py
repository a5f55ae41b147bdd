import numpy as np
import pytest

from sbgc.maths import spectrum


def wave(rows, columns, height=8, width=8):
    """The cosine of the transform's own coefficient (rows, columns), of power 1."""
    down = np.cos(np.pi * rows * (np.arange(height) + 0.5) / height)
    across = np.cos(np.pi * columns * (np.arange(width) + 0.5) / width)
    image = down[:, None] * across
    return (image / np.linalg.norm(image))[None, :, :, None]


@pytest.mark.parametrize(("rows", "columns", "band"), [(1, 0, 1), (0, 5, 5), (3, 4, 5), (2, 2, 3)])
def test_a_cosine_has_all_of_its_power_in_its_own_band(rows, columns, band):
    power = spectrum.band_power(wave(rows, columns))[0]
    coefficients = sum(round(np.hypot(k, m)) == band for k in range(8) for m in range(8))
    expected = np.zeros(7)
    expected[band - 1] = 1 / coefficients
    np.testing.assert_allclose(power, expected, atol=1e-12)
    assert spectrum.frequencies(8, 8)[band - 1] == band / 16


def test_white_noise_has_its_variance_in_every_band():
    noise = np.random.default_rng(0).normal(0.5, 0.1, (2000, 8, 10, 3))
    np.testing.assert_allclose(spectrum.band_power(noise).mean(axis=0), 0.01, rtol=0.02)


def test_the_mean_of_an_image_has_no_band_and_a_ramp_no_edge_at_the_border():
    assert spectrum.band_power(np.full((1, 8, 8, 1), 0.7)).max() < 1e-25
    ramp = np.broadcast_to(np.linspace(0, 1, 32)[:, None, None], (1, 32, 32, 1))
    power = spectrum.band_power(ramp)[0]
    assert power[-1] < 1e-5 * power[0]


def test_channels_are_averaged():
    one, other = wave(1, 0), 3.0 * wave(1, 0)
    both = spectrum.band_power(np.concatenate([one, other], axis=3))
    np.testing.assert_allclose(both, (spectrum.band_power(one) + spectrum.band_power(other)) / 2)
