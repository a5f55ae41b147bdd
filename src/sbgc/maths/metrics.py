"""What a matrix of class scores says about a classifier and about a density, in NumPy alone.

Scores have the shape [images, classes]. For a density they are log p(x|y) averaged over draws, for a classifier the
log-softmax averaged over draws.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import log_softmax, logsumexp

Draws = Float[np.ndarray, "images classes draws"]
ClassScores = Float[np.ndarray, "images classes"]
PerImage = Float[np.ndarray, " images"]
Labels = Int[np.ndarray, " images"]


def log_posterior(scores: ClassScores) -> ClassScores:
    """log p(y|x) in nats under a uniform class prior: scores - logsumexp_y scores (SBGC section 2.2)."""
    return log_softmax(scores, axis=1)


def log_marginal(log_prob: ClassScores) -> PerImage:
    """log p(x) = logsumexp_y log p(x|y) - log C in nats.

    The paper's sum over classes (SBGC section 2.2) leaves out the prior 1/C. Without it p(x) would integrate to C.
    """
    return logsumexp(log_prob, axis=1) - np.log(log_prob.shape[1])


def importance_weighted(log_prob: Draws) -> ClassScores:
    """log (1/K sum_i p(k + u_i|y)) in nats over K draws u_i: a lower bound of log P(k|y) (Burda et al. 2016, eq. 8).

    The bound rises with K, and K = 1 gives the bound of uniform dequantization. Averaging log p over draws, by
    contrast, makes that bound more precise but no tighter. Only exact densities give a bound, because the exponential
    of an unbiased estimate of log p is too large on average.
    """
    return logsumexp(log_prob, axis=2) - np.log(log_prob.shape[2])


def true_class(scores: ClassScores, labels: Labels) -> PerImage:
    """The score of each image's own class."""
    return np.take_along_axis(scores, labels[:, None], axis=1)[:, 0]


def predict(scores: ClassScores) -> Labels:
    """The class with the highest score, and the first of several that are equal."""
    return scores.argmax(axis=1)


def correct(scores: ClassScores, labels: Labels) -> PerImage:
    """1.0 where the predicted class is the true one, and 0.0 elsewhere. Its mean is the accuracy."""
    return (predict(scores) == labels).astype(float)


def posterior_nll(scores: ClassScores, labels: Labels) -> PerImage:
    """-log p(y|x) of the true class in nats. Its mean is the cross-entropy."""
    return -true_class(log_posterior(scores), labels)


def predictive_entropy(scores: ClassScores) -> PerImage:
    """-sum_y p(y|x) log p(y|x) in nats: 0 where the classifier is sure, log C where it knows nothing."""
    log_p = log_posterior(scores)
    return -(np.exp(log_p) * log_p).sum(axis=1)


def confidence(scores: ClassScores) -> PerImage:
    """The posterior probability of the predicted class."""
    return np.exp(log_posterior(scores).max(axis=1))


def bin_of(confidences: PerImage, bins: int) -> Int[np.ndarray, " images"]:
    """The equal-width bin (low, high] of [0, 1] that holds each confidence (Guo et al. 2017, section 2)."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.clip(np.searchsorted(edges, confidences, side="left") - 1, 0, bins - 1)


def calibration_gaps(scores: ClassScores, labels: Labels, bins: int) -> Float[np.ndarray, "images bins"]:
    """Each image's correctness minus its confidence, in the column of its bin, and 0 in the other columns.

    The mean of column b over images is (|B_b| / n) (acc_b - conf_b). Apart from one absolute value per bin, the
    expected calibration error is linear in these means. This makes it cheap to resample.
    """
    confidences = confidence(scores)
    gaps = np.zeros((len(labels), bins))
    gaps[np.arange(len(labels)), bin_of(confidences, bins)] = correct(scores, labels) - confidences
    return gaps


def ece(gap_means: Float[np.ndarray, "*resamples bins"]) -> Float[np.ndarray, "*resamples"]:
    """Expected calibration error sum_b (|B_b| / n) |acc_b - conf_b| (Guo et al. 2017, eq. 3), from means of
    `calibration_gaps`.

    The result is a fraction. On few images it is biased upwards, and a resample is more biased than the sample that it
    is drawn from.
    """
    return np.asarray(np.abs(gap_means).sum(axis=-1))


def mce(
    gap_means: Float[np.ndarray, "*resamples bins"], shares: Float[np.ndarray, "*resamples bins"]
) -> Float[np.ndarray, "*resamples"]:
    """Maximum calibration error max_b |acc_b - conf_b| over bins that hold images (Guo et al. 2017, eq. 5).

    shares: |B_b| / n. A bin of few images is far off by chance, so on few images the maximum is large.
    """
    gaps = np.abs(gap_means) / np.where(shares > 0.0, shares, 1.0)
    return np.asarray(gaps.max(axis=-1))


def brier(scores: ClassScores, labels: Labels) -> PerImage:
    """sum_y (p(y|x) - 1[y is true])^2, from 0 to 2 (Brier 1950)."""
    posterior = np.exp(log_posterior(scores))
    posterior[np.arange(len(labels)), labels] -= 1.0
    return (posterior**2).sum(axis=1)


def confusion(scores: ClassScores, labels: Labels) -> Int[np.ndarray, "classes classes"]:
    """How many images of the row's class were classified as the column's class."""
    classes = scores.shape[1]
    return np.bincount(labels * classes + predict(scores), minlength=classes**2).reshape(classes, classes)


def best_wrong_class(scores: ClassScores, labels: Labels) -> Labels:
    """The class with the highest score among those that are not the true one (SBGC figure 3)."""
    rivals = scores.copy()
    rivals[np.arange(len(labels)), labels] = -np.inf
    return rivals.argmax(axis=1)


def subset_accuracies(
    draws: Draws, labels: Labels, subsets: Bool[np.ndarray, "subsets draws"]
) -> Float[np.ndarray, " subsets"]:
    """The accuracy of scores averaged over each subset of the draws. A subset is the same for all images."""
    weights = subsets / subsets.sum(axis=1, keepdims=True)
    return np.array([correct(draws @ weight, labels).mean() for weight in weights])
