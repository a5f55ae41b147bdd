"""log p(x) and both classes' probabilities along straight lines between pairs of images.

SBGC section 3.4, equation 4 and figure 2; Fetaya et al. 2020, section 4.4 and figures 1, 4 and 6.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from sbgc import units
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import intervals, metrics
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import Statistics

COLUMNS = ("pair", "t", "label_a", "label_b")


class Lines(NamedTuple):
    """Values of pairs [pairs, points] at the points t [points]; the classes of both ends [pairs]."""

    t: np.ndarray
    log_prob: np.ndarray
    of_a: np.ndarray  # p(y_a | x)
    of_b: np.ndarray
    predicted: np.ndarray
    label_a: np.ndarray
    label_b: np.ndarray

    def take(self, pairs: np.ndarray) -> "Lines":
        """Those of some pairs."""
        return Lines(self.t, *(values[pairs] for values in self[1:]))


class Threshold(NamedTuple):
    """What passes for an image: log p(x) [nats] of at least this value, which `accepted` of the test images have."""

    log_prob: float
    accepted: float


def interpolation_table(matrix: Matrix, test: Matrix, accepted: float, settings: Statistics) -> pd.DataFrame:
    """One row per point t, for all pairs and for the eligible ones: means over pairs, and their spread.

    Eligible are pairs whose ends are both classified right and pass the threshold; `pairs` says which rows are theirs,
    and without one there are none. The means of the marginal log p(x), of p(y_a|x) and of p(y_b|x) have bootstrap
    intervals, for which pairs are resampled, each with all its points. The standard deviation is NaN for a single pair.
    Raises ArtifactError when a pair lacks a point.
    """
    lines = lines_of(matrix)
    good = eligible(lines, threshold_of(test, accepted))
    parts = [_means(lines, settings).assign(pairs="all")]
    if good.any():
        parts.append(_means(lines.take(good), settings).assign(pairs="eligible"))
    return matrices.tidy(matrix, pd.concat(parts, ignore_index=True).assign(ci_level=settings.confidence))


def paths_table(matrix: Matrix, test: Matrix, accepted: float, settings: Statistics) -> pd.DataFrame:
    """One row: of the eligible pairs, the share whose whole path passes the threshold, with its Wilson interval.

    The share is NaN without an eligible pair.
    """
    lines, threshold = lines_of(matrix), threshold_of(test, accepted)
    good = eligible(lines, threshold)
    passing = (lines.log_prob[good] >= threshold.log_prob).all(axis=1).astype(float)
    share = statistics.proportion(passing, settings) if good.any() else statistics.NOTHING
    facts = {
        "accepted_test_images": threshold.accepted,
        "threshold_bits_per_dim": units.bits_per_dim(threshold.log_prob, matrix.meta["dim"]),
        "num_pairs": len(good),
        "eligible_pairs": int(good.sum()),
        "points": len(lines.t),
    }
    names = ["whole_path_accepted", "ci_low", "ci_high"]
    return matrices.tidy(matrix, pd.DataFrame([share], columns=names).assign(**facts, ci_level=settings.confidence))


def threshold_of(test: Matrix, accepted: float) -> Threshold:
    """The log p(x) that the share `accepted` of the test images has at least; 1: all of them."""
    log_prob = metrics.log_marginal(matrices.class_scores(test))
    count = math.ceil(accepted * len(log_prob) - 1e-9)  # rounding must not add an image
    value = float(np.sort(log_prob)[-count])
    return Threshold(value, float(np.mean(log_prob >= value)))


def eligible(lines: Lines, threshold: Threshold) -> np.ndarray:
    """Which pairs have ends that are classified right and pass the threshold [pairs]."""
    right = (lines.predicted[:, 0] == lines.label_a) & (lines.predicted[:, -1] == lines.label_b)
    return right & (lines.log_prob[:, [0, -1]] >= threshold.log_prob).all(axis=1)


def lines_of(matrix: Matrix) -> Lines:
    """The lines of a matrix. Raises ArtifactError when a column is missing, or a pair lacks a point."""
    evaluation, columns = matrix.meta["evaluation"], matrix.columns
    if missing := [name for name in COLUMNS if name not in columns]:
        raise ArtifactError(f"{evaluation}: no column {', '.join(missing)}")
    pairs, rows = np.unique(columns["pair"], return_inverse=True)
    points, places = np.unique(columns["t"], return_inverse=True)
    counts = np.zeros((len(pairs), len(points)), int)
    np.add.at(counts, (rows, places), 1)
    if (counts != 1).any():
        raise ArtifactError(
            f"{evaluation}: {len(pairs)} pairs and {len(points)} points, but not each pair at each point once"
        )
    scores = matrices.class_scores(matrix)
    posterior, every = np.exp(metrics.log_posterior(scores)), np.arange(len(scores))

    def arranged(values: np.ndarray) -> np.ndarray:
        found = np.empty(counts.shape, values.dtype)
        found[rows, places] = values
        return found

    label_a, label_b = columns["label_a"], columns["label_b"]
    return Lines(
        points,
        arranged(metrics.log_marginal(scores)),
        arranged(posterior[every, label_a]),
        arranged(posterior[every, label_b]),
        arranged(metrics.predict(scores)),
        arranged(label_a)[:, 0],
        arranged(label_b)[:, 0],
    )


def _means(lines: Lines, settings: Statistics) -> pd.DataFrame:
    table = pd.DataFrame({"t": lines.t})
    for name, values in (("log_prob", lines.log_prob), ("posterior_a", lines.of_a), ("posterior_b", lines.of_b)):
        unit = "_nats" if name == "log_prob" else ""
        spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(len(lines.t), np.nan)
        means = statistics.replicates(values, settings)
        ends = [intervals.percentile_interval(of_point, settings.confidence) for of_point in means.T]
        prefix = "" if name == "log_prob" else f"{name}_"
        table[f"{name}_mean{unit}"], table[f"{name}_sd{unit}"] = values.mean(axis=0), spread
        table[[f"{prefix}ci_low{unit}", f"{prefix}ci_high{unit}"]] = ends
    return table.assign(num_pairs=len(lines.log_prob))
