"""What the noise of few draws leaves uncertain: log p(x|y), the gap between two classes, the decision.

A draw is dequantization noise and trace probes, which all classes of an image share. Gaps are therefore paired: their
noise is that of the difference, a fraction of that of either class. Draws are made in blocks of `strata`, within which
they are balanced against each other (data/dequantize.py); what repeats independently is a block.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

from sbgc.maths import moderated

Draws = Float[np.ndarray, "images classes draws"]
PerImage = Float[np.ndarray, " images"]


class Decisions(NamedTuple):
    """Of each image [n]: the class of highest mean log p(x|y), the next, their gap in nats and its standard error.

    flip: the probability that the gap has the other sign, so that with ever more draws the decision would be another.
    """

    winner: Int[np.ndarray, " images"]
    rival: Int[np.ndarray, " images"]
    gap: PerImage
    std_error: PerImage
    flip: PerImage


def replicates(log_prob: Draws, strata: int) -> Float[np.ndarray, "images classes replicates"]:
    """What repeats independently: the means of whole blocks, where there are two or more.

    Otherwise the draws themselves. Balanced draws repel each other, so that a standard error of them as if they were
    independent is too large rather than too small. Raises ValueError for a single draw.
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
    """The decisions of log p(x|y) in nats. Raises ValueError for a single draw.

    Variances of gaps are moderated by those of all images (maths/moderated.py): of two draws one says next to nothing.
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
