"""Blur: light spread over neighbors (Hendrycks and Dietterich 2019, section 4.1; parameters of CIFAR-10-C).

Radii and standard deviations are in pixels, and stay as they are at every size: a spread of less than about 0.4 pixels
leaves the samples as they are. The length of a motion is scaled, for it would leave a small image altogether; so is the
zoom, for it would move a small image's border by a fraction of a pixel.
"""

import math

import numpy as np
from scipy import ndimage

from sbgc.maths.corruptions.scale import REFERENCE_SIDE, coarseness, side

DEFOCUS = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1.0, 0.2), (1.5, 0.1))  # radius of the disk, sigma of its soft edge
GAUSSIAN_SIGMA = (0.4, 0.6, 0.7, 0.8, 1.0)
MOTION = ((6, 1.0), (6, 1.5), (6, 2.0), (8, 2.0), (9, 2.5))  # length, sigma
MOTION_DEGREES = 45.0
ZOOM = (1.06, 1.11, 1.16, 1.21, 1.26)
ZOOM_STEP = 0.01


def defocus_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Convolution with a disk, its edge softened by a 3x3 Gaussian."""
    radius, soft = DEFOCUS[severity - 1]
    offsets = np.arange(-math.ceil(radius) - 1, math.ceil(radius) + 2)
    disk = (offsets[:, None] ** 2 + offsets**2 <= radius**2).astype(np.float64)
    kernel = ndimage.gaussian_filter(disk / disk.sum(), soft, mode="constant", radius=1)
    return ndimage.convolve(image, kernel[..., None], mode="mirror")


def gaussian_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Convolution with a Gaussian."""
    sigma = GAUSSIAN_SIGMA[severity - 1]
    return ndimage.gaussian_filter(image, (sigma, sigma, 0.0), mode="nearest")


def motion_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """A one-sided Gaussian smear along a line at U(-45, 45) degrees, its length in proportion to the image's side."""
    length, sigma = MOTION[severity - 1]
    steps = np.arange(math.floor(length * side(image) / REFERENCE_SIDE) + 1)
    weights = np.exp(-0.5 * (steps / sigma) ** 2)
    angle = math.radians(rng.uniform(-MOTION_DEGREES, MOTION_DEGREES))
    direction = np.array([math.sin(angle), math.cos(angle), 0.0])
    shifted = [ndimage.shift(image, step * direction, order=1, mode="nearest") for step in steps]
    return np.tensordot(weights / weights.sum(), shifted, axes=1)


def zoom_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """The mean of the image and of its zooms about the center, by 1, 1.01, ... below 1 + g (c - 1)."""
    top = 1.0 + coarseness(image) * (ZOOM[severity - 1] - 1.0)
    zooms = [_zoom(image, factor) for factor in np.arange(1.0, top, ZOOM_STEP)]
    return np.mean([image, *zooms], axis=0)


def _zoom(image: np.ndarray, factor: float) -> np.ndarray:
    center = (np.array(image.shape) - 1.0) / 2.0
    scale = np.array([1.0 / factor, 1.0 / factor, 1.0])
    return ndimage.affine_transform(image, scale, center - scale * center, order=1, mode="nearest")
