"""A fractal landscape, which looks like fog or ice at every scale."""

import numpy as np


def plasma(size: int, decay: float, rng: np.random.Generator) -> np.ndarray:
    """A periodic diamond-square fractal [size, size] on [0, 1], with size a power of two (Fournier et al. 1982).

    From one octave to the next the random part falls by a factor of decay^2, because CIFAR-10-C's code multiplies by
    the amplitude twice.
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
