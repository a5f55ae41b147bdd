"""The two-sided typicality test (Nalisnick et al. 2019; Mackowiak et al. 2021, section 3.3) as a hypothesis test."""

import numpy as np
from jaxtyping import Float

from sbgc.maths import roc

ROUNDING = 1e-12  # of float64, relative to log p(x)


def distances(
    log_prob: Float[np.ndarray, " images"], reference: Float[np.ndarray, " references"]
) -> Float[np.ndarray, " images"]:
    """How far log p(x) is from its mean over the reference, in nats and to either side."""
    return np.asarray(np.abs(log_prob - reference.mean()))


def p_values(
    log_prob: Float[np.ndarray, " images"], reference: Float[np.ndarray, " references"]
) -> Float[np.ndarray, " images"]:
    """How often an image like those of the reference has a log p(x) at least as far from their mean, to either side.

    Two values that lie equally far to both sides, as those of two references do, differ by no more than rounding.
    """
    return roc.p_values(distances(log_prob, reference) - rounding(reference), distances(reference, reference))


def rounding(reference: Float[np.ndarray, " references"]) -> float:
    """Distances in nats that differ by less are equal."""
    return float(ROUNDING * (1.0 + abs(reference.mean())))
