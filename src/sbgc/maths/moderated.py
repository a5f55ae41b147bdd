"""Variances of many small samples, each moderated by what all of them have in common (Smyth 2004).

Two draws of one image say almost nothing about its variance. Two draws of each of a thousand images show how variances
are distributed. Let each sample variance s_i^2 have d degrees of freedom, and let the true variances follow a scaled
inverse chi-square distribution with parameters (d0, s0^2). The moderated variance is (d0 s0^2 + d s_i^2) / (d0 + d).
With it, a mean divided by its standard error follows Student's t with d0 + d degrees of freedom.
"""

from typing import NamedTuple

import numpy as np
from scipy import optimize, special

Variances = np.ndarray | float  # [n], or one


class Prior(NamedTuple):
    """The typical variance s0^2, and d0, the degrees of freedom that it is worth.

    d0 is infinite where the samples differ no more than chance explains, and 0 where there was only one sample.
    """

    variance: float
    degrees: float


def fit(variances: Variances, degrees: int) -> Prior:
    """The prior of sample variances with `degrees` degrees of freedom each, from the moments of their logarithms.

    The method is that of Smyth 2004, section 6. Variances of 0 are left out. Raises ValueError when none is left.
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
    """The moderated variances and their degrees of freedom."""
    if np.isinf(prior.degrees):
        return np.full_like(variances, prior.variance, float), np.inf
    total = prior.degrees + degrees
    return (prior.degrees * prior.variance + degrees * np.asarray(variances, float)) / total, total


def _inverse_trigamma(value: float) -> float:
    low, high = 1e-8, 1e8
    if special.polygamma(1, high) >= value:
        return high
    return float(optimize.brentq(lambda x: special.polygamma(1, x) - value, low, high))
