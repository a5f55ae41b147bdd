"""How CIFAR-10-C's parameters, chosen for 32x32 images, are carried to images of another size."""

import math

import numpy as np

REFERENCE_SIDE = 32


def side(image: np.ndarray) -> int:
    """The shorter side of an image [H, W, C], in pixels."""
    return min(image.shape[:2])


def coarseness(image: np.ndarray) -> float:
    """g = sqrt(32 / side): 1 on CIFAR-10, 2 on 8x8 digits; a table in `sbgc.maths.corruptions` says where it enters."""
    return math.sqrt(REFERENCE_SIDE / side(image))
