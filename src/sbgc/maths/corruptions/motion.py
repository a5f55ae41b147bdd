"""Motion and zoom: what moves or enlarges an image's content while its light is gathered."""

import math

import cv2
import numpy as np
from scipy import ndimage


def smear(image: np.ndarray, radius: int, sigma: float, degrees: float) -> np.ndarray:
    """The image [H, W, C] smeared along a line by the 2 radius + 1 taps of a one-sided Gaussian, with borders repeated.

    Every tap is at the pixel nearest to its place on the line, without interpolation. ImageMagick's motion blur, with
    which CIFAR-10-C was made, does the same.
    """
    taps = np.arange(2 * radius + 1)
    weights = np.exp(-0.5 * (taps / sigma) ** 2)
    across, down = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    columns, rows = (np.ceil(taps * part - 0.5).astype(int) for part in (across, down))
    kernel = np.zeros((4 * radius + 1, 4 * radius + 1))
    np.add.at(kernel, (2 * radius + rows, 2 * radius + columns), weights / weights.sum())
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE).reshape(image.shape)


def enlarge(image: np.ndarray, factor: float) -> np.ndarray:
    """The middle of the image [H, W, C], enlarged linearly to the size of the whole, in the image's own precision.

    As for CIFAR-10-C, the crop has ceil(side / factor) pixels, and the pixels at its corners stay at the corners.
    """
    sides = np.array(image.shape[:2])
    crops = np.ceil(sides / factor).astype(int)
    top, left = (sides - crops) // 2
    large = ndimage.zoom(image[top : top + crops[0], left : left + crops[1]], (factor, factor, 1.0), order=1)
    top, left = (np.array(large.shape[:2]) - sides) // 2
    return large[top : top + sides[0], left : left + sides[1]]
