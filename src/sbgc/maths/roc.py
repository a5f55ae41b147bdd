"""How well a score tells outliers from images like the training data: the ROC curve and the area under it.

A score is larger where an image looks more like an outlier. The area is P(outlier > inlier) + P(outlier = inlier) / 2,
the statistic of Mann & Whitney (1947).
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit, logit, ndtri

Scores = Float[np.ndarray, " images"]
Others = Float[np.ndarray, " others"]
Rates = Float[np.ndarray, " rates"]


class Area(NamedTuple):
    """The area under a ROC curve, from 0 to 1, with the ends of its confidence interval."""

    value: float
    low: float
    high: float


def placements(scores: Scores, others: Others) -> Scores:
    """The share of the other scores that each score is above, with ties as halves."""
    ordered = np.sort(others)
    below, upto = (np.searchsorted(ordered, scores, side=side) for side in ("left", "right"))
    return (below + upto) / (2.0 * len(others))


def area(
    inside: Scores,
    outside: Others,
    inside_clusters: Int[np.ndarray, " images"],
    outside_clusters: Int[np.ndarray, " others"],
    confidence: float,
) -> Area:
    """The area, with an interval that knows which scores belong together (Obuchowski 1997, for clustered data).

    An image and what is made of it have the same cluster: it is drawn from the world once. With clusters of one image
    each the variance is that of DeLong et al. (1988), up to factors of 1 + 1/n. The interval is symmetric in the logit
    of the area, so that it stays between 0 and 1, and a single point where no two scores overlap.
    """
    of_outside = placements(outside, inside)
    value = float(of_outside.mean())
    influence = np.zeros(1 + max(int(inside_clusters.max()), int(outside_clusters.max())))
    np.add.at(influence, inside_clusters, (1.0 - placements(inside, outside) - value) / len(inside))
    np.add.at(influence, outside_clusters, (of_outside - value) / len(outside))
    count = len(np.unique(np.concatenate([inside_clusters, outside_clusters])))
    return _interval(value, math.sqrt(count / max(count - 1, 1) * float((influence**2).sum())), confidence)


def _interval(value: float, error: float, confidence: float) -> Area:
    if error == 0.0 or not 0.0 < value < 1.0:
        return Area(value, value, value)
    half = float(ndtri((1.0 + confidence) / 2.0)) * error / (value * (1.0 - value))
    return Area(value, float(expit(logit(value) - half)), float(expit(logit(value) + half)))


def detected(inside: Scores, outside: Others, rates: Rates) -> Rates:
    """The ROC curve: the share of outliers found, where at most each share of the inliers is called an outlier."""
    falling = np.sort(inside)[::-1]
    called = np.floor(rates * len(inside) + 1e-9).astype(int)  # so many inliers may lie above the threshold
    thresholds = np.append(falling, -np.inf)[called]
    return (outside[None, :] > thresholds[:, None]).mean(axis=1)


def p_values(scores: Scores, reference: Others) -> Scores:
    """How often an image like those of the reference has a score at least as large (Mackowiak et al. 2021, 3.3).

    It counts the image itself, as permutation tests do, so that no p-value is below 1 / (references + 1). Calling what
    has a p-value of at most alpha an outlier has a false-positive rate of at most alpha, on images like the reference.
    """
    ordered = np.sort(reference)
    beyond = len(ordered) - np.searchsorted(ordered, scores, side="left")
    return (1.0 + beyond) / (1.0 + len(ordered))
