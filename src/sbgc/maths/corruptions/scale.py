"""How CIFAR-10-C's parameters, which were chosen for 32x32 images, are adapted to images of another size."""

import math

import numpy as np

REFERENCE_SIDE = 32


def side(image: np.ndarray) -> int:
    """The shorter side of an image [H, W, C], in pixels."""
    return min(image.shape[:2])


def coarseness(image: np.ndarray) -> float:
    """g = sqrt(32 / side): 1 on CIFAR-10, 2 on 8x8 digits. docs/corruptions.md lists what depends on it."""
    return math.sqrt(REFERENCE_SIDE / side(image))


def in_proportion(pixels: int, image: np.ndarray) -> int:
    """A number of pixels of a 32x32 image, scaled to the side of this image and rounded up."""
    return math.ceil(pixels * side(image) / REFERENCE_SIDE)


def in_channels(color: tuple[float, float, float], image: np.ndarray) -> np.ndarray:
    """A color for an image [H, W, C]: itself for three channels, otherwise its luma (ITU-R BT.601) in every channel."""
    channels = image.shape[-1]
    return np.array(color) if channels == 3 else np.full(channels, np.dot((0.299, 0.587, 0.114), color))


def luma(image: np.ndarray) -> np.ndarray:
    """The luma (ITU-R BT.601) of three channels, or the mean of any other number of them, [H, W, 1]."""
    weights = (0.299, 0.587, 0.114) if image.shape[-1] == 3 else np.full(image.shape[-1], 1.0 / image.shape[-1])
    return image @ np.array(weights)[:, None]
