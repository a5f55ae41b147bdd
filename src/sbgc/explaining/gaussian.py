"""log p(x|y) of one Gaussian per class by pixel, in an order of no pixels."""

import math
from typing import Any

import numpy as np

from sbgc.artifacts import Split
from sbgc.explaining import Parts


def parts(model: Any, split: Split, seed: int) -> Parts:
    """By number i: -v_i (P v)_i / 2 + (log P)_ii / 2 with the precision P and v = x - mu, summed over channels.

    The first sums to Mahalanobis' distance. The second, of the matrix logarithm, sums to log |P| / 2, and of
    independent pixels it is each one's own. What all classes share is the constant of the normal density. Nothing is
    random: `seed` is of other kinds.
    """
    del seed
    images, shape = split.images.astype(float), split.images.shape[2:]
    flat = images.reshape(*images.shape[:2], -1)
    found = []
    for mean, whiten in zip(np.asarray(model.mean, float), np.asarray(model.whiten, float), strict=True):
        variances, axes = np.linalg.eigh(whiten.T @ whiten)
        off = flat - mean
        squares = (off * ((off @ whiten.T) @ whiten)).mean(axis=1)
        found.append(-0.5 * squares + 0.5 * (axes**2 @ np.log(variances)))
    of_classes = np.stack(found, axis=1).reshape(len(split), -1, *shape).sum(axis=-1)
    constant = -0.5 * shape[2] * math.log(2.0 * math.pi)
    return Parts(of_classes, np.full((len(split), *shape[:2]), constant))
