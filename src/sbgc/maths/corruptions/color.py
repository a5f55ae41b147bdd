"""Color and light: what changes each pixel by itself (Hendrycks and Dietterich 2019; parameters of CIFAR-10-C)."""

import math

import numpy as np
from skimage.color import hsv2rgb, rgb2hsv

from sbgc.maths.corruptions.scale import coarseness

BRIGHTNESS = (0.05, 0.10, 0.15, 0.20, 0.30)
CONTRAST = (0.75, 0.50, 0.40, 0.30, 0.15)
SATURATE = ((0.3, 0.0), (0.1, 0.0), (1.5, 0.0), (2.0, 0.1), (2.5, 0.2))  # factor, amount added


def brightness(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """HSV value + sqrt(g) c, with hue and saturation kept. Without colors every channel is its own value.

    With c alone, severities 2 and 3 of a digit would round to the same grey levels.
    """
    amount = math.sqrt(coarseness(image)) * BRIGHTNESS[severity - 1]
    if image.shape[-1] != 3:
        return np.minimum(image + amount, 1.0)
    hsv = rgb2hsv(image)
    hsv[..., 2] = np.clip(hsv[..., 2] + amount, 0.0, 1.0)
    return hsv2rgb(hsv)


def saturate(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """HSV saturation a s + b, with hue and value kept. Where b > 0, a grey pixel of a color image turns red."""
    factor, amount = SATURATE[severity - 1]
    hsv = rgb2hsv(image)
    hsv[..., 1] = np.clip(factor * hsv[..., 1] + amount, 0.0, 1.0)
    return hsv2rgb(hsv)


def contrast(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """(x - m) c + m, with m the mean of each channel."""
    mean = image.mean(axis=(0, 1), keepdims=True)
    return (image - mean) * CONTRAST[severity - 1] + mean
