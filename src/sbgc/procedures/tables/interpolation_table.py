"""log p(x) along straight lines between pairs of images (SBGC section 3.4, eq. 4, figure 2)."""

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import intervals, metrics
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import Statistics


def interpolation_table(matrix: Matrix, settings: Statistics) -> pd.DataFrame:
    """One row per point t: the mean and standard deviation over pairs of the marginal log p(x).

    The mean has a bootstrap interval, for which pairs are resampled, each with all its points. The standard deviation
    is NaN for a single pair. Raises ArtifactError when a pair lacks a point.
    """
    points, log_prob = _lines(matrix)
    means = statistics.replicates(log_prob, settings)
    interval = [intervals.percentile_interval(of_point, settings.confidence) for of_point in means.T]
    spread = log_prob.std(axis=0, ddof=1) if len(log_prob) > 1 else np.full(len(points), np.nan)
    table = pd.DataFrame({"t": points, "log_prob_mean_nats": log_prob.mean(axis=0), "log_prob_sd_nats": spread})
    table[["ci_low_nats", "ci_high_nats"]] = interval
    return matrices.tidy(matrix, table.assign(num_pairs=len(log_prob)))


def _lines(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """The points t, and log p(x) [pairs, points]."""
    evaluation, columns = matrix.meta["evaluation"], matrix.columns
    if missing := {"pair", "t"} - columns.keys():
        raise ArtifactError(f"{evaluation}: no column {', '.join(sorted(missing))}")
    pairs, rows = np.unique(columns["pair"], return_inverse=True)
    points, places = np.unique(columns["t"], return_inverse=True)
    counts = np.zeros((len(pairs), len(points)), int)
    np.add.at(counts, (rows, places), 1)
    if (counts != 1).any():
        raise ArtifactError(
            f"{evaluation}: {len(pairs)} pairs and {len(points)} points, but not each pair at each point once"
        )
    log_prob = np.empty(counts.shape)
    log_prob[rows, places] = metrics.log_marginal(matrices.class_scores(matrix))
    return points, log_prob
