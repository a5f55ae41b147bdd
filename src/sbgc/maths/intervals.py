"""How far a mean over images may be from the truth: bootstrap and Wilson intervals, and random subsets of draws."""

import math

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import ndtri

CHUNK = 4_000_000  # resampled images held at once; no interval depends on it


def bootstrap_means(
    values: Float[np.ndarray, "images columns"], generator: np.random.Generator, resamples: int
) -> Float[np.ndarray, "resamples columns"]:
    """Means over images drawn with replacement (Efron & Tibshirani 1993, chapter 6).

    Whole rows are resampled, never single draws. The columns of an image stay together, so statistics of several
    columns are resampled jointly.
    """
    n = len(values)
    rows = max(1, CHUNK // n)
    means = [_resample(values, generator, min(rows, resamples - start)) for start in range(0, resamples, rows)]
    return np.concatenate(means)


def _resample(values: np.ndarray, generator: np.random.Generator, resamples: int) -> np.ndarray:
    n = len(values)
    drawn = generator.integers(n, size=(resamples, n)) + n * np.arange(resamples)[:, None]
    times_drawn = np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n)
    return times_drawn @ values / n


def percentile_interval(replicates: Float[np.ndarray, " resamples"], confidence: float) -> tuple[float, float]:
    """The interval of the central part `confidence` of the replicates. It is a single point when all images agree."""
    low, high = np.quantile(replicates, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def wilson_interval(successes: int | float, trials: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927), or NaN without trials.

    It keeps a sensible width at proportions of 0 and 1, where the bootstrap gives a single point.
    """
    if trials == 0:
        return math.nan, math.nan
    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    center = (successes + z2 / 2) / (trials + z2)
    half = math.sqrt(z2 * (successes * (trials - successes) / trials + z2 / 4)) / (trials + z2)
    return max(0.0, center - half), min(1.0, center + half)


def random_subsets(
    draws: int, size: int, subsets: int, generator: np.random.Generator
) -> Bool[np.ndarray, "subsets draws"]:
    """Uniformly random subsets of `size` draws each, taken without replacement, as the rows of a mask."""
    order = generator.random((subsets, draws)).argsort(axis=1)
    return order < size
