"""Noise: independent errors of the pixels (Hendrycks and Dietterich 2019, section 4.1; parameters of CIFAR-10-C).

Amplitudes on [0, 1] are multiplied by the coarseness g. A digit has only 17 grey levels, so without this factor most
errors of severity 1 would be less than half a level, and rounding would remove them.
"""

import numpy as np

from sbgc.maths.corruptions.scale import coarseness

GAUSSIAN_SIGMA = (0.04, 0.06, 0.08, 0.09, 0.10)
SHOT_PHOTONS = (500.0, 250.0, 100.0, 75.0, 50.0)
IMPULSE_FRACTION = (0.01, 0.02, 0.03, 0.05, 0.07)
SPECKLE_SIGMA = (0.06, 0.10, 0.12, 0.16, 0.20)


def gaussian_noise(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """x + n, n ~ N(0, (g sigma)^2)."""
    sigma = coarseness(image) * GAUSSIAN_SIGMA[severity - 1]
    return image + rng.normal(scale=sigma, size=image.shape)


def shot_noise(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Poisson(n x) / n: light counted in photons. n is divided by g^2, so that the standard deviation grows by g."""
    photons = SHOT_PHOTONS[severity - 1] / coarseness(image) ** 2
    return rng.poisson(image * photons) / photons


def impulse_noise(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """The image with a fraction g p of its values black or white, with equal probability."""
    fraction = coarseness(image) * IMPULSE_FRACTION[severity - 1]
    hit, white = rng.random(image.shape) < fraction, rng.random(image.shape) < 0.5
    return np.where(hit, white, image)


def speckle_noise(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """x + x n, n ~ N(0, (g sigma)^2): noise in proportion to the light."""
    sigma = coarseness(image) * SPECKLE_SIGMA[severity - 1]
    return image + image * rng.normal(scale=sigma, size=image.shape)
