"""Blur: light spread over neighbors (Hendrycks and Dietterich 2019, section 4.1; parameters of CIFAR-10-C).

Radii and standard deviations are in pixels and do not change with the size of the image, because a spread of less than
about 0.4 pixels has no effect on the pixels. The length of a motion is in proportion to the image, since it would
otherwise reach beyond a small one. The zoom grows by the coarseness g, since it would otherwise move a small image's
border by only a fraction of a pixel.
"""

import cv2
import numpy as np
from scipy import ndimage

from sbgc.maths.corruptions.motion import enlarge, smear
from sbgc.maths.corruptions.scale import coarseness, in_proportion

DEFOCUS = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1.0, 0.2), (1.5, 0.1))  # radius of the disk, sigma of its soft edge
GAUSSIAN_SIGMA = (0.4, 0.6, 0.7, 0.8, 1.0)
GLASS = ((0.05, 1), (0.25, 1), (0.4, 1), (0.25, 2), (0.4, 2))  # sigma, how many times pixels move
MOTION = ((6, 1.0), (6, 1.5), (6, 2.0), (8, 2.0), (9, 2.5))  # radius, sigma
MOTION_DEGREES = 45.0
ZOOM = (1.06, 1.11, 1.16, 1.21, 1.26)
ZOOM_STEP = 0.01
DISK_REACH = 8  # pixels: sets the size of the disk's array, since its sum in float32 changes the bytes of an image


def defocus_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Convolution with a disk whose edge is softened by a 3x3 Gaussian."""
    radius, soft = DEFOCUS[severity - 1]
    offsets = np.arange(-DISK_REACH, DISK_REACH + 1)
    disk = (offsets[:, None] ** 2 + offsets**2 <= radius**2).astype(np.float32)
    kernel = cv2.GaussianBlur(disk / disk.sum(), (3, 3), sigmaX=soft)
    return cv2.filter2D(image, -1, kernel).reshape(image.shape)


def gaussian_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Convolution with a Gaussian."""
    return _gaussian(image, GAUSSIAN_SIGMA[severity - 1])


def glass_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian blur, then each pixel read one step up, left, both or neither at random, then the blur again.

    The published code means to exchange two pixels, but copies one instead. In its order no pixel is read after it was
    written, so one pass over the image is the same as reading all pixels at once. The first two rows and columns stay
    as they are.
    """
    sigma, times = GLASS[severity - 1]
    image = _gaussian(image, sigma)
    for _ in range(times):
        rows, columns = np.indices(image.shape[:2])
        up, left = rng.integers(0, 2, (2, *rows.shape)) * ((rows > 1) & (columns > 1))
        image = image[rows - up, columns - left]
    return _gaussian(image, sigma)


def motion_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """A one-sided Gaussian smear along a line at U(-45, 45) degrees; its length is in proportion to the image."""
    radius, sigma = MOTION[severity - 1]
    return smear(image, in_proportion(radius, image), sigma, rng.uniform(-MOTION_DEGREES, MOTION_DEGREES))


def zoom_blur(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """The mean of the image and of its enlargements by 1, 1.01, ... up to 1 + g (c - 1).

    It is computed in float32, since CIFAR-10-C's bytes depend on that.
    """
    top = 1.0 + coarseness(image) * (ZOOM[severity - 1] - 1.0)
    image = image.astype(np.float32)
    total, factors = np.zeros_like(image), np.arange(1.0, top, ZOOM_STEP)
    for factor in factors:
        total += enlarge(image, factor)
    return (image + total) / (len(factors) + 1)


def _gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(image, (sigma, sigma, 0.0), mode="nearest")
