"""Corruption error against a baseline (Hendrycks & Dietterich 2019, section 4.3), as Mackowiak et al. 2021 report it.

CE_c = sum_s E_c,s / sum_s B_c,s, with the model's errors E and the baseline's errors B at severities s. mCE is its mean
over corruptions, in per cent. The relative mCE first subtracts the clean errors: it asks how much worse a model gets,
not how bad it is. A corruption where the baseline makes no error has no ratio and is left out of the mean. For the
relative mCE this holds where the baseline gets no worse.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from sbgc.artifacts import ArtifactError
from sbgc.maths import intervals
from sbgc.procedures.tables import statistics
from sbgc.procedures.tables.statistics import NOTHING, Interval, Statistics

EXTRA = ("speckle_noise", "gaussian_blur", "spatter", "saturate")  # not among the 15 for which mCE is defined


def left_out(noises: Collection[str]) -> dict[str, Collection[str]]:
    """The averages over corruptions, in their order, and the kinds that each of them leaves out."""
    return {"all": (), "main": EXTRA, "without_noises": noises}


class Errors(NamedTuple):
    """The errors of a model on the images `images` [n].

    clean: 1.0 where it errs on the clean image, [n]. corrupted: for each corruption, the share of severities at which
    it errs, [n].
    """

    images: np.ndarray
    clean: np.ndarray
    corrupted: Mapping[str, np.ndarray]


def against(model: Errors | None, baseline: Errors | None, settings: Statistics) -> dict[str, Any]:
    """mCE and relative mCE in per cent, with bootstrap intervals over images, and the number of ratios in each.

    An image is resampled together with all its corruptions and both models. Without the one or the other the
    values are NaN. Raises ArtifactError when the two models were measured on different images.
    """
    if model is None or baseline is None:
        return _columns(NOTHING, NOTHING, 0, 0)
    kinds = [kind for kind in model.corrupted if kind not in EXTRA]
    if not np.array_equal(model.images, baseline.images) or not set(kinds) <= baseline.corrupted.keys():
        raise ArtifactError("mCE: the baseline was not measured on the model's images and corruptions")
    stacked = [np.stack([one.clean, *(one.corrupted[kind] for kind in kinds)], axis=1) for one in (model, baseline)]
    together = np.concatenate(stacked, axis=1)
    means, resampled = together.mean(axis=0), statistics.replicates(together, settings)
    found = []
    for relative in (False, True):
        value, count = _mean_ratio(means[None], relative)
        replicates = _mean_ratio(resampled, relative)[0]
        replicates = replicates[np.isfinite(replicates)]
        ends = intervals.percentile_interval(replicates, settings.confidence) if len(replicates) else NOTHING[1:]
        found.append((Interval(float(value[0]), *ends), int(count[0])))
    (plain, plain_count), (relative_error, relative_count) = found
    return _columns(plain, relative_error, plain_count, relative_count)


def _mean_ratio(
    means: Float[np.ndarray, "resamples columns"], relative: bool
) -> tuple[Float[np.ndarray, " resamples"], np.ndarray]:
    """100 times the mean over corruptions of the model's error over the baseline's, and the number of ratios.

    The mean is NaN without any ratio. The columns of `means` are the model's clean error and its errors by corruption,
    then the same for the baseline.
    """
    (clean, errors), (base_clean, base) = ((half[:, :1], half[:, 1:]) for half in np.split(means, 2, axis=1))
    if relative:
        errors, base = errors - clean, base - base_clean
    defined = base > 1e-12
    ratios = np.where(defined, errors / np.where(defined, base, 1.0), 0.0)
    count = defined.sum(axis=1)
    return np.where(count > 0, 100.0 * ratios.sum(axis=1) / np.maximum(count, 1), np.nan), count


def _columns(plain: Interval, relative: Interval, plain_count: int, relative_count: int) -> dict[str, Any]:
    return {
        "mce_percent": plain.value,
        "mce_ci_low_percent": plain.low,
        "mce_ci_high_percent": plain.high,
        "mce_corruptions": plain_count,
        "relative_mce_percent": relative.value,
        "relative_mce_ci_low_percent": relative.low,
        "relative_mce_ci_high_percent": relative.high,
        "relative_mce_corruptions": relative_count,
    }
