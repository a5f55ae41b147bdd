"""How unsure a decision between two classes is, by their centers in latent space (Mackowiak et al. 2021, figure 4).

Classes are Gaussians of unit variance around their centers. Between two of them, with equal priors, the log-odds of an
image are normal with the variance d^2, where d is the distance of the centers.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import expit
from scipy.stats import norm

Centers = Float[np.ndarray, "classes dim"]
Pairs = Float[np.ndarray, "classes classes"]


class Sampled(NamedTuple):
    """The mean of a sample for each pair of classes, and its standard error; NaN where no sample counts."""

    mean: Pairs
    error: Pairs


def distances(centers: Centers) -> Pairs:
    """The distances between all centers."""
    squares = np.square(centers).sum(axis=1)
    found = squares[:, None] + squares[None, :] - 2.0 * centers @ centers.T
    np.fill_diagonal(found, 0.0)
    return np.sqrt(np.maximum(found, 0.0))


def expected_posterior(distance: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """E p(B|z) between two classes A and B, over the images of both for which A is the more probable one.

    Bayes' rule turns the mean of p(B|z) over the mixture into the share of B's own latents beyond the middle between
    the centers, Phi(-d/2): the built-in uncertainty is the error rate of the decision.
    """
    return norm.cdf(-0.5 * distance)


def sampled_posterior(centers: Centers, samples: int, random: np.random.Generator) -> Sampled:
    """The same from latents: p(B|z) of those for which A is the more probable one, of `samples` of each class.

    Row A, column B.
    """
    logits = np.stack([_logits(centers, center + random.normal(size=(samples, len(center)))) for center in centers])
    classes = len(centers)
    mean, error = np.full((classes, classes), np.nan), np.full((classes, classes), np.nan)
    for a in range(classes):
        for b in range(a + 1, classes):
            odds = np.concatenate([logits[a, :, b] - logits[a, :, a], logits[b, :, b] - logits[b, :, a]])
            for row, column, of_pair in ((a, b, odds), (b, a, -odds)):
                counted = expit(of_pair[of_pair < 0])
                if len(counted) > 1:
                    mean[row, column] = counted.mean()
                    error[row, column] = counted.std(ddof=1) / np.sqrt(len(counted))
    return Sampled(mean, error)


def _logits(centers: Centers, points: Float[np.ndarray, "points dim"]) -> Float[np.ndarray, "points classes"]:
    return points @ centers.T - 0.5 * np.square(centers).sum(axis=1)
