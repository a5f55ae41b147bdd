"""Weather: light added to the scene (Hendrycks and Dietterich 2019, section 4.1; parameters of CIFAR-10-C)."""

import math

import numpy as np

from sbgc.maths.corruptions.scale import coarseness

FOG = ((0.2, 3.0), (0.5, 3.0), (0.75, 2.5), (1.0, 2.0), (1.5, 1.75))  # amount, decay
BRIGHTNESS = (0.05, 0.10, 0.15, 0.20, 0.30)


def fog(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """(x + a f) m / (m + a) with m = max x and a fractal f on [0, 1], alike at every size: nothing is scaled."""
    amount, decay = FOG[severity - 1]
    height, width = image.shape[:2]
    size = 1 << (max(height, width) - 1).bit_length()
    haze = plasma(size, decay, rng)[:height, :width, None]
    brightest = image.max()
    return (image + amount * haze) * brightest / (brightest + amount)


def brightness(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """HSV value + sqrt(g) c, hue and saturation kept; with c as it is, severities 2 and 3 would round alike."""
    value = image.max(axis=-1, keepdims=True)
    brighter = np.minimum(value + math.sqrt(coarseness(image)) * BRIGHTNESS[severity - 1], 1.0)
    return np.where(value > 0.0, image * brighter / np.where(value > 0.0, value, 1.0), brighter)


def plasma(size: int, decay: float, rng: np.random.Generator) -> np.ndarray:
    """A periodic diamond-square fractal [size, size] on [0, 1], size a power of two (Fournier et al. 1982).

    From one octave to the next the random part falls by decay^2: CIFAR-10-C's code multiplies by the amplitude twice.
    """
    field, amplitude, step = np.zeros((size, size)), 1.0, size
    while step >= 2:
        half = step // 2
        corners = field[::step, ::step]
        below, right = np.roll(corners, -1, 0), np.roll(corners, -1, 1)
        centers = _jitter(corners + below + right + np.roll(below, -1, 1), amplitude, rng)
        field[half::step, half::step] = centers
        field[::step, half::step] = _jitter(corners + right + centers + np.roll(centers, 1, 0), amplitude, rng)
        field[half::step, ::step] = _jitter(corners + below + centers + np.roll(centers, 1, 1), amplitude, rng)
        amplitude, step = amplitude / decay**2, half
    return (field - field.min()) / (field.max() - field.min())


def _jitter(sum_of_four: np.ndarray, amplitude: float, rng: np.random.Generator) -> np.ndarray:
    return sum_of_four / 4.0 + rng.uniform(-amplitude, amplitude, sum_of_four.shape)
