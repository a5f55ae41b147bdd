"""The settings of all intervals, and the intervals of means over images that follow from them."""

import math
from typing import NamedTuple

import numpy as np

from sbgc import keys
from sbgc.config.spec import Statistics
from sbgc.maths import intervals


class Interval(NamedTuple):
    """A value with the ends of its confidence interval, in the value's own unit."""

    value: float
    low: float
    high: float


__all__ = ["NOTHING", "Interval", "Statistics", "mean", "proportion", "replicates"]
NOTHING = Interval(math.nan, math.nan, math.nan)


def replicates(values: np.ndarray, settings: Statistics) -> np.ndarray:
    """Bootstrap means [resamples, columns] of values [images, columns].

    All calls with the same number of images resample the same rows, so that the intervals of several quantities of the
    same images belong together. The rows must be in a fixed order, which matrices.read provides. Otherwise the same row
    would mean different images.
    """
    return intervals.bootstrap_means(values, keys.generator_for(settings.seed, "bootstrap"), settings.bootstrap)


def mean(values: np.ndarray, settings: Statistics) -> Interval:
    """The mean over images, with its percentile bootstrap interval over images."""
    means = replicates(values[:, None], settings)[:, 0]
    return Interval(float(values.mean()), *intervals.percentile_interval(means, settings.confidence))


def proportion(correct: np.ndarray, settings: Statistics) -> Interval:
    """The proportion of ones, with its Wilson interval, for few images, which may all agree."""
    return Interval(float(correct.mean()), *intervals.wilson_interval(correct.sum(), len(correct), settings.confidence))
