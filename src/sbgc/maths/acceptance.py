"""What passes for an image by its log p(x): all values that a test against training images does not call an outlier."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from sbgc.maths import typicality

TESTS = ("likelihood", "typicality")


class Band(NamedTuple):
    """The values of log p(x) from `low` to `high` [nats], both included; infinite where there is no bound."""

    low: float
    high: float

    def accepts(self, log_prob: Float[np.ndarray, " images"]) -> Bool[np.ndarray, " images"]:
        """Which of these pass."""
        return (log_prob >= self.low) & (log_prob <= self.high)


def band(test: str, reference: Float[np.ndarray, " references"], rate: float) -> Band:
    """The values of log p(x) whose p-value against the reference is above `rate` (roc.p_values).

    likelihood: an image is an outlier where its log p(x) is small. typicality: where it is far from the mean of the
    reference, to either side (Nalisnick et al. 2019). Where `rate` is below 1 / (references + 1) everything passes.
    """
    scores = -reference if test == "likelihood" else typicality.distances(reference, reference)
    called = math.floor(rate * (len(reference) + 1.0) + 1e-9)  # scores at least as large as that of the last outlier
    threshold = float(np.sort(scores)[-called]) if called else math.inf
    if test == "likelihood":
        return Band(-threshold, math.inf)
    center = float(reference.mean())
    threshold += typicality.rounding(reference)  # the image at the threshold passes
    return Band(center - threshold, center + threshold)
