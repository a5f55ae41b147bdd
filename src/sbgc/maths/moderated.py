"""Variances of many small samples, each moderated by what all have in common (Smyth 2004).

Two draws of an image say almost nothing about its variance; two draws of each of a thousand images say what variances
are like. With s_i^2 of d degrees of freedom each, and true variances spread as a scaled inverse chi-square (d0, s0^2),
the moderated variance (d0 s0^2 + d s_i^2) / (d0 + d) makes the mean over its standard error Student's t with d0 + d
degrees of freedom.
"""

from typing import NamedTuple

import numpy as np
from scipy import optimize, special

Variances = np.ndarray | float  # [n], or one


class Prior(NamedTuple):
    """s0^2 and d0: infinite where the samples differ no more than chance makes them, 0 where there was one only."""

    variance: float
    degrees: float


def fit(variances: Variances, degrees: int) -> Prior:
    """The prior of sample variances of `degrees` degrees of freedom each, by moments of their logarithms (Smyth, 6).

    Variances of 0 are left out. Raises ValueError when none is left.
    """
    positive = np.asarray(variances, float)
    positive = positive[positive > 0]
    if not positive.size:
        raise ValueError("no sample variance is positive: nothing to learn a prior from")
    logs = np.log(positive) - special.digamma(degrees / 2) + np.log(degrees / 2)
    if positive.size == 1:
        return Prior(float(positive[0]), 0.0)
    excess = logs.var(ddof=1) - special.polygamma(1, degrees / 2)
    if excess <= 0:
        return Prior(float(np.exp(logs.mean())), np.inf)
    half = _inverse_trigamma(excess)
    return Prior(float(np.exp(logs.mean() + special.digamma(half) - np.log(half))), 2 * half)


def moderate(variances: Variances, degrees: int, prior: Prior) -> tuple[Variances, float]:
    """The moderated variances, and their degrees of freedom."""
    if np.isinf(prior.degrees):
        return np.full_like(variances, prior.variance, float), np.inf
    total = prior.degrees + degrees
    return (prior.degrees * prior.variance + degrees * np.asarray(variances, float)) / total, total


def _inverse_trigamma(value: float) -> float:
    low, high = 1e-8, 1e8
    if special.polygamma(1, high) >= value:
        return high
    return float(optimize.brentq(lambda x: special.polygamma(1, x) - value, low, high))
