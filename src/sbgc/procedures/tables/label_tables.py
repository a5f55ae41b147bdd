"""Whether a wrong label could be told from how likely the image is with it (Fetaya et al. 2020, section 4.2, figure 3).

The wrong label is the hardest one, that of the best other class. A likelihood tells it where the image with this label
is less likely than all but a few images are with their own.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sbgc import units
from sbgc.artifacts import Matrix
from sbgc.maths import metrics
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import Statistics

# Quantiles of all values, between which the bins lie; what lies outside counts with the first and the last bin.
SHOWN = (0.005, 0.995)


def histogram_table(matrix: Matrix, bins: int) -> pd.DataFrame:
    """One row for each bin of -log p(x|y) in bits/dim and for each label: the right one, and the best wrong one."""
    right, wrong = _bits(matrix)
    low, high = np.quantile(np.concatenate([right, wrong]), SHOWN)
    edges = np.linspace(low, high, bins + 1)
    parts = []
    for label, values in (("right", right), ("wrong", wrong)):
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        parts.append(pd.DataFrame({"label": label, "bin_low": edges[:-1], "bin_high": edges[1:], "count": counts}))
    table = pd.concat(parts, ignore_index=True).assign(num_images=len(right))
    return matrices.tidy(matrix, table)


def detection_table(matrix: Matrix, rates: Sequence[float], settings: Statistics) -> pd.DataFrame:
    """One row for each false-positive rate: the threshold, and the share of wrong labels beyond it.

    At most this share of images with their right label lies beyond the threshold, whose own error is not in the Wilson
    interval. Beside it stand the median of log p(x|right) - log p(x|wrong) and the standard deviation of
    log p(x|right), which tell why so few wrong labels are found: the gap is small against how much images differ.
    """
    right, wrong = _bits(matrix)
    nats = matrix.meta["dim"] * np.log(2.0)
    rows = []
    for rate in rates:
        threshold = np.sort(right)[-1 - math.floor(rate * len(right) + 1e-9)]
        detected = statistics.proportion((wrong > threshold).astype(float), settings)
        rows.append((rate, threshold, *detected))
    names = ["false_positive_rate", "threshold_bits_per_dim", "detected", "ci_low", "ci_high"]
    facts = {
        "gap_median_nats": nats * np.median(wrong - right),
        "log_prob_sd_nats": nats * right.std(ddof=1) if len(right) > 1 else np.nan,
        "num_images": len(right),
        "ci_level": settings.confidence,
    }
    return matrices.tidy(matrix, pd.DataFrame(rows, columns=names).assign(**facts))


def _bits(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """-log p(x|y) in bits/dim of the right class, and of the best of the others."""
    scores, labels = matrices.class_scores(matrix), matrices.labels(matrix)
    own = metrics.true_class(scores, labels)
    others = scores.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    dim = matrix.meta["dim"]
    return units.bits_per_dim(own, dim), units.bits_per_dim(others.max(axis=1), dim)
