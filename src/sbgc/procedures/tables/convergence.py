"""How accuracy and log-likelihood settle as draws of the trace estimator are averaged (SBGC A.2.1, figure 3)."""

import numpy as np
import pandas as pd

from sbgc import keys
from sbgc.artifacts import Matrix
from sbgc.maths import intervals, metrics
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.statistics import Statistics


def convergence_table(matrix: Matrix, settings: Statistics) -> pd.DataFrame:
    """One row for each number of draws n = 1..N.

    accuracy_mean, accuracy_sd: mean and standard deviation of the accuracy over `subsamples` random subsets of n of the
    N draws. The subsets overlap more as n nears N, so the deviation shrinks faster than that of new draws would. At
    n = N there is only one subset, and the deviation is 0 by construction. It says nothing about new draws.

    log_prob_*_nats: log p(x|y), averaged over the first n draws and then over images, for the true class and for the
    wrong class with the highest average over these n draws. The latter is a maximum of noisy averages, and therefore
    biased upwards at small n.

    log_prob_*_sem_nats: the standard error of an image's average, sd over its first n draws / sqrt(n), averaged over
    images. It is NaN at n = 1. The draws of a class differ in dequantization noise as well as in probes, and the
    standard error contains both.

    All log_prob columns are NaN for classifiers.
    """
    draws = matrices.draw_scores(matrix)
    rows = [
        {"draws": n, **_accuracy(draws, matrices.labels(matrix), n, settings), **_log_prob(matrix, n)}
        for n in range(1, draws.shape[2] + 1)
    ]
    return matrices.tidy(matrix, pd.DataFrame(rows).assign(num_images=len(matrix.labels), split=matrix.meta["split"]))


def _accuracy(draws: np.ndarray, labels: np.ndarray, n: int, settings: Statistics) -> dict[str, float]:
    if n == draws.shape[2]:
        return {"accuracy_mean": metrics.correct(draws.mean(axis=2), labels).mean(), "accuracy_sd": 0.0}
    generator = keys.generator_for(settings.seed, "subsample", draw=n)
    subsets = intervals.random_subsets(draws.shape[2], n, settings.subsamples, generator)
    accuracies = metrics.subset_accuracies(draws, labels, subsets)
    return {"accuracy_mean": accuracies.mean(), "accuracy_sd": accuracies.std(ddof=1) if len(subsets) > 1 else np.nan}


def _log_prob(matrix: Matrix, n: int) -> dict[str, float]:
    names = ("log_prob_correct_nats", "log_prob_correct_sem_nats", "log_prob_wrong_nats", "log_prob_wrong_sem_nats")
    if not matrices.is_density(matrix):
        return dict.fromkeys(names, np.nan)
    draws = matrix.scores[:, :, :n]
    wrong = metrics.best_wrong_class(draws.mean(axis=2), matrices.labels(matrix))
    values = (value for classes in (matrices.labels(matrix), wrong) for value in _mean_and_error(draws, classes))
    return dict(zip(names, values, strict=True))


def _mean_and_error(draws: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    of_class = draws[np.arange(len(classes)), classes]
    n = of_class.shape[1]
    error = (of_class.std(axis=1, ddof=1) / np.sqrt(n)).mean() if n > 1 else np.nan
    return float(of_class.mean()), float(error)
