"""What the noise of few draws leaves uncertain: log p(x|y), the gap between two classes, and the decision.

A draw consists of dequantization noise and trace probes, and all classes of an image share both. Gaps are therefore
paired: their noise is that of the difference, which is a fraction of the noise of either class. Draws are made in
blocks of `strata` and balanced against each other within a block (data/dequantize.py). Only whole blocks are
independent.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

from sbgc.maths import moderated

Draws = Float[np.ndarray, "images classes draws"]
PerImage = Float[np.ndarray, " images"]


class Decisions(NamedTuple):
    """For each image [n]: the class of highest mean log p(x|y), the second, their gap in nats and its standard error.

    flip: the probability that the true gap has the other sign, so that ever more draws would change the decision.
    """

    winner: Int[np.ndarray, " images"]
    rival: Int[np.ndarray, " images"]
    gap: PerImage
    std_error: PerImage
    flip: PerImage


def replicates(log_prob: Draws, strata: int) -> Float[np.ndarray, "images classes replicates"]:
    """The independent repetitions: the means of whole blocks where there are at least two, and otherwise the draws.

    Balanced draws repel each other. A standard error that treats them as independent is therefore too large rather than
    too small. Raises ValueError for a single draw.
    """
    images, classes, draws = log_prob.shape
    if draws < 2:
        raise ValueError("one draw has no standard error: draws must be at least 2")
    if draws % strata or draws < 2 * strata:
        return log_prob
    return log_prob.reshape(images, classes, -1, strata).mean(axis=3)


def log_prob_std_error(log_prob: Draws, strata: int = 1) -> Float[np.ndarray, "images classes"]:
    """The standard error of the mean over draws, in nats. Raises ValueError for a single draw."""
    repeated = replicates(log_prob, strata)
    return repeated.std(axis=2, ddof=1) / np.sqrt(repeated.shape[2])


def decisions(log_prob: Draws, strata: int = 1) -> Decisions:
    """The decisions that follow from log p(x|y) in nats. Raises ValueError for a single draw.

    The variance of each gap is moderated by those of all images (maths/moderated.py), since the variance of only two
    draws says next to nothing.
    """
    log_prob = replicates(log_prob, strata)
    images, draws = np.arange(len(log_prob)), log_prob.shape[2]
    order = log_prob.mean(axis=2).argsort(axis=1)
    winner, rival = order[:, -1], order[:, -2]
    gaps = log_prob[images, winner] - log_prob[images, rival]
    gap, variance, degrees = gaps.mean(axis=1), gaps.var(axis=1, ddof=1), np.inf
    if (variance > 0).any():
        variance, degrees = moderated.moderate(variance, draws - 1, moderated.fit(variance, draws - 1))
    error = np.sqrt(variance / draws)
    t = np.divide(gap, error, out=np.full_like(gap, np.inf), where=error > 0)
    return Decisions(winner, rival, gap, error, stats.t.sf(t, degrees))
