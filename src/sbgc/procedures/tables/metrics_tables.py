"""What a matrix says about one model on one split, as tidy tables: accuracy, bits/dim and calibration."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sbgc import units
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import intervals, metrics, uncertainty
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import Interval, Statistics

SURE = 0.997  # the confidence from which on the overconfidence error counts (Mackowiak et al. 2021, section 4.1)


def metrics_table(matrix: Matrix, settings: Statistics) -> pd.DataFrame:
    """One row per metric, each with its bootstrap interval over images.

    Classifiers have no rows in bits/dim. A model that learns no classes has bits/dim of p(x) alone.
    """
    names = ["metric", "unit", "value", "ci_low", "ci_high"]
    table = pd.DataFrame(
        [(name, unit, *interval) for name, unit, interval in _metrics(matrix, settings)], columns=names
    )
    table.insert(0, "evaluation", matrix.meta["evaluation"])
    table.insert(1, "split", matrix.meta["split"])
    facts = {"num_images": len(matrix.labels), "draws": matrix.scores.shape[2], "ci_level": settings.confidence}
    return matrices.tidy(matrix, table.assign(**facts))


def _metrics(matrix: Matrix, settings: Statistics) -> Iterator[tuple[str, str, Interval]]:
    scores = matrices.class_scores(matrix)
    if not matrices.is_labeled(matrix):
        yield "bits_per_dim_marginal", "bits/dim", _bits(matrix, metrics.log_marginal(scores), settings)
        return
    labels = matrices.labels(matrix)
    yield "accuracy", "fraction", statistics.mean(metrics.correct(scores, labels), settings)
    if matrices.is_density(matrix):
        for name, log_prob in (
            ("conditional", metrics.true_class(scores, labels)),
            ("marginal", metrics.log_marginal(scores)),
        ):
            yield f"bits_per_dim_{name}", "bits/dim", _bits(matrix, log_prob, settings)
        yield from _importance_weighted(matrix, settings)
        yield from _uncertainty(matrix, settings)
    yield "posterior_nll", "nats", statistics.mean(metrics.posterior_nll(scores, labels), settings)
    yield "brier", "sum of squares", statistics.mean(metrics.brier(scores, labels), settings)
    yield from _calibration(scores, labels, settings)
    yield "overconfidence_error", "ratio", _overconfidence(scores, labels, settings)


def _bits(matrix: Matrix, log_prob: np.ndarray, settings: Statistics) -> Interval:
    return statistics.mean(units.bits_per_dim(log_prob, matrix.meta["dim"]), settings)


def _importance_weighted(matrix: Matrix, settings: Statistics) -> Iterator[tuple[str, str, Interval]]:
    """Bits/dim of p(x|y) by the tighter bound of several draws, where no trace estimate blurs the density."""
    likelihood = matrix.meta["likelihood"]
    exact = likelihood is None or likelihood.get("num_probes", 0) >= matrix.meta["dim"]  # no trace is estimated
    if exact and matrix.scores.shape[2] > 1:
        bound = metrics.true_class(metrics.importance_weighted(matrix.scores), matrices.labels(matrix))
        yield "bits_per_dim_importance_weighted", "bits/dim", _bits(matrix, bound, settings)


def _uncertainty(matrix: Matrix, settings: Statistics) -> Iterator[tuple[str, str, Interval]]:
    """Means over images of the uncertainties that more draws would reduce. A single draw says nothing about them."""
    if matrix.scores.shape[2] > 1:
        strata = matrix.meta["strata"]
        errors = metrics.true_class(uncertainty.log_prob_std_error(matrix.scores, strata), matrices.labels(matrix))
        decided = uncertainty.decisions(matrix.scores, strata)
        yield "log_prob_std_error", "nats", statistics.mean(errors, settings)
        yield "class_gap_std_error", "nats", statistics.mean(decided.std_error, settings)
        yield "flip_probability", "fraction", statistics.mean(decided.flip, settings)


def _calibration(scores: np.ndarray, labels: np.ndarray, settings: Statistics) -> Iterator[tuple[str, str, Interval]]:
    """The expected and the maximum calibration error, whose bins are resampled together."""
    bins = settings.calibration_bins
    gaps = metrics.calibration_gaps(scores, labels, bins)
    inside = np.eye(bins)[metrics.bin_of(metrics.confidence(scores), bins)]
    resampled = statistics.replicates(np.concatenate([gaps, inside], axis=1), settings)
    gap, share = gaps.mean(axis=0), inside.mean(axis=0)
    for name, value, values in (
        ("ece", metrics.ece(gap), metrics.ece(resampled[:, :bins])),
        ("mce", metrics.mce(gap, share), metrics.mce(resampled[:, :bins], resampled[:, bins:])),
    ):
        yield name, "fraction", Interval(float(value), *intervals.percentile_interval(values, settings.confidence))


def _overconfidence(scores: np.ndarray, labels: np.ndarray, settings: Statistics) -> Interval:
    """How many times as often a sure prediction is wrong as it may be; NaN where no prediction is sure.

    Mackowiak et al. 2021, section 4.1: the error rate among predictions of more than 99.7 %, divided by 0.3 %. Its
    interval is Wilson's, since often none of them is wrong.
    """
    sure = metrics.confidence(scores) > SURE
    if not sure.any():
        return statistics.NOTHING
    wrong = statistics.proportion(1.0 - metrics.correct(scores, labels)[sure], settings)
    return Interval(*(value / (1.0 - SURE) for value in wrong))


def confusion_table(matrix: Matrix) -> pd.DataFrame:
    """One row per pair of classes that occurs: of a thousand classes, most pairs never do.

    Where the data name their classes, the column true_name holds the name of the true class. Raises ArtifactError when
    there are not as many names as classes.
    """
    counts = metrics.confusion(matrices.class_scores(matrix), matrices.labels(matrix))
    true, predicted = np.nonzero(counts)
    table = pd.DataFrame({"true_class": true, "predicted_class": predicted, "count": counts[true, predicted]})
    table.insert(0, "evaluation", matrix.meta["evaluation"])
    if names := matrix.meta.get("class_names"):
        if len(names) != len(counts):
            raise ArtifactError(f"{matrix.meta['evaluation']}: {len(names)} class names, but {len(counts)} classes")
        table["true_name"] = np.array(names, dtype=object)[true]
    return matrices.tidy(matrix, table)


def reliability_table(matrix: Matrix, settings: Statistics) -> pd.DataFrame:
    """One row per confidence bin: the mean confidence, and the accuracy with its Wilson interval.

    They are NaN in a bin without images.
    """
    scores, bins = matrices.class_scores(matrix), settings.calibration_bins
    confidence, correct = metrics.confidence(scores), metrics.correct(scores, matrices.labels(matrix))
    bin_of, edges = metrics.bin_of(confidence, bins), np.linspace(0.0, 1.0, bins + 1)
    rows = []
    for number in range(bins):
        inside = bin_of == number
        count, hits = int(inside.sum()), correct[inside].sum()
        means = (confidence[inside].mean(), hits / count) if count else (np.nan, np.nan)
        interval = intervals.wilson_interval(hits, count, settings.confidence)
        rows.append((number, edges[number], edges[number + 1], *means, *interval, count))
    names = ["bin", "bin_low", "bin_high", "confidence", "accuracy", "ci_low", "ci_high", "num_images"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(0, "evaluation", matrix.meta["evaluation"])
    return matrices.tidy(matrix, table)
